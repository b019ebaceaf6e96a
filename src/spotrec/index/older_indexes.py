"""The indexes of several models as earlier versions of spotrec built them, one for each model, searched as one.

They answer as they did, with the mean of the models' cosines, until an index of all of them is built.
"""

from collections.abc import Sequence
from dataclasses import replace
from functools import reduce
from pathlib import Path

import numpy as np

from spotrec.errors import IndexFault, NoIndex
from spotrec.index.backends.exact import ExactSearch
from spotrec.index.index import Index, load
from spotrec.index.joint_space import JointSpace
from spotrec.index.manifest import EARS_SINCE
from spotrec.index.segment import Segment
from spotrec.track import Ears


def load_older(root: Path, ears: Ears) -> Index | None:
    """Return the indexes of these models as one, or None if one is missing, damaged or newer, or has other tags."""
    try:
        indexes = [load(root, Ears.of(model)) for model in ears.models]
    except IndexFault:
        return None
    if len(indexes) == 1 or any(index.manifest.format >= EARS_SINCE for index in indexes):
        return None
    if len({len(index.tag_means) for index in indexes}) > 1:
        return None
    return _joined(indexes, ears)


def load_any(root: Path, ears: Ears, *, thorough: bool = False) -> Index:
    """Do the same as `index.load`; if there is no index, use the older indexes as one.

    Raises:
        IndexFault: there is no index, or it is damaged or of other ears.
    """
    try:
        return load(root, ears, thorough=thorough)
    except NoIndex:
        if older := load_older(root, ears):
            return older
        raise


def _joined(indexes: Sequence[Index], ears: Ears) -> Index:
    segments = [index.segments[0] for index in indexes]
    ids = reduce(np.intersect1d, [segment.ids for segment in segments])
    positions = [segment.where(ids)[0] for segment in segments]
    share = np.float32(len(indexes) ** -0.5)
    vectors = np.concatenate(
        [share * segment.vectors[at] for segment, at in zip(segments, positions, strict=True)], axis=1
    )
    tags = None
    if all(one.tags is not None for one in segments):
        each = [one.tags[at] for one, at in zip(segments, positions, strict=True) if one.tags is not None]
        tags = np.asarray(np.mean(each, axis=0, dtype=np.float32))
    means = np.asarray(np.mean([index.tag_means for index in indexes], axis=0, dtype=np.float32))
    weights = np.full(len(indexes), 1 / len(indexes))
    first = indexes[0]
    return Index(
        first.folder,
        replace(first.manifest, model=str(ears), dim=vectors.shape[1], n_tracks=len(ids), anchors=[]),
        JointSpace(tuple(space for index in indexes for space in index.space.spaces), weights),
        means,
        (Segment(ids, vectors, tags, ExactSearch(vectors)),),
    )
