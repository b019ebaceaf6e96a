"""Saved queries: arguments of a query that last: tracks and collections by their ids, not by what was typed."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, cast

from spotrec.errors import NotFound, StoreDamaged, UsageError, quoted
from spotrec.operations.library import (
    CrawledFolder,
    collection_or_folder,
    is_prefixed,
    tracks_named,
    without_prefix,
)
from spotrec.operations.options import Options
from spotrec.operations.seeds import Group, Heard, SeedFinder, StoredTrack, TypedSeed, Upload, typed_seed
from spotrec.operations.view import View
from spotrec.query.filters import several
from spotrec.query.lookup import words_of_one_name
from spotrec.query.seed import SeedKind
from spotrec.store import FeatureStore
from spotrec.system.files import from_home, real_path
from spotrec.track import TrackId

_OPTIONS_WITH_COLLECTIONS = ("collection", "exclude_known", "new_artists_to")
_LARGEST = 1_000_000


@dataclass(frozen=True, slots=True)
class LastingSeed:
    """A seed that is found again after a rename or another crawl.

    Attributes:
        id: of a track or a collection; the name of an artist or an album, or the path of a folder inside a crawled one.
        name: as people see it.
    """

    kind: SeedKind
    id: str
    name: str


@dataclass(frozen=True, slots=True)
class SavedQuery:
    """The arguments of a query."""

    seeds: tuple[LastingSeed, ...]
    unlike: tuple[LastingSeed, ...]
    mood: str | None
    mood_weight: float | None
    options: Options


def query_to_save(
    view: View,
    seeds: Sequence[str | TypedSeed],
    unlike: Sequence[str | TypedSeed],
    mood: str | None,
    mood_weight: float | None,
    options: Options,
    *,
    fetch: bool,
) -> SavedQuery:
    """Return the query with these arguments, to be saved. A seed that is not stored is fetched, if `fetch` allows it.

    Raises:
        NotFound, UsageError, TrackError: as a query with these arguments.
    """
    store = view.session.store()
    given: dict[str, Any] = {name: value for name, value in options.items() if value is not None and value != ()}
    for option in _OPTIONS_WITH_COLLECTIONS:
        if names := several(given.get(option)):
            given[option] = [_lasting_name(store, name, view) for name in names]
        else:
            given.pop(option, None)
    with words_of_one_name(view.session.store(), seeds if view.allows_paths else ()):  # only a shell needs quotes
        liked = [_lasting(one, view, fetch=fetch) for one in seeds]
    unliked = [_lasting(one, view, fetch=fetch) for one in unlike]
    query = SavedQuery(
        tuple(dict.fromkeys(liked)), tuple(dict.fromkeys(unliked)), mood, mood_weight, cast(Options, given)
    )
    if len(json.dumps(as_stored(query))) > _LARGEST:
        raise UsageError("the query is too long to be saved", "give fewer seeds: a collection counts as one")
    return query


def as_stored(query: SavedQuery) -> dict[str, Any]:
    """Return a query as the store keeps it: JSON values."""
    return {
        "seeds": [asdict(one) for one in query.seeds],
        "unlike": [asdict(one) for one in query.unlike],
        "mood": query.mood,
        "mood_weight": query.mood_weight,
        "options": {name: list(value) if isinstance(value, tuple) else value for name, value in query.options.items()},
    }


def stored_query(stored: Mapping[str, Any]) -> SavedQuery:
    """Return the query that `as_stored` made.

    Raises:
        StoreDamaged: it did not make this.
    """
    try:
        seeds, unlike = (
            tuple(LastingSeed(SeedKind(one["kind"]), str(one["id"]), str(one["name"])) for one in stored[part])
            for part in ("seeds", "unlike")
        )
        return SavedQuery(seeds, unlike, stored["mood"], stored["mood_weight"], cast(Options, dict(stored["options"])))
    except (KeyError, TypeError, ValueError) as exc:
        raise StoreDamaged("the store is damaged: a saved query cannot be read", "save the station again") from exc


def seeds_of(view: View, query: SavedQuery) -> tuple[list[TypedSeed], list[TypedSeed]]:
    """Return the seeds and the seeds to avoid that are still stored; a note names each of the others.

    Raises:
        NotFound: no seed is stored any more.
    """
    likes, unlikes = (_still_stored(view, some) for some in (query.seeds, query.unlike))
    if query.seeds and not likes:
        names = ", ".join(quoted(one.name) for one in query.seeds[:3])
        raise NotFound(
            f"nothing of what this is to sound like is stored any more: {names}",
            "crawl it again, or save the query with other seeds",
        )
    return likes, unlikes


def _still_stored(view: View, seeds: Sequence[LastingSeed]) -> list[TypedSeed]:
    found: list[TypedSeed] = []
    for one in seeds:
        if stored := _stored(view.session.store(), one):
            found.append(stored)
        else:
            view.note(f"the {one.kind} {quoted(one.name)} is not stored any more, and is left out")
    return found


def _stored(store: FeatureStore, seed: LastingSeed) -> TypedSeed | None:
    match seed.kind:
        case SeedKind.TRACK:
            track = store.tracks.get(TrackId(seed.id))
            return StoredTrack(track) if track else None
        case SeedKind.ARTIST:
            is_stored = bool(store.selection.by_artist(seed.id, whole=False))
        case SeedKind.ALBUM:
            is_stored = bool(store.selection.on_album(seed.id, whole=False))
        case _:
            is_stored = bool(store.collections.get([seed.id]) or store.files.below(seed.id))
    return Group(seed.kind, seed.id) if is_stored else None


def _lasting(seed: str | TypedSeed, view: View, *, fetch: bool) -> LastingSeed:
    found = typed_seed(seed, view) if isinstance(seed, str) else seed
    if isinstance(found, Upload | Heard):
        raise UsageError("an upload is not stored, so it cannot be a seed that lasts", "give a stored track")
    if not isinstance(found, Group):
        track = SeedFinder(view, fetch=fetch).track(found).track
        return LastingSeed(SeedKind.TRACK, track.id, track.name)
    if found.kind is not SeedKind.COLLECTION:
        tracks_named(view.session.store(), f"{found.kind}:{found.name}", whole=False)  # raises if none is stored
        return LastingSeed(found.kind, found.name.strip(), found.name.strip())
    known = collection_or_folder(view.session.store(), found.name, paths=view.allows_paths)
    if isinstance(known, CrawledFolder):
        return LastingSeed(found.kind, _path_of(found.name), known.title)
    return LastingSeed(found.kind, known.id, known.collection.title)


def _lasting_name(store: FeatureStore, name: str, view: View) -> str:
    """Return the name of tracks to leave out, or of a collection, in a form that lasts."""
    if is_prefixed(name):
        return name.strip()
    known = collection_or_folder(store, name, paths=view.allows_paths)
    return _path_of(name) if isinstance(known, CrawledFolder) else known.id


def _path_of(folder: str) -> str:
    return str(real_path(from_home(without_prefix(folder).strip())))
