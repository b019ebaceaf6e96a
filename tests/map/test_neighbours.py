"""Each track's true neighbours."""

import numpy as np

from spotrec.map.neighbours import nearest
from spotrec.progress import Silent
from support.catalogue import unit_points


def test_neighbours_are_the_true_ones() -> None:
    points = unit_points(600)
    positions, cosines = nearest(points, 7, progress=Silent())
    truth = points @ points.T
    np.fill_diagonal(truth, -np.inf)
    assert (positions == np.argsort(-truth, axis=1, kind="stable")[:, :7]).all()
    assert np.allclose(cosines, np.take_along_axis(truth, positions, axis=1), atol=1e-6)
    assert nearest(points[:1], 0, progress=Silent())[0].shape == (1, 0)


def test_equal_neighbours_come_in_order() -> None:
    positions, _ = nearest(np.repeat(unit_points(1), 6, axis=0), 5, progress=Silent())
    assert positions.tolist() == [[j for j in range(6) if j != i] for i in range(6)]
