"""What two tracks have in common, in tags."""

import numpy as np

from spotrec.vectors import FloatArray

SHARED_TAGS = 3
SHARED_TAG_AT_LEAST = 0.05
"""A tag that either track has with less than this probability is not worth telling."""


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
    order = np.argsort(-lift, kind="stable")
    telling: list[int] = order[((lift >= 1) & (both >= SHARED_TAG_AT_LEAST))[order]][:SHARED_TAGS].tolist()
    return telling
