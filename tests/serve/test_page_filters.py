"""The page's filters in a real browser: what is left of the list is what they say."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any
from urllib.parse import quote

import pytest

from spotrec import Recommender
from support.catalogue import song, songs_by_artists
from support.pages import Show, ids
from support.service import Served, served
from support.words import fill_words

N = 40
SEED = quote(song(3).id)
WORD_OF = ("piano", "harp", "vocals", "bells")
"""What every fourth song sounds of."""


@pytest.fixture(scope="module")
def dated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Forty songs, one a year from 1970 on, each faster than the one before."""
    folder = tmp_path_factory.mktemp("dated")
    tracks = [
        replace(one, release_date=f"{1970 + n}-05-01", bpm=60.0 + 3 * n) for n, one in enumerate(songs_by_artists(N))
    ]
    fill_words(folder, tracks, {word: dict.fromkeys(range(nth, N, 4), 20.0) for nth, word in enumerate(WORD_OF)})
    with Recommender(data_dir=folder / "data") as recommender:
        recommender.index()
    with served(folder / "data", {}) as running:
        yield running


@pytest.fixture
def opened(show: Show, dated: Served) -> Any:
    page = show(f"?track={SEED}&limit=100&show=filters", at=dated.url)
    assert len(ids(page)) == N - 1
    return page


def numbers(page: Any) -> set[int]:
    return {int(id_.rpartition(":")[2]) for id_ in ids(page)}


def put(page: Any, words: str) -> None:
    page.fill("#tag", words)
    page.keyboard.press("Enter")


CASES: dict[str, tuple[Callable[[Any], Any], Callable[[int], bool], str]] = {
    "a first year": (lambda page: page.fill("#year-from", "2000"), lambda n: n >= 30, "year=2000.."),
    "a last year": (lambda page: page.fill("#year-to", "1974"), lambda n: n <= 4, "year=..1974"),
    "a least BPM": (lambda page: page.fill("#bpm-from", "150"), lambda n: n >= 30, "bpm=150.."),
    "a most BPM": (lambda page: page.fill("#bpm-to", "72"), lambda n: n <= 4, "bpm=..72"),
    "no singing": (
        lambda page: page.check("[name=voice][value=false]", force=True),
        lambda n: n % 4 != 2,
        "vocal=false",
    ),
    "singing": (lambda page: page.check("[name=voice][value=true]", force=True), lambda n: n % 4 == 2, "vocal=true"),
    "a tag": (lambda page: put(page, "harp"), lambda n: n % 4 == 1, "tag=harp"),
    "a tag that is not": (lambda page: put(page, "-harp"), lambda n: n % 4 != 1, "no_tag=harp"),
}


def test_each_filter_leaves_what_it_says_and_is_in_the_address(opened: Any) -> None:
    for name, (does, stays, address) in CASES.items():
        wanted = {n for n in range(N) if n != 3 and stays(n)}
        assert address not in opened.url, name
        does(opened)
        opened.wait_for_function("n => document.querySelectorAll('.row').length === n", arg=len(wanted))
        assert numbers(opened) == wanted, name
        assert address in opened.url, name
        assert opened.inner_text("#show-filters") == "Filters 1", name
        opened.click("text=Remove all")
        opened.wait_for_function("n => document.querySelectorAll('.row').length === n", arg=N - 1)


def test_filters_come_together_and_one_that_leaves_nothing_says_so(opened: Any) -> None:
    opened.fill("#year-from", "1990")
    opened.fill("#bpm-to", "150")
    put(opened, "piano")
    opened.wait_for_function("() => document.querySelectorAll('.row').length === 3")
    assert numbers(opened) == {20, 24, 28}
    opened.fill("#year-to", "1993")
    opened.fill("#year-from", "1993")
    opened.wait_for_function("() => !document.querySelector('.row')")
    assert opened.inner_text("#told") == "Nothing fits. Remove a filter, or take another seed."


def test_a_tag_is_completed_and_a_tag_of_the_seed_filters_at_a_click(opened: Any) -> None:
    opened.wait_for_selector("#seed .tags button")
    opened.fill("#tag", "vocal")
    opened.wait_for_selector("#tag-options [role=option]")
    opened.keyboard.press("ArrowDown")
    opened.keyboard.press("Enter")
    opened.wait_for_function("() => document.querySelectorAll('.row').length === 10")
    opened.click("[aria-label='Remove the tag vocals']")
    opened.wait_for_function("n => document.querySelectorAll('.row').length === n", arg=N - 1)
    opened.click("#seed .tags button >> text=bells")
    opened.wait_for_function("() => document.querySelectorAll('.row').length === 9")
    assert numbers(opened) == {n for n in range(N) if n % 4 == 3 and n != 3}


def test_what_is_no_year_is_refused_and_told(show: Show, dated: Served) -> None:
    page = show(f"?track={SEED}&year=soon", at=dated.url, refused=(400, 422))
    page.wait_for_selector("[role=alert]")
    assert "soon" in page.inner_text("[role=alert]") or "year" in page.inner_text("[role=alert]")


def test_half_a_year_asks_for_nothing(opened: Any) -> None:
    asked: list[str] = []
    opened.on("request", lambda one: asked.append(one.url) if "/v1/recommendations" in one.url else None)
    opened.focus("#year-from")
    opened.keyboard.type("1990", delay=200)
    opened.wait_for_function("() => document.querySelectorAll('.row').length === 20")
    opened.fill("#year-to", "1980")
    assert opened.get_attribute("#year-to", "aria-invalid") == "true"
    opened.fill("#year-to", "1994")
    opened.wait_for_function("() => document.querySelectorAll('.row').length === 5")
    assert len(asked) == 2


def test_where_the_networks_hear_singing_there_is_a_filter_for_it(opened: Any) -> None:
    assert opened.locator("text=Singing").is_visible()


def test_where_the_networks_hear_no_singing_there_is_none(show: Show) -> None:
    page = show(f"?track={SEED}&show=filters")
    page.wait_for_selector("text=Singing", state="hidden")
