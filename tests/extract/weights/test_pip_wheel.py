"""Weights inside a wheel: a real pip, a real package index on loopback, and all that can go wrong between the two."""

import hashlib
import io
import os
import signal
import subprocess
import sys
import sysconfig
import time
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from spotrec.errors import WeightsError
from spotrec.extract.models.musicnn.weights import WEIGHTS as MUSICNN
from spotrec.extract.weights.pip_download import complaint
from spotrec.extract.weights.pip_wheel import PipWheel
from spotrec.extract.weights.published_files import PublishedFile
from support.package_index import PIP_SETTINGS, PackageIndex, package_index, wheel
from support.plugins import installed, model_code, write_package
from support.servers import Answer
from support.waiting import wait_until

Run = Callable[..., Any]

NAME = "loud_weights-1.0-py3-none-any.whl"
SCALE, LICENCE = b"2.0", b"do as you like\n"
WHEEL = wheel(
    "loud_weights",
    "1.0",
    {
        "loud/.scale": SCALE,
        "loud/unwanted.bin": os.urandom(200_000),
        "loud/__init__.py": "raise RuntimeError('nobody imports this')",
        "loud_weights-1.0.dist-info/LICENSE": LICENCE,
    },
)


def published(name: str, content: bytes) -> PublishedFile:
    return PublishedFile(name, len(content), hashlib.sha256(content).hexdigest())


WEIGHTS = PipWheel(
    whose="Loud's",
    requirement="loud-weights==1.0",
    wheel=published(NAME, WHEEL),
    members=(
        ("loud/.scale", published("loud/scale.txt", SCALE)),
        ("loud_weights-1.0.dist-info/LICENSE", published("loud/LICENSE", LICENCE)),
    ),
)


@pytest.fixture
def index(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[PackageIndex]:
    """A package index that has the wheel."""
    with package_index(monkeypatch, tmp_path / "pip-cache") as server:
        server.files[NAME] = WHEEL
        yield server


@pytest.fixture
def loud(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """A model whose weights lie in the wheel."""
    write_package(tmp_path / "packages", "loud", model_code(weights=WEIGHTS))
    with installed(monkeypatch, tmp_path / "packages"):
        yield


def kept(home: Path) -> dict[str, bytes]:
    """Every file below the folder of all weights."""
    folder = home / "data" / "weights"
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


ALL = {"loud/scale.txt": SCALE, "loud/LICENSE": LICENCE}


def test_pip_brings_the_wheel_and_only_the_weights_and_their_licence_are_kept(
    spotrec: Run, index: PackageIndex, loud: None, home: Path
) -> None:
    said = spotrec("models", "install", "loud").stdout
    assert said == f"loud's weights are at {home / 'data' / 'weights' / 'loud' / 'scale.txt'}\n"
    assert kept(home) == ALL
    assert not list((home / "data" / "weights").glob(".*")), "nothing is left aside"


def test_what_is_here_already_is_not_fetched_again_and_what_rotted_is(
    spotrec: Run, index: PackageIndex, loud: None, home: Path
) -> None:
    spotrec("models", "install", "loud")
    asked = len(index.requests)
    spotrec("models", "install", "loud-1")
    assert len(index.requests) == asked
    (home / "data" / "weights" / "loud" / "LICENSE").write_bytes(b"rot")
    spotrec("models", "install", "loud")
    assert kept(home) == ALL


def test_the_wheel_is_taken_from_a_file(spotrec: Run, loud: None, home: Path, tmp_path: Path) -> None:
    (tmp_path / "any name").write_bytes(WHEEL)
    spotrec("models", "install", "loud", "--from", tmp_path / "any name")
    assert kept(home) == ALL


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"PK\x03\x04 cut", f"has 8 bytes; Loud's weights have {len(WHEEL):,}"),
        (WHEEL[:-1] + b"?", "its sha256 differs"),
        (WHEEL + b"?", f"has {len(WHEEL) + 1:,} bytes"),
    ],
    ids=["cut", "other bytes", "longer"],
)
def test_another_file_is_refused_and_what_is_here_stays(
    spotrec: Run, loud: None, home: Path, tmp_path: Path, content: bytes, said: str
) -> None:
    (tmp_path / NAME).write_bytes(WHEEL)
    spotrec("models", "install", "loud", "--from", tmp_path / NAME)
    (tmp_path / NAME).write_bytes(content)
    done = spotrec("models", "install", "loud", "--from", tmp_path / NAME, code=1)
    assert said in done.stderr
    assert "`spotrec models install loud --from FILE`" in done.stderr
    assert "`pip download --no-deps loud-weights==1.0`" in done.stderr
    assert kept(home) == ALL


def test_a_file_that_is_not_there_or_a_folder_is_refused(spotrec: Run, loud: None, home: Path) -> None:
    for name in ("gone.whl", home):
        assert "there is no file" in spotrec("models", "install", "loud", "--from", name, code=1).stderr


@pytest.mark.parametrize("content", [WHEEL[:-1] + b"?", wheel("loud_weights", "1.0", {"loud/.scale": b"3.0"}), b""])
def test_another_wheel_from_the_index_is_refused_and_nothing_is_installed(
    spotrec: Run, index: PackageIndex, loud: None, home: Path, content: bytes
) -> None:
    index.files[NAME] = content
    done = spotrec("models", "install", "loud", code=1)
    assert "--model choi" in done.stderr
    assert "hint:" in done.stderr
    assert kept(home) == {}


@pytest.mark.parametrize(
    ("prefix", "answer"),
    [
        ("/simple", Answer("", 404)),
        ("/simple", Answer("", 500)),
        ("/simple", Answer("<html>hello</html>", headers={"Content-Type": "text/html"})),
        ("/files", Answer("", 404)),
        ("/files", Answer(WHEEL[:1000], content_length=len(WHEEL))),
        ("/simple", Answer("", 401, {"WWW-Authenticate": "Basic"})),
    ],
    ids=["no index", "broken index", "no such package", "no such file", "cut", "sign-in"],
)
def test_an_index_that_does_not_have_it_is_told_of_in_pips_words(
    spotrec: Run,
    index: PackageIndex,
    loud: None,
    home: Path,
    monkeypatch: pytest.MonkeyPatch,
    prefix: str,
    answer: Answer,
) -> None:
    monkeypatch.setenv("PIP_INDEX_URL", index.url.replace("//", "//someone:planted-secret@") + "/simple")
    index.faults[prefix] = [answer]
    done = spotrec("models", "install", "loud", code=1)
    assert "Loud's weights cannot be downloaded: pip says: " in done.stderr
    assert "planted-secret" not in done.stderr
    assert "someone" not in done.stderr
    assert "`pip config list`" in done.stderr
    assert kept(home) == {}


def test_offline_the_reason_is_told(spotrec: Run, loud: None, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIP_RETRIES", "1")
    done = spotrec("models", "install", "loud", code=1)
    assert "No matching distribution found for loud-weights==1.0" in done.stderr
    assert "Connection refused" in done.stderr
    assert kept(home) == {}


_REFUSED = "Failed to establish a new connection: [Errno 111] Connection refused"
_UNTRUSTED = "SSLError(SSLCertVerificationError(1, '[SSL: CERTIFICATE_VERIFY_FAILED] self-signed (_ssl.c:1007)'))"


@pytest.mark.parametrize(
    ("error", "cause"),
    [
        (f"NewConnectionError(\"HTTPConnection(host='pip.example', port=9): {_REFUSED}\")", f"pip.example: {_REFUSED}"),
        (f"NewConnectionError('<pip._vendor.urllib3.HTTPConnection object at 0x7f0c>: {_REFUSED}')", _REFUSED),
        ("ReadTimeoutError(\"Pool(host='b.example', port=4): Timed out. (15.0)\")", "b.example: Timed out. (15.0)"),
        (_UNTRUSTED, _UNTRUSTED),
    ],
    ids=["pip 26", "pip 23", "timeout", "certificate"],
)
def test_why_a_connection_broke_is_told_in_short(error: str, cause: str) -> None:
    warning = (
        f"WARNING: Retrying (Retry(total=0, read=None)) after connection broken by '{error}': /simple/loud-weights/"
    )
    beside = "WARNING: The cache has been disabled."
    said = complaint(["Looking in indexes: https://pip.example/", warning, beside, "ERROR: No matching distribution"])
    assert said == f"No matching distribution ({cause})"


def test_what_pip_says_is_told_without_passwords_and_at_no_length() -> None:
    said = complaint(["Looking in indexes: https://token@pip.example/simple, https://me:secret@b.example", "x" * 9_999])
    assert said == f"{'x' * 240}… (Looking in indexes: https://***@pip.example/simple, https://***@b.example)"
    assert complaint([]) == ""


def test_another_version_in_the_index_is_not_taken(spotrec: Run, index: PackageIndex, loud: None) -> None:
    index.files = {"loud_weights-1.1-py3-none-any.whl": wheel("loud_weights", "1.1", {})}
    assert "No matching distribution" in spotrec("models", "install", "loud", code=1).stderr


def test_a_wheel_of_another_build_is_named(spotrec: Run, index: PackageIndex, loud: None) -> None:
    index.files = {"loud_weights-1.0-2-py3-none-any.whl": WHEEL}
    said = spotrec("models", "install", "loud", code=1).stderr
    assert f"pip downloaded loud_weights-1.0-2-py3-none-any.whl, not {NAME}" in said


def test_a_source_package_is_not_built(spotrec: Run, index: PackageIndex, loud: None, tmp_path: Path) -> None:
    """Its setup.py would be run."""
    source = io.BytesIO()
    with zipfile.ZipFile(source, "w") as archive:
        archive.writestr("loud_weights-1.0/setup.py", f"open({str(tmp_path / 'ran')!r}, 'w')")
    index.files = {"loud_weights-1.0.zip": source.getvalue()}
    spotrec("models", "install", "loud", code=1)
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize("prefix", ["/simple", "/files"])
def test_a_server_that_hangs_is_left_after_a_while(
    spotrec: Run, index: PackageIndex, loud: None, home: Path, monkeypatch: pytest.MonkeyPatch, prefix: str
) -> None:
    monkeypatch.setenv("SPOTREC_TIMEOUT_S", "0.7")
    index.faults[prefix] = [Answer(b"x" * len(WHEEL), pause_s=60)]
    begun = time.monotonic()
    said = spotrec("models", "install", "loud", code=1).stderr
    assert "pip has downloaded nothing for 2 s" in said
    assert time.monotonic() - begun < 15
    assert kept(home) == {}
    assert not list((home / "data" / "weights").iterdir())


def test_a_server_that_never_ends_is_left_too(
    spotrec: Run, index: PackageIndex, loud: None, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    index.faults["/files"] = [Answer(os.urandom(1 << 20), is_endless=True)]
    said = spotrec("models", "install", "loud", code=1).stderr
    assert f"pip downloads more than {len(WHEEL):,} bytes" in said
    assert kept(home) == {}


def test_pips_own_requirement_of_a_virtual_environment_does_not_stand_in_the_way(
    spotrec: Run, index: PackageIndex, loud: None, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PIP_REQUIRE_VIRTUALENV", "1")
    spotrec("models", "install", "loud")
    assert kept(home) == ALL


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A Python that has everything but pip."""
    folder = tmp_path_factory.mktemp("pipless")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder / "venv"], check=True)
    packages = folder / "packages"
    packages.mkdir()
    for path in Path(sysconfig.get_paths()["purelib"]).iterdir():
        if path.name != "pip" and not path.name.startswith("pip-"):
            (packages / path.name).symlink_to(path)
    (site,) = (folder / "venv").glob("lib/python*/site-packages")
    (site / "all.pth").write_text(f"{packages}\n")
    return folder / "venv" / "bin" / "python"


class TestWithoutPip:
    """An environment as pipx and uv make them."""

    def install(self, python: Path, **environment: str) -> subprocess.CompletedProcess[str]:
        sources = Path(__file__).resolve().parents[3] / "src"
        return subprocess.run(
            [python, "-m", "spotrec", "models", "install", "loud"],
            env={**os.environ, "PYTHONPATH": f"{os.environ['PYTHONPATH']}:{sources}", **environment},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    def test_pip_is_the_one_that_python_carries(
        self, python: Path, index: PackageIndex, loud: None, home: Path
    ) -> None:
        assert subprocess.run([python, "-m", "pip"], capture_output=True, check=False).returncode == 1
        done = self.install(python, PATH="/nowhere")
        assert done.returncode == 0, done.stderr
        assert kept(home) == ALL

    def test_else_it_is_the_one_on_the_path(
        self, python: Path, index: PackageIndex, loud: None, home: Path, tmp_path: Path
    ) -> None:
        """Some distributions carry none."""
        without = self.without_ensurepip(tmp_path)
        script = tmp_path / "bin" / "pip3"
        script.parent.mkdir()
        script.write_text(f'#!/bin/sh\nexec {sys.executable} -m pip "$@"\n')
        script.chmod(0o755)
        done = self.install(python, PATH=f"{script.parent}:/usr/bin:/bin", PYTHONPATH=without)
        assert done.returncode == 0, done.stderr
        assert kept(home) == ALL

    def test_where_there_is_none_at_all_it_is_said(
        self, python: Path, index: PackageIndex, loud: None, home: Path, tmp_path: Path
    ) -> None:
        done = self.install(python, PATH="/nowhere", PYTHONPATH=self.without_ensurepip(tmp_path))
        assert done.returncode == 1
        assert f"there is no pip for {python}" in done.stderr
        assert "--from FILE" in done.stderr
        assert kept(home) == {}

    @staticmethod
    def without_ensurepip(tmp_path: Path) -> str:
        """A place to import from, in which ensurepip is as it is on a Debian without python3-venv."""
        (tmp_path / "debian").mkdir()
        (tmp_path / "debian" / "ensurepip.py").write_text("raise ModuleNotFoundError('No module named ensurepip')\n")
        sources = Path(__file__).resolve().parents[3] / "src"
        return f"{tmp_path / 'debian'}:{os.environ['PYTHONPATH']}:{sources}"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL], ids=["Ctrl-C", "kill -9"])
def test_interrupted_it_leaves_nothing_half_installed_and_works_when_it_is_run_again(
    spotrec: Run, index: PackageIndex, loud: None, home: Path, number: signal.Signals
) -> None:
    index.faults["/files"] = [Answer(WHEEL, pause_s=0.01), Answer(WHEEL)]
    command = [sys.executable, "-m", "spotrec", "models", "install", "loud"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        wait_until(lambda: index.asked("/files"))
        (aside,) = (home / "data" / "weights").iterdir()
        process.send_signal(number)
        _, said = process.communicate(timeout=60)
    assert process.returncode == (130 if number == signal.SIGINT else -signal.SIGKILL)
    assert "Traceback" not in said
    if number == signal.SIGINT:
        assert not aside.exists()
        assert not children_of(aside), "pip has ended too"
    assert kept(home).keys().isdisjoint(ALL)
    spotrec("models", "install", "loud")
    assert kept(home) == ALL
    assert not aside.exists(), "what was killed is swept up"


def children_of(folder: Path) -> list[str]:
    """Processes that were told to work in a folder."""
    found = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True).stdout
    return [line for line in found.splitlines() if str(folder) in line]


def test_two_installations_at_once_do_not_disturb_each_other(
    spotrec: Run, index: PackageIndex, loud: None, home: Path
) -> None:
    command = [sys.executable, "-m", "spotrec", "models", "install", "loud", "--no-progress"]
    processes = [subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.PIPE) for _ in range(2)]
    assert [process.communicate(timeout=60)[1] for process in processes] == [b"", b""]
    assert [process.returncode for process in processes] == [0, 0]
    assert kept(home) == ALL


def test_removed_it_is_gone_and_can_be_removed_again(spotrec: Run, index: PackageIndex, loud: None, home: Path) -> None:
    spotrec("models", "install", "loud")
    said = spotrec("models", "remove", "loud").stdout
    assert said.count("deleted ") == 2
    assert not list((home / "data" / "weights").iterdir())
    assert "no weights of loud were installed" in spotrec("models", "remove", "loud").stdout


def test_what_was_heard_stays_when_the_weights_go(spotrec: Run, index: PackageIndex, loud: None, music: Path) -> None:
    spotrec("crawl", music)
    spotrec("extract", "--model", "loud")
    spotrec("index", "--model", "loud")
    spotrec("models", "remove", "loud")
    assert "Tune 2" in spotrec("query", "Tune 1", "--model", "loud").stdout
    assert "12" in spotrec("models", "show", "loud").stdout


def test_a_wheel_that_lacks_what_its_description_says_is_refused() -> None:
    other = PipWheel("Loud's", "loud-weights==1.0", WEIGHTS.wheel, (("loud/gone", published("gone", b"")),))
    with pytest.raises(WeightsError, match="does not contain Loud's weights"):
        other._unpack(WHEEL, "the wheel")


@pytest.fixture(scope="module")
def real_wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What `MUSICNN_WHEEL` names, else what pip finds with this machine's own settings."""
    if given := os.environ.get("MUSICNN_WHEEL"):
        return Path(given)
    folder = tmp_path_factory.mktemp("musicnn")
    command = [sys.executable, "-m", "pip", "download", "--no-deps", "--retries", "1", "--timeout", "10"]
    done = subprocess.run(
        [*command, "--dest", folder, MUSICNN.requirement],
        env={**os.environ, **PIP_SETTINGS},
        capture_output=True,
        timeout=300,
        check=False,
    )
    if done.returncode:
        pytest.skip("musicnn's package cannot be had here: name its wheel in MUSICNN_WHEEL")
    return folder / MUSICNN.wheel.name


class TestMusicnn:
    """The real package, where it can be had."""

    def test_its_checkpoint_and_licence_are_what_is_kept(self, real_wheel: Path) -> None:
        files = MUSICNN.read(real_wheel)
        assert {name: published(name, content) for name, content in files.items()} == {
            file.name: file for file in MUSICNN.files
        }
        assert b"Permission to use, copy, modify" in files["musicnn/LICENSE.md"]

    def test_pip_brings_it_from_an_index(self, spotrec: Run, real_wheel: Path, index: PackageIndex, home: Path) -> None:
        index.files[MUSICNN.wheel.name] = real_wheel.read_bytes()
        spotrec("models", "install", "musicnn")
        assert "published" in spotrec("models", "show", "musicnn").stdout
        names = ("MSD_musicnn.index", "MSD_musicnn.data-00000-of-00001", "LICENSE.md")
        assert kept(home).keys() == {f"musicnn/{name}" for name in names}
