"""`spotrec features`."""

from pathlib import Path
from typing import Annotated

import typer

from spotrec.cli import options
from spotrec.cli.show import outputs
from spotrec.errors import ExitCode, UsageError

_EXPORT_EXAMPLES = f"""
\b
Examples:
  spotrec features export music.parquet
  spotrec features export music.parquet --all-models
  spotrec features export everything.parquet --paths --json
\b
The file holds titles, ids, vectors and tags of the catalogue's tracks, for
another store or for pandas, polars and DuckDB. It needs pyarrow:
{options.install_lines("parquet")}
"""

_IMPORT_EXAMPLES = f"""
\b
Examples:
  spotrec features import music.parquet
  spotrec features import music.parquet --replace
\b
What your store knows about a track stays; what it lacks is added. Vectors of
other models are stored separately. It needs pyarrow:
{options.install_lines("parquet")}
\b
Exit codes: 0 all rows imported, 2 the file is not an export, 3 some rows are
invalid (the report says which and why), 5 there is no such file.
"""

app = typer.Typer(
    rich_markup_mode=None,
    no_args_is_help=True,
    help="Export features to a file, or import such a file.",
)


@app.command("export", cls=options.Command, epilog=_EXPORT_EXAMPLES)
@options.with_settings("weights", "store")
def export_features(
    *,
    file: Annotated[Path, typer.Argument(help="The Parquet file to write.", metavar="FILE")],
    model: Annotated[
        str | None,
        typer.Option(
            help="Features of this model only; by default of the models in use.", metavar="NAME", show_default=False
        ),
    ] = None,
    all_models: Annotated[bool, typer.Option("--all-models", help="Features of every model.")] = False,
    paths: Annotated[bool, typer.Option("--paths", help="Also write the paths of your own files.")] = False,
    open_recommender: options.Opener,
    json: options.Json = False,
) -> None:
    """Write tracks and their features to a Parquet file."""
    from spotrec.cli.show.features import print_export

    if model and all_models:
        raise UsageError("--model and --all-models cannot be combined", "choose one")
    with open_recommender() as recommender:
        report = recommender.export_features(file, model=model, all_models=all_models, paths=paths)
    outputs.show(report, print_export, json=json)


@app.command("import", cls=options.Command, epilog=_IMPORT_EXAMPLES)
@options.with_settings("model", "weights", "store")
def import_features(
    *,
    file: Annotated[Path, typer.Argument(help="A file that `spotrec features export` wrote.", metavar="FILE")],
    replace: Annotated[
        bool, typer.Option("--replace", help="Replace stored features of the same model by the file's.")
    ] = False,
    paths: Annotated[bool, typer.Option("--paths", help="Also import the paths of its owner's files.")] = False,
    open_recommender: options.Opener,
    json: options.Json = False,
) -> None:
    """Merge an exported file into the store."""
    from spotrec.cli.show.features import print_import

    with open_recommender() as recommender:
        report = recommender.import_features(file, replace=replace, paths=paths)
    outputs.show(report, print_import, json=json)
    raise typer.Exit(ExitCode.PARTIAL if report.faulty else ExitCode.DONE)
