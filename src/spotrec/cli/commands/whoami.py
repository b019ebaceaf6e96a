"""`spotrec whoami`."""

from spotrec.cli import options
from spotrec.cli.commands.login import ClientId

EXAMPLES = """
\b
Examples:
  spotrec whoami
  spotrec whoami --json
\b
Exit codes: 0 there are credentials, 4 nobody is signed in, or Spotify says
no.
"""


def whoami(client_id: ClientId = None, config: options.Config = None, json: options.Json = False) -> None:
    """Show who Spotify is asked as, and by which credentials."""
    from spotrec.cli.show import render
    from spotrec.operations import as_json

    with options.recommender(config=config, spotify_client_id=client_id) as recommender:
        who = recommender.whoami()
    if json:
        as_json.show(as_json.plain(who))
    else:
        render.who_am_i(who)
