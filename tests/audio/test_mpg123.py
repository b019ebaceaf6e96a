"""libmpg123 gives libsndfile's samples, and an MP3 is heard at the length of its frames, whatever decodes it."""

import io
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

from spotrec.audio import mpg123
from spotrec.audio.decode import decode
from spotrec.audio.mpeg import Mp3, read_frames, without_tags
from spotrec.vectors import FloatArray
from support.music import encoded, tune
from support.poison import id3, mp3_frames

RATE_HZ = 12_000
needs_mpg123 = pytest.mark.skipif(not mpg123.is_installed(), reason="libmpg123 is not installed")


def frames_of(audio: bytes) -> Mp3:
    mp3 = read_frames(without_tags(audio))
    assert mp3 is not None
    return mp3


def by_libsndfile(audio: bytes) -> FloatArray:
    samples, _ = soundfile.read(io.BytesIO(audio), dtype="float32", always_2d=True)
    mean: FloatArray = samples.mean(axis=1)
    return mean


def assert_alike(audio: bytes) -> None:
    mp3 = frames_of(audio)
    heard, expected = mpg123.decode_mono(mp3), by_libsndfile(mp3.stream)
    assert heard is not None
    assert heard.n_stated == heard.samples.size == expected.size
    np.testing.assert_allclose(heard.samples, expected, atol=3e-6)


def varying(seconds: float, rate: int, channels: int, mode: str = "VARIABLE") -> bytes:
    samples = np.stack([tune(seed, seconds, rate) for seed in range(channels)], axis=1)
    samples[: len(samples) // 2] *= np.float32(0.001)
    file = io.BytesIO()
    soundfile.write(file, samples, rate, format="MP3", bitrate_mode=mode, compression_level=0.3)
    return file.getvalue()


def without_length(audio: bytes) -> bytes:
    """Without its first frame, which holds the Xing header."""
    start = audio.index(audio[:2], 4)
    while read_frames(audio[start:]) is None:
        start = audio.index(audio[:2], start + 1)
    return audio[start:]


@needs_mpg123
@pytest.mark.parametrize("rate", [8_000, 11_025, 16_000, 22_050, 32_000, 44_100, 48_000])
@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize("mode", ["CONSTANT", "VARIABLE", "AVERAGE"])
def test_libmpg123_gives_the_samples_of_libsndfile(rate: int, channels: int, mode: str) -> None:
    audio = varying(4, rate, channels, mode)
    assert_alike(audio)
    assert_alike(without_length(audio))  # frames that refer to bits before the first


@needs_mpg123
def test_real_clips_give_the_samples_of_libsndfile(shared: Path) -> None:
    clips = sorted((shared / "audio").glob("*.mp3"))[::8]
    assert clips
    for clip in clips:
        assert_alike(clip.read_bytes())


def test_without_libmpg123_the_same_is_heard(tmp_path: Path) -> None:
    clip, heard = tmp_path / "clip.mp3", tmp_path / "heard.npy"
    clip.write_bytes(varying(5, 44_100, 2))
    code = """if True:
        import ctypes, sys, numpy, pathlib
        class Missing(ctypes.CDLL):
            def __init__(self, name, *arguments, **options):
                if "mpg123" in str(name):
                    raise OSError(name)
                super().__init__(name, *arguments, **options)
        ctypes.CDLL = Missing
        from spotrec.audio import mpg123
        from spotrec.audio.decode import decode
        assert not mpg123.is_installed()
        numpy.save(sys.argv[2], decode(pathlib.Path(sys.argv[1]).read_bytes(), 12_000))
    """
    subprocess.run([sys.executable, "-c", code, str(clip), str(heard)], check=True, timeout=60)
    np.testing.assert_allclose(decode(clip.read_bytes(), RATE_HZ), np.load(heard), atol=3e-6)


@pytest.mark.parametrize("seconds", [5, 90])
def test_an_mp3_of_varying_bit_rate_that_states_no_length_is_heard_whole(seconds: int) -> None:
    audio = without_length(varying(seconds, 22_050, 1))
    assert frames_of(audio).duration_s == pytest.approx(seconds, abs=0.1)
    assert decode(audio, RATE_HZ).size / RATE_HZ == pytest.approx(5 if seconds == 5 else 30, abs=0.1)


def test_a_picture_does_not_count_as_music() -> None:
    frames = mp3_frames(5, 22_050)
    pictured = id3(bytes(3_000_000)) + frames + b"TAG" + bytes(125)
    assert frames_of(pictured) == frames_of(frames)
    np.testing.assert_array_equal(decode(pictured, RATE_HZ), decode(frames, RATE_HZ))


def test_the_last_frame_of_a_cut_mp3_is_left_out() -> None:
    frames = mp3_frames(5, 22_050)
    whole, cut = frames_of(frames), frames_of(frames[:-10])
    assert whole.n_samples - cut.n_samples == 576


def test_anything_between_frames_is_left_to_libsndfile() -> None:
    frames = mp3_frames(5, 22_050)
    assert read_frames(frames + b"noise") is None
    assert read_frames(frames + mp3_frames(5, 44_100)) is None
    assert read_frames(encoded(tune(1), "FLAC")) is None
    assert read_frames(b"\xff\xfb") is None
    assert read_frames(frames[:20]) is None
