"""Why two tracks are alike: the tags that they share, and which of the network's layers bring them together.

A placed vector is the sum of what each layer adds to it (`Space.parts`), so the cosine of two is a sum over layers:
with a = Σ a_L and b = Σ b_L, layer L contributes ½ (a_L · b + a · b_L). Nothing is estimated or left over.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from spotrec.track import Track
from spotrec.vectors import FloatArray

EVEN_WITHIN = 0.10
"""Shares that differ by no more tell nothing of one layer over another."""
AGAINST = -0.02
"""A layer that takes less from the similarity is not worth telling."""
TELLING_TAG = 0.10
"""Nor is a difference in a tag that neither track has with this probability."""
_TELLING_RATIO = 4.0
USUAL, FAR = 0.5, 1.5
"""In spreads over the catalogue: what is less is nothing to speak of, what is more is far."""


@dataclass(frozen=True, slots=True)
class LayerShare:
    """One layer's part in a similarity.

    Attributes:
        layer: 1, the first that sound passes, to the last.
        contribution: in units of the similarity; those of all layers sum to it. Below zero it holds the tracks apart.
        share: of all that brings them together, 0 to 1; 0 for what holds them apart.
    """

    layer: int
    name: str
    contribution: float
    share: float


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why a track is among the results.

    Attributes:
        beside: the seed that it is nearest to, with the cosine of the two; None where there are no seeds.
        tags: what the two share, the most telling first.
        layers: each one's part in that cosine.
        mood: by how many spreads the track is above what is usual in the catalogue, for each tag that was named.
    """

    beside: Track | None
    similarity: float | None
    tags: tuple[str, ...]
    layers: tuple[LayerShare, ...]
    mood: dict[str, float]
    text: str


def contributions(a: FloatArray, b: FloatArray) -> FloatArray:
    """What each layer adds to the cosine of two placed vectors.

    Args:
        a, b: what each layer adds to the vectors, shape (n_layers, dim).

    Returns:
        shape (n_layers,); its sum is the cosine.
    """
    from_each: FloatArray = ((a @ b.sum(axis=0) + b @ a.sum(axis=0)) / 2).astype(np.float32, copy=False)
    return from_each


def layer_shares(contributed: FloatArray, names: Sequence[str]) -> tuple[LayerShare, ...]:
    """Each layer's share, from the first layer to the last."""
    together = np.maximum(contributed, 0)
    shares = together / max(float(together.sum()), np.finfo(np.float32).tiny)
    return tuple(
        LayerShare(i, name, float(contributed[i - 1]), float(shares[i - 1])) for i, name in enumerate(names, 1)
    )


def in_words(layers: Sequence[LayerShare], tags: Sequence[str], difference: str, *, are_models: bool = False) -> str:
    """What a listener is told of two tracks.

    Args:
        layers: none of a network of one piece.
        difference: what a comparison of tags adds, or nothing.
        are_models: the layers are whole networks.
    """
    of_layers = "" if not layers else _of_models(layers) if are_models else _of_layers(layers)
    told = [of_layers, f"both {', '.join(tags)}" if tags else "", difference]
    return "; ".join(part for part in told if part) or "alike as a whole: the network tells no more"


def mood_in_words(deviations: Mapping[str, float]) -> str:
    """What a listener is told of a track in a mood: `metal: far more than usual, jazz: less than usual`."""
    return ", ".join(f"{tag}: {_than_usual(deviation)}" for tag, deviation in deviations.items())


def telling_difference(
    seed: FloatArray, track: FloatArray, means: FloatArray, names: Sequence[str], shared: Sequence[str] = ()
) -> str:
    """The tag in which a track differs most from a seed, where one of them has it and the other hardly does.

    Args:
        seed, track: tag probabilities, shape (n_tags,).
        means: those of the catalogue: the tag counts by how far the stronger of the two is above them.
        shared: tags that are told as shared.
    """
    high, low = np.maximum(seed, track), np.minimum(seed, track)
    telling = (high >= TELLING_TAG) & (high >= means) & (high >= _TELLING_RATIO * low)
    telling &= np.array([name not in shared for name in names], bool)
    if not telling.any():
        return ""
    lift = np.where(telling, (high - low) / np.maximum(means, np.finfo(np.float32).tiny), -1)
    most = int(np.argmax(lift))
    return f"but {'more' if track[most] > seed[most] else 'less'} {names[most]}"


def _than_usual(deviation: float) -> str:
    if abs(deviation) < USUAL:
        return "as usual"
    far = "far " if abs(deviation) >= FAR else ""
    return f"{far}{'more' if deviation > 0 else 'less'} than usual"


def _of_models(models: Sequence[LayerShare]) -> str:
    if not any(one.share for one in models):
        return "alike to no network"
    return "the likeness is " + " and ".join(f"{one.share:.0%} {one.name}'s" for one in models)


def _of_layers(layers: Sequence[LayerShare]) -> str:
    strongest = sorted(layers, key=lambda one: (-one.share, one.layer))
    if strongest[0].share == 0:
        return "alike in no layer"
    against = [one.name for one in layers if one.contribution < AGAINST]
    if strongest[0].share - strongest[-1].share <= EVEN_WITHIN:
        return f"alike in every layer, from {layers[0].name} to {layers[-1].name}"
    above_all = strongest[:1] if strongest[0].share >= 0.5 else strongest[:2]
    names = " and ".join(one.name for one in above_all)
    numbers = " and ".join(str(one.layer) for one in above_all)
    share = sum(one.share for one in above_all)
    rest = f"not in {' or '.join(against)}" if against else f"less in {strongest[-1].name}"
    plural = "s" if len(above_all) > 1 else ""
    return f"alike above all in {names} (layer{plural} {numbers}: {share:.0%} of the likeness), {rest}"
