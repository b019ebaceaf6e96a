"""The S3 cache before a server that is slow, breaks off, is overloaded or refuses: a real one behind a proxy."""

import hashlib
import logging
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from spotrec.audio.cache.s3 import S3AudioCache
from spotrec.errors import CacheError, CacheRefused, UsageError
from spotrec.settings import Settings, resolve
from spotrec.track import TrackId
from support import faulty_s3
from support.faulty_s3 import Fault, FaultyS3, faulty, refused, says
from support.s3 import S3Server

AUDIO = bytes(range(256)) * 8
DIGEST = hashlib.sha256(AUDIO).hexdigest()


@pytest.fixture
def proxy(s3: S3Server) -> Iterator[FaultyS3]:
    with faulty(s3) as proxy:
        yield proxy


@pytest.fixture(scope="module")
def bucket(s3: S3Server) -> str:
    return s3.make_bucket()


Open = Callable[..., S3AudioCache]


@pytest.fixture
def opened(proxy: FaultyS3, bucket: str, request: pytest.FixtureRequest) -> Open:
    """Opens the cache behind the proxy, in a prefix of this test's own."""
    prefix = hashlib.sha256(request.node.name.encode()).hexdigest()[:12]

    def open_(**settings: Any) -> S3AudioCache:
        given: dict[str, Any] = {
            "timeout_s": 0.5,
            "aws_access_key_id": proxy.server.access_key,
            "aws_secret_access_key": proxy.server.secret_key,
            "aws_region": "us-east-1",
            "aws_endpoint_url": proxy.url,
        }
        return S3AudioCache(f"s3://{bucket}/{prefix}", Settings(**{**given, **settings}))

    return open_


def put(cache: S3AudioCache, audio: bytes = AUDIO) -> None:
    digest = hashlib.sha256(audio).hexdigest()
    cache.put("key", audio, content_type="audio/mpeg", sha256=digest, track_id=TrackId("deezer:track:1"))


USES: dict[str, Callable[[S3AudioCache], object]] = {
    "PUT": put,
    "GET": lambda cache: cache.get("key"),
    "HEAD": lambda cache: cache.sha256("key"),
    "DELETE": lambda cache: cache.delete("key"),
}
RESULTS = {"PUT": None, "GET": AUDIO, "HEAD": DIGEST, "DELETE": None}


@pytest.mark.parametrize("method", USES)
@pytest.mark.parametrize(
    "fault", [faulty_s3.reset, faulty_s3.forgotten, faulty_s3.silent, refused(503, "SlowDown"), refused(500, "Oops")]
)
def test_a_fault_that_passes_is_not_noticed(proxy: FaultyS3, opened: Open, method: str, fault: Fault) -> None:
    cache = opened()
    put(cache)
    proxy.break_(method, fault, times=1)
    assert USES[method](cache) == RESULTS[method]
    assert cache.get("key") == (None if method == "DELETE" else AUDIO)


@pytest.mark.parametrize("fault", [faulty_s3.cut, faulty_s3.stalled])
def test_audio_that_broke_off_is_asked_for_again(proxy: FaultyS3, opened: Open, fault: Fault) -> None:
    cache = opened()
    put(cache)
    proxy.break_("GET", fault, times=2)
    assert cache.get("key") == AUDIO
    assert proxy.asked("GET") == 3


@pytest.mark.parametrize(
    ("method", "fault", "said"),
    [
        ("PUT", faulty_s3.reset, "does not answer"),
        ("GET", faulty_s3.silent, "does not answer|takes too long"),
        ("GET", faulty_s3.cut, "not completely"),
        ("GET", faulty_s3.stalled, "not completely"),
        ("GET", faulty_s3.dripping, "takes too long"),
        ("DELETE", faulty_s3.silent, "does not answer|takes too long"),
        ("PUT", refused(503, "SlowDown"), "asks us to slow down"),
        ("HEAD", refused(503, "SlowDown"), "asks us to slow down"),
    ],
)
def test_a_fault_that_stays_is_told_in_bounded_time(
    proxy: FaultyS3, opened: Open, method: str, fault: Fault, said: str
) -> None:
    cache = opened()
    put(cache)
    if method == "HEAD":
        proxy.break_("GET", fault)
    proxy.break_(method, fault)
    start = time.monotonic()
    with pytest.raises(CacheError, match=said) as error:
        USES[method](cache)
    assert time.monotonic() - start < 10 * 0.5 + 8 + 1
    assert "run the same command again" in error.value.hint
    assert not isinstance(error.value, CacheRefused)


@pytest.mark.parametrize("fault", [faulty_s3.reset, refused(503, "SlowDown"), refused(403, "AccessDenied")])
def test_an_upload_that_fails_leaves_what_was_there(proxy: FaultyS3, opened: Open, fault: Fault) -> None:
    cache = opened()
    put(cache)
    proxy.break_("PUT", fault)
    with pytest.raises(CacheError):
        put(cache, b"other")
    proxy.mend()
    assert cache.get("key") == AUDIO
    assert [one.key for one in cache.objects()] == ["key"]


@pytest.mark.parametrize(
    ("method", "done", "permission"),
    [
        ("PUT", "stored", "s3:PutObject"),
        ("GET", "read", "s3:GetObject"),
        ("HEAD", "read", "s3:GetObject"),
        ("DELETE", "deleted", "s3:DeleteObject"),
    ],
)
def test_what_the_key_may_not_do_is_named(
    proxy: FaultyS3, opened: Open, method: str, done: str, permission: str
) -> None:
    cache = opened()
    put(cache)
    for broken in {method, "GET" if method == "HEAD" else method}:
        proxy.break_(broken, refused(403, "AccessDenied"))
    with pytest.raises(CacheRefused, match=f"no object may be {done}") as error:
        USES[method](cache)
    assert permission in error.value.hint


def test_a_listing_that_is_not_allowed_is_named(proxy: FaultyS3, opened: Open) -> None:
    proxy.break_("GET", refused(403, "AccessDenied"), path="list-type")
    with pytest.raises(CacheRefused, match="no object may be listed") as error:
        list(opened().objects())
    assert "s3:ListBucket" in error.value.hint


REGION = (("x-amz-bucket-region", "eu-west-1"),)


@pytest.mark.parametrize(
    ("fault", "said", "hint", "is_refused"),
    [
        (refused(400, "ExpiredToken"), "credentials have expired", "aws sso login", True),
        (refused(400, "InvalidToken"), "refuses the credentials", "AWS_SESSION_TOKEN", True),
        (refused(403, "RequestTimeTooSkewed"), "clock differs", "set the clock", False),
        (refused(400, "AuthorizationHeaderMalformed", "<Region>eu-west-1</Region>"), "region", "eu-west-1", False),
        (refused(301, "PermanentRedirect", headers=REGION), "region", "AWS_DEFAULT_REGION", False),
        (refused(301, "PermanentRedirect"), "region", "AWS_DEFAULT_REGION", False),
        (refused(400, "InvalidStorageClass"), "storage class", "s3_storage_class", False),
        (refused(400, "KMS.NotFoundException"), "KMS key", "s3_kms_key", False),
        (refused(400, "InvalidBucketName"), "this name for a bucket", "check the bucket's name", False),
        (refused(400, "Never\x07Heard", "\n"), "could not serve", "doctor", False),
        (says(200, b"<html>hello"), "could not serve", "doctor", False),
        (says(200), "does not speak S3", "AWS_ENDPOINT_URL", False),
    ],
)
def test_each_refusal_says_what_to_do(
    proxy: FaultyS3, opened: Open, fault: Fault, said: str, hint: str, is_refused: bool
) -> None:
    proxy.break_("PUT", fault)
    with pytest.raises(CacheError, match=said) as error:
        put(opened())
    assert hint in error.value.hint
    assert isinstance(error.value, CacheRefused) is is_refused
    assert error.value.message.isprintable()


@pytest.mark.parametrize(
    "body", [b"<html>hello</html>", b"no XML", b"<ListBucketResult><Contents/></ListBucketResult>"]
)
def test_what_lists_nonsense_does_not_speak_s3(proxy: FaultyS3, opened: Open, body: bytes) -> None:
    proxy.break_("GET", says(200, body))
    with pytest.raises(CacheError, match=r"does not speak S3|could not serve"):
        list(opened().objects())


def test_regions_that_send_us_in_circles_are_told(proxy: FaultyS3, opened: Open) -> None:
    for method in ("HEAD", "GET"):
        proxy.break_(method, refused(301, "PermanentRedirect"))
    with pytest.raises(CacheError):
        opened().sha256("key")


def test_a_server_without_tls_cannot_be_asked_by_https(proxy: FaultyS3, opened: Open) -> None:
    with pytest.raises(CacheError, match="cannot be trusted") as error:
        put(opened(aws_endpoint_url=proxy.url.replace("http:", "https:")))
    assert "AWS_CA_BUNDLE" in error.value.hint


def test_audio_of_a_bucket_that_is_gone_counts_as_deleted(proxy: FaultyS3) -> None:
    settings = Settings(
        aws_access_key_id=proxy.server.access_key,
        aws_secret_access_key=proxy.server.secret_key,
        aws_region="us-east-1",
        aws_endpoint_url=proxy.url,
    )
    S3AudioCache("s3://never-made-by-anyone", settings).delete("key")
    assert proxy.asked("DELETE") == 1


class TestHowItIsStored:
    """Encryption and storage class, by setting."""

    def sent(self, proxy: FaultyS3) -> dict[str, str]:
        request = next(request for request in reversed(proxy.requests) if request.method == "PUT")
        return {name.lower(): value for name, value in request.headers.items()}

    def test_by_default_the_bucket_decides(self, proxy: FaultyS3, opened: Open) -> None:
        put(opened())
        assert not {"x-amz-storage-class", "x-amz-server-side-encryption"} & set(self.sent(proxy))

    def test_aes256_and_a_storage_class(self, proxy: FaultyS3, opened: Open) -> None:
        cache = opened(s3_encryption="AES256", s3_storage_class="STANDARD_IA")
        put(cache)
        assert self.sent(proxy)["x-amz-server-side-encryption"] == "AES256"
        assert self.sent(proxy)["x-amz-storage-class"] == "STANDARD_IA"
        assert cache.get("key") == AUDIO

    def test_a_kms_key(self, proxy: FaultyS3, opened: Open) -> None:
        proxy.break_("PUT", says(200, ETag='"0"'))  # the server behind has no KMS
        put(opened(s3_encryption="aws:kms", s3_kms_key="alias/spotrec"))
        assert self.sent(proxy)["x-amz-server-side-encryption"] == "aws:kms"
        assert self.sent(proxy)["x-amz-server-side-encryption-aws-kms-key-id"] == "alias/spotrec"

    def test_a_kms_key_for_nothing_is_refused(self, opened: Open) -> None:
        with pytest.raises(UsageError, match="s3_kms_key needs s3_encryption"):
            opened(s3_kms_key="alias/spotrec")

    def test_an_archive_is_no_storage_class_for_a_cache(self) -> None:
        with pytest.raises(UsageError, match="s3_storage_class"):
            resolve({"s3_storage_class": "DEEP_ARCHIVE"})


class TestCredentials:
    """Where boto3 finds them."""

    @pytest.fixture
    def environment(self, proxy: FaultyS3, monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
        monkeypatch.setenv("AWS_ENDPOINT_URL", proxy.url)
        monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
        return monkeypatch

    def test_a_profile_of_the_aws_command_line_is_taken(
        self, proxy: FaultyS3, bucket: str, environment: pytest.MonkeyPatch, tmp_path: Any
    ) -> None:
        keys = f"aws_access_key_id={proxy.server.access_key}\naws_secret_access_key={proxy.server.secret_key}\n"
        (tmp_path / "credentials").write_text(f"[music]\n{keys}")
        environment.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
        environment.setenv("AWS_PROFILE", "music")
        S3AudioCache(f"s3://{bucket}/profile", resolve()).check()

    def test_a_profile_that_is_not_there_is_named(self, bucket: str, environment: pytest.MonkeyPatch) -> None:
        environment.setenv("AWS_PROFILE", "nobody")
        with pytest.raises(CacheRefused, match="nobody") as error:
            S3AudioCache(f"s3://{bucket}/profile", resolve()).check()
        assert "AWS_PROFILE" in error.value.hint

    def test_an_endpoint_for_s3_alone_goes_before_one_for_all(
        self, proxy: FaultyS3, bucket: str, environment: pytest.MonkeyPatch
    ) -> None:
        environment.setenv("AWS_ACCESS_KEY_ID", proxy.server.access_key)
        environment.setenv("AWS_SECRET_ACCESS_KEY", proxy.server.secret_key)
        environment.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
        environment.setenv("AWS_ENDPOINT_URL_S3", proxy.url)
        S3AudioCache(f"s3://{bucket}/endpoint", resolve()).check()

    def test_keys_of_a_file_go_without_the_environments_session_token(
        self, proxy: FaultyS3, bucket: str, environment: pytest.MonkeyPatch, tmp_path: Any
    ) -> None:
        environment.setenv("AWS_SESSION_TOKEN", "of-other-keys")
        config = tmp_path / "aws.env"
        config.write_text(
            f"AWS_ACCESS_KEY_ID={proxy.server.access_key}\nAWS_SECRET_ACCESS_KEY={proxy.server.secret_key}\n"
        )
        S3AudioCache(f"s3://{bucket}/file", resolve(config=config)).check()
        assert not any("X-Amz-Security-Token" in request.headers for request in proxy.requests)

    def test_a_session_token_is_sent_and_never_logged(
        self, proxy: FaultyS3, opened: Open, caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level(1)
        for name in ("botocore", "botocore.auth", "botocore.endpoint", "botocore.parsers", "urllib3"):
            logging.getLogger(name).setLevel(1)
        with pytest.raises(CacheRefused):  # the server behind knows no such token
            put(opened(aws_session_token="planted-token"))
        assert proxy.requests[-1].headers["X-Amz-Security-Token"] == "planted-token"
        assert "botocore" in caplog.text
        assert "planted-token" not in caplog.text
        assert "Signature=" not in caplog.text
