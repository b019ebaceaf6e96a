"""What a command says when it cannot go on: the cause, and a way on that works."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from support.catalogue import fill, scattered, songs
from support.music import tune, write_tagged

Run = Callable[..., Any]


@pytest.fixture
def catalogue(home: Path) -> None:
    fill(home, songs(12), scattered(12))


@pytest.mark.parametrize(
    ("content", "hint"),
    [
        ("timeout_s = 'abc'", "correct it in bad.toml; timeout_s is: longest silence of a server, in seconds"),
        ("stroe = 'x'", "do you mean “store”?"),
        ("zzzzzz = 'x'", "remove it; settings are "),
    ],
)
def test_a_bad_setting_in_a_file_is_explained_without_a_command_that_fails_too(
    spotrec: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: str, hint: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "bad.toml").write_text(content)
    shown = spotrec("status", "--config", "bad.toml", code=2).stderr
    assert hint in shown
    assert "config show" not in shown


def test_a_bad_setting_on_the_command_line_is_explained_in_words(spotrec: Run) -> None:
    shown = spotrec("config", "set", "heard_lately_days", "soon", code=2).stderr
    assert "heard_lately_days = 'soon' (command line) is not valid: it must be a whole number" in shown
    assert "hint: correct it; heard_lately_days is: " in shown
    assert "it must be a number" in spotrec("config", "set", "timeout_s", "soon", code=2).stderr
    assert "hint: settings are " in spotrec("config", "set", "zzzzzz", "1", code=2).stderr  # there is nothing to remove


def test_a_bad_variable_is_named(spotrec: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SPOTREC_TIMEOUT_S", "abc")
    assert "correct it in SPOTREC_TIMEOUT_S, or unset this variable" in spotrec("status", code=2).stderr


def test_without_features_no_hint_leads_to_an_index_of_nothing(spotrec: Run, catalogue: None) -> None:
    for arguments in (("index", "--rollback"), ("index", "push", "s3://bucket/indexes")):
        shown = spotrec(*arguments, "--model", "musicnn", code=1).stderr
        assert "hint: `spotrec extract --model musicnn`, then `spotrec index --model musicnn`" in shown


def test_a_rollback_in_an_empty_store_begins_with_a_crawl(spotrec: Run) -> None:
    assert "crawl first: `spotrec crawl SOURCE`" in spotrec("index", "--rollback", code=1).stderr


def test_doctor_says_the_whole_way_to_an_index(spotrec: Run) -> None:
    assert "crawl first: `spotrec crawl SOURCE`" in spotrec("doctor", code=None).stdout


def test_after_an_index_of_a_model_the_next_query_uses_this_model(spotrec: Run, catalogue: None) -> None:
    assert "next: spotrec query SEED --model choi-1" in spotrec("index", "--model", "choi-1").stdout


@pytest.mark.parametrize("command", ["doctor", "extract"])
def test_a_file_that_is_no_network_is_not_approved_and_the_setting_is_named(
    spotrec: Run, music: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    spotrec("crawl", music)
    (tmp_path / "mk.py").write_text("print()")
    monkeypatch.setenv("SPOTREC_WEIGHTS", str(tmp_path / "mk.py"))
    done = spotrec(command, code=1)
    shown = " ".join((done.stdout + done.stderr).split())
    assert "mk.py does not contain Choi's network" in shown
    assert "(SPOTREC_WEIGHTS) names it, remove the setting" in shown


@pytest.mark.parametrize("name", ["My playlist.m3u8", "My list.txt", "My table.csv", "My list.xspf", "My folder"])
def test_a_list_that_is_gone_is_named_once_with_the_way_to_forget_it(spotrec: Run, tmp_path: Path, name: str) -> None:
    write_tagged(tmp_path / "a.flac", tune(1), artist="A", title="B")
    write_tagged(tmp_path / "My folder" / "b.flac", tune(2), artist="C", title="D")
    path = tmp_path / name
    contents = {".csv": "path\na.flac\n", ".xspf": XSPF}
    if path.suffix:
        path.write_text(contents.get(path.suffix, "a.flac\n"))
    spotrec("crawl", path)
    path.rename(tmp_path / "elsewhere")
    shown = spotrec("sync", code=1 if path.suffix else 5).stderr
    assert f"any more\nhint: put it back or mount its disk; if it is gone: `spotrec remove '{path}'`" in shown
    assert shown.partition("hint:")[0].count(str(path)) == 1
    spotrec("remove", path, "--yes")
    assert "no collections yet" in spotrec("tracks", "--collections").stdout


XSPF = (
    '<?xml version="1.0"?><playlist version="1" xmlns="http://xspf.org/ns/0/"><trackList>'
    "<track><location>a.flac</location></track></trackList></playlist>"
)


def test_a_crawl_without_a_network_says_why_and_when_to_try_again(
    spotrec: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SPOTREC_PROVIDERS", "deezer")
    monkeypatch.setenv("SPOTREC_DEEZER_API_URL", "http://127.0.0.1:9")
    (tmp_path / "four.csv").write_text("title,artist\n" + "".join(f"Title {n},Artist {n}\n" for n in range(9)))
    shown = spotrec("crawl", tmp_path / "four.csv", code=3)
    assert "keeps failing (cannot be reached: " in shown.stdout
    assert "hint: `spotrec crawl --retry` queries it again after " in shown.stderr
    assert "try again later" not in shown.stderr
    again = spotrec("crawl", "--retry", code=3).stderr
    assert "no provider was queried: the first is due after " in again
    assert "`spotrec crawl --retry-all` queries all of them now" in again


def test_a_retry_with_nothing_to_do_says_so(spotrec: Run, music: Path) -> None:
    spotrec("crawl", music)
    for option in ("--retry", "--retry-all"):
        assert spotrec("crawl", option).stdout == "no track lacks audio: there is nothing to retry\n"


def test_a_list_without_tracks_says_what_is_not_there(spotrec: Run, catalogue: None) -> None:
    assert spotrec("tracks", "--failed").stdout == "no track has failed\n"
    assert spotrec("tracks", "bork", "--artist", "x").stdout.startswith(
        "no stored track matches “bork”, the artist “x”\n`spotrec tracks` lists all"
    )


def test_after_a_removal_the_next_step_is_what_status_says(spotrec: Run, catalogue: None) -> None:
    spotrec("index")
    for name in (songs(1)[0].id, "artist:Artist 3"):
        shown = spotrec("remove", name, "--yes").stdout.splitlines()[-1]
        assert shown == spotrec("status").stdout.splitlines()[-1]


def test_what_is_removed_is_listed_by_name(spotrec: Run, catalogue: None) -> None:
    ids = [song.id for song in reversed(songs(9))]
    shown = [line.split("  ")[1] for line in spotrec("remove", *ids, "--dry-run").stdout.splitlines()[1:]]
    assert shown == sorted(shown)


def test_no_message_names_files_that_only_the_repository_has() -> None:
    import spotrec as package

    for path in Path(package.__file__).parent.rglob("*.py"):
        assert ".template" not in path.read_text(encoding="utf-8"), path


def test_words_that_are_no_source_are_told_apart_from_sites_and_files(spotrec: Run) -> None:
    assert "--search searches Spotify for words" in spotrec("crawl", "some song", code=5).stderr
    assert (
        "“README.md” is not a site spotrec knows, and there is no such file"
        in spotrec("crawl", "README.md", code=2).stderr
    )


def test_a_folder_to_embed_is_said_to_be_a_folder(spotrec: Run, tmp_path: Path) -> None:
    (tmp_path / "my music").mkdir()
    shown = spotrec("embed", tmp_path / "my music", code=2).stderr
    assert f"{tmp_path / 'my music'} is a folder" in shown
    assert f"give audio files: '{tmp_path / 'my music'}'/*" in shown
