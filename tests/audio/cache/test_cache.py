"""Every audio cache keeps one contract; then what is particular to a folder and to a bucket."""

import hashlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import boto3
import pytest

from spotrec.audio.cache import AudioCache, AudioCaches, key_for, track_of
from spotrec.audio.cache.disk import DiskAudioCache
from spotrec.audio.cache.s3 import S3AudioCache
from spotrec.errors import CacheError, CacheRefused, ExitCode, Reason, TrackError, UsageError
from spotrec.settings import Settings
from spotrec.track import TrackId
from support.s3 import S3Server
from support.waiting import wait_until

AUDIO = b"RIFF\0\0\0\0WAVE"
OpenCache = Callable[[str], AudioCache]


def put(cache: AudioCache, key: str, audio: bytes = AUDIO, content_type: str = "audio/wav") -> None:
    digest = hashlib.sha256(audio).hexdigest()
    cache.put(key, audio, content_type=content_type, sha256=digest, track_id=TrackId("deezer:track:1"))


def keys(cache: AudioCache) -> list[str]:
    return [one.key for one in cache.objects()]


def s3_cache(settings: Settings) -> S3AudioCache:
    return S3AudioCache(settings.cache_address, settings)


def settings_for(s3: S3Server, address: str) -> Settings:
    return Settings(
        cache=address,
        timeout_s=5,
        aws_access_key_id=s3.access_key,
        aws_secret_access_key=s3.secret_key,
        aws_region="us-east-1",
        aws_endpoint_url=s3.url,
    )


@pytest.fixture(scope="module")
def bucket(s3: S3Server) -> str:
    return s3.make_bucket()


@pytest.fixture(params=["disk", "s3"])
def opened(request: pytest.FixtureRequest, tmp_path: Path) -> OpenCache:
    """Opens a cache of one kind under a prefix; two prefixes are two caches side by side."""
    if request.param == "disk":
        return lambda prefix: AudioCaches(Settings(cache=str(tmp_path / prefix))).open_default()
    s3: S3Server = request.getfixturevalue("s3")
    bucket = s3.make_bucket()
    return lambda prefix: AudioCaches(settings_for(s3, f"s3://{bucket}/{prefix}")).open_default()


@pytest.fixture
def cache(opened: OpenCache) -> AudioCache:
    return opened("audio")


class TestEveryCache:
    """What `AudioCache` promises."""

    def test_what_was_put_is_got(self, cache: AudioCache) -> None:
        put(cache, "deezer-track-1")
        put(cache, "deezer-track-2", b"other")
        assert cache.get("deezer-track-1") == AUDIO
        assert cache.get("deezer-track-2") == b"other"

    @pytest.mark.parametrize("n_bytes", [0, 1, 3_000_000])
    def test_audio_of_any_size_comes_back_whole(self, cache: AudioCache, n_bytes: int) -> None:
        audio = (b"\x00\xff\r\n\x1a" * (n_bytes // 5 + 1))[:n_bytes]
        put(cache, "key", audio)
        assert cache.get("key") == audio

    def test_audio_that_is_put_again_replaces_what_was_there(self, cache: AudioCache) -> None:
        put(cache, "key", b"first, and longer")
        put(cache, "key", b"second")
        assert cache.get("key") == b"second"
        assert keys(cache) == ["key"]

    def test_a_key_that_is_not_there_is_none(self, cache: AudioCache) -> None:
        assert cache.get("key") is None
        put(cache, "other-key")
        assert cache.get("key") is None

    def test_a_deleted_key_is_gone_and_others_stay(self, cache: AudioCache) -> None:
        put(cache, "a")
        put(cache, "b")
        cache.delete("a")
        assert cache.get("a") is None
        assert keys(cache) == ["b"]

    def test_deleting_what_is_not_there_is_no_error(self, cache: AudioCache) -> None:
        cache.delete("key")
        put(cache, "key")
        cache.delete("key")
        cache.delete("key")
        assert keys(cache) == []

    def test_an_unused_cache_has_no_keys(self, cache: AudioCache) -> None:
        assert keys(cache) == []

    def test_keys_come_in_order(self, cache: AudioCache) -> None:
        for key in ("b", "spotify-track-2", "B", "a", "spotify-track-10", "10"):
            put(cache, key)
        assert keys(cache) == ["10", "B", "a", "b", "spotify-track-10", "spotify-track-2"]

    def test_keys_of_tracks_are_kept_as_they_are(self, cache: AudioCache) -> None:
        ids = ["spotify:track:4uLU6hMCjMI75M1A2tKUQC", "spotify:track:4ulu6hmcjmi75m1a2tkuqc", "isrc:USRC17607839"]
        wanted = [key_for(TrackId(id_)) for id_ in ids]
        for key in wanted:
            put(cache, key, key.encode())
        assert set(keys(cache)) == set(wanted)
        assert [cache.get(key) for key in wanted] == [key.encode() for key in wanted]

    def test_two_prefixes_do_not_see_each_other(self, opened: OpenCache) -> None:
        one, two = opened("one"), opened("one-more")
        put(one, "key", b"one")
        put(two, "key", b"two")
        put(two, "only-here")
        assert (one.get("key"), two.get("key")) == (b"one", b"two")
        assert keys(one) == ["key"]
        one.delete("key")
        assert keys(two) == ["key", "only-here"]

    def test_two_openings_of_one_cache_share_it(self, opened: OpenCache) -> None:
        put(opened("shared"), "key")
        assert opened("shared").get("key") == AUDIO

    def test_a_check_of_a_sound_cache_leaves_nothing_behind(self, cache: AudioCache) -> None:
        put(cache, "key")
        cache.check()
        assert keys(cache) == ["key"]

    def test_what_is_listed_has_its_size_and_its_time(self, cache: AudioCache) -> None:
        put(cache, "key", b"12345")
        found = next(iter(cache.objects()))
        assert (found.key, found.n_bytes) == ("key", 5)
        assert abs(found.stored_at - time.time()) < 60

    def test_more_than_is_wanted_is_not_read(self, cache: AudioCache) -> None:
        put(cache, "key", bytes(1_000_001))
        assert cache.get("key", 1_000_001) == bytes(1_000_001)
        with pytest.raises(TrackError, match="has more than 1 MB") as refused:
            cache.get("key", 1_000_000)
        assert refused.value.reason is Reason.TOO_LARGE
        assert "max_audio_mb" in refused.value.hint

    def test_the_sha256_of_what_is_there_is_known(self, cache: AudioCache) -> None:
        assert cache.sha256("key") is None
        put(cache, "key")
        assert cache.sha256("key") == hashlib.sha256(AUDIO).hexdigest()

    def test_many_threads_may_use_it_at_once(self, cache: AudioCache) -> None:
        def use(n: int) -> bytes | None:
            put(cache, f"key-{n}", str(n).encode() * 1000)
            found = cache.get(f"key-{n}")
            if n % 2:
                cache.delete(f"key-{n}")
            return found

        with ThreadPoolExecutor(32) as pool:
            assert list(pool.map(use, range(96))) == [str(n).encode() * 1000 for n in range(96)]
        assert len(keys(cache)) == 48

    def test_a_cache_knows_its_address(self, cache: AudioCache) -> None:
        assert cache.address.endswith("/audio")


class TestDiskAudioCache:
    """A folder."""

    @pytest.fixture
    def folder(self, tmp_path: Path) -> Path:
        folder = tmp_path / "audio"
        folder.mkdir()
        return folder

    def test_a_cache_that_is_only_read_makes_no_folder(self, tmp_path: Path) -> None:
        cache = DiskAudioCache(tmp_path / "audio")
        assert cache.get("key") is None
        assert keys(cache) == []
        cache.delete("key")
        assert not (tmp_path / "audio").exists()

    def test_folders_above_it_are_made(self, tmp_path: Path) -> None:
        put(DiskAudioCache(tmp_path / "a" / "b"), "key")
        assert (tmp_path / "a" / "b" / "key").read_bytes() == AUDIO

    def test_a_home_folder_may_be_written_short(self, home: Path) -> None:
        put(AudioCaches(Settings(cache="~/audio")).open_default(), "key")
        assert (home / "audio" / "key").is_file()

    @pytest.mark.parametrize("below", ["", "below", "below/further"])
    def test_a_folder_that_is_a_file_cannot_be_used(self, tmp_path: Path, below: str) -> None:
        (tmp_path / "file").write_bytes(b"mine")
        cache = DiskAudioCache(tmp_path / "file" / below)
        uses: list[Callable[[], None]] = [lambda: put(cache, "key"), cache.check]
        for use in uses:
            with pytest.raises(CacheError, match="cannot be used") as refused:
                use()
            assert str(tmp_path / "file") in refused.value.message
            assert "`cache`" in refused.value.hint
            assert refused.value.exit_code == ExitCode.FAILURE
        assert (tmp_path / "file").read_bytes() == b"mine"

    def test_a_failed_put_leaves_no_part_and_no_key(self, folder: Path) -> None:
        cache = DiskAudioCache(folder)
        (folder / "key" / "in the way").mkdir(parents=True)
        with pytest.raises(CacheError):
            put(cache, "key")
        assert [path.name for path in folder.iterdir() if path.is_file()] == []

    def test_stale_parts_are_swept_and_fresh_ones_kept(self, folder: Path) -> None:
        for name, age_s in ((".part-stale", 2 * 3600), (".part-fresh", 60), ("old-key", 10 * 3600)):
            (folder / name).write_bytes(AUDIO)
            os.utime(folder / name, (time.time() - age_s,) * 2)
        cache = DiskAudioCache(folder)
        assert keys(cache) == ["old-key"]
        put(cache, "key")
        assert sorted(path.name for path in folder.iterdir()) == [".part-fresh", "key", "old-key"]

    def test_a_killed_writer_leaves_no_key(self, folder: Path) -> None:
        code = (
            "import sys\nfrom pathlib import Path\nfrom spotrec.audio.cache.disk import DiskAudioCache\n"
            "cache = DiskAudioCache(Path(sys.argv[1]))\n"
            "while True:\n"
            "    cache.put('key', bytes(100_000_000), content_type='', sha256='', track_id='file:0')\n"
            "    cache.delete('key')\n"
        )
        writer = subprocess.Popen([sys.executable, "-c", code, str(folder)])
        try:
            wait_until(lambda: _has_half_written_part(folder), every_s=0.001)
        finally:
            writer.send_signal(signal.SIGKILL)
            writer.wait()
        assert list(folder.glob(".part-*")), "it was killed while it wrote"
        assert keys(DiskAudioCache(folder)) == []
        assert DiskAudioCache(folder).get("key") is None


def _has_half_written_part(folder: Path) -> bool:
    try:
        return any(0 < part.stat().st_size < 50_000_000 for part in folder.glob(".part-*"))
    except FileNotFoundError:
        return False


class TestS3AudioCache:
    """A bucket on a real S3 server."""

    @pytest.fixture(autouse=True)
    def new_session(self) -> None:
        """Forget the credentials that boto3 found for an earlier test."""
        boto3.setup_default_session()

    def test_what_is_known_of_the_audio_is_on_the_object(self, s3: S3Server, bucket: str) -> None:
        put(s3_cache(settings_for(s3, f"s3://{bucket}/known/")), "key", content_type="audio/mpeg")
        found = s3.client().head_object(Bucket=bucket, Key="known/key")
        assert found["ContentType"] == "audio/mpeg"
        assert found["Metadata"] == {"sha256": hashlib.sha256(AUDIO).hexdigest(), "track-id": "deezer:track:1"}

    @pytest.mark.parametrize("prefix", ["", "/", "/a", "/a/", "/a/b_c.d-e", "//a//"])
    def test_a_prefix_may_be_missing_or_deep_and_end_in_a_slash(self, s3: S3Server, prefix: str) -> None:
        bucket = s3.make_bucket()
        cache = s3_cache(settings_for(s3, f"s3://{bucket}{prefix}"))
        put(cache, "key")
        assert keys(cache) == ["key"]
        stored = s3.client().list_objects_v2(Bucket=bucket)["Contents"]
        assert [entry["Key"] for entry in stored] == [f"{prefix.strip('/')}/key".lstrip("/")]

    def test_more_keys_are_listed_than_one_page_holds(self, s3: S3Server) -> None:
        bucket = s3.make_bucket()
        client = s3.client()
        many = [f"key-{n:04d}" for n in range(1001)]
        for key in many:
            client.put_object(Bucket=bucket, Key=f"many/{key}", Body=b"")
        assert keys(s3_cache(settings_for(s3, f"s3://{bucket}/many"))) == many

    def test_keys_from_the_environment_are_taken(
        self, s3: S3Server, bucket: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", s3.access_key)
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", s3.secret_key)
        monkeypatch.setenv("AWS_ENDPOINT_URL", s3.url)
        monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
        s3_cache(Settings(cache=f"s3://{bucket}/environment")).check()

    @pytest.mark.parametrize("wrong", ["access key", "secret key"])
    def test_wrong_keys_are_refused(self, s3: S3Server, bucket: str, wrong: str) -> None:
        access_key = "nobody" if wrong == "access key" else s3.access_key
        stranger = S3Server(s3.url, access_key, "planted-secret")
        cache = s3_cache(settings_for(stranger, f"s3://{bucket}/x"))
        uses = (cache.check, lambda: put(cache, "key"), lambda: cache.get("key"), lambda: keys(cache))
        for use in (*uses, lambda: cache.delete("key")):
            with pytest.raises(CacheRefused, match="refuses the credentials") as refused:
                use()
            assert refused.value.exit_code == ExitCode.SIGN_IN
            assert "AWS_ACCESS_KEY_ID" in refused.value.hint
            assert "planted-secret" not in refused.value.message + refused.value.hint

    def test_no_keys_at_all_are_asked_for(self, s3: S3Server, bucket: str) -> None:
        settings = Settings(cache=f"s3://{bucket}", aws_endpoint_url=s3.url, aws_region="us-east-1", timeout_s=5)
        with pytest.raises(CacheRefused, match="there are no S3 credentials") as refused:
            s3_cache(settings).check()
        assert refused.value.exit_code == ExitCode.SIGN_IN
        assert "AWS_SECRET_ACCESS_KEY" in refused.value.hint

    def test_half_of_the_keys_are_not_enough(self, s3: S3Server, bucket: str) -> None:
        settings = Settings(
            cache=f"s3://{bucket}", aws_endpoint_url=s3.url, aws_region="us-east-1", aws_access_key_id="only"
        )
        with pytest.raises(CacheRefused):
            s3_cache(settings).check()

    def test_a_missing_bucket_is_named_with_how_to_make_it(self, s3: S3Server) -> None:
        cache = s3_cache(settings_for(s3, "s3://no-such-bucket/audio"))
        for use in (cache.check, lambda: cache.get("key"), lambda: keys(cache)):
            with pytest.raises(CacheError, match="there is no bucket “no-such-bucket”") as missing:
                use()
            assert "aws s3 mb s3://no-such-bucket" in missing.value.hint
            assert missing.value.exit_code == ExitCode.FAILURE

    def test_a_server_out_of_reach_is_no_fault_of_the_keys(self) -> None:
        with socket.socket() as closed:  # bound and not listening: nobody else gets the port meanwhile
            closed.bind(("127.0.0.1", 0))
            nowhere = S3Server(f"http://127.0.0.1:{closed.getsockname()[1]}", "key", "secret")
            with pytest.raises(CacheError, match="cannot be reached") as refused:
                s3_cache(settings_for(nowhere, "s3://bucket/audio")).check()
        assert not isinstance(refused.value, CacheRefused)
        assert "AWS_ENDPOINT_URL" in refused.value.hint
        assert refused.value.exit_code == ExitCode.FAILURE

    @pytest.mark.parametrize(
        "address",
        [
            *("s3://", "s3:///prefix", "s3://A_Bucket", "s3://-bucket", "s3://x", "s3://" + "b" * 64),
            *("s3://bucket/pre fix", "s3://bucket/x?", "s3://bucket\n", "s3://user:pw@bucket/x"),
            *("s3://a..bucket", "s3://127.0.0.1", "s3://bucket/..", "s3://bucket/a/../../b", "s3://bucket/./a"),
        ],
    )
    def test_an_address_that_makes_no_sense_is_refused(self, address: str) -> None:
        with pytest.raises(UsageError, match="is not an S3 address") as refused:
            AudioCaches(Settings(cache=address, aws_region="us-east-1")).open_default()
        assert "s3://bucket/prefix" in refused.value.hint
        assert refused.value.exit_code == ExitCode.USAGE


def test_a_key_holds_nothing_that_a_file_system_minds() -> None:
    assert key_for(TrackId("spotify:track:4uLU6hMCjMI75M1A2tKUQC")) == "spotify-track-4uLU6hMCjMI75M1A2tKUQC"
    assert key_for(TrackId("file:0123456789abcdef")) == "file-0123456789abcdef"


@pytest.mark.parametrize(
    "track_id",
    [
        *("spotify:track:4uLU6hMCjMI75M1A2tKUQC", "deezer:track:3135556", "isrc:USRC17607839"),
        *("file:" + "0f" * 16, "name:" + "a1" * 16),
    ],
)
def test_a_key_leads_back_to_its_track(track_id: str) -> None:
    assert track_of(key_for(TrackId(track_id))) == track_id


@pytest.mark.parametrize(
    "name",
    [
        *("", "song.mp3", "01 - Halo.flac", "file-1.wav", "deezer-track-1.mp3", "deezer-track-", "name-track"),
        *("spotify-track-4uLU6hMCjMI75M1A2tKUQ", "spotify-track-4uLU6hMCjMI75M1A2tKUQC.mp3", "isrc-usrc17607839"),
        *("file-" + "0F" * 16, "file-" + "0f" * 16 + "\n", "deezer-track-\u0661", "spotify-album-" + "0" * 22),
    ],
)
def test_a_name_that_we_never_give_is_no_key(name: str) -> None:
    assert track_of(name) is None


@pytest.mark.parametrize("address", ["gs://bucket/x", "http://host/x", "S3://bucket/x", "file:///tmp/x"])
def test_an_address_of_another_kind_is_no_folder(address: str, home: Path) -> None:
    with pytest.raises(UsageError, match="is not an audio cache"):
        AudioCaches(Settings(cache=address)).open_default()
    assert list(home.iterdir()) == []


def test_the_settings_say_which_cache(tmp_path: Path, s3: S3Server, bucket: str) -> None:
    assert isinstance(AudioCaches(Settings(cache=str(tmp_path))).open_default(), DiskAudioCache)
    assert isinstance(AudioCaches(settings_for(s3, f"s3://{bucket}")).open_default(), S3AudioCache)
