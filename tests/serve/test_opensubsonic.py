"""Players that speak OpenSubsonic: what they are answered, in every format, and what they are refused."""

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from support.catalogue import songs_by_artists
from support.players import (
    HOSTILE,
    OWN,
    TOKEN,
    USER,
    ask,
    code_of,
    failed,
    salted,
    texts_of,
    texts_of_xml,
)
from support.service import N_SONGS, Served, served

SONGS = songs_by_artists(N_SONGS)
N_ALL = N_SONGS + 2
REQUIRED = {
    "song": {"id", "isDir", "title"},
    "entry": {"id", "isDir", "title"},
    "child": {"id", "isDir", "title"},
    "sonicMatch": {"entry", "similarity"},
    "artist": {"id", "name"},
    "similarArtist": {"id", "name"},
    "album": {"id", "name", "songCount", "duration", "created"},
    "playlist": {"id", "name", "songCount", "duration", "created", "changed"},
    "genre": {"value", "songCount", "albumCount"},
    "musicFolder": {"id"},
    "index": {"name"},
    "indexes": {"ignoredArticles", "lastModified"},
    "directory": {"id", "name"},
    "license": {"valid"},
    "scanStatus": {"scanning"},
    "tokenInfo": {"username"},
    "openSubsonicExtensions": {"name", "versions"},
}
"""The fields that the specification requires, by the name of what has them."""


def ids_of(found: Any) -> list[str]:
    return [one["id"] for one in found]


def every_method(service: Served) -> dict[str, dict[str, Any]]:
    """Every method with a request that it answers."""
    own = ask(service, "getSong", id=OWN.id)["song"]
    artist, album = own["artistId"], own["albumId"]
    playlist = ask(service, "getPlaylists")["playlists"]["playlist"][0]["id"]
    return {
        **{
            name: {}
            for name in (
                "ping", "getLicense", "tokenInfo", "getUser", "getUsers", "getMusicFolders", "getIndexes", "getArtists",
                "getGenres", "getPlaylists", "getScanStatus", "getStarred", "getStarred2", "getNowPlaying",
                "getTopSongs", "getAlbumInfo", "getAlbumInfo2", "getLyrics", "getLyricsBySongId", "getBookmarks",
                "getShares",
                "getPodcasts", "getNewestPodcasts", "getInternetRadioStations", "getPlayQueue",
                "getOpenSubsonicExtensions",
            )
        },
        "getSong": {"id": HOSTILE.id},
        "getMusicDirectory": {"id": artist},
        "getArtist": {"id": artist},
        "getAlbum": {"id": album},
        "getAlbumList": {"type": "alphabeticalByName", "size": 100},
        "getAlbumList2": {"type": "newest", "size": 100},
        "getSongsByGenre": {"genre": "jazz"},
        "getPlaylist": {"id": playlist},
        "search2": {"query": "own"},
        "search3": {"query": "", "songCount": 100},
        "getSonicSimilarTracks": {"id": SONGS[3].id, "count": 60},
        "findSonicPath": {"startSongId": SONGS[3].id, "endSongId": HOSTILE.id, "count": 9},
        "getSimilarSongs": {"id": HOSTILE.id},
        "getSimilarSongs2": {"id": artist},
        "getArtistInfo": {"id": artist},
        "getArtistInfo2": {"id": artist},
    }  # fmt: skip


def missing_in(name: str, value: Any) -> Iterator[tuple[str, set[str]]]:
    """The required fields that are missing somewhere in an answer."""
    if isinstance(value, list):
        for one in value:
            yield from missing_in(name, one)
    elif isinstance(value, dict):
        if missing := REQUIRED.get(name, set()) - value.keys():
            yield name, missing
        for below, one in value.items():
            yield from missing_in(below, one)


def test_every_answer_has_what_the_specification_requires_and_xml_says_the_same(players: Served) -> None:
    for method, parameters in every_method(players).items():
        answer = ask(players, method, **parameters)
        assert list(missing_in("", answer)) == [], method
        response = players.get(f"/rest/{method}.view", **salted(), **parameters)
        assert response.headers["content-type"] == "text/xml; charset=utf-8"
        root = ET.fromstring(response.content)
        assert root.tag == "{http://subsonic.org/restapi}subsonic-response"
        said = [(name, re.sub("[\0-\x08\x0b\x0c\x0e-\x1f\ufffe]", "\ufffd", text)) for name, text in texts_of(answer)]
        assert Counter(texts_of_xml(root)) == Counter(said), method


def test_a_form_is_answered_like_an_address(players: Served) -> None:
    for address in ("/rest/search3", "/rest/search3.view"):
        form = {**salted(), "f": "json", "query": "Song 7"}
        posted = players.http.post(address, data=form)
        assert posted.json() == players.get(address, **form).json()
        assert posted.json()["subsonic-response"]["searchResult3"]["song"][0]["title"] == "Song 7"


def test_jsonp_calls_the_function_and_nothing_else(players: Served) -> None:
    answer = players.get("/rest/ping", **salted(), f="jsonp", callback="player.take")
    assert answer.headers["content-type"].startswith("application/javascript")
    assert answer.text.startswith('/**/player.take({"subsonic-response":{"status":"ok"')
    assert answer.text.endswith(");")
    for callback in ("alert(1)//", "a b", "<script>", "a" * 200, "a\n"):
        assert code_of(players.get("/rest/ping", **salted(), f="jsonp", callback=callback)) == 0
    assert code_of(players.get("/rest/ping", **salted(), f="jsonp")) == 10


def test_the_extensions_are_told_without_a_sign_in(players: Served) -> None:
    answer = players.get("/rest/getOpenSubsonicExtensions", f="json").json()["subsonic-response"]
    found = {one["name"]: one["versions"] for one in answer["openSubsonicExtensions"]}
    assert found == {"sonicSimilarity": [1], "formPost": [1], "apiKeyAuthentication": [1]}


@pytest.mark.parametrize(
    "credentials",
    [
        salted(),
        salted() | {"t": salted()["t"].upper()},
        {"u": USER, "p": TOKEN},
        {"u": USER, "p": f"enc:{TOKEN.encode().hex()}"},
        {"apiKey": TOKEN},
    ],
)
def test_each_way_to_sign_in_works(players: Served, credentials: dict[str, str]) -> None:
    for response in (
        players.get("/rest/ping", f="json", **credentials),
        players.http.post("/rest/ping", data={"f": "json", **credentials}),
    ):
        assert response.json()["subsonic-response"]["status"] == "ok"


@pytest.mark.parametrize(
    ("credentials", "code"),
    [
        ({}, 10),
        ({"u": USER}, 10),
        ({"p": TOKEN}, 10),
        ({"u": USER, "t": "0" * 32}, 10),
        (salted("wrong"), 40),
        (salted(user="somebody"), 40),
        (salted() | {"s": "other"}, 40),
        ({"u": USER, "p": "wrong"}, 40),
        ({"u": USER, "p": "enc:zz"}, 40),
        ({"u": USER, "p": "ä\x00\U0001f3b5"}, 40),
        ({"apiKey": "wrong"}, 44),
        ({"apiKey": ""}, 44),
        ({"apiKey": TOKEN, "u": USER}, 43),
        ({"apiKey": TOKEN, "p": TOKEN}, 43),
        (salted() | {"p": TOKEN}, 43),
        (salted() | {"v": "2.0.0"}, 30),
        (salted() | {"v": "0.9"}, 20),
    ],
)
def test_a_wrong_sign_in_is_refused_with_the_code_of_the_protocol(
    players: Served, credentials: dict[str, str], code: int
) -> None:
    for method in ("ping", "getSonicSimilarTracks", "stream"):
        assert code_of(players.get(f"/rest/{method}", f="json", id=OWN.id, **credentials)) == code


def test_without_a_token_everyone_is_answered(catalogue: Path) -> None:
    with served(catalogue) as service:
        for credentials in ({}, salted("anything", "anyone"), {"apiKey": "any"}):
            answer = service.get("/rest/ping", f="json", **credentials).json()
            assert answer["subsonic-response"]["status"] == "ok"


def test_similar_tracks_are_those_of_a_query_each_with_its_similarity(players: Served) -> None:
    found = ask(players, "getSonicSimilarTracks", id=SONGS[3].id)["sonicMatch"]
    wanted = players.recommender.query(SONGS[3].id, n=10).results
    assert [one["entry"]["id"] for one in found] == [one.track.id for one in wanted]
    assert [one["similarity"] for one in found] == pytest.approx([max(one.similarity, 0) for one in wanted], abs=1e-5)
    assert len(ask(players, "getSonicSimilarTracks", id=SONGS[3].id, count=3)["sonicMatch"]) == 3
    every = ask(players, "getSonicSimilarTracks", id=SONGS[3].id, count=500)["sonicMatch"]
    assert len(every) == N_ALL - 1
    assert all(0 <= one["similarity"] <= 1 for one in every)


def test_a_path_begins_with_the_start_and_ends_with_the_end(players: Served) -> None:
    start, end = SONGS[3].id, SONGS[40].id
    found = ask(players, "findSonicPath", startSongId=start, endSongId=end, count=8)["sonicMatch"]
    assert len(found) == 8
    assert (found[0]["entry"]["id"], found[-1]["entry"]["id"]) == (start, end)
    assert found[0]["similarity"] == 1
    to_start = {one.track.id: one.similarity for one in players.recommender.query(start, n=100).results}
    for one in found[1:]:
        assert one["similarity"] == pytest.approx(max(to_start[one["entry"]["id"]], 0), abs=1e-4)
    assert len(ask(players, "findSonicPath", startSongId=start, endSongId=end)["sonicMatch"]) == 25
    for count, n in ((1, 2), (0, 2), (10**9, N_ALL)):
        longest = ask(players, "findSonicPath", startSongId=start, endSongId=end, count=count)["sonicMatch"]
        assert 2 <= len(longest) <= n
        assert (longest[0]["entry"]["id"], longest[-1]["entry"]["id"]) == (start, end)
    (alone,) = ask(players, "findSonicPath", startSongId=start, endSongId=start)["sonicMatch"]
    assert alone["entry"]["id"] == start


def test_songs_like_a_song_an_album_and_an_artist(players: Served) -> None:
    one = ask(players, "getSong", id=SONGS[7].id)["song"]
    on_album = {other.id for other in SONGS if other.album == SONGS[7].album}
    for method, name in (("getSimilarSongs", "similarSongs"), ("getSimilarSongs2", "similarSongs2")):
        for id_, seeds in ((one["id"], {one["id"]}), (one["albumId"], on_album), (one["artistId"], on_album)):
            found = ids_of(ask(players, method, id=id_, count=12)[name]["song"])
            assert len(found) == 12
            assert not seeds & set(found)
    alike = ids_of(ask(players, "getArtistInfo2", id=one["artistId"], count=4)["artistInfo2"]["similarArtist"])
    assert len(alike) == 4
    assert one["artistId"] not in alike


def test_an_id_of_a_music_server_means_its_track(players: Served) -> None:
    song_there = ask(players, "getSong", id="tr-5")["song"]
    assert (song_there["id"], song_there["suffix"], song_there["size"]) == (SONGS[5].id, "ogg", 1005)
    by_item, by_id = (ask(players, "getSonicSimilarTracks", id=id_) for id_ in ("tr-5", SONGS[5].id))
    assert by_item["sonicMatch"] == by_id["sonicMatch"]


def test_a_song_has_the_fields_of_a_child(players: Served) -> None:
    found = ask(players, "getSong", id=OWN.id)["song"]
    album = ask(players, "getAlbum", id=found["albumId"])["album"]
    assert album["song"] == [found]
    assert (album["name"], album["artist"], album["year"], album["duration"]) == ("Own album", "Owner", 1999, 3)
    assert found["path"] == "Owner/Own album/Own.flac"
    assert (found["suffix"], found["contentType"], found["duration"], found["year"]) == ("flac", "audio/flac", 3, 1999)
    assert found["artists"] == [{"id": found["artistId"], "name": "Owner"}]
    assert found["genres"] == [{"name": "jazz"}]
    hostile = ask(players, "getSong", id=HOSTILE.id)["song"]
    assert hostile["title"] == HOSTILE.title
    assert (hostile["isrc"], hostile["bpm"], hostile["explicitStatus"]) == ([HOSTILE.isrc], 120, "explicit")


def test_an_empty_search_lists_everything_page_by_page(players: Served) -> None:
    for query in ("", '""', "*"):
        whole = ask(players, "search3", query=query, songCount=500, albumCount=500, artistCount=500)["searchResult3"]
        assert len(whole["song"]) == N_ALL
        assert len(whole["album"]) == len(whole["artist"]) == N_SONGS // 5 + 2
    pages: list[str] = []
    for offset in range(0, 120, 20):
        answer = ask(players, "search3", query="", songCount=20, songOffset=offset, albumCount=0, artistCount=0)
        assert set(answer["searchResult3"]) <= {"song"}
        if offset >= N_ALL:
            assert answer["searchResult3"] == {}
            continue
        pages += ids_of(answer["searchResult3"]["song"])
    assert pages == ids_of(whole["song"])


def test_a_search_finds_songs_albums_and_artists_by_the_beginnings_of_words(players: Served) -> None:
    found = ask(players, "search3", query="own")["searchResult3"]
    assert ids_of(found["song"]) == [OWN.id]
    assert [one["name"] for one in found["album"]] == ["Own album"]
    assert [one["name"] for one in found["artist"]] == ["Owner"]
    first = ids_of(ask(players, "search3", query="song 1", songCount=4)["searchResult3"]["song"])
    then = ids_of(ask(players, "search3", query="song 1", songCount=4, songOffset=4)["searchResult3"]["song"])
    assert len(first) == len(then) == 4
    assert not set(first) & set(then)
    for nothing in ("zzzz", "!!!", "\x00", "x" * 5000):
        assert ask(players, "search3", query=nothing)["searchResult3"] == {}


def test_the_library_can_be_browsed_from_artists_to_songs(players: Served) -> None:
    found = ask(players, "getArtists")["artists"]
    assert found["ignoredArticles"] == ""
    index = found["index"]
    artists = [one for group in index for one in group["artist"]]
    assert len(artists) == N_SONGS // 5 + 2
    songs: set[str] = set()
    for one in artists:
        for album in ask(players, "getArtist", id=one["id"])["artist"]["album"]:
            songs |= set(ids_of(ask(players, "getAlbum", id=album["id"])["album"]["song"]))
            folder = ask(players, "getMusicDirectory", id=one["id"])["directory"]["child"]
            assert album["id"] in ids_of(folder)
    assert len(songs) == N_ALL


def test_albums_are_listed_in_every_order(players: Served) -> None:
    def names(**parameters: Any) -> list[str]:
        found = ask(players, "getAlbumList2", size=500, **parameters)["albumList2"]
        return [one["name"] for one in found.get("album", [])]

    n = N_SONGS // 5 + 2
    for kind in ("random", "newest", "alphabeticalByName", "alphabeticalByArtist"):
        assert len(names(type=kind)) == n
    assert names(type="byYear", fromYear=2000, toYear=1990) == ["Own album"]
    assert names(type="byGenre", genre="jazz") == ["Own album"]
    for kind in ("starred", "frequent", "recent", "highest"):
        assert names(type=kind) == []
    assert failed(players, "getAlbumList2", type="nonsense") == 0
    assert failed(players, "getAlbumList2") == 10
    assert len(ask(players, "getAlbumList2", type="newest", offset=n - 1)["albumList2"]["album"]) == 1


def test_a_stored_playlist_is_a_playlist_in_its_order(players: Served) -> None:
    (one,) = ask(players, "getPlaylists")["playlists"]["playlist"]
    assert (one["name"], one["songCount"], one["readonly"]) == ("Mixtape", N_SONGS, True)
    assert ids_of(ask(players, "getPlaylist", id=one["id"])["playlist"]["entry"]) == [song.id for song in SONGS]


def test_a_file_is_streamed_with_ranges_and_downloaded(players: Served) -> None:
    whole = Path(str(players.recommender.track(OWN.id).track.path)).read_bytes()
    for method in ("stream", "stream.view", "download"):
        answer = players.get(f"/rest/{method}", **salted(), id=OWN.id, format="raw")
        assert (answer.status_code, answer.headers["content-type"]) == (200, "audio/flac")
        assert answer.content == whole
    part = players.http.get("/rest/stream", params={**salted(), "id": OWN.id}, headers={"Range": "bytes=10-19"})
    assert (part.status_code, part.content) == (206, whole[10:20])
    head = players.http.head("/rest/stream", params={**salted(), "id": OWN.id})
    assert (head.status_code, head.headers["content-length"]) == (200, str(len(whole)))
    behind = players.http.get("/rest/stream", params={**salted(), "id": OWN.id}, headers={"Range": "bytes=99999999-"})
    assert behind.status_code == 416
    assert failed(players, "stream", id=SONGS[1].id) == 70


def test_a_cover_is_that_of_a_song_or_of_an_album_or_artist_with_one(players: Served) -> None:
    found = ask(players, "getSong", id=OWN.id)["song"]
    for id_ in (found["coverArt"], found["albumId"], found["artistId"]):
        answer = players.get("/rest/getCoverArt", **salted(), id=id_, size=48)
        assert answer.headers["content-type"] == "image/jpeg"
        assert answer.content.startswith(b"\xff\xd8\xff")
    assert failed(players, "getCoverArt", id=SONGS[1].id) == 70
    assert failed(players, "getCoverArt", id="nothing") == 70


@pytest.mark.parametrize(
    ("method", "parameters", "code"),
    [
        ("getSonicSimilarTracks", {}, 10),
        ("findSonicPath", {"startSongId": SONGS[0].id}, 10),
        ("getSimilarSongs2", {"id": ""}, 10),
        ("search3", {}, 10),
        ("getSonicSimilarTracks", {"id": "nothing"}, 70),
        ("findSonicPath", {"startSongId": SONGS[0].id, "endSongId": "nothing"}, 70),
        ("getSimilarSongs", {"id": "ar-nothing"}, 70),
        ("getArtist", {"id": OWN.id}, 70),
        ("getAlbum", {"id": "../../etc/passwd"}, 70),
        ("getSong", {"id": "\x00'; drop table track;--"}, 70),
        ("getPlaylist", {"id": "pl-0"}, 70),
        ("stream", {"id": "/etc/passwd"}, 70),
        ("getSonicSimilarTracks", {"id": SONGS[0].id, "count": "many"}, 0),
        ("getSonicSimilarTracks", {"id": SONGS[0].id, "count": "9" * 5000}, None),
        ("createPlaylist", {"name": "x"}, 0),
        ("startScan", {}, 0),
        ("../v1/session", {}, None),
        ("%00", {}, 0),
    ],
)
def test_what_cannot_be_answered_fails_with_the_code_of_the_protocol(
    players: Served, method: str, parameters: dict[str, str], code: int | None
) -> None:
    response = players.get(f"/rest/{method}", **salted(), f="json", **parameters)
    assert response.status_code < 500
    assert "Traceback" not in response.text
    if code is not None:
        assert code_of(response) == code


def test_a_form_with_too_much_in_it_is_refused(players: Served) -> None:
    many = "&".join(f"a{n}=1" for n in range(2000))
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    assert code_of(players.http.post("/rest/ping?f=json", content=many, headers=headers)) == 0
    assert players.http.post("/rest/ping?f=json", content="a=" + "x" * 200_000, headers=headers).status_code == 413
    assert code_of(players.http.post("/rest/ping?f=json", content=b"\xff\xfe=%ff&u", headers=headers)) == 10


def test_pages_of_other_sites_and_strange_hosts_are_refused_before_anything(players: Served) -> None:
    def status(**headers: str) -> int:
        wanted = {name.replace("_", "-"): value for name, value in headers.items()}
        return players.http.get("/rest/ping", params=salted(), headers=wanted).status_code

    assert status(Host="evil.example") == 421
    assert status(Sec_Fetch_Site="cross-site", Sec_Fetch_Mode="no-cors") == 403
    posted = players.http.post("/rest/ping", data=salted(), headers={"Origin": "https://evil.example"})
    assert posted.status_code == 403


def test_no_answer_names_a_place_on_the_server(players: Served) -> None:
    place = str(players.recommender.settings.data_path)
    for method, parameters in every_method(players).items():
        assert place not in str(ask(players, method, **parameters))
