"""The page in a real browser: what a person sees, hears and does."""

from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from support.catalogue import song
from support.pages import Show, ids, titles
from support.service import Served

MARKUP_IDS = range(10, 14)
SEED = quote(song(3).id)


def test_words_are_completed_and_arrows_choose(show: Show) -> None:
    page = show()
    page.wait_for_selector(".tile")
    page.keyboard.press("/")
    page.keyboard.type("song 3")
    page.wait_for_selector("[role=option]")
    page.keyboard.press("ArrowDown")
    assert page.get_attribute("#words", "aria-activedescendant") == "words-options-0"
    page.keyboard.press("Enter")
    page.wait_for_selector("#seed .tags button")
    assert page.inner_text("#seed h1") == "Song 3"
    assert len(titles(page)) == 20


def test_what_is_typed_after_an_option_was_marked_counts_at_once(show: Show) -> None:
    page = show()
    page.wait_for_selector(".tile")
    page.fill("#words", "song 3")
    page.wait_for_selector("[role=option]")
    page.keyboard.press("ArrowDown")
    held: list[Any] = []
    page.route("**/v1/tracks?limit=8*", lambda route: held.append(route))
    page.keyboard.press("End")
    page.keyboard.type("0")
    page.keyboard.press("Enter")
    page.wait_for_selector("#seed h1 >> text=Song 30")


@pytest.mark.parametrize("colours", ["none", "active"])
def test_what_is_chosen_is_seen_in_the_colours_of_the_system_too(show: Show, colours: str) -> None:
    page = show(f"?track={SEED}&show=filters")
    page.emulate_media(forced_colors=colours)
    seen = page.eval_on_selector_all(".voice span", "all => all.map((one) => getComputedStyle(one).backgroundColor)")
    page.emulate_media(forced_colors="none")
    assert seen[0] not in seen[1:]


def test_a_click_plays_and_the_player_goes_on_to_the_next(show: Show) -> None:
    page = show(f"?track={SEED}")
    wanted = ids(page)
    page.locator(".row .hit").first.click(position={"x": 20, "y": 20})
    page.wait_for_selector(f'.row.sounding[data-id="{wanted[0]}"]')
    page.wait_for_selector(f'.row.sounding[data-id="{wanted[1]}"]', timeout=6000)
    assert page.locator("#player button[aria-label=Pause]").count() == 1


def test_keys_go_through_the_list_refine_it_and_go_on(show: Show) -> None:
    page = show(f"?track={SEED}")
    before = ids(page)
    for key in "jjjk":
        page.keyboard.press(key)
    assert page.evaluate("document.activeElement.parentElement.dataset.id") == before[1]
    page.keyboard.press("-")
    page.wait_for_selector(".chip.unlike")
    assert before[1] not in ids(page)
    page.keyboard.press("j")
    second = page.evaluate("document.activeElement.parentElement.dataset.id")
    page.keyboard.press("+")
    page.wait_for_selector(".chip:not(.unlike)")
    assert second in page.evaluate("new URLSearchParams(location.search).getAll('track')")
    page.keyboard.press("j")
    third = page.evaluate("document.activeElement.parentElement.dataset.id")
    page.keyboard.press("Enter")
    page.wait_for_function("id => new URLSearchParams(location.search).get('track') === id", arg=third)
    page.keyboard.press("?")
    assert page.locator("#keys[open]").count() == 1


def test_a_link_reproduces_the_list_and_back_goes_back(show: Show) -> None:
    page = show(f"?track={SEED}&show=filters")
    before = ids(page)
    page.locator("#diversity").evaluate("one => { one.value = 0.8; one.dispatchEvent(new Event('input')); }")
    page.wait_for_function("() => location.search.includes('diversity=0.8')")
    page.locator("#max-per-artist").evaluate("one => { one.value = 1; one.dispatchEvent(new Event('input')); }")
    page.wait_for_function("() => document.querySelectorAll('.row').length < 20")
    narrowed = ids(page)
    assert narrowed != before
    assert ids(show(page.url.removeprefix(page.url.split("/?")[0] + "/"))) == narrowed
    page.locator(".row").first.hover()
    page.locator(".row [aria-label='Go on from here']").first.click()
    page.wait_for_function("id => new URLSearchParams(location.search).get('track') === id", arg=narrowed[0])
    page.go_back()
    page.wait_for_function("id => document.querySelector('.row')?.dataset.id === id", arg=narrowed[0])


def test_a_journey_leads_to_the_track_that_is_chosen(show: Show) -> None:
    page = show(f"?track={SEED}")
    page.click("text=Journey to …")
    page.keyboard.type("song 30")
    page.wait_for_selector("[role=option]")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_selector(".head + .head")
    steps = ids(page)
    assert (steps[0], steps[-1]) == (song(3).id, song(30).id)


@pytest.mark.parametrize("width", [390, 1440])
def test_a_new_list_begins_at_its_head_and_back_leads_to_where_one_was(show: Show, width: int) -> None:
    page = show(f"?track={SEED}", width)
    eighteenth = ids(page)[17]
    for _ in range(18):
        page.keyboard.press("j")
    there = page.evaluate("scrollY")
    assert there > 0
    page.keyboard.press("Enter")
    page.wait_for_function("() => document.activeElement.id === 'list'")
    page.wait_for_function(
        "([head, over]) => head.getBoundingClientRect().top >= over.getBoundingClientRect().bottom",
        arg=[page.query_selector("#seed"), page.query_selector(".top")],
    )
    assert page.inner_text("#seed h1") == f"Song {eighteenth.rpartition('0')[2]}"
    assert page.inner_text("#news") == "Sounds like it: 20 tracks"
    page.keyboard.press("j")
    assert page.evaluate("document.activeElement.parentElement.dataset.id") == ids(page)[0]
    page.go_back()
    page.wait_for_function("title => document.querySelector('#seed h1').textContent === title", arg="Song 3")
    assert page.evaluate("scrollY") == there


def test_more_like_this_leaves_the_page_where_it_is(show: Show) -> None:
    page = show(f"?track={SEED}", 390)
    ids(page)
    for _ in range(18):
        page.keyboard.press("j")
    there = page.evaluate("scrollY")
    page.keyboard.press("-")
    page.wait_for_selector(".chip.unlike")
    assert abs(page.evaluate("scrollY") - there) < 100


def test_a_journey_that_was_not_chosen_is_forgotten_with_its_start(show: Show) -> None:
    page = show(f"?track={SEED}")
    ids(page)
    page.click("text=Journey to …")
    assert page.get_attribute("#words", "placeholder") == "A journey to … which track?"
    page.locator(".row").first.hover()
    page.locator(".row [aria-label='Go on from here']").first.click()
    page.wait_for_function("() => document.querySelector('#words').placeholder.startsWith('A title')")
    page.fill("#words", "song 30")
    page.wait_for_selector("[role=option]")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_function("() => document.querySelector('#seed h1').textContent === 'Song 30'")
    assert page.locator(".head").count() == 1


@pytest.mark.parametrize("width", [390, 1440])
@pytest.mark.parametrize("n", MARKUP_IDS)
def test_hostile_titles_do_nothing_and_break_no_layout(show: Show, n: int, width: int) -> None:
    page = show(f"?track={quote(song(n).id)}&show=queue", width)
    titles(page)
    page.click("#queue-all")
    assert page.evaluate("window.broken") is None
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.locator("main script, main [onerror]").count() == 0
    assert page.locator("#seed h1").bounding_box()["height"] < 200
    assert page.locator("#seed .facts").bounding_box()["height"] < 50
    assert "\u202e" not in page.title()


@pytest.mark.parametrize("width", [390, 1440])
@pytest.mark.parametrize(
    "address",
    [
        "",
        f"?track={SEED}&unlike={quote(song(9).id)}&show=filters+queue&tag=rock",
        f"?track={SEED}",
        "?track=zzzz",
        "?track=song",
    ],
    ids=["home", "filters and queue", "list", "nothing found", "several found"],
)
def test_axe_finds_nothing_by_day_and_by_night(show: Show, address: str, width: int) -> None:
    found = find_spec("axe_playwright_python")
    if found is None or not found.submodule_search_locations:
        pytest.skip("axe-playwright-python is not here")
    script = (Path(found.submodule_search_locations[0]) / "axe.min.js").read_text("utf-8")
    page = show(address, width, refused=(404, 409))
    page.wait_for_selector(".tile, .row, .empty")
    page.wait_for_load_state("networkidle")
    if page.locator("#queue-all").is_visible():
        page.click("#queue-all")
        page.locator(".row .hit").first.click(position={"x": 20, "y": 20})
    page.evaluate(script)
    grounds = []
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        grounds.append(page.evaluate("getComputedStyle(document.body).backgroundColor"))
        faults = page.evaluate(
            "axe.run().then(found => found.violations.map(one => [one.id, one.nodes.map(node => node.html)]))"
        )
        assert faults == [], scheme
    assert grounds[0] != grounds[1]


def test_all_files_of_the_page_are_less_than_300_kb(library: Served) -> None:
    import spotrec.serve

    folder = Path(spotrec.serve.__file__).parent / "page"
    n_bytes = sum(path.stat().st_size for path in folder.iterdir())
    print(f"the page: {n_bytes / 1000:.0f} kB")
    assert n_bytes < 300_000
    assert "'unsafe" not in library.get("/").headers["content-security-policy"]


@pytest.mark.parametrize("path", ["/", "/main.js"])
def test_no_file_of_the_page_is_old_after_an_upgrade(library: Served, path: str) -> None:
    first = library.get(path)
    again = library.http.get(path, headers={"If-None-Match": first.headers["etag"]})
    assert (first.status_code, again.status_code) == (200, 304)
    assert {one.headers["cache-control"] for one in (first, again)} == {"no-cache"}
