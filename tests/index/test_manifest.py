"""What an index says of itself is not believed when it cannot be."""

import json
from pathlib import Path
from typing import Any

import pytest

from index.test_index import EARS, built
from spotrec.errors import IndexFault
from spotrec.index.generations import list_generations
from spotrec.index.index import load

SEAL = {"n_bytes": 1, "mtime_ns": 1, "sha256": ""}


@pytest.mark.parametrize(
    "change",
    [
        {"format": 99},
        {"model": "other-1"},
        {"model": "made-up-1,other-1"},
        {"dim": 17},
        {"dim": 15},
        {"format": 3},
        {"partly_heard": -1},
        {"partly_heard": 10**30},
        {"partly_heard": "many"},
        {"metric": "euclidean"},
        {"n_tracks": 61},
        {"n_tracks": "many"},
        {"files": {"../../etc/passwd": {"n_bytes": 1, "mtime_ns": 1, "sha256": ""}}},
        {"extra": 1},
        {"format": True},
        {"format": ["x" * 500_000]},
        {"dim": True},
        {"dim": 16.0},
        {"n_tracks": 10**30},
        {"n_tracks": -1},
        {"trees": 10**400},
        {"trees": -1},
        {"trees": 2**62},
        {"anchors": [{"rowid": 10**30, "digest": ""}]},
        {"anchors": [{"rowid": -1, "digest": ""}]},
        {"seed": float("nan")},
        {"model": "x" * 500_000},
        {"model": "\x1b[2J"},
        {"backend": "hnsw"},
        {"versions": {"numpy": 2}},
        {"versions": ["numpy"]},
        {"anchors": [{}]},
        {"anchors": {"a": 1}},
        {"files": []},
        *({"files": {name: SEAL}} for name in ("a\0b", "", ".", "..", ".hidden", "a/b", "a\nb", "x" * 300, "é")),
        *({"files": {"ids.npy": SEAL | {"n_bytes": n}}} for n in (10**30, 10**400, -1, "1", 1.5, None)),
        {"files": {name: SEAL | {"n_bytes": 2**62} for name in ("ids.npy", "tags.npy")}},
        *({"files": {"ids.npy": SEAL | {"mtime_ns": n}}} for n in (10**30, -(10**30))),
    ],
)
def test_a_foreign_manifest_is_refused(tmp_path: Path, change: dict[str, Any]) -> None:
    path = built(tmp_path, backend="annoy").folder / "manifest.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | change))
    with pytest.raises(IndexFault) as fault:
        load(tmp_path, EARS)
    assert len(fault.value.message) < 1_000
    assert fault.value.message.isprintable()
    assert "spotrec index" in fault.value.hint
    assert len(list_generations(path.parents[1])) == 1, "it is listed all the same"
