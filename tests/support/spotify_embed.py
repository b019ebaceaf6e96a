"""Spotify's public embed pages on loopback: HTML with the data in a script, laid out as captured pages are."""

import json
from typing import Any

from support.servers import Answer, LoopbackServer, spotify_id

ANONYMOUS_TOKEN = "BQ-planted-anonymous-token"


def page(properties: dict[str, Any]) -> str:
    data = json.dumps({"props": {"pageProps": properties}, "page": "/track/[id]", "buildId": "x"})
    return (
        '<!DOCTYPE html><html><head><script defer="" src="/_next/main.js"></script></head><body><div id="__next"></div>'
        f'<script id="__NEXT_DATA__" type="application/json">{data}</script></body></html>'
    )


def entity_page(entity: Any) -> str:
    session = {"accessToken": ANONYMOUS_TOKEN, "isAnonymous": True}
    return page({"state": {"data": {"entity": entity}, "settings": {"session": session}}, "status": 200})


class FakeEmbed(LoopbackServer):
    """Gives its pages to browsers only, and previews to all."""

    def __init__(self) -> None:
        super().__init__()
        self.previews: dict[str, bytes] = {}
        self.entities: dict[str, dict[str, Any]] = {}

    def add_track(self, n: int, preview_url: str | None = None, **fields: Any) -> str:
        id_ = spotify_id(n)
        self.entities[f"/embed/track/{id_}"] = {
            "type": "track",
            "id": id_,
            "uri": f"spotify:track:{id_}",
            "name": f"Song {n}",
            "title": f"Song {n}",
            "artists": [{"name": f"Artist {n}", "uri": f"spotify:artist:{spotify_id(9000 + n)}"}],
            "duration": 30_000,
            "isPlayable": True,
            "isExplicit": False,
            "releaseDate": {"isoString": "2001-02-03T00:00:00Z"},
            "audioPreview": {"url": preview_url} if preview_url else None,
            **fields,
        }
        return id_

    def row(self, n: int, preview_url: str | None = None, **fields: Any) -> dict[str, Any]:
        """An entry of a list."""
        return {
            "uri": f"spotify:track:{spotify_id(n)}",
            "uid": f"{n:020x}",
            "title": f"Song {n}",
            "subtitle": f"Artist {n}",
            "duration": 30_000,
            "isPlayable": True,
            "isExplicit": False,
            "entityType": "track",
            "audioPreview": {"format": "MP3_96", "url": preview_url} if preview_url else None,
            **fields,
        }

    def add_list(self, n: int, rows: list[Any], kind: str = "playlist", name: str = "Mixtape") -> str:
        id_ = spotify_id(n)
        self.entities[f"/embed/{kind}/{id_}"] = {
            "type": kind,
            "id": id_,
            "uri": f"spotify:{kind}:{id_}",
            "name": name,
            "title": name,
            "subtitle": "Somebody",
            "trackList": rows,
        }
        return id_

    def handle(self, path: str, query: dict[str, str], headers: dict[str, str]) -> Answer | None:
        if path in self.previews:
            return Answer(self.previews[path])
        if not headers.get("User-Agent", "").startswith("Mozilla/"):
            return Answer("no page for robots", 403)
        if path not in self.entities:
            return Answer(page({"status": 404, "title": "Page not found"}))
        return Answer(entity_page(self.entities[path]), headers={"Content-Type": "text/html; charset=utf-8"})
