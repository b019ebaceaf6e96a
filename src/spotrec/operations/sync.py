"""Sync: crawl stored collections again, and follow their changes."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from spotrec.crawl.open_sources import Sources
from spotrec.crawl.sources import NamedSource
from spotrec.errors import NotFound, quoted
from spotrec.operations.crawl import crawler
from spotrec.operations.library import LIST, M3U, PLAYLIST, SEARCH, collection_named, source_of
from spotrec.operations.remove import delete_discarded_audio
from spotrec.operations.results import CollectionChange, SyncReport
from spotrec.operations.session import Session
from spotrec.operations.view import View
from spotrec.progress import Progress
from spotrec.store import FeatureStore, KnownCollection
from spotrec.track import TrackId

if TYPE_CHECKING:
    from spotrec.crawl.report import CrawlReport, SourceReport

SUDDENLY_EMPTY_FROM = 11
"""If a collection of this size is suddenly empty, this is more likely a fault of its service."""


def sync(
    session: Session, names: Sequence[str], *, delete: bool, settled_s: float = 0, progress: Progress | None
) -> SyncReport:
    """See `Recommender.sync`.

    Args:
        settled_s: a file that was changed within this time may still be written, and is left for the next sync.

    Tracks are removed only if their collection was read to its end, and only after all collections are crawled: a
    track may have moved from one to another.
    """
    with session.view(progress) as view:
        store = session.store()
        wanted = list({one.id: one for one in (collection_named(store, name) for name in names)}.values())
        wanted = wanted or store.collections.get()
        if not wanted:
            raise NotFound(
                "no collection was crawled yet", "first crawl a playlist, an album or a folder: `spotrec crawl SOURCE`"
            )
        before = {one.id: store.collections.members([one.id]) for one in wanted}
        report = _crawl_again(view, store, [one.id for one in wanted], settled_s)
        sources = {source.name: source for source in report.sources}
        changes = []
        for one in wanted:
            removed = _follow(store, one, sources[one.id], report) if delete else 0
            after = store.collections.members([one.id])
            was = {store.tracks.stored_id(id_) or id_ for id_ in before[one.id]}  # some have another id now
            dropped = was - after | was & _not_listed(store, one, sources[one.id])
            changes.append(CollectionChange(one.id, one.collection.title, len(after - was), len(dropped), removed))
        delete_discarded_audio(store, session.caches)
        return SyncReport(report, changes)


def _crawl_again(view: View, store: FeatureStore, collection_ids: Sequence[str], settled_s: float) -> "CrawlReport":
    """Crawl the collections with these ids; the name of each source is the id."""
    view.session.caches.open_default()  # as for every crawl
    opener = Sources(view.settings, store, view.session.http, view.session.tag_pool, settled_s=settled_s)

    def named(collection_id: str) -> NamedSource:
        return NamedSource(collection_id, lambda: opener.open(source_of(collection_id)))

    return crawler(view, store, leaves_out_removed=True).crawl(map(named, collection_ids))


def _not_listed(store: FeatureStore, one: KnownCollection, source: "SourceReport") -> set[TrackId]:
    """Return the tracks that a collection does not list now, also the ones that stay because they cannot be read."""
    return store.collections.not_listed(one.id, source.seen - source.skipped) if source.is_complete else set()


def _follow(store: FeatureStore, one: KnownCollection, source: "SourceReport", report: "CrawlReport") -> int:
    """Remove what a collection dropped, if this is certain. Return the number of removed tracks."""
    dropped = store.collections.dropped_by(one.id)
    if not dropped or not source.is_complete or one.id.startswith(SEARCH):  # the results of a search always change
        return 0
    title = quoted(one.collection.title)
    if len(dropped) >= SUDDENLY_EMPTY_FROM and not store.collections.members([one.id]):
        report.notices.append(
            f"{title} is suddenly empty: its {len(dropped)} tracks stay; to remove them: `spotrec remove {one.id}`"
        )
        return 0
    if source.skipped and one.id.startswith((M3U, LIST, PLAYLIST)):
        report.notices.append(
            f"{title} has entries that cannot be read now, so the {len(dropped)} tracks that it no longer lists stay"
        )
        return 0
    return len(store.removal.follow_drops(one.id, dropped))
