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
    if not results:
        return []
    found = embeddings.get_many([result.track.id for result in results])
    tracks = [found[result.track.id] for result in results]
    liked = [seed for group in seeds.likes for seed in group.seeds]
    reasons = _compared(tracks, liked, neighbourhood, vocabulary) if liked else [_NONE] * len(tracks)
    explained = []
    for result, track, reason in zip(results, tracks, reasons, strict=True):
        deviations = mood.deviations(track.tags) if mood else {}
        text = "; ".join(part for part in (reason.text, mood_in_words(deviations)) if part)
        tags = result.tags if reason.beside is None else reason.tags
        explained.append(replace(result, explanation=replace(reason, tags=tags, mood=deviations, text=text)))
    return explained


_NONE = Explanation(beside=None, similarity=None, tags=(), layers=(), mood={}, text="")


def _compared(
    tracks: Sequence[Embedding], seeds: Sequence[Seed], neighbourhood: Neighbourhood, vocabulary: Vocabulary
) -> list[Explanation]:
    """Compare each track with the seed that it is nearest to."""
    n_parts = len(vocabulary.layer_names) or 1
    of_seeds, of_tracks = (
        neighbourhood.parts_of(np.stack([one.vector for one in those]), n_parts) for those in (seeds, tracks)
    )
    cosines = of_seeds.sum(axis=1) @ of_tracks.sum(axis=1).T
    nearest = np.argmax(np.round(cosines, 6), axis=0)
    means, names = neighbourhood.tag_means, vocabulary.tag_names
    tags_of_seeds = np.stack([seeds[i].tags for i in nearest])
    tags_of_tracks = np.stack([track.tags for track in tracks])
    explained = []
    for i, shared in enumerate(shared_tags(tags_of_seeds, tags_of_tracks, means)):
        seed = seeds[nearest[i]]
        contributed = contributions(of_seeds[nearest[i]], of_tracks[i])
        layers = layer_shares(contributed, vocabulary.layer_names) if len(contributed) > 1 else ()
        tags = tuple(names[tag] for tag in shared)
        difference = telling_difference(tags_of_seeds[i], tags_of_tracks[i], means, names, shared)
        text = in_words(layers, tags, difference, are_models=vocabulary.are_models)
        if len(seeds) > 1:
            text = f"compared with {seed.track.name}: {text}"
        similarity = float(np.clip(contributed.sum(), -1, 1))
        explained.append(Explanation(seed.track, similarity, tags, layers, {}, text))
    return explained
