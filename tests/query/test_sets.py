"""A set rather than a list: diversity, artists, what is known already, how many, in which order."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from spotrec.store import FeatureStore
from support.catalogue import fill, fill_groups, playlist, song, songs

Run = Callable[..., Any]


def ids(spotrec: Run, *arguments: object) -> list[str]:
    found: list[str] = spotrec("query", *arguments, "--ids").stdout.split()
    return found


def rows(spotrec: Run, *arguments: object) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(spotrec("query", *arguments, "--json").stdout)["results"]
    return found


@pytest.fixture
def catalogue(spotrec: Run, home: Path) -> None:
    fill_groups(home, 12)
    spotrec("index")


@pytest.mark.usefixtures("catalogue")
def test_without_diversity_the_order_is_that_of_similarity(spotrec: Run) -> None:
    plain = rows(spotrec, "red 0")
    assert rows(spotrec, "red 0", "--diversity", 0) == plain
    assert [row["similarity"] for row in plain] == sorted((row["similarity"] for row in plain), reverse=True)


@pytest.mark.usefixtures("catalogue")
def test_the_more_diversity_the_more_of_the_catalogue_is_seen(spotrec: Run) -> None:
    seen = [len({row["title"].split()[0] for row in rows(spotrec, "red 0", "--diversity", d)}) for d in (0, 0.3, 1)]
    assert seen == sorted(seen)
    assert seen[0] == 1
    assert seen[-1] == 3


@pytest.mark.usefixtures("catalogue")
def test_the_best_stays_first_and_nothing_comes_twice(spotrec: Run) -> None:
    plain, varied = ids(spotrec, "red 0"), ids(spotrec, "red 0", "--diversity", 0.7)
    assert varied[0] == plain[0]
    assert len(set(varied)) == 10
    assert ids(spotrec, "red 0", "--diversity", 0.7) == varied


def test_identical_tracks_are_as_diverse_as_they_can_be(spotrec: Run, home: Path) -> None:
    fill(home, songs(6), vectors=1)
    spotrec("index")
    assert ids(spotrec, song(0).id, "--diversity", 0.5) == sorted(song(i).id for i in range(1, 6))


def test_an_artist_has_so_many_whatever_the_diversity(spotrec: Run, home: Path) -> None:
    fill(home, [song(0), *(song(n, None, "One") for n in range(1, 6)), *(song(n, None, "Two") for n in range(6, 11))])
    spotrec("index")
    for diversity in (0, 0.5, 1):
        found = rows(spotrec, song(0).id, "--max-per-artist", 2, "--diversity", diversity)
        assert sorted(row["artists"][0] for row in found) == ["One", "One", "Two", "Two"]


def test_nothing_of_a_known_collection_comes_nor_copies_of_it(spotrec: Run, home: Path) -> None:
    fill(home, [song(0), song(1), song(2, "Halo", "Beyoncé"), song(3, "Halo (Remastered)", "BEYONCE"), song(4)])
    with FeatureStore(home / "data" / "spotrec.db") as store:
        store.tracks.add([song(1), song(2, "Halo", "Beyoncé")], playlist(1, "Mine"))
        store.tracks.add([song(4)], playlist(2, "Also mine"))
    spotrec("index")
    assert ids(spotrec, song(0).id, "--exclude-known", "mine") == [song(4).id]
    assert ids(spotrec, song(0).id, "--exclude-known", "mine", "--exclude-known", "also mine") == []
    shown = spotrec("query", song(0).id, "--exclude-known", "mine", "--exclude-known", "also mine").stdout
    assert "No track passes these filters." in shown
    assert "there is no stored collection" in spotrec("query", song(0).id, "--exclude-known", "yours", code=5).stderr


def test_a_large_known_collection_leaves_all_else(spotrec: Run, home: Path) -> None:
    known = songs(300)
    fill(home, known, listed_in=playlist(1, "Mine"))
    fill(home, songs(300, 305), -np.ones((5, 160)) * np.arange(1, 6)[:, None])
    spotrec("index")
    assert sorted(ids(spotrec, song(0).id, "--exclude-known", "mine")) == sorted(song(n).id for n in range(300, 305))


@pytest.mark.usefixtures("catalogue")
def test_similarity_instead_of_a_count(spotrec: Run) -> None:
    every = rows(spotrec, "red 0", "-n", 1000)
    assert len(every) == 35
    bound = every[14]["similarity"]
    assert rows(spotrec, "red 0", "--min-similarity", bound) == every[:15]
    assert rows(spotrec, "red 0", "--min-similarity", bound, "-n", 4) == every[:4]
    assert rows(spotrec, "red 0", "--min-similarity", -1) == every
    assert rows(spotrec, "red 0", "--min-similarity", 1) == []


@pytest.mark.usefixtures("catalogue")
def test_a_shuffle_has_the_same_tracks_in_an_order_of_its_seed(spotrec: Run) -> None:
    plain, shuffled = ids(spotrec, "red 0"), ids(spotrec, "red 0", "--shuffle", "--seed", 7)
    assert sorted(shuffled) == sorted(plain)
    assert shuffled != plain
    assert ids(spotrec, "red 0", "--shuffle", "--seed", 7) == shuffled
    assert ids(spotrec, "red 0", "--shuffle", "--seed", 8) != shuffled
    assert ids(spotrec, "red 0", "--shuffle") == ids(spotrec, "red 0", "--shuffle", "--seed", 0)
    assert [row["rank"] for row in rows(spotrec, "red 0", "--shuffle")] == list(range(1, 11))
    assert "--seed needs --shuffle" in spotrec("query", "red 0", "--seed", 7, code=2).stderr


@pytest.mark.usefixtures("catalogue")
@pytest.mark.parametrize(
    "arguments", [("-n", 0), ("-n", 1001), ("--diversity", 1.1), ("--diversity", "nan"), ("--min-similarity", 2)]
)
def test_what_makes_no_sense_is_refused(spotrec: Run, arguments: tuple[object, ...]) -> None:
    spotrec("query", "red 0", *arguments, code=2)
