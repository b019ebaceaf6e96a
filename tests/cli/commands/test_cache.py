"""`spotrec cache list`, `clear` and `copy`, over a folder and over a real S3 bucket."""

import hashlib
import json
import os
import pty
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from spotrec.audio.cache import AudioCache, AudioCaches, key_for
from spotrec.settings import resolve
from spotrec.store import FeatureStore
from spotrec.track import Ears, StoredAudio, TrackId
from support import faulty_s3
from support.catalogue import CHOI, hear, song, songs
from support.faulty_s3 import faulty, refused, says
from support.music import encoded, tune, write_tagged
from support.s3 import S3Server
from support.waiting import wait_until

Run = Callable[..., Any]
KINDS = ("disk", "s3")


@pytest.fixture
def server(s3: S3Server, monkeypatch: pytest.MonkeyPatch) -> S3Server:
    """The S3 server, with the settings that lead to it."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", s3.url)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", s3.access_key)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", s3.secret_key)
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    return s3


def address(kind: str, request: pytest.FixtureRequest, name: str) -> str:
    if kind == "disk":
        return str(request.getfixturevalue("tmp_path") / name)
    server: S3Server = request.getfixturevalue("server")
    return f"s3://{server.make_bucket()}/{name}"


@pytest.fixture(params=KINDS)
def where(request: pytest.FixtureRequest) -> str:
    """A cache of either kind."""
    return address(request.param, request, "audio")


def key(n: int) -> str:
    return key_for(song(n).id)


def sound(n: int) -> bytes:
    return f"audio of {n}".encode()


def opened(where: str) -> AudioCache:
    return caches_at(os.environ.get("AWS_ENDPOINT_URL", "")).open(where)


@cache
def caches_at(endpoint: str) -> AudioCaches:
    """What opens caches of the S3 server in the settings: as one process does, it makes one client for each cache."""
    return AudioCaches(resolve())


def keys(where: str) -> list[str]:
    return [one.key for one in opened(where).objects()]


def put(where: str, name: str, audio: bytes, cache: AudioCache | None = None) -> None:
    digest = hashlib.sha256(audio).hexdigest()
    (cache or opened(where)).put(
        name, audio, content_type="audio/mpeg", sha256=digest, track_id=TrackId("deezer:track:0")
    )


def cached(store: FeatureStore, where: str, *numbers: int) -> None:
    """Audio of these songs in the cache, and told to the store."""
    store.tracks.add([song(n) for n in numbers])
    cache = opened(where)
    for n in numbers:
        put(where, key(n), sound(n), cache)
        digest = hashlib.sha256(sound(n)).hexdigest()
        store.audio.save(StoredAudio(song(n).id, f"{where}/{key(n)}", True, digest, len(sound(n)), "deezer"))


@pytest.fixture
def mixed(store: FeatureStore, where: str) -> str:
    """1 and 2 wait, 3 is heard, 4 kept, 5 an orphan, 6 new; and a song that is not ours."""
    cached(store, where, 1, 2, 3, 4, 5)
    hear(store, [song(3), song(4)])
    store.audio.keep([song(4).id])
    store.audio.discard([(song(5).id, f"{where}/{key(5)}")])
    put(where, key(6), sound(6))
    put(where, "My Song.mp3", b"mine")
    return where


STATES = {key(1): "waiting", key(2): "waiting", key(3): "heard", key(4): "kept", key(5): "orphan", key(6): "new"}


class TestList:
    """What lies there."""

    def test_each_file_has_its_size_state_and_track(self, spotrec: Run, mixed: str) -> None:
        answer = json.loads(spotrec("cache", "list", "--cache", mixed, "--json").stdout)
        assert {file["key"]: file["state"] for file in answer["files"]} == {**STATES, "My Song.mp3": "other"}
        first = next(file for file in answer["files"] if file["key"] == key(1))
        assert first == {
            "key": key(1),
            "n_bytes": len(sound(1)),
            "state": "waiting",
            "track_id": song(1).id,
            "title": "Song 1",
            "artists": ["Artist 1"],
        }
        assert answer["totals"]["waiting"] == {"n": 2, "n_bytes": 2 * len(sound(1))}
        assert sum(amount["n"] for amount in answer["totals"].values()) == 7

    def test_people_see_a_table_and_totals(self, spotrec: Run, mixed: str) -> None:
        shown = spotrec("cache", "list", "--cache", mixed).stdout
        assert f"{key(3)}" in shown
        assert "Artist 3 – Song 3" in shown
        assert "total: 2 waiting (0.0 MB), 1 kept" in shown

    def test_a_limit_hides_files_and_no_totals(self, spotrec: Run, mixed: str) -> None:
        answer = json.loads(spotrec("cache", "list", "--cache", mixed, "--limit", 2, "--json").stdout)
        assert len(answer["files"]) == 2
        assert sum(amount["n"] for amount in answer["totals"].values()) == 7
        assert "… and 5 more" in spotrec("cache", "list", "--cache", mixed, "--limit", 2).stdout

    def test_an_empty_cache_has_nothing(self, spotrec: Run, store: FeatureStore, where: str) -> None:
        assert spotrec("cache", "list", "--cache", where).stdout == "total: nothing\n"
        answer = json.loads(spotrec("cache", "list", "--cache", where, "--json").stdout)
        assert answer == {"files": [], "totals": {}}

    def test_audio_that_lies_elsewhere_makes_no_track_of_an_orphan(
        self, spotrec: Run, store: FeatureStore, tmp_path: Path
    ) -> None:
        cached(store, str(tmp_path / "here"), 1)
        put(str(tmp_path / "there"), key(1), sound(1))
        os.utime(tmp_path / "there" / key(1), (time.time() - 4000,) * 2)
        answer = json.loads(spotrec("cache", "list", "--cache", tmp_path / "there", "--json").stdout)
        assert [file["state"] for file in answer["files"]] == ["orphan"]

    def test_many_files_take_little_time(self, spotrec: Run, store: FeatureStore, tmp_path: Path) -> None:
        for n in range(5000):
            (tmp_path / key(n)).touch()
        start = time.monotonic()
        answer = json.loads(spotrec("cache", "list", "--cache", tmp_path, "--json").stdout)
        assert answer["totals"]["new"]["n"] == 5000
        assert time.monotonic() - start < 10

    def test_without_a_store_nothing_is_called_an_orphan(self, spotrec: Run, tmp_path: Path) -> None:
        assert "there is no store" in spotrec("cache", "list", "--cache", tmp_path, code=5).stderr


class TestClear:
    """What is deleted, and what never is."""

    def test_what_was_heard_and_orphans_go(self, spotrec: Run, store: FeatureStore, mixed: str) -> None:
        answer = json.loads(spotrec("cache", "clear", "--cache", mixed, "--yes", "--json").stdout)
        assert answer["is_done"] is True
        assert {state: amount["n"] for state, amount in answer["goes"].items()} == {"heard": 1, "orphan": 1}
        assert keys(mixed) == sorted([key(1), key(2), key(4), key(6), "My Song.mp3"])
        assert store.audio.get(song(3).id) is None
        assert store.audio.get(song(1).id) is not None
        assert store.audio.discarded() == []
        assert store.embeddings.get(song(3).id, CHOI) is not None

    def test_all_of_ours_goes_and_is_forgotten(self, spotrec: Run, store: FeatureStore, mixed: str) -> None:
        spotrec("cache", "clear", "--cache", mixed, "--all", "--yes")
        assert keys(mixed) == ["My Song.mp3"]
        assert store.audio.count_pending(Ears.of(CHOI)) == 0
        assert store.audio.missing(Ears.of(CHOI)) == [song(n).id for n in (1, 2, 5)], "the next crawl fetches it again"
        assert store.audio.discarded() == []

    def test_a_dry_run_deletes_nothing(self, spotrec: Run, mixed: str) -> None:
        before = keys(mixed)
        answer = json.loads(spotrec("cache", "clear", "--cache", mixed, "--all", "--dry-run", "--json").stdout)
        assert answer["is_done"] is False
        assert answer["goes"]["waiting"]["n"] == 2
        assert answer["stays"] == {"other": {"n": 1, "n_bytes": 4}}
        assert keys(mixed) == before

    def test_where_nobody_can_be_asked_it_refuses(self, spotrec: Run, mixed: str) -> None:
        before = keys(mixed)
        assert "no terminal to confirm" in spotrec("cache", "clear", "--cache", mixed, code=2).stderr
        assert keys(mixed) == before

    def test_nothing_to_clear_asks_nothing(self, spotrec: Run, store: FeatureStore, where: str) -> None:
        cached(store, where, 1)
        assert "nothing" in spotrec("cache", "clear", "--cache", where).stdout
        assert keys(where) == [key(1)]

    @pytest.mark.parametrize(("answer", "is_deleted"), [(b"y\n", True), (b"n\n", False), (b"\n", False)])
    def test_a_person_is_asked_on_a_terminal(
        self, store: FeatureStore, tmp_path: Path, answer: bytes, is_deleted: bool
    ) -> None:
        where = str(tmp_path / "audio")
        cached(store, where, 1)
        hear(store, [song(1)])
        ours, theirs = pty.openpty()
        command = [sys.executable, "-m", "spotrec", "cache", "clear", "--cache", where]
        process = subprocess.Popen(command, stdin=theirs, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        os.write(ours, answer)
        _, said = process.communicate(timeout=60)
        assert b"to delete" in said
        assert process.returncode == (0 if is_deleted else 1)
        assert keys(where) == ([] if is_deleted else [key(1)])

    @pytest.mark.parametrize("options", [(), ("--all",)])
    def test_a_music_folder_given_by_mistake_stays_as_it_is(
        self, spotrec: Run, store: FeatureStore, music: Path, options: tuple[str, ...]
    ) -> None:
        before = {path: path.read_bytes() for path in music.rglob("*") if path.is_file()}
        assert "nothing" in spotrec("cache", "clear", "--cache", music, "--yes", *options).stdout
        assert {path: path.read_bytes() for path in music.rglob("*") if path.is_file()} == before

    def test_links_and_folders_with_a_name_of_ours_stay(
        self, spotrec: Run, store: FeatureStore, tmp_path: Path
    ) -> None:
        (tmp_path / "mine").write_bytes(b"mine")
        (tmp_path / key(1)).symlink_to(tmp_path / "mine")
        (tmp_path / key(2)).mkdir()
        spotrec("cache", "clear", "--cache", tmp_path, "--all", "--yes")
        assert sorted(path.name for path in tmp_path.iterdir() if path.name != "home") == ["mine", key(1), key(2)]

    def test_a_users_own_file_is_never_forgotten(self, spotrec: Run, store: FeatureStore, tmp_path: Path) -> None:
        folder = tmp_path / "music"
        write_tagged(folder / "a.flac", tune(1)).rename(folder / key(1))  # as a copied cache, crawled as files
        spotrec("crawl", folder / key(1))
        (tmp_path / "link").symlink_to(folder)
        for where in (folder, tmp_path / "link"):
            assert "nothing" in spotrec("cache", "clear", "--cache", where, "--all", "--yes").stdout
        assert (folder / key(1)).is_file()
        assert store.audio.count_pending(Ears.of(CHOI)) == 1

    def test_an_orphan_of_another_prefix_stays(self, spotrec: Run, store: FeatureStore, server: S3Server) -> None:
        bucket = server.make_bucket()
        for prefix in ("a", "a/b", "ab"):
            cached(store, f"s3://{bucket}/{prefix}", 1)
        spotrec("cache", "clear", "--cache", f"s3://{bucket}/a", "--all", "--yes")
        assert [keys(f"s3://{bucket}/{prefix}") for prefix in ("a", "a/b", "ab")] == [[], [key(1)], [key(1)]]

    def test_what_cannot_be_deleted_is_deleted_by_the_next_run(
        self, spotrec: Run, store: FeatureStore, server: S3Server, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        where = f"s3://{server.make_bucket()}/audio"
        cached(store, where, *range(20))
        with faulty(server) as proxy:
            monkeypatch.setenv("AWS_ENDPOINT_URL", proxy.url)
            proxy.break_("DELETE", refused(403, "AccessDenied"), path="0000000001")  # 1, and 10 to 19
            failed = spotrec("cache", "clear", "--cache", where, "--all", "--yes", code=4)
            assert "no object may be deleted" in failed.stderr
            assert key(1) in keys(where)
            assert store.audio.count_pending(Ears.of(CHOI)) == 0, "what may be gone is no longer waited for"
            proxy.mend()
            answer = json.loads(spotrec("cache", "clear", "--cache", where, "--yes", "--json").stdout)
            assert keys(where) == []
            spotrec("remove", song(0).id, "--yes")  # as any run that sees to what is noted
        assert set(answer["goes"]) == {"orphan"}, "new as it is, it was noted to be deleted"
        assert store.audio.discarded() == []

    def test_killed_anywhere_it_goes_on(self, spotrec: Run, store: FeatureStore, tmp_path: Path) -> None:
        where = str(tmp_path / "audio")
        command = [sys.executable, "-m", "spotrec", "cache", "clear", "--cache", where, "--all", "--yes"]
        for _ in range(5):  # on a busy machine all may be deleted before anybody looks
            cached(store, where, *range(1500))
            hear(store, songs(0, 1500, 2))
            process = subprocess.Popen(command, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
            wait_until(lambda: process.poll() is not None or n_files(where) <= 1450, every_s=0.001)  # noqa: B023 - called here
            process.send_signal(signal.SIGKILL)
            process.communicate()
            if process.returncode == -signal.SIGKILL and keys(where):
                break
        assert keys(where), "it was killed while it deleted"
        spotrec("cache", "clear", "--cache", where, "--all", "--yes")
        assert keys(where) == []
        assert store.audio.count_pending(Ears.of(CHOI)) == 0


def n_files(folder: str) -> int:
    return len(list(Path(folder).iterdir()))


@pytest.fixture(params=["disk s3", "s3 disk", "disk disk", "s3 s3"])
def two(request: pytest.FixtureRequest) -> tuple[str, str]:
    """Two caches, of every pair of kinds."""
    one, other = request.param.split()
    return address(one, request, "one"), address(other, request, "other")


def copied(spotrec: Run, *arguments: object, code: int = 0) -> dict[str, Any]:
    answer = json.loads(spotrec("cache", "copy", *arguments, "--json", code=code).stdout)
    assert isinstance(answer, dict)
    return answer


class TestCopy:
    """Audio in two caches, or moved from one to the other."""

    def test_all_that_is_ours_is_copied_once(self, spotrec: Run, two: tuple[str, str]) -> None:
        source, target = two
        cache = opened(source)
        for n in range(20):
            put(source, key(n), sound(n), cache)
        put(source, "My Song.mp3", b"mine")
        put(target, key(3), sound(3))
        put(target, key(4), b"something else")
        report = copied(spotrec, source, target)
        assert (report["copied"]["n"], report["there"]["n"], report["others"]) == (19, 1, 1)
        assert keys(target) == sorted(map(key, range(20)))
        cache = opened(target)
        assert [cache.get(key(n)) for n in range(20)] == [sound(n) for n in range(20)]
        assert len(keys(source)) == 21
        assert copied(spotrec, source, target)["there"]["n"] == 20

    def test_the_bucket_is_told_what_a_folder_cannot_hold(self, spotrec: Run, server: S3Server, tmp_path: Path) -> None:
        audio = encoded(tune(1, seconds=3))
        put(str(tmp_path), key(1), audio)
        bucket = server.make_bucket()
        copied(spotrec, tmp_path, f"s3://{bucket}/x")
        found = server.client().head_object(Bucket=bucket, Key=f"x/{key(1)}")
        assert found["ContentType"] == "audio/mpeg"
        assert found["Metadata"] == {"sha256": hashlib.sha256(audio).hexdigest(), "track-id": song(1).id}

    def test_what_is_moved_is_found_where_it_is(self, spotrec: Run, store: FeatureStore, two: tuple[str, str]) -> None:
        source, target = two
        cached(store, source, *range(10))
        put(target, key(3), sound(3))
        report = copied(spotrec, source, target, "--move")
        assert (report["copied"]["n"], report["there"]["n"]) == (9, 1)
        assert keys(source) == []
        caches = AudioCaches(resolve())
        for n in range(10):
            audio = store.audio.get(song(n).id)
            assert audio is not None
            assert caches.get(audio.address) == sound(n)
            assert audio.address.startswith(target)

    def test_extraction_hears_what_was_moved(
        self, spotrec: Run, store: FeatureStore, server: S3Server, weights: Path, tmp_path: Path
    ) -> None:
        store.tracks.add([song(1)])
        audio = encoded(tune(1))
        put(str(tmp_path / "audio"), key(1), audio)
        digest = hashlib.sha256(audio).hexdigest()
        old = f"{tmp_path / 'audio'}/{key(1)}"
        store.audio.save(StoredAudio(song(1).id, old, True, digest, len(audio), "deezer"))
        where = f"s3://{server.make_bucket()}/audio"
        copied(spotrec, tmp_path / "audio", where, "--move")
        report = json.loads(spotrec("extract", "--weights", weights, "--json").stdout)
        assert (report["extracted"], report["deleted"]) == (1, 1)
        assert keys(where) == []

    def test_a_note_to_delete_moves_along(self, spotrec: Run, store: FeatureStore, two: tuple[str, str]) -> None:
        source, target = two
        cached(store, source, 1)
        store.audio.discard([(song(1).id, f"{source}/{key(1)}")])
        copied(spotrec, source, target, "--move")
        assert store.audio.discarded() == [f"{target}/{key(1)}"]

    def test_damaged_audio_is_left_and_named(self, spotrec: Run, server: S3Server, tmp_path: Path) -> None:
        bucket = server.make_bucket()
        where = f"s3://{bucket}/x"
        put(where, key(1), sound(1))
        server.client().put_object(
            Bucket=bucket, Key=f"x/{key(2)}", Body=b"damaged", Metadata={"sha256": "0" * 64, "track-id": song(2).id}
        )
        report = copied(spotrec, where, tmp_path, code=3)
        assert [failure["key"] for failure in report["failures"]] == [key(2)]
        assert "has changed since it was stored" in report["failures"][0]["reason"]
        assert (tmp_path / key(1)).is_file()
        assert not (tmp_path / key(2)).exists()
        assert f"{key(2)}: " in spotrec("cache", "copy", where, tmp_path, code=3).stdout

    @pytest.mark.parametrize("move", [(), ("--move",)])
    def test_a_cache_is_not_copied_onto_itself(
        self, spotrec: Run, store: FeatureStore, tmp_path: Path, move: tuple[str, ...]
    ) -> None:
        folder = tmp_path / "audio"
        cached(store, str(folder), 1)
        (tmp_path / "link").symlink_to(folder)
        for target in (folder, f"{folder}/", tmp_path / "link", tmp_path / "audio" / ".." / "audio"):
            assert "are the same cache" in spotrec("cache", "copy", folder, target, *move, code=2).stderr
        assert keys(str(folder)) == [key(1)]

    def test_a_source_that_is_no_folder_is_named(self, spotrec: Run, tmp_path: Path) -> None:
        assert "there is no folder" in spotrec("cache", "copy", tmp_path / "nowhere", tmp_path, code=5).stderr

    def test_a_target_that_loses_audio_leaves_the_source(
        self, spotrec: Run, store: FeatureStore, server: S3Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        cached(store, str(tmp_path / "audio"), 1)
        with faulty(server) as proxy:
            monkeypatch.setenv("AWS_ENDPOINT_URL", proxy.url)
            proxy.break_("PUT", says(200, ETag='"0"'))  # it says that it stored, and did not
            failed = spotrec("cache", "copy", tmp_path / "audio", f"s3://{server.make_bucket()}/x", "--move", code=1)
        assert "differs from what was copied" in failed.stderr
        assert keys(str(tmp_path / "audio")) == [key(1)]
        audio = store.audio.get(song(1).id)
        assert audio is not None
        assert audio.address.startswith(str(tmp_path))

    def test_a_target_whose_notes_lie_is_copied_to_again(
        self, spotrec: Run, store: FeatureStore, server: S3Server, tmp_path: Path
    ) -> None:
        cached(store, str(tmp_path / "audio"), 1)
        bucket = server.make_bucket()
        digest = hashlib.sha256(sound(1)).hexdigest()
        server.client().put_object(Bucket=bucket, Key=f"x/{key(1)}", Body=b"damaged", Metadata={"sha256": digest})
        assert copied(spotrec, tmp_path / "audio", f"s3://{bucket}/x", "--move")["copied"]["n"] == 1
        assert opened(f"s3://{bucket}/x").get(key(1)) == sound(1)

    def test_faults_on_the_way_that_pass_change_nothing(
        self, spotrec: Run, store: FeatureStore, server: S3Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        cached(store, str(tmp_path / "audio"), *range(30))
        where = f"s3://{server.make_bucket()}/x"
        with faulty(server) as proxy:
            monkeypatch.setenv("AWS_ENDPOINT_URL", proxy.url)
            monkeypatch.setenv("SPOTREC_TIMEOUT_S", "2")
            for method, fault in (("PUT", faulty_s3.reset), ("GET", faulty_s3.cut), ("HEAD", refused(503, "SlowDown"))):
                proxy.break_(method, fault, times=3)
            assert copied(spotrec, tmp_path / "audio", where, "--move")["copied"]["n"] == 30
        monkeypatch.setenv("AWS_ENDPOINT_URL", server.url)
        cache = opened(where)
        assert [cache.get(key(n)) for n in range(30)] == [sound(n) for n in range(30)]

    def test_killed_anywhere_it_goes_on(
        self, spotrec: Run, store: FeatureStore, server: S3Server, tmp_path: Path
    ) -> None:
        source, target = str(tmp_path / "audio"), f"s3://{server.make_bucket()}/x"
        cached(store, source, *range(120))
        caches = AudioCaches(resolve())
        for left in (100, 50):
            command = [sys.executable, "-m", "spotrec", "cache", "copy", source, target, "--move"]
            process = subprocess.Popen(command, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
            wait_until(lambda: process.poll() is not None or n_files(source) <= left, every_s=0.001)  # noqa: B023 - called here
            assert process.poll() is None, "it was killed while it moved"
            process.send_signal(signal.SIGKILL)
            process.communicate()
            for n in range(120):  # whatever was killed, everything is where the store says
                audio = store.audio.get(song(n).id)
                assert audio is not None
                assert caches.get(audio.address) == sound(n)
        spotrec("cache", "copy", source, target, "--move")
        assert keys(source) == []
        assert len(keys(target)) == 120
