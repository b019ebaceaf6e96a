"""Tags of an audio file (mutagen): its format, duration, artist, title, album, ISRC, genre, tempo and key."""

import io
import re
import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

import mutagen
import mutagen.id3
from mutagen.aiff import AIFFInfo
from mutagen.mp3 import BitrateMode, MPEGInfo
from mutagen.wave import WaveStreamInfo

from spotrec.audio.id3 import words_only
from spotrec.audio.lengths import LONGEST_S, Length, Stated, measure
from spotrec.audio.mpeg import Mp3, from_first_frame, is_free_format, without_tags
from spotrec.audio.parts import split
from spotrec.errors import Reason, TrackError
from spotrec.names.genres import genres, tempo, word
from spotrec.names.keys import normalised_key
from spotrec.names.titles import one_line

_Value = TypeVar("_Value", str, float)

_ISRC = re.compile(r"[A-Z]{2}[A-Z0-9]{3}[0-9]{7}")
_MOST_READS = 20_000
_ID3V1_BYTES = 128
_ID3_CHUNK = re.compile(rb"(?:ID3|id3) ....(?=ID3[\2-\4])", re.DOTALL)
_WITH_ID3 = {"audio/mpeg": MPEGInfo, "audio/wav": WaveStreamInfo, "audio/aiff": AIFFInfo}
_BREAKAGE = (ValueError, KeyError, IndexError, TypeError, AttributeError, OverflowError, struct.error, RecursionError)


@dataclass(frozen=True, slots=True)
class AudioTags:
    """Format and tags of a file, read without decoding.

    `duration_s` may be an estimate from size and bit rate; `stated_s` is the duration that the headers state.
    """

    content_type: str
    duration_s: float | None = None
    stated_s: float | None = None
    title: str | None = None
    artists: tuple[str, ...] = ()
    album: str | None = None
    isrc: str | None = None
    release_date: str | None = None
    genre: str | None = None
    mood: str | None = None
    bpm: float | None = None
    musical_key: str | None = None


@dataclass(frozen=True, slots=True)
class Content:
    """What a file holds: its parts, most often one, and its tags, a mapping of mutagen."""

    content_type: str
    parts: list[bytes | Mp3]
    length: Length
    tags: Any


def read_tags(audio: bytes, name: str = "the file") -> AudioTags:
    """Recognise the audio format by the content and read the tags.

    Raises:
        TrackError: the content has no audio format that spotrec knows (NOT_AUDIO).
    """
    content = read_content(audio, name)
    tags = content.tags
    return AudioTags(
        content_type=content.content_type,
        duration_s=content.length.duration_s,
        stated_s=content.length.stated_s,
        title=next(iter(_values(tags, "title", "\xa9nam", "TIT2")), None),
        artists=_values(tags, "artist", "\xa9ART", "TPE1"),
        album=next(iter(_values(tags, "album", "\xa9alb", "TALB")), None),
        isrc=parse_isrc(next(iter(_values(tags, "isrc", "----:com.apple.iTunes:ISRC", "TSRC")), None)),
        release_date=next(iter(_values(tags, "date", "\xa9day", "TDRC")), None),
        genre=genres(_values(tags, "genre", "\xa9gen", "TCON")),
        mood=_first(tags, word, "mood", "----:com.apple.iTunes:MOOD", "TMOO"),
        bpm=_first(tags, tempo, "bpm", "tempo", "tmpo", "TBPM"),
        musical_key=_first(tags, normalised_key, "initialkey", "key", "----:com.apple.iTunes:initialkey", "TKEY"),
    )


def read_content(audio: bytes, name: str = "the file") -> Content:
    """Recognise the audio format by the content, find its parts, and measure them without decoding.

    Raises:
        TrackError: the content has no audio format that spotrec knows (NOT_AUDIO).
    """
    stream = without_tags(audio)
    kind = _kind(stream) or _kind(audio)  # zeros may lie between a tag and the first frame
    if kind in (None, "audio/mpeg", "audio/aac"):
        stream = from_first_frame(stream)
        kind = _kind(stream) or kind
    if kind is None:
        raise _not_audio(name)
    parts = split(stream, kind)
    file = _parse(audio, stream if isinstance(parts[0], Mp3) else parts[0], kind, name)
    return Content(kind, parts, measure(parts, kind, _length(file), _parsed_length), getattr(file, "tags", None) or {})


def _not_audio(name: str) -> TrackError:
    return TrackError(Reason.NOT_AUDIO, f"{name} is not an audio file", "despite its name, it contains no audio")


def parse_isrc(text: str | None) -> str | None:
    """Return the twelve characters of an ISRC, or None if it is not one: `"us-rc1-76-07839"` → `"USRC17607839"`."""
    if text is None:
        return None
    code = re.sub(r"[\s-]", "", text).upper()
    return code if _ISRC.fullmatch(code) else None


class _Bounded(io.BytesIO):
    """Bytes for mutagen with a limit on reads: it would follow millions of chunks one after another."""

    n_reads = 0

    def read(self, size: int | None = -1, /) -> bytes:
        self.n_reads += 1
        if self.n_reads > _MOST_READS:
            raise mutagen.MutagenError("its parts have no end")
        return super().read(size)


@dataclass(frozen=True, slots=True)
class _File:
    """The same attributes as a file of mutagen."""

    info: Any
    tags: Any


def _parse(audio: bytes, stream: bytes, kind: str, name: str) -> Any:
    """Parse with mutagen; return None for a container that mutagen does not read (WebM, CAF, raw AAC, …)."""
    try:
        if kind in _WITH_ID3:
            if kind == "audio/mpeg" and is_free_format(stream):
                return _File(None, _id3(audio, kind))
            bounded = io.BytesIO if kind == "audio/mpeg" else _Bounded  # MPEGInfo gives up after a megabyte
            return _File(_WITH_ID3[kind](bounded(stream)), _id3(audio, kind))
        return mutagen.File(_Bounded(stream))
    except mutagen.MutagenError as exc:
        if kind == "audio/mpeg":  # three letters or eleven bits look like MP3; without a frame it is not MP3
            raise _not_audio(name) from exc
        return None
    except _BREAKAGE:
        # damaged tags make mutagen raise all kinds of errors; the audio may still be good
        return None


def _length(file: Any) -> Stated | None:
    """Return the length that mutagen found."""
    info = getattr(file, "info", None)
    length = getattr(info, "length", None) or 0.0
    is_estimate = getattr(info, "bitrate_mode", None) == BitrateMode.UNKNOWN  # an MP3 without a Xing header
    return Stated(float(length), is_estimate) if 0 < length < LONGEST_S else None


def _parsed_length(part: bytes) -> float:
    """Return the length of a part of a file, in seconds, 0 if it is not known."""
    try:
        length = _length(mutagen.File(_Bounded(part)))
    except (mutagen.MutagenError, *_BREAKAGE):
        return 0.0
    return length.seconds if length else 0.0


def _id3(audio: bytes, kind: str) -> Any:
    """Read the text frames of an ID3v2 tag, at the start of an MP3 or in a chunk of another file, else an ID3v1 tag."""
    chunk = None if kind == "audio/mpeg" else _ID3_CHUNK.search(audio)
    tag = words_only(audio, chunk.end() if chunk else 0) or audio[-_ID3V1_BYTES:]
    try:
        return mutagen.id3.ID3(io.BytesIO(tag))
    except (mutagen.MutagenError, *_BREAKAGE):
        return None


def _values(tags: Any, *keys: str) -> tuple[str, ...]:
    """Return the texts under the first key that has any: Vorbis comments, MP4 atoms and ID3 frames differ in shape."""
    for key in keys:
        try:
            found = tags.get(key)
        except (ValueError, KeyError):  # a key that tags of this kind cannot have
            continue
        values = getattr(found, "genres" if key == "TCON" else "text", found)  # ID3 numbers its genres
        if values is None:
            continue
        values = values if isinstance(values, list | tuple) else [values]
        texts = (value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value) for value in values)
        cleaned = tuple(one_line(text) for text in texts)
        if any(cleaned):
            return tuple(text for text in cleaned if text)
    return ()


def _first(tags: Any, read: Callable[[str], _Value | None], *keys: str) -> _Value | None:
    """Return the first value under these keys that `read` accepts."""
    found = (read(text) for key in keys for text in _values(tags, key))
    return next((value for value in found if value is not None), None)


def _kind(audio: bytes) -> str | None:
    """Return the content type by the first bytes, or None if spotrec does not decode this content."""
    head = audio[:16]
    if head[:4] in (b"RIFF", b"RF64") and head[8:12] == b"WAVE":
        return "audio/wav"
    if head[:4] == b"FORM" and head[8:12] in (b"AIFF", b"AIFC"):
        return "audio/aiff"
    if head[4:8] == b"ftyp":
        return "audio/mp4"
    for magic, kind in _MAGIC.items():
        if head.startswith(magic):
            return kind
    if len(head) > 1 and head[0] == 0xFF and head[1] & 0xE0 == 0xE0:
        if head[1] & 0xF6 == 0xF0:
            return "audio/aac"
        layer = head[1] >> 1 & 3
        return "audio/mpeg" if layer in (1, 2) else None  # III and II; layer I would match every UTF-16 text
    return None


_MAGIC = {
    b"ID3": "audio/mpeg",
    b"fLaC": "audio/flac",
    b"OggS": "audio/ogg",
    b"\x1a\x45\xdf\xa3": "audio/webm",
    b"caff": "audio/x-caf",
    b"wvpk": "audio/x-wavpack",
    b"MAC ": "audio/x-ape",
    b"\x30\x26\xb2\x75\x8e\x66\xcf\x11": "audio/x-ms-wma",
}
