"""What libraries log, at the highest verbosity, has no password, token or signed address in it."""

import logging
import sys

import pytest

from spotrec.errors import ServiceUnavailable
from spotrec.net.http import HttpClient
from spotrec.s3.client import quiet_logs
from spotrec.settings import Settings
from spotrec.system.logs import hide_secrets, without_secrets
from support.servers import Answer, LoopbackServer, serving

SECRET = "planted"


@pytest.fixture(autouse=True)
def at_the_highest_verbosity(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(1)
    for name in ("httpx", "httpcore", "urllib3", "botocore"):
        caplog.set_level(1, name)


def test_the_signed_address_of_a_redirect_and_a_cookie_are_not_logged(caplog: pytest.LogCaptureFixture) -> None:
    with serving(LoopbackServer()) as server, HttpClient(Settings()) as http:
        headers = {"Location": f"/file?hdnea={SECRET}", "Set-Cookie": f"session={SECRET}", "X-Token": SECRET}
        server.faults["/preview"] = [Answer("", 302, headers)]
        server.faults["/file"] = [Answer(b"audio")]
        assert http.download(f"{server.url}/preview?token={SECRET}", max_bytes=10) == b"audio"
    assert "receive_response_headers.complete" in caplog.text
    assert "HTTP Request" in caplog.text
    assert SECRET not in caplog.text


def test_passwords_of_addresses_and_of_a_proxy_are_not_logged(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serving(LoopbackServer(lambda *_: Answer(b"x"))) as server:
        address = f"127.0.0.1:{server.port}"
        with HttpClient(Settings()) as http:
            http.download(f"http://user:{SECRET}@{address}/x", max_bytes=10)
        monkeypatch.setenv("HTTP_PROXY", f"http://user:{SECRET}@{address}")
        monkeypatch.setenv("HTTPS_PROXY", f"http://user:{SECRET}@{address}")
        with HttpClient(Settings()) as http:
            http.download("http://weights.invalid/x", max_bytes=10)
            with pytest.raises(ServiceUnavailable):  # it does no CONNECT
                http.download("https://weights.invalid/x", max_bytes=10)
    assert "httpcore" in caplog.text
    assert SECRET not in caplog.text


@pytest.mark.parametrize(
    "message",
    [
        f"GET https://b.s3.amazonaws.com/k?X-Amz-Signature={SECRET}&X-Amz-Expires=60 HTTP/1.1",
        f"https://user:{SECRET}@host/x",
        f"headers: {{'Authorization': b'Bearer {SECRET}', 'X': 'y'}}",
        f"headers: {{b'authorization': 'AWS4-HMAC-SHA256 Credential={SECRET}/x, Signature={SECRET}'}}",
        f"Authorization: Bearer {SECRET}",
        f"Authorization: AWS4-HMAC-SHA256 Credential=AK, Signature={SECRET}",
        f"[(b'Set-Cookie', b'a={SECRET}; path=/')]",
        f'{{"access_token": "{SECRET}", "expires_in": 3600}}',
        f"{{'SecretAccessKey': '{SECRET}', 'SessionToken': '{SECRET}'}}",
        f"grant_type=refresh_token&refresh_token={SECRET}&client_secret={SECRET}",
        f"'x-amz-security-token': '{SECRET}'",
    ],
)
def test_a_secret_in_any_form_is_hidden(message: str) -> None:
    assert SECRET not in without_secrets(message)


def test_a_message_without_secrets_stays_as_it_is() -> None:
    message = "Starting new HTTPS connection (1): api.spotify.com:443 (timeout=20.0)"
    assert without_secrets(message) == message


def test_every_logger_of_a_library_is_filtered_also_before_its_module_is_loaded(
    caplog: pytest.LogCaptureFixture,
) -> None:
    quiet_logs()
    hide_secrets("requests")
    names = [
        name
        for name, logger in logging.root.manager.loggerDict.items()
        if name.partition(".")[0] in ("boto3", "botocore", "s3transfer", "urllib3", "requests")
        and isinstance(logger, logging.Logger)
    ]
    assert {"urllib3.connectionpool", "urllib3.util.retry", "botocore.httpsession", "botocore.retries.standard"} <= set(
        names
    )
    for name in names:
        logger = logging.getLogger(name)
        logger.debug("GET %s", f"https://b/k?X-Amz-Signature={SECRET}")
        try:
            raise ValueError(f"Max retries exceeded with url: /k?X-Amz-Signature={SECRET}")
        except ValueError:
            logger.debug("failed", exc_info=sys.exc_info())
    assert "GET https://b/k?…" in caplog.text
    assert "Max retries exceeded with url: /k?…" in caplog.text
    assert SECRET not in caplog.text
