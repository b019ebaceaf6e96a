"""Likes, dislikes and bans over HTTP, and what they change in every answer."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema  # type: ignore[import-untyped] # it has no types
import pytest

from spotrec.operations.as_json import opinions
from support.catalogue import song
from support.players import TOKEN, ask, failed
from support.service import Served, served

SEED = song(20).id
NEVER = song(36)


@pytest.fixture
def own(catalogue: Path, tmp_path: Path) -> Iterator[Served]:
    """The catalogue, served to one test."""
    shutil.copytree(catalogue, tmp_path / "data")
    with served(tmp_path / "data") as running:
        yield running


@pytest.fixture
def own_players(catalogue: Path, tmp_path: Path) -> Iterator[Served]:
    shutil.copytree(catalogue, tmp_path / "data")
    with served(tmp_path / "data", token=TOKEN) as running:
        yield running


def say(service: Served, verb: str, **what: str) -> Any:
    answer = service.http.post("/v1/taste", json={"verb": verb, **what})
    assert answer.status_code == 200, answer.text
    jsonschema.validate(answer.json(), opinions.SIGNAL.schema)
    return answer.json()


def ids(found: Any) -> list[str]:
    return [one["track_id"] for one in found["results"]]


def test_a_track_is_liked_listed_and_taken_back(own: Served) -> None:
    said = say(own, "like", track=SEED)
    assert (said["verb"], said["thing"], said["track_id"], said["source"]) == ("like", "track", SEED, "api")
    say(own, "dislike", artist="Artist 3")
    say(own, "ban", album="Artist 4 - Album 4")
    listed = own.json("/v1/taste")
    jsonschema.validate(listed, opinions.TASTE.schema)
    assert [(one["verb"], one["name"]) for one in listed] == [
        ("ban", "Album 4"),
        ("dislike", "Artist 3"),
        ("like", "Song 20"),
    ]
    assert own.json("/v1/taste", verb="like") == own.json("/v1/taste", track=SEED) == [said]
    assert own.json("/v1/taste", limit=1) == listed[:1]
    assert own.json("/v1/taste", track="nobody knows it") == []
    again = say(own, "dislike", track=SEED)
    assert again["id"] == said["id"]
    assert own.http.delete(f"/v1/taste/{said['id']}").json() == again
    assert own.http.delete(f"/v1/taste/{said['id']}").status_code == 404
    assert own.json("/v1/taste", track=SEED) == []


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({}, 422),
        ({"verb": "like"}, 422),
        ({"verb": "love", "track": SEED}, 422),
        ({"verb": "like", "track": SEED, "artist": "Artist 3"}, 422),
        ({"verb": "like", "track": "song 20"}, 404),  # words mean a track here only by chance
        ({"verb": "like", "track": "/etc/passwd"}, 404),
        ({"verb": "like", "track": ["x"]}, 422),
        ({"verb": "ban", "album": "No Such Album"}, 404),
        ({"verb": "ban", "artist": "Various Artists"}, 400),
        ({"verb": "ban", "artist": "x" * 501}, 422),
    ],
)
def test_what_is_not_valid_is_refused_and_notes_nothing(unchanged: Served, body: Any, status: int) -> None:
    answer = unchanged.http.post("/v1/taste", json=body)
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert unchanged.json("/v1/taste") == []


def test_pages_of_other_sites_change_nothing(own: Served) -> None:
    said = say(own, "like", track=SEED)
    for headers in ({"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}):
        body = json.dumps({"verb": "ban", "track": SEED})
        sent = own.http.post("/v1/taste", content=body, headers={**headers, "Content-Type": "text/plain"})
        assert sent.status_code == 403
        assert own.http.delete(f"/v1/taste/{said['id']}", headers=headers).status_code == 403
    navigated = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}
    answer = own.http.get(
        "/rest/star", params={"id": song(1).id, "f": "json", "v": "1.16.1", "c": "x"}, headers=navigated
    )
    assert "ok" not in answer.text
    assert [one["track_id"] for one in own.json("/v1/taste")] == [SEED]


def test_a_token_is_needed_where_there_is_one(own_players: Served) -> None:
    assert own_players.http.post("/v1/taste", json={"verb": "ban", "track": SEED}).status_code == 401
    assert own_players.http.delete("/v1/taste/1").status_code == 401
    assert own_players.http.get("/v1/taste").status_code == 401


def test_a_server_may_take_no_likes(catalogue: Path, tmp_path: Path) -> None:
    shutil.copytree(catalogue, tmp_path / "data")
    with served(tmp_path / "data", taste=False) as service:
        refused = service.http.post("/v1/taste", json={"verb": "ban", "track": SEED})
        assert (refused.status_code, refused.json()["type"]) == (403, "urn:spotrec:problem:no-taste")
        assert service.http.delete("/v1/taste/1").status_code == 403
        assert service.json("/v1/session")["taste"] is False


def test_what_is_banned_is_in_no_answer(own: Served) -> None:
    """Also in answers that were remembered before the ban."""
    asked: list[tuple[str, dict[str, Any]]] = [
        ("/v1/recommendations", {"track": SEED, "limit": 59}),
        ("/v1/recommendations", {"mood": "jazz", "limit": 60}),
        ("/v1/journey", {"start": SEED, "end": song(40).id, "limit": 58}),
        ("/rest/getSimilarSongs2", {"id": SEED, "count": 59, "f": "json", "v": "1.16.1", "c": "x"}),
        ("/rest/getSonicSimilarTracks", {"id": SEED, "count": 59, "f": "json", "v": "1.16.1", "c": "x"}),
        ("/rest/findSonicPath", {"startSongId": SEED, "endSongId": song(40).id, "count": 58, "f": "json", "c": "x"}),
        ("/rest/getRandomSongs", {"size": 500, "f": "json", "v": "1.16.1", "c": "x"}),
        ("/api/similar_tracks", {"item_id": SEED, "n": 59}),
        ("/api/similar_tracks", {"item_id": SEED, "n": 59, "radius_similarity": "true"}),
        ("/v1/stations/Evening", {}),
        ("/api/find_path", {"start_song_id": SEED, "end_song_id": song(40).id, "count": 58}),
    ]
    own.recommender.new_station("Evening", SEED, n=59)

    def extended() -> str:
        answer = own.http.post("/v1/playlists/extend", json={"tracks": [SEED]}, params={"limit": 59})
        assert answer.status_code == 200, answer.text
        return answer.text

    for path, parameters in asked:
        assert NEVER.id in own.get(path, **parameters).text, path
    assert NEVER.id in extended()
    said = say(own, "ban", track=NEVER.id)
    for path, parameters in asked:
        answer = own.get(path, **parameters)
        assert answer.status_code == 200
        assert NEVER.id not in answer.text, path
    assert NEVER.id not in extended()
    own.http.delete(f"/v1/taste/{said['id']}")
    for path, parameters in asked:
        assert NEVER.id in own.get(path, **parameters).text, path


def test_a_banned_artist_is_no_similar_artist(own: Served) -> None:
    asked = {"artist": "Artist 4", "n": 11}
    assert "Artist 7" in [one["artist"] for one in own.json("/api/similar_artists", **asked)]
    say(own, "ban", artist="artist 7")
    assert "Artist 7" not in [one["artist"] for one in own.json("/api/similar_artists", **asked)]


def test_an_album_of_which_all_is_banned_is_not_drawn_at_random(own: Served) -> None:
    def drawn() -> list[str]:
        asked = {"type": "random", "size": 500, "f": "json", "v": "1.16.1", "c": "x"}
        answer = own.json("/rest/getAlbumList2", **asked)["subsonic-response"]
        return [one["name"] for one in answer["albumList2"]["album"]]

    say(own, "ban", track=song(35).id)
    assert "Album 7" in drawn()
    say(own, "ban", artist="artist 7")
    left = drawn()
    assert "Album 7" not in left
    assert "Album 6" in left


def test_recommendations_lean_towards_what_is_liked(own: Served) -> None:
    say(own, "like", artist="Artist 9")
    plain = own.json("/v1/recommendations", track=SEED, limit=59)
    leaning = own.json("/v1/recommendations", track=SEED, limit=59, taste=True)
    assert (plain["taste"], leaning["taste"]) == (False, True)
    ranks = [sum(ids(found).index(song(n).id) for n in range(45, 50)) for found in (plain, leaning)]
    assert ranks[1] < ranks[0]
    say(own, "like", track=SEED)
    assert ids(own.json("/v1/recommendations", taste=True, limit=3))


def test_a_player_s_star_is_a_like(own_players: Served) -> None:
    found = ask(own_players, "getSong", id=SEED)["song"]
    assert ask(own_players, "getStarred2")["starred2"] == {}
    ask(own_players, "star", id=[SEED, song(1).id], artistId=found["artistId"], albumId=found["albumId"])
    starred = ask(own_players, "getStarred2")["starred2"]
    assert {one["id"] for one in starred["song"]} == {SEED, song(1).id}
    assert [one["name"] for one in starred["artist"]] == ["Artist 4"]
    assert [one["name"] for one in starred["album"]] == ["Album 4"]
    assert all(one["starred"] for kind in starred.values() for one in kind)
    assert {one.source for one in own_players.recommender.taste()} == {"opensubsonic"}
    ask(own_players, "unstar", id=SEED)
    assert {one["id"] for one in ask(own_players, "getStarred2")["starred2"]["song"]} == {song(1).id}


def test_a_player_s_rating_is_an_opinion(own_players: Served) -> None:
    verbs = {}
    for rating in (5, 1, 3, 2, 0):
        ask(own_players, "setRating", id=SEED, rating=rating)
        verbs[rating] = [one.verb for one in own_players.recommender.taste()]
    assert verbs == {5: ["like"], 1: ["dislike"], 3: [], 2: ["dislike"], 0: []}
    failed(own_players, "star", id="nothing")
    failed(own_players, "setRating", id=SEED)


def test_the_map_stays_and_a_banned_track_is_nobody_s_neighbour(own: Served) -> None:
    pytest.importorskip("openTSNE")
    from support.waiting import wait_until

    wait_until(lambda: own.get("/v1/map").status_code == 200, every_s=0.1)
    before = own.json("/v1/map")
    at = before["ids"].index(NEVER.id)
    assert any(at in near for near in before["near"])
    said = say(own, "ban", track=NEVER.id)
    after = own.json("/v1/map")
    assert after["ids"] == before["ids"]
    assert not any(at in near for near in after["near"])
    own.http.delete(f"/v1/taste/{said['id']}")
    assert own.json("/v1/map") == before
