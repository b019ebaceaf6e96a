"""Real clients of players: py-opensonic (PyPI), and subsonic-api (npm) on Node."""

import json
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from support.catalogue import songs_by_artists
from support.players import HOSTILE, OWN, TOKEN, USER, fill_for_players
from support.service import N_SONGS, Served, served

libopensonic = pytest.importorskip("libopensonic", reason="py-opensonic is not here")

SONGS = songs_by_artists(N_SONGS)


def connected(service: Served, **options: Any) -> Any:
    parts = urlsplit(service.url)
    known = {} if "api_key" in options else {"username": USER, "password": TOKEN}
    return libopensonic.Connection(f"http://{parts.hostname}", port=parts.port, **{**known, **options})


@pytest.fixture(
    params=[{}, {"use_get": True}, {"use_views": False}, {"legacy_auth": True}, {"api_key": TOKEN}],
    ids=["form", "address", "without .view", "password", "API key"],
)
def opensonic(players: Served, request: pytest.FixtureRequest) -> Iterator[Any]:
    """py-opensonic, signed in in each of its ways."""
    connection = connected(players, **request.param)
    yield connection
    connection.cleanup()


def test_py_opensonic_signs_in_finds_a_song_and_gets_similar_ones(opensonic: Any) -> None:
    assert opensonic.ping()
    names = {one.name for one in opensonic.get_open_subsonic_extensions()}
    assert {"sonicSimilarity", "formPost", "apiKeyAuthentication"} <= names
    (found,) = opensonic.search3("own").song
    assert (found.id, found.title, found.suffix) == (OWN.id, "Own", "flac")
    similar = opensonic.get_sonic_similar_tracks(found.id, count=5)
    assert len(similar) == 5
    assert all(0 <= one.similarity <= 1 and one.entry.title for one in similar)
    path = opensonic.find_sonic_path(SONGS[0].id, SONGS[50].id, count=6)
    assert [path[0].entry.id, path[-1].entry.id, len(path)] == [SONGS[0].id, SONGS[50].id, 6]


def test_py_opensonic_browses_and_plays(players: Served) -> None:
    client = connected(players)
    try:
        assert client.get_license()["license"]["valid"]
        assert client.token_info().username == USER
        assert client.get_user(USER).stream_role
        artist = next(one for group in client.get_artists().index for one in group.artist if one.name == "Owner")
        (album,) = client.get_artist(artist.id).album
        (song,) = client.get_album(album.id).song
        assert song.id == OWN.id
        assert client.get_song(HOSTILE.id).title == HOSTILE.title
        assert client.get_album_list2("newest", size=3)
        assert client.get_genres()[0].value
        assert len(client.get_similar_songs(song.id, count=7)) == 7
        assert len(client.get_similar_songs2(artist.id, count=7)) == 7
        assert client.get_artist_info2(artist.id).similar_artist
        (playlist,) = client.get_playlists()
        assert len(client.get_playlist(playlist.id).entry) == N_SONGS
        assert client.get_scan_status().count == N_SONGS + 2
        assert len(client.get_random_songs(size=4)) == 4
        assert client.get_indexes().index
        assert client.get_music_directory(artist.id).child
        assert client.stream(song.id).headers["content-type"] == "audio/flac"
        assert client.get_cover_art(song.cover_art).headers["content-type"] == "image/jpeg"
    finally:
        client.cleanup()


def test_music_assistant_reads_the_library_and_notes_what_is_played(catalogue: Path, tmp_path: Path) -> None:
    """What its provider `opensubsonic` does with py-opensonic: pages until one is empty, favourites, plays."""
    shutil.copytree(catalogue, tmp_path / "data")
    fill_for_players(tmp_path / "data")
    with served(tmp_path / "data", token=TOKEN) as service:
        client = connected(service, use_get=True, app_name="Music Assistant")
        try:
            assert client.ping()
            albums: list[Any] = []
            while page := client.get_album_list2("alphabeticalByArtist", size=5, offset=len(albums)):
                albums += page
            assert len({one.id for one in albums}) == N_SONGS // 5 + 2
            songs: list[Any] = []
            while page := client.search3("", artist_count=0, album_count=0, song_count=25, song_offset=len(songs)).song:
                songs += page
            assert len({one.id for one in songs}) == N_SONGS + 2
            for ask in (client.get_podcasts, client.get_internet_radio_stations, client.get_bookmarks,
                        client.get_newest_podcasts):  # fmt: skip
                assert not ask()
            assert not client.get_top_songs("Owner")
            assert client.star(sids=[OWN.id], album_ids=[albums[0].id], artist_ids=[albums[1].artist_id])
            starred = client.get_starred2()
            assert [len(starred.song), len(starred.album), len(starred.artist)] == [1, 1, 1]
            assert client.get_song(OWN.id).starred
            assert client.get_album(albums[0].id).starred
            assert [one.id for one in client.get_album_list2("starred")] == [albums[0].id]
            assert client.scrobble(OWN.id, submission=False)
            assert not client.get_album_list2("recent")
            assert client.scrobble(OWN.id, submission=True, listen_time=1_764_500_000)
            assert [one.name for one in client.get_album_list2("recent")] == ["Own album"]
            assert client.unstar(sids=[OWN.id])
            assert client.get_song(OWN.id).starred is None
        finally:
            client.cleanup()


def test_py_opensonic_is_told_what_is_wrong(players: Served) -> None:
    client, stranger = connected(players), connected(players, password="wrong")
    try:
        with pytest.raises(libopensonic.errors.DataNotFoundError):
            client.get_song("nothing")
        with pytest.raises(libopensonic.errors.CredentialError):
            stranger.ping()
    finally:
        client.cleanup()
        stranger.cleanup()


# -- Node ---------------------------------------------------------------------------------------------------

_SCRIPT = """
import { SubsonicAPI } from "subsonic-api";
const [url, password, own, start, end] = process.argv.slice(2);
const answers = [];
for (const post of [false, true]) {
  const api = new SubsonicAPI({ url, post, auth: { username: "spotrec", password } });
  const keyed = new SubsonicAPI({ url, post, auth: { apiKey: password } });
  answers.push({
    ping: (await api.ping()).status,
    keyed: (await keyed.ping()).status,
    extensions: (await api.getOpenSubsonicExtensions()).openSubsonicExtensions.map((one) => one.name),
    song: (await api.search3({ query: "own" })).searchResult3.song[0].id,
    added: (await api.getAlbumList2({ type: "newest" })).albumList2.album[0].created instanceof Date,
    similar: (await api.getSimilarSongs2({ id: own, count: 5 })).similarSongs2.song.length,
    sonic: (await api.customJSON("getSonicSimilarTracks", { id: own, count: 4 })).sonicMatch,
    path: (await api.customJSON("findSonicPath", { startSongId: start, endSongId: end, count: 5 })).sonicMatch,
    bytes: (await (await api.stream({ id: own, format: "raw" })).arrayBuffer()).byteLength,
    missing: (await api.getSong({ id: "nothing" })).error.code,
    played: (await api.scrobble({ id: own, submission: true })).status,
    end: (await api.getAlbumList2({ type: "newest", offset: 9999 })).albumList2.album ?? "none",
  });
}
console.log(JSON.stringify(answers));
"""


@pytest.fixture(scope="session")
def node_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with subsonic-api; skips where Node or npm's registry is not there."""
    if not (shutil.which("node") and shutil.which("npm")):
        pytest.skip("Node is not installed")
    folder = tmp_path_factory.mktemp("node")
    (folder / "package.json").write_text('{"type": "module", "private": true}')
    try:
        install = ["npm", "install", "--no-audit", "--no-fund", "--ignore-scripts", "subsonic-api@3"]
        subprocess.run(install, cwd=folder, capture_output=True, check=True, timeout=60)
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired):
        pytest.skip("npm's registry does not answer")
    (folder / "ask.js").write_text(_SCRIPT)
    return folder


def test_subsonic_api_on_node_gets_similar_songs_and_paths(players: Served, node_folder: Path) -> None:
    arguments = [players.url, TOKEN, OWN.id, SONGS[3].id, SONGS[44].id]
    done = subprocess.run(
        ["node", "ask.js", *arguments], cwd=node_folder, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    answers = json.loads(done.stdout)
    assert len(answers) == 2
    for one in answers:
        assert (one["ping"], one["keyed"], one["song"], one["added"]) == ("ok", "ok", OWN.id, True)
        assert "sonicSimilarity" in one["extensions"]
        assert (one["similar"], len(one["sonic"]), one["missing"]) == (5, 4, 70)
        assert [one["path"][0]["entry"]["id"], one["path"][-1]["entry"]["id"]] == [SONGS[3].id, SONGS[44].id]
        assert one["bytes"] > 1000
        assert (one["played"], one["end"]) == ("ok", "none")
