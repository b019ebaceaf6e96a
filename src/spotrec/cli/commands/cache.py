"""`spotrec cache`."""

import sys
from dataclasses import asdict
from itertools import islice
from json import dumps
from typing import TYPE_CHECKING, Annotated, Any

import typer

from spotrec.cli import options
from spotrec.errors import UsageError

if TYPE_CHECKING:
    from rich.console import Console

    from spotrec.operations.results import Amount, CachedFile, Clearing, CopyReport, State

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
    from spotrec.operations import as_json
    from spotrec.operations.cache import Tally

    with options.recommender(config=config, model=model, weights=weights, store=store, cache=cache) as recommender:
        tally = Tally()
        found = tally.counting(recommender.cached())
        if json:
            typer.echo('{"files":')
            as_json.stream(map(_file, islice(found, limit)))
            for _ in found:  # to the end, for the totals
                pass
            typer.echo(f', "totals": {dumps({state: asdict(amount) for state, amount in tally.amounts.items()})}}}')
            return
        shown = list(islice(found, limit or _IN_A_TABLE))
        for _ in found:  # to the end, for the totals
            pass
    _show_files(shown, tally.amounts)


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
    from spotrec.cli.show import console
    from spotrec.operations import as_json

    with options.recommender(
        progress=progress, config=config, model=model, weights=weights, store=store, cache=cache
    ) as recommender:
        clearing = recommender.clear_cache(everything=everything, dry_run=dry_run, confirm=None if yes else _ask)
    if json:
        as_json.show(as_json.plain(clearing))
    else:
        _show_clearing(console.console(), clearing)


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
    from spotrec.operations import as_json

    with options.recommender(progress=progress, config=config, store=store) as recommender:
        report = recommender.copy_cache(source, target, move=move)
    if json:
        failures = [{"key": key, "reason": reason} for key, reason in report.failures]
        as_json.show({**as_json.plain(report), "failures": failures})
    else:
        _show_copy(report)
    raise typer.Exit(report.exit_code)


def _ask(clearing: "Clearing") -> None:
    from spotrec.cli.show import console

    if not sys.stdin.isatty():
        raise UsageError("nobody can be asked whether to delete this", "add --yes; --dry-run shows what would go")
    _show_clearing(console.console(stderr=True), clearing)
    typer.echo("Delete it? [y/N] ", nl=False, err=True)
    if sys.stdin.readline().strip().lower() not in ("y", "yes"):
        raise typer.Abort


def _file(file: "CachedFile") -> dict[str, Any]:
    return {
        "key": file.key,
        "n_bytes": file.n_bytes,
        "state": file.state,
        "track_id": file.track.id if file.track else None,
        "title": file.track.title if file.track else None,
        "artists": list(file.track.artists) if file.track else [],
    }


def _show_files(files: "list[CachedFile]", amounts: "dict[State, Amount]") -> None:
    from rich.text import Text

    from spotrec.cli.show import console

    to = console.console()
    if files:
        columns = {
            "key": [Text(file.key) for file in files],
            "MB": [Text(_megabytes(file.n_bytes)) for file in files],
            "state": [Text(file.state) for file in files],
            "track": [Text(file.track.name if file.track else "") for file in files],
        }
        to.print(console.table_of(columns, numbers=["MB"]))
        left = sum(amount.n for amount in amounts.values()) - len(files)
        if left:
            console.say(to, f"… and {left} more (--limit or --json shows them)")
    console.say(to, f"in all: {_amounts(amounts)}")


def _show_clearing(to: "Console", clearing: "Clearing") -> None:
    from spotrec.cli.show import console

    did = "deleted" if clearing.is_done else "to delete"
    console.say(to, f"{did} from {clearing.cache}: {_amounts(clearing.goes)}")
    if clearing.stays:
        console.say(to, f"stays: {_amounts(clearing.stays)}")


def _show_copy(report: "CopyReport") -> None:
    from spotrec.cli.show import console

    to = console.console()
    did = "moved" if report.is_move else "copied"
    console.say(to, f"{did} to {report.target}: {_amount(report.copied)}")
    if report.there.n:
        console.say(to, f"there already: {_amount(report.there)}")
    if report.others:
        console.say(to, f"not ours, left alone: {console.counted(report.others, 'file')}")
    if report.failures:
        console.reasons(to, f"{console.counted(len(report.failures), 'file')} not {did}", report.failures)


def _amounts(amounts: "dict[State, Amount]") -> str:
    from spotrec.operations.results import State

    shown = [
        f"{amounts[state].n} {state} ({_megabytes(amounts[state].n_bytes)} MB)" for state in State if state in amounts
    ]
    return ", ".join(shown) or "nothing"


def _amount(amount: "Amount") -> str:
    from spotrec.cli.show import console

    return f"{console.counted(amount.n, 'file')} ({_megabytes(amount.n_bytes)} MB)"


def _megabytes(n_bytes: int) -> str:
    return f"{n_bytes / 1e6:.1f}"
