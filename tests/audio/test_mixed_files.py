"""Files of several kinds, one after another: all are heard."""

import io

import numpy as np
import pytest
import soundfile

from spotrec.audio.decode import decode, decode_excerpts
from spotrec.audio.tags import read_tags
from support.music import encoded, rising, time_of, tune
from support.poison import mp3_frames

RATE_HZ = 12_000


def rising_part(kind: str, n: int, of: int, rate: int = 22_050) -> bytes:
    """The nth 30 s of a tone that rises through all of them."""
    return encoded(rising(30.0 * of, rate)[30 * n * rate : 30 * (n + 1) * rate], kind, rate)


@pytest.mark.parametrize(
    "kinds", [("MP3", "WAV"), ("WAV", "MP3"), ("MP3", "FLAC"), ("WAV", "MP3", "FLAC"), ("AIFF", "WAV")]
)
def test_files_of_several_kinds_are_heard_one_after_another(kinds: tuple[str, ...]) -> None:
    joined = b"".join(rising_part(kind, n, len(kinds)) for n, kind in enumerate(kinds))
    assert read_tags(joined).duration_s == pytest.approx(30 * len(kinds), abs=0.2)
    samples = decode_excerpts(joined, n=1).excerpts[0].at(RATE_HZ)
    start_s = 15.0 * len(kinds) - (30 if len(kinds) == 2 else 15)
    for at in (1.0, samples.size / RATE_HZ - 2):
        assert time_of(samples[int(at * RATE_HZ) :][:RATE_HZ], RATE_HZ) == pytest.approx(start_s + at + 0.5, abs=0.1)


def test_concatenated_caf_files_are_heard_to_the_end() -> None:
    parts = []
    for n in range(2):
        soundfile.write(
            file := io.BytesIO(), rising(60.0, 22_050)[30 * n * 22_050 : 30 * (n + 1) * 22_050], 22_050, format="CAF"
        )
        parts.append(file.getvalue())
    joined = b"".join(parts)
    assert read_tags(joined).duration_s == pytest.approx(60, abs=0.01)
    samples = decode(joined, RATE_HZ)
    assert samples.size == pytest.approx(60 * RATE_HZ, abs=20)
    assert time_of(samples[50 * RATE_HZ :][:RATE_HZ], RATE_HZ) == pytest.approx(50.5, abs=0.05)


@pytest.mark.parametrize(
    "behind", [bytes(100), b"ID3\4\0\0\0\0\0\x14" + bytes(20), b"TAG" + bytes(125), b"LIST\4\0\0\0INFO"]
)
def test_what_ends_a_wav_is_no_further_file(behind: bytes) -> None:
    wav = encoded(tune(1, 5.0), "WAV")
    assert read_tags(wav + behind).duration_s == pytest.approx(5)
    np.testing.assert_array_equal(decode(wav + behind, RATE_HZ), decode(wav, RATE_HZ))


def test_an_mp3_that_a_tag_follows_is_one_file() -> None:
    frames = mp3_frames(5, 22_050)
    assert read_tags(frames + b"TAG" + bytes(125)).duration_s == pytest.approx(5, abs=0.1)
