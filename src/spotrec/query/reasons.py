"""For each result, why: the seed that it is nearest to, what brings the two together, and how it fits the mood."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from spotrec.query.explanation import (
    Explanation,
    contributions,
    in_words,
    layer_shares,
    mood_in_words,
    telling_difference,
)
from spotrec.query.mood_score import MoodScore
from spotrec.query.neighbourhood import Neighbourhood
from spotrec.query.query import Recommendation
from spotrec.query.seed import Seed, Seeds
from spotrec.query.shared_tags import shared_tags
from spotrec.store import Embedding, Hearing
from spotrec.vectors import FloatArray


@dataclass(frozen=True, slots=True)
class Ear:
    """A network as a listener is told of it: its tags, and what its equally large layers hear, from first to last.

    One of one piece has none of the latter, or one; of several networks as one the layers are the networks.
    """

    tag_names: tuple[str, ...]
    layer_names: tuple[str, ...]
    are_models: bool = False


def with_reasons(
    results: Sequence[Recommendation],
    hearing: Hearing,
    neighbourhood: Neighbourhood,
    ear: Ear,
    seeds: Seeds,
    mood: MoodScore | None = None,
) -> list[Recommendation]:
    """The same results, each with why it is among them."""
    heard = hearing.embeddings([result.track.id for result in results])
    liked = [seed for group in seeds.likes for seed in group.seeds]
    comparison = _Comparison(neighbourhood, ear, liked) if liked else None
    explained = []
    for result in results:
        embedding = heard[result.track.id]
        deviations = mood.deviations(embedding.tags) if mood else {}
        explanation = Explanation(None, None, result.tags, (), deviations, mood_in_words(deviations))
        if comparison:
            explanation = comparison.explained(embedding, explanation)
        explained.append(replace(result, explanation=explanation))
    return explained


class _Comparison:
    """Tracks held against the seeds."""

    def __init__(self, neighbourhood: Neighbourhood, ear: Ear, seeds: Sequence[Seed]) -> None:
        self._neighbourhood = neighbourhood
        self._ear = ear
        self._seeds = seeds
        self._parts = self._parts_of([seed.vector for seed in seeds])
        self._points = self._parts.sum(axis=1)

    def explained(self, track: Embedding, explanation: Explanation) -> Explanation:
        """The explanation with what brings the track and its nearest seed together."""
        (parts,) = self._parts_of([track.vector])
        nearest = int(np.argmax(np.round(self._points @ parts.sum(axis=0), 6)))
        seed = self._seeds[nearest]
        contributed = contributions(self._parts[nearest], parts)
        layers = layer_shares(contributed, self._ear.layer_names) if len(contributed) > 1 else ()
        means, names = self._neighbourhood.tag_means, self._ear.tag_names
        tags = tuple(names[i] for i in shared_tags(seed.tags, track.tags, means))
        text = in_words(
            layers,
            tags,
            telling_difference(seed.tags, track.tags, means, names, tags),
            are_models=self._ear.are_models,
        )
        if len(self._seeds) > 1:
            text = f"beside {seed.track.name}: {text}"
        return replace(
            explanation,
            beside=seed.track,
            similarity=float(np.clip(contributed.sum(), -1, 1)),
            tags=tags,
            layers=layers,
            text="; ".join(part for part in (text, explanation.text) if part),
        )

    def _parts_of(self, vectors: Sequence[FloatArray]) -> FloatArray:
        return self._neighbourhood.parts_of(np.stack(vectors), len(self._ear.layer_names) or 1)
