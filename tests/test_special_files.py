"""Pipes, devices and files without an end in place of files: they are refused, and nothing waits for them."""

import json
import os
import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from spotrec.audio.cache.disk import DiskAudioCache
from spotrec.errors import CacheError, IndexFault, SpotrecError, UsageError
from spotrec.evaluate.label_table import from_csv
from spotrec.index.index import load
from spotrec.settings import resolve
from spotrec.spotify.tokens import Flow, Token, TokenFile, delete_tokens
from spotrec.system.files import open_regular, read_regular
from spotrec.track import Ears, ModelId, Track, TrackId
from support.catalogue import fill, scattered, song

Run = Callable[..., Any]
Place = Callable[[Path], None]


def pipe(path: Path) -> None:
    os.mkfifo(path)


def zero(path: Path) -> None:
    path.symlink_to("/dev/zero")


def kernel_messages(path: Path) -> None:
    """The system calls it a regular file; a read of it waits for the next message."""
    path.symlink_to("/proc/kmsg")


def unix_socket(path: Path) -> None:
    here = Path.cwd()
    os.chdir(path.parent)  # the address of a socket may have a hundred bytes
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(path.name)
    os.chdir(here)


def folder(path: Path) -> None:
    path.mkdir()


KINDS = (pipe, zero, kernel_messages, unix_socket, folder)
special = pytest.mark.parametrize("place", KINDS)


@pytest.fixture(autouse=True)
def no_waiting() -> Iterator[None]:
    """Fail a test that waits for a pipe."""

    def fail(*_: object) -> None:
        pytest.fail("it waits")

    before = signal.signal(signal.SIGALRM, fail)
    signal.alarm(60)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


def put(path: Path, place: Place) -> None:
    path.unlink(missing_ok=True)
    place(path)


@special
def test_only_a_regular_file_is_opened(tmp_path: Path, place: Place) -> None:
    put(tmp_path / "it", place)
    if place is kernel_messages:
        try:
            assert read_regular(tmp_path / "it", 100) == b""
        except PermissionError:
            return
    else:
        with pytest.raises(OSError, match=r"not a regular file|Is a directory|No such device"):
            open_regular(tmp_path / "it")


def test_a_regular_file_is_read_through_a_link_unless_links_are_refused(tmp_path: Path) -> None:
    (tmp_path / "it").write_bytes(b"12345")
    (tmp_path / "link").symlink_to("it")
    assert read_regular(tmp_path / "link", 5) == b"12345"
    assert read_regular(tmp_path / "link", 2) == b"123", "one byte more than wanted shows that there are more"
    assert read_regular(tmp_path / "it", 5, follow_links=False) == b"12345"
    with pytest.raises(OSError, match="symbolic links"):
        read_regular(tmp_path / "link", 5, follow_links=False)
    (tmp_path / "empty").touch()
    assert read_regular(tmp_path / "empty", 5) == b""


@special
@pytest.mark.parametrize("name", ["current", "manifest.json", "vectors.npy", "ids.npy", "space.npz"])
def test_an_index_with_one_in_it_is_damaged(spotrec: Run, home: Path, place: Place, name: str) -> None:
    fill(home, [song(i) for i in range(4)], scattered(4))
    spotrec("index")
    (path,) = (home / "data" / "index").rglob(name)
    if place is folder:
        path.unlink()
    put(path, place)
    said = spotrec("query", song(0).id, code=1).stderr
    assert "spotrec index" in said
    spotrec("index", "--list", code=None)
    if (name, place) != ("current", folder):  # a folder in place of the pointer is the user's own: it is not removed
        spotrec("index")
        spotrec("query", song(0).id)


@special
def test_a_file_of_settings_that_is_none_is_not_waited_for(home: Path, place: Place) -> None:
    (home / "config").mkdir()
    put(home / "config" / "spotrec.toml", place)
    put(home / "config" / "mine.env", place)
    try:
        assert resolve().store is None
    except UsageError as error:
        assert "cannot be read" in error.message


@special
@pytest.mark.parametrize("suffix", ["m3u8", "txt", "csv", "json", "xml", "xspf", "pls", "mp3"])
def test_no_source_is_waited_for(spotrec: Run, tmp_path: Path, place: Place, suffix: str) -> None:
    put(tmp_path / f"list.{suffix}", place)
    assert spotrec("crawl", tmp_path / f"list.{suffix}", code=None).exit_code in (2, 3, 5)
    assert spotrec("crawl", tmp_path, code=None).exit_code in (0, 3, 5)


@special
def test_labels_weights_exports_and_seeds_are_not_waited_for(spotrec: Run, tmp_path: Path, place: Place) -> None:
    path = tmp_path / "it"
    put(path, place)
    with pytest.raises(UsageError):
        from_csv(path, [Track(TrackId("deezer:track:1"), "One")])
    assert spotrec("models", "install", "choi", "--from", path, code=None).exit_code
    assert spotrec("models", "install", "musicnn", "--from", path, code=None).exit_code
    assert spotrec("embed", path, "--weights", path, code=None).exit_code
    assert spotrec("features", "import", path, code=None).exit_code
    assert spotrec("query", path, code=None).exit_code
    for command in (["map", "--html", path], ["features", "export", path]):
        assert spotrec(*command, code=None).exit_code


@special
def test_cached_audio_is_not_waited_for(tmp_path: Path, place: Place) -> None:
    put(tmp_path / "key", place)
    with suppress(CacheError):
        assert DiskAudioCache(tmp_path).get("key", 1_000) == b""


TOKEN = Token("access", 2_000_000_000)


@special
def test_a_token_that_is_no_file_is_none(tmp_path: Path, place: Place) -> None:
    token = TokenFile(tmp_path / "tokens", Flow.PKCE, "client")
    with token.locked():
        token.save(TOKEN)
    assert token.read() == TOKEN
    if place is folder:
        token.path.unlink()
    put(token.path, place)
    assert token.read() is None


def test_a_linked_token_is_none(tmp_path: Path) -> None:
    token = TokenFile(tmp_path / "tokens", Flow.PKCE, "client")
    with token.locked():
        token.save(TOKEN)
    token.path.rename(tmp_path / "elsewhere")
    token.path.symlink_to(tmp_path / "elsewhere")
    assert token.read() is None


def test_a_linked_folder_of_tokens_is_refused_and_what_it_leads_to_stays_as_it_is(tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir(mode=0o755)
    elsewhere.chmod(0o755)
    (tmp_path / "tokens").symlink_to(elsewhere)
    token = TokenFile(tmp_path / "tokens", Flow.PKCE, "client")
    for use in (token.read, token.locked().__enter__, lambda: delete_tokens(tmp_path / "tokens", None)):
        with pytest.raises(SpotrecError, match="is a symbolic link"):
            use()
    assert not list(elsewhere.iterdir())
    assert elsewhere.stat().st_mode & 0o777 == 0o755


def test_an_index_of_pipes_that_claim_to_be_empty_is_damaged(spotrec: Run, home: Path) -> None:
    fill(home, [song(i) for i in range(4)], scattered(4))
    spotrec("index")
    (path,) = (home / "data" / "index").rglob("manifest.json")
    fields = json.loads(path.read_text())
    for name, seal in fields["files"].items():
        put(path.with_name(name), pipe)
        seal.update(n_bytes=0, mtime_ns=path.with_name(name).stat().st_mtime_ns)
    path.write_text(json.dumps(fields))
    model = ModelId(fields["model"].split("-")[0], int(fields["model"].split("-")[1].split("+")[0]), fields["dim"])
    with pytest.raises(IndexFault):
        load(home / "data" / "index", Ears.of(model))
