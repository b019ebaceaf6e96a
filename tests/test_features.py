"""What one store tells another arrives as it was."""

import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spotrec import Recommender
from spotrec.features.parquet_file import FeatureFile
from spotrec.names.titles import one_line
from spotrec.store import Embedding, FeatureStore, StoredFeatures
from spotrec.track import ModelId, Track, TrackId
from support.catalogue import CHOI, embedding, song, songs
from support.waiting import wait_until

SEED = int(os.environ.get("SPOTREC_TEST_KILL_SEED", str(time.time_ns() % 100_000)))

hexes = st.text("0123456789abcdef", min_size=32, max_size=32)
lines = st.text(max_size=40).map(one_line)
optional_lines = st.none() | lines.filter(bool)
isrcs = st.from_regex("[A-Z]{2}[A-Z0-9]{3}[0-9]{7}", fullmatch=True)
ids = st.one_of(
    st.from_regex("spotify:track:[0-9A-Za-z]{22}", fullmatch=True),
    st.from_regex("deezer:track:[1-9][0-9]{0,15}", fullmatch=True),
    isrcs.map("isrc:{}".format),
    hexes.map("file:{}".format),
    hexes.map("name:{}".format),
)
tracks = st.builds(
    Track,
    id=ids.map(TrackId),
    title=lines.filter(bool),
    artists=st.lists(lines.filter(bool), max_size=4).map(tuple),
    album=optional_lines,
    isrc=st.none() | isrcs,
    duration_ms=st.none() | st.integers(0, 10**9 - 1),
    release_date=optional_lines,
    explicit=st.none() | st.booleans(),
    url=st.none() | hexes.map("https://example.com/{}".format),
    path=st.none()
    | st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=50).map("/music/{}".format),
)
models = st.sampled_from(
    [CHOI, ModelId("choi", 1, 160, "0123abcd"), ModelId("clap", 2, 3), ModelId("music_nn-x", 11, 7, "ffffffff")]
)


def heard(track: Track, model: ModelId, seed: int) -> Embedding:
    """All kinds of float32: denormal, negative zero, large and small."""
    chance = np.random.default_rng(seed)
    vector = np.exp(chance.uniform(-100, 13, model.dim)).astype(np.float32) * chance.choice([-1, 1], model.dim)
    vector[:3] = [-0.0, 0.0, 1e-45]
    tags = chance.choice([0, -0.0, 1, 1e-45, 0.1, 1 / 3], 50)
    return embedding(track, vector, tags, audio=f"{seed:064x}")


def all_features(path: Path) -> Iterator[StoredFeatures]:
    with FeatureStore(path) as store:
        yield from store.exchange.read()


def plainly(one: StoredFeatures) -> tuple[object, ...]:
    sound = one.embedding
    bits = sound.vector.tobytes(), sound.tags.tobytes()
    return (one.track, one.aliases, one.model, bits, sound.provider, sound.audio_sha256, one.created_at)


features = st.tuples(tracks, models, st.integers(0, 10**6))


# few files of many rows: each file is opened by a process of its own
@settings(max_examples=20, deadline=None)
@given(st.lists(features, min_size=1, max_size=12) | st.lists(features, min_size=20, max_size=40))
def test_a_round_trip_is_exact(drawn: list[tuple[Track, ModelId, int]]) -> None:
    with TemporaryDirectory() as name:
        folder = Path(name)
        with FeatureStore(folder / "one.db") as store:
            for track, model, seed in drawn:
                (id_,) = store.tracks.add([track])
                kept = store.tracks.get(id_)
                assert kept is not None
                store.embeddings.save(model, [heard(kept, model, seed)])
        with sqlite3.connect(folder / "one.db") as db:  # long ago, so that no second clock tick hides a new time
            db.execute("update embedding set created_at = '2001-02-03T04:05:06+00:00'")
        with Recommender(store=folder / "one.db") as recommender:
            recommender.export_features(folder / "one.parquet", all_models=True, paths=True)
        with Recommender(store=folder / "two.db") as recommender:
            report = recommender.import_features(folder / "one.parquet", paths=True)
            assert report.faults == []
            assert report.added == report.rows
            recommender.export_features(folder / "two.parquet", all_models=True, paths=True)
        one, two = (pq.read_table(folder / f"{name}.parquet") for name in ("one", "two"))
        assert one.num_rows == report.rows
        assert two.equals(one)
        before, after = (list(map(plainly, all_features(folder / f"{name}.db"))) for name in ("one", "two"))
        assert after == before


MANY = 11_001
"""More than two row groups, and not whole pages."""


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("shelf")


@pytest.fixture
def many(shelf: Path, tmp_path: Path) -> Path:
    """A folder with the store `one.db` of many tracks and its export `one.parquet`: the first test makes them."""
    if not (shelf / "one.parquet").exists():
        with FeatureStore(shelf / "one.db") as store:
            store.tracks.add(songs(MANY))
            store.embeddings.save(CHOI, [heard(song(i), CHOI, i) for i in range(MANY)])
        with Recommender(store=shelf / "one.db") as recommender:
            assert recommender.export_features(shelf / "one.parquet").rows == MANY
    return shutil.copytree(shelf, tmp_path / "many")


def test_every_row_group_comes_back(many: Path) -> None:
    assert pq.read_metadata(many / "one.parquet").num_row_groups == 3
    with FeatureFile(many / "one.parquet") as file:
        rows = [row for page in file.pages(paths=False) for row in page]
    assert [number for number, _ in rows] == list(range(1, MANY + 1))
    before = map(plainly, all_features(many / "one.db"))
    assert all(
        isinstance(row, StoredFeatures) and plainly(row) == was for (_, row), was in zip(rows, before, strict=True)
    )


@pytest.mark.parametrize("command", ["import", "export"])
def test_killed_anywhere_and_run_again_it_goes_on(command: str, many: Path) -> None:
    chance = random.Random(SEED)
    file = many / "one.parquet"
    before = pq.read_table(file)
    other = many / ("two.db" if command == "import" else "one.db")
    arguments = [sys.executable, "-m", "spotrec", "features", command, str(file), "--store", str(other)]
    killed = 0
    for _ in range(4):
        process = subprocess.Popen(arguments, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        begun = "two.db" if command == "import" else ".part-*"
        wait_until(lambda: process.poll() is not None or any(many.glob(begun)), every_s=0.002)  # noqa: B023 - called here
        time.sleep(chance.uniform(0, 0.4))
        killed += process.poll() is None
        process.send_signal(signal.SIGKILL)
        process.communicate()
        assert pq.read_table(file).equals(before), f"half written (SPOTREC_TEST_KILL_SEED={SEED})"
        for part in many.glob(".part-*"):
            part.unlink()
    assert killed, "every kill came too late to be one"
    subprocess.run(arguments, check=True, capture_output=True)
    with Recommender(store=other) as recommender:
        recommender.export_features(many / "again.parquet")
    assert pq.read_table(many / "again.parquet").equals(before)
