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
from support.waiting import wait_until

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
        wait_until(lambda: running.get("/v1/map").status_code == 200, every_s=0.2)
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
    page.click("#results > li >> nth=1 >> button[aria-label^='Less like']")
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


@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["1440 px", "390 px"])
def test_hostile_titles_inject_nothing_and_fit(visit: Open, size: tuple[int, int]) -> None:
    page = visit(f"/?track={SONGS[1].id}", size)
    ids(page)
    assert page.inner_text(".seed-title").startswith("</script><img src=x onerror='window.broken=1'> gnp.exe")
    page.click("#results > li >> nth=0 >> button[aria-label^='Add ']")
    page.click("#show-queue")
    assert page.evaluate("window.broken") is None
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_the_queue_is_ordered_and_saved(visit: Open) -> None:
    page = visit(f"/?track={FIRST.id}")
    rows = ids(page)[:2]
    for n in range(2):
        page.click(f"#results > li >> nth={n} >> button[aria-label^='Add ']")
    page.click("#show-queue")
    page.click("#queue li >> nth=1 >> button[aria-label$=' up']")
    page.reload()
    page.click("#show-queue")
    kept = {}
    for name in ("M3U", "CSV", "Links"):
        with page.expect_download() as saved:
            page.click(f"#queue button:text-is('{name}')")
        kept[name] = Path(saved.value.path()).read_text()
    links = [f"https://open.spotify.com/track/{row.split(':')[-1]}" for row in reversed(rows)]
    assert kept["Links"].splitlines() == links
    assert [line for line in kept["M3U"].splitlines() if not line.startswith("#")] == links
    assert [line.split(",")[0].strip('"') for line in kept["CSV"].splitlines()[1:]] == rows[::-1]


def test_a_journey_leads_to_its_end(visit: Open) -> None:
    page = visit(f"/?track={FIRST.id}")
    ids(page)
    page.click("#journey")
    page.fill("#end", "song 20")
    page.wait_for_selector("#ends [role=option]")
    page.keyboard.press("Enter")
    page.wait_for_selector("#found-heading:text-is('A journey')")
    steps = ids(page)
    assert (steps[0], steps[-1]) == (FIRST.id, SONGS[20].id)


def test_a_click_on_the_map_selects_plays_and_lists_neighbours(visit: Open) -> None:
    page = visit("/?view=map")
    page.wait_for_selector("#map canvas")
    drawn = page.evaluate("fetch('v1/map').then(answer => answer.json())")
    box = page.locator("#map canvas").bounding_box()
    side = min(box["width"], box["height"]) * 0.92
    x = box["x"] + box["width"] / 2 + (drawn["x"][5] / drawn["span"] - 0.5) * side
    y = box["y"] + box["height"] / 2 + (0.5 - drawn["y"][5] / drawn["span"]) * side
    page.mouse.click(x, y)
    page.wait_for_selector(".map-card:not([hidden])")
    assert page.locator(".map-card li").count() == len(drawn["near"][5])
    assert page.inner_text("#player .title") == drawn["titles"][5]


def test_filters_narrow_the_list_at_once(visit: Open) -> None:
    page = visit(f"/?track={FIRST.id}")
    ids(page)
    page.fill("[data-name=bpm]", "105..109")
    page.keyboard.press("Enter")
    page.wait_for_function("() => document.querySelectorAll('#results > li').length === 5")
    page.fill("[data-name=max_per_artist]", "1")
    page.wait_for_function("() => document.querySelectorAll('#results > li').length === 1")
    page.click("#clear")
    page.wait_for_function("() => document.querySelectorAll('#results > li').length === 29")


def test_an_empty_store_says_what_to_do(visit: Open, tmp_path: Path) -> None:
    with served(tmp_path) as empty:
        page = visit("/", at=empty.url)
        page.wait_for_selector("#start-heading:text-is('There is no music here yet')")
        assert "spotrec crawl" in page.inner_text("#start-note")


def test_a_server_that_dies_and_comes_back_keeps_the_page(visit: Open, data: Path) -> None:
    with served(data) as first:
        page = visit(f"/?track={FIRST.id}", at=first.url)
        rows = ids(page)
    port = int(first.url.rsplit(":", 1)[1])
    page.keyboard.press("j")
    page.keyboard.press("+")
    page.wait_for_selector("#health:not([hidden])")
    assert ids(page) == rows
    with served(data, port=port):
        page.wait_for_selector("#health", state="hidden")
        page.wait_for_selector(".chip.more")
        assert rows[0] not in ids(page)


@pytest.mark.parametrize(("size", "scheme"), [(WIDE, "light"), (NARROW, "dark")], ids=["1440 px", "390 px"])
def test_axe_finds_no_fault(visit: Open, size: tuple[int, int], scheme: str) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe-core is not here").Axe()
    page = visit(f"/?track={FIRST.id}&unlike={SONGS[9].id}", size)
    page.emulate_media(color_scheme=scheme)
    ids(page)
    page.click("#results > li >> nth=0 >> .row-play")
    found = {"list": axe.run(page)}
    page.click("#view-map")
    page.wait_for_selector("#map canvas")
    page.click("#show-queue")
    found["map and queue"] = axe.run(page)
    assert {where: [one["id"] for one in of.response["violations"]] for where, of in found.items()} == {
        "list": [],
        "map and queue": [],
    }
