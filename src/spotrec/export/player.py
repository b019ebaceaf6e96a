"""Opens results in the program that this desktop uses for playlists or links.

The standard library's `webbrowser` opens files in a browser, and typer's `launch` does not report whether it worked.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from spotrec.errors import NotFound, SpotrecError
from spotrec.export import m3u
from spotrec.export.addresses import file_of, web_page_of
from spotrec.system.files import translated
from spotrec.track import Track

_PLAYLIST = "results.m3u8"
_ANSWERS_WITHIN_S = 3.0


@dataclass(frozen=True, slots=True)
class PlayerContent:
    """What the player has opened: a playlist of `n_tracks` files, or one page. `n_others` tracks are not in it."""

    address: str
    n_tracks: int
    n_others: int


def open_in_player(tracks: Sequence[Track], folder: Path, other_way: str) -> PlayerContent:
    """Open a playlist of the tracks that are files; without files, the first web page of a track.

    Args:
        folder: the playlist is stored here, and replaced by the next one.
        other_way: what writes a playlist, for the hint if nothing can be opened here.

    Raises:
        NotFound: no track can be opened.
        SpotrecError: there is no desktop, or it has no program for this.
    """
    instead = f"{other_way} writes a playlist that you can open elsewhere"
    opener = _opener(instead)
    files = [track for track in tracks if (path := file_of(track)) and Path(path).is_file()]
    page = next((page for track in tracks if (page := web_page_of(track))), None)
    if files:
        with translated(
            f"no room to make {folder}",
            lambda why: SpotrecError(f"{folder} cannot be made: {why}", "check the data folder"),
        ):
            folder.mkdir(parents=True, exist_ok=True)
        address = str(m3u.write(folder / _PLAYLIST, files).file)
    elif page:
        address = page
    else:
        raise NotFound(
            "there is nothing to open: no result has a file on this machine, or a link",
            "the results are known by name only",
        )
    _run([opener, address], instead)
    n = len(files) or 1
    return PlayerContent(address, n, len(tracks) - n)


def _opener(instead: str) -> str:
    """Return the program with which this desktop opens files and links."""
    name = "open" if sys.platform == "darwin" else "xdg-open"
    # without a desktop xdg-open may start a text browser in this terminal
    if name == "xdg-open" and not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
        raise SpotrecError("this machine has no desktop on which to open a player", instead)
    opener = shutil.which(name)
    if opener is None:
        raise SpotrecError(f"{name}, which opens players, is not installed", f"install xdg-utils; {instead}")
    return opener


def _run(command: list[str], instead: str) -> None:
    """Start the opener. Some openers end at once, others run as long as the player, which is fine."""
    quiet = subprocess.DEVNULL
    try:
        process = subprocess.Popen(command, stdin=quiet, stdout=quiet, stderr=quiet, start_new_session=True)  # noqa: S603 - found on PATH, and what it opens is a file of ours or a web address
        code = process.wait(_ANSWERS_WITHIN_S)
    except subprocess.TimeoutExpired:
        return
    except OSError as exc:
        raise SpotrecError(f"{command[0]} cannot be run: {exc.strerror or exc}", instead) from exc
    if code:
        raise SpotrecError(
            f"no program opens {command[1]} ({Path(command[0]).name}: exit code {code})",
            f"choose a program for it in your desktop's settings; {instead}",
        )
