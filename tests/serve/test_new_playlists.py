"""Playlists that clients make with the accounts of whoever runs the service: on Spotify and on a music server."""

import json
import shutil
from pathlib import Path
from typing import Any

import jsonschema  # type: ignore[import-untyped] # it has no types
import pytest

from spotrec import Recommender
from spotrec.operations.as_json.playlists import PLAYLIST, PLAYLIST_TARGETS
from spotrec.store import FeatureStore
from support.browser import sign_in
from support.catalogue import CHOI, fill, scattered, song, songs_by_artists
from support.music import encoded, tune
from support.players import picture
from support.prepared import prepared
from support.servers import Answer
from support.service import Served, served
from support.spotify_accounts import FakeAccounts
from support.supysonic import PASSWORD, USER, is_installed, supysonic

N = 6


@pytest.fixture
def folder(tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Six songs of Spotify, and one that is only a file."""

    def make(folder: Path) -> None:
        with FeatureStore(folder / "spotrec.db") as store:
            fill(store, [*songs_by_artists(N), song(99, id="file:" + "0" * 32)], scattered(N + 1))
        with Recommender(data_dir=folder, ears=[str(CHOI)]) as recommender:
            recommender.index()

    shutil.copytree(prepared(tmp_path_factory, "six-songs", make), tmp_path, dirs_exist_ok=True)
    return tmp_path


@pytest.fixture
def signed_in(accounts: FakeAccounts, folder: Path, monkeypatch: pytest.MonkeyPatch) -> FakeAccounts:
    """A Spotify that Alice has signed in to, from the folder of the service."""
    monkeypatch.setenv("SPOTREC_DATA_DIR", str(folder))
    for n in range(N):
        accounts.add_track(n)
    sign_in()
    accounts.requests.clear()
    return accounts


def make(service: Served, **body: Any) -> Any:
    return service.http.post("/v1/playlists", json={"name": "Like that", **body})


IDS = [song(n).id for n in (3, 1, 2)]


def test_it_is_shown_first_and_then_made_in_order_once(signed_in: FakeAccounts, folder: Path) -> None:
    with served(folder, playlists=True) as service:
        targets = service.json("/v1/playlists")
        jsonschema.validate(targets, PLAYLIST_TARGETS.schema)
        assert targets == [{"to": "spotify", "name": "Spotify"}]
        tracks = [*IDS, "file:" + "0" * 32]
        planned = make(service, tracks=tracks).json()
        jsonschema.validate(planned, PLAYLIST.schema)
        assert (planned["is_done"], [one["track_id"] for one in planned["tracks"]]) == (False, IDS)
        assert [one["track_id"] for one in planned["left_out"]] == tracks[3:]
        assert signed_in.own_playlists() == []
        for _ in range(2):
            made = make(service, tracks=tracks, dry_run=False)
            assert made.status_code == 200, made.text
            jsonschema.validate(made.json(), PLAYLIST.schema)
            assert made.json()["is_done"]
        assert made.json()["url"].startswith("https://open.spotify.com/playlist/")
        assert [one["entries"] for one in signed_in.own_playlists()] == [[id_.rpartition(":")[2] for id_ in IDS]]


def test_a_server_makes_none_unless_it_is_allowed(signed_in: FakeAccounts, folder: Path) -> None:
    with served(folder) as service:
        assert service.json("/v1/session")["playlists"] is False
        assert service.json("/v1/playlists") == []
        answer = make(service, tracks=IDS, dry_run=False)
        assert (answer.status_code, answer.json()["type"]) == (403, "urn:spotrec:problem:no-playlists")
    assert signed_in.requests == []


def test_pages_of_other_sites_and_clients_without_the_token_make_none(signed_in: FakeAccounts, folder: Path) -> None:
    body = {"name": "Mine", "tracks": IDS, "dry_run": False}
    with served(folder, playlists=True, token="a-long-secret") as service:
        assert make(service, tracks=IDS, dry_run=False).status_code == 401
        assert service.get("/v1/playlists").status_code == 401
        service.http.headers["Authorization"] = "Bearer a-long-secret"
        for headers in ({"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}):
            assert service.http.post("/v1/playlists", json=body, headers=headers).status_code == 403
        plain = {"Content-Type": "text/plain"}  # what a form of another site may send
        assert service.http.post("/v1/playlists", content=json.dumps(body), headers=plain).status_code == 422
    assert signed_in.requests == []


def test_where_nobody_is_signed_in_it_says_so(folder: Path) -> None:
    with served(folder, playlists=True) as service:
        assert service.json("/v1/playlists") == []
        for to in ("spotify", "subsonic"):
            answer = make(service, tracks=IDS, to=to)
            assert (answer.status_code, answer.json()["type"]) == (404, "urn:spotrec:problem:no-account")


REFUSED: list[dict[str, Any]] = [
    {"tracks": []},
    {"tracks": ["x" * 300]},
    {"tracks": ["x"] * 1001},
    {"tracks": IDS, "name": "x" * 300},
    {"tracks": IDS, "name": " \n\u202e "},
    {"tracks": IDS, "to": "elsewhere"},
    {"tracks": ["/etc/passwd", "\ud800", "no such track"]},
    {"tracks": "abc"},
]


def test_what_is_no_playlist_is_refused_and_nothing_is_made(signed_in: FakeAccounts, folder: Path) -> None:
    with served(folder, playlists=True) as service:
        for body in REFUSED:
            sent = json.dumps({"name": "Like that", "dry_run": False, **body})  # a lone surrogate as JSON can have it
            answer = service.http.post("/v1/playlists", content=sent, headers={"Content-Type": "application/json"})
            assert 400 <= answer.status_code < 500, (body, answer.text)
            assert str(folder) not in answer.text, body
            assert signed_in.own_playlists() == [], body


def test_spotifys_failure_is_told_and_the_next_request_goes_on(signed_in: FakeAccounts, folder: Path) -> None:
    with served(folder, playlists=True) as service:
        signed_in.faults["/v1/me"] = [Answer({"error": {"status": 500, "message": "no"}}, 500)] * 20
        answer = make(service, tracks=IDS, dry_run=False)
        assert answer.status_code == 502
        assert "command" not in answer.json()["hint"]
        signed_in.faults.clear()
        assert make(service, tracks=IDS, dry_run=False).json()["is_done"]


@pytest.mark.skipif(not is_installed(), reason="supysonic is not installed")
def test_on_a_music_server_it_is_made_too(tmp_path: Path, weights: Path) -> None:
    music = tmp_path / "music"
    music.mkdir()
    for n in range(3):
        (music / f"tune {n}.flac").write_bytes(encoded(tune(n), "FLAC"))
    with supysonic(tmp_path / "server", music) as server:
        settings: dict[str, Any] = {
            "ears": ["choi"],
            "weights": weights,
            "subsonic_url": server.url,
            "subsonic_user": USER,
            "subsonic_password": PASSWORD,
        }
        with Recommender(data_dir=tmp_path / "data", **settings) as recommender:
            recommender.crawl(f"subsonic:{server.url}")
            ids = [one.track.id for one in recommender.tracks()]
        with served(tmp_path / "data", settings, playlists=True) as service:
            (target,) = service.json("/v1/playlists")
            assert target["to"] == "subsonic"
            for _ in range(2):
                made = make(service, tracks=ids, to="subsonic", dry_run=False).json()
                assert (made["is_done"], len(made["tracks"]), made["url"]) == (True, len(ids), None)
            assert made["was_there"] == len(ids)


@pytest.mark.skipif(not is_installed(), reason="supysonic is not installed")
def test_a_track_without_a_picture_in_its_file_has_the_servers_cover(tmp_path: Path) -> None:
    music = tmp_path / "music" / "Album"
    music.mkdir(parents=True)
    (music / "tune.flac").write_bytes(encoded(tune(1), "FLAC"))
    (music / "cover.jpg").write_bytes(picture(400, 300))
    with supysonic(tmp_path / "server", music.parent) as server:
        settings: dict[str, Any] = {
            "ears": ["choi"],
            "subsonic_url": server.url,
            "subsonic_user": USER,
            "subsonic_password": PASSWORD,
        }
        with Recommender(data_dir=tmp_path / "data", **settings) as recommender:
            recommender.crawl(f"subsonic:{server.url}")
            (one,) = recommender.tracks()
        for fetch, status in ((True, 200), (False, 404)):
            with served(tmp_path / "data", settings, fetch=fetch) as service:
                answer = service.get(f"/v1/tracks/{one.track.id}/cover", size=200)
                assert answer.status_code == status
                assert answer.headers["content-type"].startswith("image/") == fetch
