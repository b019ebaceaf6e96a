"""Trying an index that somebody else built, in a process of its own: a file of trees can crash Annoy."""

import re
import resource
import subprocess
import sys
from pathlib import Path

import numpy as np

from spotrec.errors import IndexFault
from spotrec.index.index import Index, load
from spotrec.index.segment import Segment
from spotrec.track import ModelId

_WITHIN_S = 900
_QUERIES = 20
_LONGEST_UNIT = 1.001
_MOST_TAGS = 10_000
_MEMORY_BYTES = 4 << 30
_IDS = re.compile(rb"[!-~]*")

_CODE = """
import sys
from pathlib import Path
from spotrec.errors import IndexFault
from spotrec.index.inspection import bound_memory, inspect
from spotrec.track import ModelId
folder, name, version, dim, weights = sys.argv[1:]
bound_memory(Path(folder))
try:
    inspect(Path(folder), ModelId(name, int(version), int(dim), weights))
except IndexFault as fault:
    sys.exit(fault.message)
"""


def inspect_apart(root: Path, model: ModelId) -> str | None:
    """What is wrong with the current index of a model below `root`; None where it can be searched."""
    arguments = [str(root.resolve()), model.name, str(model.version), str(model.dim), model.weights]
    try:
        done = subprocess.run(  # noqa: S603 - our own interpreter and code; -P: nothing from the current folder
            [sys.executable, "-P", "-c", _CODE, *arguments], capture_output=True, timeout=_WITHIN_S, check=False
        )
    except subprocess.TimeoutExpired:
        return "a search does not end"
    if done.returncode == 0:
        return None
    said = done.stderr.decode("utf-8", "replace").strip().splitlines()
    return said[-1] if done.returncode == 1 and said else "it crashes Annoy"


def inspect(root: Path, model: ModelId) -> None:
    """Load the index, look at every number in it, and search it. What has trees that were not built here may crash.

    Raises:
        IndexFault: it cannot be what it says.
    """
    index = load(root, model)
    _check_space(index)
    before = b""
    for segment in index.blocks():
        _check(segment, before)
        before = bytes(segment.ids[-1])
        for vector in segment.vectors[:: max(1, len(segment) // _QUERIES)]:
            near = index.nearest(vector, 10)
            if not near or not all(np.isfinite(one.similarity) for one in near):
                raise IndexFault("its search finds no neighbours")


def bound_memory(root: Path) -> None:
    """Keep this process from taking much more than an index needs: a small file can unpack to any size."""
    size = sum(path.stat().st_size for path in root.rglob("*") if path.is_file())  # what is mapped counts too
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY_BYTES + 3 * size, hard))


def _check_space(index: Index) -> None:
    if len(index.tag_means) > _MOST_TAGS:
        raise IndexFault("its tags have another shape")
    if not (index.space.scale > 0).all():
        raise IndexFault("its space has no extent")


def _check(segment: Segment, before: bytes) -> None:
    """Args: before: the last id of the block before."""
    ids = np.asarray(segment.ids)
    if not (before < bytes(ids[0]) and (ids[1:] > ids[:-1]).all()):
        raise IndexFault("its ids are in no order")
    if not _IDS.fullmatch(b"".join(ids.tolist())):
        raise IndexFault("its ids are none")
    if not (np.linalg.norm(segment.vectors, axis=1) <= _LONGEST_UNIT).all():  # and what is no number is not less either
        raise IndexFault("its vectors are not of unit length")
    if segment.tags is not None and not ((segment.tags >= 0) & (segment.tags <= 1)).all():
        raise IndexFault("its tags are no probabilities")
