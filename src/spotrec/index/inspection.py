"""The test of an index from another machine, in a separate process: a damaged file of trees can crash Annoy."""

import re
import resource
import subprocess
from pathlib import Path

import numpy as np

from spotrec.errors import IndexFault
from spotrec.index.index import Index, load
from spotrec.index.segment import Segment
from spotrec.system.child_python import python_command, python_environment
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
    """Return what is wrong with the current index of a model below `root`, or None if it can be searched."""
    arguments = [str(root.resolve()), model.name, str(model.version), str(model.dim), model.weights]
    try:
        done = subprocess.run(  # noqa: S603 - our own interpreter and code
            python_command(_CODE, *arguments),
            env=python_environment(),
            capture_output=True,
            timeout=_WITHIN_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return "a search takes too long"
    if done.returncode == 0:
        return None
    lines = done.stderr.decode("utf-8", "replace").strip().splitlines()
    return lines[-1] if done.returncode == 1 and lines else "it crashes Annoy"


def inspect(root: Path, model: ModelId) -> None:
    """Load the index, check every number in it, and search it. With trees from another machine, this may crash.

    Raises:
        IndexFault: it is not a valid index.
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
    """Limit the memory of this process to what an index needs: a small file can unpack to any size."""
    size = sum(path.stat().st_size for path in root.rglob("*") if path.is_file())  # mapped files count too
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY_BYTES + 3 * size, hard))


def _check_space(index: Index) -> None:
    if len(index.tag_means) > _MOST_TAGS:
        raise IndexFault("it has too many tags")
    if not (index.space.scale > 0).all():
        raise IndexFault("the scale of its space is not positive")


def _check(segment: Segment, before: bytes) -> None:
    """Check a block. `before` is the last id of the previous block."""
    ids = np.asarray(segment.ids)
    if not (before < bytes(ids[0]) and (ids[1:] > ids[:-1]).all()):
        raise IndexFault("its ids are not in order")
    if not _IDS.fullmatch(b"".join(ids.tolist())):
        raise IndexFault("its ids are not valid")
    if not (np.linalg.norm(segment.vectors, axis=1) <= _LONGEST_UNIT).all():  # NaN fails this too
        raise IndexFault("its vectors are not of unit length")
    if segment.tags is not None and not ((segment.tags >= 0) & (segment.tags <= 1)).all():
        raise IndexFault("its tags are not probabilities")
