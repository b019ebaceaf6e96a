"""What a person does with what is known: find it by name, take it out, follow what collections became."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import unquote

from spotrec.audio.cache import AudioCaches
from spotrec.errors import BadLink, CacheError, NotFound, SpotrecError, UsageError, quoted
from spotrec.links import (
    CSV_SUFFIXES,
    CsvReference,
    FolderReference,
    LinkListReference,
    M3UReference,
    Reference,
    SearchReference,
    ShortLinkReference,
    SpotifyKind,
    looks_like_a_link_or_path,
    parse,
    parse_link,
)
from spotrec.links.references import SPOTIFY_ID
from spotrec.names.titles import normalised
from spotrec.query.stored_seed import find_stored_seed
from spotrec.store import FeatureStore, KnownCollection
from spotrec.track import Track, TrackId

if TYPE_CHECKING:
    from spotrec.crawl.report import CrawlReport, SourceReport

SUDDENLY_EMPTY_FROM = 11
"""A collection that listed as many tracks and lists none any more is rather a hiccup of its service."""

_FOLDER, _M3U, _LIST, _SEARCH = "folder:", "m3u:", "list:", "spotify:search:"
_CANDIDATES_SHOWN = 5

_Named = TypeVar("_Named", bound=Track | KnownCollection)


@dataclass(frozen=True, slots=True)
class Removal:
    """What was removed, or, unless `is_done`, what would be; `named` are the tracks that go on their own account."""

    tracks: list[Track]
    collections: list[KnownCollection]
    named: list[TrackId]
    is_done: bool = False


@dataclass(frozen=True, slots=True)
class CollectionChange:
    """How a collection changed: tracks that it lists newly, no longer lists, and that left the catalogue for that."""

    id: str
    title: str
    added: int
    dropped: int
    removed: int


@dataclass(frozen=True, slots=True)
class SyncReport:
    """What a sync saw and got, and how each collection changed."""

    crawl: "CrawlReport"
    changes: list[CollectionChange] = field(default_factory=list)


class Library:
    """The store and the cached audio of its tracks, as one."""

    def __init__(self, store: FeatureStore, caches: AudioCaches) -> None:
        self._store = store
        self._caches = caches

    def collection(self, name: str) -> KnownCollection:
        """The one known collection of this link, URI, id, path or title.

        Raises:
            NotFound: there is none.
            UsageError: several have this title; the hint names them.
        """
        found = self._collections_at(name) or self._collections_titled(name)
        if not found:
            raise NotFound(f"no known collection is {quoted(name)}", "`spotrec tracks --collections` lists them")
        return _only(name, found)

    def plan_removal(self, names: Sequence[str]) -> Removal:
        """What would go with these tracks and collections. Of a collection go the tracks that nobody else wants.

        Raises:
            NotFound, UsageError: a name is unknown, or could mean several things.
        """
        found = [self._find(name) for name in names]
        collections = list({one.id: one for one in found if isinstance(one, KnownCollection)}.values())
        named = list(dict.fromkeys(one.id for one in found if isinstance(one, Track)))
        going = dict.fromkeys([*named, *self._store.removal.going_with([one.id for one in collections])])
        return Removal(list(self._store.tracks.get_many(going).values()), collections, named)

    def remove(self, plan: Removal) -> Removal:
        """Carry a plan out; a track that somebody else wants since it was made stays.

        The rows go in one transaction, which notes what is left to delete from the cache; then that is deleted.

        Raises:
            CacheError: the tracks are gone, and their cached audio is not yet; the next run deletes it.
        """
        going = set(self._store.removal.remove(plan.named, [one.id for one in plan.collections]))
        self.delete_discarded_audio()
        return replace(plan, tracks=[track for track in plan.tracks if track.id in going], is_done=True)

    def delete_discarded_audio(self) -> None:
        """Delete the cached audio of removed tracks, that of a run that was killed in between too.

        Raises:
            CacheError, UsageError: some could not be deleted; the next run tries again.
        """
        fault: SpotrecError | None = None
        for address in self._store.audio.discarded():
            try:
                self._caches.delete(address)
            except (CacheError, UsageError) as error:  # another cache may do
                fault = fault or error
            else:
                self._store.audio.forget_discarded(address)
        if fault:
            raise fault

    def sync(
        self, names: Sequence[str], crawl: "Callable[[Sequence[str]], CrawlReport]", *, delete: bool
    ) -> SyncReport:
        """Crawl collections again, and follow what they became.

        Only of a collection that was listed to its end is anything removed, and only once all are crawled: a track may
        have moved from one to another.

        Args:
            names: which ones; none for all.
            crawl: crawls the collections of these ids, each under its id as the source's name.
            delete: take out tracks that no collection lists any more, and that nobody crawled by themselves.

        Raises:
            NotFound, UsageError: a name is unknown, or could mean several things; or no collection is known.
        """
        wanted = list({one.id: one for one in map(self.collection, names)}.values()) or self._store.collections.get()
        if not wanted:
            raise NotFound("no collection was crawled yet", "`spotrec crawl` a playlist, an album or a folder first")
        before = {one.id: self._store.collections.members([one.id]) for one in wanted}
        report = crawl([one.id for one in wanted])
        sources = {source.name: source for source in report.sources}
        changes = []
        for one in wanted:
            removed = self._follow(one, sources[one.id], report) if delete else 0
            after = self._store.collections.members([one.id])
            added, dropped = len(after - before[one.id]), len(before[one.id] - after)
            changes.append(CollectionChange(one.id, one.collection.title, added, dropped, removed))
        self.delete_discarded_audio()
        return SyncReport(report, changes)

    def _follow(self, one: KnownCollection, source: "SourceReport", report: "CrawlReport") -> int:
        """Take out what a collection dropped, where that is sure; returns how many tracks went."""
        dropped = self._store.collections.dropped_by(one.id)
        if not dropped or not source.is_complete or one.id.startswith(_SEARCH):  # what is found first changes
            return 0
        title = quoted(one.collection.title)
        if len(dropped) >= SUDDENLY_EMPTY_FROM and not self._store.collections.members([one.id]):
            report.notices.append(
                f"{title} is suddenly empty: its {len(dropped)} tracks stay; to let them go: `spotrec remove {one.id}`"
            )
            return 0
        if source.skipped and one.id.startswith((_M3U, _LIST)):
            report.notices.append(
                f"{title} names what cannot be read now: the {len(dropped)} tracks that it lists no longer stay"
            )
            return 0
        unreadable = {skipped.name for skipped in report.skipped}  # a file that is there still
        tracks = self._store.tracks.get_many(dropped).values()
        return len(
            self._store.removal.follow_drops(one.id, [track.id for track in tracks if track.path not in unreadable])
        )

    # -- finding by name -------------------------------------------------------------------------------------------

    def _find(self, name: str) -> Track | KnownCollection:
        if not name.strip():
            raise UsageError("there is nothing to look for", "give a track or a collection")
        at: list[Track | KnownCollection] = [*self._tracks_at(name), *self._collections_at(name)]
        if at:
            return _only(name, at)
        titled = self._collections_titled(name)
        if titled:
            tracks = [
                track for track in self._store.tracks.find_by_words(name) if normalised(track.title) == normalised(name)
            ]
            called: list[Track | KnownCollection] = [*titled, *tracks]
            return _only(name, called)
        try:
            if looks_like_a_link_or_path(name):
                raise NotFound(name)
            return find_stored_seed(self._store, name)
        except NotFound as exc:
            raise NotFound(
                f"no known track or collection is {quoted(name)}",
                "`spotrec tracks WORDS` and `spotrec tracks --collections` list what is known",
            ) from exc

    def _tracks_at(self, name: str) -> list[Track]:
        """The track of this id, link or path, if it is known. Its file need not be there any more."""
        found = [self._store.tracks.get(uri) for uri in _uris(name)]
        found += [self._store.files.track_in(path) for path in _paths(name)]
        return list({track.id: track for track in found if track}.values())

    def _collections_at(self, name: str) -> list[KnownCollection]:
        """The collection of this id, link or path, if it is known. Nothing need be there any more."""
        ids = {*_uris(name), *(f"{kind}{path}" for path in _paths(name) for kind in (_FOLDER, _M3U, _LIST))}
        return self._store.collections.get(ids)

    def _collections_titled(self, title: str) -> list[KnownCollection]:
        return self._store.collections.get(self._store.collections.titled(title))


def source_of(collection_id: str) -> Reference:
    """Where a collection came from, by its id.

    Raises:
        BadLink, NotFound: this spotrec knows no such source.
    """
    kind = next((kind for kind in (_FOLDER, _M3U, _LIST, _SEARCH) if collection_id.startswith(kind)), "")
    rest = collection_id.removeprefix(kind)
    path = Path(rest)
    match kind:
        case "folder:":
            return FolderReference(path)
        case "m3u:":
            return M3UReference(path)
        case "list:":
            return CsvReference(path) if path.suffix.lower() in CSV_SUFFIXES else LinkListReference(path)
        case "spotify:search:":
            return SearchReference(unquote(rest))
    return parse(collection_id)


def _uris(name: str) -> Iterator[str]:
    """The ids that a track or a collection of this name would have."""
    text = name.strip()
    yield text
    if SPOTIFY_ID.fullmatch(text):
        yield from (f"spotify:{kind}:{text}" for kind in SpotifyKind)
        return
    try:
        link = parse_link(text)
    except BadLink:
        return
    if link is not None and not isinstance(link, ShortLinkReference):
        yield link.uri


def _paths(name: str) -> Iterator[str]:
    try:
        yield str(Path(name.strip()).expanduser().resolve())
    except (OSError, ValueError, RuntimeError):  # words can make a path that no system takes
        return


def _only(name: str, found: Sequence[_Named]) -> _Named:
    if len(found) == 1:
        return found[0]
    lines = "".join(f"\n  {one.id}  {_title(one)}" for one in found[:_CANDIDATES_SHOWN])
    more = f"\n  … and {len(found) - _CANDIDATES_SHOWN} more" if len(found) > _CANDIDATES_SHOWN else ""
    raise UsageError(f"{quoted(name)} could be any of {len(found)}", f"give one of these instead:{lines}{more}")


def _title(one: Track | KnownCollection) -> str:
    return one.name if isinstance(one, Track) else one.collection.title
