"""A playlist on Spotify or a music server as a table."""

from typing import TYPE_CHECKING

from rich.text import Text

from spotrec.cli.show.console import console, note, reasons, say
from spotrec.cli.show.tables import Columns, print_table, table_of
from spotrec.cli.show.units import counted

if TYPE_CHECKING:
    from spotrec.export.spotify_playlist import SpotifyPlaylist
    from spotrec.export.subsonic_playlist import SubsonicPlaylist
    from spotrec.operations.lists.changed_playlist import ChangedPlaylist
    from spotrec.operations.lists.services import SentPlaylist


def print_playlist(made: "SpotifyPlaylist") -> None:
    to, notes = console(), console(stderr=True)
    kind = "public" if made.public else "private"
    if not made.is_done:
        say(to, f"would make the {kind} playlist “{made.name}” of {counted(len(made.tracks), 'track')}:")
        print_table(to, table_of(_columns(made, on_terminal=to.is_terminal), numbers=["#"]))
        say(notes, "nothing was made yet: --yes makes the playlist", "dim")
    else:
        say(to, f"{_did(made, kind)}: {counted(len(made.tracks), 'track')}")
        to.print(made.url, soft_wrap=True)
    _print_rest(made)


def print_added(made: "SpotifyPlaylist") -> None:
    """Print what was added to a playlist that was there before, or would be."""
    to, notes = console(), console(stderr=True)
    if not made.is_done:
        say(to, f"would add {counted(len(made.tracks), 'track')} to “{made.name}”:")
        print_table(to, table_of(_columns(made, on_terminal=to.is_terminal), numbers=["#"]))
        say(notes, "nothing was added yet: --yes adds them", "dim")
    else:
        say(to, f"added {counted(len(made.tracks), 'track')} to “{made.name}”, which had {made.was_there or 0:,}")
        to.print(made.url, soft_wrap=True)
    _print_rest(made)


def print_server_playlist(made: "SubsonicPlaylist") -> None:
    to, notes = console(), console(stderr=True)
    kind = "public" if made.public else "private"
    if not made.is_done:
        say(to, f"would write the {kind} playlist “{made.name}” of {counted(len(made.tracks), 'track')}:")
        ranks = {"#": [str(n) for n in range(1, len(made.tracks) + 1)]}
        rows = {"track": [track.name for track in made.tracks], "found by": [track.by for track in made.tracks]}
        print_table(to, table_of({**ranks, **rows}, numbers=["#"]))
        say(notes, f"nothing was written yet: --yes writes the playlist on {made.server}", "dim")
    else:
        did = f"made the {kind} playlist" if made.was_there is None else "wrote the playlist"
        said = f"{did} “{made.name}” on {made.server}" if made.is_changed else f"“{made.name}” is complete already"
        say(to, f"{said}: {counted(len(made.tracks), 'track')}")
        to.print(made.url, soft_wrap=True)
    _print_rest(made)


def print_sent(playlist: "ChangedPlaylist", sent: "SentPlaylist") -> None:
    """Say what became of a list at a service, or what would."""
    from spotrec.export.spotify_playlist import SpotifyPlaylist

    made = sent.made
    if not isinstance(made, SpotifyPlaylist):
        print_server_playlist(made)
    elif sent.is_added:
        print_added(made)
    else:
        if playlist.contents.source.startswith("spotify:playlist:"):
            tense = "was made" if made.is_done else "would be made"
            note(f"a new playlist {tense}: spotrec adds to the end of a playlist of your own, and changes no other")
        print_playlist(made)
    if sent.left_out:
        note(f"not there, because they are not stored: {'; '.join(sent.left_out)}")


def _print_rest(made: "SpotifyPlaylist | SubsonicPlaylist") -> None:
    """Say what is not in the playlist."""
    notes = console(stderr=True)
    if made.repeated:
        say(notes, f"{counted(made.repeated, 'track')} named twice, added once", "dim")
    left_out = [(one.name, one.reason) for one in made.left_out]
    reasons(notes, f"{counted(len(left_out), 'track')} left out", left_out)


def _columns(made: "SpotifyPlaylist", *, on_terminal: bool) -> Columns:
    ranks = {"#": [str(n) for n in range(1, len(made.tracks) + 1)]}
    by = {"found by": [track.by for track in made.tracks]}
    if on_terminal:
        linked = [Text.assemble(one.name, "\n", (one.url, f"dim link {one.url}")) for one in made.tracks]
        return {**ranks, "track": linked, **by}
    return {**ranks, "track": [one.name for one in made.tracks], **by, "on Spotify": [one.uri for one in made.tracks]}


def _did(made: "SpotifyPlaylist", kind: str) -> str:
    if made.was_there is None:
        return f"made the {kind} playlist “{made.name}”"
    if made.was_there == len(made.tracks):
        return f"“{made.name}” is complete already"
    return f"continued “{made.name}”, which had {counted(made.was_there, 'track')} already"
