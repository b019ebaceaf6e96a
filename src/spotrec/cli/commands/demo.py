"""`spotrec demo`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from spotrec.cli import options
from spotrec.cli.show import outputs
from spotrec.operations.as_json import ranked_tracks

if TYPE_CHECKING:
    from spotrec.demo.demo import Demo

EXAMPLES = """
\b
Examples:
  spotrec demo
  spotrec demo --model musicnn
  spotrec demo --dir /tmp/spotrec-demo --per-style 8
\b
Only the music is synthetic; crawl, extract, index and query are real. The
only download is the weights, if they are missing: Choi's and mn04's (1.3 and
4.1 MB), or musicnn's (29 MB, by pip) if neither comes within seconds.
"""


def demo(
    folder: Annotated[
        Path | None, typer.Option("--dir", help="The folder of the demo.", metavar="DIR", show_default=False)
    ] = None,
    per_style: Annotated[int, typer.Option(min=2, max=8, help="Number of pieces in each style.", metavar="N")] = 5,
    model: options.Model = None,
    weights: options.Weights = None,
    config: options.Config = None,
    json: options.Json = False,
    progress: options.ShowProgress = True,
) -> None:
    """Run the whole pipeline on music that spotrec makes itself."""
    from spotrec.cli.show.demo import print_demo
    from spotrec.cli.show.progress import TerminalProgress
    from spotrec.demo.demo import run_demo
    from spotrec.progress import Silent
    from spotrec.settings import resolve

    settings = resolve({"model": model, "weights": weights}, config=config)
    shown = run_demo(settings, folder, per_style, TerminalProgress() if progress else Silent())
    outputs.show(shown, print_demo, json=json, form=_as_json)


def _as_json(shown: "Demo") -> dict[str, Any]:
    return {
        "folder": str(shown.folder),
        "models": shown.models,
        "same_style": shown.same_style,
        "queries": [
            {"style": query.style, **ranked_tracks.recommendations(query.found), "same_style": query.same_style}
            for query in shown.queries
        ],
    }
