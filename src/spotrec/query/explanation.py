"""Why two tracks are similar: the tags that they share, and how much each layer of the model contributes.

A placed vector is the sum of the parts of its layers (`Space.parts`), so the cosine of two is a sum over layers:
with a = Σ a_L and b = Σ b_L, layer L contributes ½ (a_L · b + a · b_L). The sum is exact.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from spotrec.track import Track
from spotrec.vectors import FloatArray

EVEN_WITHIN = 0.10
"""If the shares of all layers differ by no more than this, they count as equal."""
AGAINST = -0.02
"""A layer counts as different if its contribution is below this."""
TELLING_TAG = 0.10
"""A difference in a tag is mentioned only if one of the tracks has the tag with at least this probability …"""
_TELLING_RATIO = 4.0  # … and the other track's probability is this many times smaller
USUAL, FAR = 0.5, 1.5
"""In standard deviations over the catalogue: below the first a tag is “as usual”, from the second on “far” more."""


@dataclass(frozen=True, slots=True)
class LayerShare:
    """One layer's part of a similarity.

    Attributes:
        layer: from 1, the layer nearest to the input, to the last.
        contribution: in units of the similarity; the sum over all layers is the similarity. Negative if it lowers it.
        share: of the positive contributions, 0 to 1; 0 for a negative one.
    """

    layer: int
    name: str
    contribution: float
    share: float


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why a track is among the results.

    Attributes:
        beside: the seed that it is nearest to; None without seeds.
        similarity: the cosine of the two.
        tags: the tags that both have, most characteristic first.
        layers: the part of each layer in the cosine.
        mood: for each tag of the mood, how many standard deviations the track is above the catalogue's mean.
        text: the explanation in words.
    """

    beside: Track | None
    similarity: float | None
    tags: tuple[str, ...]
    layers: tuple[LayerShare, ...]
    mood: dict[str, float]
    text: str


def contributions(a: FloatArray, b: FloatArray) -> FloatArray:
    """Return what each layer adds to the cosine of two placed vectors.

    Args:
        a, b: the parts of each layer in the vectors, shape (n_layers, dim).

    Returns:
        Shape (n_layers,); the sum is the cosine.
    """
    from_each: FloatArray = ((a @ b.sum(axis=0) + b @ a.sum(axis=0)) / 2).astype(np.float32, copy=False)
    return from_each


def layer_shares(contributed: FloatArray, names: Sequence[str]) -> tuple[LayerShare, ...]:
    """Return each layer's share, from the first layer to the last."""
    together = np.maximum(contributed, 0)
    shares = together / max(float(together.sum()), np.finfo(np.float32).tiny)
    return tuple(
        LayerShare(i, name, float(contributed[i - 1]), float(shares[i - 1])) for i, name in enumerate(names, 1)
    )


def in_words(layers: Sequence[LayerShare], tags: Sequence[str], difference: str, *, are_models: bool = False) -> str:
    """Describe the similarity of two tracks.

    Args:
        layers: empty for a model without layers.
        tags: the tags that both have.
        difference: what `telling_difference` returned.
        are_models: the layers are whole models.
    """
    of_layers = "" if not layers else _of_models(layers) if are_models else _of_layers(layers)
    parts = [of_layers, f"both: {', '.join(tags)}" if tags else "", difference]
    return "; ".join(part for part in parts if part) or "similar as a whole: the model gives no details"


def mood_in_words(deviations: Mapping[str, float]) -> str:
    """Describe how a track fits a mood: `metal: far more than usual, jazz: less than usual`."""
    return ", ".join(f"{tag}: {_than_usual(deviation)}" for tag, deviation in deviations.items())


def telling_difference(
    seed: FloatArray, track: FloatArray, means: FloatArray, names: Sequence[str], shared: Sequence[int] = ()
) -> str:
    """Name the tag in which a track differs most from a seed, if one of them has it and the other hardly does.

    Args:
        seed, track: tag probabilities, shape (n_tags,).
        means: mean probabilities over the catalogue; differences are compared relative to them.
        shared: positions of tags that both have, which are not mentioned again.

    Returns:
        `this one: more jazz` or `this one: less jazz`; "" if no tag differs so much.
    """
    high, low = np.maximum(seed, track), np.minimum(seed, track)
    telling = (high >= TELLING_TAG) & (high >= means) & (high >= _TELLING_RATIO * low)
    telling[list(shared)] = False
    if not telling.any():
        return ""
    lift = np.where(telling, (high - low) / np.maximum(means, np.finfo(np.float32).tiny), -1)
    most = int(np.argmax(lift))
    return f"this one: {'more' if track[most] > seed[most] else 'less'} {names[most]}"


def _than_usual(deviation: float) -> str:
    if abs(deviation) < USUAL:
        return "as usual"
    far = "far " if abs(deviation) >= FAR else ""
    return f"{far}{'more' if deviation > 0 else 'less'} than usual"


def _of_models(models: Sequence[LayerShare]) -> str:
    if not any(one.share for one in models):
        return "not similar for any model"
    return "the similarity comes " + " and ".join(f"{one.share:.0%} from {one.name}" for one in models)


def _of_layers(layers: Sequence[LayerShare]) -> str:
    strongest = sorted(layers, key=lambda one: (-one.share, one.layer))
    if strongest[0].share == 0:
        return "not similar in any layer"
    against = [one.name for one in layers if one.contribution < AGAINST]
    if strongest[0].share - strongest[-1].share <= EVEN_WITHIN:
        return f"similar in every layer, from {layers[0].name} to {layers[-1].name}"
    leading = strongest[:1] if strongest[0].share >= 0.5 else strongest[:2]
    names = " and ".join(one.name for one in leading)
    numbers = " and ".join(str(one.layer) for one in leading)
    share = sum(one.share for one in leading)
    rest = f"different {' and '.join(against)}" if against else f"less similar {strongest[-1].name}"
    plural = "s" if len(leading) > 1 else ""
    return f"similar {names} (layer{plural} {numbers}: {share:.0%} of the similarity), {rest}"
