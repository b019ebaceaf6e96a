"""Where results and errors are printed, and what tables share."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from spotrec.errors import SpotrecError

if TYPE_CHECKING:
    from spotrec.track import Track

Columns = dict[str, list[Text]]

_PIPE_WIDTH = 240  # a table that nobody's terminal must hold is not cut
_LISTED = 10


def console(*, stderr: bool = False) -> Console:
    to = Console(stderr=stderr, highlight=False, markup=False)
    if not to.is_terminal:
        to.width = _PIPE_WIDTH
    return to


def counted(n: int, what: str) -> str:
    """`1 track`, `2 tracks`."""
    return f"{n} {what}" if n == 1 else f"{n} {what}s"


def harmless(text: Text | str) -> Text:
    """Text as it may be shown: what would move the cursor or turn the writing is replaced."""
    shown = text.copy() if isinstance(text, Text) else Text(text)
    shown.plain = "".join(c if c.isprintable() or c == "\n" else "\N{REPLACEMENT CHARACTER}" for c in shown.plain)
    return shown


def say(to: Console, text: Text | str, style: str = "") -> None:
    """Print text whose lines break between words on a terminal, and not at all in a pipe."""
    to.print(harmless(text), style=style, soft_wrap=not to.is_terminal)


def say_indented(to: Console, text: Text | str, by: int = 2) -> None:
    """The same, all lines indented."""
    if to.is_terminal:
        to.print(Padding(harmless(text), (0, 0, 0, by)))
    else:
        to.print(Text(" " * by).append_text(harmless(text)), soft_wrap=True)


def print_table(to: Console, table: Table) -> None:
    """Print a table; in a pipe its lines end where their text does."""
    if to.is_terminal:
        to.print(table)
        return
    with to.capture() as held:
        to.print(table)
    to.print("\n".join(line.rstrip() for line in held.get().splitlines()), soft_wrap=True)


def error(error: SpotrecError) -> None:
    """Say on stderr what was wrong and what to do next."""
    to = console(stderr=True)
    say(to, Text.assemble(("error: ", "bold red"), error.message))
    hint, *to_copy = error.hint.splitlines() or [""]
    if hint:
        say(to, Text.assemble(("hint: ", "bold"), hint))
    for line in to_copy:
        to.print(harmless(line), soft_wrap=True)


def note(text: str) -> None:
    """Say on stderr what is worth knowing."""
    say(console(stderr=True), Text.assemble(("note: ", "bold yellow"), text))


def local_time(iso: str) -> str:
    """A stored time, to the minute, by this machine's clock."""
    return datetime.fromisoformat(iso).astimezone().strftime("%Y-%m-%d %H:%M")


def pairs() -> Table:
    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_column(style="bold")
    table.add_column(overflow="fold")
    return table


def table_of(columns: Columns, *, numbers: Iterable[str] = ()) -> Table:
    """A table of those columns that say something; those named in `numbers` are flush right."""
    shown = {name: cells for name, cells in columns.items() if any(cells)}
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in shown:
        is_number = name in numbers
        table.add_column(name, justify="right" if is_number else "left", no_wrap=is_number, overflow="fold")
    for cells in zip(*shown.values(), strict=True):
        table.add_row(*map(harmless, cells))
    return table


def track_columns(to: Console, tracks: "Sequence[Track]", beside: Columns, tags: Sequence[str] = ()) -> Columns:
    """What tracks are called, what else is known of them, and where they can be heard.

    A terminal has it all in one column: a link that is broken over lines is none.
    """
    if to.is_terminal:
        names = [_named(track) for track in tracks]
        for name, shared in zip(names, tags, strict=False):
            name.append(f"\n{shared}" if shared else "", "italic")
        return {"track": names, **beside}
    return {
        "title": [Text(track.title) for track in tracks],
        "artist": [Text(", ".join(track.artists)) for track in tracks],
        "album": [Text(track.album or "") for track in tracks],
        **beside,
        "shared tags": [Text(shared) for shared in tags] or [Text()] * len(tracks),
        "link": [link(track, on_terminal=False) for track in tracks],
    }


def _named(track: "Track") -> Text:
    """Artist, title and album; below them the link, where the name itself is not a link to a file."""
    address = link(track, on_terminal=True)
    album = f" · {track.album}" if track.album else ""
    if track.path and not track.url:
        return Text.assemble((track.name, f"link {Path(track.path).as_uri()}"), (album, "dim"))
    return Text.assemble(track.name, (album, "dim"), "\n", address)


def link(track: "Track", *, on_terminal: bool) -> Text:
    """Where the track can be heard: what a terminal can click, or the whole address for a pipe."""
    address = track.url or track.path or track.id
    if not on_terminal:
        return Text(address)
    if track.path and not track.url:
        return Text(Path(track.path).name, style=f"dim link {Path(track.path).as_uri()}")
    return Text(address, style=f"dim link {address}" if track.url else "dim")


def reasons(to: Console, what: str, rows: list[tuple[str, str]]) -> None:
    """How many of `what` there are, and the first of them, each with its reason."""
    if not rows:
        return
    to.print(f"{what}:")
    for name, reason in rows[:_LISTED]:
        say(to, f"  {name}: {reason}")
    if len(rows) > _LISTED:
        to.print(f"  … and {len(rows) - _LISTED} more (--json lists all)")
