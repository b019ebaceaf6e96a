"""FLAC files whose header states another number of samples than they have."""

import pytest

from spotrec.audio.decode import decode
from spotrec.audio.flac import with_true_total
from spotrec.audio.tags import read_tags
from spotrec.errors import Reason, TrackError
from support.music import encoded, rising, time_of

RATE_HZ = 12_000
WHOLE = encoded(rising(100, 22_050), "FLAC")


def stating(audio: bytes, n_samples: int) -> bytes:
    return audio[:21] + (audio[21] >> 4 << 36 | n_samples).to_bytes(5, "big") + audio[26:]


@pytest.mark.parametrize("n_samples", [1, 22_050, 60 * 22_050, 101 * 22_050, 3_000 * 22_050, (1 << 36) - 1])
@pytest.mark.parametrize("behind", [b"", b"TAG" + bytes(125)])
def test_a_number_that_lies_is_not_believed(n_samples: int, behind: bytes) -> None:
    audio = stating(WHOLE, n_samples) + behind
    assert read_tags(audio).duration_s == pytest.approx(100)
    assert time_of(decode(audio, RATE_HZ)[:RATE_HZ], RATE_HZ) == pytest.approx(35.5, abs=0.05)


def test_a_true_number_stays() -> None:
    assert with_true_total(WHOLE) is WHOLE


def test_a_file_that_is_cut_within_a_frame_keeps_its_number_and_is_refused() -> None:
    cut = WHOLE[: len(WHOLE) // 2]
    assert read_tags(cut).duration_s == pytest.approx(100)
    with pytest.raises(TrackError) as refused:
        decode(cut, RATE_HZ)
    assert refused.value.reason in (Reason.TRUNCATED, Reason.DAMAGED)


def test_a_file_that_is_cut_and_states_too_little_has_what_its_frames_say() -> None:
    cut = stating(WHOLE[: len(WHOLE) // 2], 22_050)
    assert read_tags(cut).duration_s == pytest.approx(54, abs=1)
