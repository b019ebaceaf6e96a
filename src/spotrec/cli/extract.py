"""`spotrec extract`."""

from typing import Annotated

import typer

from spotrec.cli import options
from spotrec.errors import ExitCode

EXAMPLES = """
\b
Examples:
  spotrec extract
  spotrec extract --keep-audio
  spotrec extract --retry-failed
  SPOTREC_WEIGHTS=weights.hdf5 spotrec extract --json
\b
The weights of the network (1.3 MB) are downloaded once where they are
missing. Cached audio is deleted when its features are stored; your own files
are never touched.
\b
Exit codes: 0 all heard, 3 some could not be (the report says which and why).
"""


def extract(
    keep_audio: Annotated[bool, typer.Option("--keep-audio", help="Leave cached audio where it is.")] = False,
    retry_failed: Annotated[bool, typer.Option("--retry-failed", help="Try again what failed before.")] = False,
    weights: options.Weights = None,
    store: options.Store = None,
    cache: options.Cache = None,
    config: options.Config = None,
    json: options.Json = False,
    progress: options.ShowProgress = True,
) -> None:
    """Hear every track that has audio and no features yet."""
    from spotrec.cli import as_json, render

    with options.recommender(
        progress=progress, config=config, weights=weights, store=store, cache=cache
    ) as recommender:
        report = recommender.extract(keep_audio=keep_audio, retry_failed=retry_failed)
    if json:
        as_json.show(as_json.plain(report))
    else:
        render.extract_report(report)
    raise typer.Exit(ExitCode.PARTIAL if report.failures else ExitCode.DONE)
