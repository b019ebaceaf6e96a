"""The contract of every executor: on this machine, and on a cluster of real workers on loopback."""

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from spotrec.audio.cache import AudioCaches
from spotrec.audio.decode import decode
from spotrec.errors import CacheError, Reason
from spotrec.extract.decode_pool import DecodePool
from spotrec.extract.executors import ClipFeatures, Executor, FaultyClip
from spotrec.extract.executors.cluster import ClusterExecutor
from spotrec.extract.executors.local import LocalExecutor
from spotrec.extract.front_end import FrontEnd
from spotrec.extract.models.choi.front_end import SAMPLE_RATE_HZ, log_melspectrogram
from spotrec.extract.models.choi.model import CHOI_1, CHOI_2, ChoiNetwork
from spotrec.extract.models.choice import with_weights
from spotrec.settings import Settings
from spotrec.system.digests import sha256
from spotrec.track import Ears, ModelId, PendingAudio, StoredAudio, TrackId
from support.dask_cluster import DaskCluster, dask_cluster
from support.music import encoded, tune

MAX_MB = 50
Make = Callable[[], Executor]


@pytest.fixture(scope="module")
def networks(weights: Path) -> dict[ModelId, ChoiNetwork]:
    """Two networks that hear together."""
    ids = [with_weights(Settings(weights=weights), model).id for model in (CHOI_1, CHOI_2)]
    return {id_: ChoiNetwork(weights, id_) for id_ in ids}


@pytest.fixture(scope="module")
def ears(networks: dict[ModelId, ChoiNetwork]) -> Ears:
    return Ears.of(*networks)


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory, weights: Path) -> Iterator[DaskCluster]:
    with dask_cluster(tmp_path_factory.mktemp("cluster"), 2, weights) as cluster:
        yield cluster


@pytest.fixture(scope="module", params=["local", "cluster"])
def make(
    request: pytest.FixtureRequest, networks: dict[ModelId, ChoiNetwork], tmp_path_factory: pytest.TempPathFactory
) -> Make:
    """Begin an executor of this kind."""
    settings = Settings(data_dir=tmp_path_factory.mktemp("data"), max_audio_mb=MAX_MB)

    def local() -> Executor:
        pool = DecodePool({id_: FrontEnd(SAMPLE_RATE_HZ, log_melspectrogram) for id_ in networks}, 2)
        return LocalExecutor(list(networks.values()), pool, AudioCaches(settings), MAX_MB * 1_000_000)

    if request.param == "local":
        return local
    address = request.getfixturevalue("cluster").address
    return lambda: ClusterExecutor(address, Ears.of(*networks), settings)


@pytest.fixture(scope="module")
def executor(make: Make) -> Iterator[Executor]:
    executor = make()
    yield executor
    executor.close()


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory, ears: Ears) -> list[PendingAudio]:
    """Nineteen: whatever a batch is, the last one is not full."""
    folder = tmp_path_factory.mktemp("clips")
    return [pending(folder / f"{i}.wav", encoded(tune(i, 3.2), "WAV"), ears) for i in range(19)]


def pending(path: Path, content: bytes, ears: Ears) -> PendingAudio:
    path.write_bytes(content)
    audio = StoredAudio(TrackId(f"file:{path.stem}"), str(path), False, sha256(content), len(content), "file")
    return PendingAudio(audio, ears)


def test_every_clip_is_heard_once_and_bit_for_bit_as_by_itself(
    executor: Executor, networks: dict[ModelId, ChoiNetwork], clips: list[PendingAudio]
) -> None:
    results = list(executor.hear(clips))
    assert sorted(result.audio.track_id for result in results) == sorted(clip.audio.track_id for clip in clips)
    for result in results:
        assert isinstance(result, ClipFeatures)
        assert set(result.by_model) == set(networks)
        clip = CHOI_2.prepare(decode(Path(result.audio.address).read_bytes(), CHOI_2.sample_rate_hz))
        for model, network in networks.items():
            vectors, tags = network.embed([clip])
            heard = result.by_model[model]
            np.testing.assert_array_equal(heard.vector, vectors[0])
            np.testing.assert_array_equal(heard.tags, tags[0])
            assert heard.vector.dtype == heard.tags.dtype == np.dtype(np.float32)


def test_a_clip_is_heard_by_the_ears_that_lack_it_and_by_no_other(
    executor: Executor, ears: Ears, clips: list[PendingAudio]
) -> None:
    first, second = (Ears.of(model) for model in ears.models)
    lacking = {clip.audio.track_id: (first, second, ears)[i % 3] for i, clip in enumerate(clips)}
    results = executor.hear(PendingAudio(clip.audio, lacking[clip.audio.track_id]) for clip in clips)
    found = {one.audio.track_id: set(one.by_model) for one in results if isinstance(one, ClipFeatures)}
    assert found == {id_: set(of.models) for id_, of in lacking.items()}


def test_a_long_file_is_heard_in_as_many_excerpts_as_are_wanted_and_a_short_one_in_one(
    executor: Executor, ears: Ears, clips: list[PendingAudio], tmp_path: Path
) -> None:
    sound = np.concatenate([tune(seed, 40.0) for seed in range(3)])
    long = pending(tmp_path / "long.flac", encoded(sound, "FLAC"), ears)
    tasks = [PendingAudio(one.audio, ears, 3) for one in (*clips[:9], long)]
    results = {one.audio.track_id: one for one in executor.hear(tasks)}
    assert len(results) == 10
    for id_, result in results.items():
        assert isinstance(result, ClipFeatures)
        counted = {(one.excerpts, one.has_more) for one in result.by_model.values()}
        assert counted == {(3, True) if id_ == long.audio.track_id else (1, False)}


def test_nothing_to_hear_is_no_result(executor: Executor) -> None:
    assert list(executor.hear([])) == []


def test_a_faulty_clip_is_told_with_its_reason_and_the_others_are_heard(
    executor: Executor, ears: Ears, clips: list[PendingAudio], tmp_path: Path
) -> None:
    gone = pending(tmp_path / "gone.wav", b"x", ears)
    Path(gone.audio.address).unlink()
    changed = pending(tmp_path / "changed.wav", b"x", ears)
    Path(changed.audio.address).write_bytes(b"y")
    short = pending(tmp_path / "short.wav", encoded(tune(1, 1.0), "WAV"), ears)
    text = pending(tmp_path / "text.wav", b"a letter to my aunt", ears)
    results = list(executor.hear([*clips[:5], gone, changed, short, text, *clips[5:10]]))
    faults = {r.audio.track_id: r.error for r in results if isinstance(r, FaultyClip)}
    assert {name: error.reason for name, error in faults.items()} == {
        "file:gone": Reason.AUDIO_GONE,
        "file:changed": Reason.AUDIO_GONE,
        "file:short": Reason.TOO_SHORT,
        "file:text": Reason.NOT_AUDIO,
    }
    assert gone.audio.address in faults[gone.audio.track_id].message
    assert faults[gone.audio.track_id].hint
    assert len(results) == 14


def test_tasks_are_taken_as_they_are_needed(executor: Executor, clips: list[PendingAudio]) -> None:
    taken = 0

    def endless() -> Iterator[PendingAudio]:
        nonlocal taken
        for _ in range(10_000):
            taken += 1
            yield clips[taken % len(clips)]

    results = executor.hear(endless())
    for _ in range(20):
        next(results)
    assert 20 <= taken < 200
    results.close()  # type: ignore[attr-defined] # every one is a generator
    assert len(list(executor.hear(clips[:3]))) == 3, "what is left of them is in nobody's way"


def test_a_cache_that_fails_ends_it_and_what_was_heard_is_given(
    executor: Executor, ears: Ears, clips: list[PendingAudio], tmp_path: Path
) -> None:
    (tmp_path / "deezer-track-1").mkdir()  # where a file should be
    broken = StoredAudio(TrackId("deezer:track:1"), str(tmp_path / "deezer-track-1"), True, "0" * 64, 1, "deezer")
    results = executor.hear([*clips[:8], PendingAudio(broken, ears)])
    heard = {next(results).audio.track_id for _ in range(8)}
    assert heard == {clip.audio.track_id for clip in clips[:8]}
    with pytest.raises(CacheError, match="cannot be used") as caught:
        next(results)
    assert caught.value.hint


def test_what_is_too_large_is_not_heard(executor: Executor, ears: Ears, tmp_path: Path) -> None:
    path = tmp_path / "large.wav"
    with path.open("wb") as file:
        file.truncate(MAX_MB * 1_000_000 + 1)
    large = StoredAudio(TrackId("file:large"), str(path), False, "0" * 64, 1, "file")
    (result,) = executor.hear([PendingAudio(large, ears)])
    assert isinstance(result, FaultyClip)
    assert result.error.reason is Reason.TOO_LARGE


def test_it_may_be_closed_twice(make: Make, clips: list[PendingAudio]) -> None:
    executor = make()
    assert len(list(executor.hear(clips[:1]))) == 1
    executor.close()
    executor.close()
