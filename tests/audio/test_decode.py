"""What is heard of audio of every kind, and what is refused, each with its reason."""

import io
import struct
from collections.abc import Callable
from fractions import Fraction

import av
import librosa
import numpy as np
import pytest
import soundfile

from spotrec.audio.decode import decode, window
from spotrec.errors import ExitCode, Reason, TrackError
from spotrec.vectors import FloatArray
from support.music import encoded, rising, time_of, tune

RATE_HZ = 12_000
Encode = Callable[[FloatArray, int, str, str], bytes]


def wav(samples: FloatArray, rate: int = 22_050, subtype: str = "FLOAT") -> bytes:
    file = io.BytesIO()
    soundfile.write(file, samples, rate, format="WAV", subtype=subtype)
    return file.getvalue()


def bare_wav(rate: int, channels: int = 1, n_bytes: int = 100_000) -> bytes:
    """A WAV header that states anything, before noise."""
    data = np.random.default_rng(0).integers(0, 256, n_bytes, np.uint8).tobytes()
    block = 2 * channels
    head = struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, channels, rate, (rate * block) & 0xFFFFFFFF, block & 0xFFFF, 16)
    body = b"WAVE" + head + struct.pack("<4sI", b"data", len(data)) + data
    return struct.pack("<4sI", b"RIFF", len(body)) + body


def in_kind(ffmpeg: Encode, kind: str, samples: FloatArray, rate: int) -> bytes:
    if kind == "M4A":
        return ffmpeg(samples, rate, "ipod", "aac")
    if kind == "WEBM":
        return ffmpeg(samples, rate, "webm", "libopus")
    return encoded(samples, kind, rate)


def refusal(audio: bytes) -> TrackError:
    with pytest.raises(TrackError) as refused:
        decode(audio, RATE_HZ, "song.mp3")
    assert refused.value.exit_code == ExitCode.PARTIAL
    assert refused.value.message.startswith("song.mp3 ")
    return refused.value


@pytest.mark.parametrize("kind", ["WAV", "FLAC", "OGG", "MP3", "AIFF", "CAF", "M4A", "WEBM"])
def test_every_kind_is_heard_at_its_full_length(ffmpeg: Encode, kind: str) -> None:
    rate = 48_000 if kind == "WEBM" else 22_050
    original = tune(3, seconds=5, rate=rate)
    heard = decode(in_kind(ffmpeg, kind, original, rate), RATE_HZ)
    assert heard.dtype == np.float32
    assert heard.ndim == 1
    assert heard.size / RATE_HZ == pytest.approx(5, abs=0.1)
    assert np.std(heard) == pytest.approx(np.std(original), rel=0.1)


@pytest.mark.parametrize("subtype", ["PCM_U8", "PCM_16", "PCM_24", "PCM_32", "FLOAT", "DOUBLE", "ULAW"])
def test_every_depth_of_wav_is_heard(subtype: str) -> None:
    original = tune(3, seconds=4, rate=RATE_HZ)
    heard = decode(wav(original, RATE_HZ, subtype), RATE_HZ)
    np.testing.assert_allclose(heard, original, atol=0.03 if subtype in ("PCM_U8", "ULAW") else 1e-4)


@pytest.mark.parametrize("rate", [8_000, 22_050, 44_100, 48_000, 96_000])
@pytest.mark.parametrize("channels", [1, 2])
def test_a_wav_is_heard_as_librosa_hears_it(rate: int, channels: int) -> None:
    samples = np.stack([tune(seed, seconds=4, rate=rate) for seed in range(channels)], axis=1)
    audio = wav(samples, rate)
    expected, _ = librosa.load(io.BytesIO(audio), sr=RATE_HZ)
    heard = decode(audio, RATE_HZ)
    n = min(heard.size, expected.size)
    assert abs(heard.size - expected.size) <= 1
    np.testing.assert_allclose(heard[:n], expected[:n], atol=1e-6)


def test_channels_are_averaged() -> None:
    left, right = tune(1, seconds=4, rate=RATE_HZ), tune(2, seconds=4, rate=RATE_HZ)
    heard = decode(wav(np.stack([left, right], axis=1), RATE_HZ), RATE_HZ)
    np.testing.assert_allclose(heard, (left + right) / 2, atol=1e-7)


def test_sixteen_channels_are_averaged_too() -> None:
    channels = np.stack([tune(seed, seconds=4, rate=RATE_HZ) for seed in range(16)], axis=1)
    np.testing.assert_allclose(decode(wav(channels, RATE_HZ), RATE_HZ), channels.mean(axis=1), atol=1e-6)


@pytest.mark.parametrize("gain", [0.001, 0.01, 1.0, 3.0])
def test_loudness_is_left_as_it_is(gain: float) -> None:
    samples = tune(1, seconds=4, rate=RATE_HZ) * np.float32(gain)
    np.testing.assert_array_equal(decode(wav(samples, RATE_HZ), RATE_HZ), samples)


@pytest.mark.parametrize("kind", ["WAV", "FLAC", "OGG", "MP3", "AIFF", "M4A", "WEBM"])
def test_of_long_audio_the_middle_half_minute_is_heard(ffmpeg: Encode, kind: str) -> None:
    rate = 48_000 if kind == "WEBM" else 8_000
    heard = decode(in_kind(ffmpeg, kind, rising(90, rate), rate), RATE_HZ)
    assert heard.size / RATE_HZ == pytest.approx(30, abs=0.1)
    piece = RATE_HZ // 2
    assert time_of(heard[:piece], RATE_HZ) == pytest.approx(30.25, abs=0.2)
    assert time_of(heard[-piece:], RATE_HZ) == pytest.approx(59.75, abs=0.2)


def test_a_minute_is_heard_whole_and_from_its_start() -> None:
    heard = decode(wav(rising(60, 8_000), 8_000, "PCM_16"), RATE_HZ)
    assert heard.size / RATE_HZ == pytest.approx(60, abs=0.01)
    assert time_of(heard[: RATE_HZ // 2], RATE_HZ) == pytest.approx(0.25, abs=0.1)


@pytest.mark.parametrize(
    ("duration_s", "start_s", "length_s"),
    [(1.0, 0.0, 60.0), (30.0, 0.0, 60.0), (60.0, 0.0, 60.0), (60.5, 15.25, 30.0), (90.0, 30.0, 30.0)],
)
def test_the_window_is_all_of_a_minute_or_the_middle_of_more(
    duration_s: float, start_s: float, length_s: float
) -> None:
    assert window(duration_s) == (start_s, length_s)


@pytest.mark.parametrize("kind", ["WAV", "FLAC", "OGG", "AIFF", "M4A"])
def test_audio_under_three_seconds_is_too_short(ffmpeg: Encode, kind: str) -> None:
    error = refusal(in_kind(ffmpeg, kind, tune(1, seconds=2.8), 22_050))
    assert error.reason is Reason.TOO_SHORT
    assert " s of audio" in error.message
    assert "3 s" in error.hint


def test_three_seconds_are_enough() -> None:
    assert decode(wav(tune(1, seconds=3, rate=RATE_HZ), RATE_HZ), RATE_HZ).size == 3 * RATE_HZ


def test_a_header_without_samples_is_too_short() -> None:
    assert refusal(wav(np.zeros(0, np.float32))).reason is Reason.TOO_SHORT


@pytest.mark.parametrize("peak", [0.0, 1e-5])
@pytest.mark.parametrize("kind", ["WAV", "FLAC", "M4A"])
def test_silence_and_dither_are_refused(ffmpeg: Encode, kind: str, peak: float) -> None:
    error = refusal(in_kind(ffmpeg, kind, tune(1, seconds=4) * np.float32(peak), 22_050))
    assert error.reason is Reason.SILENT


def test_very_soft_music_is_heard() -> None:
    assert decode(wav(tune(1, seconds=4) * np.float32(0.001)), RATE_HZ).size > 0


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("channels", [1, 2])
def test_samples_that_are_no_numbers_are_refused(value: float, channels: int) -> None:
    samples = np.stack([tune(seed, seconds=4) for seed in range(channels)], axis=1)
    samples[1000, -1] = value
    assert refusal(wav(samples)).reason is Reason.NOT_FINITE


@pytest.mark.parametrize(("kind", "seconds"), [("WAV", 10), ("MP3", 10), ("AIFF", 10), ("MP3", 90)])
def test_half_a_file_is_truncated(kind: str, seconds: float) -> None:
    whole = encoded(tune(1, seconds=seconds, rate=16_000), kind, 16_000)
    error = refusal(whole[: len(whole) // 2])
    assert error.reason is Reason.TRUNCATED
    assert "complete copy" in error.hint


@pytest.mark.parametrize("kind", ["FLAC", "M4A"])
def test_half_a_file_that_cannot_do_without_its_end_is_damaged(ffmpeg: Encode, kind: str) -> None:
    whole = in_kind(ffmpeg, kind, tune(1, seconds=10), 22_050)
    assert refusal(whole[: len(whole) // 2]).reason is Reason.DAMAGED


def test_a_file_that_lost_its_last_bytes_only_is_heard() -> None:
    whole = wav(tune(1, seconds=10, rate=RATE_HZ), RATE_HZ)
    assert decode(whole[:-1000], RATE_HZ).size / RATE_HZ == pytest.approx(10, abs=0.1)


def test_a_video_without_sound_has_no_audio_stream() -> None:
    file = io.BytesIO()
    with av.open(file, "w", format="mp4") as output:
        stream = output.add_stream("mpeg4", rate=Fraction(10))
        assert isinstance(stream, av.VideoStream)
        stream.width = stream.height = 64
        stream.pix_fmt = "yuv420p"
        for shade in range(0, 250, 25):
            picture = np.full((64, 64, 3), shade, np.uint8)
            output.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        output.mux(stream.encode(None))
    assert refusal(file.getvalue()).reason is Reason.NO_AUDIO_STREAM


def test_thirty_two_channels_are_too_many() -> None:
    error = refusal(wav(np.zeros((RATE_HZ * 4, 32), np.float32), RATE_HZ))
    assert error.reason is Reason.UNSUPPORTED
    assert "32 channels" in error.message
    assert "16 channels" in error.hint


@pytest.mark.parametrize("rate", [1, 100, 3_999, 384_001, 2**31 - 1])
def test_absurd_sample_rates_are_refused_before_they_cost_anything(rate: int) -> None:
    error = refusal(bare_wav(rate))
    assert error.reason is Reason.UNSUPPORTED
    assert f"{rate} Hz" in error.message


@pytest.mark.parametrize(("rate", "channels"), [(0, 1), (2**32 - 1, 1), (44_100, 0), (44_100, 65_535)])
def test_impossible_headers_are_refused(rate: int, channels: int) -> None:
    assert refusal(bare_wav(rate, channels)).reason in (Reason.DAMAGED, Reason.UNSUPPORTED)


@pytest.mark.parametrize("head", [b"fLaC", b"OggS", b"caff", b"wvpk", b"\x1a\x45\xdf\xa3", b"\0\0\0\x18ftypM4A "])
def test_a_good_beginning_before_noise_is_damaged(head: bytes) -> None:
    noise = np.random.default_rng(0).integers(0, 256, 50_000, np.uint8).tobytes()
    assert refusal(head + noise).reason is Reason.DAMAGED


def test_seven_point_one_is_heard(ffmpeg: Encode) -> None:
    file = io.BytesIO()
    with av.open(file, "w", format="ipod") as output:
        stream = output.add_stream("aac", rate=48_000, layout="7.1")
        assert isinstance(stream, av.AudioStream)
        samples = np.random.default_rng(0).standard_normal((1, 48_000 * 4 * 8)).astype(np.float32) * np.float32(0.1)
        frame = av.AudioFrame.from_ndarray(samples, format="flt", layout="7.1")
        frame.sample_rate = 48_000
        for converted in av.AudioResampler(format=stream.format, layout="7.1", rate=48_000).resample(frame):
            output.mux(stream.encode(converted))
        output.mux(stream.encode(None))
    assert decode(file.getvalue(), RATE_HZ).size == pytest.approx(4 * RATE_HZ, abs=0.1 * RATE_HZ)


def test_an_unknown_codec_is_refused() -> None:
    wav = bytearray(encoded(tune(1, seconds=4), "WAV"))
    wav[20:22] = b"\x7f\x7f"
    assert refusal(bytes(wav)).reason in (Reason.UNSUPPORTED, Reason.DAMAGED)


@pytest.mark.parametrize("kind", ["WAV", "AIFF"])
def test_half_of_a_long_file_is_truncated_though_its_middle_is_there(kind: str) -> None:
    whole = encoded(tune(1, seconds=90, rate=8_000), kind, 8_000)
    assert refusal(whole[: len(whole) // 2]).reason is Reason.TRUNCATED


def test_a_wav_from_a_pipe_that_does_not_know_its_length_is_heard() -> None:
    whole = encoded(tune(1, seconds=5, rate=RATE_HZ), "WAV", RATE_HZ)
    at = whole.index(b"data") + 4
    endless = whole[:4] + b"\xff" * 4 + whole[8:at] + b"\xff" * 4 + whole[at + 4 :]
    assert decode(endless, RATE_HZ).size == 5 * RATE_HZ
