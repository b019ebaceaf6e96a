"""The story of a query: what sounds like this, without the seed itself and without copies of it.

A recording is recommended once: neighbours with one ISRC, one artist and title, or one audio are one recording.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from spotrec.errors import NotFound, UsageError, quoted
from spotrec.store import FeatureStore
from spotrec.titles import normalised, recording_key
from spotrec.track import ModelId, Track, TrackId

FloatArray = npt.NDArray[np.float32]

MAX_RESULTS = 1_000
SHARED_TAGS = 3
SHARED_TAG_AT_LEAST = 0.05
"""A tag that either track has with less than this probability is not worth telling."""
_CANDIDATES_SHOWN = 5


class NearbyTrack(Protocol):
    """A track and the cosine of its sound with the seed's."""

    @property
    def track_id(self) -> TrackId: ...

    @property
    def similarity(self) -> float: ...


class Neighbourhood(Protocol):
    """A catalogue that can be searched by sound."""

    @property
    def tag_means(self) -> FloatArray:
        """How probable each tag is over the catalogue, shape (n_tags,)."""

    def __len__(self) -> int: ...

    def place(self, embeddings: FloatArray) -> FloatArray:
        """Bring embeddings, shape (n, dim), to where they are searched: unit length."""

    def nearest(self, point: FloatArray, n: int) -> Sequence[NearbyTrack]:
        """The `n` tracks nearest to a placed point, shape (dim,), best first."""


@dataclass(frozen=True, slots=True)
class Seed:
    """A track to find the like of. `vector` (dim,), `tags` (n_tags,): as the network gave them."""

    track: Track
    vector: FloatArray
    tags: FloatArray


@dataclass(frozen=True, slots=True)
class Recommendation:
    """One result. `tags`: what it shares with the seed, strongest first."""

    rank: int
    track: Track
    similarity: float
    tags: tuple[str, ...]


def recommend(
    store: FeatureStore,
    neighbourhood: Neighbourhood,
    model: ModelId,
    tag_names: tuple[str, ...],
    seed: Seed,
    n: int,
    *,
    max_per_artist: int | None = None,
) -> list[Recommendation]:
    """The `n` recordings that sound most like the seed, best first; fewer where the catalogue has no more.

    Args:
        max_per_artist: at most so many by one artist (the first that a track names).

    Raises:
        UsageError: `n` is not from 1 to 1000, or `max_per_artist` is less than 1.
    """
    if not 1 <= n <= MAX_RESULTS:
        raise UsageError(f"-n {n} makes no sense", f"ask for 1 to {MAX_RESULTS} tracks")
    if max_per_artist is not None and max_per_artist < 1:
        raise UsageError(f"--max-per-artist {max_per_artist} makes no sense", "1 is the least")
    seed_copies = store.copies_of(seed.track)
    (point,) = neighbourhood.place(seed.vector[None, :])
    wanted = n + len(seed_copies) + 10
    while True:
        near = neighbourhood.nearest(point, min(wanted, len(neighbourhood)))
        # what was removed since the index was built is not recommended, nor what was asked about since as a seed only
        known = store.known([hit.track_id for hit in near])
        chosen = _distinct(near, store.tracks(known), seed_copies, store)
        if max_per_artist:
            chosen = _of_several_artists(chosen, max_per_artist)
        if len(chosen) >= n or wanted >= len(neighbourhood):
            break
        wanted *= 4
    tags = store.tags([track.id for track, _ in chosen[:n]], model)
    return [
        Recommendation(rank, track, similarity, _shared(seed, tags.get(track.id), neighbourhood, tag_names))
        for rank, (track, similarity) in enumerate(chosen[:n], 1)
    ]


def find_stored_seed(store: FeatureStore, words: str) -> Track:
    """The one stored track whose title and artists hold all of `words`.

    Raises:
        NotFound: none does.
        UsageError: several do, and the hint names some; or there are no words.
    """
    if not words.strip():
        raise UsageError("there is nothing to look for", "give a link, a file, or words of a title or artist")
    found = store.find_by_words(words)
    exact = [track for track in found if _is_named(track, words)]
    distinct = {recording_key(t.title, t.artists) or t.id: t for t in reversed(exact or found)}
    if not distinct:
        raise NotFound(
            f"no stored track has {quoted(words)} in its title or artist",
            "crawl it first, or give a link or a file",
        )
    if len(distinct) > 1:
        shown = list(distinct.values())[::-1][:_CANDIDATES_SHOWN]
        lines = "".join(f"\n  {track.id}  {track.name}" for track in shown)
        more = f"\n  … and {len(distinct) - len(shown)} more" if len(distinct) > len(shown) else ""
        raise UsageError(
            f"{quoted(words)} matches {len(distinct)} tracks", f"say more, or give one of these ids:{lines}{more}"
        )
    return next(iter(distinct.values()))


def shared_tags(a: FloatArray, b: FloatArray, means: FloatArray) -> list[int]:
    """The tags that two tracks share more than any two tracks do, the most telling first.

    A tag counts by the weaker of the two probabilities over its mean in the catalogue: “rock” says little where all
    is rock. Both must reach the mean.

    Args:
        a, b, means: each shape (n_tags,).

    Returns:
        positions of at most three tags.
    """
    both = np.minimum(a, b)
    lift = both / np.maximum(means, np.finfo(np.float32).tiny)
    telling = [int(i) for i in np.argsort(-lift, kind="stable") if lift[i] >= 1 and both[i] >= SHARED_TAG_AT_LEAST]
    return telling[:SHARED_TAGS]


def _shared(seed: Seed, tags: FloatArray | None, within: Neighbourhood, names: tuple[str, ...]) -> tuple[str, ...]:
    return () if tags is None else tuple(names[i] for i in shared_tags(seed.tags, tags, within.tag_means))


def _distinct(
    near: Sequence[NearbyTrack], tracks: dict[TrackId, Track], excluded: set[TrackId], store: FeatureStore
) -> list[tuple[Track, float]]:
    """Each recording once, the nearest of its copies; none of those excluded."""
    seen = set(excluded)
    chosen = []
    for hit in near:
        track = tracks.get(hit.track_id)  # None: removed since the index was built
        if track is not None and track.id not in seen:
            seen |= store.copies_of(track)
            chosen.append((track, hit.similarity))
    return chosen


def _of_several_artists(chosen: list[tuple[Track, float]], most: int) -> list[tuple[Track, float]]:
    taken: Counter[str] = Counter()
    kept = []
    for track, similarity in chosen:
        artist = normalised(track.artists[0]) if track.artists else track.id
        taken[artist] += 1
        if taken[artist] <= most:
            kept.append((track, similarity))
    return kept


def _is_named(track: Track, words: str) -> bool:
    wanted = normalised(words)
    return wanted in (
        normalised(track.title),
        normalised(track.name),
        normalised(f"{track.title} {' '.join(track.artists)}"),
    )
