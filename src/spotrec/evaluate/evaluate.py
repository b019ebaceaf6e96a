"""An evaluation: every labelled track is a query, in one space or in several for comparison."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import TypeVar

import numpy as np

from spotrec.errors import NotFound, UsageError
from spotrec.evaluate.intervals import Codes, Difference, Figures, Interval, Means, means
from spotrec.evaluate.labels import Labels
from spotrec.evaluate.metrics import (
    FIGURES,
    Answers,
    Candidates,
    Hubness,
    Similarity,
    ask,
    codes_of,
)
from spotrec.progress import Progress
from spotrec.vectors import FloatArray, unit

FEWEST_TRACKS = 3
_T = TypeVar("_T")
_SAME_ARTIST_COUNTS = frozenset({"artist", "album", "recording", "folder"})


@dataclass(frozen=True, slots=True)
class LabelScores:
    """How well neighbours agree with one label. `n_queries` tracks have at least one relevant neighbour to find.

    `differences`: each figure's difference from the first space, by name; None for the first space itself.
    """

    label: str
    n_queries: int
    n_values: int
    precision: Interval
    macro_precision: Interval
    mrr: Interval
    hit_rate: Interval
    ndcg: Interval
    differences: dict[str, Difference] | None = None


@dataclass(frozen=True, slots=True)
class SpaceScores:
    """Scores of one space."""

    space: str
    labels: list[LabelScores]
    hubness: Hubness


@dataclass(frozen=True, slots=True)
class Evaluation:
    """Settings of an evaluation, and its scores in each space. No two tracks share a value of `unscored` labels.

    `notes` say what was left out. `k` is the requested number of neighbours, or the number of other tracks if lower.
    """

    n_tracks: int
    k: int
    artist_filter: bool
    spaces: list[SpaceScores] = field(default_factory=list)
    unscored: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def evaluate(
    spaces: Mapping[str, Similarity],
    labels: Labels,
    *,
    k: int,
    artist_filter: bool,
    progress: Progress,
    notes: Sequence[str] = (),
) -> Evaluation:
    """Score every chosen label in every space.

    Other copies of the query's recording are ignored, except for the label `recording`.

    Args:
        spaces: name → similarity of the labelled tracks, in their order. The others are compared with the first.
        artist_filter: ignore tracks by the query's artist, except for labels that depend on the artist.
        notes: remarks on the choice of tracks and spaces.

    Raises:
        NotFound: there are fewer than three tracks.
        UsageError: `k` is below 1.
    """
    n = len(labels)
    if n < FEWEST_TRACKS:
        raise NotFound(f"{n} tracks are too few for an evaluation", "crawl and extract more, then evaluate")
    if k < 1:
        raise UsageError(f"`k` must be 1 or more, not {k}", "10 is the default")
    codes = {name: codes_of(values) for name, values in labels.values.items()}
    same = [label for label in labels.chosen if not codes[label].any()]  # each neighbour agrees with it
    chosen = [label for label in labels.chosen if label not in same]
    label_groups = _label_groups(chosen, codes, artist_filter=artist_filter)
    recommended, n_found = Candidates([codes["recording"]]), min(k, n - 1)
    answers: dict[str, Answers] = {}
    with progress.meter("evaluate", len(spaces) * n) as meter:
        for space, similarity in spaces.items():
            advance = partial(meter.advance, note=space)
            answers[space] = ask(similarity, n, label_groups, recommended, n_found, advance)
    scores = {label: _scores(label, codes[label], answers) for label in chosen}
    found = Evaluation(n, n_found, artist_filter, notes=[*labels.notes, *notes])
    if same:
        found.notes.append(f"left out, because all tracks have the same value: {', '.join(same)}")
    if n_found < k:
        found.notes.append(f"there are only {n_found} other tracks, not {k}")
    found.unscored.extend(label for label in chosen if not scores[label])
    for space, answer in answers.items():
        found.spaces.append(SpaceScores(space, [one[space] for one in scores.values() if one], answer.hubness))
    return found


def _label_groups(
    labels: Sequence[str], codes: Mapping[str, Codes], *, artist_filter: bool
) -> list[tuple[Candidates, Mapping[str, Codes]]]:
    """Group labels by the tracks that may be neighbours."""
    by_excluded: dict[tuple[str, ...], dict[str, Codes]] = {}
    for label in labels:
        excluded: tuple[str, ...] = () if label == "recording" else ("recording",)
        if artist_filter and label not in _SAME_ARTIST_COUNTS:
            excluded += ("artist",)
        by_excluded.setdefault(excluded, {})[label] = codes[label]
    return [(Candidates([codes[name] for name in excluded]), judged) for excluded, judged in by_excluded.items()]


def _scores(label: str, codes: Codes, answers: Mapping[str, Answers]) -> dict[str, LabelScores]:
    """Return a label's figures in each space, empty if no query has a relevant neighbour."""
    figures_of = {space: answer.by_label[label] for space, answer in answers.items()}
    queries = next(iter(figures_of.values())).queries
    if not queries.size:
        return {}
    figures: list[Figures] = [one.figures for one in figures_of.values()]
    found = dict(zip(figures_of, means(figures, codes[queries]), strict=True))
    n_values, first = len(np.unique(codes[queries])), next(iter(found.values()))
    return {
        space: LabelScores(
            label, queries.size, n_values, **_named(one.intervals()), differences=_gains(one, first, queries.size)
        )
        for space, one in found.items()
    }


def _gains(one: Means, first: Means, n_queries: int) -> dict[str, Difference] | None:
    return None if one is first else _named(one.differences(first, n_queries))


def _named(figures: Sequence[_T]) -> dict[str, _T]:
    return dict(zip((*FIGURES, "macro_precision"), figures, strict=True))


def random_vectors(n_tracks: int, seed: int = 0) -> FloatArray:
    """Return the chance baseline: random directions, shape (n_tracks, 16)."""
    return unit(np.random.default_rng(seed).standard_normal((n_tracks, 16)).astype(np.float32))


def standardise(vectors: FloatArray) -> FloatArray:
    """Subtract each number's mean, divide by its standard deviation, scale to unit length. Constants become 0."""
    if not len(vectors):
        return vectors
    mean, spread = vectors.mean(axis=0, dtype=np.float64), vectors.std(axis=0, dtype=np.float64)
    varies = spread > 1e-6 * np.maximum(np.abs(mean), 1e-6)  # smaller differences are rounding errors
    return unit(np.where(varies, (vectors - mean) / np.where(varies, spread, 1), 0).astype(np.float32))
