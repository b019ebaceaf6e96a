"""`spotrec map`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from spotrec.cli import completion, options
from spotrec.cli.show import outputs

if TYPE_CHECKING:
    from spotrec.operations.results import MapReport

EXAMPLES = f"""
\b
Examples:
  spotrec map --html music.html --open
  spotrec map --html music.html --png music.png --colour artist
  spotrec map --html jazz.html --collection "Late night jazz"
\b
The map shows the tracks of the index; tracks that sound similar are close
together. The page is one file that works offline and links your own files by
their paths. It needs openTSNE and matplotlib:
{options.install_lines("plots")}
\b
Exit codes: 0 done, 1 there is no index, 2 usage, 5 no such collection.
"""


@options.with_settings("model", "weights", "store", "index_dir")
def map(  # noqa: A001 - the command's name
    *,
    html: Annotated[
        Path | None, typer.Option(help="The web page to write.", metavar="FILE", show_default=False)
    ] = None,
    png: Annotated[Path | None, typer.Option(help="The picture to write.", metavar="FILE", show_default=False)] = None,
    colour: Annotated[
        str,
        typer.Option(
            help="Colour by tag, collection, artist or genre.", metavar="WHAT", autocompletion=completion.colours
        ),
    ] = "tag",
    collection: Annotated[
        str | None,
        typer.Option(
            help="Only this collection: its link, path or title.",
            metavar="WHICH",
            show_default=False,
            autocompletion=completion.collections,
        ),
    ] = None,
    open_it: Annotated[bool, typer.Option("--open", help="Open the map in the browser.")] = False,
    open_recommender: options.Opener,
    json: options.Json = False,
) -> None:
    """Draw a map on which similar tracks are close together."""
    from spotrec.cli.show.map import print_map

    with open_recommender() as recommender:
        report = recommender.map(html=html, png=png, colour=colour, collection=collection)
    outputs.show(report, print_map, json=json)
    if open_it:
        _open(report)


def _open(report: "MapReport") -> None:
    import webbrowser

    from spotrec.cli.show.console import note

    file = report.html or report.png
    assert file is not None
    if not webbrowser.open(file.resolve().as_uri()):
        note(f"no browser could be started; open {file} yourself")
