"""The commands in docs/taste.md work as they are written, in their order."""

import re
import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any

from support.catalogue import fill, scattered, song

Run = Callable[..., Any]
PAGE = Path(__file__).resolve().parents[1] / "docs" / "taste.md"
NAMES = [
    ("So What", "Miles Davis", "Kind of Blue"),
    ("Blue in Green", "Miles Davis", "Kind of Blue"),
    ("Blue Train", "John Coltrane", "Blue Train"),
    ("Roads", "Portishead", "Dummy"),
    ("My Heart Will Go On", "Céline Dion", "Let’s Talk About Love"),
    ("Last Christmas", "Wham!", "Music from the Edge of Heaven"),
    ("Axel F", "Crazy Frog", "Crazy Hits"),
]


def test_every_command_on_the_page_works(home: Path, spotrec: Run) -> None:
    tracks = [song(i, title, artist, album=album) for i, (title, artist, album) in enumerate(NAMES)]
    fill(home, [*tracks, *(song(i) for i in range(len(tracks), 60))], scattered(60))
    spotrec("index")
    spotrec("query", song(20).id, "--m3u", "favourites.m3u8")
    blocks = re.findall(r"^```\n(.*?)^```", PAGE.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    commands = [line for block in blocks for line in block.splitlines()]
    assert len(commands) > 10
    for command in commands:
        if "--mpd" not in command:
            spotrec(*shlex.split(command)[1:])
    banned = {one.split()[0] for one in spotrec("taste", "--verb", "ban").stdout.splitlines()[1:]}
    assert banned == {"ban"}
