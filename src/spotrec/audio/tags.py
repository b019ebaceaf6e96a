"""Tags of an audio file: its format and duration, and what its tags say, whatever their format."""

import io
import re
import struct
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import mutagen
from mutagen.monkeysaudio import MonkeysAudioInfo
from mutagen.mp3 import BitrateMode, MPEGInfo
from mutagen.musepack import MusepackInfo
from mutagen.oggflac import OggFLACStreamInfo
from mutagen.oggopus import OggOpusInfo
from mutagen.oggspeex import OggSpeexInfo
from mutagen.oggvorbis import OggVorbisInfo
from mutagen.tak import TAKInfo
from mutagen.wave import WaveStreamInfo
from mutagen.wavpack import WavPackInfo

from spotrec.audio import frames, headers
from spotrec.audio.bitstreams import bitstream_in
from spotrec.audio.chunks import aiff_duration_s, read_wav
from spotrec.audio.kinds import kind_of
from spotrec.audio.late_starts import starts_at_s
from spotrec.audio.lengths import LONGEST_S, Length, Stated, measure
from spotrec.audio.mpeg import Mp3, frames_at, from_first_frame, is_free_format, without_tags
from spotrec.audio.parts import runs_of_a_kind, split
from spotrec.audio.tag_formats import ape, asf, caf, dsd, id3, matroska, mp4, riff, vorbis_comments
from spotrec.audio.tag_formats.texts import TagTexts
from spotrec.audio.unreadable_formats import format_not_read
from spotrec.errors import Reason, TrackError
from spotrec.names.genres import genres, tempo, word
from spotrec.names.keys import normalised_key
from spotrec.names.titles import MAX_CHARS, one_line

_Value = TypeVar("_Value", str, float)

_ISRC = re.compile(r"[A-Z]{2}[A-Z0-9]{3}[0-9]{7}")
_MOST_READS = 20_000
_OGG_BEGINNING_BYTES = 1 << 12
_OMA_TAG_BYTES = 1 << 20
_MOST_ID3_TAGS = 8  # one after another
_INFOS = {
    "audio/mpeg": MPEGInfo,
    "audio/wav": WaveStreamInfo,
    "audio/x-ape": MonkeysAudioInfo,
    "audio/x-musepack": MusepackInfo,
    "audio/x-tak": TAKInfo,
    "audio/x-wavpack": WavPackInfo,
}
_OGG_INFOS = {
    b"\x01vorbis": OggVorbisInfo,
    b"OpusHead": OggOpusInfo,
    b"Speex   ": OggSpeexInfo,
    b"\x7fFLAC": OggFLACStreamInfo,
}
_BEFORE = re.compile(
    rb"(?:HTTP/1\.[01] [\t\r\n -~]{1,8192}?\r?\n\r?\n)?(?:\xef\xbb\xbf)?[\0\s]{0,65536}?"
    rb"(?=ID3[\2-\4]|fLaC|OggS|(?:RIFF|RF64)....WAVE|FORM....AIF[FC]|\x1a\x45\xdf\xa3|caff\0|wvpk|MAC |"
    rb"\x30\x26\xb2\x75\x8e\x66\xcf\x11|\0\0..ftyp)",
    re.DOTALL,
)
"""What may stand before a file, up to the bytes with which it begins."""
_BREAKAGE = (ValueError, KeyError, IndexError, TypeError, AttributeError, OverflowError, struct.error, RecursionError)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Keys:
    """The keys under which a format of tags has each field, the best first, in lower case."""

    title: tuple[str, ...]
    artists: tuple[str, ...]
    album: tuple[str, ...]
    isrc: tuple[str, ...] = ()
    date: tuple[str, ...] = ()
    genre: tuple[str, ...] = ()
    mood: tuple[str, ...] = ()
    bpm: tuple[str, ...] = ()
    key: tuple[str, ...] = ()


_ITUNES = "----:com.apple.itunes:"
_ID3 = _Keys(
    title=("tit2",), artists=("tpe1",), album=("talb",), isrc=("tsrc", "txxx:isrc"),
    date=("tdrc", "tdrl", "tdor", "tory"),
    genre=("tcon",), mood=("tmoo", "txxx:mood"), bpm=("tbpm", "txxx:bpm"),
    key=("tkey", "txxx:initialkey", "txxx:initial key", "txxx:key"),
)  # fmt: skip
_NAMES = _Keys(
    title=("title",), artists=("artist", "artists"), album=("album",), isrc=("isrc", "tsrc"),
    date=("date", "year", "releasedate", "originaldate", "originalyear"), genre=("genre",), mood=("mood",),
    bpm=("bpm", "tempo", "tbpm"), key=("initialkey", "initial key", "key", "tkey"),
)  # fmt: skip
_MP4 = _Keys(
    title=("\xa9nam",), artists=("\xa9art",), album=("\xa9alb",), isrc=(f"{_ITUNES}isrc", "xid isrc"),
    date=("\xa9day",), genre=("\xa9gen", "gnre"), mood=(f"{_ITUNES}mood",), bpm=("tmpo", f"{_ITUNES}bpm"),
    key=(f"{_ITUNES}initialkey", f"{_ITUNES}key"),
)  # fmt: skip
_ASF = _Keys(
    title=("title", "wm/title"), artists=("author", "wm/author"), album=("wm/albumtitle",), isrc=("wm/isrc", "isrc"),
    date=("wm/year", "wm/originalreleaseyear"), genre=("wm/genre",), mood=("wm/mood",),
    bpm=("wm/beatsperminute", "beats per minute"), key=("wm/initialkey",),
)  # fmt: skip
_CHUNKS = _Keys(
    title=("inam", "name"), artists=("iart", "auth"), album=("iprd", "ialb"), isrc=("isrc",), date=("icrd", "year"),
    genre=("ignr",), mood=("imoo",), bpm=("ibpm",), key=("ikey",),
)  # fmt: skip
_CAF = _Keys(
    title=("title",), artists=("artist",), album=("album",), isrc=("isrc",), date=("recorded date", "year", "date"),
    genre=("genre",), mood=("mood",), bpm=("tempo", "bpm"), key=("key signature",),
)  # fmt: skip
_DSDIFF = _Keys(title=("diti",), artists=("diar",), album=())
_MATROSKA = _Keys(
    title=("title", "segment title"), artists=("artist", "album artist"), album=("album", "album album", "album title"),
    isrc=("isrc",), date=("date_released", "date_recorded", "album date_released", "album date_recorded"),
    genre=("genre", "album genre"), mood=("mood",), bpm=("bpm",), key=("initial_key", "initialkey", "key"),
)  # fmt: skip

_Sources = Sequence[tuple[_Keys, TagTexts]]


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
    """What a file holds: its parts, most often one, and how long they play."""

    content_type: str
    parts: list[bytes | Mp3]
    length: Length


def read_tags(audio: bytes, name: str = "the file") -> AudioTags:
    """Recognise the audio format by the content and read the tags.

    A field that is missing in the format's own tags is looked for in ID3v2, APEv2 and ID3v1 tags around the audio.

    Raises:
        TrackError: the content has no audio format that spotrec reads (NOT_AUDIO, UNSUPPORTED).
    """
    audio = _from_its_beginning(audio)
    content = read_content(audio, name)
    sources = _sources(audio, content.content_type)
    return AudioTags(
        content_type=content.content_type,
        duration_s=content.length.duration_s,
        stated_s=content.length.stated_s,
        title=next(iter(_lines(sources, "title")), None),
        artists=_lines(sources, "artists"),
        album=next(iter(_lines(sources, "album")), None),
        isrc=_first(sources, "isrc", parse_isrc),
        release_date=next((date for date in _lines(sources, "date") if not date.startswith("0000")), None),
        genre=genres(_lines(sources, "genre")),
        mood=_first(sources, "mood", word),
        bpm=_first(sources, "bpm", tempo),
        musical_key=_first(sources, "key", normalised_key),
    )


def read_content(audio: bytes, name: str = "the file") -> Content:
    """Recognise the audio format by the content, find its parts, and measure them, without decoding or reading tags.

    Raises:
        TrackError: the content has no audio format that spotrec reads (NOT_AUDIO, UNSUPPORTED).
    """
    audio = _from_its_beginning(audio)
    stream = without_tags(audio)
    kind = _kind(stream) or _kind(audio)  # zeros may lie between a tag and the first frame
    if kind in (None, "audio/mpeg", "audio/aac"):
        stream = from_first_frame(stream, has_tag=len(stream) < len(audio))
        kind = _kind(stream) or kind
    if kind is None:
        raise _not_audio(name, audio)
    if kind == "audio/wav" and (wav := read_wav(stream)) and (found := bitstream_in(stream, wav)):
        kind, stream = found
    contents = [_content_of(run, run_kind, name) for run_kind, run in runs_of_a_kind(stream, kind)]
    if len(contents) == 1:
        return contents[0]
    parts = [part for content in contents for part in content.parts]
    return Content(kind, parts, Length(sum(content.length.duration_s or 0.0 for content in contents) or None))


def _content_of(stream: bytes, kind: str, name: str) -> Content:
    parts = split(stream, kind)
    stated = _stated(stream if isinstance(parts[0], Mp3) else parts[0], kind, name)
    return Content(kind, parts, measure(parts, kind, stated, lambda part: _part_s(part, kind)))


def _from_its_beginning(audio: bytes) -> bytes:
    """Cut off the blanks, zeros or lines of HTTP that scripts and downloads put before a file."""
    found = None if _kind(audio) else _BEFORE.match(audio)
    return audio[found.end() :] if found else audio


def _not_audio(name: str, audio: bytes) -> TrackError:
    if format_name := format_not_read(audio):
        message = f"{name} is {format_name}, which spotrec does not read"
        return TrackError(Reason.UNSUPPORTED, message, f"this is {format_name}: convert it to FLAC")
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
class _Length:
    """The duration of a file, under the name that mutagen gives it."""

    length: float | None


def _stated(stream: bytes, kind: str, name: str) -> Stated | None:
    """Return the length that a file states, or one that is estimated from its size."""
    if kind == "audio/mpeg" and is_free_format(stream):  # mutagen refuses it
        return None
    info = _info(stream, kind, name)
    length = getattr(info, "length", None) or 0.0
    is_estimate = kind in _COUNTED or getattr(info, "bitrate_mode", None) == BitrateMode.UNKNOWN  # an MP3 without Xing
    return Stated(float(length), is_estimate) if 0 < length < LONGEST_S else None


def _part_s(part: bytes, kind: str) -> float:
    """Return the length that a part of a file states, in seconds; 0 if it is not known."""
    stated = _stated(part, kind, "a part")
    return stated.seconds if stated else 0.0


def _info(stream: bytes, kind: str, name: str) -> Any:
    """Return the duration with mutagen or our own readers; None where the file does not state one."""
    try:
        if kind == "audio/ogg":
            return _ogg_info(stream)
        if kind in _INFOS:
            bounded = io.BytesIO if kind == "audio/mpeg" else _Bounded  # MPEGInfo gives up after a megabyte
            return _INFOS[kind](bounded(stream))
        if kind in _LENGTHS:
            return _Length(_LENGTHS[kind](stream))
    except mutagen.MutagenError as exc:
        if kind == "audio/mpeg":  # three letters or eleven bits look like MP3; without a frame it is not MP3
            raise _not_audio(name, stream) from exc
    except _BREAKAGE:
        pass  # damaged headers make mutagen raise all kinds of errors; the audio may still be good
    return None


def _ogg_info(stream: bytes) -> Any:
    reader = next((reader for begin, reader in _OGG_INFOS.items() if begin in stream[:_OGG_BEGINNING_BYTES]), None)
    if reader is None:
        return None
    file = _Bounded(stream)
    info = reader(file)
    info._post_tags(file)
    return _Length(max(0.0, (getattr(info, "length", None) or 0.0) - starts_at_s(stream)))


def _flac_s(stream: bytes) -> float | None:
    rate, samples = int.from_bytes(stream[18:21], "big") >> 4, int.from_bytes(stream[21:26], "big") & (1 << 36) - 1
    return samples / rate if rate else None


_LENGTHS: Mapping[str, Callable[[bytes], float | None]] = {
    "audio/aiff": aiff_duration_s,
    "audio/flac": _flac_s,
    "audio/mp4": lambda stream: mp4.read(stream)[1],
    "audio/webm": lambda stream: matroska.read(stream)[1],
    "audio/x-ms-wma": lambda stream: asf.read(stream)[1],
    "audio/ac3": frames.ac3_s,
    "audio/amr": frames.amr_s,
    "audio/basic": headers.au_s,
    "audio/eac3": frames.ac3_s,
    "audio/vnd.dts": frames.dts_s,
    "audio/x-8svx": headers.svx_s,
    "audio/x-avr": headers.avr_s,
    "audio/vnd.rn-realaudio": headers.rm_s,
    "audio/x-flv": headers.flv_s,
    "audio/x-dff": headers.dff_s,
    "audio/x-dsf": headers.dsf_s,
    "audio/x-ircam": headers.ircam_s,
    "audio/x-mlp": frames.mlp_s,
    "audio/x-nist": headers.nist_s,
    "audio/x-paf": headers.paf_s,
    "audio/x-pvf": headers.pvf_s,
    "audio/x-rifx": headers.rifx_s,
    "audio/x-sox": headers.sox_s,
    "audio/x-truehd": frames.mlp_s,
    "audio/x-tta": headers.tta_s,
    "audio/x-voc": headers.voc_s,
    "audio/x-w64": headers.w64_s,
}
_COUNTED = frozenset({"audio/ac3", "audio/amr", "audio/eac3", "audio/vnd.dts", "audio/x-mlp", "audio/x-truehd"})
"""Kinds whose frames are counted: what is there is all that is known."""


_OWN_TAGS: Mapping[str, tuple[tuple[_Keys, ...], Callable[[bytes], TagTexts]]] = {
    "audio/aiff": ((_CHUNKS,), riff.read),
    "audio/flac": ((_NAMES,), vorbis_comments.read_flac),
    "audio/mp4": ((_MP4,), lambda stream: mp4.read(stream)[0]),
    "audio/ogg": ((_NAMES,), vorbis_comments.read_ogg),
    "audio/wav": ((_CHUNKS,), riff.read),
    "audio/webm": ((_MATROSKA, _NAMES), lambda stream: matroska.read(stream)[0]),
    "audio/x-caf": ((_CAF, _NAMES), caf.read),
    "audio/x-8svx": ((_CHUNKS,), riff.read),
    "audio/x-dff": ((_DSDIFF,), dsd.read),
    "audio/x-dsf": ((), lambda _: TagTexts()),
    "audio/x-ms-wma": ((_ASF, _NAMES), lambda stream: asf.read(stream)[0]),
    "audio/x-oma": ((_ID3,), lambda stream: id3.read(b"ID3" + stream[3:_OMA_TAG_BYTES])),
}


def _sources(audio: bytes, kind: str) -> _Sources:
    """Return the tags of a file, each with the keys of its format: its own first, then those around any audio."""
    starts = [0]
    while len(starts) <= _MOST_ID3_TAGS and 0 < (size := id3.tag_bytes(audio, starts[-1])) < len(audio) - starts[-1]:
        starts.append(starts[-1] + size)
    if kind in ("audio/mpeg", "audio/aac"):  # other bytes may stand before a tag
        first = frames_at(audio, starts[-1]) or 0
        starts += [at for at in [id3.first_within(audio, starts[-1], first)] if at is not None]
    found: list[tuple[_Keys, TagTexts]] = []
    if kind in _OWN_TAGS:
        stream = audio[starts[-1] :]
        formats, read = _OWN_TAGS[kind]
        texts = read(stream)
        if (chunk := riff.id3_at(stream) or dsd.id3_at(stream)) is not None:
            found.append((_ID3, id3.read(stream, chunk)))
        found += [(keys, texts) for keys in formats]
    found += [(_ID3, id3.read(audio, at)) for at in (*starts, id3.appended_at(audio))]
    return (*found, (_NAMES, ape.read(audio)), (_ID3, id3.read_v1(audio[-id3.V1_BYTES :])))


def _lines(sources: _Sources, field: str) -> tuple[str, ...]:
    """Return the texts of a field, from the first key of the first tag that has any, each as one line."""
    for keys, texts in sources:
        for key in getattr(keys, field):
            cleaned = tuple(one_line(text[: 4 * MAX_CHARS]) for text in texts.get(key))
            if any(cleaned):
                return tuple(dict.fromkeys(text for text in cleaned if text))
    return ()


def _first(sources: _Sources, field: str, read: Callable[[str], _Value | None]) -> _Value | None:
    """Return the first value of a field that `read` accepts."""
    found = (
        read(one_line(text[: 4 * MAX_CHARS]))
        for keys, texts in sources
        for key in getattr(keys, field)
        for text in texts.get(key)
    )
    return next((value for value in found if value is not None), None)


def _kind(audio: bytes) -> str | None:
    """Return the content type by the first bytes, or None if spotrec does not decode this content."""
    kind = kind_of(audio)
    return kind.content_type if kind else None
