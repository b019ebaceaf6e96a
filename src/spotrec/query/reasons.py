"""The explanation of each result: its nearest seed, why the two are similar, and how it fits the mood."""

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
from spotrec.store import Embedding, JointEmbeddings
from spotrec.vectors import FloatArray


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The names that explanations use.

    Attributes:
        tag_names: the model's tags.
        layer_names: the model's layers, equally large, from first to last; empty for a model without layers. With
            several models, their names.
        are_models: whether `layer_names` are models.
    """

    tag_names: tuple[str, ...]
    layer_names: tuple[str, ...]
    are_models: bool = False


def with_reasons(
    results: Sequence[Recommendation],
    embeddings: JointEmbeddings,
    neighbourhood: Neighbourhood,
    vocabulary: Vocabulary,
    seeds: Seeds,
    mood: MoodScore | None = None,
) -> list[Recommendation]:
    """Return the same results, each with its explanation."""
    found = embeddings.get_many([result.track.id for result in results])
    liked = [seed for group in seeds.likes for seed in group.seeds]
    comparison = _Comparison(neighbourhood, vocabulary, liked) if liked else None
    explained = []
    for result in results:
        embedding = found[result.track.id]
        deviations = mood.deviations(embedding.tags) if mood else {}
        explanation = Explanation(None, None, result.tags, (), deviations, mood_in_words(deviations))
        if comparison:
            explanation = comparison.explained(embedding, explanation)
        explained.append(replace(result, explanation=explanation))
    return explained


class _Comparison:
    """Compares tracks with the seeds."""

    def __init__(self, neighbourhood: Neighbourhood, vocabulary: Vocabulary, seeds: Sequence[Seed]) -> None:
        self._neighbourhood = neighbourhood
        self._vocabulary = vocabulary
        self._seeds = seeds
        self._parts = self._parts_of([seed.vector for seed in seeds])
        self._points = self._parts.sum(axis=1)

    def explained(self, track: Embedding, explanation: Explanation) -> Explanation:
        """Return the explanation, completed by the comparison of the track with its nearest seed."""
        (parts,) = self._parts_of([track.vector])
        nearest = int(np.argmax(np.round(self._points @ parts.sum(axis=0), 6)))
        seed = self._seeds[nearest]
        contributed = contributions(self._parts[nearest], parts)
        layers = layer_shares(contributed, self._vocabulary.layer_names) if len(contributed) > 1 else ()
        means, names = self._neighbourhood.tag_means, self._vocabulary.tag_names
        (shared,) = shared_tags(seed.tags, track.tags, means)
        tags = tuple(names[i] for i in shared)
        text = in_words(
            layers,
            tags,
            telling_difference(seed.tags, track.tags, means, names, tags),
            are_models=self._vocabulary.are_models,
        )
        if len(self._seeds) > 1:
            text = f"compared with {seed.track.name}: {text}"
        return replace(
            explanation,
            beside=seed.track,
            similarity=float(np.clip(contributed.sum(), -1, 1)),
            tags=tags,
            layers=layers,
            text="; ".join(part for part in (text, explanation.text) if part),
        )

    def _parts_of(self, vectors: Sequence[FloatArray]) -> FloatArray:
        return self._neighbourhood.parts_of(np.stack(vectors), len(self._vocabulary.layer_names) or 1)
