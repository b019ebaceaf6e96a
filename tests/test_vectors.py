"""What any room may do with vectors."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from threadpoolctl import threadpool_info

from spotrec.vectors import evenly, mapped, products, read_arrays, unit


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


@pytest.mark.parametrize("dim", [1, 64, 160, 20_000])
@pytest.mark.parametrize("n", [0, 1, 127, 128, 1_000])
def test_products_with_a_vector_are_those_of_numpy_and_leave_the_threads_of_blas_alone(n: int, dim: int) -> None:
    generator = np.random.default_rng(n + dim)
    rows = generator.standard_normal((n, dim)).astype(np.float32)
    vector = generator.standard_normal(dim).astype(np.float32)
    before = [pool["num_threads"] for pool in threadpool_info()]
    np.testing.assert_allclose(products(rows, vector), rows @ vector, rtol=1e-4, atol=1e-3)
    assert [pool["num_threads"] for pool in threadpool_info()] == before


def test_threads_read_the_headers_of_arrays_one_after_another(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With two at once, Python 3.11 sometimes raises SystemError: AST constructor recursion depth mismatch."""
    reading = threading.Semaphore()
    load = np.load

    def load_alone(*args: Any, **kwargs: Any) -> Any:
        assert reading.acquire(blocking=False)
        time.sleep(0.01)  # long enough for the others to come
        reading.release()
        return load(*args, **kwargs)

    np.save(tmp_path / "one.npy", np.arange(3))
    np.savez(tmp_path / "several.npz", first=np.arange(2), second=np.arange(4))
    monkeypatch.setattr(np, "load", load_alone)
    read = (partial(mapped, tmp_path / "one.npy"), partial(read_arrays, tmp_path / "several.npz", ("second", "first")))
    with ThreadPoolExecutor(4) as threads:
        one, several, *_ = list(threads.map(lambda read: read(), read * 4))
    assert one.tolist() == [0, 1, 2]
    assert [array.tolist() for array in several] == [[0, 1, 2, 3], [0, 1]]
