"""`config set`, `unset` and `edit`: the file has what was set, and everything else that was in it."""

import json
import stat
import subprocess
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from spotrec.settings import describe, names, resolve
from spotrec.store import FeatureStore
from support.permissions import run_bound
from support.terminal import answered

Run = Callable[..., Any]

MINE = """# my settings
timeout_s = 7  # the hotel's network

providers = [
  "file",  # mine first
  "deezer",
]
# the end
"""


@pytest.fixture
def file(home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The user's own file, which does not exist yet; the environment sets none of the settings below."""
    for name in ("DATA_DIR", "PROVIDERS", "SPOTIFY_API_URL"):
        monkeypatch.delenv(f"SPOTREC_{name}")
    return home / "config" / "spotrec" / "config.toml"


def write(file: Path, text: str) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")
    return file


def mode(file: Path) -> int:
    return stat.S_IMODE(file.stat().st_mode)


def row(spotrec: Run, name: str) -> dict[str, str]:
    return next(row for row in json.loads(spotrec("config", "show", "--json").stdout) if row["name"] == name)


class TestSet:
    def test_a_value_that_was_set_is_used_and_shown_with_its_file(self, spotrec: Run, file: Path) -> None:
        assert "max_wait_s is 5.0" in spotrec("config", "set", "max_wait_s", "5").stdout
        assert row(spotrec, "max_wait_s")["origin"] == str(file)
        assert resolve().max_wait_s == 5.0
        assert "was already" in spotrec("config", "set", "max_wait_s", "5").stdout

    @pytest.mark.parametrize("values", [("choi", "musicnn"), ("choi,musicnn",), ("choi, musicnn",)])
    def test_several_values_are_arguments_or_have_commas(
        self, spotrec: Run, file: Path, values: tuple[str, ...]
    ) -> None:
        spotrec("config", "set", "model", *values)
        assert tomllib.loads(file.read_text()) == {"ears": ["choi", "musicnn"]}
        assert resolve().ears == ("choi", "musicnn")

    def test_a_store_that_is_not_there_is_told_with_the_way_back(
        self, spotrec: Run, file: Path, store: FeatureStore, tmp_path: Path
    ) -> None:
        elsewhere = tmp_path / "elsewhere.db"
        told = spotrec("config", "set", "store", store.path).stderr
        assert "no store" not in told
        told = spotrec("config", "set", "store", elsewhere).stderr
        assert f"there is no store at {elsewhere} yet; what is stored so far stays in {store.path}" in " ".join(
            told.split()
        )
        assert "`spotrec config unset store` returns to it" in " ".join(told.split())
        assert "returns" not in spotrec("config", "set", "store", elsewhere).stderr, "nothing changed"
        write(file, "timeout_s = -7")
        spotrec("config", "set", "timeout_s", "9")

    def test_comments_and_order_stay(self, spotrec: Run, file: Path) -> None:
        write(file, MINE)
        spotrec("config", "set", "timeout_s", "9")
        spotrec("config", "set", "matching", "loose")
        assert file.read_text() == MINE.replace("= 7 ", "= 9.0 ") + 'matching = "loose"\n'

    def test_a_setting_goes_below_its_commented_line(self, spotrec: Run, file: Path) -> None:
        write(file, '# a\n# matching = "strict"\n\n# b\n# timeout_s = 1\n')
        spotrec("config", "set", "matching", "loose")
        assert file.read_text().splitlines()[:3] == ["# a", '# matching = "strict"', 'matching = "loose"']

    def test_a_line_of_a_long_text_is_not_taken_for_a_comment(self, spotrec: Run, file: Path) -> None:
        write(file, 'itunes_country = """\n# matching = 1\n"""\n')
        spotrec("config", "set", "matching", "loose")
        assert tomllib.loads(file.read_text()) == {"itunes_country": "# matching = 1\n", "matching": "loose"}

    def test_a_wrong_name_gets_the_nearest_one(self, spotrec: Run, file: Path) -> None:
        assert "do you mean “store”?" in spotrec("config", "set", "stroe", "x", code=2).stderr
        assert "do you mean “max_wait_s”" in spotrec("config", "set", "max-wait-s", "1", code=2).stderr
        assert not file.exists()

    @pytest.mark.parametrize(
        ("name", "values", "why"),
        [
            ("timeout_s", ["soon"], "timeout_s = 'soon' (command line) is not valid"),
            ("timeout_s", ["0"], "more than 0"),
            ("timeout_s", ["1", "2"], "has one value, but 2 were given"),
            ("matching", ["maybe"], "strict or loose"),
            ("model", ["choi", "chio"], "there is no model “chio”"),
            ("providers", ["deezr"], "there is no preview provider “deezr”"),
            ("itunes_limit", ["fast"], "“fast” is not a limit"),
            ("store", [""], "spotrec config unset store"),
            ("model", [" , "], "is empty"),
            ("store", ["~nosuchuser/x"], "is not valid"),
        ],
    )
    def test_a_wrong_value_is_told_and_not_written(
        self, spotrec: Run, file: Path, name: str, values: list[str], why: str
    ) -> None:
        assert why in spotrec("config", "set", name, *values, code=2).stderr
        assert not file.exists()

    @pytest.mark.parametrize("text", ["store = ", "stroe = 'x'\n", "timeout_s = 'soon'\n", "[store]\nx = 1\n"])
    def test_a_file_that_is_not_valid_is_told_and_not_overwritten(self, spotrec: Run, file: Path, text: str) -> None:
        write(file, text)
        for command in (("set", "matching", "loose"), ("set", "matching", "strict", "--json")):
            assert str(file) in spotrec("config", *command, code=2).stderr
        assert file.read_text() == text

    def test_the_wrong_value_itself_can_be_replaced(self, spotrec: Run, file: Path) -> None:
        write(file, "timeout_s = 'soon'  # really\n")
        spotrec("config", "set", "timeout_s", "3")
        assert file.read_text() == "timeout_s = 3.0  # really\n"

    def test_what_wins_at_the_moment_is_told(
        self, spotrec: Run, file: Path, home: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        write(home / "config" / "spotrec.toml", "matching = 'strict'")
        shown = spotrec("config", "set", "matching", "loose")
        assert f"also set in config/spotrec.toml, which wins over {file}" in shown.stderr
        monkeypatch.setenv("SPOTREC_MATCHING", "strict")
        done = spotrec("config", "set", "matching", "loose", "--json")
        assert json.loads(done.stdout)["origin"] == "environment"
        assert "also set in the environment, which wins" in done.stderr
        assert tomllib.loads(file.read_text()) == {"matching": "loose"}
        assert "wins" not in spotrec("config", "set", "timeout_s", "3").stderr

    def test_config_names_another_file_which_wins_over_the_users(self, spotrec: Run, file: Path, home: Path) -> None:
        write(file, "matching = 'strict'")
        done = spotrec("config", "set", "matching", "loose", "--config", "other.toml")
        assert "wins" not in done.stderr
        assert (home / "other.toml").read_text() == 'matching = "loose"\n'
        assert file.read_text() == "matching = 'strict'"
        assert (
            "is not a .toml file" in spotrec("config", "set", "matching", "loose", "--config", "x.env", code=2).stderr
        )
        assert "there is no folder" in spotrec("config", "set", "model", "choi", "--config", "no/x.toml", code=2).stderr

    def test_a_relative_path_means_the_same_file_in_every_folder(self, spotrec: Run, file: Path, home: Path) -> None:
        spotrec("config", "set", "store", "music.db")
        spotrec("config", "set", "cache", "audio")
        spotrec("config", "set", "index_dir", "~/index")
        written = tomllib.loads(file.read_text())
        assert written == {"store": str(home / "music.db"), "cache": str(home / "audio"), "index_dir": "~/index"}
        spotrec("config", "set", "cache", "s3://bucket/prefix")
        assert resolve().cache == "s3://bucket/prefix"


class TestSecrets:
    @pytest.mark.parametrize(
        ("name", "value"), [("spotify_client_secret", "planted"), ("spotify_api_url", "https://joe:planted@h/")]
    )
    def test_a_secret_is_for_the_owner_alone_and_never_printed(
        self, spotrec: Run, file: Path, name: str, value: str
    ) -> None:
        write(file, "timeout_s = 3\n").chmod(0o664)
        spotrec("config", "set", "timeout_s", "4")
        assert mode(file) == 0o664
        done = spotrec("config", "set", name, value)
        assert mode(file) == 0o600
        assert "planted" not in done.stdout + done.stderr
        assert f"your shell's history now contains this secret; spotrec config set {name} -" in done.stderr

    def test_a_secret_is_read_from_standard_input(self, spotrec: Run, file: Path) -> None:
        done = spotrec("config", "set", "spotify_client_secret", "-", stdin="planted\n")
        assert resolve().spotify_client_secret == "planted"
        assert mode(file) == 0o600
        assert "history" not in done.stderr
        assert "planted" not in done.stdout + done.stderr

    def test_a_list_is_read_from_standard_input_too(self, spotrec: Run, file: Path) -> None:
        spotrec("config", "set", "model", "-", stdin="choi\nmusicnn\n")
        assert resolve().ears == ("choi", "musicnn")

    @pytest.mark.parametrize("stdin", ["", "\n \n", b"\xff\n", "one\ntwo\n"])
    def test_other_standard_input_is_refused(self, spotrec: Run, file: Path, stdin: str | bytes) -> None:
        spotrec("config", "set", "spotify_client_secret", "-", stdin=stdin, code=2)
        assert not file.exists()

    def test_on_a_terminal_a_secret_is_typed_unseen(self, file: Path) -> None:
        code, screen = answered(b"spotify_client_secret: ", b"planted\n", "config", "set", "spotify_client_secret", "-")
        assert code == 0, screen
        assert "planted" not in screen
        assert resolve().spotify_client_secret == "planted"


class TestUnset:
    def test_the_default_is_back_and_comments_stay(self, spotrec: Run, file: Path) -> None:
        write(file, MINE)
        assert "providers is no longer set" in spotrec("config", "unset", "providers").stdout
        assert file.read_text() == "# my settings\ntimeout_s = 7  # the hotel's network\n\n# the end\n"
        assert row(spotrec, "providers")["origin"] == "default"

    def test_what_was_not_set_is_said(self, spotrec: Run, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        assert f"ears is not set in {file}; its default is used" in spotrec("config", "unset", "model").stdout
        assert not file.parent.exists()
        monkeypatch.setenv("SPOTREC_MODEL", "choi")
        found = json.loads(spotrec("config", "unset", "model", "--json").stdout)
        assert [(one["changed"], one["origin"]) for one in found] == [(False, "environment")]

    def test_a_name_that_is_no_setting_can_be_removed_if_it_is_in_the_file(self, spotrec: Run, file: Path) -> None:
        write(file, "stroe = 1\ntimeout_s = 'soon'\nmatching = 'loose'\n")
        spotrec("config", "unset", "stroe", code=2)
        spotrec("config", "unset", "stroe", "timeout_s")
        assert file.read_text() == "matching = 'loose'\n"
        assert "do you mean “store”?" in spotrec("config", "unset", "stroe", code=2).stderr


class TestFiles:
    def test_a_link_stays_a_link(self, spotrec: Run, file: Path, home: Path) -> None:
        target = write(home / "dotfiles" / "spotrec.toml", "# mine\n")
        file.parent.mkdir(parents=True)
        file.symlink_to(target)
        spotrec("config", "set", "matching", "loose")
        assert file.is_symlink()
        assert target.read_text() == '# mine\nmatching = "loose"\n'

    def test_a_link_to_itself_is_told(self, spotrec: Run, file: Path) -> None:
        file.parent.mkdir(parents=True)
        file.symlink_to(file.name)
        assert "Too many levels of symbolic links" in spotrec("config", "set", "model", "choi", code=2).stderr
        assert file.is_symlink()

    def test_many_at_once_lose_nothing(self, file: Path) -> None:
        changes = {"timeout_s": "3", "max_wait_s": "4", "max_audio_mb": "5", "matching": "loose", "aws_region": "x"}
        running = [
            subprocess.Popen([sys.executable, "-m", "spotrec", "config", "set", *change]) for change in changes.items()
        ]
        assert [one.wait(60) for one in running] == [0] * len(changes)
        assert set(tomllib.loads(file.read_text())) == set(changes)

    def test_a_folder_that_cannot_be_written_is_told(self, file: Path) -> None:
        write(file, "# mine\n")
        file.parent.chmod(0o555)
        try:
            done = run_bound("config", "set", "model", "choi", code=1)
        finally:
            file.parent.chmod(0o755)
        assert f"{file} cannot be written: Permission denied" in done.stderr
        assert file.read_text() == "# mine\n"

    def test_a_full_disk_is_told_and_the_file_is_as_before(self, file: Path) -> None:
        write(file, MINE)
        limited = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (20, 20)); "
        run = "from spotrec.cli import main; main()"
        done = subprocess.run(
            [sys.executable, "-c", limited + run, "config", "set", "matching", "loose"], capture_output=True, text=True
        )
        assert done.returncode == 1
        assert f"no room to write {file}" in done.stderr
        assert file.read_text() == MINE
        assert [path.name for path in file.parent.iterdir() if "part" in path.name] == []


class TestEdit:
    def edited(self, monkeypatch: pytest.MonkeyPatch, script: str, answers: bytes = b"n\n") -> tuple[int, str]:
        """Edit with `sed`; somebody answers the question."""
        monkeypatch.delenv("VISUAL", raising=False)
        monkeypatch.setenv("EDITOR", f"sed -i -e '{script}'")
        code, screen = answered(b"again?", answers, "config", "edit")
        return code, " ".join(screen.split())

    def test_the_first_time_the_file_lists_every_setting_once(
        self, file: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        code, screen = self.edited(monkeypatch, "")
        assert (code, "it sets nothing" in screen) == (0, True), screen
        assert mode(file) == 0o600
        assert resolve() == resolve(config=file)
        text = file.read_text()
        for row in describe(resolve()):
            assert text.count(f"\n# {row.about}\n") >= 1
            assert text.count(f"\n# {row.name} = ") == 1

    def test_each_default_of_the_first_file_is_valid_and_the_default(
        self, file: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.delenv("SPOTREC_PREVIEW_HOSTS")
        self.edited(monkeypatch, "")
        assert resolve().origins.keys().isdisjoint({"preview_hosts", "providers", "max_wait_s", "matching"})
        before = resolve()
        for name in ("preview_hosts", "providers", "max_wait_s", "matching", "weights_url"):
            assert name in names()
            file.write_text(file.read_text().replace(f"# {name} = ", f"{name} = "))
        assert resolve() == before

    def test_a_setting_is_changed_and_the_file_checked(self, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        write(file, "timeout_s = 7\nspotify_token = 'planted'\n").chmod(0o644)
        code, screen = self.edited(monkeypatch, "s/7/8/")
        assert (code, "it sets timeout_s, spotify_token" in screen) == (0, True), screen
        assert resolve().timeout_s == 8.0
        assert mode(file) == 0o600

    def test_a_file_that_is_not_valid_can_be_edited_again(self, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        write(file, "timeout_s = 7 # 8\n")
        swap = "s/7 # 8/soon/;t;s/soon/9/"
        code, screen = self.edited(monkeypatch, swap, b"y\n")
        assert code == 0, screen
        assert "cannot be read" in screen
        assert resolve().timeout_s == 9.0
        code, screen = self.edited(monkeypatch, "s/9/soon/", b"n\n")
        assert code == 2, screen

    def test_a_model_that_does_not_exist_is_told_too(self, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        write(file, "model = 'choi'\n")
        code, screen = self.edited(monkeypatch, "s/choi/chio/", b"n\n")
        assert (code, "there is no model “chio”" in screen) == (2, True), screen

    def test_without_a_terminal_it_says_what_to_do(self, spotrec_process: Run, file: Path) -> None:
        done = spotrec_process("config", "edit", code=2, EDITOR="true")
        assert "there is no terminal to open an editor on" in done.stderr
        assert str(file) in done.stderr
        assert not file.exists()

    @pytest.mark.parametrize(
        ("editor", "code", "said"),
        [("no-such-editor -x", 2, "not an installed program"), ('"x', 2, "not an installed"), ("false", 1, "failed")],
    )
    def test_an_editor_that_does_not_work_is_named(
        self, file: Path, monkeypatch: pytest.MonkeyPatch, editor: str, code: int, said: str
    ) -> None:
        monkeypatch.setenv("VISUAL", editor)
        found, screen = answered(b"again?", b"n\n", "config", "edit")
        assert (found, said in " ".join(screen.split())) == (code, True), screen
