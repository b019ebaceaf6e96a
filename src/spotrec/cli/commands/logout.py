"""`spotrec logout`."""

from typing import Annotated

import typer

from spotrec.cli import options
from spotrec.cli.show import outputs

EXAMPLES = """
\b
Examples:
  spotrec logout
  spotrec logout --all
\b
Exit codes: 0 done, also if there was no token.
"""


def logout(
    spotify_client_id: options.ClientId = None,
    everyone: Annotated[bool, typer.Option("--all", help="Delete the tokens of every client id.")] = False,
    config: options.Config = None,
    json: options.Json = False,
) -> None:
    """Delete the Spotify tokens on this machine."""
    from spotrec.cli.show.account import print_signed_out

    with options.recommender(config=config, spotify_client_id=spotify_client_id) as recommender:
        done = recommender.logout(everyone=everyone)
    outputs.show(done, print_signed_out, json=json)
