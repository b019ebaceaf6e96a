"""What is known, for people: tracks, collections, and what is taken out."""

from typing import TYPE_CHECKING

from rich.text import Text

from spotrec.cli.console import console, link, print_columns, reasons

if TYPE_CHECKING:
    from spotrec.library import Removal
    from spotrec.store import KnownCollection, TrackRecord


def records(shown: "list[TrackRecord]", *, answers: bool, failures: bool, more: bool) -> None:
    """Tracks as a table, where asked for with what each provider said, or with why each failed."""
    to = console()
    columns = {
        "title": [Text(one.track.title) for one in shown],
        "artist": [Text(", ".join(one.track.artists)) for one in shown],
        "album": [Text(one.track.album or "") for one in shown],
        "state": [Text(one.state) for one in shown],
    }
    if answers:
        columns["what providers said"] = [Text("\n".join(map(str, one.answers))) for one in shown]
    if failures:
        columns["what failed"] = [Text("\n".join(one.faults)) for one in shown]
    columns["link"] = [link(one.track, on_terminal=to.is_terminal) for one in shown]
    print_columns(to, columns)
    if more:
        to.print("… and more: --limit, --csv and --json show them", style="dim")


def collections(known: "list[KnownCollection]") -> None:
    print_columns(
        console(),
        {
            "kind": [Text(one.collection.kind) for one in known],
            "title": [Text(one.collection.title) for one in known],
            "tracks": [Text(str(one.n_tracks)) for one in known],
            "last crawled": [Text(one.crawled_at) for one in known],
            "link": [Text(one.collection.url or one.id) for one in known],
        },
    )


def removal(removal: "Removal", *, stderr: bool = False) -> None:
    to = console(stderr=stderr)
    verb = "removed" if removal.is_done else "to remove"
    reasons(to, f"collections {verb}", [(one.collection.title, one.id) for one in removal.collections])
    reasons(to, f"tracks {verb}", [(track.name, track.id) for track in removal.tracks])
    if removal.is_done:
        to.print("next: spotrec index", style="dim")
