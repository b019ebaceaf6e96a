"""`spotrec playlist`."""

import sys
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from spotrec.cli import options
from spotrec.cli.show import outputs
from spotrec.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from spotrec.export.spotify_playlist import SpotifyPlaylist
    from spotrec.export.subsonic_playlist import SubsonicPlaylist

_CREATE_EXAMPLES = """
\b
Examples:
  spotrec query SEED --ids | spotrec playlist create "Like that"
  spotrec query SEED --ids | spotrec playlist create "Like that" --yes
  spotrec playlist create Two 4uLU6hMCjMI75M1A2tKUQC spotify:track:... --yes
  spotrec query SEED --ids | spotrec playlist create Mix --to subsonic -y
\b
Without --yes it only shows the playlist. Spotify needs a signed-in user:
`spotrec login`, or SPOTIFY_TOKEN; after an interruption, run the command
again: it continues the playlist that it began. On your music server (the
setting subsonic_url) a playlist of this name that spotrec made is replaced.
\b
Exit codes: 0 done or shown, 2 the input is not a list of tracks, 3 made, but
some tracks are not there, 4 sign in (again), 5 no track is there.
"""

_MOST_BYTES = 2_000_000


class Target(StrEnum):
    """Where a playlist is made."""

    SPOTIFY = "spotify"
    SUBSONIC = "subsonic"


app = typer.Typer(rich_markup_mode=None, no_args_is_help=True, help="Make playlists on Spotify or your music server.")


@app.callback()
def playlist() -> None:
    """Make playlists on Spotify or your music server."""


@app.command(cls=options.Command, epilog=_CREATE_EXAMPLES)
def create(
    name: Annotated[str, typer.Argument(help="The name of the playlist.", metavar="NAME")],
    tracks: Annotated[
        list[str] | None,
        typer.Argument(
            help="Track ids or Spotify links, in order; by default from standard input, one per line.", metavar="TRACK"
        ),
    ] = None,
    to: Annotated[
        Target,
        typer.Option("--to", help="Where to make it: spotify, or subsonic for your music server.", metavar="SERVICE"),
    ] = Target.SPOTIFY,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Make the playlist; without this it is only shown.")] = False,
    public: Annotated[bool, typer.Option("--public", help="Make it visible to everyone.")] = False,
    description: Annotated[
        str | None, typer.Option(help="A description of one line.", metavar="TEXT", show_default=False)
    ] = None,
    store: options.Store = None,
    config: options.Config = None,
    json: options.Json = False,
    progress: options.ShowProgress = True,
) -> None:
    """Make a playlist on Spotify, or your music server, from tracks."""
    from spotrec.cli.show.playlist import print_playlist, print_server_playlist

    names = tracks or _piped()
    made: SpotifyPlaylist | SubsonicPlaylist
    with options.recommender(progress=progress, config=config, store=store) as recommender:
        if to is Target.SUBSONIC:
            made = recommender.create_server_playlist(
                name, names, public=public, description=description, dry_run=not yes
            )
            outputs.show(made, print_server_playlist, json=json)
        else:
            made = recommender.create_playlist(name, names, public=public, description=description, dry_run=not yes)
            outputs.show(made, print_playlist, json=json)
    raise typer.Exit(ExitCode.PARTIAL if made.is_done and made.left_out else ExitCode.DONE)


def _piped() -> list[str]:
    """Return the lines of standard input."""
    if sys.stdin is None or sys.stdin.isatty():
        raise UsageError("no tracks were given", "pipe ids in: spotrec query SEED --ids | spotrec playlist create NAME")
    content = sys.stdin.buffer.read(_MOST_BYTES + 1)
    if len(content) > _MOST_BYTES:
        raise UsageError("standard input is too long for a list of track ids", "give one id per line")
    lines = content.decode("utf-8", "replace").split("\n")
    if not any(line.strip() for line in lines):
        raise UsageError("standard input contains no tracks", "check the messages of the command before the pipe")
    return lines
