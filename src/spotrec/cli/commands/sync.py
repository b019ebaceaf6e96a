"""`spotrec sync`."""

from typing import Annotated

import typer

from spotrec.cli import completion, options
from spotrec.cli.show import outputs
from spotrec.operations.as_json import crawls

EXAMPLES = """
\b
Examples:
  spotrec sync
  spotrec sync Mixtape ~/Music
  spotrec sync --no-delete
\b
A track that its collection no longer lists is removed from the catalogue,
unless another collection lists it or it was crawled directly. A collection
that cannot be read completely loses nothing.
\b
Exit codes: as for `spotrec crawl`.
"""


@options.with_settings("model", "store", "cache", "encoding")
def sync(
    *,
    names: Annotated[
        list[str] | None,
        typer.Argument(
            help="Only these collections: link, URI, path or title.",
            metavar="COLLECTION",
            show_default=False,
            autocompletion=completion.collections,
        ),
    ] = None,
    no_delete: Annotated[bool, typer.Option("--no-delete", help="Only add; remove nothing.")] = False,
    open_recommender: options.Opener,
    json: options.Json = False,
) -> None:
    """Crawl stored collections again, to follow their changes."""
    from spotrec.cli.show.crawl import print_faults, print_sync

    with open_recommender() as recommender:
        report = recommender.sync(*names or (), delete=not no_delete)
        next_command = recommender.status().next_command
    outputs.show(report, lambda report: print_sync(report, next_command), json=json, form=crawls.sync_report)
    print_faults(report.crawl)
    raise typer.Exit(report.crawl.exit_code)
