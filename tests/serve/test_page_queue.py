"""The page's queue in a real browser: kept, put in order, and saved as a file, as links, or as a playlist."""

import csv
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from spotrec import Recommender
from spotrec.store import FeatureStore
from support.browser import sign_in
from support.catalogue import CHOI, fill, scattered, song, songs_by_artists
from support.pages import Show, ids
from support.servers import Answer, spotify_id
from support.service import Served, served
from support.spotify_accounts import FakeAccounts

SEED = quote(song(3).id)
ORDER = "rows => rows.map(row => row.dataset.id)"


@pytest.fixture
def queued(show: Show) -> Any:
    """The page with two tracks in the queue, the second of the list before the first."""
    page = show(f"?track={SEED}&show=queue", permissions=["clipboard-read", "clipboard-write"])
    first, second = ids(page)[:2]
    for key in "jaja":
        page.keyboard.press(key)
    page.locator(".grip").nth(1).focus()
    page.keyboard.press("ArrowUp")
    assert page.eval_on_selector_all(".item", ORDER) == [second, first]
    return page


def test_it_is_kept_when_the_page_is_loaded_again(queued: Any) -> None:
    before = queued.eval_on_selector_all(".item", ORDER)
    queued.reload()
    queued.wait_for_selector(".item")
    assert queued.eval_on_selector_all(".item", ORDER) == before
    assert queued.inner_text("#show-queue") == "Queue 2"
    queued.click("#queue-panel [aria-label^=Remove]")
    assert queued.eval_on_selector_all(".item", ORDER) == before[1:]
    queued.click(".saves >> text=Empty")
    assert queued.locator(".item").count() == 0
    assert queued.locator(".saves").is_hidden()


def test_what_was_emptied_can_be_had_back(queued: Any) -> None:
    before = queued.eval_on_selector_all(".item", ORDER)
    queued.click(".saves >> text=Empty")
    queued.keyboard.press("j")
    queued.keyboard.press("a")
    added = queued.eval_on_selector_all(".item", ORDER)
    queued.click("#notice >> text=Undo")
    assert queued.eval_on_selector_all(".item", ORDER) == [*before, *(one for one in added if one not in before)]


def test_keys_go_on_from_the_track_after_one_that_is_removed(queued: Any) -> None:
    queued.locator(".item .out").first.press("Enter")
    assert queued.locator(".item").count() == 1
    queued.keyboard.press("Enter")
    assert queued.locator(".item").count() == 0


def test_two_tabs_have_one_queue(queued: Any, show: Show) -> None:
    other = queued.context.new_page()
    other.goto(queued.url)
    fifth = ids(other)[4]
    assert other.locator(".item").count() == 2
    for _ in range(5):
        other.keyboard.press("j")
    other.keyboard.press("a")
    queued.wait_for_selector(f'.item[data-id="{fifth}"]')
    queued.click("#queue-panel .out >> nth=0")
    other.wait_for_function("() => document.querySelectorAll('.item').length === 2")
    assert fifth in other.eval_on_selector_all(".item", ORDER)
    other.close()


def test_what_is_added_while_the_queue_plays_is_played_too(show: Show) -> None:
    page = show(f"?track={SEED}&show=queue")
    first, second = ids(page)[:2]
    page.keyboard.press("j")
    page.keyboard.press("a")
    page.click(".hit-item")
    page.keyboard.press(" ")
    page.wait_for_selector("#player [aria-label=Play]")
    assert page.locator("#player [aria-label='Next track']").is_disabled()
    for key in "jja":
        page.keyboard.press(key)
    page.click(".item .out >> nth=0")  # it plays to its end
    page.keyboard.press("n")
    page.wait_for_selector(f'.now-playing[data-id="{second}"]')
    assert page.eval_on_selector_all(".item", ORDER) == [second] != [first]


def test_a_track_is_dragged_to_its_place(queued: Any) -> None:
    before = queued.eval_on_selector_all(".item", ORDER)
    queued.locator(".item").nth(1).drag_to(queued.locator(".item").nth(0))
    assert queued.eval_on_selector_all(".item", ORDER) == before[::-1]


def test_m3u_has_what_players_can_open(queued: Any, library: Served) -> None:
    with queued.expect_download() as saved:
        queued.click("text=M3U")
    assert saved.value.suggested_filename == "spotrec.m3u8"
    lines = Path(saved.value.path()).read_text("utf-8").splitlines()
    assert lines[0] == "#EXTM3U"
    addresses = [line for line in lines if not line.startswith("#")]
    assert len(addresses) == 2
    for line in addresses:
        assert line.startswith(library.url)
        assert library.http.get(line).headers["content-type"].startswith("audio/")


def test_where_a_token_is_needed_an_m3u_says_so(show: Show, catalogue: Path) -> None:
    with served(catalogue, token="a-long-secret") as service:
        page = show(f"?track={SEED}&show=queue", at=service.url, refused=(401,))
        page.fill("#token", "a-long-secret")
        page.keyboard.press("Enter")
        ids(page)
        page.click("#queue-all")
        with page.expect_download():
            page.click("text=M3U")
        page.wait_for_selector("#queue-panel .told >> text=This server needs a token")


def test_csv_has_a_row_for_each(queued: Any) -> None:
    with queued.expect_download() as saved:
        queued.click("text=CSV")
    assert saved.value.suggested_filename == "spotrec.csv"
    with Path(saved.value.path()).open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["track_id"] for row in rows] == queued.eval_on_selector_all(".item", ORDER)
    assert all(row["url"].startswith("https://open.spotify.com/track/") for row in rows)


def test_links_are_copied_a_line_each(queued: Any) -> None:
    queued.click("text=Copy links")
    queued.wait_for_selector("#queue-panel .told >> text=Copied")
    copied = queued.evaluate("navigator.clipboard.readText()").splitlines()
    wanted = queued.eval_on_selector_all(".item", ORDER)
    assert copied == [f"https://open.spotify.com/track/{id_.rpartition(':')[2]}" for id_ in wanted]


def test_a_server_that_makes_no_playlists_offers_none(queued: Any) -> None:
    queued.wait_for_load_state("networkidle")
    assert queued.locator(".saves [title^='Make a playlist']").count() == 0


@pytest.fixture
def signed_in(accounts: FakeAccounts, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeAccounts:
    monkeypatch.setenv("SPOTREC_DATA_DIR", str(tmp_path))
    for n in range(8):
        accounts.add_track(n)
    sign_in()
    accounts.requests.clear()
    return accounts


@pytest.fixture
def with_spotify(signed_in: FakeAccounts, tmp_path: Path) -> Path:
    with FeatureStore(tmp_path / "spotrec.db") as store:
        extra = song(50, id="file:" + "0" * 32)
        fill(store, [*songs_by_artists(8), extra], scattered(9))
    with Recommender(data_dir=tmp_path, ears=[str(CHOI)]) as recommender:
        recommender.index()
    return tmp_path


def test_a_playlist_on_spotify_is_shown_first_and_then_made(
    show: Show, with_spotify: Path, signed_in: FakeAccounts
) -> None:
    with served(with_spotify, playlists=True) as service:
        page = show(f"?track={SEED}&show=queue", at=service.url)
        assert len(ids(page)) == 8
        page.click("#queue-all")
        page.click(".saves >> text=Spotify")
        page.wait_for_selector("#playlist >> text=7 of 8 tracks are there.")
        page.click("#playlist summary")
        assert "Song 50" in page.inner_text("#playlist .missing")
        assert page.input_value("#playlist-name") == "Like Song 3"
        assert signed_in.own_playlists() == []
        page.fill("#playlist-name", "For the evening")
        page.keyboard.press("Enter")
        page.wait_for_selector("#playlist >> text=It is made, with 7 tracks.")
        (made,) = signed_in.own_playlists()
        assert made["name"] == "For the evening"
        queue = page.eval_on_selector_all(".item", ORDER)
        assert made["entries"] == [id_.rpartition(":")[2] for id_ in queue if id_.startswith("spotify:")]
        assert page.get_attribute("#playlist a", "href").startswith("https://open.spotify.com/playlist/")
        page.click("#playlist >> text=Close")
        assert page.locator("#playlist").is_hidden()


def test_why_spotify_makes_none_is_told_and_it_can_be_tried_again(
    show: Show, with_spotify: Path, signed_in: FakeAccounts
) -> None:
    with served(with_spotify, playlists=True) as service:
        page = show(f"?track={SEED}&show=queue", at=service.url, refused=(502,))
        ids(page)
        page.click("#queue-all")
        page.click(".saves >> text=Spotify")
        page.wait_for_selector("#playlist button.strong:enabled")
        signed_in.faults["/v1/me"] = [Answer({"error": {"status": 500, "message": "no"}}, 500)]
        page.click("#playlist >> text=Make it")
        page.wait_for_selector("#playlist button.strong:enabled", timeout=60_000)
        assert "Spotify" in page.inner_text("#playlist [role=status]")
        signed_in.faults.clear()
        page.click("#playlist >> text=Make it")
        page.wait_for_selector("#playlist >> text=It is made")
        assert len(signed_in.own_playlists()) == 1
        assert spotify_id(3) not in signed_in.own_playlists()[0]["entries"]
