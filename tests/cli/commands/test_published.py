"""`spotrec index push` and `pull`, through a real bucket."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from spotrec.system.installation import install_command
from support.catalogue import fill, scattered, song, songs
from support.s3 import S3Server

Run = Callable[..., Any]
N = 40


@pytest.fixture
def bucket(s3: S3Server, monkeypatch: pytest.MonkeyPatch) -> str:
    """The address of a bucket, with the settings that lead to it."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", s3.url)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", s3.access_key)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", s3.secret_key)
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    return f"s3://{s3.make_bucket()}/indexes"


@pytest.fixture
def seed(home: Path, spotrec: Run) -> str:
    """A store and an index of forty tracks; returns the id of one."""
    fill(home, songs(N), scattered(N))
    spotrec("index")
    return song(7).id


def test_another_machine_finds_what_this_one_does(spotrec: Run, bucket: str, seed: str, home: Path) -> None:
    there = ("--index-dir", home / "there", "--store", home / "there.db")
    said = spotrec("index", "push", bucket).stdout
    assert said.startswith(f"40 tracks published at {bucket}/choi-1/")
    assert json.loads(spotrec("index", "push", bucket, "--json").stdout)["n_bytes"] == 0
    assert "--model" in spotrec("index", "pull", bucket, *there, code=5).stderr, "an empty store begins with choi-2"
    done = spotrec("index", "pull", bucket, *there, "--model", "choi-1")
    assert "your store knows 0 of them" in done.stdout
    assert "features import" in done.stderr
    spotrec("features", "export", home / "all.parquet")
    spotrec("features", "import", home / "all.parquet", "--store", home / "there.db")
    report = json.loads(spotrec("index", "pull", bucket, *there, "--json").stdout)
    assert (report["n_tracks"], report["n_known"], report["n_bytes"], report["model"]) == (N, N, 0, "choi-1")
    assert spotrec("query", seed, "--csv", *there).stdout == spotrec("query", seed, "--csv").stdout


def test_tracks_that_the_store_does_not_know_are_left_out(spotrec: Run, bucket: str, seed: str, home: Path) -> None:
    spotrec("index", "push", bucket)
    for n in range(20, N):
        spotrec("remove", f"spotify:track:{n:022d}", "--yes")
    report = json.loads(spotrec("index", "pull", bucket, "--index-dir", home / "there", "--json").stdout)
    assert report["n_known"] == 20
    found = spotrec("query", seed, "-n", "40", "--ids", "--index-dir", home / "there").stdout.splitlines()
    assert sorted(found) == sorted(f"spotify:track:{n:022d}" for n in range(20) if n != 7)


@pytest.mark.parametrize("command", ["push", "pull"])
def test_what_keeps_it_from_working_is_said(
    spotrec: Run, bucket: str, seed: str, command: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "is not an S3 address" in spotrec("index", command, "/some/folder", code=2).stderr
    assert "there is no bucket" in spotrec("index", command, "s3://not-here-at-all/x", code=1).stderr
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "wrong")
    assert "refuses the credentials" in spotrec("index", command, bucket, code=4).stderr
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    assert "cannot be reached" in spotrec("index", command, bucket, code=1).stderr


def test_where_nothing_is_that_is_said(spotrec: Run, bucket: str) -> None:
    assert "no index of choi-2 + mn04-1 yet" in spotrec("index", "push", bucket, code=1).stderr
    assert f"there is no index of choi-2 + mn04-1 at {bucket}" in spotrec("index", "pull", bucket, code=5).stderr


def test_without_boto3_the_extra_is_named() -> None:
    code = "import sys; sys.modules |= {'boto3': None, 'botocore': None}; from spotrec.cli import main; main()"
    for command in ("push", "pull"):
        words = [sys.executable, "-c", code, "index", command, "s3://bucket/x"]
        done = subprocess.run(words, capture_output=True, text=True, check=False)
        assert done.returncode == 2
        assert "an index in S3 needs boto3" in done.stderr
        assert install_command("s3") in done.stderr


def test_index_alone_still_builds(spotrec: Run, seed: str) -> None:
    assert "recall@10 against exact search: 1.0000" in spotrec("index", "--check").stdout
    assert json.loads(spotrec("index", "--backend", "annoy", "--trees", "5", "--json").stdout)["backend"] == "annoy"
