"""Fixtures: every test has a home of its own, and nothing of this machine's settings."""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import stamina
from hypothesis import settings
from platformdirs import user_data_path
from threadpoolctl import threadpool_limits
from typer.testing import CliRunner

from spotrec.extract.models.choi import model as choi
from spotrec.extract.models.mn04 import model as mn04
from spotrec.extract.models.musicnn import model as musicnn
from spotrec.store import FeatureStore
from support.moto import Moto, moto_server
from support.music import seeded_weights, tune, write_tagged
from support.package_index import PIP_SETTINGS
from support.pages import BROWSER, Chromium, browsing
from support.prepared import prepared
from support.s3 import S3Server, s3_server
from support.servers import FakeDeezer, FakeItunes, FakeSpotify, serving
from support.shared_processes import shared_processes
from support.spotify_accounts import FakeAccounts
from support.spotify_embed import FakeEmbed

# the tests start hundreds of processes: where Python may not keep what it compiles, each would compile spotrec again
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False

settings.register_profile("busy machines", deadline=None)
settings.load_profile("busy machines")

# on cores that several workers share, threads of OpenBLAS wait for one another, up to ten times as long as they compute
os.environ["OPENBLAS_NUM_THREADS"] = "1"  # of children, and of libraries that are still to be loaded
threadpool_limits(1, "blas")

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    # a suite that cron, nohup or a script's background starts ignores SIGINT, and so would every child of a test
    signal.signal(signal.SIGINT, signal.default_int_handler)

NOWHERE = "ftp://nobody.invalid/mn04.pt"
"""No address of the web: it is refused at once, where a server that does not answer is asked three times, in 2 s."""

os.environ["SPOTREC_MN04_WEIGHTS_URL"] = NOWHERE  # for what modules prepare in processes, before a test has its home

SHARED = Path(__file__).resolve().parents[2] / "shared"
MUSICNN_WEIGHTS = Path(
    os.environ.get("SPOTREC_MUSICNN_WEIGHTS")
    or Path(os.environ.get("SPOTREC_DATA_DIR") or user_data_path("spotrec", appauthor=False))
    / "weights" / "musicnn" / "MSD_musicnn.index"
)  # fmt: skip
"""Of whoever runs the tests; a test's own environment knows nothing of theirs."""


@pytest.fixture(scope="session")
def shared() -> Path:
    """The team's real clips and weights; tests that need them are skipped where they are not."""
    if not (SHARED / "weights").is_dir():
        pytest.skip("../shared is not here")
    return SHARED


@pytest.fixture(scope="session")
def choi_weights(shared: Path) -> Path:
    """The published weights."""
    return shared / "weights" / "weights_layer4_theano.hdf5"


@pytest.fixture(scope="session")
def musicnn_weights() -> Path:
    """The published checkpoint of musicnn, where it is installed."""
    if not MUSICNN_WEIGHTS.is_file():
        pytest.skip("musicnn's weights are not installed, and SPOTREC_MUSICNN_WEIGHTS does not name them")
    return MUSICNN_WEIGHTS


@pytest.fixture(scope="session", autouse=True)
def built_once() -> None:
    """A process builds a network of the same weights once, whatever the number of commands: graphs are costly."""
    for module, network in ((choi, "ChoiNetwork"), (mn04, "Mn04Network"), (musicnn, "MusicnnNetwork")):
        setattr(module, network, cache(getattr(module, network)))


@pytest.fixture(scope="session", autouse=True)
def processes_are_shared() -> Iterator[None]:
    """Tag readers and decoders go on for the next test."""
    with shared_processes():
        yield


@pytest.fixture(scope="session")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A network with seeded weights."""
    return seeded_weights(tmp_path_factory.mktemp("weights") / "seeded.hdf5")


@pytest.fixture(scope="session")
def music(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of twelve made-up tunes with tags, two artists, one folder below."""
    folder = tmp_path_factory.mktemp("music")
    for i in range(12):
        path = folder / ("below" if i % 3 == 0 else ".") / f"tune-{i}.flac"
        write_tagged(path, tune(i), artist=f"Band {i % 2}", title=f"Tune {i}", album="Made Up")
    return folder


@pytest.fixture(scope="session")
def heard_clips(shared: Path, choi_weights: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with the team's clips, heard by the published network through the real commands, and indexed.

    Ask of it; copy it to write.
    """

    def hear(folder: Path) -> None:
        environment = {**os.environ, "SPOTREC_DATA_DIR": str(folder), "SPOTREC_WEIGHTS": str(choi_weights)}
        environment["SPOTREC_MN04_WEIGHTS_URL"] = NOWHERE
        for command in (["crawl", shared / "audio"], ["extract"], ["index", "--check"]):
            subprocess.run(
                [sys.executable, "-m", "spotrec", *command], env=environment, capture_output=True, check=True
            )

    return prepared(tmp_path_factory, "heard-clips", hear)


@pytest.fixture(scope="session")
def s3(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3Server]:
    """A real S3 server; make a bucket of your own in it."""
    with s3_server(tmp_path_factory.mktemp("s3")) as server:
        yield server


@pytest.fixture(scope="session")
def moto(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Moto]:
    """S3, SQS and SNS; make an inbox of your own in it."""
    with moto_server(tmp_path_factory.mktemp("moto")) as server:
        yield server


@pytest.fixture(scope="session")
def chromium() -> Iterator[Chromium]:
    """A real Chromium; take a tab of it."""
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not here")
    if BROWSER is None:
        pytest.skip("no Chromium here")
    with browsing(playwright) as browser:
        yield browser


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data folder, and an environment without anybody's settings."""
    for name in os.environ:
        if name.startswith(("SPOTREC_", "SPOTIFY_", "SPOTIPY_", "AWS_", "MPD_")):
            monkeypatch.delenv(name)
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(home / "config"))
    monkeypatch.setenv("SPOTREC_DATA_DIR", str(home / "data"))
    monkeypatch.setenv("SPOTREC_MN04_WEIGHTS_URL", NOWHERE)  # new stores have Choi's network alone
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.chdir(home)
    return home


@pytest.fixture(scope="session")
def empty_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store without a track. Tests get copies: to copy a store costs a tenth of making one."""
    path = tmp_path_factory.mktemp("empty-store") / "spotrec.db"
    FeatureStore(path).close()
    return path


@pytest.fixture
def store(home: Path, empty_store: Path) -> Iterator[FeatureStore]:
    """The store in `home`."""
    path = home / "data" / "spotrec.db"
    if not path.exists():  # else another fixture has filled it
        path.parent.mkdir(exist_ok=True)
        shutil.copyfile(empty_store, path)
    with FeatureStore(path) as store:
        yield store


@pytest.fixture
def many_blas_threads(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """As many threads of BLAS as the machine's owner has, in this process and in its children."""
    monkeypatch.delenv("OPENBLAS_NUM_THREADS")
    with threadpool_limits(max(2, os.cpu_count() or 1), "blas"):
        yield


@pytest.fixture
def no_pauses() -> Iterator[None]:
    """Requests that failed are repeated as often as ever, but at once: what comes of them is the subject."""
    with stamina.set_testing(True, attempts=1_000, cap=True):
        yield


@pytest.fixture(autouse=True)
def nothing_outside(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No test asks a real service: what has no stand-in is out of reach, each at a port of its own."""
    services = ("SPOTIFY_EMBED", "SPOTIFY_API", "SPOTIFY_ACCOUNTS", "DEEZER_API", "ITUNES_API", "WEIGHTS")
    for port, service in enumerate(services, 1):
        monkeypatch.setenv(f"SPOTREC_{service}_URL", f"http://127.0.0.1:{port}")
    for service in ("SPOTIFY_EMBED", "DEEZER", "ITUNES"):
        monkeypatch.setenv(f"SPOTREC_{service}_LIMIT", "10000/1")
    monkeypatch.setenv("SPOTREC_PREVIEW_HOSTS", "nobody.invalid")
    monkeypatch.setenv("SPOTREC_PROVIDERS", "file,spotify")  # those that ask nobody; a stand-in's fixture adds its own
    for proxy in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(proxy, raising=False)
        monkeypatch.delenv(proxy.lower(), raising=False)
    for name in PIP_SETTINGS:
        monkeypatch.delenv(name)
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_INDEX_URL", f"http://127.0.0.1:{len(services) + 1}/simple")
    monkeypatch.setenv("PIP_RETRIES", "0")


Run = Callable[..., Any]


@pytest.fixture
def spotrec() -> Run:
    """Run a command in this process: `spotrec("crawl", folder)` → exit_code, stdout, stderr."""
    from spotrec.cli.app import app

    def run(*arguments: object, code: int | None = 0, stdin: str | bytes | None = None) -> Any:
        result = CliRunner().invoke(app, [str(argument) for argument in arguments], input=stdin)
        shown = f"{result.stdout}\n{result.stderr}"
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        assert code is None or result.exit_code == code, shown
        assert "Traceback" not in shown, shown
        return result

    return run


@pytest.fixture
def spotrec_process() -> Run:
    """Run a command in a process of its own, as a user would."""

    def run(*arguments: object, code: int | None = 0, **environment: str) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            [sys.executable, "-m", "spotrec", *map(str, arguments)],
            env={**os.environ, **environment},
            capture_output=True,
            text=True,
            timeout=180,
            check=False,
        )
        assert code is None or done.returncode == code, f"{done.stdout}\n{done.stderr}"
        assert "Traceback" not in done.stderr, done.stderr
        return done

    return run


def add_to_setting(monkeypatch: pytest.MonkeyPatch, name: str, entry: str) -> None:
    """One more entry of a setting that is a list."""
    monkeypatch.setenv(f"SPOTREC_{name}", f"{os.environ[f'SPOTREC_{name}']},{entry}")


@pytest.fixture
def spotify(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeSpotify]:
    """A Spotify on loopback that the settings lead to, with credentials."""
    with serving(FakeSpotify()) as server:
        assert isinstance(server, FakeSpotify)
        monkeypatch.setenv("SPOTREC_SPOTIFY_API_URL", server.url)
        monkeypatch.setenv("SPOTREC_SPOTIFY_ACCOUNTS_URL", server.url)
        monkeypatch.setenv("SPOTIFY_CLIENT_ID", "client")
        monkeypatch.setenv("SPOTIFY_CLIENT_SECRET", "planted-secret")
        yield server


@pytest.fixture
def accounts(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeAccounts]:
    """A Spotify that users sign in to, and the client id of an app; no secret."""
    with serving(FakeAccounts()) as server:
        assert isinstance(server, FakeAccounts)
        monkeypatch.setenv("SPOTREC_SPOTIFY_API_URL", server.url)
        monkeypatch.setenv("SPOTREC_SPOTIFY_ACCOUNTS_URL", server.url)
        monkeypatch.setenv("SPOTIFY_CLIENT_ID", "client")
        yield server


@pytest.fixture
def deezer(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeDeezer]:
    """A Deezer on loopback that the settings lead to, and whose previews are allowed."""
    with serving(FakeDeezer()) as server:
        assert isinstance(server, FakeDeezer)
        monkeypatch.setenv("SPOTREC_DEEZER_API_URL", server.url)
        add_to_setting(monkeypatch, "PREVIEW_HOSTS", f"127.0.0.1:{server.port}")
        add_to_setting(monkeypatch, "PROVIDERS", "deezer")
        yield server


@pytest.fixture
def itunes(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeItunes]:
    """Apple's search on loopback that the settings lead to, and whose previews are allowed."""
    with serving(FakeItunes()) as server:
        assert isinstance(server, FakeItunes)
        monkeypatch.setenv("SPOTREC_ITUNES_API_URL", server.url)
        add_to_setting(monkeypatch, "PREVIEW_HOSTS", f"127.0.0.1:{server.port}")
        add_to_setting(monkeypatch, "PROVIDERS", "itunes")
        yield server


@pytest.fixture
def embed(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeEmbed]:
    """Spotify's public pages on loopback that the settings lead to."""
    with serving(FakeEmbed()) as server:
        assert isinstance(server, FakeEmbed)
        monkeypatch.setenv("SPOTREC_SPOTIFY_EMBED_URL", server.url)
        add_to_setting(monkeypatch, "PROVIDERS", "spotify-embed")
        yield server
