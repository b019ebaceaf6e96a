"""Signing in, out, and who is signed in, against a Spotify on loopback that checks PKCE."""

import json
import os
import signal
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from spotrec import Recommender
from spotrec.errors import ServiceUnavailable, SignInNeeded, SpotrecError
from spotrec.spotify.tokens import Flow, Token, TokenFile
from support.browser import Browser, sign_in, visit
from support.servers import Answer, spotify_id
from support.spotify_accounts import FakeAccounts
from support.spotify_embed import FakeEmbed

Run = Callable[..., Any]


def token_files(home: Path) -> list[Path]:
    return sorted((home / "data" / "tokens").glob("*.json"))


def stored(home: Path) -> dict[str, Any]:
    (path,) = token_files(home)
    fields: dict[str, Any] = json.loads(path.read_text())["token"]
    return fields


def age(home: Path) -> None:
    """Make the stored access token near its end."""
    (path,) = token_files(home)
    content = json.loads(path.read_text())
    content["token"]["expires_at"] = int(time.time()) + 30
    path.write_text(json.dumps(content))


@contextmanager
def waiting(*arguments: str) -> Iterator[tuple["subprocess.Popen[str]", str]]:
    """`spotrec login` in a process of its own, and the address that it prints."""
    command = [sys.executable, "-m", "spotrec", "login", "--no-browser", *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        try:
            assert "open this address" in process.stderr.readline()
            yield process, process.stderr.readline().strip()
        finally:
            process.kill()


def test_a_user_signs_in_in_the_browser_without_a_secret(
    spotrec_process: Run, accounts: FakeAccounts, home: Path, tmp_path: Path
) -> None:
    browser = tmp_path / "browser.py"
    browser.write_text("import sys, urllib.request as r\nopen(sys.argv[2], 'wb').write(r.urlopen(sys.argv[1]).read())")
    done = spotrec_process("login", BROWSER=f"{sys.executable} {browser} %s {tmp_path / 'page.html'}")
    assert "Alice (alice)" in done.stdout
    assert "open this address" in done.stderr
    assert "go back to the terminal" in (tmp_path / "page.html").read_text()
    (asked,) = accounts.authorizations
    assert urlsplit(asked["redirect_uri"]).hostname == "127.0.0.1"
    assert set(asked["scope"].split()) == {
        "playlist-modify-private",
        "playlist-modify-public",
        "playlist-read-private",
        "playlist-read-collaborative",
        "user-library-read",
    }
    (path,) = token_files(home)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert stored(home)["refresh_token"] in accounts.secrets


def test_only_a_request_with_our_state_ends_the_wait(accounts: FakeAccounts) -> None:
    with waiting("--json") as (process, address):
        query = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
        callback, state = query["redirect_uri"], query["state"]
        base = callback.removesuffix("/callback")
        idle = socket.create_connection(("127.0.0.1", urlsplit(base).port or 0))  # as browsers open them beforehand
        for wrong in (
            f"{base}/favicon.ico",
            f"{base}/?code=x&state={state}",
            callback,
            f"{callback}?code=stolen",
            f"{callback}?code=stolen&state=wrong",
            f"{callback}?code=stolen&state=%C3%A9%FF",
            f"{callback}?error=access_denied&state=",
            f"{callback}?state={state}",
            f"{callback}?" + "&".join(f"a{i}=1" for i in range(50)),
        ):
            assert "still waiting" in visit(wrong), wrong
        with socket.create_connection(("127.0.0.1", urlsplit(base).port or 0)) as broken:
            broken.sendall(b"GET http://[ HTTP/1.1\r\n\r\n")
            assert b" 404 " in broken.recv(4096)
        assert process.poll() is None
        assert accounts.asked("/api/token") == 0
        assert "go back to the terminal" in visit(address)
        stdout, stderr = process.communicate(timeout=30)
        idle.close()
    assert process.returncode == 0, stderr
    assert json.loads(stdout)["user_id"] == "alice"


def test_the_listener_is_out_of_reach_for_other_machines(accounts: FakeAccounts) -> None:
    with waiting() as (_, address):
        port = urlsplit(parse_qs(urlsplit(address).query)["redirect_uri"][0]).port
        for table, own in (("tcp", "0100007F"), ("tcp6", "")):
            path = Path("/proc/net") / table
            if not path.exists():
                pytest.skip("this system has no /proc/net")
            rows = [row.split()[1].split(":") for row in path.read_text().splitlines()[1:] if row.split()[3] == "0A"]
            assert {host for host, hexadecimal in rows if int(hexadecimal, 16) == port} <= {own}


@pytest.mark.parametrize(
    ("error", "said"), [("access_denied", "you did not give spotrec access"), ("invalid_scope", "“invalid_scope”")]
)
def test_a_no_is_told(accounts: FakeAccounts, home: Path, error: str, said: str) -> None:
    accounts.denies = error
    with waiting() as (process, address):
        visit(address)
        stdout, stderr = process.communicate(timeout=30)
    assert (process.returncode, stdout) == (4, "")
    assert said in stderr
    assert "spotrec login" in stderr
    assert token_files(home) == []


def test_nobody_signing_in_ends_the_wait_in_time(spotrec: Run, accounts: FakeAccounts) -> None:
    start = time.monotonic()
    result = spotrec("login", "--no-browser", "--timeout", 1, code=4)
    assert time.monotonic() - start < 10
    assert "no sign-in within 1 s" in result.stderr
    assert "http://127.0.0.1/callback" in result.stderr, "the app may lack the redirect URI"


def test_the_wait_can_be_interrupted(accounts: FakeAccounts, home: Path) -> None:
    with waiting() as (process, _):
        process.send_signal(signal.SIGINT)
        stdout, stderr = process.communicate(timeout=30)
    assert (process.returncode, stdout) == (130, "")
    assert "Traceback" not in stderr
    assert token_files(home) == []


def test_the_port_can_be_chosen_and_a_taken_one_is_told(spotrec: Run, accounts: FakeAccounts) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert f"cannot listen on port {port}" in spotrec("login", "--no-browser", "--port", port, code=2).stderr
    with waiting("--port", str(port)) as (_, address):
        assert parse_qs(urlsplit(address).query)["redirect_uri"] == [f"http://127.0.0.1:{port}/callback"]


def test_signing_in_needs_a_client_id_and_takes_it_as_an_option(
    spotrec: Run, accounts: FakeAccounts, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SPOTIFY_CLIENT_ID")
    assert "--client-id" in spotrec("login", code=2).stderr
    browser = Browser()
    who = Recommender(progress=browser, spotify_client_id="other").login(open_browser=False, timeout_s=20)
    assert who.client_id == "other"
    assert "if SPOTIFY_CLIENT_ID is other" in browser.notes[-1]
    assert "spotrec login" in spotrec("whoami", code=4).stderr, "the settings name no client id"
    assert "alice" in spotrec("whoami", "--client-id", "other").stdout


def test_a_code_that_spotify_does_not_take_is_no_sign_in(accounts: FakeAccounts, home: Path) -> None:
    accounts.faults["/api/token"] = [Answer({"error": "invalid_grant"}, 400)]
    with pytest.raises(SignInNeeded, match="invalid_grant"):
        sign_in()
    assert token_files(home) == []


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (Answer("<html>busy</html>", 503), "HTTP 503"),
        (Answer("<html>hello</html>"), "cannot be reached|does not understand"),
        (Answer({"access_token": "a\r\nX-Evil: 1", "expires_in": 3600}), "no valid token"),
        (Answer({"access_token": "a"}), "does not understand"),
        (Answer(["a"]), "does not understand"),
    ],
)
def test_an_accounts_service_that_is_broken_is_not_a_refusal(
    accounts: FakeAccounts, home: Path, answer: Answer, said: str
) -> None:
    accounts.faults["/api/token"] = [answer]
    with pytest.raises(ServiceUnavailable, match=said):
        sign_in()
    assert token_files(home) == []


def test_a_playlist_is_crawled_as_the_signed_in_user(spotrec: Run, accounts: FakeAccounts, home: Path) -> None:
    sign_in()
    playlist = accounts.add_playlist(5000, [accounts.add_track(1)])
    report = json.loads(spotrec("crawl", f"spotify:playlist:{playlist}", "--json", code=3).stdout)
    assert report["seen"] == 1
    assert set(accounts.bearers) == {stored(home)["access_token"]}


def test_a_token_near_its_end_is_renewed_and_stored(spotrec: Run, accounts: FakeAccounts, home: Path) -> None:
    sign_in()
    before = stored(home)
    age(home)
    who = json.loads(spotrec("whoami", "--json").stdout)
    after = stored(home)
    assert accounts.bearers[-1] == after["access_token"] != before["access_token"]
    assert after["refresh_token"] != before["refresh_token"]
    assert after["scope"] == before["scope"], "Spotify does not say it again"
    assert who["scopes"] == before["scope"].split()
    age(home)
    spotrec("whoami")
    assert stat.S_IMODE(token_files(home)[0].stat().st_mode) == 0o600


def test_a_refresh_token_that_spotify_does_not_replace_is_kept(
    spotrec: Run, accounts: FakeAccounts, home: Path
) -> None:
    accounts.rotates = False
    sign_in()
    before = stored(home)
    age(home)
    spotrec("whoami")
    assert stored(home)["refresh_token"] == before["refresh_token"]
    assert stored(home)["access_token"] != before["access_token"]


def test_who_renew_at_once_spend_the_refresh_token_once(accounts: FakeAccounts, home: Path) -> None:
    sign_in()
    age(home)
    asked = accounts.asked("/api/token")
    accounts.takes_s = 1.0  # long enough for all to find the old token
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda _: Recommender().whoami(), range(4)))
    assert {who.user_id for who in found} == {"alice"}
    assert accounts.asked("/api/token") == asked + 1


def test_a_dead_refresh_token_says_to_sign_in_again(
    spotrec: Run, accounts: FakeAccounts, embed: FakeEmbed, home: Path
) -> None:
    sign_in()
    age(home)
    accounts.revoke_refresh_tokens()
    embed.add_track(1)
    for command in (["whoami"], ["crawl", f"spotify:track:{spotify_id(1)}"]):
        result = spotrec(*command, code=4)
        assert "Spotify has ended the sign-in" in result.stderr
        assert "sign in again: `spotrec login`" in result.stderr
    assert embed.requests == [], "what is refused is told, not hidden behind a public page"
    sign_in()
    assert "alice" in spotrec("whoami").stdout


def test_an_access_token_that_ended_before_its_time_is_renewed_once(
    spotrec: Run, accounts: FakeAccounts, home: Path
) -> None:
    sign_in()
    before = stored(home)
    accounts.revoke_access_tokens()
    asked = len(accounts.requests)
    assert "alice" in spotrec("whoami").stdout
    assert accounts.requests[asked:] == ["/v1/me/", "/api/token", "/v1/me/"]
    assert stored(home)["access_token"] != before["access_token"]
    asked = len(accounts.requests)
    spotrec("whoami")
    assert accounts.requests[asked:] == ["/v1/me/"], "the new token is stored"


def test_a_renewed_token_that_is_refused_too_says_to_sign_in_again_and_is_not_renewed_for_ever(
    spotrec: Run, accounts: FakeAccounts
) -> None:
    sign_in()
    accounts.faults["/v1/"] = [Answer({"error": {"status": 401, "message": "The access token expired"}}, 401)]
    asked = accounts.asked("/api/token")
    lists = [f"spotify:playlist:{spotify_id(n)}" for n in range(3)]
    result = spotrec("crawl", *lists, code=4)
    assert "sign in again" in result.stderr
    assert accounts.asked("/api/token") == asked + 1


def test_a_token_that_ends_in_the_middle_of_a_list_loses_nothing(spotrec: Run, accounts: FakeAccounts) -> None:
    sign_in()
    playlist = accounts.add_playlist(5000, [accounts.add_track(n) for n in range(120)])
    pages: list[str] = []

    def end_the_token(path: str) -> None:
        if path.endswith("/items"):
            pages.append(path)
            if len(pages) == 1:
                accounts.revoke_access_tokens()

    accounts.before = end_the_token
    report = json.loads(spotrec("crawl", f"spotify:playlist:{playlist}", "--json", code=3).stdout)
    assert (report["seen"], report["failed_sources"]) == (120, [])
    assert report["sources"][0]["is_complete"]


def test_a_token_that_ends_while_a_playlist_is_filled_is_renewed_and_every_track_is_there_once(
    spotrec: Run, accounts: FakeAccounts
) -> None:
    sign_in()
    ids = [accounts.add_track(n) for n in range(250)]
    added: list[str] = []

    def end_the_token(path: str) -> None:
        if path.endswith("/items"):
            added.append(path)
            if len(added) == 2:
                accounts.revoke_access_tokens()

    accounts.before = end_the_token
    spotrec("playlist", "create", "Mine", "--yes", stdin="\n".join(f"spotify:track:{id_}" for id_ in ids))
    (made,) = accounts.own_playlists()
    assert made["entries"] == ids


@pytest.mark.parametrize(
    ("answer", "code", "said"),
    [
        (Answer({"error": "invalid_grant"}, 400), 4, "sign in again: `spotrec login`"),
        (Answer({"error": "invalid_client"}, 401), 4, "check SPOTIFY_CLIENT_ID"),
        (Answer({"error": "temporarily_unavailable"}, 400), 1, "HTTP 400 for a token"),
        (Answer({"error": "server_error"}, 400), 1, "HTTP 400 for a token"),
        (Answer("<html>blocked</html>", 403), 1, "HTTP 403 for a token"),
        (Answer("", 500), 1, "HTTP 500 for a token"),
        (Answer(["no"], 503), 1, "HTTP 503"),
        (Answer("<html>hello</html>"), 1, "does not understand"),
        (Answer(b"{", content_length=99), 1, "cannot be reached"),
    ],
)
@pytest.mark.parametrize("is_old", [True, False], ids=["expired", "revoked"])
def test_only_a_sign_in_that_has_ended_asks_to_sign_in_again(
    spotrec: Run, accounts: FakeAccounts, home: Path, answer: Answer, code: int, said: str, is_old: bool
) -> None:
    sign_in()
    if is_old:
        age(home)
    else:
        accounts.revoke_access_tokens()
    accounts.faults["/api/token"] = [answer]
    before = stored(home)["refresh_token"]
    result = spotrec("whoami", code=code)
    assert said in result.stderr
    assert ("sign in again" in result.stderr) == (answer.body == {"error": "invalid_grant"})
    assert stored(home)["refresh_token"] == before
    accounts.faults.clear()
    assert "alice" in spotrec("whoami").stdout


def test_a_token_of_another_client_id_is_never_used(
    spotrec: Run, accounts: FakeAccounts, monkeypatch: pytest.MonkeyPatch
) -> None:
    sign_in()
    monkeypatch.setenv("SPOTIFY_CLIENT_ID", "another")
    assert "you are not signed in" in spotrec("whoami", code=4).stderr
    accounts.client_secrets["another"] = "its-secret"
    monkeypatch.setenv("SPOTIFY_CLIENT_SECRET", "its-secret")
    users, used = set(accounts.bearers), len(accounts.bearers)
    spotrec("crawl", accounts.add_track(1), code=3)
    assert users.isdisjoint(accounts.bearers[used:])
    monkeypatch.setenv("SPOTIFY_CLIENT_ID", "client")
    assert json.loads(spotrec("whoami", "--json").stdout)["user_id"] == "alice", "a sign-in wins over the secret"


def test_a_stored_token_does_not_hide_a_new_secret(
    spotrec: Run, accounts: FakeAccounts, monkeypatch: pytest.MonkeyPatch, home: Path
) -> None:
    monkeypatch.setenv("SPOTIFY_CLIENT_SECRET", "planted-secret")
    id_ = accounts.add_track(1)
    spotrec("crawl", id_, code=3)
    spotrec("crawl", accounts.add_track(2), code=3)
    assert accounts.asked("/api/token") == 1, "the app's token is kept, too"
    assert stat.S_IMODE(token_files(home)[0].stat().st_mode) == 0o600
    monkeypatch.setenv("SPOTIFY_CLIENT_SECRET", "mistyped")
    assert "invalid_client" in spotrec("crawl", accounts.add_track(3), code=4).stderr


def test_an_app_token_that_is_refused_is_replaced_at_once_and_not_used_again(
    spotrec: Run, accounts: FakeAccounts, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SPOTIFY_CLIENT_SECRET", "planted-secret")
    spotrec("crawl", accounts.add_track(1), code=3)
    accounts.revoke_access_tokens()
    spotrec("crawl", accounts.add_track(2), code=3)
    assert accounts.asked("/api/token") == 2
    accounts.faults["/v1/"] = [Answer({"error": {"status": 401, "message": "no"}}, 401)]
    assert "refuses the credentials" in spotrec("crawl", accounts.add_track(3), code=4).stderr
    accounts.faults.clear()
    asked = accounts.asked("/api/token")
    spotrec("crawl", accounts.add_track(3), code=3)
    assert accounts.asked("/api/token") == asked + 1, "a refused token is not kept"


def test_a_token_from_the_settings_wins_over_a_sign_in(
    spotrec: Run, accounts: FakeAccounts, monkeypatch: pytest.MonkeyPatch
) -> None:
    sign_in()
    monkeypatch.setenv("SPOTIFY_TOKEN", accounts.give_access({"id": "bob", "display_name": None}))
    shown = json.loads(spotrec("whoami", "--json").stdout)
    assert (shown["credentials"], shown["user_id"], shown["token_file"]) == ("SPOTIFY_TOKEN", "bob", None)
    browser = Browser()
    who = Recommender(progress=browser).login(open_browser=False, timeout_s=20)
    assert who.user_id == "alice"
    assert "SPOTIFY_TOKEN is set, and is used instead" in browser.notes[-1]


@pytest.mark.parametrize("token", ["planted token", "planted\ntoken", "plantéd-token"])
def test_a_token_that_is_none_is_refused_without_showing_it(
    spotrec: Run, accounts: FakeAccounts, monkeypatch: pytest.MonkeyPatch, token: str
) -> None:
    monkeypatch.setenv("SPOTIFY_TOKEN", token)
    result = spotrec("whoami", code=4)
    assert "SPOTIFY_TOKEN is not a token" in result.stderr
    assert "plant" not in result.stderr + result.stdout


def test_an_app_is_no_user(spotrec: Run, accounts: FakeAccounts, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SPOTIFY_CLIENT_SECRET", "planted-secret")
    result = spotrec("whoami")
    assert "no user: the app itself" in result.stdout
    assert "client id and secret" in result.stdout
    assert json.loads(spotrec("whoami", "--json").stdout)["user_id"] is None


def test_a_client_id_alone_reads_public_pages_and_errors_name_the_sign_in(
    spotrec: Run, accounts: FakeAccounts, embed: FakeEmbed, monkeypatch: pytest.MonkeyPatch
) -> None:
    embed.add_track(1)
    spotrec("crawl", f"spotify:track:{spotify_id(1)}", code=3)
    assert accounts.requests == []
    assert "spotrec login" in spotrec("whoami", code=4).stderr
    monkeypatch.setenv("SPOTREC_EMBED_PAGES", "off")
    assert "spotrec login" in spotrec("crawl", f"spotify:track:{spotify_id(2)}", code=4).stderr


def test_whoami_says_who_and_by_what(spotrec: Run, accounts: FakeAccounts, home: Path) -> None:
    accounts.user["display_name"] = "Al\x1b[31mice\n"
    sign_in()
    who = json.loads(spotrec("whoami", "--json").stdout)
    assert who["display_name"] == "Al [31mice"
    assert (who["credentials"], who["client_id"]) == ("sign-in", "client")
    assert who["token_file"] == str(token_files(home)[0])
    assert who["holds_until"].startswith("20")
    assert "\x1b" not in spotrec("whoami").stdout


def test_a_user_whom_the_app_does_not_know_is_told(spotrec: Run, accounts: FakeAccounts) -> None:
    sign_in()
    accounts.faults["/v1/me"] = [Answer("User not registered in the Developer Dashboard", 403)]
    assert "its owner adds users" in spotrec("whoami", code=4).stderr


def test_signing_out_deletes_the_tokens_of_this_client_id(
    spotrec: Run, accounts: FakeAccounts, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "no token" in spotrec("logout").stdout
    sign_in(spotify_client_id="other")
    sign_in()
    (home / "data" / "tokens" / "notes.txt").write_text("mine")
    monkeypatch.setenv("SPOTIFY_CLIENT_SECRET", "planted-secret")
    result = spotrec("logout")
    assert "deleted " in result.stdout
    assert "1 token of other client ids left" in result.stderr
    assert len(token_files(home)) == 1
    assert json.loads(spotrec("logout", "--json").stdout) == {"deleted": [], "left": 1}
    assert len(json.loads(spotrec("logout", "--all", "--json").stdout)["deleted"]) == 1
    assert token_files(home) == []
    assert (home / "data" / "tokens" / "notes.txt").exists()
    monkeypatch.delenv("SPOTIFY_CLIENT_SECRET")
    assert "you are not signed in" in spotrec("whoami", code=4).stderr


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"\xff\xfe",
        b"[]",
        b"null",
        b'{"owner": 1}',
        b"[" * 30_000,
        b" " * 100_000,
        b'{"access_token": "somebody-elses", "expires_at": 9999999999}',
    ],
    ids=range(9),
)
def test_a_damaged_or_foreign_token_file_is_no_token(
    spotrec: Run, accounts: FakeAccounts, home: Path, content: bytes
) -> None:
    sign_in()
    (path,) = token_files(home)
    path.write_bytes(content)
    assert "you are not signed in" in spotrec("whoami", code=4).stderr
    sign_in()
    assert "alice" in spotrec("whoami").stdout


def test_another_thing_in_the_token_files_place_is_no_token(spotrec: Run, accounts: FakeAccounts, home: Path) -> None:
    sign_in()
    (path,) = token_files(home)
    good = path.read_bytes()
    path.unlink()
    os.mkfifo(path)
    assert "you are not signed in" in spotrec("whoami", code=4).stderr
    path.unlink()
    path.mkdir()
    assert "you are not signed in" in spotrec("whoami", code=4).stderr
    path.rmdir()
    other = TokenFile(path.parent, Flow.PKCE, "other")
    other.path.write_bytes(good)
    assert other.read() is None, "renamed, it is still another client's"


@pytest.mark.parametrize("client_id", ["../../x", "a/b", "é" * 300, "con", ".", "a b*?", "%2e%2e"])
def test_a_file_name_is_safe_whatever_the_client_id_holds(tmp_path: Path, client_id: str) -> None:
    token = Token("a", int(time.time()) + 3600)
    file = TokenFile(tmp_path / "tokens", Flow.PKCE, client_id)
    with file.locked():
        file.save(token)
    assert file.path.parent == tmp_path / "tokens"
    assert file.path.name.replace(".", "").replace("-", "").isalnum()
    assert file.read() == token
    assert TokenFile(tmp_path / "tokens", Flow.CLIENT_CREDENTIALS, client_id).read() is None


def test_tokens_are_for_their_owner_only_whatever_the_umask(tmp_path: Path) -> None:
    folder = tmp_path / "tokens"
    folder.mkdir(mode=0o755)
    before = os.umask(0)
    try:
        file = TokenFile(folder, Flow.PKCE, "client")
        with file.locked():
            file.save(Token("a", 1))
    finally:
        os.umask(before)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == {0o600}


def test_a_token_never_shows_in_its_repr() -> None:
    assert "planted" not in repr(Token("planted-a", 1, "scope", "planted-r"))


def test_what_a_killed_process_left_half_written_is_swept_up(accounts: FakeAccounts, home: Path) -> None:
    folder = home / "data" / "tokens"
    folder.mkdir(parents=True)
    (folder / ".part-killed").write_text("half a token")
    sign_in()
    assert not (folder / ".part-killed").exists()


def test_a_folder_that_cannot_be_written_shows_before_the_user_is_sent_away(accounts: FakeAccounts, home: Path) -> None:
    (home / "data").mkdir()
    (home / "data" / "tokens").write_text("a file in its place")
    with pytest.raises(SpotrecError, match="cannot be stored"):
        sign_in()
    assert accounts.requests == []


def test_netrc_does_not_replace_the_token(spotrec: Run, accounts: FakeAccounts, home: Path) -> None:
    (home / ".netrc").write_text("default login somebody password else\n")
    (home / ".netrc").chmod(0o600)
    sign_in()
    assert "alice" in spotrec("whoami").stdout


_LOUD = """
import logging, os
logging.basicConfig(level=logging.DEBUG, stream=open(os.dup(2), "w", buffering=1))  # number 2 leads nowhere in `main`
import spotipy, requests, urllib3
for name in list(logging.root.manager.loggerDict):
    logging.getLogger(name).setLevel(logging.DEBUG)
from spotrec.cli import main
main()
"""


def test_no_secret_is_shown_logged_or_left_about(
    accounts: FakeAccounts, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = tmp_path / "browser.py"
    browser.write_text("import sys, urllib.request\nurllib.request.urlopen(sys.argv[1]).read()")
    monkeypatch.setenv("BROWSER", f"{sys.executable} {browser} %s")
    working = tmp_path / "working"
    working.mkdir()

    def loud(*arguments: str, code: int) -> str:
        done = subprocess.run(
            [sys.executable, "-c", _LOUD, *arguments], cwd=working, capture_output=True, text=True, check=False
        )
        assert done.returncode == code, done.stderr
        assert "urllib3" in done.stderr, "the log is on"
        return done.stdout + done.stderr

    said = loud("login", code=0)
    age(home)
    said += loud("whoami", code=0)
    said += loud("crawl", accounts.add_track(1), code=3)
    age(home)
    live = set(stored(home).values())
    accounts.revoke_refresh_tokens()
    monkeypatch.setenv("SPOTREC_DEBUG", "1")
    said += loud("crawl", accounts.add_track(2), code=1)
    assert "invalid_grant" in said
    monkeypatch.delenv("SPOTREC_DEBUG")
    monkeypatch.setenv("SPOTIFY_CLIENT_ID", "app")
    monkeypatch.setenv("SPOTIFY_CLIENT_SECRET", "planted-app-secret")
    accounts.client_secrets["app"] = "planted-app-secret"
    said += loud("crawl", accounts.add_track(3), code=3)
    secrets = {*accounts.secrets, "planted-app-secret"}
    assert len(secrets) > 8, "tokens of three kinds, a code, a verifier, a secret and its header"
    assert [secret for secret in secrets if secret in said] == []
    assert list(working.iterdir()) == []
    for path in (path for path in home.rglob("*") if path.is_file()):
        held = {secret for secret in secrets if secret.encode() in path.read_bytes()}
        if path in token_files(home):
            assert stat.S_IMODE(path.stat().st_mode) == 0o600
            assert "planted-app-secret" not in held
        else:
            assert held == set(), path
    assert live & secrets, "there was something to find"
