"""`spotrec playlist create`."""

from typing import TYPE_CHECKING, Annotated

import typer

from spotrec.cli import options
from spotrec.cli.commands.playlist.standard_input import piped_ids
from spotrec.cli.commands.playlist.target import Service
from spotrec.cli.show import outputs
from spotrec.errors import ExitCode

if TYPE_CHECKING:
    from spotrec.export.spotify_playlist import SpotifyPlaylist
    from spotrec.export.subsonic_playlist import SubsonicPlaylist

EXAMPLES = """
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

_PIPE = "pipe ids in: spotrec query SEED --ids | spotrec playlist create NAME"


@options.with_settings("store")
def create(
    *,
    name: Annotated[str, typer.Argument(help="The name of the playlist.", metavar="NAME")],
    tracks: Annotated[
        list[str] | None,
        typer.Argument(
            help="Track ids or Spotify links, in order; by default from standard input, one per line.", metavar="TRACK"
        ),
    ] = None,
    to: Annotated[
        Service,
        typer.Option("--to", help="Where to make it: spotify, or subsonic for your music server.", metavar="SERVICE"),
    ] = Service.SPOTIFY,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Make the playlist; without this it is only shown.")] = False,
    public: Annotated[bool, typer.Option("--public", help="Make it visible to everyone.")] = False,
    description: Annotated[
        str | None, typer.Option(help="A description of one line.", metavar="TEXT", show_default=False)
    ] = None,
    open_recommender: options.Opener,
    json: options.Json = False,
) -> None:
    """Make a playlist on Spotify, or your music server, from tracks."""
    from spotrec.cli.show.playlist import print_playlist, print_server_playlist

    names = tracks or piped_ids(_PIPE)
    made: SpotifyPlaylist | SubsonicPlaylist
    with open_recommender() as recommender:
        if to is Service.SUBSONIC:
            made = recommender.create_server_playlist(
                name, names, public=public, description=description, dry_run=not yes
            )
            outputs.show(made, print_server_playlist, json=json)
        else:
            made = recommender.create_playlist(name, names, public=public, description=description, dry_run=not yes)
            outputs.show(made, print_playlist, json=json)
    raise typer.Exit(ExitCode.PARTIAL if made.is_done and made.left_out else ExitCode.DONE)
