"""The page's map in a real browser: groups have colours, regions have names, and mouse and keys reach the dots."""

from typing import Any
from urllib.parse import quote

import pytest

from support.catalogue import song
from support.pages import Show
from support.service import Served

SEED = quote(song(3).id)

_WRITTEN = """
window.written = [];
const write = CanvasRenderingContext2D.prototype.fillText;
CanvasRenderingContext2D.prototype.fillText = function (text, ...where) {
    window.written.push(text);
    return write.call(this, text, ...where);
};
"""


@pytest.fixture(autouse=True)
def _can_draw() -> None:
    pytest.importorskip("openTSNE", reason="openTSNE is not here")


@pytest.fixture
def opened(show: Show, service: Served) -> Any:
    """The page with the map of sixty songs, five of each artist; `written` has what is written on the map."""
    page = show(f"?track={SEED}&show=map", at=service.url, refused=(404,), init_script=_WRITTEN)  # nothing sounds here
    page.wait_for_selector("#map-legend button", timeout=60_000)
    page.wait_for_selector(".row")
    return page


def of_colour(page: Any, colour: str) -> int:
    """How many pixels of the map have nearly this colour."""
    parts = [int(colour[at : at + 2], 16) for at in (1, 3, 5)]
    count = """async (parts) => {
        await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
        const map = document.getElementById("map");
        const seen = map.getContext("2d").getImageData(0, 0, map.width, map.height).data;
        let n = 0;
        for (let at = 0; at < seen.length; at += 4) {
            n += seen[at + 3] > 200 && parts.every((part, i) => Math.abs(seen[at + i] - part) <= 12);
        }
        return n;
    }"""
    return int(page.evaluate(count, parts))


def colour_of(page: Any, place: int) -> str:
    return str(page.get_attribute(f"#map-legend button >> nth={place} >> circle", "fill"))


def test_a_click_selects_and_plays_and_lights_the_neighbourhood(show: Show) -> None:
    page = show("?show=map")
    page.wait_for_selector("#map-legend button", timeout=60_000)
    frame = page.locator("#map").bounding_box()
    for step in range(400):  # over the map, until a dot tells its name
        x, y = (
            frame["x"] + (step % 20 + 0.5) * frame["width"] / 20,
            frame["y"] + (step // 20 + 0.5) * frame["height"] / 20,
        )
        page.mouse.move(x, y)
        if page.locator("#map-tip").is_visible():
            break
    told = page.inner_text("#map-tip")
    page.mouse.click(x, y)
    page.wait_for_selector("#player .now .title")
    assert told.endswith(page.inner_text("#player .now .title"))


def test_of_two_clicks_the_last_one_plays_however_slow_the_server_is(opened: Any) -> None:
    held, chosen = [], []
    opened.route("**/v1/tracks/**", lambda route: held.append(route))
    for key in ("ArrowRight", "ArrowDown"):
        opened.focus("#map")
        opened.keyboard.press(key)
        chosen.append(opened.inner_text("#map-told"))
        opened.keyboard.press(" ")
        assert chosen[-1].endswith(opened.inner_text("#player .now .title"))
    assert chosen[0] != chosen[1]


def test_groups_have_the_colours_of_the_written_map_by_day_and_by_night(show: Show, service: Served) -> None:
    themes = {}
    for scheme in ("light", "dark"):
        page = show("?show=map&colour=artist", at=service.url, color_scheme=scheme)
        page.wait_for_selector("#map-legend button", timeout=60_000)
        drawn = service.json("/v1/map")["colours"]["artist"]
        themes[scheme] = drawn["themes"][scheme]["colours"]
        assert [colour_of(page, n) for n in range(3)] == themes[scheme][:3]
        assert page.locator("#map-legend bdi").all_inner_texts() == drawn["groups"]
    assert themes["light"] != themes["dark"]


def test_the_colours_are_chosen_and_are_in_the_address(opened: Any) -> None:
    by_tag = opened.locator("#map-legend bdi").all_inner_texts()
    opened.select_option("#map-colour", "artist")
    opened.wait_for_selector("#map-legend >> text=Artist 0")
    assert "colour=artist" in opened.url
    assert opened.locator("#map-legend bdi").all_inner_texts() != by_tag
    opened.reload()
    opened.wait_for_selector("#map-legend >> text=Artist 0")
    options = opened.locator("#map-colour option").all_inner_texts()
    assert options == ["by tag", "by collection", "by artist"], "no song has a genre"


def test_one_group_is_shown_alone(opened: Any) -> None:
    opened.select_option("#map-colour", "artist")
    opened.wait_for_selector("#map-legend >> text=Artist 0")
    opened.click("#map-legend button >> nth=0")
    assert opened.get_attribute("#map-legend button >> nth=0", "aria-pressed") == "true"
    assert of_colour(opened, colour_of(opened, 0)) > 0
    opened.click("#map-legend button >> nth=0")
    assert opened.locator("#map-legend [aria-pressed=true]").count() == 0


def test_regions_have_names_and_no_name_is_written_twice(opened: Any, service: Served) -> None:
    opened.select_option("#map-colour", "artist")
    opened.wait_for_selector("#map-legend >> text=Artist 0")
    regions = {name for _, _, name, level in service.json("/v1/map")["colours"]["artist"]["regions"] if level == 0}
    assert regions, "the map has regions of artists"
    opened.evaluate("window.written = []")
    opened.focus("#map")
    opened.keyboard.press("0")
    opened.wait_for_function("() => window.written.length > 0")
    written = opened.evaluate("window.written")
    assert regions & set(written)
    assert len(written) == len(set(written))


def test_keys_lead_from_dot_to_dot_play_and_go_on(opened: Any) -> None:
    opened.focus("#map")
    opened.keyboard.press("ArrowRight")
    told = [opened.inner_text("#map-told")]
    for key in ("ArrowDown", "ArrowLeft", "ArrowUp"):
        opened.keyboard.press(key)
        told.append(opened.inner_text("#map-told"))
    assert all(told)
    assert len(set(told)) > 1
    there = told[-1]
    opened.keyboard.press(" ")
    opened.wait_for_selector("#player .now .title")
    assert there.endswith(opened.inner_text("#player .now .title"))
    opened.keyboard.press("ArrowRight")
    onward = opened.inner_text("#map-told")
    opened.keyboard.press("Enter")
    opened.wait_for_function(
        "title => document.querySelector('#seed h1').textContent === title", arg=onward.split(" – ")[1]
    )


@pytest.mark.parametrize("width", [390, 1440])
def test_it_fits_on_a_phone_and_on_a_desk(show: Show, service: Served, width: int) -> None:
    page = show(f"?track={SEED}&show=map", width, at=service.url)
    page.wait_for_selector("#map-legend button", timeout=60_000)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    for part in ("#map", "#map-legend", "#map-colour"):
        box = page.locator(part).bounding_box()
        assert 0 <= box["x"] < box["x"] + box["width"] <= width
