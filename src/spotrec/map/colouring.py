"""The group of each track, which sets its colour: its most characteristic tag, its collection, artist or genre."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np

from spotrec.errors import UsageError, quoted
from spotrec.names.titles import normalised
from spotrec.track import Track, TrackId
from spotrec.vectors import FloatArray, Positions

Colour = Literal["tag", "collection", "artist", "genre"]
COLOURS: tuple[Colour, ...] = get_args(Colour)

MOST_GROUPS = 8
TELLING_AT_LEAST = 0.05
"""Tags with a smaller probability are ignored, as for the shared tags of a query."""


@dataclass(frozen=True, slots=True)
class Groups:
    """The groups of the tracks.

    Attributes:
        by: what the groups are.
        names: largest group first; the last one stands for all other tracks.
        of_track: shape (n_tracks,): each track's group.
    """

    by: Colour
    names: tuple[str, ...]
    of_track: Positions


def check_colour(wanted: str) -> Colour:
    """Return `wanted` if a map can be coloured by it.

    Raises:
        UsageError: it cannot.
    """
    for known in COLOURS:
        if wanted == known:
            return known
    raise UsageError(f"a map cannot be coloured by {quoted(wanted)}", f"choose one of {', '.join(COLOURS)}")


def lift(tags: FloatArray, means: FloatArray) -> FloatArray:
    """Return how much more probable each tag is than in the whole catalogue.

    It is 0 for a tag that is improbable, or less probable than the catalogue's mean.

    Args:
        tags: shape (n, n_tags).
        means: shape (n_tags,), over the catalogue.
    """
    lifts = tags / np.maximum(means, np.finfo(np.float32).tiny)
    telling: FloatArray = np.where((lifts >= 1) & (tags >= TELLING_AT_LEAST), lifts, 0).astype(np.float32)
    return telling


def by_tag(lifts: FloatArray, tag_names: Sequence[str]) -> Groups:
    """Group tracks by their most characteristic tags; the most frequent of these tags become groups."""
    has_any = lifts.max(axis=1, initial=0) > 0
    strongest = lifts.argmax(axis=1)[has_any] if lifts.size else np.zeros(0, np.int64)
    counts = np.bincount(strongest, minlength=lifts.shape[1])
    chosen = [int(tag) for tag in np.argsort(-counts, kind="stable")[:MOST_GROUPS] if counts[tag]]
    among = lifts[:, chosen]
    has_one = among.max(axis=1, initial=0) > 0
    nearest = among.argmax(axis=1) if chosen else np.zeros(len(lifts), np.int64)
    sizes = np.bincount(nearest[has_one], minlength=len(chosen))
    order = np.argsort(-sizes, kind="stable")
    of_track = np.where(has_one, np.argsort(order)[nearest] if chosen else 0, len(chosen))
    return Groups("tag", (*(tag_names[chosen[i]] for i in order), "other"), of_track.astype(np.int64))


def by_name(by: Colour, tracks: Sequence[Track], collections: Mapping[TrackId, str]) -> Groups:
    """Group tracks by artist, genre or collection; the largest groups are kept."""
    written = [_name(by, track, collections) for track in tracks]
    keys = [normalised(name) or name for name in written]
    counts = Counter(key for key in keys if key)
    largest = sorted(counts, key=lambda key: (-counts[key], key))[:MOST_GROUPS]
    number = {key: i for i, key in enumerate(largest)}
    spelled = dict(sorted(zip(keys, written, strict=True), reverse=True))
    of_track = np.array([number.get(key, len(largest)) for key in keys], np.int64)
    return Groups(by, (*(spelled[key] for key in largest), "other"), of_track)


def _name(by: Colour, track: Track, collections: Mapping[TrackId, str]) -> str:
    match by:
        case "artist":
            return track.artists[0] if track.artists else ""
        case "genre":
            return track.genre or ""
        case _:
            return collections.get(track.id, "")
