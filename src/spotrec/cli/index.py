"""`spotrec index`."""

from collections.abc import Callable
from typing import Annotated, Any

import typer

from spotrec.cli import options
from spotrec.errors import UsageError

EXAMPLES = """
\b
Examples:
  spotrec index
  spotrec index --check
  spotrec index --backend annoy --trees 100 --check
  spotrec index --list
  spotrec index --rollback
\b
The index is built aside and switched at once: a query always finds a whole
one. Below 200,000 tracks the search is exact; above, it looks at the cells
of like vectors that lie nearest. With --backend annoy, trees give candidates
that are ranked exactly. What is extracted later is found too, and searched
beside the index until the next build. The indexes before are kept: --list
shows them, --rollback goes back to the one before.
"""


def index(
    check: Annotated[bool, typer.Option("--check", help="Measure recall@10 against exact search.")] = False,
    trees: Annotated[int, typer.Option(min=1, max=10_000, help="Annoy's trees: more find more.", metavar="N")] = 50,
    backend: Annotated[str, typer.Option(help="auto, exact, cells or annoy.", metavar="NAME")] = "auto",
    keep: Annotated[int, typer.Option(min=1, max=1000, help="How many indexes stay.", metavar="N")] = 3,
    list_: Annotated[bool, typer.Option("--list", help="Show the indexes that are kept; build nothing.")] = False,
    rollback: Annotated[bool, typer.Option("--rollback", help="Go back to the index before; build nothing.")] = False,
    weights: options.Weights = None,
    store: options.Store = None,
    index_dir: options.IndexDir = None,
    config: options.Config = None,
    json: options.Json = False,
    progress: options.ShowProgress = True,
) -> None:
    """Build the index that `query` searches."""
    from spotrec.cli import as_json, render, render_index

    if list_ and rollback:
        raise UsageError("--list and --rollback exclude each other", "choose one")
    with options.recommender(
        progress=progress, config=config, weights=weights, store=store, index_dir=index_dir
    ) as recommender:
        done: Any
        show: Callable[[Any], None]
        if list_:
            done, show = recommender.indexes(), render_index.kept
        elif rollback:
            done, show = recommender.roll_back_index(), render_index.rolled_back
        else:
            done = recommender.index(trees=trees, backend=backend, check=check, keep=keep)  # type: ignore[arg-type] # checked by index
            show = render.index_report
    if json:
        as_json.show(as_json.plain(done))
    else:
        show(done)
