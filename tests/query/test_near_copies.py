"""Pairs of tracks that sound the same and are as long."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from spotrec import Recommender
from spotrec.progress import Silent
from spotrec.query import near_copies as module
from spotrec.query.near_copies import near_copies
from spotrec.track import TrackId
from support.catalogue import CHOI, fill, scattered, songs

Run = Callable[..., Any]


def pairs(home: Path, lengths: dict[TrackId, int], **limits: Any) -> set[tuple[str, str]]:
    with (
        Recommender(data_dir=home / "data", ears=[str(CHOI)]) as recommender,
        recommender.session.view() as view,
        Silent().meter("") as meter,
    ):
        found = near_copies(view.index(), lengths, meter, **limits)
        return {(min(one.one, one.other), max(one.one, one.other)) for one in found}


def between(ids: list[TrackId], i: int) -> tuple[str, str]:
    return min(ids[i : i + 2]), max(ids[i : i + 2])


@pytest.fixture
def catalogue(home: Path, spotrec: Run) -> list[TrackId]:
    """200 tracks; the second of each of the first ten pairs sounds as the first."""
    tracks, vectors = songs(200), scattered(200)
    rng = np.random.default_rng(0)
    vectors[1:20:2] = vectors[0:20:2] * (1 + rng.normal(0, 1e-5, vectors[0:20:2].shape))
    fill(home, tracks, vectors)
    spotrec("index")
    return [track.id for track in tracks]


def test_copies_of_one_length_are_found_and_others_are_not(home: Path, catalogue: list[TrackId]) -> None:
    lengths = {id_: 100_000 + 17 * i for i, id_ in enumerate(catalogue)}
    lengths[catalogue[3]] += 5_000
    wanted = {between(catalogue, i) for i in range(0, 20, 2) if i != 2}
    assert pairs(home, lengths) == wanted
    assert pairs(home, dict.fromkeys(catalogue, 30000)) == wanted | {between(catalogue, 2)}
    del lengths[catalogue[0]]
    assert pairs(home, lengths) == wanted - {between(catalogue, 0)}
    assert pairs(home, {}) == set()


def test_short_forms_and_small_blocks_miss_nothing(
    home: Path, catalogue: list[TrackId], monkeypatch: pytest.MonkeyPatch
) -> None:
    lengths = {id_: 30_000 + 10 * i for i, id_ in enumerate(catalogue)}
    wanted = pairs(home, lengths, least=0.3)
    assert len(wanted) > 20
    for name, value in {"_ROWS": 7, "_COLUMNS": 13, "_WIDE": 1}.items():
        monkeypatch.setattr(module, name, value)  # blocks so small that a few tracks fill many
    assert pairs(home, lengths, least=0.3) == wanted


def test_many_copies_of_one_track_are_joined_without_all_their_pairs(
    home: Path, spotrec: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_MOST_EACH", 3)  # else it takes hundreds of copies
    tracks = songs(100)
    vectors = scattered(100)
    vectors[:] = vectors[0]
    fill(home, tracks, vectors)
    spotrec("index")
    found = pairs(home, {track.id: 1_000 for track in tracks})
    assert 99 <= len(found) <= 300
    reached, frontier = set(), [tracks[0].id]
    while frontier:
        one = frontier.pop()
        if one not in reached:
            reached.add(one)
            frontier += [TrackId(other) for pair in found if one in pair for other in pair]
    assert len(reached) == 100
