"""Players, as their sources say: their requests in order, and what they need in the answers."""

import json
import re
import shutil
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import httpx
import pytest

from spotrec.store import FeatureStore
from support.catalogue import fill, scattered, song
from support.player_requests import HEX, PLAYERS, STRAWBERRY, Call, Player
from support.players import OWN, TOKEN, USER, ask, failed, fill_for_players, salted
from support.service import Served, served

LOOSE = song(600, "Loose", "Owner", genre="jazz")
"""A song on no album, of which no length is known."""
NOBODYS = song(601, "Nobody's", album="Found on a street", artists=())


@pytest.fixture(scope="module")
def replayed(catalogue: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """What `players` serves, and songs of which little is known; players may change it."""
    folder = tmp_path_factory.mktemp("replayed") / "data"
    shutil.copytree(catalogue, folder)
    fill_for_players(folder)
    with FeatureStore(folder / "spotrec.db") as store:
        fill(store, [LOOSE, NOBODYS], scattered(2, seed=6))
        own = folder / "music" / "own.flac"
        store.files.remember(own, own.stat().st_size, own.stat().st_mtime_ns, OWN.id)
    with served(folder, token=TOKEN) as running:
        yield running


@pytest.fixture(scope="module")
def ids(replayed: Served) -> dict[str, str]:
    """What stands for ids in the tables."""
    own, loose = (ask(replayed, "getSong", id=one.id)["song"] for one in (OWN, LOOSE))
    (playlist,) = ask(replayed, "getPlaylists")["playlists"]["playlist"]
    return {
        "song": own["id"], "album": own["albumId"], "artist": own["artistId"], "playlist": playlist["id"],
        "loose": loose["id"], "no album": loose["albumId"],
    }  # fmt: skip


def sent(player: Player, call: Call, ids: dict[str, str]) -> dict[str, Any]:
    """The parameters of a request."""
    signed = {"u": USER, "p": f"enc:{TOKEN.encode().hex()}"} if player.signs == HEX else salted()
    form = {"f": player.form} if player.form else {}
    form |= {"callback": "angular.callbacks._0"} if player.form == "jsonp" else {}

    def filled(value: str | tuple[str, ...]) -> Any:
        return value.format_map(ids) if isinstance(value, str) else [one.format_map(ids) for one in value]

    own = {name: filled(value) for name, value in call.sends.items()}
    return {**signed, "v": player.version, "c": player.client, **form, **own}


def asked(service: Served, player: Player, call: Call, ids: dict[str, str]) -> Any:
    """The answer to a request, decoded: objects as dictionaries, whatever the format."""
    address = f"/rest/{call.method}{'.view' if player.view else ''}"
    parameters = sent(player, call, ids)
    if player.posts:
        response = service.http.post(address, data=parameters)
    else:
        response = service.http.get(address, params=parameters)
    assert response.status_code == 200, (player.name, call, response.text[:500])
    return decoded(player, response)


def decoded(player: Player, response: httpx.Response) -> Any:
    if player.form == "json":
        assert response.headers["content-type"] == "application/json"
        return response.json()["subsonic-response"]
    if player.form == "jsonp":
        found = re.fullmatch(r"/\*\*/angular\.callbacks\._0\((.*)\);", response.text, re.DOTALL)
        assert found, response.text[:200]
        return json.loads(found[1])["subsonic-response"]
    assert response.headers["content-type"].startswith("text/xml")
    return as_object(ET.fromstring(response.content))


def as_object(element: ET.Element) -> dict[str, Any]:
    below: dict[str, Any] = dict(element.attrib)
    for one in element:
        below.setdefault(one.tag.rpartition("}")[2], []).append(as_object(one))
    return below


def listed(answer: Any, way: str) -> list[Any]:
    """What a list in an answer holds; `way` are the names on the way to it."""
    found = [answer]
    for name in way.split("."):
        found = [one for above in found for one in _as_list(above.get(name, []))]
    return found


def _as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def objects(name: str, value: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every object in an answer, with its name."""
    for one in _as_list(value):
        if isinstance(one, dict):
            yield name, one
            for below, more in one.items():
                yield from objects(below, more)


def is_(kind: str, value: Any, *, in_xml: bool) -> bool:
    match kind:
        case "text":
            return isinstance(value, str)
        case "whole" if in_xml:
            return re.fullmatch(r"-?\d+", value) is not None
        case "whole":
            return isinstance(value, int) and not isinstance(value, bool)
        case "flag":
            return value in ("true", "false") if in_xml else isinstance(value, bool)
        case "time":
            return datetime.fromisoformat(value).tzinfo is not None
        case "millis":
            return re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", value) is not None
    raise AssertionError(kind)


@pytest.mark.parametrize("player", PLAYERS, ids=[one.name for one in PLAYERS])
def test_a_player_signs_in_reads_the_library_and_plays(player: Player, replayed: Served, ids: dict[str, str]) -> None:
    in_xml = player.form in ("", "xml")
    seen = set()
    for call in player.calls:
        answer = asked(replayed, player, call, ids)
        if call.code is not None:
            (error,) = listed(answer, "error")
            assert (answer["status"], int(error["code"])) == ("failed", call.code), call
            assert error["message"]
            continue
        assert answer["status"] == "ok", (call, answer)
        assert {"version", "type", "serverVersion"} <= set(answer)
        if call.shows:
            assert listed(answer, call.shows), call
        for name, one in objects("", answer):
            for needed in player.needs.get(name, "").split():
                field, _, kind = needed.partition(":")
                assert field in one, (call, name, field, one)
                assert is_(kind, one[field], in_xml=in_xml), (call, name, field, one[field])
                seen.add(name)
    assert seen == set(player.needs), "the table names what no answer has"


@pytest.mark.parametrize("player", PLAYERS, ids=[one.name for one in PLAYERS])
def test_a_player_plays_and_shows_covers(player: Player, replayed: Served, ids: dict[str, str]) -> None:
    view = ".view" if player.view else ""
    own = Path(str(replayed.recommender.track(OWN.id).track.path)).read_bytes()
    play = sent(player, Call("stream", {"id": "{song}", "format": "raw", "estimateContentLength": "true"}), ids)
    head = replayed.http.head(f"/rest/stream{view}", params=play)
    assert (head.status_code, head.headers["content-length"], head.content) == (200, str(len(own)), b"")
    part = replayed.http.get(f"/rest/stream{view}", params=play, headers={"Range": "bytes=0-"})
    assert (part.status_code, part.content, part.headers["accept-ranges"]) == (206, own, "bytes")
    picture = sent(player, Call("getCoverArt", {"id": "{album}", "size": "300"}), ids)
    cover = replayed.http.get(f"/rest/getCoverArt{view}", params=picture)
    assert cover.headers["content-type"] == "image/jpeg"


# -- what players did not see ------------------------------------------------------------------------------------------


def test_every_song_is_reached_through_albums(replayed: Served) -> None:
    """Strawberry, Amperfy, Submariner and others read albums only, and Strawberry drops a song without a size."""
    albums = ask(replayed, "getAlbumList2", type="alphabeticalByName", size=500)["albumList2"]["album"]
    songs = [one for album in albums for one in ask(replayed, "getAlbum", id=album["id"])["album"]["song"]]
    every = ask(replayed, "search3", query="", songCount=500)["searchResult3"]["song"]
    assert sorted(one["id"] for one in songs) == sorted(one["id"] for one in every)
    assert {LOOSE.id, NOBODYS.id} <= {one["id"] for one in songs}
    assert all(needed.partition(":")[0] in one for one in songs for needed in STRAWBERRY.needs["song"].split())
    assert albums[-1]["name"] == "[Unknown Album]"  # after all names
    own = next(one for one in songs if one["id"] == OWN.id)
    assert own["size"] == Path(str(replayed.recommender.track(OWN.id).track.path)).stat().st_size


def test_songs_on_no_album_are_in_the_folder_of_their_artist(replayed: Served, ids: dict[str, str]) -> None:
    children = ask(replayed, "getMusicDirectory", id=ids["artist"])["directory"]["child"]
    assert [(one["isDir"], one["title"]) for one in children] == [(True, "Own album"), (False, "Loose")]
    above = ask(replayed, "getMusicDirectory", id=ids["album"])["directory"]
    assert above["parent"] == ids["artist"]
    found = ask(replayed, "search3", query="unknown album")["searchResult3"]
    assert "album" not in found  # nobody called it so
    assert failed(replayed, "star", albumId=ids["no album"]) == 70


def test_songs_by_nobody_have_an_artist(replayed: Served) -> None:
    """Navic reads no library at all where one song has no artist."""
    found = ask(replayed, "getSong", id=NOBODYS.id)["song"]
    assert (found["artist"], found["artists"]) == (
        "[Unknown Artist]",
        [{"id": found["artistId"], "name": "[Unknown Artist]"}],
    )
    artist = ask(replayed, "getArtist", id=found["artistId"])["artist"]
    assert [one["name"] for one in artist["album"]] == ["Found on a street"]
    (group,) = [one for one in ask(replayed, "getArtists")["artists"]["index"] if artist["id"] in str(one)]
    assert group["name"] == "#"
    assert ask(replayed, "getMusicDirectory", id=artist["id"])["directory"]["child"]
    assert ask(replayed, "getSimilarSongs2", id=artist["id"], count=5)["similarSongs2"]["song"]
    assert ask(replayed, "getArtistInfo2", id=artist["id"])["artistInfo2"] == {}
    assert failed(replayed, "star", artistId=artist["id"]) == 70


def test_a_list_that_is_at_its_end_has_no_entries(replayed: Served) -> None:
    """Sonixd asks for the next page until `album` is not there."""
    behind = ask(replayed, "getAlbumList2", type="alphabeticalByName", size=500, offset=500)
    assert behind["albumList2"] == {}
    assert ask(replayed, "search3", query="zzzz")["searchResult3"] == {}


def test_a_star_is_there_wherever_the_song_the_album_or_the_artist_is(catalogue: Path, tmp_path: Path) -> None:
    """Amperfy, Feishin and others take a song that is listed without a star for one that has lost it."""
    shutil.copytree(catalogue, tmp_path / "data")
    fill_for_players(tmp_path / "data")
    with served(tmp_path / "data", token=TOKEN) as service:
        own = ask(service, "getSong", id=OWN.id)["song"]
        of_the_song: list[tuple[str, str, dict[str, Any]]] = [
            ("getSong", "song", {"id": OWN.id}),
            ("getAlbum", "album.song", {"id": own["albumId"]}),
            ("getMusicDirectory", "directory.child", {"id": own["albumId"]}),
            ("search3", "searchResult3.song", {"query": "own"}),
        ]
        of_the_album: list[tuple[str, str, dict[str, Any]]] = [
            ("getAlbum", "album", {"id": own["albumId"]}),
            ("getArtist", "artist.album", {"id": own["artistId"]}),
            ("getAlbumList2", "albumList2.album", {"type": "starred"}),
            ("getStarred2", "starred2.album", {}),
        ]
        of_the_artist: list[tuple[str, str, dict[str, Any]]] = [
            ("getArtist", "artist", {"id": own["artistId"]}),
            ("getStarred2", "starred2.artist", {}),
        ]

        def stars(places: list[tuple[str, str, dict[str, Any]]]) -> set[tuple[bool, int]]:
            found = [one for method, way, given in places for one in listed(ask(service, method, **given), way)]
            return {("starred" in one, one.get("userRating", 0)) for one in found}

        assert stars(of_the_song) == {(False, 0)}
        ask(service, "star", id=OWN.id, albumId=own["albumId"], artistId=own["artistId"])
        for places in (of_the_song, of_the_album, of_the_artist):
            assert stars(places) == {(True, 5)}
        (in_list,) = ask(service, "getAlbumList2", type="highest")["albumList2"]["album"]
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", in_list["starred"])
        index = next(
            one
            for group in ask(service, "getArtists")["artists"]["index"]
            for one in group["artist"]
            if one["id"] == own["artistId"]
        )
        assert index["starred"]
        ask(service, "setRating", id=OWN.id, rating=1)
        assert stars(of_the_song) == {(False, 1)}
        ask(service, "unstar", id=OWN.id, albumId=own["albumId"], artistId=own["artistId"])
        assert stars(of_the_song) == {(False, 0)}
        assert stars(of_the_album[:2]) == {(False, 0)}


def test_albums_of_one_name_have_stars_of_their_own(catalogue: Path, tmp_path: Path) -> None:
    shutil.copytree(catalogue, tmp_path / "data")
    hits = [song(700 + n, artists=(f"Singer {n}",), album="Greatest Hits") for n in range(3)]
    with FeatureStore(tmp_path / "data" / "spotrec.db") as store:
        fill(store, hits, scattered(3, seed=7))
    with served(tmp_path / "data", token=TOKEN) as service:
        albums = [ask(service, "getSong", id=one.id)["song"]["albumId"] for one in hits]
        ask(service, "star", albumId=albums[:2])
        starred = ask(service, "getStarred2")["starred2"]["album"]
        assert {one["id"] for one in starred} == set(albums[:2])


# -- what was played ---------------------------------------------------------------------------------------------------


@pytest.fixture
def playing(catalogue: Path, tmp_path: Path) -> Iterator[Served]:
    """The catalogue, served to one test."""
    shutil.copytree(catalogue, tmp_path / "data")
    with served(tmp_path / "data", token=TOKEN) as running:
        yield running


def heard(service: Served) -> list[str]:
    return list(service.recommender.session.store().heard.between("", "9999"))


def test_what_a_player_played_counts_as_heard(playing: Served) -> None:
    first, second, third = (song(n).id for n in (3, 17, 30))
    ask(playing, "scrobble", id=first, submission="false")
    assert heard(playing) == []  # it only begins
    ask(playing, "scrobble", id=first)
    ask(playing, "scrobble", id=[second, third], time=["1764500000000", "1764400000000"], submission="true")
    assert heard(playing) == [third, second, first]
    recent = ask(playing, "getAlbumList2", type="recent")["albumList2"]["album"]
    assert [one["name"] for one in recent] == ["Album 0", "Album 3", "Album 6"]
    ask(playing, "scrobble", id=second, time="99999999999999")  # a clock that is wrong
    assert heard(playing) == [third, first, second]
    assert ask(playing, "getUser", username=USER)["user"]["scrobblingEnabled"] is True


@pytest.mark.parametrize(
    ("sends", "code"),
    [
        ({}, 10),
        ({"id": "nothing"}, 70),
        ({"id": song(3).id, "time": "yesterday"}, 0),
        ({"id": song(3).id, "time": "-" + "9" * 30}, 0),
        ({"id": [song(n).id for n in range(3)] * 100}, 0),
    ],
)
def test_a_play_that_cannot_be_noted_is_told(playing: Served, sends: dict[str, Any], code: int) -> None:
    answer = playing.get("/rest/scrobble", **salted(), f="json", **sends).json()["subsonic-response"]
    assert (answer["status"], answer.get("error", {}).get("code")) == ("failed", code)
    assert heard(playing) == []


def test_who_may_not_say_what_was_heard_is_told_that_all_is_well(catalogue: Path, tmp_path: Path) -> None:
    """Amperfy shows every refused scrobble to the person; a server that keeps no plays says so in `getUser`."""
    shutil.copytree(catalogue, tmp_path / "data")
    with served(tmp_path / "data", host="0.0.0.0") as service:
        ask(service, "scrobble", id=song(3).id)
        assert heard(service) == []
        assert ask(service, "getUser", username=USER)["user"]["scrobblingEnabled"] is False


def test_pages_of_other_sites_note_no_plays(playing: Served) -> None:
    navigated = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}
    answer = playing.http.get("/rest/scrobble", params={**salted(), "id": song(3).id, "f": "json"}, headers=navigated)
    assert answer.json()["subsonic-response"]["error"]["code"] == 50
    assert heard(playing) == []
