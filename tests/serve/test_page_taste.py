"""The page with a server that takes likes, dislikes and bans, saves stations, and makes lists longer."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest

from support.catalogue import song
from support.pages import Show, ids
from support.service import Served, served

SEED = quote(song(3).id)


@pytest.fixture
def own(catalogue: Path, tmp_path: Path) -> Iterator[Served]:
    """A catalogue of one's own, to say something of."""
    shutil.copytree(catalogue, tmp_path / "data", ignore=shutil.ignore_patterns("maps"))
    with served(tmp_path / "data") as service:
        yield service


def verbs(service: Served) -> dict[str, str]:
    """What was said, by track."""
    return {one["track_id"]: one["verb"] for one in service.json("/v1/taste")}


class TestTaste:
    def test_a_like_is_said_shown_and_taken_back(self, show: Show, own: Served) -> None:
        page = show(f"?track={SEED}", at=own.url)
        first = ids(page)[0]
        page.wait_for_selector("body.with-taste")
        page.locator(".row").first.hover()
        page.click(".row [aria-label=Like] >> nth=0")
        page.wait_for_selector("#notice >> text=Liked")
        assert verbs(own) == {first: "like"}
        assert page.get_attribute(".row [aria-label=Like] >> nth=0", "aria-pressed") == "true"
        page.reload()
        page.wait_for_selector(".row [aria-label=Like][aria-pressed=true]", state="attached")
        page.locator(".row").first.hover()
        page.click(".row [aria-label=Like] >> nth=0")
        page.wait_for_selector(".row [aria-label=Like][aria-pressed=true]", state="detached")
        assert verbs(own) == {}

    def test_a_dislike_takes_the_place_of_a_like_and_undo_takes_it_back(self, show: Show, own: Served) -> None:
        page = show(f"?track={SEED}", at=own.url)
        first = ids(page)[0]
        page.wait_for_selector("body.with-taste")
        page.keyboard.press("j")
        page.keyboard.press("l")
        page.wait_for_selector("#notice >> text=Liked")
        page.keyboard.press("d")
        page.wait_for_selector("#notice >> text=Disliked")
        assert verbs(own) == {first: "dislike"}
        assert page.get_attribute(".row [aria-label=Like] >> nth=0", "aria-pressed") == "false"
        page.click("#notice >> text=Undo")
        page.wait_for_selector(".row [aria-label=Dislike][aria-pressed=true]", state="detached")
        assert verbs(own) == {}

    def test_what_is_banned_leaves_the_list_and_undo_brings_it_back(self, show: Show, own: Served) -> None:
        page = show(f"?track={SEED}", at=own.url)
        before = ids(page)
        page.wait_for_selector("body.with-taste")
        page.keyboard.press("j")
        page.keyboard.press("x")
        page.wait_for_function("id => document.querySelector('.row')?.dataset.id !== id", arg=before[0])
        assert before[0] not in ids(page)
        page.click("#notice >> text=Undo")
        page.wait_for_function("id => document.querySelector('.row')?.dataset.id === id", arg=before[0])
        assert ids(page) == before

    def test_a_server_that_takes_none_shows_no_buttons(self, show: Show, catalogue: Path) -> None:
        with served(catalogue, taste=False) as service:
            page = show(f"?track={SEED}", at=service.url)
            ids(page)
            page.wait_for_load_state("networkidle")
            page.locator(".row").first.hover()
            assert page.locator(".taste >> nth=0").is_hidden()
            page.keyboard.press("j")
            page.keyboard.press("l")
            assert page.locator("#notice").is_hidden()


def test_a_list_is_made_longer(show: Show, own: Served) -> None:
    page = show(f"?track={SEED}&show=queue", at=own.url)
    ids(page)
    page.keyboard.press("j")
    page.keyboard.press("a")
    page.click("text=Add ten like these")
    page.wait_for_selector(".item >> nth=10")
    assert page.inner_text("#show-queue") == "Queue 11"


def test_a_station_is_saved_listened_to_and_forgotten(show: Show, own: Served) -> None:
    page = show(f"?track={SEED}&max_per_artist=2", at=own.url)
    ids(page)
    page.click("#save-station")
    page.fill("#station-name", "Évening / “1” ?")
    page.keyboard.press("Enter")
    page.wait_for_function("() => document.getElementById('list-title').textContent.startsWith('Évening')")
    there = ids(page)
    (saved,) = own.json("/v1/stations")
    assert saved["name"] == "Évening / “1” ?"
    assert saved["options"]["max_per_artist"] == 2
    again = show(page.url.removeprefix(own.url).lstrip("/"), at=own.url)
    assert ids(again) == there
    again.click("#home")
    again.click("#stations .tune")
    again.wait_for_selector(".row")
    assert ids(again) == there
    again.click("#home")
    again.click("[aria-label^='Forget the station']")
    again.wait_for_selector("#stations .chip", state="detached")
    assert own.json("/v1/stations") == []
