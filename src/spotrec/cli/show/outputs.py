"""The forms of results: a table, JSON, CSV or ids; in addition, a playlist file and the player."""

import re
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from spotrec.cli.flags import with_flags
from spotrec.cli.show import starting
from spotrec.errors import UsageError
from spotrec.operations.as_json.columns import plain

if TYPE_CHECKING:
    from spotrec.operations.as_json.columns import Column
    from spotrec.recommender import Recommender
    from spotrec.track import Track

_Result = TypeVar("_Result")

_CONTROL = re.compile(r"[\x7f-\x9f]")
"""JSON may hold these as they are, but some terminals obey them."""

_NAMED = 5
Csv = Annotated[bool, typer.Option("--csv", help="Print the results as CSV: safe to open in a spreadsheet.")]
Raw = Annotated[
    bool,
    typer.Option(
        "--raw", help="With --csv: no ' before texts that begin with = + - @, and control characters as they are."
    ),
]
Ids = Annotated[bool, typer.Option("--ids", help="Print one track id per line.")]
M3u = Annotated[
    Path | None,
    typer.Option("--m3u", help="Also write the results as a playlist (.m3u8).", metavar="FILE", show_default=False),
]
RelativeTo = Annotated[
    Path | None,
    typer.Option(
        "--relative-to",
        help="Name the files of the playlist from this folder, for phones and other machines.",
        metavar="FOLDER",
        show_default=False,
    ),
]
Open = Annotated[bool, typer.Option("--open", help="Also open the results in the player.")]


def show(
    result: _Result, table: Callable[[_Result], None], *, json: bool, form: Callable[[_Result], Any] = plain
) -> None:
    """Print a result.

    Args:
        table: prints the result as a table.
        form: makes its JSON value.
    """
    starting.end()
    if json:
        print_json(form(result))
    else:
        table(result)


@dataclass(frozen=True, slots=True, kw_only=True)
class Output:
    """Where to write a ranked list of tracks: to stdout in one form, and also to a playlist file and the player.

    Raises (on construction, before any work):
        UsageError: two forms at once, or the playlist file must not be written.
    """

    json: bool = False
    csv: bool = False
    raw: bool = False
    ids: bool = False
    m3u: Path | None = None
    relative_to: Path | None = None
    open: bool = False

    def __post_init__(self) -> None:
        if self.json + self.csv + self.ids > 1:
            raise UsageError("--json, --csv and --ids cannot be combined", "choose one")
        check_raw(raw=self.raw, csv=self.csv)
        if self.relative_to and not self.m3u:
            raise UsageError("--relative-to needs --m3u", "give the playlist that is to be written: --m3u FILE.m3u8")
        if self.m3u:
            from spotrec.export.m3u import check_replaceable
            from spotrec.system.files import check_folder, from_home

            check_folder(from_home(self.m3u))
            check_replaceable(from_home(self.m3u))
        if self.relative_to:
            from spotrec.export.relative_paths import start_of

            start_of(self.relative_to)


def show_tracks(
    recommender: "Recommender",
    output: Output,
    result: _Result,
    table: Callable[[_Result], None],
    *,
    form: Callable[[_Result], Any],
    columns: "Sequence[Column]",
    rows: Sequence[Any],
) -> None:
    """Print a result that is a ranked list of tracks; also write the playlist and open the player if wanted.

    Args:
        table: prints the result as a table.
        form: makes its JSON value.
        columns: the columns of its CSV.
        rows: its list, best first; each row has a `track`.
    """
    starting.end()
    tracks: list[Track] = [row.track for row in rows]
    if output.csv:
        print_csv(columns, rows, raw=output.raw)
    elif output.ids:
        for track in tracks:
            typer.echo(track.id)
    else:
        show(result, table, json=output.json, form=form)
    if output.m3u:
        _write_m3u(recommender, output.m3u, tracks, output.relative_to)
    if output.open:
        _open(recommender, tracks)


def check_raw(*, raw: bool, csv: bool) -> None:
    """Raise UsageError if `--raw` is given without `--csv`."""
    if raw and not csv:
        raise UsageError("--raw needs --csv", "add --csv")


def print_json(value: Any) -> None:
    """Print one JSON value."""
    starting.end()
    typer.echo(_dumped(_with_flags(value), indent=2))


def stream_json(values: Iterable[Any]) -> None:
    """Print one JSON list with one value per line, each as it is read."""
    starting.end()
    before = "[\n"
    for value in values:
        sys.stdout.write(before + _dumped(value))
        before = ",\n"
    sys.stdout.write("[]\n" if before == "[\n" else "\n]\n")  # not typer.echo: it may buffer the same pipe separately


def print_csv(
    columns: "Sequence[Column]", rows: Iterable[Any], *, raw: bool = False, **words: Callable[[Any], str]
) -> None:
    """Print a heading, and a line for each row as it is read.

    Args:
        raw: print texts as they are, also those that a spreadsheet computes and a terminal obeys.
        words: column name → function of a row that returns the text to write in place of a nested value.
    """
    import csv

    from spotrec.system.csv_cells import safe_cell

    starting.end()
    shown = [column for column in columns if column.name]
    if any(column.is_optional for column in shown):
        rows = list(rows)
        shown = [one for one in shown if not one.is_optional or any(one.read(row) is not None for row in rows)]
    cells: list[Callable[[Any], Any]] = [words.get(column.name, column.cell) for column in shown]
    writer = csv.writer(sys.stdout)
    writer.writerow(column.name for column in shown)
    lines = ([cell(row) for cell in cells] for row in rows)
    safe = ([safe_cell(value) if isinstance(value, str) else value for value in line] for line in lines)
    writer.writerows(lines if raw else safe)


def note_elsewhere(names: "Sequence[str]") -> None:
    """Note which files a playlist names by absolute paths, although its others are named from a folder."""
    from spotrec.cli.show.console import note
    from spotrec.cli.show.units import counted

    if names:
        more = f" and {len(names) - _NAMED:,} more" if len(names) > _NAMED else ""
        shown = "; ".join(names[:_NAMED])
        note(f"{counted(len(names), 'track')} on another drive, with an absolute path: {shown}{more}")


def _write_m3u(recommender: "Recommender", file: Path, tracks: "Sequence[Track]", relative_to: Path | None) -> None:
    from spotrec.cli.show.console import console, note, say
    from spotrec.cli.show.units import counted

    written = recommender.write_m3u(file, tracks, relative_to=relative_to)
    say(console(stderr=True), f"{counted(written.n_tracks, 'track')} written to {written.file}", "dim")
    if written.left_out:
        names = "; ".join(track.name for track in written.left_out)
        note(f"left out of the playlist, with neither a file nor a link: {names}")
    note_elsewhere([track.name for track in written.elsewhere])


def _open(recommender: "Recommender", tracks: "Sequence[Track]") -> None:
    from spotrec.cli.show.console import console, note, say
    from spotrec.cli.show.units import counted

    opened = recommender.open_in_player(tracks)
    say(console(stderr=True), f"opened {opened.address} ({counted(opened.n_tracks, 'track')})", "dim")
    if opened.n_others:
        note(f"{counted(opened.n_others, 'other track')} could not be opened in the player")


def _with_flags(value: Any) -> Any:
    """Return the same value with flags in its hints."""
    if isinstance(value, dict):
        return {name: with_flags(of) if name == "hint" else _with_flags(of) for name, of in value.items()}
    return [_with_flags(one) for one in value] if isinstance(value, list) else value


def _dumped(value: Any, indent: int | None = None) -> str:
    import json

    is_unicode = (sys.stdout.encoding or "utf-8").lower().startswith("utf")
    text = json.dumps(value, ensure_ascii=not is_unicode, indent=indent, default=_plain)
    return _CONTROL.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def _plain(value: Any) -> Any:
    if isinstance(value, Path):
        return str(value)
    if isinstance(value, Enum):
        return value.value
    raise TypeError(f"{type(value).__name__} has no JSON form")
