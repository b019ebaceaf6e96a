"""The story of an evaluation: every labelled track is asked with, in one space or in several side by side."""

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
    """How well neighbours agree with one label. `n_queries` tracks have company that they could find.

    `differences` are those to the first space, of each figure by its name; None for the first itself.
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
    """How one space does."""

    space: str
    labels: list[LabelScores]
    hubness: Hubness


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What was asked, and what came of it in each space. `unscored` labels have no two tracks of one value.

    `notes` say what was left out. `k` is what was asked for, or as many other tracks as there are.
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

    Another copy of the recording that was asked with is never looked at, but where recordings are the label.

    Args:
        spaces: name → how alike the labelled tracks are, in their order. The others are compared with the first.
        artist_filter: tracks by the same artist are not looked at, but for labels that are about artists.
        notes: what there is to say about the choice of tracks and spaces.

    Raises:
        NotFound: there are fewer than three tracks.
        UsageError: `k` makes no sense.
    """
    n = len(labels)
    if n < FEWEST_TRACKS:
        raise NotFound(f"{n} tracks cannot be told apart", "crawl and extract more, then evaluate")
    if k < 1:
        raise UsageError(f"`k` {k} makes no sense", "10 is the default")
    codes = {name: codes_of(values) for name, values in labels.values.items()}
    asked = _questions(labels.chosen, codes, artist_filter=artist_filter)
    recommended, n_found = Candidates([codes["recording"]]), min(k, n - 1)
    answers: dict[str, Answers] = {}
    with progress.meter("evaluate", len(spaces) * n) as meter:
        for space, similarity in spaces.items():
            advance = partial(meter.advance, note=space)
            answers[space] = ask(similarity, n, asked, recommended, n_found, advance)
    scores = {label: _scores(label, codes[label], answers) for label in labels.chosen}
    found = Evaluation(n, n_found, artist_filter, notes=[*notes])
    if n_found < k:
        found.notes.append(f"there are {n_found} others to find, not {k}")
    found.unscored.extend(label for label in labels.chosen if not scores[label])
    for space, answer in answers.items():
        found.spaces.append(SpaceScores(space, [one[space] for one in scores.values() if one], answer.hubness))
    return found


def _questions(
    labels: Sequence[str], codes: Mapping[str, Codes], *, artist_filter: bool
) -> list[tuple[Candidates, Mapping[str, Codes]]]:
    """Labels with what may be a neighbour when they are judged, those with the same together."""
    by_excluded: dict[tuple[str, ...], dict[str, Codes]] = {}
    for label in labels:
        excluded: tuple[str, ...] = () if label == "recording" else ("recording",)
        if artist_filter and label not in _SAME_ARTIST_COUNTS:
            excluded += ("artist",)
        by_excluded.setdefault(excluded, {})[label] = codes[label]
    return [(Candidates([codes[name] for name in excluded]), judged) for excluded, judged in by_excluded.items()]


def _scores(label: str, codes: Codes, answers: Mapping[str, Answers]) -> dict[str, LabelScores]:
    """A label's figures in each space; nothing where no track has company."""
    asked = {space: answer.by_label[label] for space, answer in answers.items()}
    queries = next(iter(asked.values())).queries
    if not queries.size:
        return {}
    figures: list[Figures] = [one.figures for one in asked.values()]
    found = dict(zip(asked, means(figures, codes[queries]), strict=True))
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


def at_random(n_tracks: int, seed: int = 0) -> FloatArray:
    """The baseline that knows nothing: directions drawn at random, shape (n_tracks, 16)."""
    return unit(np.random.default_rng(seed).standard_normal((n_tracks, 16)).astype(np.float32))


def standardised(vectors: FloatArray) -> FloatArray:
    """Each number less its mean, over its standard deviation; unit length. What never varies says nothing: 0."""
    if not len(vectors):
        return vectors
    mean, spread = vectors.mean(axis=0, dtype=np.float64), vectors.std(axis=0, dtype=np.float64)
    varies = spread > 1e-6 * np.maximum(np.abs(mean), 1e-6)  # else it is rounding
    return unit(np.where(varies, (vectors - mean) / np.where(varies, spread, 1), 0).astype(np.float32))
