"""The map as a page: one file with its own style, script and data, which loads nothing else.

Titles come from outside. They are in the page as JSON, escaped so that it cannot end the script element, and the script
only shows them as text. The page's security policy allows only its own script and style, by their hashes.
"""

import base64
import hashlib
import html
import json
from collections.abc import Mapping, Sequence
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


def write_page(chart: Chart, path: Path, others: Sequence[Chart] = ()) -> None:
    """Write a map as a page. The same map gives the same file, byte for byte.

    Args:
        others: the same tracks and places in other colours, to choose on the page.
    """
    style = Template(_part("page.css")).substitute(_css_colours("light", LIGHT) | _css_colours("dark", DARK))
    script = "(() => {\n'use strict';\n" + "\n".join(map(_part, _SCRIPTS)) + "})();\n"
    policy = (
        f"default-src 'none'; script-src {_hash(script)}; style-src {_hash(style)}; img-src data:; "
        "media-src file:; "
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
        data=as_json({**page_data(chart), "by": chart.groups.by, "others": _colourings(others)}),
    )
    path.write_text(page, encoding="utf-8", errors="replace", newline="\n")


def page_data(chart: Chart) -> dict[str, Any]:
    """Return the data of the script: columns with one entry for each track, and the tables that they refer to."""
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
        "regions": _regions(chart),
        "themes": {"light": _theme(LIGHT, n_groups), "dark": _theme(DARK, n_groups)},
    }


def _colourings(charts: Sequence[Chart]) -> dict[str, Any]:
    """Return the groups and regions of charts, by what the groups are; a digit for each track's group.

    Charts with one group only are left out: all their tracks have one colour.
    """
    return {
        chart.groups.by: {
            "groups": [_shortened(name) for name in chart.groups.names],
            "group": "".join(map(str, chart.groups.of_track.tolist())),
            "regions": _regions(chart),
            "colours": {
                name: theme.colours(len(chart.groups.names)) for name, theme in (("light", LIGHT), ("dark", DARK))
            },
        }
        for chart in charts
        if len(chart.groups.names) > 1
    }


def _regions(chart: Chart) -> list[list[int | str]]:
    return [
        [round((region.x + 1) / 2 * SPAN), round((region.y + 1) / 2 * SPAN), _shortened(region.name), region.level]
        for region in chart.regions
    ]


def atlas_data(charts: Mapping[str, Chart]) -> dict[str, Any]:
    """Return the data of charts of the same tracks in several colours, for a service: with ids, without links.

    `colours` has what differs: the groups, the group of each track, the regions and the themes.
    """
    differing = ("groups", "group", "regions", "themes")
    each = {colour: page_data(chart) for colour, chart in charts.items()}
    first = next(iter(each.values()))
    shared = {name: value for name, value in first.items() if name not in (*differing, "links")}
    ids = [track.id for track in next(iter(charts.values())).tracks]
    colours = {colour: {name: data[name] for name in differing} for colour, data in each.items()}
    return {"ids": ids, **shared, "colours": colours}


def link_of(track: Track) -> str | None:
    """Return where a browser can open a track: its web page or the user's own file. Only http, https and file URLs."""
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
    """Return JSON that is safe inside a script element, whatever texts it contains."""
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
    """Return each text once, and the position of every entry's text."""
    number: dict[str, int] = {}
    positions = [number.setdefault(_shortened(text), len(number)) for text in texts]
    return list(number), positions


def _interned_lists(lists: list[tuple[str, ...]]) -> tuple[list[str], list[list[int]]]:
    number: dict[str, int] = {}
    positions = [[number.setdefault(text, len(number)) for text in texts] for texts in lists]
    return list(number), positions
