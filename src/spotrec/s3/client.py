"""boto3's client, made from the settings."""

import logging
from functools import cache
from typing import TYPE_CHECKING, Any

from spotrec.errors import UsageError, first_line
from spotrec.settings import Settings, check_recipient
from spotrec.system.logs import hide_secrets

if TYPE_CHECKING:
    from botocore.loaders import Loader
    from mypy_boto3_s3 import S3Client

_KEYS = ("aws_access_key_id", "aws_secret_access_key", "aws_session_token")
ATTEMPTS = 4
_LONGEST, _PAUSES_S = 10, 8.0
"""The longest time of a request: this many `timeout_s`, and the pauses between its attempts in seconds."""


def s3_client(settings: Settings) -> "S3Client":
    """Make a client from the settings: limited in time, with retries, and without keys in logs."""
    import boto3
    from botocore.config import Config
    from botocore.session import get_session

    check_own_server(settings)
    quiet_logs()
    config = Config(
        connect_timeout=settings.timeout_s,
        read_timeout=settings.timeout_s,
        retries={"mode": "standard", "max_attempts": ATTEMPTS},
        max_pool_connections=4 * settings.connections_per_host,  # as many as the previews that a crawl fetches at once
    )
    # a session of our own: the default one remembers credentials for the whole process
    own = get_session()
    own.register_component("data_loader", _descriptions(own.get_config_variable("data_path")))
    session = boto3.Session(botocore_session=own)
    try:
        return session.client(
            "s3",
            **own_keys(settings),
            region_name=own_setting(settings, "aws_region"),
            endpoint_url=own_setting(settings, "aws_endpoint_url"),
            config=config,
        )
    except ValueError as exc:
        raise UsageError(f"the S3 settings are not valid: {first_line(exc)}", "check AWS_ENDPOINT_URL") from exc


@cache
def _descriptions(folders: str | None) -> "Loader":
    """Return what reads botocore's descriptions of services: they take longer to read than a request takes."""
    from botocore.loaders import create_loader

    return create_loader(folders)


def quiet_logs() -> None:
    """Hide secrets in the logs of boto3 and what it uses."""
    hide_secrets("boto3", "botocore", "s3transfer", "urllib3")
    # at DEBUG these log authorization headers, session tokens, and the keys of an assumed role, in many forms
    for name in ("botocore.auth", "botocore.endpoint", "botocore.parsers"):
        logging.getLogger(name).disabled = True


def longest_s(settings: Settings) -> float:
    """Return how long a request may take in all, in seconds: boto3's own timeouts limit each silence only."""
    return _LONGEST * settings.timeout_s + _PAUSES_S


def check_own_server(settings: Settings) -> None:
    """Check that requests to `aws_endpoint_url` may be signed with the keys in use. Raises UsageError."""
    check_recipient(settings, "aws_endpoint_url", _KEYS, may_be_in_clear=True)


def own_setting(settings: Settings, name: str) -> str | None:
    """Return a setting that boto3 cannot find itself, else None. boto3 reads the environment itself."""
    value: str | None = getattr(settings, name)
    return None if settings.origins.get(name) == "environment" else value


def own_keys(settings: Settings) -> dict[str, Any]:
    """Return keys that boto3 cannot find itself. A session token from another origin belongs to other keys."""
    if not any(own_setting(settings, name) for name in _KEYS[:2]):
        return {}
    keys = {name: getattr(settings, name) for name in _KEYS}
    if settings.origins.get("aws_session_token") != settings.origins.get("aws_secret_access_key"):
        del keys["aws_session_token"]
    return keys
