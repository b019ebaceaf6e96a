"""MP3 → mono with the system's libmpg123, if it is installed.

libsndfile contains the same decoder, but returns both channels; here they are mixed before the slow part of decoding.
"""

import ctypes
from ctypes import POINTER, byref, c_char_p, c_double, c_int, c_long, c_size_t, c_void_p
from dataclasses import dataclass
from functools import cache

import numpy as np

from spotrec.audio.mpeg import Mp3
from spotrec.vectors import FloatArray

# names for the dynamic linker: ctypes.util.find_library may start a compiler
_NAMES = (
    "libmpg123.so.0",
    "libmpg123.0.dylib",
    "/opt/homebrew/lib/libmpg123.0.dylib",
    "/usr/local/lib/libmpg123.0.dylib",
)
_OK, _NEED_MORE, _DONE = 0, -10, -12
_ADD_FLAGS = 2
_MONO_MIX, _QUIET, _GAPLESS, _NO_RESYNC, _FORCE_FLOAT = 0x4, 0x20, 0x40, 0x80, 0x400
_FUNCTIONS = {
    "mpg123_init": (c_int, ()),
    "mpg123_new": (c_void_p, (c_char_p, POINTER(c_int))),
    "mpg123_delete": (None, (c_void_p,)),
    "mpg123_param": (c_int, (c_void_p, c_int, c_long, c_double)),
    "mpg123_open_feed": (c_int, (c_void_p,)),
    "mpg123_feed": (c_int, (c_void_p, c_char_p, c_size_t)),
    "mpg123_getformat": (c_int, (c_void_p, POINTER(c_long), POINTER(c_int), POINTER(c_int))),
    "mpg123_length": (c_long, (c_void_p,)),
    "mpg123_read": (c_int, (c_void_p, c_void_p, c_size_t, POINTER(c_size_t))),
}


@dataclass(frozen=True, slots=True)
class DecodedMp3:
    """The mean of the channels, shape (n_samples,), and how many samples the stream states."""

    samples: FloatArray
    n_stated: int


def is_installed() -> bool:
    """Return whether this system has libmpg123."""
    return _library() is not None


def decode_mono(mp3: Mp3) -> DecodedMp3 | None:
    """Decode all of `mp3`: the samples that libsndfile gives, up to rounding.

    Returns None if the library is missing or finds an error in the stream: then libsndfile must decode it.
    """
    library = _library()
    if library is None:
        return None
    handle = library.mpg123_new(None, None)
    if not handle:
        return None
    try:
        return _read(library, handle, mp3)
    finally:
        library.mpg123_delete(handle)


def _read(library: ctypes.CDLL, handle: int, mp3: Mp3) -> DecodedMp3 | None:
    flags = _FORCE_FLOAT | _MONO_MIX | _GAPLESS | _NO_RESYNC | _QUIET
    rate, channels, encoding, n_bytes = c_long(), c_int(), c_int(), c_size_t()
    for answer in (
        library.mpg123_param(handle, _ADD_FLAGS, flags, 0.0),
        library.mpg123_open_feed(handle),
        library.mpg123_feed(handle, mp3.stream, len(mp3.stream)),
        library.mpg123_getformat(handle, byref(rate), byref(channels), byref(encoding)),
    ):
        if answer != _OK:
            return None
    stated = int(library.mpg123_length(handle))
    if (rate.value, channels.value) != (mp3.sample_rate_hz, 1) or not 0 < stated <= mp3.n_samples:
        return None
    samples = np.empty(stated, np.float32)
    answer = library.mpg123_read(handle, samples.ctypes.data, samples.nbytes, byref(n_bytes))
    if answer not in (_OK, _NEED_MORE, _DONE):
        return None
    return DecodedMp3(samples[: n_bytes.value // samples.itemsize], stated)


@cache
def _library() -> ctypes.CDLL | None:
    if ctypes.sizeof(c_long) < ctypes.sizeof(ctypes.c_int64):  # lengths would have another type
        return None
    for name in _NAMES:
        try:
            library = ctypes.CDLL(name)
            for function, (result, arguments) in _FUNCTIONS.items():
                getattr(library, function).restype = result
                getattr(library, function).argtypes = arguments
        except (OSError, AttributeError):  # not installed, or another library of this name
            continue
        return library if library.mpg123_init() == _OK else None
    return None
