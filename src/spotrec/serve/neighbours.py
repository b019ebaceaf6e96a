"""What players ask for besides a query: paths between tracks, and artists whose tracks sound like an artist's."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Unpack

from spotrec.errors import NotFound, UsageError
from spotrec.operations.options import Narrowing
from spotrec.operations.seeds import StoredTrack
from spotrec.serve.library import Artist, artist_id
from spotrec.track import Track, TrackId
from spotrec.vectors import evenly

if TYPE_CHECKING:
    from spotrec.serve.service import Service

_SAMPLE = 50
_RESULTS = 1000
_BEST = 3
_LONGEST_PATH = 200


@dataclass(frozen=True, slots=True)
class SimilarArtist:
    """An artist, how similar they are (0 to 1), and their tracks that are most similar, best first."""

    artist: Artist
    similarity: float
    tracks: list[Track]


def similar_artists(service: "Service", artist: Artist, n: int) -> list[SimilarArtist]:
    """Return up to `n` artists, most similar first.

    The similarity is the mean over an artist's three tracks that match best; for a track that an artist does not have
    among the results, the last result's counts.
    """
    seeds = [StoredTrack(track) for track in heard_sample(service, artist.track_ids)]
    if not seeds:
        return []
    found = service.recommender.query(like=seeds, n=_RESULTS, fetch=False, paths=False).results
    artists = service.library.contents().artists
    by_artist: dict[str, list[tuple[Track, float]]] = {}
    for one in found:
        names = {artist_id(name) for name in one.track.artists}
        if artist.id not in names and one.track.artists:
            by_artist.setdefault(artist_id(one.track.artists[0]), []).append((one.track, one.similarity))
    last = found[-1].similarity if found else 0.0
    ranked = []
    for id_, tracks in by_artist.items():
        best = [similarity for _, similarity in tracks[:_BEST]]
        mean = sum(best + [last] * (_BEST - len(best))) / _BEST
        if known := artists.get(id_):
            ranked.append(SimilarArtist(known, min(max(mean, 0.0), 1.0), [track for track, _ in tracks]))
    return sorted(ranked, key=lambda one: (-one.similarity, one.artist.id))[:n]


def heard_sample(service: "Service", track_ids: Sequence[TrackId]) -> list[Track]:
    """Return an even sample of the tracks that the networks in use have heard."""
    with service.recommender.session.view() as view:
        heard = view.embeddings.select([]).ids
        known = [id_ for id_ in track_ids if id_ in heard]
        chosen = [known[i] for i in evenly(len(known), _SAMPLE)]
        tracks = view.session.store().tracks.get_many(chosen)
    return [tracks[id_] for id_ in chosen if id_ in tracks]


def path(
    service: "Service", start: Track, end: Track, n: int, *, fetch: bool, **options: Unpack[Narrowing]
) -> list[tuple[Track, float]]:
    """Return about `n` tracks from one to another, both included, each with its similarity to the first.

    There are fewer if the catalogue has not so many between them.

    Args:
        options: filters for the tracks between the ends.
    """
    if start.id == end.id:
        return [(start, 1.0)]
    n = min(max(n, 2), _LONGEST_PATH)
    while True:
        try:
            found = service.recommender.journey(
                StoredTrack(start), StoredTrack(end), n, fetch=fetch, paths=False, **options
            )
        except UsageError:  # both are the same recording
            return [(start, 1.0), (end, 1.0)]
        except NotFound:
            if n == 2:
                raise
            n = max(2, n * 3 // 4)
            continue
        return [(step.track, step.to_start) for step in found.steps]


def share(similarity: float) -> float:
    """Return a cosine as the protocol has similarity: from 0, most different, to 1, the same."""
    return round(min(max(similarity, 0.0), 1.0), 6)
