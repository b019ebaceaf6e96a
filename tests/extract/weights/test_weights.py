"""Finding, checking, downloading and installing the network's weights."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from spotrec.errors import WeightsError
from spotrec.extract.models.mn04.weights import WEIGHTS as MN04
from spotrec.net.hosts import is_allowed
from spotrec.progress import Silent
from spotrec.settings import Settings
from support.servers import Answer, LoopbackServer, serving

Run = Callable[..., Any]


@pytest.fixture
def host(monkeypatch: pytest.MonkeyPatch) -> Iterator[LoopbackServer]:
    with serving(LoopbackServer()) as server:
        monkeypatch.setenv("SPOTREC_WEIGHTS_URL", f"{server.url}/weights.hdf5")
        yield server


def installed(home: Path) -> Path:
    return home / "data" / "weights" / "weights_layer4_theano.hdf5"


def test_weights_are_downloaded_once_and_checked(
    spotrec: Run, host: LoopbackServer, choi_weights: Path, home: Path
) -> None:
    host.faults["/weights.hdf5"] = [Answer(choi_weights.read_bytes())]
    spotrec("models", "install", "choi")
    assert installed(home).read_bytes() == choi_weights.read_bytes()
    assert "published" in spotrec("models").stdout


def test_weights_are_taken_from_a_file(spotrec: Run, choi_weights: Path, home: Path) -> None:
    spotrec("models", "install", "choi", "--from", choi_weights)
    assert installed(home).read_bytes() == choi_weights.read_bytes()


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (Answer(b"<html>"), "has 6 bytes; Choi's weights have 1,329,264"),
        (Answer(b"x" * 1_329_264), "its sha256 differs"),
        (Answer("", 404), "cannot be downloaded"),
        (Answer("", 500), "cannot be downloaded"),
        (Answer(b"x" * 100, content_length=1_329_264), "cannot be downloaded"),
    ],
    ids=["html", "other bytes", "404", "500", "cut"],
)
def test_a_wrong_download_is_refused_and_nothing_is_installed(
    spotrec: Run, host: LoopbackServer, home: Path, answer: Answer, said: str
) -> None:
    host.faults["/weights.hdf5"] = [answer]
    result = spotrec("models", "install", "choi", code=1)
    assert said in result.stderr
    assert "hint:" in result.stderr
    assert not list((home / "data").rglob("*.hdf5"))
    assert not list((home / "data").rglob(".part-*"))


def test_a_wrong_file_is_refused_and_what_was_installed_stays(
    spotrec: Run, choi_weights: Path, weights: Path, home: Path
) -> None:
    spotrec("models", "install", "choi", "--from", choi_weights)
    assert "hint:" in spotrec("models", "install", "choi", "--from", weights, code=1).stderr
    assert "there is no file" in spotrec("models", "install", "choi", "--from", "gone.hdf5", code=1).stderr
    assert installed(home).read_bytes() == choi_weights.read_bytes()


def test_weights_that_cannot_be_had_say_both_ways_out(
    spotrec: Run, music: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SPOTREC_WEIGHTS_URL", "http://127.0.0.1:9/weights.hdf5")
    spotrec("crawl", music)
    result = spotrec("extract", code=1)
    assert "cannot be downloaded" in result.stderr
    assert "--from FILE" in result.stderr


def test_weights_that_were_named_and_are_missing_are_an_error(spotrec: Run, music: Path) -> None:
    spotrec("crawl", music)
    assert "there are no weights at nowhere.hdf5" in spotrec("extract", "--weights", "nowhere.hdf5", code=1).stderr


def test_installed_weights_that_rotted_are_not_used(spotrec: Run, music: Path, home: Path) -> None:
    installed(home).parent.mkdir(parents=True)
    installed(home).write_bytes(b"rot")
    spotrec("crawl", music)
    assert "Choi's weights have" in spotrec("extract", code=1).stderr
    assert "damaged" in spotrec("models").stdout


def test_an_unknown_model_is_named(spotrec: Run) -> None:
    assert "there is no model “vggish”" in spotrec("models", "install", "vggish", code=2).stderr


@pytest.fixture
def release(monkeypatch: pytest.MonkeyPatch) -> Iterator[LoopbackServer]:
    """The code host that mn04 was released on: it redirects to its host of assets, here itself."""
    with serving(LoopbackServer()) as server:
        monkeypatch.setenv("SPOTREC_MN04_WEIGHTS_URL", f"{server.url}/download/mn04.pt")
        server.faults["/download/mn04.pt"] = [Answer("", 302, {"Location": f"{server.url}/asset"})]
        yield server


def test_mn04s_weights_are_downloaded_once_through_the_redirect_of_a_release(
    spotrec: Run, release: LoopbackServer, shared: Path, home: Path
) -> None:
    published = shared / "weights" / MN04.file.name
    release.faults["/asset"] = [Answer(published.read_bytes())]
    spotrec("models", "install", "mn04")
    spotrec("models", "install", "mn04")
    assert (home / "data" / "weights" / MN04.file.name).read_bytes() == published.read_bytes()
    assert release.asked("/asset") == 1
    [row] = [row for row in spotrec("models").stdout.splitlines() if row.startswith("mn04-1")]
    assert "published" in row


def test_mn04s_weights_are_taken_from_a_file_and_removed(spotrec: Run, shared: Path, home: Path) -> None:
    published = shared / "weights" / MN04.file.name
    installed = home / "data" / "weights" / MN04.file.name
    spotrec("models", "install", "mn04", "--from", published)
    assert installed.read_bytes() == published.read_bytes()
    spotrec("models", "remove", "mn04")
    assert not installed.exists()


def test_a_wrong_asset_is_refused_and_both_ways_out_are_named(
    spotrec: Run, release: LoopbackServer, home: Path
) -> None:
    release.faults["/asset"] = [Answer(b"<html>")]
    said = spotrec("models", "install", "mn04", code=1).stderr
    assert "has 6 bytes; mn04's weights have 4,066,513" in said
    assert "`spotrec models install mn04 --from FILE`" in said
    assert not list((home / "data").rglob("*.pt"))


def test_a_release_that_redirects_to_another_host_is_not_followed(release: LoopbackServer, home: Path) -> None:
    with serving(LoopbackServer()) as elsewhere:
        elsewhere.faults["/asset"] = [Answer(b"anything")]
        release.faults["/download/mn04.pt"] = [Answer("", 302, {"Location": f"{elsewhere.url}/asset"})]
        settings = Settings(data_dir=home / "data", mn04_weights_url=f"{release.url}/download/mn04.pt")
        with pytest.raises(WeightsError, match="is not an allowed host"):
            MN04.fetch(settings, Silent())
        assert not elsewhere.requests
        allowing = replace(MN04, redirects=(f"127.0.0.1:{elsewhere.port}",))
        assert allowing.fetch(settings, Silent()) == {MN04.file.name: b"anything"}


def test_only_githubs_own_hosts_of_assets_may_answer_for_mn04() -> None:
    assert MN04.redirects is not None
    assert Settings().mn04_weights_url.startswith("https://github.com/fschmid56/EfficientAT/releases/download/v0.0.1/")
    for host in ("release-assets.githubusercontent.com", "objects.githubusercontent.com"):
        assert is_allowed(f"https://{host}/github-production-release-asset/1?sig=2", MN04.redirects)
    for host in ("githubusercontent.com.example", "raw.githubusercontent.com", "example.com"):
        assert not is_allowed(f"https://{host}/mn04_as_mAP_432.pt", MN04.redirects)
