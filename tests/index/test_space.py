"""The half-whitened space, against its definition."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from spotrec.extract.models.choi.model import CHOI_1
from spotrec.index.space import WITHIN, Space, axes_of, blend, fit, moments_of
from spotrec.vectors import Moments


def sample(n: int, dim: int = 8, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return (rng.standard_normal((n, dim)) @ rng.standard_normal((dim, dim)) + 3).astype(np.float32)


def test_half_whitening_leaves_each_axis_the_square_root_of_its_variance() -> None:
    vectors = sample(4000)
    # no reference and very many tracks: the catalogue's own moments, almost
    own = moments_of(vectors)
    space = fit(vectors, own)
    projected = ((vectors - space.mean) / space.scale) @ space.projection
    covariance = np.cov(projected.T, bias=True)
    correlation = np.corrcoef(vectors.T.astype(np.float64))
    np.testing.assert_allclose(covariance, np.diag(np.sqrt(np.linalg.eigvalsh(correlation))), atol=1e-4)


def test_placed_vectors_have_unit_length_and_one_at_the_mean_stays_zero() -> None:
    vectors = sample(50)
    space = fit(vectors, None)
    np.testing.assert_allclose(np.linalg.norm(space.place(vectors), axis=1), 1, atol=1e-6)
    assert np.isfinite(space.place(space.mean[None, :])).all()


@pytest.mark.parametrize("n", [0, 1, 2, 10])
def test_a_tiny_catalogue_still_has_a_sound_space(n: int) -> None:
    vectors = np.abs(sample(n, 160)) * np.float32(0.1)
    space = fit(vectors, CHOI_1.moments())
    assert np.isfinite(space.place(vectors)).all()
    assert np.isfinite(fit(vectors, None).place(vectors)).all()


def test_identical_tracks_give_no_nan() -> None:
    vectors = np.ones((20, 8), np.float32)
    assert np.isfinite(fit(vectors, None).place(vectors)).all()


def test_the_reference_weighs_as_much_as_a_thousand_tracks() -> None:
    catalogue = Moments(3000, np.full(2, 4.0), np.eye(2) * 8)
    mixed = blend(catalogue, Moments(1, np.zeros(2), np.eye(2) * 4))
    np.testing.assert_allclose(mixed.mean, 3.0)
    np.testing.assert_allclose(mixed.covariance, np.eye(2) * 7)


def test_moments_are_those_of_numpy_in_pieces_too() -> None:
    vectors = sample(70_000, 3)
    moments = moments_of(vectors)
    np.testing.assert_allclose(moments.mean, vectors.mean(0, dtype=np.float64), atol=1e-9)
    np.testing.assert_allclose(moments.covariance, np.cov(vectors.T.astype(np.float64), bias=True), atol=1e-7)


def test_what_changes_within_recordings_counts_for_less() -> None:
    within = np.diag([4.0, 1.0])
    space = fit(np.zeros((0, 2), np.float32), Moments(1000, np.zeros(2), np.eye(2) * 4, within))
    restless, steady = np.abs(space.projection).sum(axis=1)
    assert restless < steady
    mixed = axes_of(Moments(1, np.zeros(2), np.eye(2) * 4, within), np.full(2, 2.0))
    np.testing.assert_allclose(np.diag(mixed), [WITHIN * 1.6 + 1 - WITHIN, WITHIN * 0.4 + 1 - WITHIN])


def test_only_the_published_network_has_a_reference() -> None:
    reference = CHOI_1.moments()
    assert reference is not None
    assert reference.mean.shape == (160,)
    assert reference.within is not None
    np.testing.assert_allclose(reference.covariance, reference.covariance.T, atol=1e-6)
    assert replace(CHOI_1, id=replace(CHOI_1.id, weights="deadbeef")).moments() is None


def test_a_space_survives_saving(tmp_path: Path) -> None:
    space = fit(sample(30), None)
    space.save(tmp_path / "space.npz")
    again = Space.load(tmp_path / "space.npz", 8)
    np.testing.assert_array_equal(again.projection, space.projection)
    with pytest.raises(ValueError, match="not a space of 9"):
        Space.load(tmp_path / "space.npz", 9)
