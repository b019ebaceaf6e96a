"""Lists that were extended, reordered, deduped or filled, as tables, and what became of them."""

import shlex
from typing import TYPE_CHECKING

import typer
from rich.text import Text

from spotrec.cli.flags import to_paste, with_flags
from spotrec.cli.show.console import console, harmless, note, say
from spotrec.cli.show.outputs import note_elsewhere
from spotrec.cli.show.tables import print_table, table_of
from spotrec.cli.show.units import counted
from spotrec.links import is_one_line
from spotrec.operations.as_json.playlists import ENTRY_COLUMNS

if TYPE_CHECKING:
    from spotrec.operations.lists.changed_playlist import ChangedPlaylist, ListRow
    from spotrec.operations.lists.dedupe import DedupedPlaylist
    from spotrec.operations.lists.entries import Entry
    from spotrec.operations.lists.extend import ExtendedPlaylist
    from spotrec.operations.lists.fill import FilledPlaylist
    from spotrec.operations.lists.reorder import ReorderedPlaylist
    from spotrec.operations.lists.written_playlist import WrittenList

_NAMED = 3


def print_extended(found: "ExtendedPlaylist") -> None:
    to, n = console(), len(found.found.results)
    say(to, Text.assemble((found.playlist.title, "bold"), f", with {counted(n, 'new track')} at its end:"))
    _print_rows(found.playlist)
    if not n:
        to.print("No track passes these filters." if found.found.is_narrowed else "No other track is in the index.")


def print_reordered(found: "ReorderedPlaylist") -> None:
    to = console()
    way = {None: "neighbours sound alike", "rise": "the energy rises", "fall": "the energy falls"}
    how = way.get(found.curve, "the energy comes in waves")
    say(to, Text.assemble((found.playlist.title, "bold"), f", in an order in which {how}:"))
    _print_rows(found.playlist)
    now, before = found.similarity_of(found.distance), found.similarity_of(found.before)
    if now is not None and before is not None:
        say(to, f"similarity from track to track: {now:.3f} on average, before {before:.3f}")
        say(to, f"distance along the list: {found.distance:.3f}, before {found.before:.3f}; {_how_good(found)}")


def print_deduped(found: "DedupedPlaylist") -> None:
    to = console()
    if not found.repeats:
        say(to, Text.assemble((found.playlist.title, "bold"), " has no recording twice"))
        return
    n = len(found.repeats)
    said = f" has {_entries(n)} that {'repeats' if n == 1 else 'repeat'} an earlier one:"
    say(to, Text.assemble((found.playlist.title, "bold"), said))
    columns = {
        "#": [str(one.entry.number) for one in found.repeats],
        "track": [one.entry.name for one in found.repeats],
        "repeats": [f"{one.of.number}, {one.of.name}" for one in found.repeats],
        "by": [one.reason for one in found.repeats],
    }
    print_table(to, table_of(columns, numbers=["#"]))


def print_filled(found: "FilledPlaylist") -> None:
    to, n = console(), found.playlist.n_new
    between = (" between ", (found.start.name, "bold"), " and ", (found.end.name, "bold"), ":")
    say(to, Text.assemble((found.playlist.title, "bold"), f", with {counted(n, 'new track')}", *between))
    _print_rows(found.playlist)


def print_ids(playlist: "ChangedPlaylist") -> None:
    """Print the id of each entry; of one that is not stored, its link, if it has one."""
    for entry in playlist.entries:
        if entry.track:
            typer.echo(entry.track.id)
        elif entry.place.startswith(("https://", "spotify:", "deezer:")) and is_one_line(entry.place):
            typer.echo(entry.place)


def tell(playlist: "ChangedPlaylist") -> None:
    """Note which entries could not take part."""
    n = len(playlist.unknown)
    if n:
        source = playlist.contents.source
        note(f"{_entries(n)} not in the store, left in place: {_names(playlist.unknown)}")
        if source:
            what = "it" if n == 1 else "them"
            command = to_paste(f"spotrec crawl {shlex.quote(source)}")
            console(stderr=True).print(harmless(f"to add {what}: {command}"), style="dim", soft_wrap=True)
    if playlist.unheard:
        note(f"{counted(len(playlist.unheard), 'track')} without features: {_names(playlist.unheard)}")


def tell_unwritten(playlist: "ChangedPlaylist") -> None:
    """Say on a terminal how to keep a change that is only shown so far."""
    to = console(stderr=True)
    if to.is_terminal and console().is_terminal and playlist.is_changed:
        in_place = "`in_place` or " if playlist.contents.text else ""
        say(to, with_flags(f"nothing is written yet: add {in_place}`file` FILE.m3u8"), "dim")


def tell_written(written: "WrittenList") -> None:
    """Say what was written, and what the file could not hold."""
    said = f"{_entries(written.n_entries)} written to {written.file}"
    say(console(stderr=True), said if written.is_changed else f"{written.file} is like that already", "dim")
    if written.left_out:
        note(f"only as comments, with neither a file nor a link: {'; '.join(written.left_out)}")
    note_elsewhere(written.elsewhere)


def _print_rows(playlist: "ChangedPlaylist") -> None:
    to = console()
    columns = {
        column.heading: [Text(column.text(row), _style(row)) for row in playlist.rows]
        for column in ENTRY_COLUMNS
        if column.heading and (not to.is_terminal or column.heading not in ("title", "artist", "album"))
    }
    if to.is_terminal:
        columns["track"] = [
            Text(
                row.track.name if row.track else row.entry.name,
                "bold" if row.entry.is_new else "" if row.track else "dim",
            )
            for row in playlist.rows
        ]
    print_table(to, table_of(columns, numbers=["#", "was", "similarity", "energy"]))


def _style(row: "ListRow") -> str:
    """Return how a row looks: new ones stand out, and what is not stored stands back."""
    return "bold" if row.entry.is_new else "" if row.track else "dim"


def _how_good(found: "ReorderedPlaylist") -> str:
    if found.is_shortest:
        return "no order has a smaller one" if found.curve is None else "no order with this curve has a smaller one"
    return f"at most {found.gap:.1%} more than the best possible ({found.bound:.3f})"


def _entries(n: int) -> str:
    return "1 entry" if n == 1 else f"{n:,} entries"


def _names(entries: "tuple[Entry, ...]") -> str:
    more = f" and {len(entries) - _NAMED:,} more" if len(entries) > _NAMED else ""
    return "; ".join(entry.name for entry in entries[:_NAMED]) + more
