"""What players ask for besides a query: journeys between tracks, and artists whose tracks sound like an artist's."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Unpack

from spotrec.errors import NotFound, UsageError
from spotrec.names.artists import artist_keys
from spotrec.operations.options import Narrowing
from spotrec.operations.seeds import StoredTrack
from spotrec.serve.library import Artist
from spotrec.track import Track, TrackId
from spotrec.vectors import evenly

if TYPE_CHECKING:
    from spotrec.serve.service import Service

_SAMPLE = 50
_LONGEST = 200


@dataclass(frozen=True, slots=True)
class SimilarArtist:
    """An artist, how similar they are (0 to 1), and their tracks that are most similar, best first."""

    artist: Artist
    similarity: float
    tracks: Sequence[Track]


def similar_artists(service: "Service", artist: Artist, n: int) -> list[SimilarArtist]:
    """Return up to `n` artists, most similar first; see `Recommender.similar_artists`. None without heard tracks."""
    if not artist_keys(artist.name):
        return []
    try:
        found = service.recommender.similar_artists(artist.name, n).results
    except NotFound:  # nothing of the artist was heard
        return []
    contents = service.library.contents()
    return [
        SimilarArtist(known, similarity_of(one.similarity), one.tracks)
        for one in found
        if (known := contents.artist_called(one.name))
    ]


def heard_sample(service: "Service", track_ids: Sequence[TrackId]) -> list[Track]:
    """Return an even sample of the tracks that the networks in use have heard."""
    with service.recommender.session.view() as view:
        heard = view.embeddings.select([]).ids
        known = [id_ for id_ in track_ids if id_ in heard]
        chosen = [known[i] for i in evenly(len(known), _SAMPLE)]
        tracks = view.session.store().tracks.get_many(chosen)
    return [tracks[id_] for id_ in chosen if id_ in tracks]


def journey(
    service: "Service", start: Track, end: Track, n: int, *, fetch: bool, **options: Unpack[Narrowing]
) -> list[tuple[Track, float]]:
    """Return about `n` tracks from one to another, both included, each with its similarity to the first.

    There are fewer if the catalogue has not so many between them.

    Args:
        options: filters for the tracks between the ends.
    """
    if start.id == end.id:
        return [(start, 1.0)]
    n = min(max(n, 2), _LONGEST)
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


def similarity_of(cosine: float) -> float:
    """Return a cosine as the protocol has similarity: from 0, most different, to 1, the same."""
    return round(min(max(cosine, 0.0), 1.0), 6)
