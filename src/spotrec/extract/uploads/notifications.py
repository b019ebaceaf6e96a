"""Messages about uploads: S3's own notification, the same wrapped by SNS, or EventBridge's.

Messages are not trusted: anyone who may write to the queue may write anything.
"""

import json
import unicodedata
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote_plus

from spotrec.errors import quoted

_MOST_KEY_BYTES = 1024


@dataclass(frozen=True, slots=True)
class Upload:
    """The place of an uploaded object.

    Size, content and order in a notification are ignored, because it may be late. Only the object itself counts.
    """

    bucket: str
    key: str

    @property
    def address(self) -> str:
        return f"s3://{self.bucket}/{self.key}"


class BadNotification(ValueError):
    """A message that is not an S3 notification, or contains a faulty record."""


def uploads_in(body: str) -> list[Upload]:
    """Return the objects that a message reports as created, each once; empty for other S3 events.

    Raises:
        BadNotification: the message is not an S3 notification.
    """
    event = _object(body)
    if event.get("Type") == "Notification":  # SNS, unless the subscription delivers raw messages
        event = _object(event.get("Message"))
    if event.get("Event") == "s3:TestEvent":
        return []
    if event.get("source") == "aws.s3":
        return _of_eventbridge(event)
    records = event.get("Records")
    if not isinstance(records, list) or not records:
        raise BadNotification("it is not an S3 notification")
    return list(dict.fromkeys(upload for record in records for upload in _of_record(record)))


def _of_eventbridge(event: dict[str, Any]) -> list[Upload]:
    if event.get("detail-type") != "Object Created":
        return []
    detail = event.get("detail")
    return [_upload(_at(detail, "bucket", "name"), _at(detail, "object", "key"))]


def _of_record(record: Any) -> list[Upload]:
    source, name = _at(record, "eventSource"), _at(record, "eventName")
    if not source.endswith(":s3"):  # aws:s3, minio:s3, ceph:s3
        raise BadNotification(f"a record comes from {quoted(source)}, not from S3")
    if not name.removeprefix("s3:").startswith("ObjectCreated:"):
        return []
    try:
        key = unquote_plus(_at(record, "s3", "object", "key"), errors="strict")
    except UnicodeDecodeError as exc:
        raise BadNotification("a key is not UTF-8") from exc
    return [_upload(_at(record, "s3", "bucket", "name"), key)]


def _upload(bucket: str, key: str) -> Upload:
    try:
        n_bytes = len(key.encode())
    except UnicodeEncodeError as exc:
        raise BadNotification("a key is not Unicode") from exc
    if not bucket or not 1 <= n_bytes <= _MOST_KEY_BYTES:
        raise BadNotification("a bucket or key is empty or too long")
    if any(unicodedata.category(character) == "Cc" for character in key):
        raise BadNotification(f"the key {quoted(key)} contains control characters")
    if {".", ".."} & set(key.split("/")):  # a URL with these would lead to another object
        raise BadNotification(f"the key {quoted(key)} contains the folder . or ..")
    return Upload(bucket, key)


def _object(text: Any) -> dict[str, Any]:
    if not isinstance(text, str):
        raise BadNotification("it is not JSON text")
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as exc:
        raise BadNotification("it is not JSON") from exc
    if not isinstance(value, dict):
        raise BadNotification("it is not a JSON object")
    return value


def _at(value: Any, *names: str) -> str:
    """Return the text under these nested names."""
    for name in names:
        value = value.get(name) if isinstance(value, dict) else None
    if not isinstance(value, str):
        raise BadNotification(f"it has no {'.'.join(names)}")
    return value
