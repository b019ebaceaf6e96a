"""`spotrec crawl`."""

from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from spotrec.cli import options
from spotrec.cli.show import outputs
from spotrec.operations.as_json import crawls

if TYPE_CHECKING:
    from spotrec.crawl.plan import CrawlPlan

EXAMPLES = """
\b
Examples:
  spotrec crawl ~/Music
  spotrec crawl song.mp3 party.m3u8 exported-playlist.csv
  spotrec crawl ~/Music/Library.xml my_spotify_data/*.json
  spotrec crawl https://open.spotify.com/playlist/37i9dQZF1DXcBWIGoYBM5M
  spotrec crawl https://www.deezer.com/album/302127
  spotrec crawl spotify:album:4aawyAB9vmqN3uQ7FjRGTy --cache s3://bucket/audio
  spotrec crawl subsonic:https://music.example.org
  grep spotify links.txt | spotrec crawl -
  spotrec crawl ~/Recordings --labels ~/Recordings/titles.csv
  spotrec crawl --search "artist:Portishead year:1994-1998"
  spotrec crawl spotify:collection --dry-run
  spotrec crawl --retry
  spotrec crawl --retry --model choi-2
\b
Spotify links work without credentials: the public pages show at most 100
tracks. After `spotrec login`, or with SPOTIFY_CLIENT_ID and
SPOTIFY_CLIENT_SECRET, the Web API is used first; liked songs
(spotify:collection) need the sign-in. A music server needs the settings
subsonic_url, subsonic_user and subsonic_password. A repeated crawl adds new
tracks and sends no request again whose answer is known.
\b
Exit codes: 0 all tracks have audio, 3 some were skipped or have no audio, 4
sign-in needed, 5 a source does not exist.
"""


_SOURCES = (
    "Folders, audio files, playlists (M3U, PLS, XSPF, WPL), cue sheets, libraries of iTunes, Music, rekordbox, "
    "Traktor, VirtualDJ and Serato, listens of ListenBrainz, Spotify's data export (JSON), CSV and text lists, links "
    "to Spotify and Deezer, subsonic: and a music server's address; - for standard input."
)


@options.with_settings("model", "store", "cache", "encoding")
def crawl(
    *,
    sources: Annotated[list[str] | None, typer.Argument(help=_SOURCES, metavar="SOURCE", show_default=False)] = None,
    search: Annotated[
        list[str] | None,
        typer.Option(help="Search Spotify, in its own search syntax.", metavar="WORDS"),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would be fetched, and from where.")] = False,
    retry: Annotated[bool, typer.Option("--retry", help="Retry missing audio with providers that are due.")] = False,
    retry_all: Annotated[bool, typer.Option("--retry-all", help="Retry missing audio with every provider.")] = False,
    labels: options.Labels = None,
    labels_first: options.LabelsFirst = False,
    loose: Annotated[bool, typer.Option("--loose", help="Accept live versions, remixes, … of a track.")] = False,
    max_wait: Annotated[
        float | None,
        typer.Option(
            min=0.001, help="Longest Retry-After of a service to wait for.", metavar="SECONDS", show_default=False
        ),
    ] = None,
    open_recommender: options.Opener,
    json: options.Json = False,
) -> None:
    """Add tracks from files and links, and get their audio."""
    from spotrec.cli.show.crawl import print_crawl, print_faults, print_retry

    with open_recommender(max_wait_s=max_wait, matching="loose" if loose else None) as recommender:
        if dry_run:
            _show_plan(recommender.plan_crawl(*sources or (), search=search or ()), json=json)
        report = recommender.crawl(
            *sources or (),
            search=search or (),
            retry=retry,
            retry_all=retry_all,
            labels=labels,
            labels_first=labels_first,
        )
        next_command = recommender.status().next_command
        answers = (
            answer.ask_again_at
            for record in (recommender.tracks(missing_audio=True) if retry and report.missing else ())
            for answer in record.answers
        )
        first_due_at = min(filter(None, answers), default=None)
    if json or report.seen:
        outputs.show(report, lambda report: print_crawl(report, next_command), json=json, form=crawls.crawl_report)
    if len(report.sources) == 1 and not report.seen and report.failed_sources:
        raise report.failed_sources[0].as_error
    print_faults(report)
    if (retry or retry_all) and not json:
        print_retry(report, first_due_at)
    raise typer.Exit(report.exit_code)


def _show_plan(plan: "CrawlPlan", *, json: bool) -> NoReturn:
    from spotrec.cli.show.crawl import print_faults, print_plan

    outputs.show(plan, print_plan, json=json, form=crawls.crawl_plan)
    print_faults(plan)
    raise typer.Exit(plan.exit_code)
