"""Similar artists: whose tracks sound like an artist's."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from spotrec.errors import NotFound, SeveralMatch, UsageError, quoted
from spotrec.names.artists import artist_keys, artists_in
from spotrec.operations.session import Session
from spotrec.progress import Progress
from spotrec.query import similar_artists as query
from spotrec.query.filters import named
from spotrec.store import FeatureStore
from spotrec.track import Track, TrackId

MAX_ARTISTS = 1_000


@dataclass(frozen=True, slots=True)
class SimilarArtist:
    """An artist whose tracks sound like another's.

    Attributes:
        rank: 1 for the most similar.
        name: as most of their tracks spell it.
        similarity: of the artist's tracks with the other's, -1 to 1.
        n_tracks: how many stored tracks are by them.
        tracks: their tracks that were compared, the nearest to the other's first.
    """

    rank: int
    name: str
    similarity: float
    n_tracks: int
    tracks: tuple[Track, ...]


@dataclass(frozen=True, slots=True)
class SimilarArtists:
    """The artists that are similar to `artist`, most similar first. `n_tracks`: how many stored tracks are by them."""

    artist: str
    n_tracks: int
    results: list[SimilarArtist]
    model: str
    index: str


def similar_artists(session: Session, name: str, n: int, *, progress: Progress | None) -> SimilarArtists:
    """See `Recommender.similar_artists`."""
    if not 1 <= n <= MAX_ARTISTS:
        raise UsageError(f"`n` must be 1 to {MAX_ARTISTS}, not {n}", "10 is the default")
    with session.view(progress) as view:
        view.check_index()
        store = view.session.store()
        with store.at_one_moment(), view.progress.meter("compare artists", unit=""):
            credited = _Credits(store)
            key = _key_of(credited, store, name)
            index = view.index()
            if not len(index.among(credited.tracks_by[key])):
                raise NotFound(
                    f"no track by {quoted(credited.name(key))} has features yet", "`spotrec extract` extracts features"
                )
            found = query.similar_artists(index, key, _without_banned(store, credited.tracks_by, key), n)
            tracks = store.tracks.get_many([id_ for one in found for id_ in one.track_ids])
        return SimilarArtists(
            credited.name(key),
            len(credited.tracks_by[key]),
            [_artist(rank, one, credited, tracks) for rank, one in enumerate(found, 1)],
            view.embeddings.name,
            index.name,
        )


class _Credits:
    """The artists of the catalogue by key, with their tracks and spellings."""

    def __init__(self, store: FeatureStore) -> None:
        tracks_by: defaultdict[str, dict[TrackId, None]] = defaultdict(dict)
        self._spellings: defaultdict[str, Counter[str]] = defaultdict(Counter)
        for names, ids in store.selection.credits():
            for name in names:
                for key, spelling in artists_in(name).items():
                    tracks_by[key].update(dict.fromkeys(ids))
                    self._spellings[key][spelling] += len(ids)
        self.tracks_by: Mapping[str, Sequence[TrackId]] = {key: list(ids) for key, ids in tracks_by.items()}

    def name(self, key: str) -> str:
        """Return the most frequent spelling of an artist."""
        return min(self._spellings[key].items(), key=lambda one: (-one[1], one[0]))[0]


def _without_banned(
    store: FeatureStore, tracks_by: Mapping[str, Sequence[TrackId]], asked: str
) -> Mapping[str, Sequence[TrackId]]:
    """Return the tracks of all artists without banned ones, but for those of the artist who was asked for."""
    ids = {id_ for tracks in tracks_by.values() for id_ in tracks}
    banned = ids - store.candidates.not_banned(ids)
    if not banned:
        return tracks_by
    allowed = {key: [id_ for id_ in tracks if id_ not in banned] for key, tracks in tracks_by.items()}
    return {key: tracks for key, tracks in allowed.items() if tracks} | {asked: tracks_by[asked]}


def _artist(rank: int, one: query.Likeness, credited: _Credits, tracks: Mapping[TrackId, Track]) -> SimilarArtist:
    return SimilarArtist(
        rank,
        credited.name(one.artist),
        one.similarity,
        len(credited.tracks_by[one.artist]),
        tuple(tracks[id_] for id_ in one.track_ids if id_ in tracks),
    )


def _key_of(credited: _Credits, store: FeatureStore, name: str) -> str:
    """Return the key of the one artist with this whole name in any spelling, or else with it as whole words.

    Raises:
        UsageError: the name is empty, or several artists have these words in their names.
        NotFound: there is no such artist; the hint names similar ones.
    """
    words = named(name.strip().removeprefix("artist:"), "an artist")
    if whole := [key for key in artist_keys(words) if key in credited.tracks_by]:
        return whole[0]
    longer = {
        key: one for one in store.selection.artists(words) for key in artist_keys(one) if key in credited.tracks_by
    }
    if len(longer) > 1:
        raise SeveralMatch(
            f"{quoted(words)} is part of the names of {len(longer)} artists",
            name,
            [(credited.name(key), credited.name(key)) for key in longer],
            "give the whole name, ",
        )
    if longer:
        return next(iter(longer))
    from spotrec.operations.library import similar_names

    raise NotFound(f"no stored track is by {quoted(words)}", similar_names(store, "artist", words))
