"""`spotrec add`."""

import signal
from typing import Annotated, Any

import typer

from spotrec.cli import options
from spotrec.cli.show import outputs
from spotrec.errors import UsageError
from spotrec.operations.as_json import crawls

EXAMPLES = """
\b
Examples:
  spotrec add ~/Music
  spotrec add ~/Music https://open.spotify.com/playlist/37i9dQZF1DXcBWIGoYBM5M
  spotrec add ~/Recordings --labels ~/Recordings/titles.csv
  spotrec add --search "artist:Portishead" --model choi+mn04
  spotrec add --watch
  spotrec add --watch ~/Music --every 5
\b
It is `spotrec crawl`, `spotrec extract` and `spotrec index` in one: it takes
the same sources. Stop it at any time; run it again, and it continues. With
--watch it keeps running: it follows folders as soon as a file appears,
changes or goes, and lists and links every few minutes, as `spotrec sync`
does. Without a source, it follows everything that was crawled.
\b
Exit codes: 0 all done, 3 some tracks failed (the report says which and why),
4 sign-in needed, 5 a source does not exist.
"""


@options.with_settings("model", "weights", "store", "cache", "index_dir", "encoding")
def add(
    *,
    sources: Annotated[
        list[str] | None,
        typer.Argument(help="Whatever `spotrec crawl` takes.", metavar="SOURCE", show_default=False),
    ] = None,
    search: Annotated[
        list[str] | None,
        typer.Option(help="Search Spotify, in its own search syntax.", metavar="WORDS"),
    ] = None,
    watch: Annotated[bool, typer.Option("--watch", help="Keep running: follow the sources, until Ctrl-C.")] = False,
    every: Annotated[
        float,
        typer.Option(min=0.1, max=1440, help="With --watch: minutes between looks at lists and links.", metavar="N"),
    ] = 15.0,
    labels: options.Labels = None,
    labels_first: options.LabelsFirst = False,
    keep_audio: Annotated[
        bool, typer.Option("--keep-audio", help="Keep cached audio after its features are stored.")
    ] = False,
    loose: Annotated[bool, typer.Option("--loose", help="Accept live versions, remixes, … of a track.")] = False,
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
    open_recommender: options.Opener,
    json: options.Json = False,
) -> None:
    """Crawl, extract and index in one go."""
    from spotrec.cli.show.add import print_added, print_followed

    if not watch and not (sources or search):
        raise UsageError("nothing to add", "give a folder, a file, a playlist or a link: spotrec add ~/Music")
    if watch:  # both signals end it in order
        signal.signal(signal.SIGTERM, signal.default_int_handler)
    with open_recommender(excerpts=excerpts, matching="loose" if loose else None) as recommender:
        wanted: dict[str, Any] = {
            "search": search or (),
            "labels": labels,
            "labels_first": labels_first,
            "keep_audio": keep_audio,
        }
        if not watch:
            report = recommender.add(*sources or (), **wanted)
            if report.crawl.seen == 0 and len(report.crawl.failed_sources) == len(report.crawl.sources) == 1:
                raise report.crawl.failed_sources[0].as_error
            outputs.show(report, print_added, json=json, form=crawls.add_report)
            raise typer.Exit(report.exit_code)
        for report in recommender.watch(*sources or (), every_s=60 * every, **wanted):
            outputs.show(report, print_followed, json=json, form=crawls.add_report)
