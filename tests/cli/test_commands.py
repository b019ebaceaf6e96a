"""What the commands say, where they say it, and with which exit code."""

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from spotrec import __version__
from spotrec.cli.app import Modules
from spotrec.store.schema import VERSION
from support.catalogue import write
from support.servers import Answer, FakeSpotify

Run = Callable[..., Any]


def test_the_version_is_shown(spotrec: Run) -> None:
    assert spotrec("--version").stdout == f"spotrec {__version__}\n"


def test_the_help_has_the_summary_of_each_command(spotrec: Run) -> None:
    rows = spotrec("--help").stdout.partition("Commands:\n")[2].partition("\n\n")[0].splitlines()
    listed = dict(row.split(maxsplit=1) for row in rows)
    assert listed == {name: command.get_short_help_str(100) for name, command in Modules().items()}


def test_python_m_spotrec_is_spotrec(spotrec_process: Run) -> None:
    assert spotrec_process("--version").stdout == f"spotrec {__version__}\n"


def test_a_wrong_option_is_a_usage_error(spotrec_process: Run) -> None:
    assert "No such option" in spotrec_process("crawl", "--nonsense", code=2).stderr
    assert "give either sources to crawl or --retry" in spotrec_process("crawl", code=2).stderr


def test_a_name_of_several_words_without_quotes_is_told_to_need_them(spotrec: Run) -> None:
    for command in (("similar-artists", "Kind", "of", "Blue"), ("journey", "a", "of", "Blue")):
        assert "takes: " in (told := spotrec(*command, code=2).stderr)
        assert "a name of several words needs quotes" in told
    told = spotrec("status", "everything", code=2).stderr
    assert "takes: everything" in told
    assert "quotes" not in told, "status takes no name"


def test_results_are_on_stdout_and_all_else_on_stderr(spotrec_process: Run, music: Path, tmp_path: Path) -> None:
    done = spotrec_process("crawl", music, "--json")
    assert json.loads(done.stdout)["seen"] == 12
    done = spotrec_process("crawl", tmp_path / "gone", code=5)
    assert done.stdout == ""
    assert done.stderr.startswith("error: ")


def test_nothing_is_coloured_without_a_terminal(spotrec_process: Run, music: Path) -> None:
    done = spotrec_process("crawl", music)
    assert "\x1b" not in done.stdout + done.stderr


class TestStatus:
    def test_it_names_the_next_command_at_every_step(
        self, spotrec: Run, music: Path, weights: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("SPOTREC_WEIGHTS", str(weights))

        def next_command() -> str:
            return str(json.loads(spotrec("status", "--json").stdout)["next_command"])

        assert next_command() == "spotrec crawl SOURCE"
        spotrec("crawl", music)
        assert next_command() == "spotrec extract"
        spotrec("extract")
        assert next_command() == "spotrec index"
        spotrec("index")
        assert next_command() == "spotrec query SEED"
        shown = spotrec("status").stdout
        assert "12 in 1 collection\n" in shown
        assert "next: spotrec query SEED" in shown

    def test_it_makes_nothing(self, spotrec: Run, home: Path) -> None:
        spotrec("status")
        assert not (home / "data").exists()


class TestDoctor:
    def findings(self, spotrec: Run, code: int) -> dict[str, dict[str, Any]]:
        found = json.loads(spotrec("doctor", "--json", code=code).stdout)
        return {finding["name"]: finding for finding in found}

    def test_a_sound_installation_has_nothing_to_mend(
        self, spotrec: Run, choi_weights: Path, music: Path, spotify: FakeSpotify
    ) -> None:
        spotrec("models", "install", "choi", "--from", choi_weights)
        spotrec("config", "set", "ears", "choi")
        spotrec("crawl", music)
        assert all(finding["ok"] for finding in self.findings(spotrec, 0).values())
        assert "accepts the client id and secret" in spotrec("doctor").stdout

    def test_each_fault_has_a_hint(
        self, spotrec: Run, music: Path, home: Path, spotify: FakeSpotify, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        spotify.faults["/api/token"] = [Answer({"error": "invalid_client"}, 400)]
        (home / "file").write_text("in the way")
        monkeypatch.setenv("SPOTREC_CACHE", str(home / "file"))
        (home / "data").mkdir()
        (home / "data" / "spotrec.db").write_text("not a database" * 100)
        found = self.findings(spotrec, 1)
        for name in ("store", "weights", "spotify", "cache"):
            assert not found[name]["ok"], name
            assert found[name]["hint"], name
        for name in ("decoder: libsndfile", "decoder: FFmpeg", "annoy"):
            assert found[name]["ok"], name

    def test_annoy_may_be_missing(self, spotrec: Run, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setitem(sys.modules, "annoy", None)
        found = {one["name"]: one for one in json.loads(spotrec("doctor", "--json", code=None).stdout)}["annoy"]
        assert (found["ok"], found["detail"][:13]) == (True, "not installed")
        assert "install annoy" in found["hint"]


class TestConfig:
    def test_secrets_are_never_printed(self, spotrec: Run, monkeypatch: pytest.MonkeyPatch) -> None:
        planted = "planted-in-the-environment"
        for name in ("SPOTIFY_CLIENT_SECRET", "SPOTIFY_TOKEN", "AWS_SECRET_ACCESS_KEY", "AWS_ACCESS_KEY_ID"):
            monkeypatch.setenv(name, planted)
        for arguments in (("config", "show"), ("config", "show", "--json"), ("status", "--json"), ("doctor", "--json")):
            result = spotrec(*arguments, code=None)
            assert planted not in result.stdout + result.stderr
        rows = {row["name"]: row for row in json.loads(spotrec("config", "show", "--json").stdout)}
        assert (rows["spotify_token"]["value"], rows["spotify_token"]["origin"]) == ("set", "environment")
        assert rows["aws_session_token"]["value"] == "not set"

    def test_a_bad_setting_is_told_by_every_command(self, spotrec: Run, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("SPOTREC_TIMEOUT_S", "soon")
        result = spotrec("status", code=2)
        assert "timeout_s = 'soon' (environment) is not valid" in result.stderr


class TestBadStores:
    def test_a_store_of_a_newer_schema_is_left_alone(self, spotrec: Run, music: Path, home: Path) -> None:
        spotrec("crawl", music)
        path = home / "data" / "spotrec.db"
        write(path, f"pragma user_version = {VERSION + 1}")
        before = path.read_bytes()
        for arguments in (("status",), ("crawl", music), ("extract",), ("index",)):
            result = spotrec(*arguments, code=1)
            assert f"the store has schema {VERSION + 1}" in result.stderr
            assert "upgrade spotrec" in result.stderr
        assert path.read_bytes() == before

    def test_a_file_that_is_no_store_is_left_alone(self, spotrec: Run, music: Path, tmp_path: Path) -> None:
        path = tmp_path / "notes.txt"
        path.write_text("dear diary " * 100)
        result = spotrec("crawl", music, "--store", path, code=1)
        assert "is damaged" in result.stderr
        assert "hint:" in result.stderr
        assert path.read_text() == "dear diary " * 100

    def test_a_store_that_cannot_be_made_says_so(self, spotrec: Run, music: Path, home: Path) -> None:
        (home / "file").write_text("in the way")
        result = spotrec("crawl", music, "--store", home / "file" / "spotrec.db", code=1)
        assert "cannot be opened" in result.stderr


def test_a_damaged_index_says_how_to_mend_it_and_is_mended(
    spotrec: Run, music: Path, weights: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SPOTREC_WEIGHTS", str(weights))
    spotrec("crawl", music)
    spotrec("extract")
    spotrec("index")
    (vectors,) = (home / "data" / "index").rglob("vectors.npy")
    vectors.write_bytes(vectors.read_bytes()[:-8])
    result = spotrec("query", "tune 3", code=1)
    assert "vectors.npy is not the file that was built" in result.stderr
    assert "`spotrec index`" in result.stderr
    assert "damaged" in spotrec("status").stdout
    spotrec("index")
    spotrec("query", "tune 3")


def test_an_index_without_room_says_so_and_the_one_before_stays(
    spotrec: Run, spotrec_process: Run, music: Path, weights: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SPOTREC_WEIGHTS", str(weights))
    spotrec("crawl", music)
    spotrec("extract")
    spotrec("index")
    import resource
    import signal
    import subprocess
    import sys

    def little_room() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (60_000, 60_000))

    command = [sys.executable, "-m", "spotrec", "index", "--backend", "annoy"]
    done = subprocess.run(command, preexec_fn=little_room, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "no room for the index" in done.stderr
    spotrec("query", "tune 3")
