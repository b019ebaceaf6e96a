"""What players ask: a catalogue with a file, items of a music server and hostile names, and requests."""

from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from hashlib import md5
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import av
import httpx
import mutagen.flac
import numpy as np

from spotrec.store import FeatureStore, ServerItem, server_key
from spotrec.track import Collection, CollectionKind
from support.catalogue import fill, scattered, song, songs_by_artists
from support.music import tune, write_tagged
from support.service import Served

TOKEN = "sesame-token"
USER = "spotrec"
SERVER = "http://music.example"
N_ON_SERVER = 30
"""So many of the catalogue's first songs are items of the music server, `tr-0` to `tr-29`."""

OWN = song(500, "Own", "Owner", album="Own album", duration_ms=3_000, release_date="1999-05-01", genre="jazz")
HOSTILE = song(
    501,
    "<script>alert('x')</script>\x00\x08\x1b\ud7ff\ufffe \u202eRTL & \"quotes\" ]]>" + "ä" * 10_000,
    "/etc/passwd\n<b>",
    album="../../..\\\x0c&amp;",
    isrc="GBAYE0000501",
    genre="\x01<genre>",
    bpm=120.4,
    explicit=True,
)


def fill_for_players(folder: Path) -> None:
    """Add to a catalogue: a song with a file and a cover, a hostile one, and the items of a music server."""
    path = write_tagged(folder / "music" / "own.flac", tune(1))
    file, art = mutagen.flac.FLAC(path), mutagen.flac.Picture()
    art.data, art.mime, art.type = picture(64, 64), "image/png", 3
    file.add_picture(art)
    file.save()
    on_server = songs_by_artists(N_ON_SERVER)
    library = Collection(f"subsonic:{SERVER}", CollectionKind.LIBRARY, "music.example", SERVER)
    with FeatureStore(folder / "spotrec.db") as store:
        fill(store, [replace(OWN, path=str(path)), HOSTILE], scattered(2, seed=5))
        store.tracks.add(on_server, library)
        items = [
            (ServerItem(server_key(SERVER), f"tr-{n}", f"Artist/{n}.ogg", 1000 + n), one.id)
            for n, one in enumerate(on_server)
        ]
        store.server_items.note(items, "2026-11-01T00:00:00+00:00")


def picture(width: int, height: int) -> bytes:
    """A PNG."""
    frame = av.VideoFrame.from_ndarray(np.full((height, width, 3), 200, np.uint8), format="rgb24")
    encoder: Any = av.CodecContext.create("png", "w")
    encoder.width, encoder.height, encoder.pix_fmt, encoder.time_base = width, height, "rgb24", Fraction(1)
    return b"".join(bytes(packet) for packet in [*encoder.encode(frame), *encoder.encode(None)])


def salted(password: str = TOKEN, user: str = USER, salt: str = "c19b2d") -> dict[str, str]:
    """A user name, a token and its salt."""
    token = md5((password + salt).encode(), usedforsecurity=False).hexdigest()
    return {"u": user, "t": token, "s": salt, "v": "1.16.1", "c": "tests"}


def ask(service: Served, method: str, **parameters: Any) -> Any:
    """What a method answers, signed in, as JSON."""
    response = service.get(f"/rest/{method}", **salted(), f="json", **parameters)
    assert response.status_code == 200, response.text
    answer = response.json()["subsonic-response"]
    assert answer["status"] == "ok", answer
    assert (answer["version"], answer["type"], answer["openSubsonic"]) == ("1.16.1", "spotrec", True)
    return answer


def code_of(response: httpx.Response) -> int:
    """The protocol's code of a failed request."""
    assert response.status_code == 200, response.text
    answer = response.json()["subsonic-response"]
    assert answer["status"] == "failed", answer
    assert answer["error"]["message"]
    code: int = answer["error"]["code"]
    return code


def failed(service: Served, method: str, **parameters: Any) -> int:
    """The code with which a method fails, signed in."""
    return code_of(service.get(f"/rest/{method}", **salted(), f="json", **parameters))


def texts_of(content: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """The names and texts of everything in a JSON answer, as XML shows them."""
    for name, value in content.items():
        for one in value if isinstance(value, list) else [value]:
            if isinstance(one, dict):
                yield name, ""
                yield from texts_of(one)
            else:
                yield name, _shown(one)


def texts_of_xml(element: ET.Element) -> Iterator[tuple[str, str]]:
    """The same of an XML answer."""
    yield from element.attrib.items()
    for below in element:
        name = below.tag.rpartition("}")[2]
        if below.text and not below.attrib:
            yield name, below.text
        else:
            yield name, ""
            if below.text:
                yield "value", below.text
            yield from texts_of_xml(below)


def _shown(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
