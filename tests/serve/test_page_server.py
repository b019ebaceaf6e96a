"""The page and its server: tokens, music that is not there, and a server that has nothing, or goes away."""

import base64
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from spotrec.store import FeatureStore
from support.catalogue import song
from support.music import encoded, tune
from support.pages import Show, ids
from support.servers import FakeDeezer
from support.service import Served, served

SEED = quote(song(3).id)
TOKEN = "a-long-secret"

DROP = """content => {
    const bytes = Uint8Array.from(atob(content), (one) => one.charCodeAt(0));
    const carried = new DataTransfer();
    carried.items.add(new File([bytes], "from my phone.wav", { type: "audio/wav" }));
    for (const name of ["dragover", "drop"]) {
        document.body.dispatchEvent(new DragEvent(name, { dataTransfer: carried, bubbles: true, cancelable: true }));
        if (name === "dragover") window.sheetWasThere = !document.getElementById("drop").hidden;
    }
}"""
"""What a browser does when a person drags a file over the page and lets go."""

HOLDER = "document.body.append(Object.assign(document.createElement('input'), { type: 'file', id: 'held' }))"
DROP_HELD = """() => {
    const carried = new DataTransfer();
    carried.items.add(document.getElementById("held").files[0]);
    document.body.dispatchEvent(new DragEvent("drop", { dataTransfer: carried, bubbles: true, cancelable: true }));
}"""


class TestAToken:
    @pytest.fixture
    def guarded(self, catalogue: Path) -> Any:
        with served(catalogue, token=TOKEN) as service:
            yield service

    def test_it_is_asked_for_once_and_a_wrong_one_is_refused(self, show: Show, guarded: Served) -> None:
        page = show(f"?track={SEED}", at=guarded.url, refused=(401,))
        page.wait_for_selector("#sign-in[open]")
        assert page.locator(".row").count() == 0
        page.fill("#token", "guessed")
        page.keyboard.press("Enter")
        page.wait_for_selector("#sign-in [role=alert] >> text=This is not the token")
        page.fill("#token", TOKEN)
        page.keyboard.press("Enter")
        before = ids(page)
        assert page.locator("#sign-in").is_hidden()
        page.reload()
        assert ids(page) == before
        assert page.locator("#sign-in").is_hidden()
        (cookie,) = page.context.cookies()
        assert (cookie["httpOnly"], cookie["sameSite"]) == (True, "Strict")
        assert TOKEN not in cookie["value"]
        assert page.evaluate("JSON.stringify([{...localStorage}, document.cookie, location.href])").find(TOKEN) < 0


class TestMusicThatIsNotThere:
    def test_words_that_nothing_has_are_told_with_what_to_do(self, show: Show) -> None:
        page = show("?track=zzzz+nothing", refused=(404,))
        page.wait_for_selector("[role=alert]")
        assert "zzzz nothing" in page.inner_text("[role=alert] h1")
        assert (
            page.inner_text("[role=alert] p")
            == "Try other words of its title or artist, or paste its link on Spotify or Deezer."
        )
        assert page.locator("#save-station").is_hidden(), "there is no list to save"
        page.goto(page.url.replace("zzzz+nothing", SEED))
        page.wait_for_selector(".row")
        page.wait_for_selector("#save-station", state="visible")

    def test_a_request_that_is_not_valid_is_told_in_words_for_people(self, show: Show) -> None:
        page = show("?track=%20", refused=(400,))
        page.wait_for_selector("[role=alert]")
        assert page.inner_text("[role=alert] p") == "Change what you search for, or a filter."

    def test_words_that_several_have_are_chosen_from(self, show: Show) -> None:
        page = show("?track=song", refused=(409,))
        page.wait_for_selector("[role=alert] ul button")
        names = page.locator("[role=alert] ul button").all_inner_texts()
        assert len(names) > 1
        assert page.inner_text("[role=alert] p") == "Choose one of these:"
        page.locator("[role=alert] ul button").first.click()
        page.wait_for_selector(".row")
        assert names[0].endswith(page.inner_text("#seed h1"))

    def test_a_file_that_is_dropped_is_heard(self, show: Show, live: Served) -> None:
        page = show(at=live.url)
        page.wait_for_selector(".tile")
        page.evaluate(DROP, base64.b64encode(encoded(tune(90), "WAV")).decode())
        assert page.evaluate("window.sheetWasThere")
        assert page.locator("#drop").is_hidden()
        page.wait_for_selector(".row", timeout=60_000)
        assert page.inner_text("#seed h1") == "from my phone"

    def test_a_file_is_chosen_where_nothing_can_be_dropped(self, show: Show, live: Served) -> None:
        page = show(at=live.url)
        page.wait_for_selector(".tile")
        with page.expect_file_chooser() as chooser:
            page.locator("#choose-file").press("Enter")
        chooser.value.set_files({"name": "hum.wav", "mimeType": "audio/wav", "buffer": encoded(tune(91), "WAV")})
        page.wait_for_selector("#told >> text=Listening to hum.wav")
        page.wait_for_selector(".row", timeout=60_000)
        assert page.inner_text("#seed h1") == "hum"

    def test_a_file_that_cannot_be_read_is_no_server_away(self, show: Show, live: Served, tmp_path: Path) -> None:
        page = show(at=live.url)
        page.wait_for_selector(".tile")
        gone = tmp_path / "gone.wav"
        gone.write_bytes(b"it was here")
        page.evaluate(HOLDER)
        page.set_input_files("#held", gone)
        gone.unlink()
        page.evaluate(DROP_HELD)
        page.wait_for_selector("[role=alert]")
        assert page.inner_text("[role=alert] h1") == "This file cannot be read"
        assert page.locator("#banner").is_hidden()

    def test_what_is_chosen_while_a_file_is_heard_stays(self, show: Show) -> None:
        page = show()
        page.wait_for_selector(".tile")
        held: list[Any] = []
        page.route("**/v1/hear*", lambda route: held.append(route))
        with page.expect_request("**/v1/hear*"):
            page.set_input_files("#file", {"name": "a.wav", "mimeType": "audio/wav", "buffer": b"RIFF"})
        page.locator(".tile .hit").first.click()
        chosen = ids(page)
        address = page.url
        held[0].fulfill(json={"seed": {"track_id": song(9).id}})
        page.wait_for_load_state("networkidle")
        assert (page.url, ids(page)) == (address, chosen)

    def test_a_file_that_is_no_audio_is_refused_with_the_reason(self, show: Show, live: Served) -> None:
        page = show(at=live.url, refused=(422,))
        page.wait_for_selector(".tile")
        page.evaluate(DROP, base64.b64encode(b"no audio " * 100).decode())
        page.wait_for_selector("[role=alert]", timeout=60_000)
        assert "audio" in page.inner_text("[role=alert]")

    def test_a_link_that_is_not_there_is_added_at_a_click(self, show: Show, live: Served, deezer: FakeDeezer) -> None:
        link = "https://www.deezer.com/playlist/21"
        deezer.add_list("/playlist/21", [5, 6], "From the page")
        page = show(at=live.url, refused=(404,))
        page.wait_for_selector(".tile")
        page.keyboard.press("/")
        page.keyboard.insert_text(link)
        page.keyboard.press("Enter")
        page.click("text=Add it to this library")
        page.wait_for_selector(".row", timeout=60_000)
        assert page.locator("[role=alert]").count() == 0
        assert "From the page" in page.inner_text("#seed")

    def test_one_that_cannot_be_had_says_why(self, show: Show, live: Served) -> None:
        page = show(f"?track={quote('https://www.deezer.com/playlist/404')}", at=live.url, refused=(404,))
        page.click("text=Add it to this library")
        page.wait_for_selector(".offer [role=status] >> text=There is no such thing", timeout=60_000)
        assert page.locator("text=Add it to this library").is_enabled()

    def test_where_clients_may_not_crawl_nothing_is_offered(self, show: Show) -> None:
        page = show(f"?track={quote('https://www.deezer.com/playlist/404')}", refused=(404,))
        page.wait_for_selector("[role=alert]")
        page.wait_for_load_state("networkidle")
        assert page.locator("text=Add it to this library").count() == 0


@pytest.mark.parametrize("width", [390, 1440])
def test_an_empty_store_tells_how_to_begin_and_shows_music_when_there_is_some(
    show: Show, tmp_path: Path, width: int
) -> None:
    with FeatureStore(tmp_path / "spotrec.db") as store, served(tmp_path) as empty:
        page = show("?show=filters+queue", width, at=empty.url)
        page.wait_for_selector("text=There is no music here yet")
        assert "spotrec crawl" in page.inner_text("pre")
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        store.tracks.add([song(1)])
        page.wait_for_selector(".tile", timeout=30_000)
        assert page.inner_text(".tile .title") == "Song 1"


def test_a_server_that_dies_and_comes_back_is_asked_again(show: Show, catalogue: Path) -> None:
    with served(catalogue) as first:
        page = show(f"?track={SEED}", at=first.url)
        before = ids(page)
        port = int(first.url.rpartition(":")[2])
    page.keyboard.press("j")
    page.keyboard.press("-")
    page.wait_for_selector("text=The server does not answer")
    assert ids(page) == before
    with served(catalogue, port=port):
        page.wait_for_selector(".chip.unlike", timeout=10_000)
        assert page.locator("#banner").is_hidden()
        assert before[0] not in ids(page)
        page.goto("about:blank")  # it would ask on while the server goes


AWAY = {
    "a proxy before it finds no server": {"status": 502, "body": "<h1>Bad Gateway</h1>", "content_type": "text/html"},
    "it ends": {"status": 503, "json": {"type": "urn:spotrec:problem:ending", "status": 503}},
    "its answer breaks off": {"status": 200, "body": '{"results": [', "content_type": "application/json"},
}


@pytest.mark.parametrize("answer", AWAY.values(), ids=AWAY.keys())
def test_a_server_is_away_in_other_ways_too(show: Show, answer: dict[str, Any]) -> None:
    page = show(f"?track={SEED}", refused=(502, 503))
    before = ids(page)
    page.route("**/v1/recommendations*", lambda route: route.fulfill(**answer))
    page.keyboard.press("j")
    page.keyboard.press("-")
    page.wait_for_selector("text=The server does not answer")
    assert ids(page) == before
    page.unroute_all()
    page.wait_for_selector(".chip.unlike")
    assert page.locator("#banner").is_hidden()


def test_a_track_without_a_cover_leaves_no_fault_in_the_console(show: Show, library: Served) -> None:
    asked: list[int] = []
    page = show(f"?track={SEED}")
    page.on("response", lambda one: asked.append(one.status) if "/cover?" in one.url else None)
    page.reload()
    ids(page)
    page.wait_for_load_state("networkidle")
    assert set(asked) == {204}
    assert library.get(f"/v1/tracks/{song(3).id}/cover").status_code == 404
