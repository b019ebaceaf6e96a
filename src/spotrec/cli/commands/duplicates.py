"""`spotrec duplicates`."""

from typing import TYPE_CHECKING, Annotated

import typer

from spotrec.cli import completion, options
from spotrec.cli.show import outputs
from spotrec.errors import UsageError
from spotrec.operations.as_json import copies

if TYPE_CHECKING:
    from spotrec.operations.duplicates import Duplicates

EXAMPLES = """
\b
Examples:
  spotrec duplicates
  spotrec duplicates --files
  spotrec duplicates --by content,sound
  spotrec duplicates --collection ~/Music --csv > duplicates.csv
  spotrec duplicates --json
\b
Nothing is deleted or changed. What tells that copies are one recording:
content (the same file at two places), sound (the same audio with other tags),
isrc, name (artist, title and length), audio (it sounds the same, and is as
long, whatever the format). The copy that looks best comes first, with *: it
is there, lossless, of the highest bit rate, with the fullest tags.
\b
Exit codes: 0 done, 2 usage, 5 there is no store, or no such collection.
"""

_IN_A_TABLE = 100


@options.with_settings("model", "weights", "store", "index_dir")
def duplicates(
    *,
    by: Annotated[
        list[str] | None,
        typer.Option(
            help="Only copies found by one of: content, sound, isrc, name, audio. Repeatable.",
            metavar="REASONS",
            show_default=False,
        ),
    ] = None,
    files: Annotated[bool, typer.Option("--files", help="Only your own files on this machine.")] = False,
    collection: Annotated[
        str | None,
        typer.Option(
            help="Only tracks of this collection or folder (link, path or title), artist:NAME or album:NAME.",
            metavar="TEXT",
            show_default=False,
            autocompletion=completion.collections,
        ),
    ] = None,
    limit: Annotated[
        int | None, typer.Option(min=1, help="Show at most N recordings.", metavar="N", show_default=False)
    ] = None,
    open_recommender: options.Opener,
    json: options.Json = False,
    csv: outputs.Csv = False,
    raw: outputs.Raw = False,
) -> None:
    """Find recordings that you have twice; delete nothing."""
    if json and csv:
        raise UsageError("--json and --csv cannot be combined", "choose one")
    outputs.check_raw(raw=raw, csv=csv)
    with open_recommender() as recommender:
        found = recommender.duplicates(by=by or (), files=files, collection=collection)
    most = limit if json or csv or limit else _IN_A_TABLE
    if csv:
        outputs.print_csv(copies.COPY_COLUMNS, copies.copies_of(found.groups[:most]), raw=raw)
    else:
        outputs.show(
            found, lambda found: _print(found, most), json=json, form=lambda found: copies.duplicates(found, most)
        )


def _print(found: "Duplicates", most: int | None) -> None:
    from spotrec.cli.show.duplicates import print_duplicates  # JSON needs no tables

    print_duplicates(found, most)
