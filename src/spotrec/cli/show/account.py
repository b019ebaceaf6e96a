"""The Spotify account as tables."""

from typing import TYPE_CHECKING

from spotrec.cli.show.console import console, note, say
from spotrec.cli.show.tables import pairs, print_table
from spotrec.cli.show.units import counted, local_time

if TYPE_CHECKING:
    from spotrec.spotify.login import SignedOut, WhoAmI


def print_account(who: "WhoAmI") -> None:
    shown = {
        "user": f"{who.display_name or who.user_id} ({who.user_id})" if who.user_id else "no user: the app itself",
        "by": who.credentials.value,
        "client id": who.client_id,
        "scopes": ", ".join(who.scopes or ()),
        "token until": who.holds_until and local_time(who.holds_until),
        "token file": who.token_file and str(who.token_file),
    }
    print_table(console(), pairs((name, value) for name, value in shown.items() if value))


def print_signed_out(done: "SignedOut") -> None:
    for path in done.deleted:
        say(console(), f"deleted {path}")
    if not done.deleted:
        console().print("there was no token to delete")
    if done.left:
        note(f"{counted(done.left, 'token')} of other client ids left: `spotrec logout --all` deletes all")
