"""The tags that two tracks have in common."""

import numpy as np

from spotrec.vectors import FloatArray

SHARED_TAGS = 3
SHARED_TAG_AT_LEAST = 0.05
"""A tag counts only if both tracks have it with at least this probability."""


def shared_tags(a: FloatArray, b: FloatArray, means: FloatArray) -> list[list[int]]:
    """Return the tags that two tracks share more than average tracks do, most characteristic first, for each pair.

    Tags are ordered by the smaller of the two probabilities divided by the catalogue's mean: “rock” says little if
    all tracks are rock. Both must reach the mean.

    Args:
        a, b: of one track or of several, shape (n_tags,) or (n, n_tags); one is compared with each of several.
        means: shape (n_tags,).

    Returns:
        For each pair, the positions of at most three tags.
    """
    both = np.atleast_2d(np.minimum(a, b))
    lift = both / np.maximum(means, np.finfo(np.float32).tiny)
    lift[(lift < 1) | (both < SHARED_TAG_AT_LEAST)] = 0
    best = np.argsort(-lift, axis=1, kind="stable")[:, :SHARED_TAGS]
    return [[i for i in row if of_pair[i]] for row, of_pair in zip(best.tolist(), lift, strict=True)]
