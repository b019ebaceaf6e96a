"""Where MPD is found, as mpc finds it."""

import socket
from pathlib import Path
from typing import Any

import pytest

from spotrec.errors import UsageError
from spotrec.mpd import Address, address_of
from spotrec.settings import resolve


def found(setting: str | None = None, password: str | None = None, **environment: str) -> Address:
    flags: dict[str, Any] = {"mpd": setting, "mpd_password": password}
    return address_of(resolve(flags), environment)


@pytest.mark.parametrize(
    ("setting", "host", "port"),
    [
        ("music.lan", "music.lan", 6600),
        ("music.lan:6601", "music.lan", 6601),
        ("::1", "::1", 6600),
        ("[::1]:6601", "::1", 6601),
        ("/run/mpd/socket", "/run/mpd/socket", None),
        ("@mpd", "@mpd", None),
    ],
)
def test_an_address_is_a_host_a_port_or_a_socket(setting: str, host: str, port: int | None) -> None:
    address = found(setting)
    assert (address.host, address.port) == (host, port)


@pytest.mark.parametrize("setting", ["billie holiday", "a:b", "a:0", "a:70000", ":6600", "[::1", "a/b", "me@host"])
def test_what_is_no_address_is_refused(setting: str) -> None:
    with pytest.raises(UsageError):
        found(setting)


def test_the_environment_is_read_as_mpc_reads_it() -> None:
    assert found(MPD_HOST="music.lan") == Address("music.lan", 6600)
    assert found(MPD_HOST="s3cret@music.lan", MPD_PORT="6601") == Address("music.lan", 6601, "s3cret")
    assert found(MPD_HOST="s3cret@/run/socket") == Address("/run/socket", None, "s3cret")
    assert found(MPD_HOST="@abstract") == Address("@abstract", None)
    assert found("other:1", MPD_HOST="music.lan") == Address("other", 1)
    assert "s3cret" not in repr(found(MPD_HOST="s3cret@music.lan"))


def test_without_any_the_usual_socket_comes_before_the_usual_port(tmp_path: Path) -> None:
    assert found(XDG_RUNTIME_DIR=str(tmp_path), MPD_PORT="6600") == Address("localhost", 6600)
    (tmp_path / "mpd").mkdir()
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(tmp_path / "mpd" / "socket"))
        assert found(XDG_RUNTIME_DIR=str(tmp_path)) == Address(str(tmp_path / "mpd" / "socket"), None)


def test_a_password_does_not_go_to_an_address_that_a_folder_names(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (home / "config").mkdir(exist_ok=True)
    (home / "config" / "spotrec.toml").write_text('mpd = "stranger.example"\n')
    assert address_of(resolve(), {}).host == "stranger.example"
    monkeypatch.setenv("SPOTREC_MPD_PASSWORD", "planted")
    with pytest.raises(UsageError, match="not sent to stranger"):
        address_of(resolve(), {})
    assert address_of(resolve({"mpd": "my.own"}), {}).password == "planted"
