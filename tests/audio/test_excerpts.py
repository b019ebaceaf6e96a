"""Several excerpts of a long file: where they are heard, and what is skipped."""

import io
import sys
import tracemalloc
from collections.abc import Callable
from types import FrameType

import numpy as np
import pytest
import soundfile

from spotrec.audio.decode import Heard, decode, decode_excerpts, sounding, spread
from spotrec.audio.mpeg import read_parts
from spotrec.errors import Reason, TrackError
from spotrec.vectors import FloatArray
from support.music import encoded, rising, time_of, tune

RATE_HZ = 8_000
Encode = Callable[[FloatArray, int, str, str], bytes]


def silence(seconds: float) -> FloatArray:
    return np.zeros(int(seconds * RATE_HZ), np.float32)


def wav(samples: FloatArray) -> bytes:
    file = io.BytesIO()
    soundfile.write(file, samples, RATE_HZ, format="WAV", subtype="PCM_16")
    return file.getvalue()


def times(heard: Heard) -> list[float]:
    """When the excerpts of `rising` start, in seconds."""
    return [time_of(one.samples[: one.sample_rate_hz // 2], one.sample_rate_hz) - 0.25 for one in heard.excerpts]


@pytest.mark.parametrize("kind", ["WAV", "FLAC", "OGG", "MP3", "AIFF", "M4A", "AAC", "WEBM", "MKA"])
def test_three_excerpts_are_spread_over_a_long_file_of_every_kind(ffmpeg: Encode, kind: str) -> None:
    rate = 48_000 if kind == "WEBM" else RATE_HZ
    containers = {
        "M4A": ("ipod", "aac"),
        "AAC": ("adts", "aac"),
        "WEBM": ("webm", "libopus"),
        "MKA": ("matroska", "alac"),
    }
    sound = rising(150, rate)
    audio = ffmpeg(sound, rate, *containers[kind]) if kind in containers else encoded(sound, kind, rate)
    heard = decode_excerpts(audio, n=3)
    assert heard.has_more
    assert [one.duration_s for one in heard.excerpts] == pytest.approx([30, 30, 30], abs=0.1)
    assert times(heard) == pytest.approx([15, 60, 105], abs=0.3), "with equal gaps"


@pytest.mark.parametrize("kind", ["WAV", "MP3", "FLAC", "OGG"])
def test_a_file_that_was_put_together_from_several_is_heard_all_over(kind: str) -> None:
    sound = rising(150, RATE_HZ)
    parts = [sound[: 50 * RATE_HZ], sound[50 * RATE_HZ : 100 * RATE_HZ], sound[100 * RATE_HZ :]]
    heard = decode_excerpts(b"".join(encoded(part, kind, RATE_HZ) for part in parts), n=3)
    assert times(heard) == pytest.approx([15, 60, 105], abs=0.5)


def test_the_wav_of_a_pipe_is_heard_all_over() -> None:
    audio = bytearray(wav(rising(150, RATE_HZ)))
    audio[4:8] = audio[40:44] = b"\xff\xff\xff\xff"
    assert times(decode_excerpts(bytes(audio), n=3)) == pytest.approx([15, 60, 105], abs=0.3)


@pytest.mark.parametrize("seconds", [20, 60, 75, 90])
def test_a_preview_or_a_short_file_is_heard_as_before(seconds: float) -> None:
    audio = wav(rising(seconds, RATE_HZ))
    heard = decode_excerpts(audio, n=3)
    assert not heard.has_more
    (excerpt,) = heard.excerpts
    np.testing.assert_array_equal(excerpt.samples, decode(audio, RATE_HZ))


def test_of_one_excerpt_the_middle_is_heard_as_before() -> None:
    audio = wav(rising(150, RATE_HZ))
    heard = decode_excerpts(audio, n=1)
    assert heard.has_more, "two more could be heard"
    assert times(heard) == pytest.approx([60], abs=0.3)


def test_there_are_no_more_excerpts_than_fit() -> None:
    heard = decode_excerpts(wav(rising(100, RATE_HZ)), n=5)
    assert len(heard.excerpts) == 3
    assert not heard.has_more, "it has no more: it need not be heard again"
    assert [starts[0] for starts in spread(91, 3)] == pytest.approx([0.25, 30.5, 60.75])


@pytest.mark.parametrize(
    ("from_s", "to_s"), [(0, 45), (105, 150), (50, 95)], ids=["at the start", "at the end", "in the middle"]
)
def test_silence_is_skipped_and_the_excerpt_is_heard_beside_it(from_s: int, to_s: int) -> None:
    sound = rising(210, RATE_HZ)
    scale = 210 / 150
    sound[int(from_s * scale * RATE_HZ) : int(to_s * scale * RATE_HZ)] = 0
    heard = decode_excerpts(wav(sound), n=3)
    assert len(heard.excerpts) == 3
    assert all(sounding(one) > 0.5 for one in heard.excerpts)


def test_a_hidden_track_behind_minutes_of_silence_does_not_cost_the_song() -> None:
    """One song, ten minutes of silence, another song: its middle is silent."""
    audio = wav(np.concatenate([tune(1, 240, RATE_HZ), silence(600), tune(2, 180, RATE_HZ)]))
    with pytest.raises(TrackError) as refused:
        decode_excerpts(audio, n=1)
    assert refused.value.reason is Reason.SILENT
    heard = decode_excerpts(audio, n=3)
    assert len(heard.excerpts) == 2
    assert not heard.has_more


def test_a_file_with_a_few_seconds_of_sound_is_heard_where_it_sounds() -> None:
    sound = silence(150)
    sound[65 * RATE_HZ : 72 * RATE_HZ] = tune(1, 7, RATE_HZ)
    heard = decode_excerpts(wav(sound), n=3)
    (excerpt,) = heard.excerpts
    assert sounding(excerpt) == pytest.approx(7 / 30, abs=0.05)


def test_a_file_that_is_silent_all_over_is_refused_as_before() -> None:
    with pytest.raises(TrackError) as refused:
        decode_excerpts(wav(silence(150)), name="song.wav", n=3)
    assert refused.value.reason is Reason.SILENT
    assert refused.value.message == "song.wav is silent"


def test_what_is_damaged_in_one_place_is_heard_in_the_others() -> None:
    sound = rising(150, RATE_HZ)
    sound[20 * RATE_HZ : 21 * RATE_HZ] = np.nan
    file = io.BytesIO()
    soundfile.write(file, sound, RATE_HZ, format="WAV", subtype="FLOAT")
    heard = decode_excerpts(file.getvalue(), n=3)
    assert times(heard) == pytest.approx([22.5, 60, 105], abs=0.3)
    assert all(np.isfinite(one.samples).all() for one in heard.excerpts)


def test_channels_that_cancel_each_other_are_heard_in_every_excerpt() -> None:
    sound = rising(150, RATE_HZ)
    heard = decode_excerpts(wav(np.stack([sound, -sound], axis=1)), n=3)
    assert times(heard) == pytest.approx([15, 60, 105], abs=0.3)


def test_a_mix_of_two_hours_costs_three_excerpts_and_not_the_decoding_of_two_hours() -> None:
    (minute,) = read_parts(encoded(tune(1, 60, 44_100), "MP3", 44_100))
    first = minute.stream.index(minute.stream[:2], 4)  # behind the frame that states the length
    two_hours = minute.stream[first:] * 120

    read: list[int] = []

    def note(frame: FrameType, event: str, value: object) -> None:
        if event == "return" and frame.f_code is soundfile.SoundFile.read.__code__:
            read.append(len(value))  # type: ignore[arg-type] # an array

    sys.setprofile(note)
    try:
        heard = decode_excerpts(two_hours, n=3)
    finally:
        sys.setprofile(None)
    assert len(heard.excerpts) == 3
    assert sum(read) / 44_100 == pytest.approx(3 * 30, abs=1), "seconds that were decoded"


def test_the_excerpts_of_a_mix_of_two_hours_need_no_memory_for_the_rest() -> None:
    audio = encoded(np.tile(tune(1, 60, RATE_HZ), 120), "FLAC", RATE_HZ)
    tracemalloc.start()
    heard = decode_excerpts(audio, n=3)
    _, most_bytes = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(heard.excerpts) == 3
    assert most_bytes < 60_000_000, "two hours would be 230 MB"
