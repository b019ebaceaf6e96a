"""Building aside, switching at once, and refusing what is damaged, foreign or truncated."""

import itertools
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pytest
from threadpoolctl import threadpool_info

from spotrec.errors import IndexFault
from spotrec.index import manifest as manifests
from spotrec.index.backends import BACKENDS
from spotrec.index.build import build, content_hash
from spotrec.index.index import Index, Neighbour, load, load_again
from spotrec.index.recall import recall_at
from spotrec.index.summary import summarise
from spotrec.progress import Silent
from spotrec.store import Catalogue
from spotrec.track import Ears, ModelId, TrackId

MODEL = ModelId("made-up", 1, 16)
EARS = Ears.of(MODEL)


GENERATIONS = [
    ("exact", 0, "3a51b28641a92a4b"),
    ("cells", 0, "54d6090b2f64f917"),
    ("annoy", 50, "84326fc6f8badacc"),
]
"""What this version calls an index of each backend: other names would build every index again."""


def catalogue(n: int, seed: int = 0) -> Catalogue:
    vectors = np.random.default_rng(seed).standard_normal((n, MODEL.dim)).astype(np.float32)
    return Catalogue([TrackId(f"file:{i:032x}") for i in range(n)], vectors, np.zeros((n, 3), np.float32))


def built(root: Path, n: int = 60, backend: str = "auto", seed: int = 0) -> Index:
    return build(root, EARS, catalogue(n, seed), progress=Silent(), backend=backend)


@pytest.mark.parametrize("backend", BACKENDS)
def test_every_track_is_its_own_nearest(tmp_path: Path, backend: str) -> None:
    known = catalogue(300)
    index = built(tmp_path, 300, backend)
    assert index.manifest.backend == backend
    for i in (0, 150, 299):
        (nearest,) = index.nearest(index.place(known.vectors[i : i + 1])[0], 1)
        assert nearest.track_id == known.ids[i]
        assert nearest.similarity == pytest.approx(1, abs=1e-5)


def test_small_catalogues_are_searched_exactly_and_large_ones_in_cells(tmp_path: Path) -> None:
    assert built(tmp_path, 100).manifest.backend == "exact"
    large = build(tmp_path, EARS, catalogue(200_000), progress=Silent())
    assert large.manifest.backend == "cells"
    assert recall_at(large, sample=50, progress=Silent()) > 0.97


def test_a_choice_of_tracks_is_searched_alone(tmp_path: Path) -> None:
    known = catalogue(300)
    index = built(tmp_path, 300, "annoy")
    chosen = index.among({known.ids[7], known.ids[200], TrackId("file:gone"), TrackId("zzz")})
    assert len(chosen) == 2
    point = index.place(known.vectors[:1])[0]
    whole = {near.track_id: near.similarity for near in index.nearest(point, 300)}
    found = {near.track_id: near.similarity for near in chosen.nearest(point, 10)}
    assert found == pytest.approx({id_: whole[id_] for id_ in (known.ids[7], known.ids[200])}, abs=1e-6)
    assert len(index.among(set())) == 0
    assert index.among(set()).nearest(point, 3) == []


def test_blocks_hold_every_track_with_its_vector_and_tags(tmp_path: Path) -> None:
    known = catalogue(70_000)
    index = built(tmp_path, 70_000, "exact")
    blocks = list(index.blocks())
    assert len(blocks) == 2
    assert [id_.decode() for block in blocks for id_ in block.ids] == known.ids
    vectors = np.concatenate([block.vectors for block in blocks])
    # BLAS rounds by the shape of what it multiplies: a vector placed in a block differs in its last bit
    np.testing.assert_allclose(vectors, index.place(known.vectors), rtol=0, atol=1e-6)
    assert all(block.tags is not None and block.tags.shape == (len(block), 3) for block in blocks)


def test_the_same_catalogue_gives_the_generation_that_it_always_gave() -> None:
    versions = {"annoy": "1.17.3", "numpy": "2.4.1", "spotrec": "0.1.0"}
    ears = Ears.of(ModelId("choi", 1, 4, "0123abcd"), ModelId("other", 2, 3))
    rows = np.arange(8 * 7, dtype=np.float32).reshape(8, 7) % 5
    whole = replace(catalogue(8), vectors=rows, artists=["A", "B"] * 4, recordings=[str(i // 2) for i in range(8)])
    digest = summarise(whole, ears, Silent()).digest
    names = [
        (backend, trees, content_hash(ears, (1.0, 2.0), backend, trees, versions, digest)[:16])
        for backend, trees, _ in GENERATIONS
    ]
    assert names == GENERATIONS


@pytest.mark.parametrize("backend", ["exact", "cells", "annoy"])
def test_copies_of_one_recording_are_in_order_of_id_wherever_they_stand(tmp_path: Path, backend: str) -> None:
    n = 1003
    known, copies = catalogue(n), [3, n // 2, n - 2, n - 1]  # among many rows, and where a product of matrices ends
    known.vectors[copies] = known.vectors[3]
    index = build(tmp_path, EARS, known, progress=Silent(), backend=backend)
    for embedding in known.vectors[:50]:
        found = [near.track_id for near in index.nearest(index.place(embedding[None, :])[0], n)]
        assert [id_ for id_ in found if id_ in {known.ids[i] for i in copies}] == [known.ids[i] for i in copies]
    (nearest,) = index.nearest(index.place(known.vectors[-1:])[0], 1)
    assert nearest.track_id == known.ids[3]


def test_building_the_same_catalogue_again_changes_nothing(tmp_path: Path) -> None:
    first = built(tmp_path)
    before = (first.folder / "manifest.json").read_bytes()
    assert built(tmp_path).folder == first.folder
    assert (first.folder / "manifest.json").read_bytes() == before


def test_the_indexes_before_are_kept_and_older_ones_are_forgotten(tmp_path: Path) -> None:
    folders = [built(tmp_path, seed=seed).folder for seed in range(4)]
    assert [folder.exists() for folder in folders] == [False, True, True, True]
    assert load(tmp_path, EARS).folder == folders[-1]


def test_without_an_index_the_hint_says_how_to_build_one(tmp_path: Path) -> None:
    with pytest.raises(IndexFault, match="there is no index") as fault:
        load(tmp_path, EARS)
    assert "spotrec index" in fault.value.hint


def test_an_index_is_loaded_again_only_when_it_is_another_one(tmp_path: Path) -> None:
    built(tmp_path)
    first = load_again(tmp_path, EARS, None)
    assert load_again(tmp_path, EARS, first) is first
    built(tmp_path, seed=1)
    second = load_again(tmp_path, EARS, first)
    assert second.folder != first.folder
    (second.folder / "vectors.npy").write_bytes(b"")
    with pytest.raises(IndexFault, match="damaged"):
        load_again(tmp_path, EARS, second)


def _truncate(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-100])


def _flip(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 0xFF
    path.write_bytes(content)


@pytest.mark.parametrize("damage", [_truncate, _flip, Path.unlink])
@pytest.mark.parametrize(
    "name", ["trees.ann", "vectors.npy", "ids.npy", "space.npz", "tags.npy", "tag_means.npy", "manifest.json"]
)
def test_a_damaged_file_is_refused_before_it_is_loaded(
    tmp_path: Path, name: str, damage: Callable[[Path], None]
) -> None:
    index = built(tmp_path, backend="annoy")
    damage(index.folder / name)
    with pytest.raises(IndexFault, match="damaged") as fault:
        load(tmp_path, EARS)
    assert "spotrec index" in fault.value.hint
    again = built(tmp_path, backend="annoy")
    assert len(load(tmp_path, EARS)) == len(again) == 60


def test_an_index_with_trees_is_not_damaged_where_annoy_is_not_installed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    built(tmp_path, backend="annoy")
    with monkeypatch.context() as without:
        without.setitem(sys.modules, "annoy", None)
        with pytest.raises(IndexFault, match="Annoy, which is not installed") as fault:
            load(tmp_path, EARS)
        assert "install annoy" in fault.value.hint
        with pytest.raises(IndexFault, match="Annoy, which is not installed"):
            built(tmp_path, 61, "annoy")
        assert built(tmp_path, 62).manifest.versions.keys() == {"numpy", "spotrec"}
        assert len(load(tmp_path, EARS)) == 62
    assert "annoy" in built(tmp_path, backend="annoy").manifest.versions


@pytest.mark.parametrize(
    ("name", "spoil"),
    [
        *itertools.product(("cells", "centres", "starts", "order"), ("longer", "of another type", "gone")),
        *(("starts", "other numbers"), ("order", "other numbers")),
    ],
)
def test_cells_that_do_not_belong_together_are_refused(tmp_path: Path, name: str, spoil: str) -> None:
    """Sealed as if they did: by somebody who wrote an index of their own."""
    folder = built(tmp_path, 300, "cells").folder
    path = folder / f"{name}.npy"
    array = np.load(path)
    array = array[::-1] - 1 if spoil == "other numbers" else array
    array = np.concatenate([array, array]) if spoil == "longer" else array
    array = array.astype(np.float64) if spoil == "of another type" else array
    np.save(path, array)
    said = json.loads((folder / "manifest.json").read_text())
    said["files"][path.name] = asdict(manifests.seal(path))
    if spoil == "gone":
        del said["files"][path.name]
    (folder / "manifest.json").write_text(json.dumps(said))
    with pytest.raises(IndexFault, match="damaged"):
        load(tmp_path, EARS)


def test_an_id_that_is_not_text_is_a_damaged_index_and_no_traceback(tmp_path: Path) -> None:
    """Sealed as if spotrec had written it."""
    folder = built(tmp_path).folder
    path = folder / "ids.npy"
    ids = np.load(path)
    ids[-1] = b"file:" + b"\xff" * 32
    np.save(path, ids)
    said = json.loads((folder / "manifest.json").read_text())
    said["files"][path.name] = asdict(manifests.seal(path))
    (folder / "manifest.json").write_text(json.dumps(said))
    index = load(tmp_path, EARS)
    with pytest.raises(IndexFault, match="not text"):
        index.nearest(index.place(catalogue(60).vectors[-1:])[0], 1)
    with pytest.raises(IndexFault, match="not text"):
        load(tmp_path, EARS, thorough=True)


def test_a_file_that_rotted_without_a_trace_is_found_by_a_thorough_look(tmp_path: Path) -> None:
    path = built(tmp_path).folder / "vectors.npy"
    stat = path.stat()
    _flip(path)
    os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    with pytest.raises(IndexFault, match=r"vectors\.npy is not the file"):
        load(tmp_path, EARS, thorough=True)


def test_a_copied_index_is_as_good(tmp_path: Path) -> None:
    built(tmp_path / "a")
    shutil.copytree(tmp_path / "a", tmp_path / "b", copy_function=shutil.copyfile)
    assert len(load(tmp_path / "b", EARS)) == 60


@pytest.mark.parametrize("pointer", ["../../etc", "nothing", "", "a/b", "."])
def test_a_pointer_that_leads_elsewhere_is_refused(tmp_path: Path, pointer: str) -> None:
    built(tmp_path)
    (tmp_path / str(EARS) / "current").write_text(pointer)
    with pytest.raises(IndexFault, match="names a missing folder"):
        load(tmp_path, EARS)


def test_a_vector_that_is_no_number_is_refused_and_the_index_in_use_stays(tmp_path: Path) -> None:
    before = built(tmp_path)
    spoilt = catalogue(60, seed=1)
    spoilt.vectors[7, 3] = np.nan
    with pytest.raises(IndexFault, match=spoilt.ids[7]):
        build(tmp_path, EARS, spoilt, progress=Silent())
    assert load(tmp_path, EARS).folder == before.folder


_BUILD_ON_LITTLE_ROOM = """
import resource, signal, sys
from pathlib import Path
sys.path.insert(0, {tests!r})
from index.test_index import built
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (40_000, 40_000))
from spotrec.errors import DiskFull
try:
    built(Path(sys.argv[1]), 3000, sys.argv[2], seed=9)
except DiskFull as error:
    assert error.hint
    sys.exit(42)
"""


@pytest.mark.parametrize("backend", BACKENDS)
def test_without_room_the_index_in_use_stays_and_nothing_is_left_aside(tmp_path: Path, backend: str) -> None:
    before = built(tmp_path)
    code = _BUILD_ON_LITTLE_ROOM.format(tests=str(Path(__file__).parents[1]))
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path), backend], capture_output=True, text=True, check=False
    )
    assert done.returncode == 42, done.stderr
    assert load(tmp_path, EARS).folder == before.folder
    assert {path.name for path in (tmp_path / str(EARS)).iterdir()} == {".lock", "current", before.folder.name}


def test_what_a_killed_build_left_is_removed_by_the_next(tmp_path: Path) -> None:
    home = built(tmp_path).folder.parent
    (home / ".building-0123").mkdir()
    (home / ".building-0123" / "vectors.npy").write_bytes(bytes(10))
    (home / ".building-4567").symlink_to(tmp_path)
    for folder in (home, *(path for path in home.iterdir() if path.is_dir() and path.name.isalnum())):
        (folder / ".part-0123456789abcdef").write_bytes(bytes(10))
    built(tmp_path, seed=1)
    assert not [path for path in tmp_path.rglob(".*") if path.name != ".lock"]
    assert tmp_path.is_dir(), "what a link leads to stays"


def test_a_really_full_disk_is_told_apart(tmp_path: Path) -> None:
    """On a file system of its own, where the machine lets us mount one."""
    script = f"""
        mount -t tmpfs -o size=150k tmpfs {tmp_path} || exit 77
        exec {sys.executable} -c '
import sys
from pathlib import Path
sys.path.insert(0, "{Path(__file__).parents[1]}")
from index.test_index import built
from spotrec.errors import DiskFull
try:
    built(Path("{tmp_path}"), 4000, "annoy")
except DiskFull:
    sys.exit(42)
'"""
    try:
        done = subprocess.run(["unshare", "-rm", "sh", "-c", script], capture_output=True, text=True, check=False)
    except FileNotFoundError:
        pytest.skip("no unshare on this machine")
    if done.returncode in (1, 77) and "Traceback" not in done.stderr:
        pytest.skip("this machine lets us mount nothing")
    assert done.returncode == 42, done.stderr


@pytest.mark.usefixtures("many_blas_threads")
@pytest.mark.parametrize("backend", BACKENDS)
def test_eight_threads_find_what_one_alone_finds_and_blas_keeps_its_threads(tmp_path: Path, backend: str) -> None:
    index = built(tmp_path, 20_000, backend)
    points = [np.array(point) for point in index.segments[0].vectors[::500]]
    _same_in_eight_threads(index, points)


@pytest.mark.usefixtures("many_blas_threads")
def test_eight_threads_find_the_same_by_several_models(tmp_path: Path) -> None:
    ears = Ears.of(MODEL, ModelId("other", 1, MODEL.dim))
    one, other = catalogue(3_000), catalogue(3_000, 1)
    both = replace(one, vectors=np.concatenate([one.vectors, other.vectors], axis=1))
    index = build(tmp_path, ears, both, progress=Silent(), backend="annoy")
    block = next(iter(index.blocks()))
    _same_in_eight_threads(index, [np.array(point) for point in block.vectors[::100]])


def _same_in_eight_threads(index: Index, points: list[np.ndarray]) -> None:
    def ask(first: int) -> tuple[list[list[Neighbour]], set[tuple[int, ...]]]:
        found = [index.nearest(points[(first + i) % len(points)], 10) for i in range(len(points))]
        return found[len(points) - first :] + found[: len(points) - first], {_blas_threads()}

    before = _blas_threads()
    alone, _ = ask(0)
    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(ask, range(8)))
    assert all(found == alone for found, _ in answers)
    assert set().union(*(during for _, during in answers)) == {_blas_threads()} == {before}


def _blas_threads() -> tuple[int, ...]:
    return tuple(pool["num_threads"] for pool in threadpool_info())
