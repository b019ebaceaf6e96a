"""The store as a whole: counts, and transactions of threads and processes."""

import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from spotrec.errors import StoreError
from spotrec.store import Embedding, FeatureStore, StoreCounts
from spotrec.track import (
    Ears,
    Stage,
    Track,
    TrackId,
)
from support.catalogue import MIXTAPE, MODEL, OTHER_MODEL, audio_of, embedding, song, songs


def test_counts_add_up(store: FeatureStore) -> None:
    store.tracks.add(songs(6), MIXTAPE)
    store.tracks.add_seed(song(9))
    for n in (0, 1, 2):
        store.audio.save(audio_of(song(n)))
    store.embeddings.save(MODEL, [embedding(song(n)) for n in (0, 3, 9)])
    store.embeddings.save(OTHER_MODEL, [embedding(song(4))])
    store.audio.forget(song(0).id)
    store.failures.record(song(1).id, Stage.EXTRACT, "silent", "")
    store.audio.save(audio_of(song(9)))  # the audio of a seed is none of the catalogue's
    assert store.counts(Ears.of(MODEL)) == StoreCounts(
        tracks=6,
        collections=1,
        with_audio=2,
        cached=3,
        cached_bytes=3000,
        without_audio=2,
        needs_no_audio=2,
        embedded=2,
        pending=1,
        failed=1,
    )


def test_a_batch_with_a_fault_in_it_is_not_stored_at_all(store: FeatureStore) -> None:
    store.tracks.add([song(1), song(2)])
    with pytest.raises(StoreError) as refused:
        store.embeddings.save(MODEL, [embedding(song(1)), replace(embedding(song(2)), provider="\ud800")])  # no UTF-8
    assert refused.value.hint
    assert store.embeddings.get(song(1).id, MODEL) is None
    store.embeddings.save(MODEL, [embedding(song(1))])
    assert store.embeddings.get(song(1).id, MODEL) is not None


def test_an_interrupt_in_the_middle_of_a_batch_stores_none_of_it(store: FeatureStore) -> None:
    store.tracks.add([song(1)])

    def interrupted() -> Iterator[Embedding]:
        yield embedding(song(1))
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        store.embeddings.save(MODEL, interrupted())
    assert store.embeddings.get(song(1).id, MODEL) is None
    store.tracks.add([song(2)])
    assert store.integrity_faults() == []


WRITER = """
import os, signal, sys
from pathlib import Path
import numpy as np
from spotrec.store import Embedding, FeatureStore
from spotrec.track import ModelId, Track, TrackId

store, name, n_tracks = FeatureStore(Path(sys.argv[1])), sys.argv[2], int(sys.argv[3])
model = ModelId("choi", 1, 3)
for start in range(0, n_tracks, 20):
    ids = [TrackId(f"{name}:{n}") for n in range(start, start + 20)]
    store.tracks.add([Track(id_, id_) for id_ in ids])

    def heard():
        for id_ in ids:
            yield Embedding(id_, np.ones(3, np.float32), np.ones(1, np.float32), "test", id_)
        if start + 20 >= n_tracks and len(sys.argv) > 4:
            os.kill(os.getpid(), signal.SIGKILL)

    store.embeddings.save(model, heard())
"""


def test_a_writer_that_is_killed_loses_only_the_batch_it_was_in(store: FeatureStore) -> None:
    done = subprocess.run([sys.executable, "-c", WRITER, str(store.path), "w", "60", "die"], check=False)
    assert done.returncode == -signal.SIGKILL
    assert store.embeddings.count_by_model() == {"choi-1": 40}
    assert store.counts(Ears.of(MODEL)).tracks == 60
    store.tracks.add([song(1)])
    assert store.integrity_faults() == []


def test_two_processes_write_to_one_store_at_once(store: FeatureStore) -> None:
    command = [sys.executable, "-c", WRITER, str(store.path)]
    writers = [subprocess.Popen([*command, name, "400"]) for name in ("a", "b")]
    assert [writer.wait(120) for writer in writers] == [0, 0]
    assert store.counts(Ears.of(MODEL)).embedded == 800
    assert store.integrity_faults() == []


def test_two_connections_in_one_process_write_at_once(store: FeatureStore) -> None:
    def write(name: str) -> None:
        with FeatureStore(store.path) as own:
            for n in range(100):
                track = Track(TrackId(f"{name}:{n}"), "Song", isrc=f"USRC176{n:05d}")
                own.audio.save(replace(audio_of(track), track_id=own.tracks.add([track])[0]))

    threads = [threading.Thread(target=write, args=(name,)) for name in ("a", "b", "c")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    counts = store.counts(Ears.of(MODEL))
    assert (counts.tracks, counts.with_audio) == (100, 100), "one track for each ISRC, whoever came first"
    assert store.integrity_faults() == []


def test_a_reader_sees_what_was_committed_while_another_writes(store: FeatureStore) -> None:
    store.tracks.add([song(1)])
    seen: list[int] = []

    def looked_at() -> Iterator[Embedding]:
        yield embedding(song(1))
        with FeatureStore(store.path, create=False) as reader:
            seen.append(reader.counts(Ears.of(MODEL)).embedded)

    store.embeddings.save(MODEL, looked_at())
    with FeatureStore(store.path, create=False) as reader:
        seen.append(reader.counts(Ears.of(MODEL)).embedded)
    assert seen == [0, 1]


def test_what_sqlite_cannot_hold_is_refused_or_replaced(tmp_path: Path) -> None:
    with FeatureStore(tmp_path / "a.db") as store:
        with pytest.raises(StoreError):
            store.tracks.add([Track(TrackId("x"), "x", duration_ms=2**70)])
        store.tracks.add([Track(TrackId("y"), "y \ud800", ("\udfff",))])
        kept = store.tracks.get("y")
        assert kept is not None
        assert (kept.title, kept.artists) == ("y ?", ("?",))
