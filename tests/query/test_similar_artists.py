"""Artists are compared by all their tracks."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from spotrec import NotFound, Recommender
from spotrec.query import similar_artists as module
from spotrec.query.similar_artists import chamfer, shifted
from spotrec.vectors import FloatArray, unit
from support.catalogue import CHOI, fill, scattered, song

Run = Callable[..., Any]


def clouds(*centres: int, n: int = 6, seed: int = 0) -> FloatArray:
    """Vectors of tracks around points that are far apart, `n` around each."""
    points = scattered(40, seed=5)
    rng = np.random.default_rng(seed)
    return np.concatenate(
        [
            points[centre] + rng.normal(0, 0.1, (n, points.shape[1])).astype(np.float32) * points.std(axis=0)
            for centre in centres
        ]
    ).astype(np.float32)


def fill_artists(home: Path, sounds: dict[str, tuple[int, ...]]) -> None:
    tracks, vectors = [], []
    for k, (name, centres) in enumerate(sounds.items()):
        made = clouds(*centres, seed=k)
        tracks += [song(100 * k + i, None, name) for i in range(len(made))]
        vectors.append(made)
    fill(home, tracks, np.concatenate(vectors))


SOUNDS: dict[str, tuple[int, ...]] = {
    "Ballads and Punk": (1, 2),
    "Both Too": (1, 2),
    "Only Ballads": (1,),
    "Only Punk": (2,),
    "In Between": (3,),
    "Somebody": (4, 5),
    "Somebody Else": (6,),
}


@pytest.fixture
def catalogue(home: Path, spotrec: Run) -> None:
    fill_artists(home, SOUNDS)
    spotrec("index")


def names(spotrec: Run, *arguments: object) -> list[str]:
    return [one["artist"] for one in json.loads(spotrec("similar-artists", *arguments, "--json").stdout)["results"]]


@pytest.mark.usefixtures("catalogue")
def test_who_plays_both_is_nearest_to_who_plays_both(spotrec: Run) -> None:
    found = names(spotrec, "ballads and punk")
    assert found[0] == "Both Too"
    assert set(found[1:3]) == {"Only Ballads", "Only Punk"}
    assert len(found) == 6
    assert names(spotrec, "Only Ballads", "-n", 2) == ["Ballads and Punk", "Both Too"] or set(
        names(spotrec, "Only Ballads", "-n", 2)
    ) <= {"Ballads and Punk", "Both Too"}


@pytest.mark.usefixtures("catalogue")
def test_the_answer_names_the_nearest_tracks_in_every_form(spotrec: Run) -> None:
    answer = json.loads(spotrec("similar-artists", "somebody else", "--json").stdout)
    assert answer["artist"] == "Somebody Else"
    assert answer["n_tracks"] == 6
    assert [one["rank"] for one in answer["results"]] == [1, 2, 3, 4, 5, 6]
    assert all(-1 <= one["similarity"] <= 1 and 1 <= len(one["nearest"]) <= 3 for one in answer["results"])
    assert "Who sounds like Somebody Else:" in spotrec("similar-artists", "somebody else").stdout
    lines = spotrec("similar-artists", "somebody else", "--csv").stdout.splitlines()
    assert lines[0] == "rank,artist,similarity,n_tracks,nearest"
    assert len(lines) == 7
    assert "cannot be combined" in spotrec("similar-artists", "x", "--csv", "--json", code=2).stderr


@pytest.mark.usefixtures("catalogue")
def test_words_of_one_name_mean_it_and_of_several_are_refused(spotrec: Run) -> None:
    assert names(spotrec, "between") == names(spotrec, "artist:In Between")
    refused = spotrec("similar-artists", "ballads", code=2).stderr
    assert "Only Ballads" in refused
    assert "Ballads and Punk" in refused


@pytest.mark.usefixtures("catalogue")
def test_an_unknown_name_gets_suggestions(spotrec: Run) -> None:
    result = spotrec("similar-artists", "Sombody", code=5)
    assert "no stored track is by “Sombody”" in result.stderr
    assert "Somebody" in result.stderr.replace("Sombody", "")
    assert "needs a name" in spotrec("similar-artists", " ", code=2).stderr
    spotrec("similar-artists", "'; drop table track; --", code=5)


def test_without_store_index_or_features_the_message_says_what_is_missing(spotrec: Run, home: Path) -> None:
    assert "there is no index" in spotrec("similar-artists", "Anybody", code=1).stderr
    fill_artists(home, {"A": (1,), "B": (2,)})
    assert "spotrec index" in spotrec("similar-artists", "A", code=None).stderr
    spotrec("index")
    assert names(spotrec, "A") == ["B"]
    from spotrec.store import FeatureStore

    with FeatureStore(home / "data" / "spotrec.db") as store:
        store.tracks.add([song(900, None, "Unheard")])
    assert "has features yet" in spotrec("similar-artists", "Unheard", code=5).stderr


def test_a_banned_artist_is_never_among_them_and_may_be_asked_for(home: Path, spotrec: Run) -> None:
    fill_artists(home, {"A": (0,), "B": (0,), "C": (1,)})
    spotrec("index")
    assert names(spotrec, "A") == ["B", "C"]
    spotrec("ban", "artist:b")
    assert names(spotrec, "A") == ["C"]
    assert sorted(names(spotrec, "B")) == ["A", "C"]


def test_tracks_that_both_made_do_not_count_and_guests_are_artists(home: Path, spotrec: Run) -> None:
    vectors = np.concatenate([clouds(1, n=3), clouds(2, n=3, seed=1), clouds(3, n=3, seed=2), clouds(1, n=3, seed=3)])
    tracks = [song(i, None, "A") for i in range(3)]
    tracks += [song(10 + i, None, "B") for i in range(3)]
    tracks += [song(20 + i, None, "C") for i in range(3)]
    tracks += [song(30, None, "A", "B"), song(31, None, "A feat. B"), song(32, None, "Various Artists")]
    fill(home, tracks, vectors)
    spotrec("index")
    answer = json.loads(spotrec("similar-artists", "A", "--json").stdout)
    assert answer["n_tracks"] == 5
    assert {one["artist"] for one in answer["results"]} == {"B", "C"}
    nearest = {one["artist"]: {track["title"] for track in one["nearest"]} for one in answer["results"]}
    assert nearest["B"] == {"Song 10", "Song 11", "Song 12"}
    assert max(one["similarity"] for one in answer["results"]) < 0.9


def test_the_shortlist_changes_nothing_at_the_top(home: Path, spotrec: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    tracks = [song(i, None, f"Artist {i % 60}") for i in range(600)]
    artists = scattered(60, seed=9)
    fill(home, tracks, 0.7 * artists[np.arange(600) % 60] + 0.3 * scattered(600))
    spotrec("index")
    with Recommender(ears=[str(CHOI)]) as recommender:
        every = [one.name for one in recommender.similar_artists("Artist 7", 5).results]
        monkeypatch.setattr(module, "_SHORTLIST", 25)  # else a shortlist needs thousands of artists
        assert [one.name for one in recommender.similar_artists("Artist 7", 5).results] == every
        with pytest.raises(NotFound, match="no stored track is by"):
            recommender.similar_artists("Nobody At All")


def test_a_track_is_drawn_towards_its_own_kind_and_alone_it_stays() -> None:
    rng = np.random.default_rng(0)
    one, other = (unit(np.eye(8)[k] + 0.3 * rng.standard_normal((5, 8))).astype(np.float32) for k in (0, 1))
    drawn = shifted(np.concatenate([one, other]))
    assert np.allclose(np.linalg.norm(drawn, axis=1), 1, atol=1e-5)
    assert (drawn[:5] @ drawn[:5].T).mean() > (one @ one.T).mean()
    assert (drawn[:5] @ drawn[5:].T).mean() < 0.9
    assert np.allclose(shifted(one[:1]), one[:1], atol=1e-6)
    assert chamfer(one, one) == pytest.approx(1, abs=1e-5)
    assert chamfer(one, other) == chamfer(other, one)
