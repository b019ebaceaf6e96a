"""`spotrec whoami`."""

from spotrec.cli import options
from spotrec.cli.show import outputs

EXAMPLES = """
\b
Examples:
  spotrec whoami
  spotrec whoami --json
\b
Exit codes: 0 there are credentials, 4 there are none, or Spotify refuses
them.
"""


def whoami(
    spotify_client_id: options.ClientId = None, config: options.Config = None, json: options.Json = False
) -> None:
    """Show the Spotify account and credentials in use."""
    from spotrec.cli.show.account import print_account

    with options.recommender(config=config, spotify_client_id=spotify_client_id) as recommender:
        who = recommender.whoami()
    outputs.show(who, print_account, json=json)
