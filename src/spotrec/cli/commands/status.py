"""`spotrec status`."""

from spotrec.cli import options
from spotrec.cli.show import outputs

EXAMPLES = """
\b
Examples:
  spotrec status
  spotrec status --json
"""


def status(
    model: options.Model = None,
    weights: options.Weights = None,
    store: options.Store = None,
    cache: options.Cache = None,
    index_dir: options.IndexDir = None,
    config: options.Config = None,
    json: options.Json = False,
) -> None:
    """Show what is stored, pending and failed, and what is next."""
    from spotrec.cli.show.status import print_status

    with options.recommender(
        config=config, model=model, weights=weights, store=store, cache=cache, index_dir=index_dir
    ) as recommender:
        now = recommender.status()
    outputs.show(now, print_status, json=json)
