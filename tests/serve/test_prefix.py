"""Behind a reverse proxy that puts a path before the service: the API, players and plugins, and the page."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import httpx
import pytest

from support.catalogue import CHOI, song
from support.pages import Show, ids, titles
from support.players import TOKEN, salted
from support.proxy import proxied
from support.servers import FakeDeezer, serving
from support.service import Served, served

PREFIX = "/music/"
SEED = song(3).id


@pytest.fixture(scope="module")
def behind(catalogue: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of the catalogue, served with a token behind a proxy."""
    folder = tmp_path_factory.mktemp("behind") / "data"
    shutil.copytree(catalogue, folder)
    with serving(FakeDeezer()) as deezer:
        settings = {"ears": [str(CHOI)], "deezer_api_url": deezer.url}
        with served(folder, settings, token=TOKEN, crawl=True) as service, proxied(service.url, PREFIX) as url:
            yield url + PREFIX.rstrip("/")


@pytest.fixture
def http(behind: str) -> Iterator[httpx.Client]:
    with httpx.Client(headers={"Authorization": f"Bearer {TOKEN}"}, timeout=60) as client:
        yield client


def test_the_address_of_a_job_is_below_the_path(behind: str, http: httpx.Client) -> None:
    queued = http.post(f"{behind}/v1/crawl", json={"link": "https://www.deezer.com/track/3135556"})
    assert queued.status_code == 202
    job = http.get(queued.url.join(queued.headers["location"]))
    assert (job.status_code, job.json()["id"]) == (200, queued.json()["id"])
    with http.stream("GET", f"{job.url}/events") as events:
        first = next(line for line in events.iter_lines() if line.startswith("data: "))
    assert json.loads(first.removeprefix("data: "))["id"] == queued.json()["id"]


def test_programs_players_and_plugins_ask_below_the_path(behind: str, http: httpx.Client) -> None:
    assert http.get(f"{behind}/v1/recommendations", params={"track": SEED, "limit": 3}).json()["results"]
    pinged = http.get(f"{behind}/rest/ping.view", params={**salted(), "f": "json"}).json()
    assert pinged["subsonic-response"]["status"] == "ok"
    assert len(http.get(f"{behind}/api/similar_tracks", params={"item_id": SEED, "n": 4}).json()) == 4


def test_the_page_works_below_the_path(behind: str, show: Show) -> None:
    page = show(f"?track={quote(SEED)}", at=behind, refused=(401,))
    page.fill("#token", TOKEN)
    page.keyboard.press("Enter")
    before = ids(page)
    assert len(before) == 20
    (cookie,) = page.context.cookies()
    assert cookie["path"] == PREFIX  # other services of this host do not get it
    page.reload()
    assert ids(page) == before
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.wait_for_function("id => new URLSearchParams(location.search).get('track') === id", arg=before[0])
    assert page.evaluate("location.pathname") == PREFIX
    assert page.evaluate("fetch('openapi.json').then((answer) => answer.status)") == 200
    assert titles(page)


def test_the_path_without_its_slash_leads_to_the_page(behind: str, http: httpx.Client) -> None:
    assert http.get(behind, follow_redirects=True).text.startswith("<!doctype html>")


STRANGE = ("music/", "/music", "/a;b/", "/a b/", "//", "/\u00fc/", "/a/\n", "/" + "x" * 300 + "/")


@pytest.mark.parametrize("path", STRANGE)
def test_a_cookie_is_for_a_path_and_nothing_else(players: Served, path: str) -> None:
    answer = players.http.post("/v1/session", json={"token": TOKEN, "path": path})
    assert answer.status_code == 422
    assert "set-cookie" not in answer.headers
