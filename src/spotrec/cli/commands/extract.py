"""`spotrec extract`."""

import signal
from typing import TYPE_CHECKING, Annotated

import typer

from spotrec.cli import options
from spotrec.cli.show import outputs
from spotrec.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from spotrec.recommender import Recommender

EXAMPLES = """
\b
Examples:
  spotrec extract
  spotrec extract --keep-audio
  spotrec extract --retry-failed
  spotrec extract --model choi --model musicnn
  spotrec extract --excerpts 3
  spotrec extract --watch
  spotrec extract --queue sqs://uploads --uploads s3://bucket/incoming
  spotrec extract --cluster tcp://scheduler:8786
  SPOTREC_WEIGHTS=weights.hdf5 spotrec extract --json
\b
Missing weights (1.3 MB) are downloaded once. Cached audio is deleted when its
features are stored; your own files are never touched. Of files longer than
90 s, three excerpts of 30 s are heard; a store made before continues with
one until --excerpts 3 asks for more.
\b
Exit codes: 0 all done, 3 some tracks failed (the report says which and why).
"""


@options.with_settings("model", "weights", "store", "cache")
def extract(
    *,
    keep_audio: Annotated[
        bool, typer.Option("--keep-audio", help="Keep cached audio after its features are stored.")
    ] = False,
    retry_failed: Annotated[bool, typer.Option("--retry-failed", help="Also retry tracks that failed before.")] = False,
    watch: Annotated[
        bool, typer.Option("--watch", help="Keep running: extract what a crawl adds, until Ctrl-C.")
    ] = False,
    queue: Annotated[
        str | None,
        typer.Option(help="Extract the uploads that this SQS queue announces, until stopped.", metavar="WHERE"),
    ] = None,
    drain: Annotated[bool, typer.Option("--drain", help="With --queue: stop when no more messages arrive.")] = False,
    uploads: Annotated[
        str | None,
        typer.Option(help="With --queue: accept uploads only from s3://bucket/prefix.", metavar="WHERE"),
    ] = None,
    cluster: Annotated[
        str | None,
        typer.Option(help="Extract on this Dask cluster; `local` starts one on this machine.", metavar="ADDRESS"),
    ] = None,
    fetch: Annotated[
        bool,
        typer.Option("--fetch/--no-fetch", help="Fetch deleted audio again if only another model extracted it."),
    ] = True,
    excerpts: Annotated[
        int | None,
        typer.Option(
            min=1,
            max=5,
            show_default=False,
            metavar="N",
            help="Hear N excerpts (1 to 5) of files longer than 90 s, again of files heard in fewer.",
        ),
    ] = None,
    tempo: Annotated[
        bool,
        typer.Option(
            "--tempo",
            help="Also hear tempo, key and fingerprint of tracks that were extracted before these were heard.",
        ),
    ] = False,
    open_recommender: options.Opener,
    json: options.Json = False,
) -> None:
    """Extract features from the audio of tracks that lack them."""
    from spotrec.cli.show.extraction import print_extraction

    if queue is None and (drain or uploads):
        raise UsageError("--drain and --uploads need --queue", "add the queue: --queue sqs://name")
    if queue is not None and (watch or retry_failed or tempo):
        raise UsageError(
            "--queue cannot be combined with --watch, --retry-failed or --tempo",
            "the queue decides what is extracted, and when",
        )
    if queue is not None and cluster is not None:
        raise UsageError(
            "--queue cannot be combined with --cluster", "run it on several machines: the queue distributes the uploads"
        )
    if watch:  # both signals end it in order
        signal.signal(signal.SIGTERM, signal.default_int_handler)
    with open_recommender(uploads=uploads, excerpts=excerpts) as recommender:
        if queue is not None:
            raise typer.Exit(_from_queue(recommender, queue, drain=drain, keep_audio=keep_audio, json=json))
        report = recommender.extract(
            keep_audio=keep_audio, retry_failed=retry_failed, watch=watch, cluster=cluster, fetch=fetch, tempo=tempo
        )
    outputs.show(report, print_extraction, json=json)
    raise typer.Exit(report.exit_code)


def _from_queue(recommender: "Recommender", queue: str, *, drain: bool, keep_audio: bool, json: bool) -> ExitCode:
    from spotrec.cli.show.extraction import print_queue
    from spotrec.cli.signals import stop_on_signals

    with stop_on_signals() as stop:
        report = recommender.extract_queue(queue, stop=stop.event, drain=drain, keep_audio=keep_audio)
    outputs.show(report, print_queue, json=json)
    if stop.interrupted:
        return ExitCode.INTERRUPTED
    return report.exit_code if drain else ExitCode.DONE
