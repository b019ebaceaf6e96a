"""The page in a real browser: what a person sees and does."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from map.conftest import Draft
from spotrec.map import page as pages
from spotrec.map.chart import Chart
from spotrec.map.colouring import Groups
from spotrec.map.page import write_page
from spotrec.map.regions import Region
from spotrec.map.themes import LIGHT
from spotrec.track import Track, TrackId
from support.catalogue import songs_by_artists
from support.pages import Chromium

HOSTILE = "</script><img src=http://127.0.0.1:9/x onerror='window.broken=1'><script>window.broken=1</script>"

Show = Callable[..., Any]


_PROBE = "\nwindow.onScreen = (i) => [screenX(worldX(i)), screenY(worldY(i))];\n"
"""Added to the page's script: where a track is."""


@pytest.fixture
def show(chromium: Chromium, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Show]:
    """Open a map; whatever it asks for or complains of, but for itself, fails the test."""
    heard: list[str] = []
    part = pages._part
    monkeypatch.setattr(pages, "_part", lambda name: part(name) + (_PROBE if name == "panels.js" else ""))

    with chromium.tabs() as take:

        def shown(
            chart: Chart,
            size: tuple[int, int] = (1100, 800),
            *,
            plays: str = "",
            others: Sequence[Chart] = (),
            **how: Any,
        ) -> Any:
            path = tmp_path / "map.html"
            write_page(chart, path, others)

            def asked(request: Any) -> None:
                if request.url not in (path.as_uri(), plays):
                    heard.append(request.url)

            page = take(
                size,
                {
                    "request": asked,
                    "console": lambda message: heard.append(message.text),
                    "pageerror": lambda error: heard.append(str(error)),
                },
                **how,
            )
            # what is opened goes nowhere: a test asks no real service
            page.context.route(lambda url: url.startswith("http"), lambda route: route.fulfill(body="opened"))
            page.goto(path.as_uri())
            page.wait_for_function("document.getElementById('map').width > 300")
            return page

        yield shown
    assert heard == []


# what is drawn is looked at where it is: a million pixels are slow to hand over
_SETTLED = """
await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
const map = document.getElementById("map");
const seen = map.getContext("2d").getImageData(0, 0, map.width, map.height).data;
"""


def picture(page: Any) -> str:
    """A digest of what is on the map."""
    count = (
        f"async () => {{ {_SETTLED} let sum = 0; for (const part of seen) sum = (sum * 31 + part) >>> 0; return sum; }}"
    )
    return str(page.evaluate(count))


def of_colour(page: Any, colour: str) -> int:
    """How many pixels of the map have nearly this colour."""
    parts = [int(colour[at : at + 2], 16) for at in (1, 3, 5)]
    count = f"""async (parts) => {{
        {_SETTLED}
        let n = 0;
        for (let at = 0; at < seen.length; at += 4) {{
            n += parts.every((part, i) => Math.abs(seen[at + i] - part) <= 18);
        }}
        return n;
    }}"""
    return int(page.evaluate(count, parts))


def brought_to_the_middle(page: Any, chart: Chart, i: int) -> tuple[float, float]:
    """Where a track is on the screen after the search flew to it and its neighbours."""
    page.fill("#words", chart.tracks[i].title)
    page.keyboard.press("Enter")
    page.fill("#words", "")
    page.keyboard.press("Escape")
    return on_screen(page, i)


def on_screen(page: Any, i: int) -> tuple[float, float]:
    x, y = page.evaluate("i => window.onScreen(i)", i)
    return x, y


def test_hostile_titles_do_nothing(show: Show, draft: Draft) -> None:
    tracks = [Track(TrackId(f"file:{i}"), HOSTILE, (HOSTILE,), album=HOSTILE) for i in range(5)]
    names = (HOSTILE, "other")
    chart = draft(
        tracks,
        title=HOSTILE,
        tags=[(HOSTILE,)] * 5,
        groups=Groups("artist", names, np.array([0, 0, 1, 1, 1])),
        regions=[Region(0, 0, HOSTILE, 0, 5)],
    )
    page = show(chart)
    page.fill("#words", "script")
    assert page.inner_text("#told") == "5 tracks found"
    page.keyboard.press("Enter")
    assert page.inner_text("#about h2 .title") == HOSTILE
    assert page.locator("img").count() == 0
    assert page.evaluate("window.broken") is None
    assert page.title() == f"{HOSTILE} · a map by sound"


def test_it_is_drawn_by_day_and_by_night(show: Show, draft: Draft) -> None:
    chart = draft(songs_by_artists(200))
    light, dark = (show(chart, color_scheme=scheme) for scheme in ("light", "dark"))
    assert of_colour(light, "#faf9f6") > 1100 * 800 / 2
    assert of_colour(dark, "#14161b") > 1100 * 800 / 2
    assert of_colour(light, "#b4b2ac") > 200
    assert of_colour(dark, "#626670") > 200


def test_wheel_keys_and_buttons_zoom_and_zero_shows_all_again(show: Show, draft: Draft) -> None:
    page = show(draft(songs_by_artists(200), regions=[]))
    whole = picture(page)
    page.mouse.move(700, 400)

    def changed() -> bool:
        return picture(page) != whole

    moves: list[tuple[Callable[[], Any], str]] = [
        (lambda: page.mouse.wheel(0, -300), "0"),
        (lambda: page.keyboard.press("+"), "-"),
        (lambda: page.keyboard.press("ArrowRight"), "ArrowLeft"),
        (lambda: page.keyboard.press("ArrowDown"), "ArrowUp"),
        (lambda: page.click("#in"), "0"),
        (lambda: page.click("#out"), "0"),
    ]
    for there, back in moves:
        there()
        assert changed()
        page.keyboard.press(back)
        page.keyboard.press("0")
        assert not changed()
    page.mouse.move(700, 400)  # the pointer is on a button
    page.mouse.down()
    page.mouse.move(760, 430, steps=4)
    page.mouse.up()
    assert changed()
    page.click("#whole")
    assert not changed()


def test_hover_tells_of_a_track_and_a_click_selects_it(show: Show, draft: Draft) -> None:
    chart = draft(songs_by_artists(20))
    page = show(chart)
    x, y = brought_to_the_middle(page, chart, 4)
    page.mouse.move(x, y)
    tip = page.inner_text("#tip").split("\n")
    assert tip[:3] == ["Song 4", "Artist 0", "Album 0"]
    assert {"rock", "sad"} <= set(tip)
    page.mouse.click(x, y)
    assert len(page.context.pages) == 1
    with page.context.expect_page() as opened:
        page.click("#about a.open")
    assert opened.value.url == f"https://open.spotify.com/track/{4:022d}"
    assert opened.value.evaluate("window.opener") is None
    assert page.inner_text("#about h2 .title") == "Song 4"
    near = page.locator("#about .near .title").all_inner_texts()
    assert near == ["Song 5", "Song 6", "Song 7"]
    page.click("#about .near button >> nth=1")
    assert page.inner_text("#about h2 .title") == "Song 6"
    page.mouse.move(400, 700)
    assert page.locator("#tip").is_hidden()


@pytest.mark.parametrize("link", ["javascript:window.broken=1", "data:text/html,x", "vbscript:x", "blob:null/1"])
def test_what_is_no_page_is_never_opened(show: Show, draft: Draft, link: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The page checks for itself, even where a link came into it that `link_of` would not let pass."""
    monkeypatch.setattr("spotrec.map.page.link_of", lambda _: link)
    chart = draft(songs_by_artists(20))
    page = show(chart)
    x, y = brought_to_the_middle(page, chart, 4)
    page.mouse.click(x, y)
    assert page.inner_text("#about h2 .title") == "Song 4"
    assert page.locator("#about a").count() == 0
    assert len(page.context.pages) == 1
    assert page.evaluate("window.broken") is None


def test_a_users_own_file_plays_in_the_card(show: Show, draft: Draft, tmp_path: Path) -> None:
    file = tmp_path / "a b.wav"
    soundfile.write(file, np.zeros(8_000), 8_000)
    page = show(draft([Track(TrackId("file:1"), "Song", path=str(file))]), plays=file.as_uri())
    page.fill("#words", "song")
    page.keyboard.press("Enter")
    player = page.locator("#about audio")
    assert player.get_attribute("src") == file.as_uri()
    assert player.get_attribute("aria-label") == "Play Song"
    assert page.locator("#about a").count() == 0
    page.locator("#map").focus()
    page.keyboard.press("Enter")
    player.evaluate("one => new Promise((done) => (one.duration ? done() : (one.onloadedmetadata = done)))")
    assert player.evaluate("one => one.duration") == pytest.approx(1, abs=0.01)


@pytest.mark.parametrize("size", [(390, 844), (800, 600), (1440, 900)])
def test_no_panel_covers_the_selected_track_or_its_neighbours(show: Show, draft: Draft, size: tuple[int, int]) -> None:
    chart = draft(songs_by_artists(200))
    page = show(chart, size=size)
    for word in ("song 17", "song 120", "song 199"):
        page.fill("#words", word)
        assert page.locator("#results").is_visible()
        page.keyboard.press("Enter")
        boxes = [page.locator(part).bounding_box() for part in ("#panel", "#card")]
        i = next(i for i, track in enumerate(chart.tracks) if track.title.lower() == word)
        for one in (i, *chart.near[i]):
            x, y = on_screen(page, one)
            assert 0 < x < size[0]
            assert 0 < y < size[1]
            for box in boxes:
                within = box["x"] < x < box["x"] + box["width"] and box["y"] < y < box["y"] + box["height"]
                assert not within, (word, one)


def test_a_track_and_its_neighbours_are_saved_as_a_playlist(show: Show, draft: Draft, tmp_path: Path) -> None:
    tracks = songs_by_artists(10)
    tracks[4] = Track(TrackId("file:4"), "Two\nlines", ("An artist",), path="/music/50 % of it/#1.mp3")
    page = show(draft(tracks))
    page.fill("#words", "two lines")
    page.keyboard.press("Enter")
    with page.expect_download() as saved:
        page.click("text=Save as playlist")
    saved.value.save_as(tmp_path / "saved.m3u8")
    lines = (tmp_path / "saved.m3u8").read_text().splitlines()
    assert lines[:3] == ["#EXTM3U", "#EXTINF:-1,An artist - Two lines", "/music/50 % of it/#1.mp3"]
    assert lines[4] == f"https://open.spotify.com/track/{5:022d}"
    assert len(lines) == 1 + 2 * 4


def test_on_a_phone_a_search_closes_the_card_and_lists(show: Show, draft: Draft) -> None:
    page = show(draft(songs_by_artists(30)), size=(390, 844))
    page.fill("#words", "song 3")
    page.keyboard.press("Enter")
    assert page.locator("#card").is_visible()
    page.fill("#words", "song 4")
    assert page.locator("#card").is_hidden()
    assert page.locator("#results").is_visible()


def test_search_finds_fades_and_lists(show: Show, draft: Draft) -> None:
    tracks = songs_by_artists(200)
    tracks[150] = Track(TrackId("file:x"), "Jóga", ("Björk",))
    page = show(draft(tracks, regions=[]))
    before = of_colour(page, "#b4b2ac")
    page.keyboard.press("/")
    page.keyboard.type("bjork joga")
    assert page.inner_text("#told") == "1 track found"
    assert of_colour(page, "#b4b2ac") < before / 10
    page.keyboard.press("ArrowDown")
    assert page.evaluate("document.activeElement.innerText.split('\\n')[0]") == "Jóga"
    page.keyboard.press("Enter")
    assert page.inner_text("#about h2 .title") == "Jóga"
    page.keyboard.press("Escape")
    assert page.input_value("#words") == ""
    assert page.locator("#results").is_hidden()
    assert page.locator("#card").is_hidden()
    page.fill("#words", "song")
    assert page.inner_text("#told") == "199 tracks found"
    assert page.locator("#results button").count() == 60
    assert page.inner_text("#results .rest") == "… and 139 more"
    page.fill("#words", "no such thing")
    assert page.inner_text("#told") == "0 tracks found"


@pytest.mark.parametrize("size", [(390, 844), (1100, 800)])
def test_the_colours_are_switched_on_the_page(show: Show, draft: Draft, size: tuple[int, int]) -> None:
    tracks = songs_by_artists(40)
    by_artist = draft(
        tracks,
        groups=Groups("artist", ("Artist 0", HOSTILE, "other"), np.minimum(np.arange(40) // 5, 2)),
        regions=[Region(0, 0, "artist 0", 0, 5)],
    )
    by_genre = draft(tracks, groups=Groups("genre", ("other",), np.zeros(40, np.int64)))
    page = show(draft(tracks), size, others=[by_artist, by_genre])
    assert page.locator("#way option").all_inner_texts() == ["Coloured by tag", "Coloured by artist"]
    before = of_colour(page, LIGHT.groups[1])
    page.select_option("#way", "artist")
    assert page.locator("#legend .name").all_inner_texts() == ["Artist 0", HOSTILE, "other"]
    assert page.locator("#legend .n").all_inner_texts() == ["5", "5", "30"]
    assert page.get_attribute("#legend", "aria-label") == "Colours: artist"
    assert of_colour(page, LIGHT.groups[1]) > before
    page.click("#legend button >> nth=0")
    page.select_option("#way", "tag")
    assert page.locator("#legend .name").all_inner_texts() == ["rock", "other"]
    assert page.locator("#legend [aria-pressed=true]").count() == 0
    assert of_colour(page, LIGHT.groups[1]) == before
    assert page.evaluate("window.broken") is None


def test_a_map_of_one_colour_has_no_switch(show: Show, draft: Draft) -> None:
    assert show(draft(songs_by_artists(10))).locator("#way").is_hidden()


def test_the_legend_fades_the_others(show: Show, draft: Draft) -> None:
    page = show(draft(songs_by_artists(200), regions=[]))
    whole, before = picture(page), of_colour(page, "#b4b2ac")
    assert page.locator("#legend .name").all_inner_texts() == ["rock", "other"]
    assert page.locator("#legend .n").all_inner_texts() == ["1", "199"]
    page.click("#legend button >> nth=0")
    assert page.get_attribute("#legend button >> nth=0", "aria-pressed") == "true"
    assert of_colour(page, "#b4b2ac") < before / 10
    page.click("#legend button >> nth=0")
    assert picture(page) == whole


def test_a_finger_selects_and_two_fingers_zoom(show: Show, draft: Draft) -> None:
    page = show(draft(songs_by_artists(1), regions=[]), size=(390, 800), has_touch=True, is_mobile=True)
    middle = (390 / 2, 84 + (800 - 84 - 76) / 2)
    page.touchscreen.tap(*middle)
    assert page.inner_text("#about h2 .title") == "Song 0"
    assert len(page.context.pages) == 1
    before = picture(page)
    tools = page.context.new_cdp_session(page)
    for kind, apart in (("touchStart", 40), ("touchMove", 60), ("touchMove", 90), ("touchEnd", None)):
        at = [{"x": 195 + side * apart / 2, "y": 300, "id": side} for side in (-1, 1)] if apart else []
        tools.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": at})
    assert picture(page) != before


@pytest.mark.parametrize("size", [(360, 640), (640, 360), (800, 600), (1920, 1080)])
def test_nothing_leaves_the_screen(show: Show, draft: Draft, size: tuple[int, int]) -> None:
    page = show(draft(songs_by_artists(200)), size=size)
    page.fill("#words", "song")
    page.keyboard.press("Enter")
    for part in ("#panel", "#card", "#words", "#legend", "#close"):
        box = page.locator(part).bounding_box()
        assert box["x"] >= 0
        assert box["y"] >= 0
        assert box["x"] + box["width"] <= size[0] + 1, part
        assert box["y"] + box["height"] <= size[1] + 1, part


def test_every_control_has_a_name_and_can_be_reached_by_keys(show: Show, draft: Draft) -> None:
    page = show(draft(songs_by_artists(10)))
    reached = []
    for _ in range(9):
        page.keyboard.press("Tab")
        reached.append(page.evaluate("document.activeElement.id || document.activeElement.innerText.split('\\n')[0]"))
    assert {"map", "words", "in", "out", "whole", "rock", "other"} <= set(reached)
    unnamed = page.evaluate(
        "[...document.querySelectorAll('button, input, canvas')].filter((one) => "
        "!(one.getAttribute('aria-label') || one.innerText.trim())).length"
    )
    assert unnamed == 0
    assert page.evaluate("document.getElementById(map.getAttribute('aria-describedby')).innerText.length") > 100


@pytest.mark.parametrize("n", [1, 2, 3, 10_000])
def test_any_number_of_tracks_is_drawn(show: Show, draft: Draft, n: int) -> None:
    seen = show(draft(songs_by_artists(n), regions=[]))
    assert of_colour(seen, "#2997e8") + of_colour(seen, "#b4b2ac") > min(n, 1_000)
