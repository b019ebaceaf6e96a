"""Artists whose tracks sound like an artist's, by the distribution of their tracks, not by its mean.

An artist is all their tracks as points of the searched space. Each point is first drawn towards the artist's other
points near it (one step of mean shift, Fukunaga and Hostetler 1975), so that what differs by chance within one of the
artist's sounds counts less, and several sounds stay several. Then each point of one artist is compared with the nearest
of the other, both ways (the Chamfer similarity): somebody who plays ballads and punk is similar to who plays both, and
less to who plays either. docs/quality.md has the figures beside the mean and other ways.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from spotrec.query.neighbourhood import Neighbourhood
from spotrec.track import TrackId, track_ids
from spotrec.vectors import FloatArray, Positions, evenly

TRACKS_OF_AN_ARTIST = 50
"""At most this many tracks of an artist count: an even sample, in order of id."""
SOFTNESS = 0.5
"""How far a track is drawn towards its artist's others, in cosines: 0 not at all; with much, all to their mean."""
_SHORTLIST = 500
"""So many artists are compared in full: the nearest by their tracks as they are."""


@dataclass(frozen=True, slots=True)
class Likeness:
    """An artist by key, how similar they are (-1 to 1), and the tracks that count, nearest to the other's first."""

    artist: str
    similarity: float
    track_ids: list[TrackId]


def similar_artists(
    within: Neighbourhood, artist: str, tracks_by: Mapping[str, Sequence[TrackId]], n: int
) -> list[Likeness]:
    """Return up to `n` artists, most similar first; equal ones in order of key.

    Args:
        artist: a key of `tracks_by`.
        tracks_by: the tracks of all artists. Tracks that are also by `artist` do not count for others.
    """
    own = set(tracks_by[artist])
    points = _points(within, {artist: tracks_by[artist]}).get(artist)
    if points is None:
        return []
    towards = shifted(points.vectors)
    others = {key: ids for key, ids in tracks_by.items() if key != artist}
    near = _shortlist(within, towards, others, own)
    sets = _points(within, {key: [id_ for id_ in others[key] if id_ not in own] for key in near})
    found = []
    for key, of in sets.items():
        cosines = of.vectors @ points.vectors.T
        order = np.argsort(-cosines.max(axis=1), kind="stable")
        found.append(Likeness(key, chamfer(towards, shifted(of.vectors)), [of.ids[i] for i in order]))
    return sorted(found, key=lambda one: (-one.similarity, one.artist))[:n]


def shifted(points: FloatArray, softness: float = SOFTNESS) -> FloatArray:
    """Return an artist's points, shape (n, dim), unit length, each drawn towards the others near it."""
    weights = np.exp((points @ points.T - 1) / np.float32(softness))
    drawn: FloatArray = weights @ points
    lengths = np.linalg.norm(drawn, axis=1, keepdims=True)
    return np.where(lengths > 0, drawn / np.maximum(lengths, 1e-12), points)


def chamfer(one: FloatArray, other: FloatArray) -> float:
    """Return the mean cosine of each point of one set with the nearest of the other, both ways, -1 to 1."""
    cosines = one @ other.T
    both = (cosines.max(axis=1).mean(), cosines.max(axis=0).mean())
    return min(max(round(float(sum(both)) / 2, 6), -1.0), 1.0)


@dataclass(frozen=True, slots=True)
class _Points:
    """The tracks of an artist that count, and their points, shape (n, dim)."""

    ids: list[TrackId]
    vectors: FloatArray


def _points(within: Neighbourhood, tracks_by: Mapping[str, Sequence[TrackId]]) -> dict[str, _Points]:
    """Return the points of artists; artists without tracks that were heard are omitted."""
    every = within.among({id_ for ids in tracks_by.values() for id_ in ids})
    parts = [(block.ids, block.vectors) for block in every.blocks() if len(block.ids)]
    if not parts:
        return {}
    ids = np.concatenate([part for part, _ in parts])
    vectors = np.concatenate([np.asarray(part, np.float32) for _, part in parts])
    rows = {id_: row for row, id_ in enumerate(track_ids(ids.tolist()))}
    found = {}
    for key, wanted in tracks_by.items():
        heard = sorted(id_ for id_ in set(wanted) if id_ in rows)
        chosen = [heard[i] for i in evenly(len(heard), TRACKS_OF_AN_ARTIST)]
        if chosen:
            found[key] = _Points(chosen, vectors[[rows[id_] for id_ in chosen]])
    return found


def _shortlist(
    within: Neighbourhood, towards: FloatArray, tracks_by: Mapping[str, Sequence[TrackId]], own: set[TrackId]
) -> list[str]:
    """Return the artists whose tracks, as they are, are nearest to these points, shape (m, dim)."""
    keys = list(tracks_by)
    if len(keys) <= _SHORTLIST:
        return keys
    credited = _Credits(tracks_by, own)
    best = np.full((len(keys), len(towards)), -1, np.float32)
    total, count = np.zeros(len(keys)), np.zeros(len(keys))
    for block in within.blocks():
        for rows, artists in credited.of(block.ids):
            cosines = block.vectors[rows] @ towards.T
            first = np.flatnonzero(np.r_[True, artists[1:] != artists[:-1]])
            them = artists[first]
            best[them] = np.maximum(best[them], np.maximum.reduceat(cosines, first, axis=0))
            total[them] += np.add.reduceat(cosines.max(axis=1), first)
            count[them] += np.diff(np.r_[first, len(artists)])
    score = np.where(count > 0, best.mean(axis=1) + total / np.maximum(count, 1), -np.inf)
    return [keys[i] for i in np.argsort(-score, kind="stable")[:_SHORTLIST] if count[i]]


class _Credits:
    """Which artists a track is by."""

    def __init__(self, tracks_by: Mapping[str, Sequence[TrackId]], own: set[TrackId]) -> None:
        pairs = [(id_.encode(), i) for i, ids in enumerate(tracks_by.values()) for id_ in ids if id_ not in own]
        ids = np.array([id_ for id_, _ in pairs] or [b""])
        artists = np.array([artist for _, artist in pairs] or [0], np.int64)
        order = np.argsort(ids, kind="stable")
        self._ids, self._artists = ids[order], artists[order]

    def of(self, ids: npt.NDArray[np.bytes_]) -> Iterator[tuple[Positions, Positions]]:
        """Yield rows of `ids` with the artist of each, by artist; a row comes again for each of its artists."""
        low, high = (np.searchsorted(self._ids, ids, side=side) for side in ("left", "right"))
        n = (high - low).astype(np.int64)
        rows = np.repeat(np.arange(len(ids)), n)
        if not len(rows):
            return
        within = np.arange(len(rows)) - np.repeat(np.cumsum(n) - n, n)
        artists = self._artists[np.repeat(low, n) + within]
        order = np.argsort(artists, kind="stable")
        yield rows[order], artists[order]
