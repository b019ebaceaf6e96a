"""The plugins of Navidrome and Jellyfin, which expect AudioMuse-AI: their requests, and ids that they can use."""

import shutil
from collections import Counter
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from spotrec.serve.audiomuse.item_ids import jellyfin_id
from spotrec.store import FeatureStore
from support.catalogue import CHOI, fill, scattered, song, songs_by_artists
from support.players import HOSTILE, N_ON_SERVER, TOKEN, fill_for_players
from support.servers import Answer, serving
from support.service import N_SONGS, Served, served
from support.subsonic import PASSWORD, USER, FakeSubsonic

SONGS = songs_by_artists(N_SONGS)
BEARER = {"Authorization": f"Bearer {TOKEN}"}


def asked(service: Served, name: str, status: int = 200, **parameters: Any) -> Any:
    answer = service.http.get(f"/api/{name}", params=parameters, headers=BEARER)
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/json"
    return answer.json()


def test_similar_tracks_have_the_ids_of_the_server_that_asks(players: Served) -> None:
    found = asked(players, "similar_tracks", item_id="tr-3", n=40)
    assert len(found) == N_ON_SERVER - 1
    for row in found:
        assert set(row) == {"item_id", "title", "author", "album", "distance"}
        n = int(row["item_id"].removeprefix("tr-"))
        assert (row["title"], row["author"], row["album"]) == (f"Song {n}", f"Artist {n // 5}", f"Album {n // 5}")
    distances = [row["distance"] for row in found]
    assert distances == sorted(distances)
    assert all(0 <= one <= 1 for one in distances)
    similar = {one.track.id: one.similarity for one in players.recommender.query(SONGS[3].id, n=100).results}
    for row in found:
        there = similar[SONGS[int(row["item_id"].removeprefix("tr-"))].id]
        assert 1 - row["distance"] == pytest.approx(max(there, 0), abs=1e-5)
    assert len(asked(players, "similar_tracks", item_id="tr-3", n=4)) == 4


def test_without_duplicates_there_are_at_most_three_songs_of_an_artist(players: Served) -> None:
    everything = asked(players, "similar_tracks", item_id="tr-3", n=40, eliminate_duplicates="false")
    some = asked(players, "similar_tracks", item_id="tr-3", n=40, eliminate_duplicates="true")
    assert max(Counter(row["author"] for row in everything).values()) > 3
    assert max(Counter(row["author"] for row in some).values()) == 3


def test_in_a_walk_each_song_is_nearer_to_the_one_before_it(players: Served) -> None:
    straight = asked(players, "similar_tracks", item_id="tr-3", n=20, radius_similarity="false")
    walk = asked(players, "similar_tracks", item_id="tr-3", n=20, radius_similarity="true")
    assert walk != straight
    assert sorted(row["item_id"] for row in walk) == sorted(row["item_id"] for row in straight)
    assert walk[0] == straight[0]

    def steps(rows: list[Any]) -> float:
        ids = [SONGS[int(row["item_id"].removeprefix("tr-"))].id for row in rows]
        near = {
            id_: {one.track.id: one.similarity for one in players.recommender.query(id_, n=100).results} for id_ in ids
        }
        return sum(near[a][b] for a, b in pairwise(ids))

    assert steps(walk) > steps(straight)


def test_a_path_is_made_of_songs_of_the_server(players: Served) -> None:
    wanted: dict[str, Any] = {"start_song_id": "tr-3", "end_song_id": "tr-20"}
    more: dict[str, Any] = {"max_steps": 6, "path_fix_size": "false", "mood_pct": 100}
    rows = asked(players, "find_path", **wanted, count=6, **more)["path"]
    assert len(rows) == 6
    assert (rows[0]["item_id"], rows[-1]["item_id"]) == ("tr-3", "tr-20")
    assert all(row["item_id"].startswith("tr-") for row in rows)
    assert rows[0]["distance"] == 0
    assert len(asked(players, "find_path", **wanted, max_steps=4)["path"]) == 4
    assert len(asked(players, "find_path", **wanted)["path"]) == 25


def test_ids_of_spotrec_are_answered_with_ids_of_spotrec(players: Served) -> None:
    found = asked(players, "similar_tracks", item_id=HOSTILE.id, n=60)
    assert len(found) == 60
    assert {row["item_id"] for row in found} >= {SONGS[0].id, SONGS[59].id}


def test_a_song_is_known_by_title_and_artist_and_its_server_by_the_song(players: Served) -> None:
    """The plugin of Jellyfin, and programs, send names where they have no id."""
    by_id = asked(players, "similar_tracks", item_id="tr-3", n=8)
    assert asked(players, "similar_tracks", title="song 3", artist="ARTIST 0", n=8) == by_id
    assert asked(players, "similar_tracks", item_id="tr-3", title="Song 9", artist="Artist 1", n=8) == by_id
    elsewhere = asked(players, "similar_tracks", title="Song 45", artist="Artist 9", n=60)
    assert {row["item_id"] for row in elsewhere} >= {SONGS[0].id, SONGS[59].id}
    assert asked(players, "similar_tracks", 404, title="Song 3", artist="Artist 9")["error"]
    for names in ({"title": "Song 3"}, {"artist": "Artist 0"}, {"title": "", "artist": "Artist 0"}):
        assert asked(players, "similar_tracks", 400, **names)["error"]


def test_tracks_are_searched_with_ids_that_can_be_sent_back(players: Served) -> None:
    found = asked(players, "search_tracks", search_query="song 2")
    assert found[0] == {"item_id": "tr-2", "title": "Song 2", "author": "Artist 0", "album": "Album 0"}
    assert asked(players, "search_tracks", title="song 2", artist="artist 0")[0] == found[0]
    assert len(asked(players, "search_tracks", artist="artist 0")) == 5
    every = asked(players, "search_tracks", search_query="song", start=0, end=70)
    pages = [asked(players, "search_tracks", search_query="song", start=n, end=n + 25) for n in (0, 25, 50)]
    assert [row for page in pages for row in page] == every
    assert len(every) == N_SONGS
    for row in (every[0], every[-1]):
        assert asked(players, "similar_tracks", item_id=row["item_id"], n=2)
    for nothing in (
        {},
        {"search_query": " "},
        {"search_query": "zzzz"},
        {"search_query": "song", "start": 9, "end": 9},
    ):
        assert asked(players, "search_tracks", **nothing) == []
    assert asked(players, "search_tracks", 400, search_query="song", end="many")["error"]


def test_a_connection_is_tested(players: Served) -> None:
    assert asked(players, "health") == {"status": "ok"}
    assert players.http.get("/api/health").status_code == 401


def test_what_is_not_offered_is_an_error_that_plugins_read(players: Served) -> None:
    for path in ("active_tasks", "sonic_fingerprint/generate", "playlists", "voyager/search_tracks"):
        assert list(asked(players, path, 404)) == ["error"]
    for path in ("alchemy", "hyperbolic/similar", "sem_grove/search", "clap/search", "analysis/start"):
        answer = players.http.post(f"/api/{path}", json={"item_id": "tr-1"}, headers=BEARER)
        assert (answer.status_code, list(answer.json())) == (404, ["error"])


def test_similar_artists_by_name_with_songs_of_both(players: Served) -> None:
    found = asked(players, "similar_artists", artist="artist 3", n=4, include_component_matches="true")
    assert len(found) == 4
    divergences = [one["divergence"] for one in found]
    assert divergences == sorted(divergences)
    for one in found:
        assert one["artist"] != "Artist 3"
        assert one["artist_id"]
        (match,) = one["component_matches"]
        assert {row["item_id"] for row in match["artist1_representative_songs"]} == {song.id for song in SONGS[15:20]}
        assert match["artist2_representative_songs"]
    assert "component_matches" not in asked(players, "similar_artists", artist="Artist 3", n=1)[0]


@pytest.mark.parametrize(
    ("name", "parameters", "status"),
    [
        ("similar_tracks", {}, 400),
        ("similar_tracks", {"item_id": "tr-1", "n": "many"}, 400),
        ("similar_tracks", {"item_id": "nothing"}, 404),
        ("similar_tracks", {"item_id": "0" * 32}, 404),
        ("similar_tracks", {"item_id": "/etc/passwd"}, 404),
        ("similar_tracks", {"item_id": "\x00"}, 404),
        ("find_path", {"start_song_id": "tr-1"}, 400),
        ("find_path", {"start_song_id": "tr-1", "end_song_id": "tr-1"}, 400),
        ("find_path", {"start_song_id": "tr-1", "end_song_id": "nothing"}, 404),
        ("similar_artists", {}, 400),
        ("similar_artists", {"artist": "nobody"}, 404),
    ],
)
def test_an_error_is_told_as_the_plugins_read_it(
    players: Served, name: str, parameters: dict[str, str], status: int
) -> None:
    answer = asked(players, name, status, **parameters)
    assert list(answer) == ["error"]
    assert "Traceback" not in answer["error"]


def test_the_token_is_needed(players: Served) -> None:
    for headers in ({}, {"Authorization": "Bearer wrong"}):
        assert players.http.get("/api/similar_tracks?item_id=tr-1", headers=headers).status_code == 401


# -- ids of artists, and of Jellyfin -----------------------------------------------------------------------------------


class _WithArtists(FakeSubsonic):
    def handle(self, path: str, query: dict[str, str], headers: dict[str, str]) -> Answer | None:
        if path.startswith("/rest/getArtists"):
            rows = [{"id": f"artist-id-{n}", "name": f"ARTIST {n}"} for n in range(12)]
            found = {"artists": {"ignoredArticles": "", "index": [{"name": "A", "artist": rows}]}}
            return Answer({"subsonic-response": {"status": "ok", "version": "1.16.1", **found}})
        return super().handle(path, query, headers)


@pytest.fixture(scope="module")
def beside_servers(catalogue: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """The catalogue beside a music server with artists, and with files of which Jellyfin has some."""
    folder = tmp_path_factory.mktemp("servers") / "data"
    shutil.copytree(catalogue, folder)
    fill_for_players(folder)
    files = [song(700 + n, path=f"/home/me/Music/{n} ü.flac") for n in range(5)]
    with FeatureStore(folder / "spotrec.db") as store:
        fill(store, files, scattered(5, seed=9))
    with serving(_WithArtists()) as server:
        settings = {
            "ears": [str(CHOI)],
            "subsonic_url": server.url,
            "subsonic_user": USER,
            "subsonic_password": PASSWORD,
            "jellyfin_path": "/home/me/Music=/media/music",
        }
        with served(folder, settings, token=TOKEN, fetch=True) as running:
            yield running


def test_an_artist_of_the_music_server_is_known_by_its_id_there(beside_servers: Served) -> None:
    found = asked(beside_servers, "similar_artists", artist="artist-id-3", n=100)
    assert {one["artist_id"] for one in found} <= {f"artist-id-{n}" for n in range(12) if n != 3} | {
        one["artist_id"] for one in found if one["artist"] not in {f"Artist {n}" for n in range(12)}
    }
    assert {one["artist_id"]: one["artist"] for one in found}["artist-id-1"] == "Artist 1"


def test_an_item_of_jellyfin_is_known_by_the_path_of_its_file(beside_servers: Served) -> None:
    ids = {jellyfin_id(f"/media/music/{n} ü.flac"): n for n in range(5)}
    first, last = next(iter(ids)), list(ids)[-1]
    found = asked(beside_servers, "similar_tracks", item_id=first, n=4)
    assert {row["item_id"] for row in found} == set(ids) - {first}
    path = asked(beside_servers, "find_path", start_song_id=first, end_song_id=last, max_steps=8)["path"]
    assert (path[0]["item_id"], path[-1]["item_id"]) == (first, last)


def test_a_song_that_only_jellyfin_has_is_known_by_name_too(beside_servers: Served) -> None:
    ids = {jellyfin_id(f"/media/music/{n} ü.flac") for n in range(5)}
    found = asked(beside_servers, "similar_tracks", title="Song 700", artist="Artist 700", n=4)
    assert {row["item_id"] for row in found} < ids


def test_jellyfins_ids_are_made_as_jellyfin_makes_them() -> None:
    # md5("MediaBrowser.Controller.Entities.Audio.Audio/media/music/a.flac" in UTF-16) as a .NET GUID
    assert jellyfin_id("/media/music/a.flac") == "0e99da985b71d13d718c4944a1bac94d"
