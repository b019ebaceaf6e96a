"""The page's player in a real browser: what it goes on to, and what it does when there is no audio, or no server."""

from pathlib import Path
from typing import Any
from urllib.parse import quote

from support.catalogue import song
from support.pages import Show, ids
from support.service import Served, served

SEED = quote(song(3).id)
CORNER = {"x": 20, "y": 20}
NEXT = "#player [aria-label='Next track']"

LATER = """
window.later = new Map();
const [put, take] = [window.setTimeout, window.clearTimeout];
window.setTimeout = (does, after, ...given) => {
    const id = put(after > 1000 ? () => {} : does, after, ...given);
    if (after > 1000) window.later.set(id, does);
    return id;
};
window.clearTimeout = (id) => {
    window.later.delete(id);
    take(id);
};
"""
"""What is to be done in a second or more waits in `later`."""


def refuse_audio_of(page: Any, track_id: str) -> None:
    page.route(f"**/{quote(track_id, safe='')}/preview", lambda route: route.fulfill(status=404, body=""))


def test_after_the_seed_the_list_plays(show: Show) -> None:
    page = show(f"?track={SEED}")
    first = ids(page)[0]
    page.click(".seed-cover")
    page.wait_for_selector("#player .now >> text=Song 3")
    page.wait_for_selector(f'.row.sounding[data-id="{first}"]')


def test_both_ends_of_a_journey_play_in_their_places(show: Show) -> None:
    page = show(f"?start={SEED}&end={quote(song(30).id)}")
    steps = ids(page)
    page.locator(".seed-cover").first.click()
    page.wait_for_selector(f'.row.sounding[data-id="{steps[0]}"]')
    page.wait_for_selector(f'.row.sounding[data-id="{steps[1]}"]')
    page.locator(".seed-cover").last.click()
    page.wait_for_selector(f'.row.now-playing[data-id="{steps[-1]}"]')
    assert page.locator(NEXT).is_disabled()


def test_a_track_without_audio_is_told_and_passed_over(show: Show) -> None:
    page = show(f"?track={SEED}", refused=(404,))
    first, second = ids(page)[:2]
    refuse_audio_of(page, first)
    page.locator(".row .hit").first.click(position=CORNER)
    page.wait_for_selector(".now-told >> text=There is no audio of")
    page.wait_for_selector(f'.row.sounding[data-id="{second}"]')


def test_what_is_chosen_after_a_track_without_audio_is_not_passed_over(show: Show) -> None:
    page = show(f"?track={SEED}", refused=(404,), init_script=LATER)
    listed = ids(page)
    refuse_audio_of(page, listed[0])
    page.locator(".row .hit").first.click(position=CORNER)
    page.wait_for_selector(".now-told >> text=There is no audio of")
    page.locator(".row .hit").nth(3).click(position=CORNER)
    page.keyboard.press(" ")
    page.wait_for_selector("#player [aria-label=Play]")
    page.evaluate("for (const does of window.later.values()) does()")
    assert page.get_attribute(".now-playing", "data-id") == listed[3]


def test_a_track_without_audio_is_tried_again_when_it_is_played_again(show: Show) -> None:
    page = show(f"?track={SEED}&limit=1", refused=(404,))
    (only,) = ids(page)
    refuse_audio_of(page, only)
    page.locator(".row .hit").click(position=CORNER)
    page.wait_for_selector(".now-told >> text=There is no audio of")
    page.unroute_all()
    page.click("#player .strong")
    page.wait_for_selector(".row.sounding")
    page.wait_for_function("() => !document.querySelector('.now-told').textContent")


def test_what_a_server_that_goes_away_cannot_send_is_asked_for_when_it_is_back(show: Show, catalogue: Path) -> None:
    with served(catalogue) as first:
        page = show(f"?track={SEED}", at=first.url, refused=(404,))  # nothing sounds here
        wanted = ids(page)[0]
        port = int(first.url.rpartition(":")[2])
    page.locator(".row .hit").first.click(position=CORNER)
    page.wait_for_selector("text=The server does not answer")
    assert page.inner_text(".now-told") == ""
    with served(catalogue, port=port) as second:
        with page.expect_request(lambda one: one.url == f"{second.url}/v1/tracks/{quote(wanted, safe='')}/preview"):
            page.wait_for_selector("#banner", state="hidden")
        page.goto("about:blank")  # it would ask on while the server goes


def test_where_the_token_is_needed_again_it_is_asked_for_and_the_track_asked_for_again(
    show: Show, catalogue: Path
) -> None:
    with served(catalogue, token="a-long-secret") as service:
        page = show(f"?track={SEED}", at=service.url, refused=(401, 404))  # nothing sounds here
        page.fill("#token", "a-long-secret")
        page.keyboard.press("Enter")
        wanted = ids(page)[0]
        page.wait_for_selector("#save-station", state="visible")
        page.wait_for_load_state("networkidle")
        page.context.clear_cookies()
        page.locator(".row .hit").first.click(position=CORNER)
        page.fill("#token", "a-long-secret")
        with page.expect_response(lambda one: one.url.endswith(f"{quote(wanted, safe='')}/preview")) as answer:
            page.keyboard.press("Enter")
        assert answer.value.status == 404


def test_the_title_says_what_plays_or_what_the_list_is(show: Show, library: Served) -> None:
    page = show()
    page.wait_for_selector(".tile")
    assert page.title() == "spotrec"
    page.goto(f"{library.url}/?start={SEED}&end={quote(song(30).id)}")
    ids(page)
    assert page.title() == "Song 3 → Song 30 · spotrec"
    page.goto(f"{library.url}/?track={SEED}")
    ids(page)
    assert page.title() == "Like Song 3 · spotrec"
    page.click(".seed-cover")
    page.wait_for_function("() => document.title === 'Artist 0 – Song 3 · spotrec'")
    page.keyboard.press(" ")
    page.wait_for_function("() => document.title === 'Like Song 3 · spotrec'")
