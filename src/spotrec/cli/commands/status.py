"""`spotrec status`."""

from spotrec.cli import options
from spotrec.cli.show import outputs

EXAMPLES = """
\b
Examples:
  spotrec status
  spotrec status --json
"""


@options.with_settings("model", "weights", "store", "cache", "index_dir", progress=False)
def status(
    *,
    open_recommender: options.Opener,
    json: options.Json = False,
) -> None:
    """Show what is stored, pending and failed, and what is next."""
    from spotrec.cli.show.status import print_status

    with open_recommender() as recommender:
        now = recommender.status()
    outputs.show(now, print_status, json=json)
