"""What a person asks of a query, in their words → seeds, and what is wanted.

A seed is a track, or all that is known of a collection, an artist or an album. A link or a path says which it is;
`artist:`, `album:` and `collection:` say so before a name. A bare name is a track's, else a known collection's.
"""

from collections.abc import Callable, Collection, Sequence
from typing import TYPE_CHECKING, TypedDict

from spotrec.errors import BadLink, NotFound, UsageError, quoted
from spotrec.operations.seeds import SeedFinder
from spotrec.query.filters import Filters
from spotrec.query.seed import Seed, SeedGroup, SeedKind, Seeds
from spotrec.query.stored_seed import is_named
from spotrec.query.wanted import Wanted
from spotrec.store import Hearing, Selection
from spotrec.track import TrackId
from spotrec.vectors import evenly

if TYPE_CHECKING:
    from spotrec.operations.library import Library

COUNTED_OF_A_GROUP = 200
"""Of a collection, an artist or an album at most so many tracks are asked with: evenly chosen, in order of id."""


class Narrowing(TypedDict, total=False):
    """Which tracks may be among the results at all.

    Attributes:
        max_per_artist: at most so many by one artist (the first that a track names).
        exclude_known: collections of which nothing is wanted, nor copies of it.
        artist, album: only tracks of this artist, this album: a name, or whole words of it.
        collection: only tracks of any of these collections.
        year, bpm, duration: only tracks of this year, tempo, length: `1990..1999`, `..90`, `2:00..`; or one value.
        explicit: only tracks that are explicit; False for only those that are not.
        key: only tracks in this key, in any spelling: `Am`, `A minor`, `8A`.
        tag: only tracks of which the network says so: `jazz`, `jazz>=0.3`, `metal<0.1`.
    """

    max_per_artist: int | None
    exclude_known: Sequence[str] | None
    artist: str | None
    album: str | None
    collection: Sequence[str] | None
    year: str | int | None
    duration: str | int | None
    explicit: bool | None
    bpm: str | float | None
    key: str | None
    tag: Sequence[str] | None


class Options(Narrowing, total=False):
    """What is wanted of results, as `Recommender.query` takes it.

    Attributes:
        n: at most so many, 1 to 1000; 10 by default, and with `min_similarity` as many as there are, up to 1000.
        min_similarity: only tracks that are at least so similar, -1 to 1.
        diversity: 0 for the most similar, up to 1 for those most unlike each other among the best.
        shuffle: give the results in an order drawn by this number.
    """

    n: int | None
    min_similarity: float | None
    diversity: float
    shuffle: int | None


class Asked:
    """Understands what a person asks with, from what is known.

    Args:
        library: is asked for when a collection is named.
    """

    def __init__(self, heard: Hearing, library: "Callable[[], Library]", finder: SeedFinder) -> None:
        self._store = heard.store
        self._heard = heard
        self._library = library
        self._finder = finder

    def seeds(self, likes: Sequence[str], unlikes: Sequence[str], *, fetch: bool) -> Seeds:
        """What is liked and what is not; what is named twice counts once.

        Args:
            fetch: get and hear a track that is not in the store.

        Raises:
            NotFound, UsageError, TrackError: a name leads nowhere, or could mean several things, or is unfit.
        """
        liked, unliked = (
            _distinct([self._group(text, fetch=fetch) for text in several(texts)]) for texts in (likes, unlikes)
        )
        return Seeds(liked, unliked)

    def wanted(self, options: Options) -> Wanted:
        """What is wanted of results.

        Raises:
            UsageError, NotFound: a value makes no sense, or a collection is unknown.
        """
        if unknown := set(options) - set(Options.__annotations__):
            raise UsageError(
                f"a query has no option {quoted(min(unknown))}", f"it has {', '.join(Options.__annotations__)}"
            )
        return Wanted(
            n=options.get("n"),
            min_similarity=options.get("min_similarity"),
            max_per_artist=options.get("max_per_artist"),
            diversity=options.get("diversity", 0.0),
            shuffle=options.get("shuffle"),
            filters=self._filters(options),
            excluded=frozenset(self._store.collections.members(self._collections(options.get("exclude_known")))),
        )

    def _filters(self, options: Options) -> Filters:
        if all(options.get(name) is None for name in Narrowing.__annotations__):
            return Filters()
        from spotrec.query import ranges
        from spotrec.query.tag_conditions import tag_condition

        year, duration, bpm, key = (options.get(name) for name in ("year", "duration", "bpm", "key"))
        collections = self._collections(options.get("collection"))
        return Filters(
            artist=_name("--artist", options.get("artist")),
            album=_name("--album", options.get("album")),
            collections=tuple(collections) or None,
            year=None if year is None else ranges.years(str(year)),
            duration_ms=None if duration is None else ranges.durations_ms(str(duration)),
            explicit=options.get("explicit"),
            bpm=None if bpm is None else ranges.tempos(str(bpm)),
            key=None if key is None else _key(str(key)),
            tags=tuple(map(tag_condition, several(options.get("tag")))),
        )

    def _collections(self, names: Sequence[str] | None) -> list[str]:
        return [self._library().collection(name).id for name in several(names)]

    def _group(self, text: str, *, fetch: bool) -> SeedGroup:
        kind, _, name = text.strip().partition(":")
        match kind.lower():
            case SeedKind.ARTIST:
                return self._selected(SeedKind.ARTIST, Selection(artist=_name("artist:", name)), name)
            case SeedKind.ALBUM:
                return self._selected(SeedKind.ALBUM, Selection(album=_name("album:", name)), name)
            case SeedKind.COLLECTION:
                return self._listed(name)
        stored = self._store.tracks.get(_utf8(text).strip())
        if not stored and self._is_a_collection(text):
            return self._listed(text)
        seed = self._finder.heard(stored, fetch=fetch) if stored else self._finder.find(text, fetch=fetch)
        return SeedGroup(seed.track.name, SeedKind.TRACK, (seed,), frozenset({seed.track.id}))

    def _is_a_collection(self, text: str) -> bool:
        """Whether this is the link or path of no single track, or the name of a known collection and of no track."""
        from spotrec.links import (  # a stored track's id is no link
            DeezerKind,
            DeezerReference,
            FileReference,
            ShortLinkReference,
            SpotifyKind,
            SpotifyReference,
            looks_like_a_link_or_path,
            parse,
        )

        if looks_like_a_link_or_path(text):
            try:
                match parse(text):
                    case SpotifyReference(SpotifyKind.TRACK) | DeezerReference(DeezerKind.TRACK):
                        return False
                    case FileReference() | ShortLinkReference():
                        return False
            except (BadLink, NotFound):
                return False
            return True
        words = _utf8(text)
        if not words.strip() or not self._store.collections.titled(words):
            return False
        return not any(is_named(track, words) for track in self._store.tracks.find_by_words(words))

    def _listed(self, name: str) -> SeedGroup:
        known = self._library().collection(name)
        return self._group_of(
            SeedKind.COLLECTION,
            known.collection.title,
            self._heard.select(Selection(collections=(known.id,))).ids,
            self._store.collections.members([known.id]),
        )

    def _selected(self, kind: SeedKind, selection: Selection, name: str) -> SeedGroup:
        heard = self._heard.select(selection).ids
        return self._group_of(kind, name.strip(), heard, heard)

    def _group_of(self, kind: SeedKind, name: str, heard: Collection[TrackId], every: Collection[TrackId]) -> SeedGroup:
        every_one = sorted(heard)
        chosen = [every_one[i] for i in evenly(len(every_one), COUNTED_OF_A_GROUP)]
        if not chosen:
            raise NotFound(
                f"no track of the {kind} {quoted(name)} was extracted yet",
                "`spotrec tracks` lists what is known, `spotrec extract` hears it",
            )
        tracks, embeddings = self._store.tracks.get_many(chosen), self._heard.embeddings(chosen)
        seeds = [Seed(tracks[id_], embeddings[id_].vector, embeddings[id_].tags) for id_ in chosen]
        return SeedGroup(name, kind, tuple(seeds), frozenset(every))


def several(texts: Sequence[str] | None) -> Sequence[str]:
    """What may be given as one text, as several, or not at all."""
    return [texts] if isinstance(texts, str) else texts or ()


def _distinct(groups: Sequence[SeedGroup]) -> tuple[SeedGroup, ...]:
    return tuple({(group.kind, group.track_ids): group for group in reversed(groups)}.values())[::-1]


def _name(option: str, name: str | None) -> str | None:
    if name is not None and not name.strip():
        raise UsageError(f"{option} needs a name", "`spotrec tracks` lists what is known")
    return name


def _key(text: str) -> str:
    from spotrec.names.keys import normalised_key

    key = normalised_key(text)
    if key is None:
        raise UsageError(f"{quoted(text)} is no key", "write Am, F#, Bb minor, or 8A as on the Camelot wheel")
    return key


def _utf8(text: str) -> str:
    """A file's name need not be UTF-8; words must be."""
    return text.encode("utf-8", "replace").decode()
