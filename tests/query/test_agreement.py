from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from spotrec.query.agreement import SOFTNESS, UNLIKE_WEIGHT, Affinity, soft
from spotrec.vectors import FloatArray


@dataclass(frozen=True)
class Tracks:
    vectors: FloatArray
    tags: FloatArray | None = None

    @property
    def ids(self) -> npt.NDArray[np.bytes_]:
        return np.array([f"{i:04d}".encode() for i in range(len(self.vectors))])


def at(*degrees: float) -> FloatArray:
    """Unit vectors at these angles."""
    angles = np.radians(degrees)
    return np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)


def test_of_one_track_it_is_the_cosine() -> None:
    affinity = Affinity([at(0)])
    assert affinity.is_one_point
    assert affinity.of(Tracks(at(0, 60, 180))) == pytest.approx([1, 0.5, -1], abs=1e-6)


def test_it_lies_between_mean_and_maximum_and_equals_both_where_all_agree() -> None:
    cosines = np.array([[0.9, 0.3], [0.1, 0.3]], np.float32)
    apart, equal = soft(cosines)
    assert 0.5 < apart < 0.9
    assert equal == pytest.approx(0.3)


def test_of_equally_near_tracks_the_one_that_more_seeds_agree_on_wins() -> None:
    near_both, near_one = soft(np.array([[0.6, 0.6], [0.6, 0.0]], np.float32))
    assert near_both == pytest.approx(0.6)
    assert near_both - near_one == pytest.approx(SOFTNESS * np.log(2), abs=0.01)


def test_between_two_unlike_seeds_is_not_the_middle_but_what_is_near_either() -> None:
    scores = Affinity([at(0), at(120)]).of(Tracks(at(60, 10, 110)))
    assert scores.argmin() == 0
    centroid = at(60)[0] @ at(60, 10, 110).T
    assert centroid.argmax() == 0, "which is what the middle would find"


def test_the_order_of_seeds_means_nothing() -> None:
    tracks = Tracks(at(*range(0, 360, 7)))
    forwards, backwards = (Affinity([at(d) for d in ds]).of(tracks) for ds in ((0, 50, 200), (200, 50, 0)))
    assert forwards == pytest.approx(backwards, abs=1e-6)


def test_a_large_collection_weighs_as_much_as_one_track() -> None:
    many = np.repeat(at(0), 200, axis=0)
    tracks = Tracks(at(5, 95))
    near_many, near_one = Affinity([many, at(100)]).of(tracks)
    assert near_many == pytest.approx(near_one, abs=1e-5)


def test_what_a_collection_has_far_away_does_not_count_against_a_track() -> None:
    scattered = np.concatenate([at(0, 1, 2, 3, 4), at(*range(90, 270))])
    close = Affinity([at(0, 1, 2, 3, 4)]).of(Tracks(at(2)))
    assert Affinity([scattered]).of(Tracks(at(2))) == pytest.approx(close, abs=1e-4)


def test_what_is_unliked_takes_off_and_its_opposite_adds_nothing() -> None:
    tracks = Tracks(at(0, 45, 180))
    liked = Affinity([at(0)]).of(tracks)
    away = Affinity([at(0)], [at(45)]).of(tracks)
    assert away[1] == pytest.approx(liked[1] - UNLIKE_WEIGHT)
    assert away[2] == pytest.approx(liked[2])


@given(arrays(np.float32, (4, 6), elements=st.floats(-1, 1, width=32)))
def test_agreement_is_finite_and_never_beyond_the_nearest_seed(cosines: FloatArray) -> None:
    found = soft(cosines)
    assert np.isfinite(found).all()
    assert (found <= cosines.max(axis=0) + 1e-5).all()
    assert (found >= cosines.mean(axis=0) - 1e-5).all()


def test_a_seed_at_the_very_middle_has_no_direction_and_no_nan() -> None:
    nothing = np.zeros((1, 2), np.float32)
    assert Affinity([nothing, nothing]).of(Tracks(at(0, 90))) == pytest.approx([0, 0])
    assert len(list(Affinity([nothing, nothing]).around())) == 2, "no centre"
