"""What people see: on terminals narrow and wide, in pipes, and where not every letter can be shown."""

import csv
import fcntl
import io
import json
import os
import pty
import re
import struct
import subprocess
import sys
import termios
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from rich.cells import cell_len
from typer.main import get_command

from spotrec.cli.app import app
from spotrec.store import FeatureStore
from spotrec.track import Track
from support.catalogue import fill, song, songs, songs_by_artists, sounds_by_artists
from support.servers import spotify_id

Run = Callable[..., Any]

_STYLES_AND_LINKS = re.compile(r"\x1b\[[0-9;]*m|\x1b\]8;[^\x1b]*\x1b\\")
_CURSOR = re.compile(r"\x1b\[\??[0-9;]*[A-Zhl]")

PROGRESS = """
import time
from spotrec.cli.show.progress import TerminalProgress
with TerminalProgress().meter("crawl", 171) as meter:
    for _ in range(40):
        meter.advance(1, "a very long title that goes on and on " * 4)
        time.sleep(0.02)
"""


def on_a_terminal(columns: int, *command: object) -> str:
    """All that a command of Python writes to a terminal of so many columns."""
    screen, terminal = pty.openpty()
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))
    environment = {**os.environ, "TERM": "xterm-256color"}
    environment.pop("COLUMNS", None)
    words = [sys.executable, *map(str, command)]
    with subprocess.Popen(words, stdin=terminal, stdout=terminal, stderr=terminal, env=environment) as process:
        os.close(terminal)
        written = b""
        while piece := _read(screen):
            written += piece
    os.close(screen)
    assert b"Traceback" not in written, written.decode()
    assert process.returncode in (0, 3), written.decode()
    return written.decode()


def _read(screen: int) -> bytes:
    try:
        return os.read(screen, 65536)
    except OSError:  # Linux: the terminal was closed
        return b""


def lines(written: str) -> list[str]:
    """What stands on the screen, without colours and links."""
    shown = _CURSOR.sub("", _STYLES_AND_LINKS.sub("", written))
    return [line for line in re.split(r"[\r\n]+", shown) if line]


def help_of(command: Any, name: str) -> dict[str, str]:
    context = command.make_context(name, [], resilient_parsing=True)
    shown = {name: command.get_help(context)}
    for word, below in getattr(command, "commands", {}).items():
        shown |= help_of(below, f"{name} {word}")
    return shown


@pytest.fixture
def hostile(store: FeatureStore) -> list[Track]:
    """Tracks of names that nobody would think of, and a playlist of them."""
    names = {
        "[bold]x[/bold] [link=http://evil]": "[red]Markup[/red]",
        "\x1b[31mRed\x1b[0m\x1b]0;title\x07": "\x1b[2J",
        "\u202egnirts": "\u2066Isolate",
        "مدينة الضباب": "فرقة القمر",
        "🔥 Fire 👨‍👩‍👧‍👦": "🇫🇷",
        "日本語のとても長い題名の歌": "東京アンサンブル",
        "A Very Long Title " * 12: "The Band With the Longest Name",
        "two\nlines\tand\ra tab": "",
    }
    tracks = [
        song(n, title, artist, url=f"https://open.spotify.com/track/{spotify_id(n)}")
        for n, (title, artist) in enumerate(names.items())
    ]
    store.tracks.add(tracks)
    return tracks


def test_help_fits_a_terminal_of_80_columns_and_no_summary_is_cut_short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    for name, shown in help_of(get_command(app), "spotrec").items():
        assert max(map(len, shown.splitlines())) <= 80, name
        assert not [line for line in shown.splitlines() if line.startswith("  ") and line.endswith("...")], name
        assert not re.search(r"list\[|<\w", shown), f"{name} shows a type of Python's"


@pytest.mark.parametrize("columns", [40, 80, 200])
def test_no_name_breaks_the_screen(columns: int, hostile: list[Track]) -> None:
    for command in (
        ["tracks"],
        ["tracks", "--missing-audio"],
        ["remove", *(track.id for track in hostile), "--dry-run"],
    ):
        written = on_a_terminal(columns, "-m", "spotrec", *command)
        plain = _STYLES_AND_LINKS.sub("", written.replace("starting…\r\x1b[K", ""))  # on a busy machine
        assert all(c.isprintable() or c in "\r\n" for c in plain), f"{command}: {plain!r}"
        assert max(map(cell_len, plain.splitlines())) <= columns
        assert "[bold]x[/bold]" in plain


@pytest.mark.parametrize("columns", [40, 60, 80])
def test_every_row_of_an_evaluation_keeps_its_name(columns: int, home: Path) -> None:
    fill(home, songs_by_artists(30), sounds_by_artists(30)[0])
    shown = lines(on_a_terminal(columns, "-m", "spotrec", "evaluate", "--compare"))
    assert max(map(cell_len, shown)) <= columns
    n_tables = sum(line.startswith("raw cosine") for line in shown)
    for name in ("spotrec ", "standardised", "random"):
        assert sum(line.startswith(name) for line in shown) >= n_tables
    for heading in ("precision@10", "MRR", "nDCG@10", "skewness of k-occurrence"):
        assert any(heading in line for line in shown), heading


@pytest.mark.parametrize("columns", [50, 80, 200])
def test_models_fit_the_screen(columns: int, home: Path) -> None:
    for command in (["models"], ["models", "show", "choi"]):
        shown = lines(on_a_terminal(columns, "-m", "spotrec", *command))
        assert max(map(cell_len, shown)) <= columns
        if columns >= 80:
            assert [line for line in shown if line.rstrip().endswith("/keunwoochoi/music-auto_tagging-keras")]


def test_a_link_is_not_broken_over_lines(hostile: list[Track]) -> None:
    for command in (["tracks"], ["tracks", "--missing-audio"]):
        shown = "\n".join(lines(on_a_terminal(80, "-m", "spotrec", *command)))
        assert all(track.url in shown for track in hostile if track.url)


def test_a_change_of_a_list_that_is_only_shown_says_how_to_keep_it(home: Path) -> None:
    tracks = songs_by_artists(3)
    fill(home, tracks, sounds_by_artists(30)[0][:3])
    (home / "a.txt").write_text("".join(f"{track.id}\n" for track in [*tracks, tracks[0]]))
    command = ("-m", "spotrec", "playlist", "dedupe", "a.txt")
    way = "nothing is written yet: add --in-place or --output FILE.m3u8"
    assert any(way in line for line in lines(on_a_terminal(80, *command)))
    assert "nothing is written" not in on_a_terminal(80, *command, "--in-place")
    assert "nothing is written" not in on_a_terminal(80, *command)  # there is nothing to change any more


def test_messages_break_between_words(home: Path) -> None:
    written = lines(
        on_a_terminal(60, "-c", "from spotrec.cli.show.console import note; note('seventeen letters ' * 12)")
    )
    assert {word for line in written for word in line.split()} == {"note:", "seventeen", "letters"}


def test_where_only_ascii_can_be_shown_all_else_is_escaped(spotrec_process: Run, hostile: list[Track]) -> None:
    shown = spotrec_process("tracks", PYTHONIOENCODING="ascii").stdout
    assert r"\u65e5\u672c\u8a9e" in shown
    rows = json.loads(spotrec_process("tracks", "--json", PYTHONIOENCODING="ascii").stdout)
    assert [row["title"] for row in rows] == [track.title for track in hostile]
    assert "error: " in spotrec_process("crawl", "日本", code=5, PYTHONIOENCODING="ascii").stderr


def test_a_file_name_cannot_speak_to_the_terminal(spotrec_process: Run, music: Path, home: Path) -> None:
    folder = home / "odd"
    folder.mkdir()
    (folder / "caf\x1b[31mé.flac").write_bytes((music / "tune-1.flac").read_bytes())
    spotrec_process("crawl", folder)
    (row,) = csv.DictReader(io.StringIO(spotrec_process("tracks", "--csv").stdout))
    assert "caf" in row["path"]
    assert len(json.loads(spotrec_process("tracks", "--json").stdout)) == 1
    assert "\x1b" not in spotrec_process("tracks").stdout
    assert "\x1b[31m" not in on_a_terminal(80, "-m", "spotrec", "tracks")


def test_who_stops_reading_is_no_error(store: FeatureStore) -> None:
    store.tracks.add(songs(2000))
    for form in ("--csv", "--json", "--limit=2000"):
        command = f"'{sys.executable}' -m spotrec tracks {form} | head -1"
        done = subprocess.run(command, shell=True, capture_output=True, text=True, check=True, timeout=60)
        assert len(done.stdout.splitlines()) == 1
        assert done.stderr == ""


@pytest.mark.parametrize("columns", [50, 80, 160])
def test_progress_keeps_to_its_line_and_says_rate_and_time_left(columns: int, home: Path) -> None:
    frames = lines(on_a_terminal(columns, "-c", PROGRESS))
    assert max(map(cell_len, frames)) <= columns
    assert re.search(r"crawl \S+ +\d+/171 \d+\.\d/s, 0:\d\d left · a ve", frames[-1]), frames[-1]


class TestTracksWithoutAudio:
    @pytest.fixture
    def playlist(self, home: Path) -> Path:
        path = home / "list.csv"
        path.write_text("Track Name,Artist Name(s)\n" + "".join(f"Song {n},Artist {n}\n" for n in range(8)))
        return path

    def test_a_terminal_shows_the_first_and_how_to_see_the_others(self, playlist: Path) -> None:
        shown = lines(on_a_terminal(80, "-m", "spotrec", "crawl", playlist, "--no-progress"))
        assert len([line for line in shown if line.startswith("    Artist ")]) == 5
        assert "    … and 3 more" in shown
        assert "`spotrec tracks --missing-audio` lists all" in shown

    def test_a_pipe_gets_all(self, playlist: Path, spotrec_process: Run) -> None:
        shown = spotrec_process("crawl", playlist, code=3).stdout
        assert shown.startswith("8 tracks seen, 8 new, 0 with audio (0 fetched now), 8 without\n")
        assert all(f"    Artist {n} – Song {n}\n" in shown for n in range(8))


def test_the_next_command_after_a_crawl_is_what_is_left_to_do(
    spotrec: Run, music: Path, weights: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SPOTREC_WEIGHTS", str(weights))
    assert spotrec("crawl", music).stdout.endswith("next: spotrec extract\n")
    spotrec("extract")
    assert spotrec("crawl", music).stdout.endswith("next: spotrec index\n")
