"""The page: one file with its own style, script and data, that asks nobody for anything.

Titles come from outside. They stand in the page as JSON in which nothing can end the element, and the script shows them
as text only. What the page may run and load is said in its policy: its own script and style, by their hashes, and
nothing else.
"""

import base64
import hashlib
import html
import json
from dataclasses import asdict
from importlib import resources
from pathlib import Path
from string import Template
from typing import Any
from urllib.parse import urlsplit

from spotrec.map.chart import Chart
from spotrec.map.themes import DARK, LIGHT, Theme
from spotrec.track import Track

SPAN = 20_000
_SCRIPTS = ("data.js", "view.js", "dots.js", "draw.js", "gestures.js", "panels.js")
_ESCAPES = {ord(c): f"\\u{ord(c):04x}" for c in "<>&\u2028\u2029"}
_LONGEST = 300


def write_page(chart: Chart, path: Path) -> None:
    """Write a map as a page. The same map is the same file, byte for byte."""
    style = Template(_part("page.css")).substitute(_css_colours("light", LIGHT) | _css_colours("dark", DARK))
    script = "(() => {\n'use strict';\n" + "\n".join(map(_part, _SCRIPTS)) + "})();\n"
    policy = (
        f"default-src 'none'; script-src {_hash(script)}; style-src {_hash(style)}; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )
    words = {
        "title": f"{chart.title} · a map by sound",
        "heading": chart.title,
        "label": f"Map of {chart.title} by sound",
        "summary": chart.summary,
        "legend": f"Colours: {chart.groups.by}",
    }
    page = Template(_part("page.html")).substitute(
        {name: html.escape(_shortened(text)) for name, text in words.items()},
        policy=policy,
        style=style,
        script=script,
        data=as_json(page_data(chart)),
    )
    path.write_text(page, encoding="utf-8", errors="replace", newline="\n")


def page_data(chart: Chart) -> dict[str, Any]:
    """All that the script knows: columns of one entry a track, and the tables that they point into."""
    tracks = chart.tracks
    artists, artist = _interned([", ".join(track.artists) for track in tracks])
    albums, album = _interned([track.album or "" for track in tracks])
    tag_names, tags = _interned_lists(chart.tags)
    x, y = (((chart.places + 1) / 2 * SPAN).round().astype(int).T).tolist()
    low, high = chart.places.min(axis=0), chart.places.max(axis=0)
    n_groups = len(chart.groups.names)
    return {
        "span": SPAN,
        "width": round(float(high[0] - low[0]) / 2, 4),
        "height": round(float(high[1] - low[1]) / 2, 4),
        "x": x,
        "y": y,
        "titles": [_shortened(track.title) for track in tracks],
        "artists": artists,
        "artist": artist,
        "albums": albums,
        "album": album,
        "tagNames": tag_names,
        "tags": tags,
        "links": [link_of(track) for track in tracks],
        "near": [list(near) for near in chart.near],
        "groups": [_shortened(name) for name in chart.groups.names],
        "group": chart.groups.of_track.tolist(),
        "regions": [
            [round((region.x + 1) / 2 * SPAN), round((region.y + 1) / 2 * SPAN), _shortened(region.name), region.level]
            for region in chart.regions
        ],
        "themes": {"light": _theme(LIGHT, n_groups), "dark": _theme(DARK, n_groups)},
    }


def link_of(track: Track) -> str | None:
    """Where a browser can open a track: its page, or the user's own file. No other scheme than http(s) and file."""
    if track.url:
        url = track.url.strip()
        try:
            parts = urlsplit(url)
        except ValueError:
            parts = urlsplit("")
        if parts.scheme in ("http", "https") and parts.netloc:
            return url
    if track.path and Path(track.path).is_absolute():
        return Path(track.path).as_uri()
    return None


def as_json(value: Any) -> str:
    """JSON that may stand inside a script element, whatever texts it holds."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False).translate(_ESCAPES)


def _theme(theme: Theme, n_groups: int) -> dict[str, Any]:
    fields = asdict(theme)
    return {name: fields[name] for name in ("paper", "ink", "quiet", "halo")} | {"colours": theme.colours(n_groups)}


def _css_colours(name: str, theme: Theme) -> dict[str, str]:
    return {f"{name}_{part}": getattr(theme, part) for part in ("paper", "ink", "quiet")}


def _part(name: str) -> str:
    return resources.files(__package__).joinpath(name).read_text(encoding="utf-8")


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def _shortened(text: str) -> str:
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"


def _interned(texts: list[str]) -> tuple[list[str], list[int]]:
    """Each text once, and for every entry where it stands."""
    number: dict[str, int] = {}
    positions = [number.setdefault(_shortened(text), len(number)) for text in texts]
    return list(number), positions


def _interned_lists(lists: list[tuple[str, ...]]) -> tuple[list[str], list[list[int]]]:
    number: dict[str, int] = {}
    positions = [[number.setdefault(text, len(number)) for text in texts] for texts in lists]
    return list(number), positions
