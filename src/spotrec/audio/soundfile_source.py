"""Files that libsndfile decodes."""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from spotrec.audio.channels import Mix
from spotrec.audio.excerpts import Excerpt, audible, refuse_dts, refuse_format, undamaged
from spotrec.vectors import FloatArray

if TYPE_CHECKING:
    from soundfile import SoundFile

_BLOCK_SAMPLES = 1 << 22
"""Of all channels, decoded at a time: more than a preview has, because soundfile seeks after each block."""


class _Seekable(io.BytesIO):
    """Bytes for libsndfile, which seeks to any position that a damaged file names, and cannot handle an exception."""

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        try:
            return super().seek(offset, whence)
        except (ValueError, OverflowError):
            return self.tell()


@contextmanager
def open_soundfile(audio: bytes, name: str) -> "Iterator[_SoundFile]":
    import soundfile

    with undamaged(name, soundfile.SoundFileError), soundfile.SoundFile(_Seekable(audio)) as file:
        refuse_format(file.channels, file.samplerate, name)
        yield _SoundFile(file, name)


@dataclass(frozen=True, slots=True)
class _SoundFile:
    """A file that libsndfile has opened."""

    file: "SoundFile"
    name: str

    @property
    def present_s(self) -> float:
        return float(max(0, self.file.frames) / self.file.samplerate)

    @property
    def n_channels(self) -> int:
        return int(self.file.channels)

    def read(self, start_s: float, length_s: float, mix: Mix) -> Excerpt:
        import soundfile

        rate_hz = self.file.samplerate
        with undamaged(self.name, soundfile.SoundFileError):
            if (start := int(start_s * rate_hz)) != self.file.tell():
                self.file.seek(start)
            return Excerpt(_read_blocks(self.file, int(length_s * rate_hz), mix, self.name), rate_hz)

    def hear(self, start_s: float, length_s: float) -> Excerpt:
        return audible(self, start_s, length_s)


def _read_blocks(file: "SoundFile", n_wanted: int, mix: Mix, name: str) -> FloatArray:
    """Read at most `n_wanted` samples and mix them to mono; at most one block of all channels is in memory."""
    n_there = max(0, min(n_wanted, file.frames - file.tell()))  # a damaged header may give less than 0
    samples = np.empty(n_there, np.float32)
    block = np.empty((_BLOCK_SAMPLES // file.channels, file.channels), np.float32)
    n_read = 0
    while n_read < samples.size:
        frames = file.read(out=block[: samples.size - n_read])
        if not len(frames):
            break
        if not n_read:
            refuse_dts(frames[: file.samplerate], name)
        samples[n_read : n_read + len(frames)] = mix(frames)
        n_read += len(frames)
    return samples[:n_read]
