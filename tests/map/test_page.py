"""The page, read as a browser would: one file, and nothing from outside gets out of its place."""

import base64
import hashlib
import json
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from map.conftest import Draft
from spotrec.map.chart import Chart
from spotrec.map.colouring import Groups
from spotrec.map.page import link_of, write_page
from spotrec.map.regions import Region
from spotrec.track import Track, TrackId
from support.catalogue import songs_by_artists

HOSTILE = (
    "</script><script>window.broken = 1</script>",
    "<!--<script>",
    "]]><img src=x onerror='window.broken = 1'>",
    "$data ${style} $$ {{title}} %s",
    "\u2028\u2029\u202egnirts\x00\x1b[31m",
    "\"'`\\",
    "<b>bold</b> &lt;",
    "A very long title " * 60,
    "",
    "日本語 🇫🇷 👨‍👩‍👧‍👦",
)


class Page(HTMLParser):
    """Its elements in order, and the text inside each script and style."""

    def __init__(self, path: Path) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: dict[str, str] = {}
        self._inside = ""
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        self._inside = f"{tag}#{dict(attrs).get('id')}"

    def handle_endtag(self, tag: str) -> None:
        self._inside = ""

    def handle_data(self, data: str) -> None:
        self.texts[self._inside] = self.texts.get(self._inside, "") + data

    @property
    def data(self) -> dict[str, Any]:
        read: dict[str, Any] = json.loads(self.texts["script#data"])
        return read

    @property
    def shape(self) -> list[tuple[str, dict[str, str | None]]]:
        """All elements but for what differs between maps."""
        return [
            (tag, {k: v for k, v in attrs.items() if k not in ("aria-label", "content")})
            for tag, attrs in self.elements
        ]


def page(chart: Chart, tmp_path: Path, name: str = "map.html") -> Page:
    write_page(chart, tmp_path / name)
    return Page(tmp_path / name)


def hostile_tracks() -> list[Track]:
    return [Track(TrackId(f"file:{i}"), text, (text, "Somebody"), album=text) for i, text in enumerate(HOSTILE)]


def test_titles_stay_text_whatever_they_hold(draft: Draft, tmp_path: Path) -> None:
    harmless = page(draft(songs_by_artists(10)), tmp_path)
    everywhere = {
        "title": HOSTILE[0],
        "summary": HOSTILE[2],
        "groups": Groups("artist", (HOSTILE[0], HOSTILE[1], HOSTILE[2], "other"), np.arange(10) % 4),
        "regions": [Region(0, 0, text, 0, 3) for text in HOSTILE],
        "tags": [(text,) for text in HOSTILE],
    }
    found = page(draft(hostile_tracks(), **everywhere), tmp_path)
    assert found.shape == harmless.shape, "not one element more"
    for title, written in zip(found.data["titles"], HOSTILE, strict=True):
        assert title == written if len(written) <= 300 else (len(title) == 300 and title.endswith("…"))
    assert found.data["groups"][:3] == list(HOSTILE[:3])
    assert found.texts["title#None"] == f"{HOSTILE[0]} · a map by sound"
    written = (tmp_path / "map.html").read_text(encoding="utf-8")
    raw = re.search(r'<script id="data" type="application/json">(.*?)</script>', written, re.DOTALL)
    assert raw is not None
    assert not set(raw[1]) & set("<>&\u2028\u2029")


def test_it_runs_its_own_script_and_nothing_else(draft: Draft, tmp_path: Path) -> None:
    found = page(draft(songs_by_artists(3)), tmp_path)
    (policy,) = [a["content"] for tag, a in found.elements if a.get("http-equiv") == "Content-Security-Policy"]
    assert policy is not None
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    for element in ("script", "style"):
        digest = base64.b64encode(hashlib.sha256(found.texts[f"{element}#None"].encode()).digest()).decode()
        assert f"{element}-src 'sha256-{digest}'" in policy


def test_it_names_no_other_file_and_no_host(draft: Draft, tmp_path: Path) -> None:
    tracks = [Track(TrackId("file:1"), "Song", path="/m/1.mp3")]
    found = page(draft(tracks), tmp_path)
    for tag, attributes in found.elements:
        assert not {"src", "srcset", "action", "style", "onload", "onclick"} & set(attributes), tag
        assert attributes.get("href", "data:,") in ("data:,", "#words")
    text = (tmp_path / "map.html").read_text(encoding="utf-8")
    assert not re.search(
        r"//[a-z]|@import|url\(|fetch\(|XMLHttpRequest|WebSocket|import\(|eval\(|innerHTML",
        text.replace("file:///m/1.mp3", ""),
    )


def test_the_same_map_is_the_same_file(draft: Draft, tmp_path: Path) -> None:
    page(draft(songs_by_artists(20)), tmp_path, "a.html")
    page(draft(songs_by_artists(20)), tmp_path, "b.html")
    assert (tmp_path / "a.html").read_bytes() == (tmp_path / "b.html").read_bytes()


def test_what_the_page_knows(draft: Draft, tmp_path: Path) -> None:
    data = page(draft(songs_by_artists(8)), tmp_path).data
    assert data["titles"] == [f"Song {i}" for i in range(8)]
    assert [data["artists"][i] for i in data["artist"]] == ["Artist 0"] * 5 + ["Artist 1"] * 3
    assert data["near"][7] == [0, 1, 2]
    assert [[data["tagNames"][tag] for tag in own] for own in data["tags"]] == [["rock", "sad"]] * 8
    assert (data["x"][0], data["y"][0]) == (20_000, 10_000)
    assert len(data["themes"]["dark"]["colours"]) == len(data["groups"]) == 2
    assert data["links"][3] == f"https://open.spotify.com/track/{3:022d}"


@pytest.mark.parametrize(
    ("url", "path", "link"),
    [
        ("https://a.example/x", None, "https://a.example/x"),
        ("http://a.example/x", "/m/1.mp3", "http://a.example/x"),
        (None, "/m/a b#1?.mp3", "file:///m/a%20b%231%3F.mp3"),
        ("javascript:alert(1)", None, None),
        ("JAVASCRIPT:alert(1)", "/m/1.mp3", "file:///m/1.mp3"),
        ("data:text/html,<script>", None, None),
        ("vbscript:x", None, None),
        ("ftp://a.example", None, None),
        ("file:///etc/passwd", None, None),
        ("https:", None, None),
        ("http://[", None, None),
        (" https://a.example\n", None, "https://a.example"),
        ("java\nscript:alert(1)", None, None),
        (None, "relative.mp3", None),
        (None, None, None),
    ],
)
def test_only_pages_and_own_files_are_linked(url: str | None, path: str | None, link: str | None) -> None:
    assert link_of(Track(TrackId("file:1"), "Song", url=url, path=path)) == link


def test_other_colours_take_a_byte_a_track(draft: Draft, tmp_path: Path) -> None:
    tracks = songs_by_artists(2_000)
    chart = draft(tracks)
    others = [
        draft(tracks, groups=Groups(by, ("one", "other"), np.arange(2_000) % 2))
        for by in ("collection", "artist", "genre")
    ]
    write_page(chart, tmp_path / "one.html")
    write_page(chart, tmp_path / "four.html", others)
    more = (tmp_path / "four.html").stat().st_size - (tmp_path / "one.html").stat().st_size
    assert 3 * 2_000 < more < 3 * 2_000 + 1_000
