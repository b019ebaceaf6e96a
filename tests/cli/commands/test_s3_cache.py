"""The pipeline over a real S3 bucket, through the real commands."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from spotrec.system.installation import install_command
from support import faulty_s3
from support.faulty_s3 import FaultyS3, faulty, refused
from support.music import encoded, tune
from support.s3 import S3Server
from support.servers import FakeDeezer, FakeSpotify

Run = Callable[..., Any]


@pytest.fixture
def cache(s3: S3Server, monkeypatch: pytest.MonkeyPatch) -> str:
    """The address of a bucket, with the settings that lead to it."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", s3.url)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", s3.access_key)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", s3.secret_key)
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    return f"s3://{s3.make_bucket()}/some/prefix"


@pytest.fixture
def proxy(s3: S3Server, cache: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[FaultyS3]:
    """The settings lead through it to the server."""
    with faulty(s3) as proxy:
        monkeypatch.setenv("AWS_ENDPOINT_URL", proxy.url)
        monkeypatch.setenv("SPOTREC_TIMEOUT_S", "1")
        yield proxy


@pytest.fixture
def playlist(spotify: FakeSpotify, deezer: FakeDeezer) -> str:
    ids = []
    for n in range(5):
        deezer.previews[f"GBAYE{n:07d}"] = encoded(tune(n))
        ids.append(spotify.add_track(n, isrc=f"GBAYE{n:07d}"))
    return f"spotify:playlist:{spotify.add_playlist(5000, ids)}"


def keys(s3: S3Server, cache: str) -> list[str]:
    bucket = cache.split("/")[2]
    return [entry["Key"] for entry in s3.client().list_objects_v2(Bucket=bucket).get("Contents", [])]


def test_previews_go_to_the_bucket_and_are_deleted_when_they_were_heard(
    spotrec: Run, s3: S3Server, cache: str, playlist: str, weights: Path, home: Path
) -> None:
    assert json.loads(spotrec("crawl", playlist, "--cache", cache, "--json").stdout)["fetched"] == 5
    assert len(keys(s3, cache)) == 5
    assert all(key.startswith("some/prefix/spotify-track-") for key in keys(s3, cache))
    assert not (home / "data" / "audio").exists()
    report = json.loads(spotrec("extract", "--cache", cache, "--weights", weights, "--json").stdout)
    assert (report["extracted"], report["deleted"]) == (5, 5)
    assert keys(s3, cache) == []


def test_extraction_finds_audio_wherever_it_was_crawled_to(
    spotrec: Run, s3: S3Server, cache: str, playlist: str, weights: Path, spotify: FakeSpotify, deezer: FakeDeezer
) -> None:
    spotrec("crawl", playlist, "--cache", cache)
    deezer.previews["GBAYE0000077"] = encoded(tune(77))
    spotrec("crawl", spotify.add_track(77, isrc="GBAYE0000077"))
    report = json.loads(spotrec("extract", "--weights", weights, "--json").stdout)  # and no --cache
    assert (report["extracted"], report["deleted"], report["failures"]) == (6, 6, [])
    assert keys(s3, cache) == []


def test_wrong_keys_stop_the_crawl_and_nothing_is_called_missing(
    spotrec: Run, cache: str, playlist: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    right = os.environ["AWS_SECRET_ACCESS_KEY"]
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "planted-wrong-key")
    result = spotrec("crawl", playlist, "--cache", cache, code=4)
    assert "S3 refuses the credentials" in result.stderr
    assert "check AWS_ACCESS_KEY_ID" in result.stderr
    assert "planted-wrong-key" not in result.stderr
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", right)
    assert json.loads(spotrec("crawl", playlist, "--cache", cache, "--json").stdout)["fetched"] == 5


def test_wrong_keys_stop_an_extraction_and_no_track_is_at_fault(
    spotrec: Run, cache: str, playlist: str, weights: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spotrec("crawl", playlist, "--cache", cache)
    right = os.environ["AWS_SECRET_ACCESS_KEY"]
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "wrong")
    assert "S3 refuses" in spotrec("extract", "--cache", cache, "--weights", weights, code=4).stderr
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", right)
    report = json.loads(spotrec("extract", "--cache", cache, "--weights", weights, "--json").stdout)
    assert (report["extracted"], report["failures"]) == (5, [])


def test_a_missing_bucket_is_named(spotrec: Run, cache: str, playlist: str) -> None:
    result = spotrec("crawl", playlist, "--cache", "s3://not-here-at-all/x", code=1)
    assert "there is no bucket “not-here-at-all”" in result.stderr
    assert "aws s3 mb" in result.stderr


def test_a_server_out_of_reach_is_named(
    spotrec: Run, cache: str, playlist: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    assert "cannot be reached" in spotrec("crawl", playlist, "--cache", cache, code=1).stderr


def test_the_doctor_looks_into_the_bucket(spotrec: Run, cache: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert (
        f"cache: {cache} can be written, read and deleted from" in spotrec("doctor", "--cache", cache, code=None).stdout
    )
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "wrong")
    assert "S3 refuses the credentials" in spotrec("doctor", "--cache", cache, code=1).stdout


def test_without_boto3_the_extra_is_named(tmp_path: Path) -> None:
    code = "import sys; sys.modules |= {'boto3': None, 'botocore': None}; from spotrec.cli import main; main()"
    command = [sys.executable, "-c", code, "crawl", str(tmp_path), "--cache", "s3://bucket/x"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert install_command("s3") in done.stderr
    assert "Traceback" not in done.stderr


def test_an_endpoint_that_makes_no_sense_is_named(
    spotrec: Run, cache: str, music: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "not a url")
    assert "check AWS_ENDPOINT_URL" in spotrec("crawl", music, "--cache", cache, code=2).stderr


def test_an_overloaded_server_is_asked_again_and_nothing_is_missing(
    spotrec: Run, s3: S3Server, proxy: FaultyS3, cache: str, playlist: str, weights: Path
) -> None:
    proxy.break_("PUT", refused(503, "SlowDown"), times=3)
    proxy.break_("PUT", faulty_s3.reset, times=2)
    assert json.loads(spotrec("crawl", playlist, "--cache", cache, "--json").stdout)["fetched"] == 5
    proxy.break_("GET", faulty_s3.cut, times=2)
    proxy.break_("GET", faulty_s3.stalled, times=1)
    report = json.loads(spotrec("extract", "--weights", weights, "--json").stdout)
    assert (report["extracted"], report["failures"]) == (5, [])
    assert keys(s3, cache) == []


@pytest.mark.parametrize(
    ("fault", "said", "code"),
    [(refused(503, "SlowDown"), "slow down", 1), (refused(403, "AccessDenied"), "no object may be stored", 4)],
)
def test_a_server_that_stores_nothing_stops_the_crawl_and_nothing_is_half_done(
    spotrec: Run, s3: S3Server, proxy: FaultyS3, cache: str, playlist: str, fault: faulty_s3.Fault, said: str, code: int
) -> None:
    proxy.break_("PUT", fault)
    assert said in spotrec("crawl", playlist, "--cache", cache, code=code).stderr
    assert keys(s3, cache) == []
    proxy.mend()
    assert json.loads(spotrec("crawl", playlist, "--cache", cache, "--json").stdout)["fetched"] == 5


def test_audio_that_could_not_be_deleted_is_deleted_by_the_next_run(
    spotrec: Run, s3: S3Server, proxy: FaultyS3, cache: str, playlist: str, weights: Path
) -> None:
    spotrec("crawl", playlist, "--cache", cache)
    proxy.break_("DELETE", refused(403, "AccessDenied"))
    spotrec("extract", "--weights", weights, code=None)
    assert len(keys(s3, cache)) == 5
    assert json.loads(spotrec("status", "--json", "--weights", weights).stdout)["counts"]["embedded"] == 5
    proxy.mend()
    report = json.loads(spotrec("extract", "--weights", weights, "--json").stdout)
    assert (report["extracted"], report["deleted"]) == (0, 5)
    assert keys(s3, cache) == []


def test_an_object_that_grew_too_large_is_no_audio_and_not_read(
    spotrec: Run, s3: S3Server, cache: str, playlist: str, weights: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spotrec("crawl", playlist, "--cache", cache)
    first = keys(s3, cache)[0]
    s3.client().put_object(Bucket=cache.split("/")[2], Key=first, Body=bytes(1_500_000))
    monkeypatch.setenv("SPOTREC_MAX_AUDIO_MB", "1")
    report = json.loads(spotrec("extract", "--weights", weights, "--json", code=3).stdout)
    assert report["extracted"] == 4
    assert [failure["reason"] for failure in report["failures"]] == ["too large"]
