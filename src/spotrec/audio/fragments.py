"""MP4 in fragments, as downloads of streams and live recordings are: its length is the length of its fragments."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from spotrec.audio.containers.mp4 import boxes
from spotrec.audio.numbers import big

_MOST_BOXES = 200_000
_TFHD_OPTIONAL = ((0x1, 8), (0x2, 4))  # before the default duration: offset of the data, description
_DEFAULT_DURATION = 0x8
_TRUN_OPTIONAL = ((0x1, 4), (0x4, 4))  # before the samples: offset of the data, flags of the first
_SAMPLE_FIELDS = (0x100, 0x200, 0x400, 0x800)  # four bytes each, the duration first


@dataclass(frozen=True, slots=True)
class _SoundTrack:
    id_: int
    scale: int
    stated: int
    default_duration: int


def fragments_end_s(audio: bytes) -> float | None:
    """Return how long the first track of sound plays, in seconds; None if the file has no fragments of it."""
    steps = iter(range(_MOST_BOXES))
    track: _SoundTrack | None = None
    end, starts_at, n_fragments = 0, 0, 0
    for name, at, stop in boxes(audio, steps):
        if name == b"moov" and track is None:
            track = _sound_track(audio, at, min(stop, len(audio)), steps)
            end = track.stated if track else 0
        elif name == b"moof" and track is not None:
            found = _fragment(audio, at, min(stop, len(audio)), track, steps)
            if found is None:
                continue
            start, duration = found
            if start is not None and not n_fragments and not track.stated:
                starts_at = start  # of a stream that was joined late
            end = max(end, (end if start is None else start) + duration)
            n_fragments += 1
    return (end - starts_at) / track.scale if track and n_fragments else None


def _fragment(
    audio: bytes, at: int, end: int, track: _SoundTrack, steps: Iterator[int]
) -> tuple[int | None, int] | None:
    """Return when a fragment begins, if it says so, and its duration; None if it has nothing of this track."""
    for name, start, stop in boxes(audio, steps, at, end):
        if name != b"traf":
            continue
        begins: int | None = None
        duration, default, is_track = 0, track.default_duration, False
        for part, i, _ in boxes(audio, steps, start, min(stop, end)):
            flags = big(audio, i, 4) & 0xFFFFFF
            if part == b"tfhd":
                is_track = big(audio, i + 4, 4) == track.id_
                if flags & _DEFAULT_DURATION:
                    default = big(audio, i + 8 + sum(size for flag, size in _TFHD_OPTIONAL if flags & flag), 4)
            elif part == b"tfdt":
                begins = big(audio, i + 4, 8 if audio[i : i + 1] == b"\1" else 4)
            elif part == b"trun":
                duration += _run_duration(audio, i, flags, default)
        if is_track:
            return begins, duration
    return None


def _run_duration(audio: bytes, at: int, flags: int, default: int) -> int:
    n_samples = big(audio, at + 4, 4)
    if not flags & _SAMPLE_FIELDS[0]:
        return n_samples * default
    first = at + 8 + sum(size for flag, size in _TRUN_OPTIONAL if flags & flag)
    sample_bytes = 4 * sum(bool(flags & field) for field in _SAMPLE_FIELDS)
    n_there = min(n_samples, max(0, len(audio) - first) // sample_bytes)
    return sum(big(audio, first + i * sample_bytes, 4) for i in range(n_there))


def _sound_track(audio: bytes, at: int, end: int, steps: Iterator[int]) -> _SoundTrack | None:
    found: dict[int, tuple[int, int]] = {}
    defaults: dict[int, int] = {}
    for name, start, stop in boxes(audio, steps, at, end):
        if name == b"trak":
            found |= _sound(audio, start, min(stop, end), steps)
        elif name == b"mvex":
            defaults |= {
                big(audio, i + 4, 4): big(audio, i + 12, 4)
                for part, i, _ in boxes(audio, steps, start, min(stop, end))
                if part == b"trex"
            }
    for id_, (scale, stated) in found.items():
        return _SoundTrack(id_, scale, stated, defaults.get(id_, 0))
    return None


def _sound(audio: bytes, at: int, end: int, steps: Iterator[int]) -> Mapping[int, tuple[int, int]]:
    """Return id → time scale and stated duration of a track, if it is one of sound."""
    id_ = scale = stated = 0
    is_sound = False
    for name, start, stop in boxes(audio, steps, at, end):
        if name == b"tkhd":
            id_ = big(audio, start + (20 if audio[start : start + 1] == b"\1" else 12), 4)
        elif name == b"mdia":
            for part, i, _ in boxes(audio, steps, start, min(stop, end)):
                if part == b"mdhd":
                    is_long = audio[i : i + 1] == b"\1"
                    scale_at, size = (i + 20, 8) if is_long else (i + 12, 4)
                    scale, stated = big(audio, scale_at, 4), big(audio, scale_at + 4, size)
                elif part == b"hdlr":
                    is_sound = audio[i + 8 : i + 12] == b"soun"
    return {id_: (scale, stated)} if is_sound and scale else {}
