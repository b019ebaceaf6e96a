"""`spotrec index`."""

from typing import Annotated

import typer

from spotrec.cli import options

EXAMPLES = """
\b
Examples:
  spotrec index
  spotrec index --check
  spotrec index --model choi-2
  spotrec index --backend annoy --trees 100 --check
\b
The index is built aside and switched at once: a query always finds a whole
one. Below a few thousand tracks the search is exact; above, Annoy finds
candidates that are ranked exactly.
"""


def index(
    check: Annotated[bool, typer.Option("--check", help="Measure recall@10 against exact search.")] = False,
    trees: Annotated[int, typer.Option(min=1, max=10_000, help="Annoy's trees: more find more.", metavar="N")] = 50,
    backend: Annotated[str, typer.Option(help="auto, exact or annoy.", metavar="NAME")] = "auto",
    model: options.Model = None,
    weights: options.Weights = None,
    store: options.Store = None,
    index_dir: options.IndexDir = None,
    config: options.Config = None,
    json: options.Json = False,
    progress: options.ShowProgress = True,
) -> None:
    """Build the index that `query` searches."""
    from spotrec.cli import as_json, render

    with options.recommender(
        progress=progress, config=config, model=model, weights=weights, store=store, index_dir=index_dir
    ) as recommender:
        report = recommender.index(trees=trees, backend=backend, check=check)  # type: ignore[arg-type] # checked by index
    if json:
        as_json.show(as_json.plain(report))
    else:
        render.index_report(report)
