"""`spotrec extract --cluster` against a real scheduler and real workers, which are killed in the middle."""

import itertools
import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections import deque
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from distributed import Security

from spotrec import Recommender
from spotrec.errors import CacheError, CacheRefused, ExitCode, Reason, SpotrecError
from spotrec.extract.executors import ClipFeatures, FaultyClip
from spotrec.extract.executors.cluster import ClusterExecutor
from spotrec.extract.executors.cluster_worker import VERSION
from spotrec.extract.models.choi.model import CHOI_2
from spotrec.extract.models.choice import with_weights
from spotrec.settings import Settings
from spotrec.system.digests import sha256
from spotrec.system.installation import install_command
from spotrec.track import Ears, ModelId, PendingAudio, StoredAudio, TrackId
from support.catalogue import write
from support.dask_cluster import WITHOUT_SPOTREC, DaskCluster, dask_cluster
from support.music import encoded, seeded_weights, tune, write_tagged
from support.plugins import model_code, write_package
from support.prepared import prepared
from support.s3 import S3Server
from support.waiting import wait_until

Run = Callable[..., Any]
Refused = Callable[..., str]
N_CLIPS = 64
"""A worker has two tasks of eight at a time: there is always more to do when something is killed."""
SLOW = ModelId("slow", 1, 4)
SLOW_CODE = (
    model_code(SLOW.name)
    .replace("import numpy", "import time\nimport numpy")
    .replace("pieces =", "time.sleep(0.05 * len(prepared)); pieces =")
)
"""A network that takes time and no processor, so that a run can be killed in the middle, and that needs no TensorFlow:
it starts in a tenth of the time where it does not matter what is heard."""
N_FEW = 10
"""One task, and another that is not full."""

KILLS_ITS_WORKER = """
import os, pickle, signal
from distributed.diagnostics.plugin import WorkerPlugin

class Poison(WorkerPlugin):
    def setup(self, worker):
        self.worker = worker
    def transition(self, key, start, finish, **more):
        if finish == "executing" and b"poison.wav" in pickle.dumps(self.worker.state.tasks[key].run_spec):
            os.kill(os.getpid(), signal.SIGKILL)

async def dask_setup(worker):
    await worker.plugin_add(plugin=Poison(), name="poison")
"""


@pytest.fixture(scope="module")
def slow(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Where the slow network is installed, as PYTHONPATH."""
    folder = tmp_path_factory.mktemp("slow")
    write_package(folder, SLOW.name, SLOW_CODE)
    return str(folder)


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory, weights: Path, slow: str) -> Iterator[DaskCluster]:
    with dask_cluster(tmp_path_factory.mktemp("cluster"), 2, weights, PYTHONPATH=slow) as cluster:
        yield cluster


@pytest.fixture(scope="module")
def without_workers(tmp_path_factory: pytest.TempPathFactory, weights: Path, slow: str) -> Iterator[DaskCluster]:
    with dask_cluster(tmp_path_factory.mktemp("scheduler"), 0, weights, PYTHONPATH=slow) as cluster:
        yield cluster


@pytest.fixture
def scheduler(without_workers: DaskCluster) -> Iterator[DaskCluster]:
    """A cluster whose workers a test starts; they end with it."""
    yield without_workers
    for name in [name for name in without_workers.processes if name != "scheduler"]:
        without_workers.kill(name)
    without_workers.wait_for(0)


@pytest.fixture
def doomed(tmp_path: Path, weights: Path, slow: str) -> Iterator[DaskCluster]:
    """A scheduler of the test's own, which it may kill."""
    (tmp_path / "cluster").mkdir()
    with dask_cluster(tmp_path / "cluster", 0, weights, PYTHONPATH=slow) as cluster:
        yield cluster


@pytest.fixture(scope="module")
def crawled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Data folders with clips to hear: `all` of them, and a `few`."""

    def crawl(folder: Path) -> None:
        for i in range(N_CLIPS):
            path = folder / "music" / ("few" if i < N_FEW else "more") / f"{i}.flac"
            write_tagged(path, tune(i, seconds=3.2), title=f"Tune {i}")
        for data, music in (("all", folder / "music"), ("few", folder / "music" / "few")):
            assert start(folder / data, "crawl", music).wait(120) == 0

    return prepared(tmp_path_factory, "crawled", crawl)


@pytest.fixture(scope="module")
def heard_here(crawled: Path, slow: str, tmp_path_factory: pytest.TempPathFactory) -> list[Any]:
    """What an undisturbed run of the slow network on this machine leaves in the store."""

    def hear(folder: Path) -> None:
        shutil.copytree(crawled / "all", folder / "data")
        run(folder / "data", "extract", "--model", SLOW.name, PYTHONPATH=slow)

    return stored(prepared(tmp_path_factory, "heard-here", hear) / "data")


@pytest.fixture(scope="module")
def few_heard_here(crawled: Path, weights: Path, tmp_path_factory: pytest.TempPathFactory) -> list[Any]:
    """The same of Choi's network and a few clips."""

    def hear(folder: Path) -> None:
        shutil.copytree(crawled / "few", folder / "data")
        with Recommender(data_dir=folder / "data", weights=weights, model="choi-2") as recommender:
            assert recommender.extract().extracted == N_FEW

    return stored(prepared(tmp_path_factory, "few-heard-here", hear) / "data")


@pytest.fixture
def data(crawled: Path, slow: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data folder with all clips, which the slow network is to hear."""
    monkeypatch.setenv("SPOTREC_MODEL", SLOW.name)
    monkeypatch.setenv("PYTHONPATH", slow, prepend=os.pathsep)
    return shutil.copytree(crawled / "all", tmp_path / "data")


@pytest.fixture
def few(crawled: Path, weights: Path, home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data folder with few clips, which commands of this process use."""
    monkeypatch.setenv("SPOTREC_WEIGHTS", str(weights))
    return shutil.copytree(crawled / "few", home / "data")


@pytest.fixture
def settings(weights: Path, tmp_path: Path) -> Settings:
    return Settings(weights=weights, data_dir=tmp_path / "data", timeout_s=5)


def start(data: Path, *arguments: object, **environment: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "spotrec", *map(str, arguments)]
    environment = {**os.environ, "SPOTREC_DATA_DIR": str(data), **environment}
    return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def run(data: Path, *arguments: object, code: int = 0, **environment: str) -> tuple[str, str]:
    return ended(start(data, *arguments, **environment), code)


def ended(process: subprocess.Popen[str], code: int) -> tuple[str, str]:
    out, said = process.communicate(timeout=180)
    assert process.returncode == code, f"{out}\n{said}"
    assert "Traceback" not in said, said
    return out, said


def rows(data: Path, sql: str) -> list[Any]:
    with sqlite3.connect(f"file:{data / 'spotrec.db'}?mode=ro", uri=True, timeout=5) as db:
        return db.execute(sql).fetchall()


def stored(data: Path) -> list[Any]:
    assert rows(data, "select * from failure") == []
    return rows(data, "select track_id, model, vector, tags, provider, audio_sha256 from embedding order by track_id")


def has_stored(data: Path, n: int) -> Callable[[], bool]:
    return lambda: rows(data, "select count(*) from embedding")[0][0] >= n


def ears_of(settings: Settings) -> Ears:
    return Ears.of(with_weights(settings, CHOI_2).id)


def clip(path: Path, content: bytes, ears: Ears) -> PendingAudio:
    path.write_bytes(content)
    audio = StoredAudio(TrackId(f"file:{path.stem}"), str(path), False, sha256(content), len(content), "file")
    return PendingAudio(audio, ears)


def test_a_worker_that_is_killed_costs_nothing_and_the_store_is_that_of_a_local_run(
    cluster: DaskCluster, data: Path, heard_here: list[Any]
) -> None:
    cluster.start_worker("doomed")
    cluster.wait_for(3)
    process = start(data, "extract", "--cluster", cluster.address, "--json")
    wait_until(has_stored(data, 16), "nothing is heard")
    cluster.kill("doomed")
    out, _ = ended(process, 0)
    assert json.loads(out)["extracted"] == N_CLIPS, "each once"
    assert stored(data) == heard_here


def test_a_coordinator_that_is_killed_goes_on_when_run_again(
    cluster: DaskCluster, data: Path, heard_here: list[Any]
) -> None:
    process = start(data, "extract", "--cluster", cluster.address)
    wait_until(has_stored(data, 16), "nothing is heard")
    process.kill()
    process.communicate()
    done = len(stored(data))
    assert 16 <= done < N_CLIPS
    out, _ = run(data, "extract", "--cluster", cluster.address, "--json")
    assert json.loads(out)["extracted"] == N_CLIPS - done
    assert stored(data) == heard_here


def test_ctrl_c_ends_it_at_once_and_keeps_what_is_done(cluster: DaskCluster, data: Path) -> None:
    process = start(data, "extract", "--cluster", cluster.address)
    wait_until(has_stored(data, 8), "nothing is heard")
    began = time.monotonic()
    process.send_signal(signal.SIGINT)
    _, said = ended(process, 130)
    assert time.monotonic() - began < 5
    assert "to continue: spotrec extract --cluster" in " ".join(said.split())
    assert 8 <= len(stored(data)) < N_CLIPS


def test_a_stranger_that_joins_later_ends_the_run_and_without_it_the_next_goes_on(
    cluster: DaskCluster, settings: Settings, tmp_path: Path
) -> None:
    clips = [clip(tmp_path / f"{i}.wav", encoded(tune(i, 3.2), "WAV"), ears_of(settings)) for i in range(3)]
    other = seeded_weights(tmp_path / "other.hdf5", seed=1)
    executor = ClusterExecutor(cluster.address, ears_of(settings), settings)
    results = executor.hear(itertools.cycle(clips))
    next(results)
    cluster.start_worker("stranger", "--nthreads", "8", SPOTREC_WEIGHTS=str(other))
    with pytest.raises(SpotrecError) as caught:
        deque(results, maxlen=0)
    strange = with_weights(Settings(weights=other), CHOI_2).id
    assert f"it runs spotrec {VERSION} with the model {strange}" in caught.value.message
    cluster.kill("stranger")
    assert len(list(executor.hear(clips))) == 3
    executor.close()


def test_a_worker_of_another_version_is_refused(scheduler: DaskCluster, refused: Refused, tmp_path: Path) -> None:
    info = tmp_path / "older" / "spotrec-0.0.9.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: spotrec\nVersion: 0.0.9\n")
    scheduler.start_worker("older", PYTHONPATH=str(info.parent))
    said = refused()
    assert "it runs spotrec 0.0.9 with the model choi-2" in said
    assert "this machine runs spotrec" in said


def test_a_worker_that_was_told_another_version_of_the_network_or_one_of_two_is_refused(
    scheduler: DaskCluster, refused: Refused
) -> None:
    scheduler.start_worker("told", SPOTREC_MODEL="choi-1")
    assert "with the model choi-1+" in refused()
    said = refused("--model", "choi-1", "--model", "choi-2")
    assert "with the model choi-1+" in said
    assert "this machine runs spotrec" in said


def test_a_worker_hears_with_the_version_that_is_wanted(cluster: DaskCluster, spotrec: Run, few: Path) -> None:
    spotrec("extract", "--cluster", cluster.address, "--model", "choi-1")
    assert [row[1].partition("+")[0] for row in stored(few)] == N_FEW * ["choi-1"]


def test_a_worker_hears_with_several_and_with_the_one_that_lacks_something(
    cluster: DaskCluster, scheduler: DaskCluster, spotrec: Run, few: Path, few_heard_here: list[Any]
) -> None:
    two = ("--model", "choi-1", "--model", "choi-2")
    out = spotrec("extract", "--cluster", cluster.address, "--json", *two).stdout
    assert json.loads(out)["extracted"] == N_FEW, "each once, by both"
    assert [row for row in stored(few) if row[1].startswith("choi-2")] == few_heard_here
    write(few / "spotrec.db", "delete from embedding where model like 'choi-1%'")
    scheduler.start_worker("of both", SPOTREC_MODEL="choi-1,choi-2")
    scheduler.wait_for(1)
    out = spotrec("extract", "--cluster", scheduler.address, "--json", *two).stdout
    assert json.loads(out)["extracted"] == N_FEW
    assert len(stored(few)) == 2 * N_FEW


def test_a_worker_with_other_weights_is_refused(scheduler: DaskCluster, refused: Refused, tmp_path: Path) -> None:
    other = seeded_weights(tmp_path / "other.hdf5", seed=1)
    scheduler.start_worker("other", SPOTREC_WEIGHTS=str(other))
    said = refused()
    assert str(with_weights(Settings(weights=other), CHOI_2).id) in said
    assert "install the same spotrec and the same weights" in said


def test_a_worker_whose_weights_are_missing_is_refused(
    scheduler: DaskCluster, refused: Refused, tmp_path: Path
) -> None:
    scheduler.start_worker("bare", SPOTREC_WEIGHTS=str(tmp_path / "nowhere.hdf5"))
    assert "there are no weights at" in refused()


def test_a_worker_without_spotrec_is_refused(scheduler: DaskCluster, refused: Refused) -> None:
    scheduler.start_worker("bare", run=WITHOUT_SPOTREC)
    assert "No module named 'spotrec'" in refused()


@pytest.fixture
def refused(scheduler: DaskCluster, spotrec: Run, few: Path) -> Refused:
    """What an extraction says that the only worker is no good for; nothing is blamed on the tracks."""

    def refused(*options: str) -> str:
        scheduler.wait_for(1)
        said = " ".join(spotrec("extract", "--cluster", scheduler.address, *options, code=1).stderr.split())
        assert "worker tcp://127.0.0.1:" in said
        assert stored(few) == []
        return said

    return refused


def test_without_a_scheduler_or_without_workers_it_says_so_in_time(
    scheduler: DaskCluster, spotrec: Run, few: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SPOTREC_TIMEOUT_S", "2")
    began = time.monotonic()
    said = spotrec("extract", "--cluster", "tcp://127.0.0.1:1", code=1).stderr
    assert "there is no Dask scheduler at tcp://127.0.0.1:1" in said
    assert "has no workers" in spotrec("extract", "--cluster", scheduler.address, code=1).stderr
    assert time.monotonic() - began < 60
    assert stored(few) == []


def test_a_scheduler_that_is_lost_ends_the_run_with_what_was_heard(doomed: DaskCluster, data: Path) -> None:
    doomed.start_worker("w0")
    process = start(data, "extract", "--cluster", doomed.address, SPOTREC_TIMEOUT_S="2")
    wait_until(has_stored(data, 8), "nothing is heard")
    doomed.kill("scheduler")
    _, said = ended(process, 1)
    assert "is out of reach" in said
    assert "distributed." not in said, "Dask's own log is none of the user's business"
    assert 8 <= len(stored(data)) < N_CLIPS


def test_workers_that_are_all_lost_end_the_run_with_what_was_heard(scheduler: DaskCluster, data: Path) -> None:
    scheduler.start_worker("w0")
    process = start(data, "extract", "--cluster", scheduler.address, SPOTREC_TIMEOUT_S="4")
    wait_until(has_stored(data, 8), "nothing is heard")
    scheduler.kill("w0")
    _, said = ended(process, 1)
    assert "has no workers" in said
    assert 8 <= len(stored(data)) < N_CLIPS


def test_a_clip_that_kills_every_worker_is_at_fault_and_its_neighbours_are_heard(
    doomed: DaskCluster, weights: Path, tmp_path: Path
) -> None:
    (tmp_path / "poisonous.py").write_text(KILLS_ITS_WORKER)
    doomed.start_worker("w0", "--nanny", "--preload", str(tmp_path / "poisonous.py"))
    doomed.wait_for(1)
    clips = [clip(tmp_path / f"{i}.wav", encoded(tune(i, 3.2), "WAV"), Ears.of(SLOW)) for i in range(11)]
    poison = clip(tmp_path / "poison.wav", encoded(tune(99, 3.2), "WAV"), Ears.of(SLOW))
    patient = Settings(weights=weights, data_dir=tmp_path / "data", timeout_s=60)
    executor = ClusterExecutor(doomed.address, Ears.of(SLOW), patient)
    results = list(executor.hear([*clips[:3], poison, *clips[3:]]))
    executor.close()
    (fault,) = [result for result in results if isinstance(result, FaultyClip)]
    assert (fault.audio, fault.error.reason) == (poison.audio, Reason.CRASHED)
    heard = [result.audio.track_id for result in results if isinstance(result, ClipFeatures)]
    assert sorted(heard) == sorted(one.audio.track_id for one in clips)


def test_a_file_that_only_the_worker_does_not_find_is_not_gone(
    cluster: DaskCluster, settings: Settings, home: Path
) -> None:
    content = encoded(tune(1, 3.2), "WAV")
    (home / "mine.wav").write_bytes(content)
    audio = StoredAudio(TrackId("file:1"), "/proc/self/cwd/mine.wav", False, sha256(content), len(content), "file")
    mine = PendingAudio(audio, Ears.of(SLOW))
    executor = ClusterExecutor(cluster.address, Ears.of(SLOW), settings)
    with pytest.raises(CacheError, match=r"worker tcp://\S+ cannot find /proc/self/cwd/mine.wav") as caught:
        list(executor.hear([mine]))
    (home / "mine.wav").unlink()
    (result,) = executor.hear([mine])
    executor.close()
    assert "same folders" in caught.value.hint
    assert isinstance(result, FaultyClip)
    assert result.error.reason is Reason.AUDIO_GONE


def test_workers_have_credentials_of_their_own_and_wrong_ones_are_no_fault_of_the_tracks(
    scheduler: DaskCluster, s3: S3Server, weights: Path, tmp_path: Path
) -> None:
    content = encoded(tune(1, 3.2), "WAV")
    address = f"s3://{s3.make_bucket()}/prefix/deezer-track-1"
    bucket, _, key = address.removeprefix("s3://").partition("/")
    s3.client().put_object(Bucket=bucket, Key=key, Body=content)
    audio = StoredAudio(TrackId("deezer:track:1"), address, True, sha256(content), len(content), "deezer")
    mine = Settings(weights=weights, data_dir=tmp_path / "data")  # the coordinator has none, and needs none
    theirs = {"AWS_ENDPOINT_URL": s3.url, "AWS_ACCESS_KEY_ID": s3.access_key, "AWS_DEFAULT_REGION": "us-east-1"}
    for name, secret in (("wrong", "not the secret"), ("right", s3.secret_key)):
        scheduler.start_worker(name, AWS_SECRET_ACCESS_KEY=secret, **theirs)
        scheduler.wait_for(1)
        executor = ClusterExecutor(scheduler.address, Ears.of(SLOW), mine)
        if name == "wrong":
            with pytest.raises(CacheRefused, match=r"worker tcp://") as caught:
                list(executor.hear([PendingAudio(audio, Ears.of(SLOW))]))
            assert secret not in f"{caught.value.message} {caught.value.hint}"
        else:
            (heard,) = executor.hear([PendingAudio(audio, Ears.of(SLOW))])
            assert isinstance(heard, ClipFeatures)
        executor.close()
        scheduler.kill(name)
        scheduler.wait_for(0)


def test_a_local_cluster_serves_a_script_without_a_guard_and_leaves_nothing_behind(
    few: Path, few_heard_here: list[Any], tmp_path: Path, weights: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SPOTREC_WEIGHTS")  # workers get what the program was given
    script = tmp_path / "script.py"
    script.write_text(
        "from spotrec import Recommender\n"
        f"with Recommender(data_dir={str(few)!r}, weights={str(weights)!r}) as recommender:\n"
        "    print(recommender.extract(cluster='local').extracted)\n"
    )
    mark = {"SPOTREC_TEST_MARK": str(tmp_path), "TMPDIR": str(home_of(tmp_path))}
    done = subprocess.run(
        [sys.executable, script], env={**os.environ, **mark}, capture_output=True, text=True, timeout=180
    )
    assert (done.stdout, done.returncode) == (f"{N_FEW}\n", 0), done.stderr
    assert stored(few) == few_heard_here
    wait_until(lambda: not marked(tmp_path), "processes are left")
    assert not list(home_of(tmp_path).glob("spotrec-cluster-*"))


def test_a_local_cluster_ends_when_its_coordinator_is_killed(data: Path, tmp_path: Path) -> None:
    process = start(data, "extract", "--cluster", "local", SPOTREC_TEST_MARK=str(tmp_path))
    wait_until(has_stored(data, 8), "nothing is heard")
    assert len(marked(tmp_path)) > 3
    process.kill()
    process.communicate()
    wait_until(lambda: not marked(tmp_path), "processes are left")


def home_of(tmp_path: Path) -> Path:
    (tmp_path / "tmp").mkdir(exist_ok=True)
    return tmp_path / "tmp"


def marked(tmp_path: Path) -> list[str]:
    """The processes that a run started, itself too."""
    mark, found = f"SPOTREC_TEST_MARK={tmp_path}\0".encode(), []
    for environment in Path("/proc").glob("[0-9]*/environ"):
        try:
            if mark in environment.read_bytes() + b"\0":
                found.append(environment.parent.name)
        except OSError:  # it has ended, or is another user's
            continue
    return found


@pytest.mark.parametrize("address", ["", "scheduler", "http://host:8786", "tcp://host", "tcp://:8786", "tcp://host:x"])
def test_what_is_no_address_of_a_scheduler_is_refused(address: str, settings: Settings) -> None:
    with pytest.raises(SpotrecError, match="is not a scheduler address") as caught:
        ClusterExecutor(address, Ears.of(CHOI_2.id), settings)
    assert caught.value.exit_code is ExitCode.USAGE


@pytest.mark.parametrize("package", ["distributed", "cryptography"])
def test_without_the_extra_it_says_what_to_install(few: Path, tmp_path: Path, package: str) -> None:
    (tmp_path / f"{package}.py").write_text("raise ImportError('as if it were not here')")
    _, said = run(few, "extract", "--cluster", "local", code=2, PYTHONPATH=str(tmp_path))
    assert install_command("dask") in said


def test_tls_without_certificates_says_what_is_missing(spotrec: Run, few: Path) -> None:
    said = spotrec("extract", "--cluster", "tls://127.0.0.1:1", code=2).stderr
    assert "needs certificates in Dask's settings" in " ".join(said.split())


def test_certificates_of_dasks_own_settings_are_used(
    few: Path, heard_here: list[Any], weights: Path, slow: str, tmp_path: Path
) -> None:
    security = Security.temporary()
    certificate, key = tmp_path / "host.pem", tmp_path / "key.pem"
    certificate.write_text(security.tls_ca_file)
    key.write_text(security.tls_client_key)
    tls = {"DASK_DISTRIBUTED__COMM__TLS__CA_FILE": str(certificate)}
    for role in ("SCHEDULER", "WORKER", "CLIENT"):
        tls |= {f"DASK_DISTRIBUTED__COMM__TLS__{role}__CERT": str(certificate)}
        tls |= {f"DASK_DISTRIBUTED__COMM__TLS__{role}__KEY": str(key)}
    (tmp_path / "cluster").mkdir()
    with dask_cluster(tmp_path / "cluster", 0, weights, "--protocol", "tls", PYTHONPATH=slow, **tls) as cluster:
        cluster.start_worker("w0")
        assert cluster.address.startswith("tls://")
        run(few, "extract", "--cluster", cluster.address, "--model", SLOW.name, code=0, PYTHONPATH=slow, **tls)
    assert len(stored(few)) == N_FEW
    assert set(stored(few)) <= set(heard_here)


def test_a_queue_and_a_cluster_exclude_each_other(spotrec: Run) -> None:
    assert "--cluster" in spotrec("extract", "--queue", "sqs://q", "--cluster", "local", code=2).stderr
