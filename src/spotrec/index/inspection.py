"""The test of an index from another machine, in a separate process: a damaged file of trees can crash Annoy."""

import json
import re
import resource
import subprocess
from dataclasses import astuple
from pathlib import Path

import numpy as np

from spotrec.errors import IndexFault
from spotrec.index.arrays import SealedFiles
from spotrec.index.backends import backend_of
from spotrec.index.index import Index, load
from spotrec.index.segment import Segment
from spotrec.system.child_python import python_command, python_environment
from spotrec.track import Ears

_WITHIN_S = 900
_QUERIES = 20
_LONGEST_UNIT = 1.001
MOST_TAGS = 10_000
_MEMORY_BYTES = 4 << 30
_IDS = re.compile(rb"[!-~]*")

_CODE = """
import json
import sys
from pathlib import Path
from spotrec.errors import IndexFault
from spotrec.index.inspection import bound_memory, inspect
from spotrec.track import Ears, ModelId
folder, models, n_tags = sys.argv[1:]
bound_memory(Path(folder))
ears = Ears.of(*(ModelId(*model) for model in json.loads(models)))
try:
    inspect(Path(folder), ears, int(n_tags) if n_tags else None)
except IndexFault as fault:
    sys.exit(fault.message)
"""


def inspect_apart(root: Path, ears: Ears, n_tags: int | None = None) -> str | None:
    """Return what is wrong with the current index of some ears below `root`, or None if it can be searched."""
    arguments = [
        str(root.resolve()),
        json.dumps([astuple(model) for model in ears.models]),
        "" if n_tags is None else str(n_tags),
    ]
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


def inspect(root: Path, ears: Ears, n_tags: int | None = None) -> None:
    """Load the index, check every number in it, and search it. With trees from another machine, this may crash.

    Raises:
        IndexFault: it is not a valid index.
    """
    index = load(root, ears)
    _check_tag_means(index, n_tags)
    before = b""
    for segment in index.blocks():
        _check(segment, before)
        before = bytes(segment.ids[-1])
    backend_of(index.manifest.backend).check(SealedFiles(index.folder, index.manifest), index.segments[0].vectors)
    for segment in index.blocks():
        for vector in segment.vectors[:: max(1, len(segment) // _QUERIES)]:
            near = index.nearest(vector, 10)
            if not near or not all(np.isfinite(one.similarity) for one in near):
                raise IndexFault("its search finds no neighbours")


def bound_memory(root: Path) -> None:
    """Limit the memory of this process to what an index needs: a small file can unpack to any size."""
    size = sum(path.stat().st_size for path in root.rglob("*") if path.is_file())  # mapped files count too
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY_BYTES + 3 * size, hard))


def _check_tag_means(index: Index, n_tags: int | None) -> None:
    if len(index.tag_means) > MOST_TAGS:
        raise IndexFault("it has too many tags")
    if n_tags is not None and len(index.tag_means) != n_tags:
        raise IndexFault(f"it has {len(index.tag_means)} tags; the model has {n_tags}")
    if not ((index.tag_means >= 0) & (index.tag_means <= 1)).all():
        raise IndexFault("the means of its tags are not probabilities")


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
