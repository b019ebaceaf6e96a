"""Errors of boto3 and S3 servers, as spotrec's own."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from spotrec.errors import CacheError, CacheRefused, first_line, quoted
from spotrec.settings import without_password
from spotrec.system.faults import connection_fault

if TYPE_CHECKING:
    from botocore.exceptions import ClientError

MISSING = frozenset({"404", "NoSuchKey", "NotFound"})
NO_BUCKET = "NoSuchBucket"

_AGAIN = "run the same command again"
_CHECK_KEYS = "check AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE"
_EXPIRED = "get new ones, or sign in again (aws sso login), and " + _AGAIN
_SET_REGION = "set AWS_DEFAULT_REGION to the bucket's region"

# the server's code → what is wrong with the credentials, and what to do
_REFUSED = {
    "InvalidAccessKeyId": ("S3 refuses the credentials", _CHECK_KEYS),
    "SignatureDoesNotMatch": ("S3 refuses the credentials", _CHECK_KEYS),
    "InvalidToken": ("S3 refuses the credentials", "check AWS_SESSION_TOKEN: it belongs to one pair of keys"),
    "ExpiredToken": ("the S3 credentials have expired", _EXPIRED),
    "TokenRefreshRequired": ("the S3 credentials have expired", _EXPIRED),
    "AllAccessDisabled": ("S3 has disabled the bucket", "its owner's account is suspended, or the bucket is"),
    "NotSignedUp": ("S3 refuses the credentials", "the account has not signed up for S3"),
}
_FAULTS = {
    "PermanentRedirect": ("the bucket is in another region", _SET_REGION),
    "AuthorizationHeaderMalformed": ("the bucket is in another region", _SET_REGION),
    "IllegalLocationConstraintException": ("the bucket is in another region", _SET_REGION),
    "301": ("the bucket is in another region", _SET_REGION),
    "InvalidBucketName": ("S3 does not allow this name for a bucket", "check the bucket's name"),
    "RequestTimeTooSkewed": ("this machine's clock differs too much from S3's", "set the clock, then " + _AGAIN),
    "SlowDown": ("S3 asks us to slow down", _AGAIN + " in a while, perhaps with fewer connections_per_host"),
    "503": ("S3 asks us to slow down", _AGAIN + " in a while"),
    "TooManyRequests": ("S3 asks us to slow down", _AGAIN + " in a while"),
    "InvalidStorageClass": ("S3 does not know the storage class", "check the setting s3_storage_class"),
    "InvalidObjectState": (
        "S3 has archived the object",
        "restore it, and do not archive this prefix",
    ),
    "ServerSideEncryptionConfigurationNotFoundError": ("S3 cannot encrypt stored objects", "check s3_encryption"),
    "NotImplemented": ("S3 does not support this request", "check the settings s3_encryption and s3_storage_class"),
    "InvalidArgument": ("S3 does not accept this request", "check s3_encryption, s3_kms_key and s3_storage_class"),
}
_PERMISSION = {
    "PutObject": ("stored", "s3:PutObject (with aws:kms also kms:GenerateDataKey)"),
    "GetObject": ("read", "s3:GetObject and s3:ListBucket; a requester-pays bucket cannot be read"),
    "HeadObject": ("read", "s3:GetObject and s3:ListBucket; a requester-pays bucket cannot be read"),
    "DeleteObject": ("deleted", "s3:DeleteObject; versioning and object locks may forbid it too"),
    "ListObjectsV2": ("listed", "s3:ListBucket"),
}


@contextmanager
def translated(address: str) -> Iterator[None]:
    """Turn boto3's errors about `address` into CacheError or CacheRefused."""
    from botocore.exceptions import BotoCoreError, ClientError
    from botocore.parsers import ResponseParserError

    try:
        yield
    except ClientError as exc:
        raise _server_error(exc, address) from exc
    except TimeoutError as exc:
        raise CacheError(
            f"the S3 server of {address} takes too long", f"check the network, then {_AGAIN}; or raise timeout_s"
        ) from exc
    except BotoCoreError as exc:
        raise _credentials_error(exc, address) or _connection_error(exc, address) from exc
    except (ResponseParserError, ValueError, KeyError, RecursionError) as exc:  # no valid answer of S3
        raise CacheError(f"the server for {address} does not speak S3", "check AWS_ENDPOINT_URL") from exc


def _server_error(exc: "ClientError", address: str) -> CacheError:
    """Return the error for a refusal by the server."""
    error = exc.response.get("Error", {})
    code = str(error.get("Code", ""))
    bucket = address.split("/")[2]
    if code == NO_BUCKET:
        return CacheError(f"there is no bucket “{bucket}”", f"make it first: aws s3 mb s3://{bucket}")
    if code in ("AccessDenied", "403", "Forbidden"):
        done, permission = _PERMISSION.get(exc.operation_name, ("used", "what it needs"))
        return CacheRefused(
            f"S3 refuses: with these credentials no object may be {done} in {address}",
            f"allow {permission}, or use other credentials",
        )
    if code in _REFUSED:
        message, hint = _REFUSED[code]
        return CacheRefused(f"{message} for {address} ({code})", hint)
    if code.startswith("KMS."):
        return CacheError(f"the KMS key for {address} cannot be used ({quoted(code)})", "check the setting s3_kms_key")
    if code in _FAULTS:
        message, hint = _FAULTS[code]
        headers = exc.response.get("ResponseMetadata", {}).get("HTTPHeaders", {})
        region = error.get("Region") or headers.get("x-amz-bucket-region")
        where = f": {quoted(str(region))}" if region and hint is _SET_REGION else ""
        return CacheError(f"{message}: {address} ({code})", hint + where)
    said = quoted(str(error.get("Message") or code))
    return CacheError(f"S3 could not serve {address}: {said}", f"{_AGAIN} later; `spotrec doctor` checks a cache")


def _credentials_error(exc: Exception, address: str) -> CacheRefused | None:
    """Return the error if boto3 found no usable credentials, else None."""
    from botocore import exceptions as boto

    if isinstance(exc, boto.NoCredentialsError | boto.PartialCredentialsError):
        return CacheRefused(
            f"there are no S3 credentials for {address}",
            "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE",
        )
    if isinstance(exc, boto.ProfileNotFound):
        return CacheRefused(first_line(exc), "check AWS_PROFILE and ~/.aws/config")
    if isinstance(exc, boto.SSOError | boto.TokenRetrievalError | boto.CredentialRetrievalError):
        return CacheRefused(f"no S3 credentials are available for {address}: {first_line(exc)}", _EXPIRED)
    return None


def _connection_error(exc: Exception, address: str) -> CacheError:
    """Return the error for a missing or incomplete answer."""
    from botocore import exceptions as boto

    said = connection_fault(exc, without_password(first_line(exc)))
    if isinstance(exc, boto.SSLError):
        return CacheError(
            f"the S3 server of {address} cannot be trusted: {said}",
            "check AWS_ENDPOINT_URL; AWS_CA_BUNDLE names the certificates of a server of your own",
        )
    if isinstance(exc, boto.ResponseStreamingError | boto.ReadTimeoutError | boto.ConnectionClosedError):
        return CacheError(
            f"the S3 server of {address} does not answer, or not completely: {said}",
            f"check the network, then {_AGAIN}",
        )
    if isinstance(exc, boto.ProxyConnectionError):
        return CacheError(f"the proxy before {address} cannot be reached", "check HTTPS_PROXY, HTTP_PROXY and NO_PROXY")
    if isinstance(exc, boto.ParamValidationError | boto.UnknownEndpointError | boto.InvalidRegionError):
        return CacheError(
            f"spotrec cannot make an S3 request for {address}: {without_password(first_line(exc))}",
            "check AWS_DEFAULT_REGION and the address",
        )
    if isinstance(exc, boto.FlexibleChecksumError):
        return CacheError(f"the content from {address} differs from what was stored", f"{_AGAIN}; check the network")
    return CacheError(
        f"the S3 server of {address} cannot be reached: {said}",
        f"check the network and AWS_ENDPOINT_URL, then {_AGAIN}",
    )
