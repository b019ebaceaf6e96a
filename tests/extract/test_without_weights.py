"""Where a network's weights cannot be had: every command that needs them says both ways out, and changes nothing."""

import json
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from spotrec.extract.models.musicnn.weights import WEIGHTS as MUSICNN
from spotrec.recommender import Recommender
from spotrec.track import ModelId
from support.catalogue import fill, song
from support.moto import Moto, make_inbox
from support.music import encoded, tune
from support.plugins import installed, model_code, write_package
from support.servers import FakeDeezer, FakeSpotify, LoopbackServer, serving

Run = Callable[..., Any]
CHOI_2 = ModelId("choi", 2, 160)
HEARD = [song(n, id=f"file:{n:032x}") for n in range(3)]
"""What choi-2 has heard, as on a machine that has lost its weights since."""
ISRC = "GBAYE0000001"


def everything(home: Path) -> tuple[list[str], list[str]]:
    """All rows of the store, and all files of the data folder but tokens and limits, which requests change."""
    store = home / "data" / "spotrec.db"
    rows: list[str] = []
    if store.is_file():
        with closing(sqlite3.connect(store)) as db:
            rows = list(db.iterdump())
    files = sorted(str(path.relative_to(home / "data")) for path in (home / "data").rglob("*") if path.is_file())
    changing = ("tokens/", "limits.db")
    return rows, [name for name in files if not name.endswith(("-wal", "-shm")) and not name.startswith(changing)]


def assert_both_ways_out(said: str, model: str = "choi", other: str = "musicnn") -> None:
    said = " ".join(said.split())
    assert "cannot be downloaded" in said
    assert f"`spotrec models install {model} --from FILE`" in said
    assert f"`--model {other}`" in said


@pytest.fixture(autouse=True)
def host(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The code host is there, and has nothing: that is known sooner than that nobody answers."""
    with serving(LoopbackServer()) as server:
        monkeypatch.setenv("SPOTREC_WEIGHTS_URL", f"{server.url}/weights.hdf5")
        yield


@pytest.fixture
def track(spotify: FakeSpotify, deezer: FakeDeezer) -> str:
    """The link of a track that was never crawled, and whose preview can be had."""
    deezer.previews[ISRC] = encoded(tune(1))
    return spotify.add_track(1, isrc=ISRC)


@pytest.fixture(scope="module")
def made_once(tmp_path_factory: pytest.TempPathFactory, music: Path) -> Path:
    """A data folder with tracks that were heard and indexed, and others that were crawled and not heard yet."""
    home = tmp_path_factory.mktemp("catalogue")
    fill(home, HEARD, model=CHOI_2)
    with Recommender(data_dir=home / "data") as recommender:
        recommender.index()
        recommender.crawl(str(music))
    return home / "data"


@pytest.fixture
def catalogue(made_once: Path, home: Path, music: Path) -> Path:
    """The same at home; returns the folder of those that were not heard yet."""
    shutil.copytree(made_once, home / "data")
    return music


@pytest.mark.parametrize(
    "command",
    [
        ("extract",),
        ("extract", "--watch"),
        ("query", "Tune 1"),
        ("query", "FILE"),
        ("query", "Song 1", "--unlike", "Tune 1"),
        ("journey", "Song 1", "Tune 1"),
        ("embed", "FILE"),
        ("demo", "--model", "choi"),
    ],
    ids=" ".join,
)
def test_a_command_that_must_hear_says_both_ways_out_and_changes_nothing(
    spotrec: Run, catalogue: Path, home: Path, tmp_path: Path, command: tuple[str, ...]
) -> None:
    (tmp_path / "new.flac").write_bytes(encoded(tune(99), "FLAC"))
    before = everything(home)
    done = spotrec(*(str(tmp_path / "new.flac") if word == "FILE" else word for word in command), code=1)
    assert_both_ways_out(done.stderr)
    assert not done.stdout
    assert everything(home) == before


def test_a_seed_that_would_be_fetched_is_not_remembered(spotrec: Run, home: Path, track: str) -> None:
    fill(home, HEARD, model=CHOI_2)
    spotrec("index")
    before = everything(home)
    for command in (("query", track), ("journey", track, "Song 1")):
        assert_both_ways_out(spotrec(*command, code=1).stderr)
        assert everything(home) == before


def test_without_a_store_none_is_begun(spotrec: Run, home: Path) -> None:
    assert_both_ways_out(spotrec("extract", "--watch", code=1).stderr)
    assert everything(home) == ([], [])


def test_a_worker_of_a_cluster_says_so(spotrec_process: Run, home: Path, music: Path) -> None:
    spotrec_process("crawl", music)
    before = everything(home)
    done = spotrec_process("extract", "--cluster", "local", code=1)
    assert "worker tcp://" in done.stderr or "worker tls://" in done.stderr
    assert_both_ways_out(done.stderr)
    assert everything(home) == before


def test_a_queue_keeps_its_messages(spotrec: Run, home: Path, moto: Moto, monkeypatch: pytest.MonkeyPatch) -> None:
    inbox = make_inbox(moto)
    monkeypatch.setenv("SPOTREC_UPLOADS", f"s3://{inbox.bucket}/in")
    for name, value in (
        ("ENDPOINT_URL", moto.url),
        ("ACCESS_KEY_ID", "test-key"),
        ("SECRET_ACCESS_KEY", "test-secret"),
    ):
        monkeypatch.setenv(f"AWS_{name}", value)
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    inbox.put("in/one.flac", encoded(tune(1), "FLAC"))
    before = inbox.counts()
    assert_both_ways_out(spotrec("extract", "--queue", f"sqs://{inbox.name}", "--drain", code=1).stderr)
    assert inbox.counts() == before
    assert inbox.keys() == ["in/one.flac"]
    assert everything(home) == ([], [])


def test_what_needs_no_network_works_without_weights(spotrec: Run, catalogue: Path) -> None:
    assert "Song 2" in spotrec("query", "Song 1").stdout
    assert len(json.loads(spotrec("journey", "Song 1", "Song 2", "-n", "3", "--json").stdout)["steps"]) == 3
    for command in ("status", "models", "tracks", "index"):
        spotrec(command)


def test_weights_that_the_settings_name_and_are_not_there_are_named(spotrec: Run, catalogue: Path, home: Path) -> None:
    before = everything(home)
    for command in (("extract",), ("embed", catalogue / "tune-1.flac"), ("demo",)):
        said = spotrec(*command, "--weights", "nowhere.hdf5", code=1).stderr
        assert "there are no weights at nowhere.hdf5" in said
        assert "`--model musicnn`" in said
    assert everything(home) == before
    assert "not here" in spotrec("models", "--weights", "nowhere.hdf5").stdout


def test_weights_that_pip_cannot_bring_say_the_same(
    spotrec: Run, music: Path, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_package(tmp_path / "packages", "loud", model_code(weights=MUSICNN))
    with installed(monkeypatch, tmp_path / "packages"):
        spotrec("crawl", music)
        before = everything(home)
        said = spotrec("extract", "--model", "loud", code=1).stderr
        assert_both_ways_out(said, "loud", "choi")
        assert "musicnn-0.1.0-py3-none-any.whl, which `pip download --no-deps musicnn==0.1.0` saves" in said
        assert everything(home) == before
