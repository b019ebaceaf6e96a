"""What any room may do with vectors."""

import tracemalloc
import zipfile
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from threadpoolctl import threadpool_info

from spotrec.vectors import evenly, mapped, products, read_arrays, turned, unit


def test_of_many_positions_some_are_chosen_evenly_and_always_the_same() -> None:
    chosen = evenly(1_001, 200)
    assert len(set(chosen.tolist())) == 200
    assert (chosen[0], chosen[-1]) == (0, 1_000)
    assert set(np.diff(chosen).tolist()) <= {5, 6}


@pytest.mark.parametrize("n", [0, 1, 3])
def test_of_few_positions_all_are_chosen(n: int) -> None:
    assert evenly(n, 200).tolist() == list(range(n))


def test_a_vector_without_a_direction_stays_zero() -> None:
    scaled = unit(np.array([[3.0, 4.0], [0.0, 0.0]], np.float32))
    assert scaled.tolist() == [[np.float32(0.6), np.float32(0.8)], [0.0, 0.0]]


@pytest.mark.usefixtures("many_blas_threads")
@pytest.mark.parametrize("dim", [1, 64, 160, 20_000])
@pytest.mark.parametrize("n", [0, 1, 127, 128, 1_000])
def test_products_with_a_vector_are_those_of_numpy_and_leave_the_threads_of_blas_alone(n: int, dim: int) -> None:
    generator = np.random.default_rng(n + dim)
    rows = generator.standard_normal((n, dim)).astype(np.float32)
    vector = generator.standard_normal(dim).astype(np.float32)
    before = [pool["num_threads"] for pool in threadpool_info()]
    np.testing.assert_allclose(products(rows, vector), rows @ vector, rtol=1e-4, atol=1e-3)
    assert [pool["num_threads"] for pool in threadpool_info()] == before


def test_threads_read_arrays_at_once(tmp_path: Path) -> None:
    """`np.load` evaluates headers as Python, which sometimes fails if several threads do it (CPython issue 106905)."""
    np.save(tmp_path / "one.npy", np.arange(3))
    np.savez(tmp_path / "several.npz", first=np.arange(2), second=np.arange(4))
    read = (partial(mapped, tmp_path / "one.npy"), partial(read_arrays, tmp_path / "several.npz", ("second", "first")))
    with ThreadPoolExecutor(8) as threads:
        found = list(threads.map(lambda read: read(), read * 500))
    assert all(one.tolist() == [0, 1, 2] for one in found[::2])
    assert all([array.tolist() for array in several] == [[0, 1, 2, 3], [0, 1]] for several in found[1::2])


@pytest.mark.parametrize(
    "array",
    [
        np.zeros(0, "S1"),
        np.zeros((0, 16), np.float32),
        np.array(7),
        np.arange(6.0).reshape(2, 3),
        np.asfortranarray(np.arange(6, dtype=np.float32).reshape(2, 3)),
        np.array([b"a", b"bcd"]),
        np.array(["ä"]),
        np.array([True, False]),
    ],
    ids=lambda array: f"{array.dtype}{array.shape}",
)
def test_what_numpy_writes_is_read(tmp_path: Path, array: Any) -> None:
    np.save(tmp_path / "a.npy", array)
    np.savez(tmp_path / "stored.npz", a=array)
    np.savez_compressed(tmp_path / "packed.npz", a=array)
    for found in (
        mapped(tmp_path / "a.npy"),
        *read_arrays(tmp_path / "stored.npz", ["a"]),
        *read_arrays(tmp_path / "packed.npz", ["a"]),
    ):
        assert found.dtype == array.dtype
        np.testing.assert_array_equal(found, array, strict=True)


def npy(header: bytes, body: bytes = bytes(1_000)) -> bytes:
    return b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header + body


def header(descr: str = "'<f4'", shape: str = "(10,)", order: str = "False") -> bytes:
    return f"{{'descr': {descr}, 'fortran_order': {order}, 'shape': {shape}, }}\n".encode()


FORGED = {
    "nothing": b"",
    "only a magic": b"\x93NUMPY\x01\x00",
    "a header that is cut off": npy(header())[:40],
    "numbers that are cut off": npy(header(), bytes(39)),
    "forty gigabytes": npy(header(shape="(10000000000,)")),
    "a shape beyond 64 bits": npy(header(shape="(4294967296, 4294967296, 4294967296)")),
    "a shape whose product is 0 in 64 bits": npy(header(shape="(4294967296, 4294967296)")),
    "a negative shape": npy(header(shape="(-1,)")),
    "numbers without bytes": npy(header("'|S0'", "(1000000000000,)")),
    "objects": npy(header("'|O'")),
    "records": npy(header("[('a', '<f4')]")),
    "dates": npy(header("'<M8'")),
    "the other byte order": npy(header("'>f4'")),
    "an unknown type": npy(header("'<q9'")),
    "a type of a gigabyte": npy(header("'|S999999999'")),
    "deep brackets": npy(b"{'descr': " + b"(" * 9_000),
    "many signs": npy(b"{'descr': " + b"-" * 9_000 + b"1}"),
    "code": npy(b"__import__('os').abort()\n"),
    "a version of the future": b"\x93NUMPY\x09\x00" + npy(header())[8:],
    "a header of four gigabytes": b"\x93NUMPY\x02\x00\xff\xff\xff\xff" + header() + bytes(1_000),
}


@pytest.mark.parametrize("content", FORGED.values(), ids=FORGED)
def test_a_forged_array_is_refused_before_memory_is_reserved(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.npy").write_bytes(content)
    with zipfile.ZipFile(tmp_path / "a.npz", "w") as archive:
        archive.writestr("a.npy", content)
    for read in (partial(mapped, tmp_path / "a.npy"), partial(read_arrays, tmp_path / "a.npz", ["a"])):
        with pytest.raises(ValueError, match=r"array|cut off"):
            read()


@pytest.mark.parametrize("compression", [zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_few_bytes_do_not_unpack_to_many(tmp_path: Path, compression: int) -> None:
    n = 20_000_000
    with zipfile.ZipFile(tmp_path / "a.npz", "w", compression) as archive, archive.open("a.npy", "w") as member:
        member.write(npy(header(shape=f"({n},)"), b""))
        for _ in range(4 * n // 1_000_000):
            member.write(bytes(1_000_000))
    tracemalloc.start()
    try:
        with pytest.raises(ValueError, match=r"a\.npy is"):
            read_arrays(tmp_path / "a.npz", ["a"], 100_000)
        assert tracemalloc.get_traced_memory()[1] < 10_000_000
    finally:
        tracemalloc.stop()


def test_an_archive_that_is_damaged_anywhere_is_an_error_of_its_own(tmp_path: Path) -> None:
    np.savez_compressed(tmp_path / "a.npz", a=np.arange(100.0))
    content, path = (tmp_path / "a.npz").read_bytes(), tmp_path / "b.npz"
    generator = np.random.default_rng(0)
    for _ in range(400):
        damaged = bytearray(content)
        for at in generator.integers(len(content), size=3):
            damaged[at] = generator.integers(256)
        path.write_bytes(damaged[: generator.integers(1, 2 * len(content))])
        with suppress(ValueError, OSError):
            read_arrays(path, ["a"])


@pytest.mark.parametrize("n", [0, 1, 3])
@pytest.mark.parametrize("dim", [3, 960])
def test_vectors_are_turned_onto_axes(n: int, dim: int) -> None:
    rng = np.random.default_rng(0)
    vectors, axes = rng.standard_normal((n, dim)), rng.standard_normal((50, dim))
    for rows in (axes, np.asfortranarray(axes)):
        found = turned(vectors, rows)
        assert found.dtype == np.float64
        np.testing.assert_allclose(found, vectors @ axes.T, atol=1e-12)
