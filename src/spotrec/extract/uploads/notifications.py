"""What a queue's message says of uploads: S3's own notification, one wrapped by SNS, or EventBridge's.

A message comes from outside: whoever may write to the queue may write anything.
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
    """Where an object was uploaded to.

    What a notification says of size, content and order is not kept: it may be late. What counts is what lies there.
    """

    bucket: str
    key: str

    @property
    def address(self) -> str:
        return f"s3://{self.bucket}/{self.key}"


class NotUnderstood(ValueError):
    """A message that is no notification of S3, or a record in it that makes no sense."""


def uploads_in(body: str) -> list[Upload]:
    """The objects that a message says were created, each once; none where it tells of something else in S3.

    Raises:
        NotUnderstood: it is no notification of S3.
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
        raise NotUnderstood("it is no notification of S3")
    return list(dict.fromkeys(upload for record in records for upload in _of_record(record)))


def _of_eventbridge(event: dict[str, Any]) -> list[Upload]:
    if event.get("detail-type") != "Object Created":
        return []
    detail = event.get("detail")
    return [_upload(_at(detail, "bucket", "name"), _at(detail, "object", "key"))]


def _of_record(record: Any) -> list[Upload]:
    source, name = _at(record, "eventSource"), _at(record, "eventName")
    if not source.endswith(":s3"):  # aws:s3, minio:s3, ceph:s3
        raise NotUnderstood(f"a record comes from {quoted(source)}, not from S3")
    if not name.removeprefix("s3:").startswith("ObjectCreated:"):
        return []
    try:
        key = unquote_plus(_at(record, "s3", "object", "key"), errors="strict")
    except UnicodeDecodeError as exc:
        raise NotUnderstood("a key is not UTF-8") from exc
    return [_upload(_at(record, "s3", "bucket", "name"), key)]


def _upload(bucket: str, key: str) -> Upload:
    try:
        n_bytes = len(key.encode())
    except UnicodeEncodeError as exc:
        raise NotUnderstood("a key is not Unicode") from exc
    if not bucket or not 1 <= n_bytes <= _MOST_KEY_BYTES:
        raise NotUnderstood("a bucket or key is empty or too long")
    if any(unicodedata.category(character) == "Cc" for character in key):
        raise NotUnderstood(f"the key {quoted(key)} holds control characters")
    if {".", ".."} & set(key.split("/")):  # on the way to the server these would lead to another object
        raise NotUnderstood(f"the key {quoted(key)} walks through folders")
    return Upload(bucket, key)


def _object(text: Any) -> dict[str, Any]:
    if not isinstance(text, str):
        raise NotUnderstood("it is not JSON text")
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as exc:
        raise NotUnderstood("it is not JSON") from exc
    if not isinstance(value, dict):
        raise NotUnderstood("it is not a JSON object")
    return value


def _at(value: Any, *names: str) -> str:
    """The text under these names, one below the other."""
    for name in names:
        value = value.get(name) if isinstance(value, dict) else None
    if not isinstance(value, str):
        raise NotUnderstood(f"it has no {'.'.join(names)}")
    return value
