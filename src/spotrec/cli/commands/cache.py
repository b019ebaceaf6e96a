"""`spotrec cache`."""

import sys
from dataclasses import asdict
from itertools import islice
from json import dumps
from typing import TYPE_CHECKING, Annotated

import typer

from spotrec.cli import options
from spotrec.cli.show import outputs
from spotrec.errors import UsageError
from spotrec.operations.as_json import columns, library

if TYPE_CHECKING:
    from spotrec.operations.results import Clearing

_LIST_EXAMPLES = """
\b
Examples:
  spotrec cache list
  spotrec cache list --cache s3://bucket/prefix --json
\b
States: waiting (for `spotrec extract`); kept (by --keep-audio); heard (its
features are stored, the audio is no longer needed); orphan (unknown to this
store); new (like orphan, but less than an hour old: a crawl may be running);
other (not a file of spotrec's cache, never touched).
"""
_CLEAR_EXAMPLES = """
\b
Examples:
  spotrec cache clear --dry-run
  spotrec cache clear --cache s3://bucket/prefix --yes
  spotrec cache clear --all
\b
Deletes audio whose features are stored, and orphans: audio that this store
does not know, even if another store does. Your own files and files that
spotrec did not name are never touched.
\b
Exit codes: 0 done, 1 you answered no, 2 no terminal for the question (add
--yes).
"""
_COPY_EXAMPLES = """
\b
Examples:
  spotrec cache copy ~/.local/share/spotrec/audio s3://bucket/prefix
  spotrec cache copy s3://bucket/prefix ./audio --move
\b
Exit codes: 0 done, 3 some audio could not be copied (the report says which).
"""
_IN_A_TABLE = 100

app = typer.Typer(rich_markup_mode=None, no_args_is_help=True, help="List, clear or copy the audio cache.")


@app.callback()
def cache() -> None:
    """List, clear or copy the audio cache."""


@app.command("list", cls=options.Command, epilog=_LIST_EXAMPLES)
@options.with_settings("model", "weights", "store", "cache", progress=False)
def list_(
    *,
    limit: Annotated[
        int | None, typer.Option(min=1, help="Show at most N files.", metavar="N", show_default=False)
    ] = None,
    open_recommender: options.Opener,
    json: options.Json = False,
) -> None:
    """List the files in the audio cache, and which are still needed."""
    from spotrec.cli.show.cache import print_files
    from spotrec.operations.cache import Tally

    with open_recommender() as recommender:
        tally = Tally()
        found = tally.counting(recommender.cached())
        if json:
            typer.echo('{"files":')
            outputs.stream_json(columns.fields(library.CACHED_FILE_COLUMNS, file) for file in islice(found, limit))
            for _ in found:  # to the end, for the totals
                pass
            typer.echo(f', "totals": {dumps({state: asdict(amount) for state, amount in tally.amounts.items()})}}}')
            return
        shown = list(islice(found, limit or _IN_A_TABLE))
        for _ in found:  # to the end, for the totals
            pass
    print_files(shown, tally.amounts)


@app.command(cls=options.Command, epilog=_CLEAR_EXAMPLES)
@options.with_settings("model", "weights", "store", "cache")
def clear(
    *,
    everything: Annotated[
        bool, typer.Option("--all", help="Also delete audio without features; the next crawl fetches it again.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would be deleted; delete nothing.")] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask first.")] = False,
    open_recommender: options.Opener,
    json: options.Json = False,
) -> None:
    """Delete cached audio that is not needed, or all of it."""
    from spotrec.cli.show.cache import print_clearing

    with open_recommender() as recommender:
        clearing = recommender.clear_cache(everything=everything, dry_run=dry_run, confirm=None if yes else _ask)
    outputs.show(clearing, print_clearing, json=json)


@app.command(cls=options.Command, epilog=_COPY_EXAMPLES)
@options.with_settings("store")
def copy(
    *,
    source: Annotated[str, typer.Argument(metavar="FROM", help="A folder, or s3://bucket/prefix.")],
    target: Annotated[str, typer.Argument(metavar="TO", help="A folder, or s3://bucket/prefix.")],
    move: Annotated[
        bool, typer.Option("--move", help="Delete each file from FROM once its copy in TO is verified.")
    ] = False,
    open_recommender: options.Opener,
    json: options.Json = False,
) -> None:
    """Copy audio from one cache to another; skip files that it has."""
    from spotrec.cli.show.cache import print_copy

    with open_recommender() as recommender:
        report = recommender.copy_cache(source, target, move=move)
    outputs.show(report, print_copy, json=json, form=library.cache_copy)
    raise typer.Exit(report.exit_code)


def _ask(clearing: "Clearing") -> None:
    from spotrec.cli.show.cache import print_clearing

    if not sys.stdin.isatty():
        raise UsageError("there is no terminal to confirm this on", "add --yes; --dry-run shows what would be deleted")
    print_clearing(clearing, stderr=True)
    typer.echo("Delete it? [y/N] ", nl=False, err=True)
    if sys.stdin.readline().strip().lower() not in ("y", "yes"):
        raise typer.Abort
