"""The tags that two tracks have in common."""

import numpy as np

from spotrec.vectors import FloatArray

SHARED_TAGS = 3
SHARED_TAG_AT_LEAST = 0.05
"""A tag counts only if both tracks have it with at least this probability."""


def shared_tags(a: FloatArray, b: FloatArray, means: FloatArray) -> list[int]:
    """Return the tags that two tracks share more than average tracks do, most characteristic first.

    Tags are ordered by the smaller of the two probabilities divided by the catalogue's mean: “rock” says little if
    all tracks are rock. Both must reach the mean.

    Args:
        a, b, means: each shape (n_tags,).

    Returns:
        The positions of at most three tags.
    """
    both = np.minimum(a, b)
    lift = both / np.maximum(means, np.finfo(np.float32).tiny)
    order = np.argsort(-lift, kind="stable")
    telling: list[int] = order[((lift >= 1) & (both >= SHARED_TAG_AT_LEAST))[order]][:SHARED_TAGS].tolist()
    return telling
