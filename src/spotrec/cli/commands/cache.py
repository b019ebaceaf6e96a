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
from spotrec.operations import as_json

if TYPE_CHECKING:
    from spotrec.operations.results import Clearing

_LIST_EXAMPLES = """
\b
Examples:
  spotrec cache list
  spotrec cache list --cache s3://bucket/prefix --json
\b
States: waiting to be heard; kept by --keep-audio; heard and no longer needed;
orphan, of which this store knows nothing; new, which a crawl may be about to
tell it; other, which is not ours and never touched.
"""
_CLEAR_EXAMPLES = """
\b
Examples:
  spotrec cache clear --dry-run
  spotrec cache clear --cache s3://bucket/prefix --yes
  spotrec cache clear --all
\b
Deletes heard audio and orphans. What only another store knows is an orphan
here. Your own files are never touched, nor what is not named as we name
audio.
\b
Exit codes: 0 done, 1 you said no, 2 nobody can be asked.
"""
_COPY_EXAMPLES = """
\b
Examples:
  spotrec cache copy ~/.local/share/spotrec/audio s3://bucket/prefix
  spotrec cache copy s3://bucket/prefix ./audio --move
\b
Exit codes: 0 done, 3 some audio could not be copied, and the report says
which.
"""
_IN_A_TABLE = 100

app = typer.Typer(rich_markup_mode=None, no_args_is_help=True, help="Look into the audio cache, clear it, copy it.")


@app.callback()
def cache() -> None:
    """Look into the audio cache, clear it, copy it."""


@app.command("list", cls=options.Command, epilog=_LIST_EXAMPLES)
def list_(
    limit: Annotated[
        int | None, typer.Option(min=1, help="Show at most so many files.", metavar="N", show_default=False)
    ] = None,
    model: options.Model = None,
    weights: options.Weights = None,
    store: options.Store = None,
    cache: options.Cache = None,
    config: options.Config = None,
    json: options.Json = False,
) -> None:
    """List what lies in the audio cache, and what of it is still needed."""
    from spotrec.cli.show.cache import print_files
    from spotrec.operations.cache import Tally

    with options.recommender(config=config, model=model, weights=weights, store=store, cache=cache) as recommender:
        tally = Tally()
        found = tally.counting(recommender.cached())
        if json:
            typer.echo('{"files":')
            outputs.stream_json(as_json.fields(as_json.CACHED_FILES, file) for file in islice(found, limit))
            for _ in found:  # to the end, for the totals
                pass
            typer.echo(f', "totals": {dumps({state: asdict(amount) for state, amount in tally.amounts.items()})}}}')
            return
        shown = list(islice(found, limit or _IN_A_TABLE))
        for _ in found:  # to the end, for the totals
            pass
    print_files(shown, tally.amounts)


@app.command(cls=options.Command, epilog=_CLEAR_EXAMPLES)
def clear(
    everything: Annotated[
        bool, typer.Option("--all", help="Also what is not heard yet; the next crawl fetches it again.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would go, and delete nothing.")] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    model: options.Model = None,
    weights: options.Weights = None,
    store: options.Store = None,
    cache: options.Cache = None,
    config: options.Config = None,
    json: options.Json = False,
    progress: options.ShowProgress = True,
) -> None:
    """Delete cached audio that is not needed, or all of it."""
    from spotrec.cli.show.cache import print_clearing

    with options.recommender(
        progress=progress, config=config, model=model, weights=weights, store=store, cache=cache
    ) as recommender:
        clearing = recommender.clear_cache(everything=everything, dry_run=dry_run, confirm=None if yes else _ask)
    outputs.show(clearing, print_clearing, json=json)


@app.command(cls=options.Command, epilog=_COPY_EXAMPLES)
def copy(
    source: Annotated[str, typer.Argument(metavar="FROM", help="A folder, or s3://bucket/prefix.")],
    target: Annotated[str, typer.Argument(metavar="TO", help="A folder, or s3://bucket/prefix.")],
    move: Annotated[
        bool, typer.Option("--move", help="Delete from FROM what TO holds whole; `extract` then finds it there.")
    ] = False,
    store: options.Store = None,
    config: options.Config = None,
    json: options.Json = False,
    progress: options.ShowProgress = True,
) -> None:
    """Copy the audio of one cache to another; skip what is there."""
    from spotrec.cli.show.cache import print_copy

    with options.recommender(progress=progress, config=config, store=store) as recommender:
        report = recommender.copy_cache(source, target, move=move)
    outputs.show(report, print_copy, json=json, form=as_json.cache_copy)
    raise typer.Exit(report.exit_code)


def _ask(clearing: "Clearing") -> None:
    from spotrec.cli.show.cache import print_clearing

    if not sys.stdin.isatty():
        raise UsageError("nobody can be asked whether to delete this", "add --yes; --dry-run shows what would go")
    print_clearing(clearing, stderr=True)
    typer.echo("Delete it? [y/N] ", nl=False, err=True)
    if sys.stdin.readline().strip().lower() not in ("y", "yes"):
        raise typer.Abort
