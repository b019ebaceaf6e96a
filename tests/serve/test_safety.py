"""Whom the service answers, how much, and what it never says."""

import json
import shutil
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from spotrec.errors import UsageError
from spotrec.serve.options import ServeOptions
from spotrec.serve.problems import without_paths
from spotrec.serve.safety.hosts import is_allowed as is_host_allowed
from spotrec.serve.safety.hosts import named_host
from spotrec.serve.safety.limits import Rates
from spotrec.serve.safety.origins import named_origin
from spotrec.serve.server import check_access
from spotrec.store import FeatureStore
from spotrec.track import Collection, CollectionKind
from support.catalogue import fill, scattered, song, songs
from support.players import OWN, code_of, salted
from support.players import TOKEN as PLAYERS_TOKEN
from support.service import Served, served

TOKEN = "planted-token"


@pytest.fixture(scope="module")
def guarded(catalogue: Path) -> Iterator[Served]:
    """A service with a token."""
    with served(catalogue, token=TOKEN, origins=("https://friend.example",)) as running:
        yield running


def test_other_machines_are_answered_only_with_a_token_or_on_purpose() -> None:
    for host in ("0.0.0.0", "192.168.1.5", "::", "music.lan"):
        with pytest.raises(UsageError, match="need a token"):
            check_access(ServeOptions(host=host), no_auth=False)
        check_access(ServeOptions(host=host), no_auth=True)
        check_access(ServeOptions(host=host, token="x"), no_auth=False)
    for host in ("127.0.0.1", "localhost", "::1"):
        check_access(ServeOptions(host=host), no_auth=False)


@pytest.mark.parametrize("host", ["evil.example", "evil.example:8765", "", "127.0.0.1.evil.example", "localhost.evil"])
def test_a_page_whose_name_leads_here_reads_nothing(host: str, service: Served) -> None:
    answer = service.http.get("/v1/collections", headers={"Host": host})
    assert answer.status_code in (400, 421)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost:80", "[::1]:8765", "192.168.0.7:8765", "Music.Lan."])
def test_addresses_and_names_that_were_given_are_answered(host: str) -> None:
    assert is_host_allowed(host, {"music.lan"})


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        ("https://Friend.example", "https://friend.example"),
        ("https://friend.example/", "https://friend.example"),
        ("http://friend.example:8080", "http://friend.example:8080"),
        ("file://", "file://"),
        ("app://feishin", "app://feishin"),
    ],
)
def test_an_origin_is_understood_as_browsers_send_it(given: str, meant: str) -> None:
    assert named_origin(given) == meant


@pytest.mark.parametrize(
    "given", ["", "*", "null", "friend.example", "https://friend.example/page", "https://*.example"]
)
def test_what_no_browser_sends_as_an_origin_is_refused_at_the_start(given: str) -> None:
    with pytest.raises(UsageError, match="not the origin of a web site"):
        named_origin(given)


def test_the_name_of_the_server_is_given_with_or_without_a_port() -> None:
    assert [named_host(one) for one in ("Music.Lan", "music.lan:8765", "music.lan.")] == ["music.lan"] * 3
    for wrong in ("", "https://music.lan", "music.lan/page", "*", "*.lan", ":80"):
        with pytest.raises(UsageError, match="not the name of a host"):
            named_host(wrong)


class TestPagesOfOtherSites:
    @pytest.mark.parametrize(
        "headers",
        [
            {"Origin": "https://evil.example"},
            {"Origin": "null"},
            {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors"},
        ],
        ids=str,
    )
    def test_they_change_nothing(self, headers: dict[str, str], service: Served) -> None:
        for path in ("/v1/hear", "/v1/crawl", "/v1/session"):
            answer = service.http.post(path, headers=headers, json={"link": "x", "token": "x"})
            assert (answer.status_code, answer.json()["title"]) == (403, "Pages of other sites may not do this")

    def test_they_neither_embed_nor_read(self, service: Served) -> None:
        embedding = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors"}
        assert service.http.get("/v1/collections", headers=embedding).status_code == 403
        answer = service.http.get("/v1/collections", headers={"Origin": "https://evil.example"})
        assert "access-control-allow-origin" not in answer.headers

    def test_they_may_link_to_the_page(self, service: Served) -> None:
        clicked = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}
        assert service.http.get("/", headers=clicked).status_code == 200

    def test_one_that_is_named_may_use_the_api(self, guarded: Served) -> None:
        headers = {
            "Origin": "https://friend.example",
            "Authorization": f"Bearer {TOKEN}",
            "Sec-Fetch-Site": "cross-site",
        }
        answer = guarded.http.get("/v1/collections", headers=headers)
        assert answer.headers["access-control-allow-origin"] == "https://friend.example"
        asks = {"Origin": "https://friend.example", "Access-Control-Request-Method": "POST"}
        assert guarded.http.options("/v1/hear", headers=asks).status_code == 200
        other = headers | {"Origin": "https://evil.example"}
        assert guarded.http.get("/v1/collections", headers=other).status_code == 403

    def test_one_that_is_named_may_show_pictures_and_play(self, guarded: Served) -> None:
        shown = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors"}
        path = f"/rest/ping?u=spotrec&p={TOKEN}&f=json"
        for referer, status in (
            ("https://friend.example/", 200),
            ("https://friend.example", 200),
            ("https://friend.example.evil/", 403),
            ("https://evil.example/https://friend.example/", 403),
            ("http://friend.example/", 403),
            ("friend.example", 403),
            ("", 403),
        ):
            assert guarded.http.get(path, headers={**shown, "Referer": referer}).status_code == status, referer
        changing = {**shown, "Referer": "https://friend.example/"}
        assert guarded.http.post("/v1/session", headers=changing, json={"token": "x"}).status_code == 403


class TestTheToken:
    @pytest.mark.parametrize(
        "headers",
        [
            {},
            {"Authorization": "Bearer wrong"},
            {"Authorization": f"Basic {TOKEN}"},
            {"Authorization": "Bearer ä".encode()},
            {"Cookie": f"spotrec={TOKEN}"},
            {"Cookie": "spotrec=; x"},
        ],
        ids=str,
    )
    def test_without_it_nothing_is_answered(self, headers: dict[str, Any], guarded: Served) -> None:
        with httpx.Client(base_url=guarded.url) as http:
            for path in ("/v1/collections", f"/v1/recommendations?track={song(1).id}", "/metrics", "/openapi.json",
                         f"/v1/tracks/{song(1).id}/cover", "/v1/map"):  # fmt: skip
                answer = http.get(path, headers=headers)
                assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer"), path

    def test_with_it_everything_is(self, guarded: Served) -> None:
        answer = guarded.http.get("/v1/collections", headers={"Authorization": f"Bearer {TOKEN}"})
        assert answer.status_code == 200

    def test_the_page_and_the_signs_of_life_need_none(self, guarded: Served) -> None:
        for path in ("/", "/healthz", "/readyz", "/v1/session"):
            assert guarded.get(path).status_code == 200

    def test_the_page_gets_a_cookie_for_it_that_does_not_hold_it(self, guarded: Served) -> None:
        with httpx.Client(base_url=guarded.url) as http:
            assert http.post("/v1/session", json={"token": "wrong"}).status_code == 401
            answer = http.post("/v1/session", json={"token": TOKEN})
            assert answer.status_code == 204
            assert TOKEN not in answer.headers["set-cookie"]
            assert "HttpOnly" in answer.headers["set-cookie"]
            assert "samesite=strict" in answer.headers["set-cookie"].lower()
            assert http.get("/v1/collections").status_code == 200


class TestLimits:
    def test_a_client_that_asks_too_often_waits(self, catalogue: Path) -> None:
        with served(catalogue, rate=1) as service:
            assert [service.get("/healthz").status_code for _ in range(10)] == [200] * 10
            asked_on = (service.get("/healthz") for _ in range(1_000))
            refused = next(answer for answer in asked_on if answer.status_code != 200)
        assert refused.status_code == 429
        assert refused.headers["retry-after"] == "1"

    def test_a_player_that_reads_a_whole_library_is_slowed_down_and_misses_nothing(self, catalogue: Path) -> None:
        with served(catalogue, rate=2) as service:
            answers = [service.get("/rest/getAlbumList2", type="newest", f="json") for _ in range(24)]
        assert {one.status_code for one in answers} == {200}

    def test_so_many_wait_as_can_be_answered_while_they_have_patience(self) -> None:
        rates = Rates(2)
        waits = [rates.take("player", 5.0) for _ in range(40)]
        assert waits[:20] == [0.0] * 20
        assert all(0 < one <= 5 for one in waits[20:30])
        assert waits[20:30] == sorted(waits[20:30])
        assert all(one > 5 for one in waits[31:])

    def test_others_do_not_wait_for_it(self) -> None:
        rates = Rates(1)
        assert [bool(rates.take("greedy")) for _ in range(12)] == [False] * 10 + [True] * 2
        assert not rates.take("other")

    @pytest.mark.parametrize("declared", [True, False], ids=["with its length", "without"])
    def test_a_body_that_is_too_large_is_refused(self, declared: bool, catalogue: Path) -> None:
        with served(catalogue, max_upload_mb=1) as service:
            body: Any = bytes(1_000_001) if declared else iter([bytes(600_000)] * 2)
            answer = service.http.post("/v1/hear", content=body)
            assert (answer.status_code, answer.json()["title"]) == (413, "The body is too large")
            assert service.http.post("/v1/session", content=bytes(200_000)).status_code == 413

    def test_a_body_that_comes_too_slowly_is_refused(self, catalogue: Path) -> None:
        with served(catalogue, timeout_s=0.3) as service:
            address = urlsplit(service.url)
            with socket.create_connection((address.hostname, address.port), 10) as slow:
                slow.sendall(f"POST /v1/hear HTTP/1.1\r\nHost: {address.netloc}\r\nContent-Length: 9\r\n\r\nx".encode())
                assert slow.recv(1000).startswith(b"HTTP/1.1 408")

    def test_an_address_that_is_too_long_is_refused(self, service: Served) -> None:
        assert service.get("/v1/tracks", q="x" * 20_000).status_code == 414


class TestWhatIsNeverSaid:
    def test_the_policy_allows_no_script_but_the_pages_own(self, service: Served) -> None:
        for path in ("/", "/v1/collections", "/nowhere", "/v1/recommendations"):
            headers = service.get(path).headers
            policy = headers["content-security-policy"]
            assert "default-src 'none'; script-src 'self';" in policy
            assert "unsafe" not in policy
            assert headers["x-content-type-options"] == "nosniff"
            assert headers["x-frame-options"] == "DENY"
            assert "server" not in headers

    @pytest.mark.parametrize(
        "path",
        ["/etc/passwd", "~/.ssh/id_rsa", "../../etc/passwd", "file:///etc/passwd", "folder:/etc", "collection:/etc",
         "playlist:x:/etc/passwd", "C:\\Windows\\x.mp3", "/proc/self/environ", "./spotrec.db"],
    )  # fmt: skip
    def test_a_path_names_nothing(self, path: str, service: Served) -> None:
        for option in ("track", "unlike", "collection", "exclude_known"):
            seed = {} if option == "track" else {"track": song(1).id}
            answer = service.get("/v1/recommendations", **seed, **{option: path})
            assert answer.status_code in (400, 404), (option, answer.text)
        assert service.get("/v1/journey", start=path, end=song(1).id).status_code in (400, 404)

    def test_a_file_of_the_machine_is_no_seed(self, service: Served, catalogue: Path, tmp_path: Path) -> None:
        for path in (catalogue / "spotrec.db", tmp_path):
            assert service.get("/v1/recommendations", track=str(path)).status_code in (400, 404)

    def test_no_answer_names_a_place_on_the_machine(self, catalogue: Path, tmp_path: Path) -> None:
        shutil.copytree(catalogue, tmp_path / "data")
        secret = tmp_path / "private folder"
        folder = Collection(f"folder:{secret}", CollectionKind.FOLDER, "Music", None)
        tracks = songs(200, 204, path=str(secret / "a song.mp3"), url="javascript:alert(1)")
        with FeatureStore(tmp_path / "data" / "spotrec.db") as store:
            fill(store, tracks, scattered(4), listed_in=folder)
        with served(tmp_path / "data") as service:
            (web,) = [one["id"] for one in service.json("/v1/collections") if one["kind"] == "folder"]
            inside = service.json("/v1/recommendations", track=song(1).id, collection=web)["results"]
            assert {one["track_id"] for one in inside} == {one.id for one in tracks}
            track, other = f"/v1/tracks/{song(200).id}", song(1).id
            asked = "/v1/recommendations?track="
            paths = ["/v1/collections", "/v1/tracks?q=song+20", track, f"{track}/preview", f"{track}/cover"]
            paths += [f"{asked}{name}" for name in (song(200).id, web, f"collection:{web}", "collection:Music")]
            paths += [f"/v1/journey?start={song(200).id}&end={other}", "/metrics", "/readyz", "/openapi.json"]
            for path in paths:
                text = service.get(path).text
                for private in ("private folder", str(tmp_path), "javascript:", "Traceback", "/home/"):
                    assert private not in text, path

    def test_a_broken_store_shows_no_trace(
        self, catalogue: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
    ) -> None:
        shutil.copytree(catalogue, tmp_path / "data")
        with served(tmp_path / "data") as service:
            for file in (tmp_path / "data" / "index").rglob("current"):
                file.write_text("nothing\n")
            problem = service.problem("/v1/recommendations", 503, track=song(1).id)
            assert problem["detail"] == "the server has no index that it can search"
            assert service.problem("/readyz", 503)["hint"].startswith("ask whoever runs this server")
        assert str(tmp_path) not in caplog.text

    @pytest.mark.parametrize(
        ("said", "told"),
        [
            ("/home/me/My Music/a b.mp3 no longer exists", "…"),
            ("the store /var/x.db is damaged: disk", "the store …: disk"),
            ("deezer: it is at https://api.deezer.com/track/1", "deezer: it is at https://api.deezer.com/track/1"),
            ("folder:/home/me", "folder:…"),
            ("AC/DC and 1/2", "AC/DC and 1/2"),
        ],
    )
    def test_paths_are_cut_out_of_messages(self, said: str, told: str) -> None:
        assert without_paths(said) == told


HOSTILE = [
    "<script>alert(1)</script>",
    "\u202egnp.exe \u2066\u2067",
    "a\x00b\x07\x1b[31m\x85",
    "x" * 10_000,
    '"};alert(1);//',
    "\\u003c/script\\u003e\r\nSet-Cookie: a=b",
    "{{7*7}} ${7*7} %0d%0a",
    "\ud800 lone",
]


def test_hostile_titles_inject_nothing(tmp_path: Path, catalogue: Path) -> None:
    shutil.copytree(catalogue, tmp_path / "data")
    hostile = [song(300 + i, title, title[:200], album=title, genre=title) for i, title in enumerate(HOSTILE)]
    with FeatureStore(tmp_path / "data" / "spotrec.db") as store:
        fill(store, hostile, scattered(len(hostile), 5), listed_in=Collection("x", CollectionKind.PLAYLIST, HOSTILE[0]))
    with served(tmp_path / "data") as service:
        for track in hostile:
            for path in (f"/v1/tracks/{track.id}", f"/v1/recommendations?track={track.id}&limit=100"):
                answer = service.get(path)
                assert answer.status_code == 200
                assert answer.headers["content-type"] == "application/json"
                json.loads(answer.content.decode("utf-8", "strict"))
                assert "set-cookie" not in answer.headers
        for title in HOSTILE[:-1]:
            for path in ("/v1/recommendations", "/v1/tracks"):
                answer = service.get(path, **{"track" if path.endswith("ons") else "q": title[:150]})
                assert answer.status_code < 500
                assert "json" in answer.headers["content-type"]


class TestMethods:
    """HEAD is GET without the body, and a wrong method is told as one."""

    def test_head_has_the_headers_of_get_and_no_body(self, players: Served) -> None:
        signed = {"Authorization": f"Bearer {PLAYERS_TOKEN}"}
        own = f"/v1/tracks/{OWN.id}"
        for path in ("/", "/main.js", "/healthz", "/readyz", "/v1/collections", own, f"{own}/preview", f"{own}/cover",
                     f"/v1/recommendations?track={OWN.id}", "/v1/session", "/v1/tracks/nothing", "/v1/nothing",
                     "/api/similar_tracks?item_id=tr-3", "/rest/ping"):  # fmt: skip
            got = players.http.get(path, headers=signed)
            head = players.http.head(path, headers=signed)
            assert (head.status_code, head.content) == (got.status_code, b""), path
            for name in ("content-type", "content-length", "etag", "content-security-policy"):
                assert head.headers.get(name) == got.headers.get(name), (path, name)
        counted = players.http.get("/metrics", headers=signed).text
        assert 'method="HEAD",route="/v1/collections",status="200"' in counted

    def test_head_needs_the_token_too(self, players: Served) -> None:
        assert players.http.head("/v1/collections").status_code == 401

    def test_a_method_that_a_path_does_not_take_is_told_as_that(self, service: Served) -> None:
        for method, path, allowed in (
            ("GET", "/v1/hear", "POST"),
            ("HEAD", "/v1/heard", "POST"),
            ("PUT", "/v1/collections", "GET"),
            ("POST", "/v1/recommendations", "GET"),
            ("DELETE", "/rest/ping", "GET"),
            ("POST", "/api/similar_tracks", "GET"),
        ):
            answer = service.http.request(method, path)
            assert answer.status_code == 405, (method, path)
            assert allowed in answer.headers["allow"], (method, path)
        for path in ("/v1/collections/", "/v1/", "/v1/nothing", "/nothing", "/api/nothing"):
            assert service.get(path).status_code == 404, path


class TestEachProtocolTellsItsOwnErrors:
    """Whatever refuses a request: the gate, a method that is not there, or what answers."""

    def test_of_the_plugins(self, players: Served) -> None:
        signed = {"Authorization": f"Bearer {PLAYERS_TOKEN}"}
        none: dict[str, str] = {}
        for path, headers, status in (
            ("/api/similar_tracks?item_id=tr-3", none, 401),
            ("/api/similar_tracks?item_id=tr-3", {"Host": "evil.example"}, 421),
            ("/api/similar_tracks?item_id=" + "x" * 17_000, signed, 414),
            ("/api/similar_tracks", signed, 400),
            ("/api/alchemy", signed, 404),
        ):
            answer = players.http.get(path, headers=headers)
            assert (answer.status_code, list(answer.json())) == (status, ["error"]), path[:50]
        answer = players.http.post("/api/similar_tracks", headers=signed)
        assert (answer.status_code, list(answer.json())) == (405, ["error"])

    def test_of_players(self, players: Served, catalogue: Path) -> None:
        for path in ("/rest/", "/rest/a/b", "/rest/nothing.view", "/rest/..%2Fv1%2Fsession"):
            answer = players.get(path, **salted(), f="json")
            assert (answer.status_code, code_of(answer)) == (200, 0), path
        refused = players.http.get("/rest/ping?f=json", headers={"Host": "evil.example"})
        assert (refused.status_code, refused.json()["subsonic-response"]["status"]) == (421, "failed")
        with served(catalogue, rate=1) as service, ThreadPoolExecutor(20) as at_once:
            answers = list(at_once.map(lambda _: service.get("/rest/ping"), range(20)))
        refused = next(one for one in answers if one.status_code != 200)
        assert refused.status_code == 429
        assert int(refused.headers["retry-after"]) >= 5
        assert refused.headers["content-type"] == "text/xml; charset=utf-8"
        assert b'status="failed"' in refused.content
        behind = players.http.get(
            "/rest/stream", params={**salted(), "id": OWN.id, "f": "json"}, headers={"Range": "bytes=99999999-"}
        )
        assert (behind.status_code, behind.json()["subsonic-response"]["status"]) == (416, "failed")
        assert behind.headers["content-range"].startswith("bytes */")
