"""Several seeds, unliked ones, and collections, artists and albums as seeds, through the real command."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from spotrec import Recommender
from spotrec.errors import UsageError
from spotrec.store import FeatureStore
from spotrec.track import Ears, Track
from support.catalogue import fill, fill_groups, playlist, scattered, song, songs
from support.servers import spotify_id

Run = Callable[..., Any]


def asked(spotrec: Run, *arguments: object) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(spotrec("query", *arguments, "--json").stdout)
    return found


def groups(answer: dict[str, Any]) -> list[str]:
    """Of which group each result is: the first word of its title."""
    return [row["title"].split()[0] for row in answer["results"]]


@pytest.fixture
def tracks(spotrec: Run, home: Path) -> dict[str, list[Track]]:
    found = fill_groups(home, 8)
    spotrec("index")
    return found


def test_seeds_of_two_kinds_are_both_served(spotrec: Run, tracks: dict[str, list[Track]]) -> None:
    answer = asked(spotrec, tracks["red"][0].id, tracks["blue"][0].id, "-n", 10)
    assert set(groups(answer)) == {"red", "blue"}
    assert {row["track_id"] for row in answer["results"]}.isdisjoint({tracks["red"][0].id, tracks["blue"][0].id})
    assert answer["seed"] is None
    assert [seed["track"]["track_id"] for seed in answer["seeds"]] == [tracks["red"][0].id, tracks["blue"][0].id]


def test_liking_is_the_same_as_asking(spotrec: Run, tracks: dict[str, list[Track]]) -> None:
    a, b = tracks["red"][0].id, tracks["blue"][0].id
    assert asked(spotrec, a, b) == asked(spotrec, a, "--like", b) == asked(spotrec, "--like", a, "--like", b)


def test_a_seed_given_twice_counts_once(spotrec: Run, tracks: dict[str, list[Track]]) -> None:
    a = tracks["red"][0].id
    assert asked(spotrec, a, f"https://open.spotify.com/track/{a[14:]}", "--like", "red 0") == asked(spotrec, a)


def test_what_is_unliked_is_kept_away_from(spotrec: Run, home: Path) -> None:
    rng = np.random.default_rng(0)
    liked, unliked, between = (rng.standard_normal(160) for _ in range(3))
    vectors = [liked, unliked, liked + 1.2 * unliked, liked + 1.3 * between, -liked]
    fill(home, songs(5), np.array(vectors))
    spotrec("index")
    plain = [row["track_id"] for row in asked(spotrec, song(0).id)["results"]]
    assert plain.index(song(2).id) < plain.index(song(3).id)
    answer = asked(spotrec, song(0).id, "--unlike", song(1).id)
    away = [row["track_id"] for row in answer["results"]]
    assert away.index(song(3).id) < away.index(song(2).id)
    assert song(1).id not in away
    assert answer["unlike"][0]["track"]["track_id"] == song(1).id


def test_nothing_can_be_unliked_alone_nor_asked_with_nothing(spotrec: Run, tracks: dict[str, list[Track]]) -> None:
    assert "a query needs a seed or a mood" in spotrec("query", code=2).stderr
    assert "a query needs a seed or a mood" in spotrec("query", "--unlike", "red 0", code=2).stderr


def test_a_collection_is_asked_with_by_link_or_title(
    spotrec: Run, store: FeatureStore, tracks: dict[str, list[Track]]
) -> None:
    fill(store, songs(2_000, 2_002), vectors=1)
    store.tracks.add(tracks["red"][:4], playlist(1, "Evening Reds"))
    by_title = asked(spotrec, "evening reds", "-n", 4)
    assert groups(by_title) == ["red"] * 4
    assert {row["track_id"] for row in by_title["results"]} == {track.id for track in tracks["red"][4:]}
    assert by_title["seeds"] == [{"name": "Evening Reds", "kind": "collection", "n_tracks": 4, "track": None}]
    link = f"https://open.spotify.com/playlist/{spotify_id(1)}?si=x"
    assert asked(spotrec, link, "-n", 4) == asked(spotrec, "collection:Evening Reds", "-n", 4) == by_title
    assert "What sounds like the collection Evening Reds:" in spotrec("query", link).stdout


def test_a_folder_is_asked_with_by_its_path(
    spotrec: Run, music: Path, weights: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SPOTREC_WEIGHTS", str(weights))
    spotrec("crawl", music / "below", next(music.glob("tune-1.flac")), next(music.glob("tune-2.flac")))
    spotrec("extract")
    spotrec("index")
    answer = asked(spotrec, music / "below")
    assert {row["title"] for row in answer["results"]} == {"Tune 1", "Tune 2"}


def test_a_title_that_a_track_has_too_is_the_tracks(
    spotrec: Run, store: FeatureStore, tracks: dict[str, list[Track]]
) -> None:
    store.tracks.add(tracks["blue"], playlist(1, "Red 0"))
    assert asked(spotrec, "red 0")["seed"]["title"] == "red 0"
    assert asked(spotrec, "collection:red 0")["seeds"][0]["kind"] == "collection"


def test_a_title_wins_over_tracks_that_only_hold_its_words(
    spotrec: Run, store: FeatureStore, tracks: dict[str, list[Track]]
) -> None:
    store.tracks.add(tracks["blue"], playlist(1, "Blue"))
    assert asked(spotrec, "blue")["seeds"][0]["n_tracks"] == 8


def test_an_artist_and_an_album_are_their_stored_tracks(spotrec: Run, home: Path) -> None:
    fill(home, [*(song(n, None, "Ann Peebles", album="Green Light") for n in range(3)), song(3, None, "Ann"), song(4)])
    spotrec("index")
    answer = asked(spotrec, "artist:ann peebles")
    assert answer["seeds"] == [{"name": "ann peebles", "kind": "artist", "n_tracks": 3, "track": None}]
    assert {row["track_id"] for row in answer["results"]} == {song(3).id, song(4).id}
    assert asked(spotrec, "album:green light")["results"] == answer["results"]
    assert asked(spotrec, "artist:ann")["seeds"][0]["n_tracks"] == 4, "whole words of a name do"
    assert "no stored track has the artist “nobody”" in spotrec("query", "artist:nobody", code=5).stderr
    assert "needs a name" in spotrec("query", "artist: ", code=2).stderr


def test_a_collection_of_which_nothing_was_heard_says_so(spotrec: Run, store: FeatureStore) -> None:
    fill(store, [song(1)])
    spotrec("index")
    store.tracks.add([song(2)], playlist(1, "Unheard"))
    assert "no track of the collection “Unheard” has features yet" in spotrec("query", "unheard", code=5).stderr


def test_seeds_without_direction_give_finite_results_in_order_of_id(spotrec: Run, home: Path) -> None:
    rng = np.random.default_rng(0)
    fill(home, songs(6), rng.standard_normal((6, 160)))
    spotrec("index")
    with Recommender(data_dir=home / "data") as recommender:
        mean = recommender.session.index(Ears.of(recommender.model)).space.spaces[0].mean
    fill(home, [song(7)], mean[None])
    rows = asked(spotrec, song(7).id)["results"]
    assert [row["similarity"] for row in rows] == [0.0] * 6
    assert [row["track_id"] for row in rows] == sorted(row["track_id"] for row in rows)
    assert len(asked(spotrec, song(7).id, song(0).id, "--unlike", song(1).id)["results"]) == 4


def test_an_embedding_that_holds_no_numbers_is_never_asked_with(spotrec: Run, home: Path) -> None:
    fill(home, [song(1), song(2)])
    spotrec("index")
    fill(home, [song(3)], vectors=np.nan)
    assert "not numbers" in spotrec("query", song(3).id, code=1).stderr


@pytest.mark.parametrize("n", [0, 1, 2, 10])
def test_several_seeds_in_a_store_of_few_tracks(spotrec: Run, store: FeatureStore, n: int) -> None:
    if n == 0:
        assert "spotrec index" in spotrec("query", "x", "y", code=1).stderr
        return
    fill(store, songs(n))
    spotrec("index")
    assert len(asked(spotrec, song(0).id, song(min(1, n - 1)).id)["results"]) == max(n - 2, 0)


def test_identical_tracks_come_in_order_of_id(spotrec: Run, home: Path) -> None:
    fill(home, songs(9), vectors=1)
    spotrec("index")
    rows = asked(spotrec, song(0).id, song(1).id)["results"]
    assert [row["track_id"] for row in rows] == sorted(song(i).id for i in range(2, 9))
    assert [row["similarity"] for row in rows] == pytest.approx([1.0] * 7, abs=1e-5)


def test_many_seeds_are_named_shortly(spotrec: Run, tracks: dict[str, list[Track]]) -> None:
    shown = spotrec("query", *(track.id for track in tracks["red"][:5]), "--unlike", "green 0").stdout
    assert shown.startswith(
        "What sounds like red band 0 – red 0, red band 1 – red 1, red band 2 – red 2 and 2 more but"
    )
    assert "not like green band 0 – green 0:" in shown


def test_seeds_are_asked_with_from_python(home: Path, spotrec: Run, tracks: dict[str, list[Track]]) -> None:
    with Recommender(data_dir=home / "data") as recommender:
        found = recommender.query("red 0", like=["red 1"], unlike=["green 0"], n=3, year=None)
        assert [result.track.title.split()[0] for result in found.results] == ["red"] * 3
        assert found.seed is None
        assert recommender.query("red 0", like="red 1", tag="rock", exclude_known=None).results
        with pytest.raises(UsageError, match="must be"):
            recommender.query("red 0", n=1001)
        with pytest.raises(UsageError, match="no option “years”"):
            recommender.query("red 0", years="1990")  # type: ignore[call-arg] # that is the test


def test_known_artists_albums_and_folders_are_left_out(spotrec: Run, home: Path) -> None:
    tracks = [
        song(n, None, "Ann" if n < 3 else "Bob", album="Green" if n == 5 else "Blue", path=f"/music/{n // 3}/{n}.mp3")
        for n in range(9)
    ]
    fill(home, tracks, scattered(9))
    spotrec("index")

    def found(*options: str) -> set[int]:
        rows = asked(spotrec, song(8).id, *options)["results"]
        return {n for n in range(9) if song(n).id in {row["track_id"] for row in rows}}

    assert found() == set(range(8))
    assert found("--exclude-known", "artist:ann") == {3, 4, 5, 6, 7}
    assert found("--exclude-known", "album:green") == {0, 1, 2, 3, 4, 6, 7}
    assert found("--exclude-known", "/music/1") == {0, 1, 2, 6, 7}
    assert found("--exclude-known", "/music/1", "--exclude-known", "artist:Ann") == {6, 7}
    assert (
        "no stored track has the artist" in spotrec("query", "song 8", "--exclude-known", "artist:zoe", code=5).stderr
    )
    assert "no stored collection" in spotrec("query", "song 8", "--exclude-known", "/nowhere", code=5).stderr
