"""The story of an evaluation: every labelled track is asked with, in one space or in several side by side."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from spotrec.errors import NotFound, UsageError
from spotrec.evaluate import labels as sources
from spotrec.evaluate.metrics import (
    Candidates,
    FloatArray,
    Hubness,
    LabelScores,
    Similarity,
    codes_of,
    hubness,
    score_label,
)
from spotrec.progress import Progress
from spotrec.track import Track

_SAME_ARTIST_COUNTS = frozenset({"artist", "album", "recording", "folder"})


@dataclass(frozen=True, slots=True)
class SpaceScores:
    """How one space does."""

    space: str
    labels: list[LabelScores]
    hubness: Hubness


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What was asked, and what came of it in each space. `unscored` labels have no two tracks of one value."""

    n_tracks: int
    k: int
    artist_filter: bool
    spaces: list[SpaceScores] = field(default_factory=list)
    unscored: list[str] = field(default_factory=list)


def evaluate(
    spaces: Mapping[str, Similarity],
    tracks: Sequence[Track],
    *,
    csv: Path | None,
    wanted: Sequence[str],
    k: int,
    artist_filter: bool,
    progress: Progress,
) -> Evaluation:
    """Score every label in every space.

    Another copy of the recording that was asked with is never looked at, but where recordings are the label.

    Args:
        spaces: name → how alike `tracks` are, in their order.
        csv: a table of labels, see `labels.from_csv`.
        wanted: labels to score; none for all.
        artist_filter: tracks by the same artist are not looked at, but for labels that are about artists.

    Raises:
        NotFound: there are fewer than three tracks.
        UsageError: a wanted label is unknown, or `k` makes no sense.
    """
    if len(tracks) < 3:
        raise NotFound(f"{len(tracks)} tracks cannot be told apart", "crawl and extract more, then evaluate")
    if k < 1:
        raise UsageError(f"-k {k} makes no sense", "10 is the default")
    values = {name: [of(track) for track in tracks] for name, of in sources.KNOWN.items()}
    values |= sources.from_csv(csv, tracks) if csv else {}
    if unknown := [name for name in wanted if name not in values]:
        raise UsageError(f"there is no label “{unknown[0]}”", f"labels are {', '.join(values)}")
    chosen = {name: codes_of(values[name]) for name in wanted or values}
    recordings = codes_of(values.get("recording") or [sources.recording(track) for track in tracks])
    artists = codes_of(values["artist"])

    def candidates(label: str) -> Candidates:
        excluded = [] if label == "recording" else [recordings]
        if artist_filter and label not in _SAME_ARTIST_COUNTS:
            excluded.append(artists)
        return Candidates(excluded)

    found = Evaluation(len(tracks), k, artist_filter)
    with progress.meter("evaluate", len(spaces) * len(chosen), "labels") as meter:
        for space, similarity in spaces.items():
            scores = []
            for label, codes in chosen.items():
                if score := score_label(label, similarity, codes, candidates(label), k):
                    scores.append(score)
                elif label not in found.unscored:
                    found.unscored.append(label)
                meter.advance(1, f"{space}: {label}")
            found.spaces.append(
                SpaceScores(space, scores, hubness(similarity, len(tracks), Candidates([recordings]), k))
            )
    return found


def at_random(n_tracks: int, seed: int = 0) -> FloatArray:
    """The baseline that knows nothing: directions drawn at random, shape (n_tracks, 16)."""
    return unit(np.random.default_rng(seed).standard_normal((n_tracks, 16)).astype(np.float32))


def unit(vectors: FloatArray) -> FloatArray:
    """Each vector divided by its length; a zero stays zero."""
    length = np.linalg.norm(vectors, axis=1, keepdims=True)
    scaled: FloatArray = (vectors / np.maximum(length, np.finfo(np.float32).tiny)).astype(np.float32)
    return scaled
