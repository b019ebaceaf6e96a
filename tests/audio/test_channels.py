"""Channels that cancel each other in their mean: one of them is heard."""

import io

import numpy as np
import pytest
import soundfile

from spotrec.audio.decode import decode
from spotrec.errors import Reason, TrackError
from spotrec.vectors import FloatArray
from support.music import encoded, rising, time_of, tune

RATE_HZ = 22_050
SOUND = tune(1, 5)


def heard(*channels: FloatArray, kind: str = "WAV") -> FloatArray:
    file = io.BytesIO()
    options = {"subtype": "FLOAT"} if kind == "WAV" else {}
    soundfile.write(file, np.stack(channels, axis=1), RATE_HZ, format=kind, **options)
    return decode(file.getvalue(), RATE_HZ)


@pytest.mark.parametrize("kind", ["WAV", "FLAC", "MP3", "OGG"])
def test_a_channel_with_its_sign_changed_does_not_silence_the_other(kind: str) -> None:
    samples = heard(SOUND, -SOUND, kind=kind)
    assert np.std(samples) == pytest.approx(np.std(SOUND), rel=0.15)
    if kind == "WAV":
        np.testing.assert_array_equal(samples, SOUND)


@pytest.mark.parametrize("gain", [0.99, 0.98, 0.9, 0.8])
def test_of_channels_that_nearly_cancel_the_louder_is_heard(gain: float) -> None:
    np.testing.assert_allclose(heard(SOUND * np.float32(-gain), SOUND), SOUND, atol=1e-6)


def test_a_little_noise_in_both_channels_does_not_hide_the_music() -> None:
    noise = np.random.default_rng(0).standard_normal(SOUND.size).astype(np.float32) * np.float32(0.002)
    samples = heard(SOUND, noise - SOUND)
    assert abs(np.corrcoef(samples, SOUND)[0, 1]) > 0.99


def test_a_constant_offset_is_neither_music_nor_hides_it() -> None:
    offset = np.float32(0.1)
    samples = heard(SOUND * np.float32(0.5) + offset, offset - SOUND * np.float32(0.5))
    assert np.std(samples) == pytest.approx(np.std(SOUND) / 2, rel=0.01)
    for sound in (np.full_like(SOUND, 0.1), np.zeros_like(SOUND)):
        with pytest.raises(TrackError) as refused:
            heard(sound, sound)
        assert refused.value.reason is Reason.SILENT


def test_ordinary_stereo_is_still_the_mean() -> None:
    other = tune(2, 5)
    for left, right in (
        (SOUND, other),
        (SOUND, np.zeros_like(SOUND)),
        (SOUND * np.float32(0.01), other * np.float32(0.01)),
        (SOUND + other, other - SOUND),
    ):
        np.testing.assert_array_equal(heard(left, right), (left + right) / 2)


def test_of_5_1_whose_fronts_cancel_something_is_heard() -> None:
    silence = np.zeros_like(SOUND)
    samples = heard(SOUND, -SOUND, silence, silence, silence, silence)
    np.testing.assert_array_equal(samples, SOUND)
    center = tune(2, 5)
    np.testing.assert_allclose(heard(SOUND, -SOUND, center, silence, silence, silence), center / 6, atol=1e-6)


def test_in_a_long_file_the_same_middle_is_heard() -> None:
    sound = rising(90, RATE_HZ)
    for kind in ("FLAC", "MP3"):
        samples = decode(encoded(np.stack([sound, -sound], axis=1), kind, RATE_HZ), RATE_HZ)
        assert samples.size / RATE_HZ == pytest.approx(30, abs=0.1)
        assert time_of(samples[: RATE_HZ // 2], RATE_HZ) == pytest.approx(30.25, abs=0.2)
