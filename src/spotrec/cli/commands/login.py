"""`spotrec login`."""

from typing import Annotated

import typer

from spotrec.cli import options
from spotrec.cli.show import outputs

EXAMPLES = """
\b
Examples:
  spotrec login
  spotrec login --client-id 0123456789abcdef0123456789abcdef
  spotrec login --no-browser --port 8888
\b
It needs the client id of your own app on developer.spotify.com, with the
redirect URI http://127.0.0.1/callback (any port). It needs no secret.
\b
Exit codes: 0 signed in, 4 you or Spotify refused, or time ran out.
"""


def login(
    spotify_client_id: options.ClientId = None,
    port: Annotated[
        int,
        typer.Option(min=0, max=65535, help="Port for Spotify's answer; 0 takes any free port.", metavar="PORT"),
    ] = 0,
    browser: Annotated[bool, typer.Option("--browser/--no-browser", help="Open the address in a browser.")] = True,
    timeout: Annotated[float, typer.Option(min=1, max=86_400, help="Longest time to wait.", metavar="SECONDS")] = 300,
    config: options.Config = None,
    json: options.Json = False,
) -> None:
    """Sign in to Spotify, to read and make your own playlists."""
    from spotrec.cli.show.account import print_account

    with options.recommender(progress=True, config=config, spotify_client_id=spotify_client_id) as recommender:
        who = recommender.login(port=port, open_browser=browser, timeout_s=timeout)
    outputs.show(who, print_account, json=json)
