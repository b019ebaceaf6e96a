"""Dedupe: each recording of a list once, at its first place."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from spotrec.names.titles import normalised
from spotrec.operations.lists.changed_playlist import ChangedPlaylist, rows_of
from spotrec.operations.lists.contents import Playlist, read_list
from spotrec.operations.lists.entries import Entry
from spotrec.operations.session import Session
from spotrec.progress import Progress, Silent

if TYPE_CHECKING:
    from spotrec.store import FeatureStore
    from spotrec.track import TrackId

_REASONS = {
    "id": "the same track",
    "isrc": "the same ISRC",
    "name": "the same artist and title",
    "audio": "the same audio",
    "sound": "the same audio, with other tags",
    "recording": "the same recording, by its fingerprint",
    "place": "the same path or link",
    "entry": "the same name",
}
"""What two entries may share, and what it means that they do; the surest first."""


@dataclass(frozen=True, slots=True)
class Repeat:
    """An entry that is left out, the earlier one that it repeats, and why they are the same."""

    entry: Entry
    of: Entry
    reason: str


@dataclass(frozen=True, slots=True)
class DedupedPlaylist:
    """A list in which every recording comes once."""

    playlist: ChangedPlaylist
    repeats: tuple[Repeat, ...]


def dedupe(session: Session, playlist: Playlist, *, paths: bool, progress: Progress | None) -> DedupedPlaylist:
    """See `Recommender.dedupe_playlist`."""
    with session.view(progress, paths=paths) as view:
        store = session.store()
        with store.at_one_moment():
            contents = read_list(view, playlist)
            identities = _identities(store, [entry.track.id for entry in contents.entries if entry.track])
    first: dict[str, Entry] = {}
    kept, repeats = [], []
    for entry in contents.entries:
        own = identities[entry.track.id] if entry.track else _of_unknown(entry)
        shared = sorted((one for one in own if one in first), key=_surest)
        if shared:
            repeats.append(Repeat(entry, first[shared[0]], _REASONS[shared[0].partition(" ")[0]]))
            of = first[shared[0]]
        else:
            kept.append(entry)
            of = entry
        for one in own:  # what is the same as a repetition is the same as the first, too
            first.setdefault(one, of)
    return DedupedPlaylist(ChangedPlaylist(contents, rows_of(kept)), tuple(repeats))


def _identities(store: "FeatureStore", ids: "list[TrackId]") -> "dict[TrackId, set[str]]":
    """Return what identifies the recording of each track; a track that shares one with another is a copy of it."""
    candidates, places = store.candidates.get(ids), store.files.places(ids)
    found = {}
    for id_ in dict.fromkeys(ids):
        own = set(candidates[id_].identities if id_ in candidates else store.candidates.identities([id_]))
        own |= {f"sound {file.sound}" for file in places.get(id_, ()) if file.sound}
        found[id_] = own
    for id_, recording in _by_fingerprint(store, list(found)).items():
        found[id_].add(f"recording {recording}")
    return found


def _by_fingerprint(store: "FeatureStore", ids: "list[TrackId]") -> "dict[TrackId, TrackId]":
    """Return the tracks whose fingerprints agree with that of another one, each with one that stands for all."""
    from spotrec.audio.fingerprint import VERSION
    from spotrec.query.near_copies import MAX_DIFFERENCE_MS
    from spotrec.query.same_recordings import recordings, same_recordings

    stored = store.fingerprints.of(ids, VERSION)
    words = {id_: one.words for id_, one in stored.items()}
    lengths = {id_: one.duration_ms for id_, one in stored.items() if one.duration_ms}
    with Silent().meter("") as meter:
        return recordings(same_recordings(words, lengths, meter, most_ms=MAX_DIFFERENCE_MS))


def _of_unknown(entry: Entry) -> set[str]:
    place = {f"place {entry.file or entry.place}"} if entry.place else set()
    return place or {f"entry {normalised(entry.name)}"}


def _surest(identity: str) -> int:
    return list(_REASONS).index(identity.partition(" ")[0])
