"""Remove: delete tracks and collections from the store, and their cached audio."""

import shlex
from collections.abc import Callable, Sequence
from dataclasses import replace

from spotrec.audio.cache import AudioCaches
from spotrec.errors import CacheError, NotFound, SpotrecError, UsageError, quoted
from spotrec.operations.library import crawled_folders_in, is_prefixed, track_or_collection_named, tracks_named
from spotrec.operations.results import Removal
from spotrec.operations.session import Session
from spotrec.query.lookup import words_of_one_name
from spotrec.store import FeatureStore, KnownCollection
from spotrec.track import Track


def remove(
    session: Session, names: Sequence[str], *, dry_run: bool, confirm: Callable[[Removal], None] | None
) -> Removal:
    """See `Recommender.remove`."""
    with session.view():
        store = session.store()
        plan = _plan(store, names)
        if dry_run:
            return plan
        if confirm:
            confirm(plan)
        # one transaction deletes the rows and notes which cached audio to delete; then the audio is deleted
        going = set(store.removal.remove(plan.named, [one.id for one in plan.collections]))
        delete_discarded_audio(store, session.caches)
        return replace(plan, tracks=[track for track in plan.tracks if track.id in going], is_done=True)


def delete_discarded_audio(store: FeatureStore, caches: AudioCaches) -> None:
    """Delete the cached audio of removed tracks, also what a killed run did not delete.

    Raises:
        CacheError, UsageError: some files could not be deleted; the next run tries again.
    """
    fault: SpotrecError | None = None
    for address in store.audio.discarded():
        try:
            caches.delete(address)
        except (CacheError, UsageError) as error:  # other addresses may be in another cache
            fault = fault or error
        else:
            store.audio.forget_discarded(address)
    if fault:
        raise fault


def _plan(store: FeatureStore, names: Sequence[str]) -> Removal:
    """Return what to remove for these names. With a collection, the tracks that only it needs are removed."""
    with store.at_one_moment():
        found: list[Track | KnownCollection] = []
        with words_of_one_name(store, names):
            for name in names:
                found += _named(store, name)
        collections = list({one.id: one for one in found if isinstance(one, KnownCollection)}.values())
        named = list(dict.fromkeys(one.id for one in found if isinstance(one, Track)))
        going = dict.fromkeys([*named, *store.removal.going_with([one.id for one in collections])])
        return Removal(list(store.tracks.get_many(going).values()), collections, named)


def _named(store: FeatureStore, name: str) -> list[Track | KnownCollection]:
    """Return what a name means: one track or collection, or all tracks of an artist, an album or a folder."""
    if not is_prefixed(name):
        try:
            return [track_or_collection_named(store, name)]
        except NotFound:
            if not tracks_named(store, name, whole=True):
                raise
            if crawled := crawled_folders_in(store, name):
                raise UsageError(
                    f"{quoted(name)} holds everything in {len(crawled)} crawled folder{'s' * (len(crawled) > 1)}",
                    f"name what you mean: {', '.join(map(shlex.quote, crawled))}",
                ) from None
    ids = tracks_named(store, name, whole=True)  # what is removed must be meant
    return list(store.tracks.get_many(ids).values())
