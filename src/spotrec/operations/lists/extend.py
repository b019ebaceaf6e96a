"""Extend: more tracks like those of a list."""

from collections.abc import Sequence
from dataclasses import dataclass

from spotrec.operations.lists.changed_playlist import ChangedPlaylist, ListRow
from spotrec.operations.lists.contents import Playlist, nothing_known, read_list
from spotrec.operations.lists.entries import new_entry
from spotrec.operations.options import Options
from spotrec.operations.query import Recommendations, query
from spotrec.operations.seeds import TrackList, TypedSeed
from spotrec.operations.session import Session
from spotrec.progress import Progress

DEFAULT_NEW = 20


@dataclass(frozen=True, slots=True)
class ExtendedPlaylist:
    """A list with new tracks at its end; `found` is the query that gave them, with the whole list as its seed."""

    playlist: ChangedPlaylist
    found: Recommendations


def extend(
    session: Session,
    playlist: Playlist,
    *,
    like: Sequence[str | TypedSeed],
    unlike: Sequence[str | TypedSeed],
    mood: str | None,
    mood_weight: float | None,
    explain: bool,
    fetch: bool,
    paths: bool,
    options: Options,
    progress: Progress | None,
) -> ExtendedPlaylist:
    """See `Recommender.extend_playlist`."""
    with session.view(progress, paths=paths) as view:
        view.check_index()
        contents = read_list(view, playlist)
        notes = tuple(view.notes)
    ids = tuple(dict.fromkeys(entry.track.id for entry in contents.entries if entry.track))
    if not ids:
        raise nothing_known(contents)
    wanted = Options(**options)
    if wanted.get("n") is None and wanted.get("min_similarity") is None:
        wanted["n"] = DEFAULT_NEW
    found = query(
        session,
        [TrackList(contents.title, ids), *like],
        unlike=unlike,
        mood=mood,
        mood_weight=mood_weight,
        explain=explain,
        fetch=fetch,
        paths=paths,
        options=wanted,
        progress=progress,
    )
    n = len(contents.entries)
    rows = [ListRow(place, entry) for place, entry in enumerate(contents.entries, 1)]
    rows += [ListRow(n + one.rank, new_entry(one.track), one.similarity) for one in found.results]
    with session.view(progress, paths=paths) as view:
        heard = view.embeddings.get_many(ids)
    unheard = tuple(entry for entry in contents.entries if entry.track and entry.track.id not in heard)
    changed = ChangedPlaylist(contents, tuple(rows), unheard)
    return ExtendedPlaylist(changed, found if not notes else _with_notes(found, notes))


def _with_notes(found: Recommendations, notes: tuple[str, ...]) -> Recommendations:
    from dataclasses import replace

    return replace(found, notes=(*notes, *found.notes))
