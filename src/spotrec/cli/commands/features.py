"""`spotrec features`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from spotrec.cli import options
from spotrec.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from spotrec.features.features import ExportReport, ImportReport
    from spotrec.features.parquet_file import Fault

_EXPORT_EXAMPLES = """
\b
Examples:
  spotrec features export music.parquet
  spotrec features export music.parquet --all-models
  spotrec features export everything.parquet --paths --json
\b
Titles, ids, vectors and tags of the catalogue's tracks, for another store, or
for pandas, polars and DuckDB. It needs pyarrow:
pip install 'spotrec[parquet]'
"""

_IMPORT_EXAMPLES = """
\b
Examples:
  spotrec features import music.parquet
  spotrec features import music.parquet --replace
\b
What is here of a track stays, and what is not is added. Another model's
vectors are kept apart. It needs pyarrow: pip install 'spotrec[parquet]'.
\b
Exit codes: 0 all rows are in, 2 the file is no export, 3 some rows are faulty
(the report says which and why), 5 there is no such file.
"""

app = typer.Typer(
    rich_markup_mode=None,
    no_args_is_help=True,
    help="Write what was heard to a file, or take such a file in.",
)


@app.command("export", cls=options.Command, epilog=_EXPORT_EXAMPLES)
def export_features(
    file: Annotated[Path, typer.Argument(help="The Parquet file to write.", metavar="FILE")],
    model: Annotated[
        str | None,
        typer.Option(help="Features of this model; that in use by default.", metavar="NAME", show_default=False),
    ] = None,
    all_models: Annotated[bool, typer.Option("--all-models", help="Features of every model.")] = False,
    paths: Annotated[bool, typer.Option("--paths", help="Write the paths of your own files too.")] = False,
    weights: options.Weights = None,
    store: options.Store = None,
    config: options.Config = None,
    json: options.Json = False,
    progress: options.ShowProgress = True,
) -> None:
    """Write tracks and what was heard in them to a Parquet file."""
    from spotrec.operations import as_json

    if model and all_models:
        raise UsageError("--model and --all-models exclude each other", "choose one")
    with options.recommender(progress=progress, config=config, weights=weights, store=store) as recommender:
        report = recommender.export_features(file, model=model, all_models=all_models, paths=paths)
    if json:
        as_json.show(as_json.plain(report))
    else:
        _show_export(report)


@app.command("import", cls=options.Command, epilog=_IMPORT_EXAMPLES)
def import_features(
    file: Annotated[Path, typer.Argument(help="A file that `spotrec features export` wrote.", metavar="FILE")],
    replace: Annotated[
        bool, typer.Option("--replace", help="Take its features where other ones of the same model are here.")
    ] = False,
    paths: Annotated[bool, typer.Option("--paths", help="Take the paths of its owner's files too.")] = False,
    model: options.Model = None,
    weights: options.Weights = None,
    store: options.Store = None,
    config: options.Config = None,
    json: options.Json = False,
    progress: options.ShowProgress = True,
) -> None:
    """Merge an export into the store."""
    from spotrec.operations import as_json

    with options.recommender(
        progress=progress, config=config, model=model, weights=weights, store=store
    ) as recommender:
        report = recommender.import_features(file, replace=replace, paths=paths)
    if json:
        as_json.show(as_json.plain(report))
    else:
        _show_import(report)
    raise typer.Exit(ExitCode.PARTIAL if report.faulty else ExitCode.DONE)


def _show_export(report: "ExportReport") -> None:
    from spotrec.cli.show.console import console, counted, say

    say(console(), f"{counted(report.rows, 'row')} written to {report.file} ({_by_model(report.models)})")


def _show_import(report: "ImportReport") -> None:
    from spotrec.cli.show.console import console, counted, reasons, say

    to = console()
    say(
        to,
        f"{counted(report.rows, 'row')}: {report.added} added, {report.already_here} already here, "
        f"{report.replaced} replaced, {report.kept} kept as they are here, {report.faulty} faulty; "
        f"{counted(report.new_tracks, 'new track')}",
    )
    if report.kept:
        to.print("to take the file's features instead: --replace", style="dim")
    apart = {model: n for model, n in report.models.items() if model != report.model_in_use}
    if apart:
        say(to, f"kept apart from {report.model_in_use}: {_by_model(apart)}")
    if report.models.get(report.model_in_use) and report.added + report.replaced:
        to.print("next: spotrec index", style="dim")
    faults = [(_rows(fault), fault.reason) for fault in report.faults]
    reasons(console(stderr=True), f"{counted(report.faulty, 'row')} left out", faults)


def _rows(fault: "Fault") -> str:
    return f"row {fault.row}" + (f" and the next {fault.n_rows - 1}" if fault.n_rows > 1 else "")


def _by_model(models: dict[str, int]) -> str:
    return ", ".join(f"{n} of {model}" for model, n in models.items())
