"""One store shared by threads: each reads over a connection of its own, one writes at a time."""

import gc
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TypeVar

import pytest

from spotrec.errors import StoreError
from spotrec.store import Embedding, FeatureStore
from spotrec.track import Ears
from support.catalogue import MODEL, embedding, song, songs

TIMEOUT_S = 30.0
SLOW = "with recursive n(i) as (select 1 union all select i + 1 from n) select max(i) from n"

REMOVER = """
import sys
from pathlib import Path
from typing import TypeVar
from spotrec.store import FeatureStore
with FeatureStore(Path(sys.argv[1])) as store:
    store.removal.remove([sys.argv[2]])
"""


T = TypeVar("T")


def in_a_thread(do: Callable[[], T]) -> T:
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(do).result(TIMEOUT_S)


@contextmanager
def writing(store: FeatureStore) -> Iterator[None]:
    """Another thread is in the middle of a transaction, which has changed something."""
    begun, done = threading.Event(), threading.Event()

    def write() -> None:
        def embeddings() -> Iterator[Embedding]:
            yield embedding(song(1), [7] * 3)
            begun.set()
            assert done.wait(TIMEOUT_S)

        store.embeddings.save(MODEL, embeddings())

    with ThreadPoolExecutor(1) as thread:
        future = thread.submit(write)
        try:
            assert begun.wait(TIMEOUT_S)
            yield
        finally:
            done.set()
            future.result(TIMEOUT_S)


def n_open(path: Path) -> int:
    """How many times this process has the file open."""
    return sum(link.resolve() == path for link in Path("/proc/self/fd").iterdir())


def test_many_threads_read_while_one_writes(store: FeatureStore) -> None:
    store.tracks.add(songs(100))
    is_over = threading.Event()

    def read() -> int:
        n_reads = 0
        while not is_over.is_set():
            with store.at_one_moment():
                counts = store.counts(Ears.of(MODEL))
                found = store.embeddings.get_many([song(n).id for n in range(100)], MODEL)
                assert counts.embedded == len(found)
                assert counts.embedded % 10 == 0, "a batch is there whole or not at all"
                assert all(one.vector[0] == one.vector[2] for one in found.values())
            n_reads += 1
        return n_reads

    with ThreadPoolExecutor(8) as threads:
        readers = [threads.submit(read) for _ in range(8)]
        try:
            for value in range(5):
                for start in range(0, 100, 10):
                    batch = [embedding(song(n), [value] * 3) for n in range(start, start + 10)]
                    store.embeddings.save(MODEL, batch)
        finally:
            is_over.set()
        assert all(reader.result(TIMEOUT_S) > 0 for reader in readers)
    assert store.counts(Ears.of(MODEL)).embedded == 100
    assert store.integrity_faults() == []


def test_threads_write_one_after_the_other_and_lose_nothing(store: FeatureStore) -> None:
    def write(name: int) -> None:
        for n in range(50):
            store.tracks.add([song(100 * name + n)])
            assert store.tracks.get(song(100 * name + n).id), "a thread sees what it wrote"

    with ThreadPoolExecutor(6) as threads:
        for one in [threads.submit(write, name) for name in range(6)]:
            one.result(TIMEOUT_S)
    assert store.counts(Ears.of(MODEL)).tracks == 300


def test_reading_does_not_wait_for_a_writer(store: FeatureStore) -> None:
    store.tracks.add([song(1)])
    with writing(store):
        assert store.embeddings.get(song(1).id, MODEL) is None
        assert in_a_thread(lambda: store.counts(Ears.of(MODEL)).embedded) == 0
    assert store.embeddings.get(song(1).id, MODEL) is not None


def test_a_transaction_sees_what_it_wrote_and_takes_all_of_it_back(store: FeatureStore) -> None:
    def embeddings() -> Iterator[Embedding]:
        yield embedding(song(1))
        assert store.embeddings.get(song(1).id, MODEL) is not None
        store.tracks.add([song(2)])
        raise KeyboardInterrupt

    store.tracks.add([song(1)])
    with pytest.raises(KeyboardInterrupt):
        store.embeddings.save(MODEL, embeddings())
    assert store.embeddings.get(song(1).id, MODEL) is None
    assert store.tracks.get(song(2).id) is None, "a transaction within another is part of it"


def remove_by_a_thread(store: FeatureStore) -> None:
    in_a_thread(lambda: store.removal.remove([song(1).id]))


def remove_by_a_process(store: FeatureStore) -> None:
    subprocess.run([sys.executable, "-c", REMOVER, str(store.path), song(1).id], check=True, timeout=TIMEOUT_S)


@pytest.mark.parametrize("remove", [remove_by_a_thread, remove_by_a_process])
def test_what_is_removed_meanwhile_is_there_until_the_moment_ends(
    store: FeatureStore, remove: Callable[[FeatureStore], None]
) -> None:
    store.tracks.add([song(1)])
    store.embeddings.save(MODEL, [embedding(song(1))])
    with store.at_one_moment():
        remove(store)
        with store.at_one_moment():
            assert store.tracks.get(song(1).id) == song(1)
        assert store.embeddings.get(song(1).id, MODEL) is not None
        assert store.candidates.get([song(1).id]).keys() == {song(1).id}
        assert store.catalogue.read(Ears.of(MODEL)).ids == [song(1).id]
        assert in_a_thread(lambda: store.tracks.get(song(1).id)) is None, "the moment is of this thread only"
    assert store.tracks.get(song(1).id) is None


def test_nothing_can_be_written_within_a_moment(store: FeatureStore) -> None:
    with store.at_one_moment(), pytest.raises(RuntimeError, match="before it begins"):
        store.tracks.add([song(1)])
    store.tracks.add([song(1)])
    assert store.tracks.get(song(1).id) == song(1)


def test_a_moment_ends_with_an_error_too(store: FeatureStore) -> None:
    with pytest.raises(ZeroDivisionError), store.at_one_moment():
        raise ZeroDivisionError
    store.tracks.add([song(1)])
    assert store.tracks.get(song(1).id) == song(1)


def test_a_query_of_rows_cannot_write(store: FeatureStore) -> None:
    store.tracks.add([song(1)])
    for _ in range(2):
        with pytest.raises(StoreError):
            store.rows("delete from track")
    assert in_a_thread(lambda: store.rows("select id from track where id = ?", (song(1).id,)))[0]["id"] == song(1).id


@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="open files are counted as Linux lists them")
def test_a_thread_that_ends_gives_its_connection_back(store: FeatureStore) -> None:
    store.tracks.add([song(1)])
    path = store.path.resolve()
    for _ in range(50):
        assert in_a_thread(lambda: store.tracks.get(song(1).id)) == song(1)
    gc.collect()
    assert n_open(path) <= 3, "a reader of this thread, one of the others, and the writer"
    store.close()
    assert n_open(path) == 0


def test_a_store_is_closed_while_others_read_it(store: FeatureStore) -> None:
    store.tracks.add([song(1)])
    n_begun = threading.Semaphore(0)

    def read() -> None:
        n_begun.release()
        while True:
            store.tracks.get(song(1).id)
            store.rows("select * from track")

    def read_slowly() -> None:
        n_begun.release()
        store.rows(SLOW)

    with ThreadPoolExecutor(6) as threads:
        readers = [threads.submit(one) for one in (read, read, read, read, read_slowly, read_slowly)]
        for _ in readers:
            assert n_begun.acquire(timeout=TIMEOUT_S)
        store.close()
        for reader in readers:
            with pytest.raises(StoreError, match="closed"):
                reader.result(TIMEOUT_S)
    with pytest.raises(StoreError, match="closed"):
        store.tracks.add([song(2)])
    store.close()


def test_a_statement_that_begins_while_the_store_is_closed_ends_too(store: FeatureStore) -> None:
    begun = threading.Event()

    class UntilClosed(dict[str, int]):
        """A parameter whose value is there once the store refuses to read: after the check, before the statement."""

        def __missing__(self, key: str) -> int:
            begun.set()
            with suppress(StoreError):
                while True:
                    store.rows("select 1")
            return 1

    with ThreadPoolExecutor(1) as thread:
        reader = thread.submit(store.rows, f"{SLOW} limit :n", UntilClosed())
        assert begun.wait(TIMEOUT_S)
        store.close()
        with pytest.raises(StoreError, match="closed"):
            reader.result(TIMEOUT_S)


def test_a_store_that_is_closed_while_another_thread_writes_takes_its_transaction_whole_or_not(
    store: FeatureStore,
) -> None:
    store.tracks.add(songs(1000))
    begun = threading.Event()

    def write() -> None:
        while True:
            store.embeddings.save(MODEL, [embedding(song(n)) for n in range(1000)])
            begun.set()

    with ThreadPoolExecutor(1) as thread:
        writer = thread.submit(write)
        assert begun.wait(TIMEOUT_S)
        store.close()
        with pytest.raises(StoreError, match="closed"):
            writer.result(TIMEOUT_S)
    with FeatureStore(store.path, create=False) as again:
        assert again.counts(Ears.of(MODEL)).embedded == 1000
        assert again.integrity_faults() == []


def test_a_thread_that_comes_to_a_store_whose_file_is_gone_makes_no_new_one(store: FeatureStore) -> None:
    assert store.rows("select id from track") == []
    store.path.unlink()
    with pytest.raises(StoreError, match="cannot be"):
        in_a_thread(lambda: store.rows("select id from track"))
    assert not store.path.exists()
