"""The page in a real browser: what a person sees, hears and does."""

import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from spotrec import Recommender
from spotrec.store import FeatureStore
from support.catalogue import CHOI, fill, scattered, songs_by_artists
from support.music import tune, write_tagged
from support.service import Served, served

BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
if BROWSER is None:
    pytest.skip("no Chromium here", allow_module_level=True)
playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not here")

HOSTILE = "</script><img src=x onerror='window.broken=1'>\u202egnp.exe\x07" + "W" * 10_000
SONGS = songs_by_artists(30)
FIRST = SONGS[0]
WIDE, NARROW = (1440, 900), (390, 844)
Open = Callable[..., Any]


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with thirty songs that can be played, one of them with a hostile title."""
    folder = tmp_path_factory.mktemp("page")
    files = [write_tagged(folder / "music" / f"{i}.flac", tune(i, 1.0)) for i in range(len(SONGS))]
    songs = [
        replace(song, path=str(file), bpm=100.0 + i) for i, (song, file) in enumerate(zip(SONGS, files, strict=True))
    ]
    songs[1] = replace(songs[1], title=HOSTILE, artists=(HOSTILE,), album=HOSTILE)
    with FeatureStore(folder / "spotrec.db") as store:
        fill(store, songs, scattered(len(songs)))
    with Recommender(data_dir=folder, ears=[str(CHOI)]) as recommender:
        recommender.index()
    return folder


@pytest.fixture(scope="module")
def service(data: Path) -> Iterator[Served]:
    with served(data) as running:
        yield running


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    with playwright.sync_playwright() as started:
        options = ["--no-sandbox", "--autoplay-policy=no-user-gesture-required"]
        browser = started.chromium.launch(executable_path=BROWSER, args=options)
        yield browser
        browser.close()


@pytest.fixture
def visit(chromium: Any, service: Served) -> Iterator[Open]:
    """Open the page at an address. A script's fault, or a request to another place, fails the test."""
    contexts: list[Any] = []
    faults: list[str] = []

    def visited(address: str = "/", size: tuple[int, int] = WIDE, at: str = service.url) -> Any:
        context = chromium.new_context(
            viewport=dict(zip(("width", "height"), size, strict=True)), reduced_motion="reduce"
        )
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(10_000)
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("console", lambda told: faults.append(told.text) if "Content Security Policy" in told.text else None)
        page.on("request", lambda asked: faults.append(asked.url) if not asked.url.startswith((at, "blob:")) else None)
        page.goto(at + address)
        return page

    yield visited
    for context in contexts:
        context.close()
    assert faults == []


def ids(page: Any) -> list[str]:
    """The ids of the rows, from the top."""
    page.wait_for_selector("#results:not([aria-busy]) > li")
    return list(page.eval_on_selector_all("#results > li", "rows => rows.map(row => row.dataset.id)"))


def playing(page: Any) -> str:
    page.wait_for_selector("#results > .playing:not(.paused)")
    return str(page.get_attribute("#results > .playing", "data-id"))


def test_typing_completes_and_arrows_choose(visit: Open) -> None:
    page = visit()
    page.fill("#words", "song 7")
    page.wait_for_selector("[role=option]")
    page.keyboard.press("ArrowDown")
    assert page.get_attribute("#words", "aria-activedescendant")
    page.keyboard.press("Enter")
    assert len(ids(page)) == 29
    assert page.inner_text(".seed-title") == "Song 7"


def test_a_link_reproduces_the_list(visit: Open) -> None:
    page = visit(f"/?track={FIRST.id}&bpm=105..120&max_per_artist=2")
    before = ids(page)
    page.click(f"#results > li >> nth=1 >> button[aria-label^='Less like']")
    page.wait_for_function(
        "first => document.querySelector('#results > li').dataset.id && location.search.includes('unlike')", arg=None
    )
    page.wait_for_selector(".chip.less")
    refined = ids(page)
    assert before[1] not in refined
    assert ids(visit(page.url.removeprefix(page.evaluate("location.origin")))) == refined
    page.go_back()
    page.wait_for_function("n => document.querySelectorAll('#results > li').length === n", arg=len(before))
    page.wait_for_selector(".chip.less", state="detached")
    assert ids(page) == before


def test_a_click_plays_and_the_player_goes_on_to_the_next(visit: Open) -> None:
    page = visit(f"/?track={FIRST.id}")
    rows = ids(page)
    page.click("#results > li >> nth=0 >> .row-play")
    assert playing(page) == rows[0]
    page.wait_for_selector(f"#results > .playing[data-id='{rows[1]}']")  # the first one lasts a second


def test_keys_move_play_refine_and_go_on(visit: Open) -> None:
    page = visit(f"/?track={FIRST.id}")
    rows = ids(page)
    for key in "jjk j":
        page.keyboard.press("Space" if key == " " else key)
    assert page.evaluate("document.activeElement.dataset.id") == rows[1]
    page.keyboard.press("+")
    page.wait_for_selector(".chip.more")
    assert rows[1] not in ids(page)
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.id") == "words"
    page.keyboard.press("Escape")
    page.keyboard.press("j")
    there = page.evaluate("document.activeElement.dataset.id")
    page.keyboard.press("Enter")
    page.wait_for_function("id => document.querySelector('.seed')?.dataset.id === id", arg=there)
