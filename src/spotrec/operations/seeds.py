"""What a person names → seeds: tracks with their embeddings, fetched and extracted during the query if necessary.

A seed is a track, or all stored tracks of a collection, an artist or an album. Text is first turned into a typed seed
(`typed_seed`): a link or a path, a name after `artist:`, `album:` or `collection:`, or a bare name, which means a track
or else a stored collection. A service should accept typed seeds from outside, but never a `LocalFile`, which reads
files of this machine.
"""

import shlex
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from spotrec.audio.fingerprint import VERSION as FINGERPRINT_VERSION
from spotrec.errors import BadLink, NotFetched, NotFound, UsageError, quoted
from spotrec.operations.view import View
from spotrec.query.filters import ALBUM, ARTIST, COLLECTION, FilterContext, named
from spotrec.query.lookup import Matches, artist_in, find_matches, is_named, words_of_one_name
from spotrec.query.seed import Seed, SeedGroup, SeedKind, Seeds
from spotrec.store import Clause, Embedding, FeatureStore
from spotrec.system.files import from_home
from spotrec.track import Ears, ModelId, Track, TrackId
from spotrec.vectors import Fingerprint, evenly

if TYPE_CHECKING:
    from spotrec.crawl.open_sources import Sources
    from spotrec.extract.models import AudioModel
    from spotrec.links import DeezerReference, Reference, ShortLinkReference, SpotifyReference

TRACKS_OF_A_GROUP = 200
"""At most this many tracks of a collection, an artist or an album count: an even sample, in order of id."""

_SHORTEST_ID = 16


@dataclass(frozen=True, slots=True)
class StoredTrack:
    """A stored track."""

    track: Track


@dataclass(frozen=True, slots=True)
class Link:
    """A track on Spotify or Deezer, or a short link that leads to one."""

    reference: "SpotifyReference | DeezerReference | ShortLinkReference"


@dataclass(frozen=True, slots=True)
class LocalFile:
    """An audio file on this machine. It is stored as a seed, and not recommended."""

    path: Path


@dataclass(frozen=True, slots=True)
class Upload:
    """Uploaded audio. It is not stored.

    Attributes:
        name: its name in results and messages.
    """

    audio: bytes
    name: str = "the upload"


@dataclass(frozen=True, slots=True)
class Heard:
    """A seed that was heard before, such as an upload."""

    seed: Seed


@dataclass(frozen=True, slots=True)
class Group:
    """All stored tracks of a collection, an artist or an album, by its name."""

    kind: SeedKind
    name: str


@dataclass(frozen=True, slots=True)
class TrackList:
    """Stored tracks that count as one seed, as a collection does, by their ids."""

    name: str
    track_ids: tuple[TrackId, ...]


TypedSeed = StoredTrack | Link | LocalFile | Upload | Heard | Group | TrackList


def typed_seed(text: str, view: View) -> TypedSeed:
    """Return the seed that a text means.

    Raises:
        NotFound: no stored track has these words, or there is no file at this path.
        UsageError: several tracks have these words, or the text is neither a single track nor a stored collection.
    """
    kind, _, name = text.strip().partition(":")
    if kind.lower() in (SeedKind.ARTIST, SeedKind.ALBUM, SeedKind.COLLECTION) and not _is_file(text, view):
        return Group(SeedKind(kind.lower()), name)
    words, store = _utf8(text), view.session.store()
    if stored := with_id(store, words.strip()):
        return StoredTrack(stored)
    if _is_a_collection(text, view):
        return Group(SeedKind.COLLECTION, text)
    if not _is_place(text, view):
        matches = find_matches(store, words)
        if artist := artist_in(store, matches):
            what = f"no stored artist is called {quoted(words)}; the closest is {quoted(artist)}"
            _note_group(view, SeedKind.ARTIST, artist, what if matches.has_typo else f"{quoted(words)} is an artist")
            return Group(SeedKind.ARTIST, artist)
        if not matches.tracks or matches.has_typo:
            from spotrec.operations.library import album_called, tracks_named

            if album := album_called(store, words):
                _note_group(view, SeedKind.ALBUM, album, f"{quoted(words)} is an album")
                return Group(SeedKind.ALBUM, album)
            if not matches.tracks and _is_folder(text, view) and tracks_named(store, text, whole=False):
                return Group(SeedKind.COLLECTION, text)
        return _stored(matches, view)
    return typed_track(text, view)


def typed_track(text: str, view: View) -> StoredTrack | Link | LocalFile:
    """Return the one track that a text means. Raises the same as `typed_seed`."""
    from spotrec.operations.library import is_prefixed

    if is_prefixed(text, "collection:") and not _is_file(text, view):
        raise _not_one_track(text)
    words, store = _utf8(text), view.session.store()
    if stored := with_id(store, words.strip()):
        return StoredTrack(stored)
    from spotrec.links import (  # a stored track's id needs no parser
        DeezerKind,
        DeezerReference,
        FileReference,
        ShortLinkReference,
        SpotifyKind,
        SpotifyReference,
    )

    if not _is_place(text, view):
        matches = find_matches(store, words)
        if not matches.tracks and store.collections.titled(words):
            raise _not_one_track(text)
        return _stored(matches, view)
    match reference := _reference(text, view):
        case SpotifyReference(SpotifyKind.TRACK) | DeezerReference(DeezerKind.TRACK) | ShortLinkReference():
            return Link(reference)
        case FileReference(path):
            return LocalFile(path)
    raise _not_one_track(text)


def with_id(store: FeatureStore, id_: str) -> Track | None:
    """Return the stored track with this id or alias, or the one that a music server calls so; None if there is none.

    Some servers number their songs: a short word or number is a title, such as 1979.
    """
    if stored := store.tracks.get(id_):
        return stored
    is_word = id_.isalnum() and len(id_) < _SHORTEST_ID
    return None if is_word else store.server_items.track_of(id_)


class SeedFinder:
    """Finds seeds in the store, or adds them.

    Args:
        fetch: fetch and extract a track that is not in the store; it is stored as a seed, and not recommended.
    """

    def __init__(self, view: View, *, fetch: bool) -> None:
        self._view = view
        self._session = view.session
        self._store = view.session.store()
        self._fetch = fetch
        self._context = FilterContext(self._store, collection=str)

    def seeds(self, likes: Sequence[str | TypedSeed], unlikes: Sequence[str | TypedSeed]) -> Seeds:
        """Find the liked and unliked seeds; a seed that is named twice counts once.

        Raises:
            NotFound: a seed is not found.
            UsageError: a seed could mean several things.
            TrackError: the audio of a seed cannot be used.
        """
        with words_of_one_name(self._store, likes if self._view.allows_paths else ()):  # only a shell needs quotes
            liked = _distinct([self._group(seed) for seed in likes])
        return Seeds(liked, _distinct([self._group(seed) for seed in unlikes]))

    def track(self, seed: str | TypedSeed) -> Seed:
        """Find a seed that is one track.

        Raises:
            NotFound: there is no such track, or no preview of it.
            UsageError: it is not a single track.
            TrackError: its audio cannot be used.
        """
        match typed_track(seed, self._view) if isinstance(seed, str) else seed:
            case StoredTrack(track):
                return self._seed_of(track)
            case Link(reference):
                return self._seed_of(self._linked(reference))
            case LocalFile(path):
                return self._seed_of(self._in_file(path))
            case Upload() as upload:
                return self._uploaded(upload)
            case Heard(heard):
                return heard
            case Group(_, name) | TrackList(name):
                raise _not_one_track(name)

    def _group(self, seed: str | TypedSeed) -> SeedGroup:
        found = typed_seed(seed, self._view) if isinstance(seed, str) else seed
        if isinstance(found, TrackList):
            extracted = set(self._view.embeddings.get_many(found.track_ids))
            return self._group_of(Group(SeedKind.COLLECTION, found.name), extracted, set(found.track_ids))
        if not isinstance(found, Group):
            one = self.track(found)
            return SeedGroup(one.track.name, SeedKind.TRACK, (one,), frozenset({one.track.id}))
        with self._store.at_one_moment():
            match found.kind:
                case SeedKind.ARTIST:
                    return self._selected(found, ARTIST.clause(named(found.name, "artist:"), self._context))
                case SeedKind.ALBUM:
                    return self._selected(found, ALBUM.clause(named(found.name, "album:"), self._context))
            return self._listed(found.name)

    def _listed(self, name: str) -> SeedGroup:
        from spotrec.operations.library import CrawledFolder, collection_or_folder  # most seeds are tracks

        known = collection_or_folder(self._store, name, paths=self._view.allows_paths)
        if isinstance(known, CrawledFolder):
            below = set(known.track_ids)
            return self._group_of(Group(SeedKind.COLLECTION, name), self._view.embeddings.select([]).ids & below, below)
        extracted = self._view.embeddings.select([COLLECTION.clause(known.id, self._context)]).ids
        group = Group(SeedKind.COLLECTION, known.collection.title)
        return self._group_of(group, extracted, self._store.collections.members([known.id]))

    def _selected(self, group: Group, clause: Clause) -> SeedGroup:
        extracted = self._view.embeddings.select([clause]).ids
        if not extracted:
            from spotrec.operations.library import tracks_named

            tracks_named(self._store, f"{group.kind}:{group.name}", whole=False)  # raises if none is stored
        return self._group_of(Group(group.kind, group.name.strip()), extracted, extracted)

    def _group_of(self, group: Group, extracted: set[TrackId], every: set[TrackId]) -> SeedGroup:
        in_order = sorted(extracted)
        chosen = [in_order[i] for i in evenly(len(in_order), TRACKS_OF_A_GROUP)]
        if not chosen:
            raise NotFound(
                f"no track of the {group.kind} {quoted(group.name)} has features yet",
                "`spotrec tracks` lists the stored tracks, `spotrec extract` extracts their features",
            )
        tracks, embeddings = self._store.tracks.get_many(chosen), self._view.embeddings.get_many(chosen)
        seeds = [Seed(tracks[id_], embeddings[id_].vector, embeddings[id_].tags) for id_ in chosen]
        return SeedGroup(group.name, group.kind, tuple(seeds), frozenset(every))

    def _linked(self, reference: "SpotifyReference | DeezerReference | ShortLinkReference") -> Track:
        from spotrec.links import DeezerKind, DeezerReference, SpotifyKind, SpotifyReference

        sources = self._sources()
        match found := sources.resolve(reference):
            case SpotifyReference(SpotifyKind.TRACK) | DeezerReference(DeezerKind.TRACK):
                stored = self._store.tracks.get(found.uri)
                return stored or self._remember(found.uri, lambda: sources.look_up(found).track)
        raise _not_one_track(getattr(reference, "url", str(reference)))

    def _in_file(self, path: Path) -> Track:
        from spotrec.links import FileReference

        listed = self._sources().look_up(FileReference(path))
        if stored := self._store.tracks.get(listed.track.id):
            return stored
        if listed.file and listed.file.sound:
            with self._store.at_one_moment():
                same = self._store.tracks.get_many(self._store.files.with_sound(listed.file.sound)[:1])
            for track in same.values():  # its tags were edited since it was crawled
                return track
        return self._remember(str(path), lambda: listed.track)

    def _sources(self) -> "Sources":
        from spotrec.crawl.open_sources import Sources

        return Sources(self._view.settings, self._store, self._session.http, self._session.tag_pool)

    def _uploaded(self, upload: Upload) -> Seed:
        from pathlib import PurePath

        from spotrec.audio.file_track import file_track
        from spotrec.system.digests import sha256

        digest = sha256(upload.audio)
        track = file_track(
            PurePath(upload.name), digest, self._session.tag_pool.read_content(upload.audio, upload.name)
        )
        embeddings, fingerprint = self._heard_by(self._view.models, track.id, upload.audio, upload.name, "upload")
        joined = self._view.embeddings.join(list(embeddings.values()))
        return Seed(track, joined.vector, joined.tags, fingerprint)

    def _seed_of(self, track: Track) -> Seed:
        """Return a stored track as a seed. Raises the same as `track`."""
        embedding = self._view.embeddings.get(track.id) or self._extract(track)
        return Seed(track, embedding.vector, embedding.tags)

    def _remember(self, name: str, look_up: Callable[[], Track]) -> Track:
        """Look up a seed at its source, and store it so that it is not recommended."""
        if not self._fetch:
            raise NotFetched(f"{name} is not in the store", "crawl it, or omit `fetch=False`")
        found = look_up()
        self._need_weights(self._store.tracks.id_of(found))
        added = self._store.tracks.get(self._store.tracks.add_seed(found))
        assert added is not None
        return replace(added, preview_url=found.preview_url)

    def _extract(self, track: Track) -> Embedding:
        """Extract a track's features with the models that have none yet, and store them."""
        if not self._fetch:
            raise NotFetched(f"{track.name} has no features yet", "run `spotrec extract`, or omit `fetch=False`")
        self._need_weights(track.id)
        audio, provider = self._audio(track)
        known = self._stored(track.id)
        lacking = [model for model in self._view.models if model.id not in known]
        if lacking:
            heard, fingerprint = self._heard_by(lacking, track.id, audio, track.name, provider)
            if fingerprint is not None:
                self._store.fingerprints.save({track.id: fingerprint}, FINGERPRINT_VERSION)
            self._store.embeddings.save_together({model: [embedding] for model, embedding in heard.items()})
            known |= heard
        return self._view.embeddings.join([known[model] for model in self._view.ears.models])

    def _heard_by(
        self, models: "Sequence[AudioModel]", track_id: TrackId, audio: bytes, name: str, provider: str
    ) -> tuple[dict[ModelId, Embedding], Fingerprint | None]:
        """Return what some models give for audio, in their order, and its fingerprint."""
        from spotrec.system.digests import sha256

        ears, digest = Ears.of(*(model.id for model in models)), sha256(audio)
        with self._session.executors.of(models, self._view.progress) as executor:
            heard = executor.hear_content(audio, name, ears, self._view.excerpts.n)
        embeddings = {
            model: Embedding(track_id, one.vector, one.tags, provider, digest, one.excerpts, one.has_more)
            for model, one in heard.by_model.items()
        }
        return embeddings, heard.fingerprint

    def _stored(self, track_id: TrackId) -> dict[ModelId, Embedding]:
        """Return the stored embeddings of a track by the models in use."""
        found = ((model, self._store.embeddings.get(track_id, model)) for model in self._view.ears.models)
        return {model: embedding for model, embedding in found if embedding}

    def _need_weights(self, track_id: TrackId) -> None:
        """Load the weights of each model that has no features of this track, before anything is stored."""
        known = self._stored(track_id)
        for model in self._view.models:
            if model.id not in known:
                self._session.networks.weights(model, self._view.progress)

    def _audio(self, track: Track) -> tuple[bytes, str]:
        """Return a track's audio and its provider: stored audio, the user's own file, or a preview."""
        from spotrec.audio.files import load_audio, read_file

        max_bytes = self._session.max_audio_bytes
        if stored := self._store.audio.get(track.id):
            return load_audio(stored, self._session.caches, max_bytes), stored.provider
        if track.path:
            return read_file(Path(track.path), max_bytes), "file"
        chain = self._session.chain
        result = chain.fetch(track, answered={})
        for outcome in result.outcomes:
            self._store.previews.record(track.id, outcome)
        if result.fetched:
            return result.fetched.audio, result.fetched.preview.provider
        if result.waiting_for:
            raise result.waiting_for
        answers = {outcome.provider: outcome.reason for outcome in result.outcomes}
        why = "; ".join(f"{name}: {reason}" for name, reason in (answers or chain.why_not_asked(track)).items())
        raise NotFound(f"no preview of {track.name} is available ({why})", "give an audio file of it instead")


def _is_a_collection(text: str, view: View) -> bool:
    """Return whether this is a link or path of more than one track, or the name of a stored collection and no track."""
    from spotrec.links import (
        DeezerKind,
        DeezerReference,
        FileReference,
        ShortLinkReference,
        SpotifyKind,
        SpotifyReference,
    )

    if _is_place(text, view):
        try:
            match _reference(text, view):
                case SpotifyReference(SpotifyKind.TRACK) | DeezerReference(DeezerKind.TRACK):
                    return False
                case FileReference() | ShortLinkReference():
                    return False
        except (BadLink, NotFound):
            return False
        return True
    words, store = _utf8(text), view.session.store()
    if not words.strip() or not store.collections.titled(words):
        return False
    return not any(is_named(track, words) for track in store.tracks.find_by_words(words))


def _distinct(groups: Sequence[SeedGroup]) -> tuple[SeedGroup, ...]:
    return tuple({(group.kind, group.track_ids): group for group in reversed(groups)}.values())[::-1]


def _not_one_track(text: str) -> UsageError:
    return UsageError(
        f"{quoted(text)} is not a single track",
        "a journey begins and ends with one track; a query also takes stored collections, artists and albums as seeds",
    )


def _note_group(view: View, kind: SeedKind, name: str, what: str) -> None:
    by = "by" if kind is SeedKind.ARTIST else "on"
    view.note(f"{what}: the seed is all stored tracks {by} {name}, as with {shlex.quote(f'{kind}:{name}')}")


def _stored(matches: Matches, view: View) -> StoredTrack:
    track = matches.only()
    if matches.has_typo:
        view.note(f"no stored track has {quoted(matches.words)} in its name; the closest is {quoted(track.name)}")
    return StoredTrack(track)


def _is_place(text: str, view: View) -> bool:
    """Return whether text is a link or a path, not words."""
    from spotrec.links import looks_like_a_link_or_path, parse_link

    if not view.allows_paths:
        return "://" in text or parse_link(text) is not None
    return looks_like_a_link_or_path(text) or _is_file(text, view) or ("/" in text and _is_folder(text, view))


def _reference(text: str, view: View) -> "Reference":
    """Return what a link or a path refers to.

    Raises:
        BadLink, NotFound: it refers to nothing that spotrec knows, or to a path although the view allows none.
    """
    from spotrec.links import parse, parse_link

    if view.allows_paths:
        return parse(text)
    if (link := parse_link(text)) is None:
        raise BadLink(f"{quoted(text)} is not a link to a site that spotrec knows")
    return link


def _is_file(text: str, view: View) -> bool:
    try:
        return view.allows_paths and (Path(text).is_file() or from_home(text).is_file())
    except (OSError, ValueError):  # some texts are not valid paths
        return False


def _is_folder(text: str, view: View) -> bool:
    try:
        return view.allows_paths and Path(text).is_dir()
    except (OSError, ValueError):
        return False


def _utf8(text: str) -> str:
    """Return text that SQLite accepts: the name of a file need not be UTF-8."""
    return text.encode("utf-8", "replace").decode()
