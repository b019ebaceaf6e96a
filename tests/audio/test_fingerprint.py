"""Fingerprints of real and of made-up music: copies keep them, other music does not."""

from pathlib import Path

import numpy as np
import pytest
import soundfile
import soxr

from spotrec.audio.decode import decode
from spotrec.audio.fingerprint import SAMPLE_RATE_HZ, WORDS_PER_S, bit_error_rate, fingerprint
from spotrec.query.same_recordings import MAX_BIT_ERRORS
from spotrec.vectors import FloatArray
from support.music import tune

HOP = SAMPLE_RATE_HZ // WORDS_PER_S


@pytest.fixture(scope="module")
def clip(shared: Path) -> FloatArray:
    """The first real clip, mono, at the rate of a fingerprint."""
    return decode(min((shared / "audio").glob("*.mp3")).read_bytes(), SAMPLE_RATE_HZ)


def encoded(samples: FloatArray, path: Path, rate_hz: int, **how: object) -> FloatArray:
    soundfile.write(path, soxr.resample(samples, SAMPLE_RATE_HZ, rate_hz), rate_hz, **how)
    return decode(path.read_bytes(), SAMPLE_RATE_HZ)


def test_a_second_has_fifteen_words_and_a_moment_none() -> None:
    words = fingerprint(tune(1, 30.0, SAMPLE_RATE_HZ))
    assert words.dtype == np.uint32
    assert abs(len(words) - 30 * WORDS_PER_S) < WORDS_PER_S
    assert len(fingerprint(tune(1, 0.3, SAMPLE_RATE_HZ))) == 0
    assert bit_error_rate(words, words, 0) == 0
    assert bit_error_rate(words, words[:0], 0) == bit_error_rate(words, words, len(words)) == 1


def test_silence_gives_words_that_tell_nothing() -> None:
    assert not fingerprint(np.zeros(5 * SAMPLE_RATE_HZ, np.float32)).any()


def test_a_copy_keeps_its_fingerprint_and_other_clips_have_others(
    clip: FloatArray, shared: Path, tmp_path: Path
) -> None:
    words = fingerprint(clip)
    softer = fingerprint(clip * np.float32(0.25))
    as_mp3 = fingerprint(
        encoded(clip, tmp_path / "a.mp3", 44_100, format="MP3", bitrate_mode="CONSTANT", compression_level=0.9)
    )
    as_opus = fingerprint(encoded(clip, tmp_path / "a.opus", 48_000, format="OGG", subtype="OPUS"))
    assert bit_error_rate(words, softer, 0) < 0.01
    assert bit_error_rate(words, as_mp3, 0) < MAX_BIT_ERRORS / 2
    assert bit_error_rate(words, as_opus, 0) < MAX_BIT_ERRORS / 2
    others = sorted((shared / "audio").glob("*.mp3"))[2:12:2]
    for other in others:
        theirs = fingerprint(decode(other.read_bytes(), SAMPLE_RATE_HZ))
        assert min(bit_error_rate(words, theirs, offset) for offset in range(-45, 46)) > 2 * MAX_BIT_ERRORS


@pytest.mark.parametrize(
    "n_samples", [HOP, 7 * HOP, 7 * HOP + HOP // 2], ids=["a step", "7 steps", "7 steps and a half"]
)
def test_what_is_cut_moves_the_words_even_between_two_steps(clip: FloatArray, n_samples: int) -> None:
    words, cut = fingerprint(clip), fingerprint(clip[n_samples:])
    best = min(range(-20, 21), key=lambda offset: bit_error_rate(words, cut, offset))
    assert best in (n_samples // HOP, n_samples // HOP + 1)
    assert bit_error_rate(words, cut, best) < MAX_BIT_ERRORS
