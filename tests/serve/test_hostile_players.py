"""What OpenAPI does not describe, because other projects do: players' methods take anything, and never fail."""

import json
import random
import re
import xml.etree.ElementTree as ET
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from spotrec.serve.library import album_id, artist_id
from support.catalogue import song
from support.players import TOKEN, USER, salted
from support.service import Served

N_EACH = 15
DOCS = Path(__file__).parents[2] / "docs" / "service.md"
_TABLE = DOCS.read_text("utf-8").split("| methods under `/rest/` |")[1].split("\n\n")[0]
METHODS = sorted(
    {
        name
        for row in _TABLE.splitlines()
        if row.startswith("| `")
        for name in re.findall(r"`([a-z]\w+)`", row.split(" | ")[0])
    }
)
VALUES = (
    "", " ", "0", "-1", "1", "25", "1e309", "NaN", "inf", "0x10", "1_000", "٣", "9" * 5000, "2147483648",
    "-9223372036854775809", "true", "null", "[]", "\x00", "%00", "\u202e", "\ufffe", "../../../etc/passwd",
    "/etc/passwd", "file:///etc/passwd", "http://169.254.169.254/", "' or 1=1 --", "*", '"', "%", "_",
    "<script>alert(1)</script>", "]]>", "&amp;", "x" * 3000, "é" * 500, "tr-1", "pl-1", "al-", "ar-", "random",
    "byGenre", "alphabeticalByName", "starred", "newest", "byYear", "Artist 3", "song", song(1).id, song(2).id,
    "no such id", "true false",
    artist_id("Artist 3"), album_id("Album 3", ["Artist 3"]),
)  # fmt: skip
RAW = ("%FF%FE", "%ED%A0%80", "%C0%AF", "%", "%zz", "a%0d%0aSet-Cookie:%20x=1")
"""Bytes that are no text, as they are in an address."""
NAMES = (
    "id", "artistId", "albumId", "count", "size", "offset", "query", "type", "genre", "fromYear", "toYear",
    "startSongId", "endSongId", "musicFolderId", "songCount", "songOffset", "artistCount", "albumOffset", "username",
    "ifModifiedSince", "includeNotPresent", "format", "maxBitRate", "timeOffset", "apiKey",
)  # fmt: skip
PLAYERS = ("item_id", "n", "eliminate_duplicates", "radius_similarity", "start_song_id", "end_song_id", "count",
           "max_steps", "artist", "artist_id", "include_component_matches", "title", "mood_similarity")  # fmt: skip


WRONG = (
    "", "u=&p=", f"u={USER}&p=enc:zz", f"u={USER}&t=&s=", f"u={USER}&t=x&s=" + "y" * 900, "apiKey=%FF",
    f"u={USER}&p=%00{TOKEN}", "u=%ED%A0%80&p=x", f"u={USER}&p={TOKEN}x", f"apiKey={TOKEN}&u={USER}",
)  # fmt: skip
"""What signs nobody in."""


def drawn(seed: str, names: tuple[str, ...]) -> list[str]:
    """Queries of any of these parameters, the same in every run; in some a parameter is there twice."""
    chance = random.Random(seed)
    found = []
    for _ in range(N_EACH):
        parts = []
        for name in names:
            for _ in range(chance.choice((0, 0, 1, 1, 1, 2))):
                value = chance.choice(RAW) if chance.random() < 0.1 else quote(chance.choice(VALUES), safe="")
                parts.append(f"{name}={value}")
        found.append("&".join(parts)[:15_000])
    return found


def test_the_docs_name_the_methods() -> None:
    assert {"getSonicSimilarTracks", "getSimilarSongs2", "search3", "stream", "getCoverArt", "ping"} <= set(METHODS)
    assert len(METHODS) > 30


@pytest.mark.parametrize("method", METHODS)
def test_a_method_of_opensubsonic_takes_anything(method: str, players: Served) -> None:
    chance = random.Random(method)
    signed = "&".join(f"{name}={value}" for name, value in salted().items())
    for query in drawn(method, NAMES):
        form = chance.choice(("json", "xml", "jsonp&callback=" + quote(chance.choice(VALUES))))
        sent = re.sub(r"(^|&)apiKey=[^&]*", "", query)
        address = f"/rest/{method}{chance.choice(('', '.view'))}"
        send: Callable[[], Any]
        if chance.random() < 0.3:
            headers = {"Content-Type": "application/x-www-form-urlencoded"}
            body = f"{signed}&f={form}&{sent}".encode()
            send = lambda: players.http.post(address, content=body, headers=headers)  # noqa: B023, E731 - sent at once
        else:
            send = lambda: players.http.get(f"{address}?{signed}&f={form}&{sent}"[:15_900])  # noqa: B023, E731 - as above
        answer = send()
        assert answer.status_code < 500, (address, sent[:500], answer.text[:500])
        assert "set-cookie" not in answer.headers
        if form == "json" and answer.headers["content-type"].startswith("application/json"):
            assert json.loads(answer.content)["subsonic-response"]["status"] in ("ok", "failed")
        elif form == "xml" and "xml" in answer.headers.get("content-type", ""):
            ET.fromstring(answer.content)


@pytest.mark.parametrize("method", METHODS)
def test_whatever_signs_in_wrongly_is_refused(method: str, players: Served) -> None:
    if method == "getOpenSubsonicExtensions":
        return  # players ask it before they know how to sign in
    for wrong in WRONG:
        answer = players.http.get(f"/rest/{method}?f=json&v=1.16.1&c=x&{wrong}")
        assert answer.status_code < 500
        assert answer.json()["subsonic-response"]["status"] == "failed", wrong


@pytest.mark.parametrize("path", ["similar_tracks", "find_path", "similar_artists", "no_such"])
def test_the_plugins_methods_take_anything(path: str, players: Served) -> None:
    headers = {"Authorization": f"Bearer {TOKEN}"}
    for query in drawn(path, PLAYERS):
        answer = players.http.get(f"/api/{path}?{query}", headers=headers)
        assert answer.status_code < 500, (query[:500], answer.text[:500])
        answer.json()
