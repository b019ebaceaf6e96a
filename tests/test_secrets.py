"""Tokens, keys and signed addresses are planted everywhere, and searched for in all that the commands leave behind."""

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from spotrec.store import FeatureStore
from support.catalogue import hear, song
from support.music import encoded, tune
from support.s3 import S3Server
from support.servers import Answer, FakeDeezer, serving
from support.spotify_accounts import FakeAccounts
from support.spotify_embed import ANONYMOUS_TOKEN, FakeEmbed
from support.subsonic import API_KEY, PASSWORD, USER, FakeSubsonic, failed

# every logger says all that it has to say, and every error comes with its traceback
_AT_THE_HIGHEST_VERBOSITY = """
import logging, os
logging.basicConfig(level=1, stream=open(os.dup(2), "w", buffering=1))  # number 2 itself leads nowhere within `main`
for name in ("spotipy", "requests", "urllib3", "httpx", "httpcore", "boto3", "botocore", "s3transfer", "stamina"):
    logging.getLogger(name).setLevel(1)
from spotrec.cli import main
main()
"""


@pytest.fixture
def planted(
    accounts: FakeAccounts, deezer: FakeDeezer, embed: FakeEmbed, s3: S3Server, monkeypatch: pytest.MonkeyPatch
) -> list[str]:
    """Secrets in every setting that takes one; what the services give away is added as they give it."""
    monkeypatch.setenv("SPOTIFY_CLIENT_SECRET", "planted-secret")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", s3.access_key)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", s3.secret_key)
    monkeypatch.setenv("AWS_ENDPOINT_URL", s3.url)
    monkeypatch.setenv("SPOTREC_WEIGHTS_URL", "http://somebody:planted-password@127.0.0.1:9/weights")
    monkeypatch.setenv("SPOTREC_CACHE", f"s3://{s3.make_bucket()}/audio")
    monkeypatch.setenv("SPOTREC_DEBUG", "1")
    for n in (1, 2):
        deezer.previews[f"GBAYE000000{n}"] = encoded(tune(n))
        accounts.add_track(n, isrc=f"GBAYE000000{n}")
    return ["planted-secret", s3.secret_key, "planted-password", ANONYMOUS_TOKEN, "hdnea"]


def run(*arguments: str) -> str:
    """All that a command says at the highest verbosity."""
    command = [sys.executable, "-c", _AT_THE_HIGHEST_VERBOSITY, *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    return done.stdout + done.stderr


def test_no_secret_is_said_logged_or_left_where_others_can_read_it(
    planted: list[str], accounts: FakeAccounts, embed: FakeEmbed, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SPOTREC_EARS", "choi")
    listed = f"spotify:playlist:{accounts.add_playlist(5000, list(accounts.tracks))}"
    public = f"spotify:playlist:{embed.add_list(6000, [embed.row(n) for n in (3, 4)])}"
    said = [
        run("crawl", listed, public, f"spotify:track:{embed.add_track(5)}"),
        run("crawl", "--retry-all"),
        run("extract"),  # the weights are out of reach, at an address with a password
        run("query", listed),
        run("config", "show"),
        run("whoami"),
        run("status"),
        run("doctor"),
    ]
    tracks = [f"spotify:track:{id_}" for id_ in accounts.tracks]
    monkeypatch.setenv("SPOTIFY_TOKEN", accounts.give_access(accounts.user))
    said.append(run("playlist", "create", "Mine", "--yes", *tracks))
    assert [one["entries"] for one in accounts.own_playlists()] == [list(accounts.tracks)]
    monkeypatch.delenv("SPOTIFY_TOKEN")
    monkeypatch.delenv("SPOTREC_EARS")
    with FeatureStore(home / "data" / "spotrec.db") as store:
        hear(store, [song(n, id=id_) for n, id_ in enumerate(tracks)])
    address = os.environ["SPOTREC_CACHE"].replace("/audio", "/indexes")
    said += [run("index"), run("index", "push", address), run("index", "pull", address)]
    assert "2 tracks published at s3://" in said[-2]
    accounts.revoke_access_tokens()
    said.append(run("crawl", "spotify:album:" + "0" * 22))
    assert "DEBUG:urllib3" in said[0]
    assert "DEBUG:botocore" in said[0]
    secrets = {*planted, *accounts.secrets}
    for text in said:
        leaks = [line for line in text.splitlines() if any(secret in line for secret in secrets)]
        assert leaks == []
    files = [path for path in home.rglob("*") if path.is_file()]
    assert files
    for path in files:
        if path.parent.name == "tokens":
            assert stat.S_IMODE(path.stat().st_mode) == 0o600
        else:
            contents = path.read_bytes()
            assert {secret for secret in secrets if secret.encode() in contents} == set(), path
    assert [path.name for path in home.iterdir()] == ["data"], "nothing is left in the working folder"


@pytest.mark.parametrize("way", ["token", "password", "key"])
def test_what_signs_in_to_a_music_server_is_never_said_logged_or_stored(
    way: str, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serving(FakeSubsonic()) as server:
        assert isinstance(server, FakeSubsonic)
        server.sign_in = {way}
        server.add_song("tr-1", encoded(tune(1)))
        server.add_song("tr-2")
        monkeypatch.setenv("SPOTREC_SUBSONIC_URL", server.url)
        monkeypatch.setenv("SPOTREC_PROVIDERS", "file,subsonic")
        monkeypatch.setenv("SPOTREC_SUBSONIC_USER", USER)
        monkeypatch.setenv("SPOTREC_SUBSONIC_PASSWORD", PASSWORD)
        if way == "key":
            monkeypatch.setenv("SPOTREC_SUBSONIC_API_KEY", API_KEY)
        said = run("crawl", "subsonic:")
        server.faults["/rest/"] = [failed(41), Answer("", 404)]
        said += run("sync")
        sent = {query[name] for query in server.asked_with for name in ("t", "p", "apiKey") if name in query}
    assert "HTTP Request" in said
    assert sent
    secrets = {PASSWORD, API_KEY, PASSWORD.encode().hex(), *sent}
    assert [line for line in said.splitlines() if any(secret in line for secret in secrets)] == []
    for path in (path for path in home.rglob("*") if path.is_file()):
        assert not [secret for secret in secrets if secret.encode() in path.read_bytes()], path


def test_a_session_token_of_s3_is_never_said_or_logged(
    planted: list[str], accounts: FakeAccounts, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_SESSION_TOKEN", "planted-session-token")  # which the server refuses
    said = [run("crawl", f"spotify:track:{next(iter(accounts.tracks))}"), run("doctor"), run("config", "show")]
    assert any("S3 refuses the credentials" in text for text in said)
    for text in said:
        assert [line for line in text.splitlines() if "planted-session-token" in line] == []
