"""Tempo and key written into a file's tags, where they have none. Every other byte of the tags stays as it is.

ID3 and MP4 have whole beats per minute only; Vorbis comments have a decimal.
"""

import io
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import mutagen
from mutagen.flac import FLAC
from mutagen.mp4 import MP4, AtomDataType, MP4FreeForm
from mutagen.oggopus import OggOpus
from mutagen.oggvorbis import OggVorbis

from spotrec.audio.files import read_file
from spotrec.audio.sound import sound_digest
from spotrec.audio.tag_formats.id3_writer import with_texts
from spotrec.audio.tags import AudioTags, read_tags
from spotrec.errors import Reason, TrackError, first_line

_INITIAL_KEY = "----:com.apple.iTunes:initialkey"
_SAYS_NOTHING = re.compile(r"[\s0.,\0]*")
_Fields = dict[str, str]


def with_tempo_and_key(audio: bytes, name: str, bpm: float | None, key: str | None) -> bytes:
    """Return the content of a file with this tempo and key, each only if its tags have none.

    Args:
        name: what to call the file in errors.
        bpm, key: None is not written.

    Returns:
        The same content if its tags have both.

    Raises:
        TrackError: the file's tags cannot be written without changing anything else.
    """
    before = read_tags(audio, name)
    bpm = bpm if before.bpm is None else None
    key = key if before.musical_key is None else None
    if bpm is None and key is None:
        return audio
    write = _WRITERS.get(before.content_type)
    if write is None:
        raise _refused(name, f"tags of this format are not written: {before.content_type}")
    try:
        written = write(audio, bpm, key)
    except (mutagen.MutagenError, ValueError, KeyError, IndexError, TypeError, AttributeError, OverflowError) as exc:
        raise _refused(name, "its tags have an unusual form") from exc
    _check(audio, written, before, name, bpm, key)
    return written


def _check(audio: bytes, written: bytes, before: AudioTags, name: str, bpm: float | None, key: str | None) -> None:
    """Raise TrackError unless only tempo and key differ."""
    after = read_tags(written, name)
    if sound_digest(written) != sound_digest(audio):
        raise _refused(name, "its audio would change")
    if (bpm is not None and after.bpm is None) or (key is not None and after.musical_key != key):
        raise _refused(name, "its tags would not say it")
    if _others(after) != _others(before):
        raise _refused(name, "its other tags would change")


def _others(tags: AudioTags) -> tuple[object, ...]:
    length = (tags.content_type, round(tags.duration_s or 0, 2))
    return (*length, tags.title, tags.artists, tags.album, tags.isrc, tags.release_date, tags.genre, tags.mood)


def _refused(name: str, why: str) -> TrackError:
    return TrackError(Reason.UNREADABLE, f"{name} is left as it is: {why}")


def _mpeg(audio: bytes, bpm: float | None, key: str | None) -> bytes:
    fields = _Fields()
    if bpm is not None:
        fields["TBPM"] = str(round(bpm))
    if key is not None:
        fields["TKEY"] = key
    return with_texts(audio, fields, _SAYS_NOTHING)


def _vorbis(kind: Callable[[io.BytesIO], "FLAC | OggVorbis | OggOpus"]) -> Callable[..., bytes]:
    def write(audio: bytes, bpm: float | None, key: str | None) -> bytes:
        file = io.BytesIO(audio)
        opened = kind(file)
        if opened.tags is None:
            opened.add_tags()
        before = [(name, text) for name, text in opened.tags or () if name.lower() not in ("bpm", "initialkey")]
        if bpm is not None:
            _put(opened.tags, "BPM", f"{bpm:.1f}")
        if key is not None:
            _put(opened.tags, "INITIALKEY", key)
        file.seek(0)
        opened.save(file)
        written = file.getvalue()
        after = kind(io.BytesIO(written)).tags or ()
        if [(name, text) for name, text in after if name.lower() not in ("bpm", "initialkey")] != before:
            raise ValueError("other tags changed")
        return written

    return write


def _put(tags: "mutagen.Tags", name: str, text: str) -> None:
    """Write a text, unless there is one that says something which is not understood."""
    if all(_SAYS_NOTHING.fullmatch(one) for one in tags.get(name, [])):
        tags[name] = [text]


def _ogg(audio: bytes, bpm: float | None, key: str | None) -> bytes:
    return _vorbis(OggOpus if b"OpusHead" in audio[:4096] else OggVorbis)(audio, bpm, key)


def _mp4(audio: bytes, bpm: float | None, key: str | None) -> bytes:
    file = io.BytesIO(audio)
    opened = MP4(file)
    if opened.tags is None:
        opened.add_tags()
    tags = opened.tags
    assert tags is not None
    mine = {"tmpo", _INITIAL_KEY}
    before = {name: value for name, value in tags.items() if name not in mine}
    if bpm is not None and not any(tags.get("tmpo", [])):
        tags["tmpo"] = [round(bpm)]
    if key is not None and _INITIAL_KEY not in tags:
        tags[_INITIAL_KEY] = [MP4FreeForm(key.encode(), AtomDataType.UTF8)]
    file.seek(0)
    opened.save(file)
    written = file.getvalue()
    after = {name: value for name, value in (MP4(io.BytesIO(written)).tags or {}).items() if name not in mine}
    if after != before:
        raise ValueError("other tags changed")
    return written


_WRITERS: dict[str, Callable[[bytes, float | None, str | None], bytes]] = {
    "audio/mpeg": _mpeg,
    "audio/flac": _vorbis(FLAC),
    "audio/ogg": _ogg,
    "audio/mp4": _mp4,
}


@dataclass(frozen=True, slots=True)
class WriteJob:
    """A file whose tags get a tempo and a key, where they have none."""

    path: Path
    max_bytes: int
    bpm: float | None
    key: str | None


@dataclass(frozen=True, slots=True)
class TaggedFile:
    """A file's new content, and what of tempo and key is new in its tags."""

    content: bytes
    bpm: float | None
    key: str | None


def answer(job: WriteJob) -> TaggedFile | TrackError:
    """Return a file's content with tempo and key, or why it must stay as it is. Nothing is written."""
    try:
        audio = read_file(job.path, job.max_bytes)
        content = with_tempo_and_key(audio, str(job.path), job.bpm, job.key)
        before, after = read_tags(audio), read_tags(content)
    except TrackError as error:
        return error
    except MemoryError:
        return TrackError(Reason.TOO_LARGE, f"{job.path} needs too much memory")
    except Exception as exc:  # noqa: BLE001 - any error leaves this one file as it is
        return _refused(str(job.path), first_line(exc))
    bpm = after.bpm if before.bpm is None else None
    return TaggedFile(content, bpm, after.musical_key if before.musical_key is None else None)
