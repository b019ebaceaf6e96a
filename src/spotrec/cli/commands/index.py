"""`spotrec index`."""

from collections.abc import Callable
from typing import Annotated, Any

import typer

from spotrec.cli import options
from spotrec.cli.show import outputs
from spotrec.errors import UsageError
from spotrec.index.backends import AUTO, names_of_backends

EXAMPLES = """
\b
Examples:
  spotrec index
  spotrec index --check
  spotrec index --model choi-2
  spotrec index --backend annoy --trees 100 --check
  spotrec index --list
  spotrec index --rollback
  spotrec index push s3://bucket/indexes
\b
Queries use the old index until the new one is complete. Below 200,000 tracks
the search is exact; from there on it searches the nearest cells, which are
groups of similar vectors. With --backend annoy, Annoy's trees find
candidates, which are ranked exactly. Tracks extracted later are found too:
queries search them separately until the next build. Earlier indexes are kept:
--list shows them, --rollback returns to the previous one.
"""


_PUSH_EXAMPLES = f"""
\b
Examples:
  spotrec index push s3://bucket/indexes
  spotrec index push s3://bucket/indexes --json
\b
Other machines download it with `spotrec index pull`, and always get a
complete index. Files that the bucket has already are not sent again. It needs
boto3:
{options.install_lines("s3")}
\b
Exit codes: 0 done, 1 there is no valid index, or the upload failed, 4 the
bucket refuses the credentials.
"""

_PULL_EXAMPLES = """
\b
Examples:
  spotrec index pull s3://bucket/indexes
  spotrec features import music.parquet
\b
Queries use the old index until the new one is complete and checked. After an
interruption, run the command again to continue. Only tracks that your store
knows are recommended: `spotrec features import` adds the others.
\b
Exit codes: 0 done, 1 the index is damaged or of another model, or the
download failed, 4 the bucket refuses the credentials, 5 there is no index of
your model.
"""

app = typer.Typer(
    rich_markup_mode=None,
    invoke_without_command=True,
    help="Build the index that `query` searches.",
    epilog=EXAMPLES,
)

Bucket = Annotated[str, typer.Argument(help="s3://bucket/prefix", metavar="S3_ADDRESS")]


@app.callback()
@options.with_settings("model", "weights", "store", "index_dir")
def index(
    *,
    ctx: typer.Context,
    check: Annotated[bool, typer.Option("--check", help="Measure recall@10 against exact search.")] = False,
    trees: Annotated[
        int, typer.Option(min=1, max=10_000, help="Number of Annoy's trees; more find more.", metavar="N")
    ] = 50,
    backend: Annotated[str, typer.Option(help=f"{names_of_backends()}.", metavar="NAME")] = AUTO,
    keep: Annotated[int, typer.Option(min=1, max=1000, help="Number of indexes to keep.", metavar="N")] = 3,
    list_: Annotated[bool, typer.Option("--list", help="List the indexes that are kept; build nothing.")] = False,
    rollback: Annotated[bool, typer.Option("--rollback", help="Return to the previous index; build nothing.")] = False,
    open_recommender: options.Opener,
    json: options.Json = False,
) -> None:
    """Build the index that `query` searches."""
    if ctx.invoked_subcommand:
        return
    from spotrec.cli.show.index import print_built, print_kept, print_rolled_back

    if list_ and rollback:
        raise UsageError("--list and --rollback cannot be combined", "choose one")
    with open_recommender() as recommender:
        done: Any
        show: Callable[[Any], None]
        if list_:
            done, show = recommender.indexes(), print_kept
        elif rollback:
            done, show = recommender.roll_back_index(), print_rolled_back
        else:
            done, show = recommender.index(trees=trees, backend=backend, check=check, keep=keep), print_built
    outputs.show(done, show, json=json)


@app.command(cls=options.Command, epilog=_PUSH_EXAMPLES)
@options.with_settings("model", "weights", "index_dir")
def push(
    *,
    address: Bucket,
    open_recommender: options.Opener,
    json: options.Json = False,
) -> None:
    """Publish the index in use to an S3 bucket."""
    from spotrec.cli.show.index import print_published

    with open_recommender() as recommender:
        published = recommender.push_index(address)
    outputs.show(published, print_published, json=json)


@app.command(cls=options.Command, epilog=_PULL_EXAMPLES)
@options.with_settings("model", "weights", "store", "index_dir")
def pull(
    *,
    address: Bucket,
    open_recommender: options.Opener,
    json: options.Json = False,
) -> None:
    """Download the index that was published in an S3 bucket."""
    from spotrec.cli.show.index import print_pulled

    with open_recommender() as recommender:
        pulled = recommender.pull_index(address)
    outputs.show(pulled, print_pulled, json=json)
