"""Finding, checking, downloading and installing the network's weights."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

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
