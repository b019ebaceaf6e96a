"""What messages say of uploads, whoever wrote them."""

import json
from typing import Any
from urllib.parse import quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spotrec.extract.uploads.notifications import BadNotification, Upload, uploads_in

BUCKETS = st.from_regex(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]", fullmatch=True)
KEYS = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=200).filter(
    lambda key: not {".", ".."} & set(key.split("/"))
)
UPLOADS = st.builds(Upload, BUCKETS, KEYS)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(["Records", "Message", "detail", "s3", "object", "key", "x"]), inner)
    ),
)


def record(upload: Upload, source: str = "aws:s3", name: str = "ObjectCreated:Put") -> dict[str, Any]:
    s3 = {"bucket": {"name": upload.bucket}, "object": {"key": quote_plus(upload.key), "size": 1, "sequencer": "0A"}}
    return {"eventVersion": "2.1", "eventSource": source, "eventName": name, "s3": s3}


def plain(uploads: list[Upload]) -> str:
    return json.dumps({"Records": [record(upload) for upload in uploads]})


def by_sns(body: str) -> str:
    return json.dumps({"Type": "Notification", "TopicArn": "arn:aws:sns:us-east-1:1:topic", "Message": body})


def by_eventbridge(upload: Upload, kind: str = "Object Created") -> str:
    detail = {"version": "0", "bucket": {"name": upload.bucket}, "object": {"key": upload.key, "size": 1}}
    return json.dumps({"version": "0", "source": "aws.s3", "detail-type": kind, "detail": detail})


@given(st.lists(UPLOADS, min_size=1, max_size=4))
def test_every_form_names_the_objects_as_they_are_called(uploads: list[Upload]) -> None:
    distinct = list(dict.fromkeys(uploads))
    assert uploads_in(plain(uploads)) == distinct
    assert uploads_in(by_sns(plain(uploads))) == distinct
    assert uploads_in(by_eventbridge(uploads[0])) == uploads[:1]
    assert uploads_in(by_sns(by_eventbridge(uploads[0]))) == uploads[:1]


@given(st.text() | JSON.map(json.dumps) | JSON.map(json.dumps).map(by_sns))
def test_whatever_a_message_holds_is_understood_or_refused(body: str) -> None:
    try:
        uploads_in(body)
    except BadNotification as fault:
        assert str(fault)


@given(UPLOADS, st.data())
def test_a_notification_with_a_part_of_another_kind_is_understood_or_refused(
    upload: Upload, data: st.DataObject
) -> None:
    for body in (plain([upload]), by_eventbridge(upload)):
        event = json.loads(body)
        place: Any = event
        while isinstance(place, dict | list) and place:
            parent, at = place, data.draw(st.sampled_from(sorted(place) if isinstance(place, dict) else [0]))
            place = place[at]
            if data.draw(st.booleans()):
                break
        parent[at] = data.draw(JSON)
        try:
            uploads_in(json.dumps(event))
        except BadNotification as fault:
            assert str(fault)


@pytest.mark.parametrize("source", ["aws:s3", "minio:s3", "ceph:s3"])
@pytest.mark.parametrize("name", ["ObjectCreated:Put", "s3:ObjectCreated:CompleteMultipartUpload"])
def test_servers_other_than_amazons_are_understood(source: str, name: str) -> None:
    upload = Upload("bucket", "a b.mp3")
    assert uploads_in(json.dumps({"Records": [record(upload, source, name)]})) == [upload]


@pytest.mark.parametrize(
    "body",
    [
        json.dumps({"Service": "Amazon S3", "Event": "s3:TestEvent", "Bucket": "bucket"}),
        json.dumps({"Records": [record(Upload("bucket", "key"), name="ObjectRemoved:Delete")]}),
        json.dumps({"Records": [record(Upload("bucket", "key"), name="ObjectTagging:Put")]}),
        by_eventbridge(Upload("bucket", "key"), "Object Deleted"),
    ],
    ids=["test event", "removed", "tagged", "deleted"],
)
def test_what_tells_of_no_upload_asks_for_nothing(body: str) -> None:
    assert uploads_in(body) == []
    assert uploads_in(by_sns(body)) == []


@pytest.mark.parametrize(
    "body",
    [
        "",
        "[" * 200_000,
        '{"Records": []}',
        '{"Records": {"0": {}}}',
        json.dumps({"Type": "SubscriptionConfirmation", "Message": plain([Upload("bucket", "key")])}),
        json.dumps({"Records": [record(Upload("bucket", "key"), source="aws:sns")]}),
        json.dumps({"Records": [record(Upload("bucket", ""))]}),
        json.dumps({"Records": [record(Upload("", "key"))]}),
        json.dumps({"Records": [record(Upload("bucket", "k" * 1025))]}),
        json.dumps({"Records": [record(Upload("bucket", "in/../secret"))]}),
        json.dumps({"Records": [record(Upload("bucket", "."))]}),
        by_eventbridge(Upload("bucket", "\ud800")),
        by_eventbridge(Upload("bucket", "in/\x1b[2J.mp3")),
        plain([Upload("bucket", "key")]).replace('"key"}', '"%FF"}').replace('"key": "key"', '"key": "%FF"'),
        by_sns(by_sns(plain([Upload("bucket", "key")]))),
        '{"Records": [{"eventSource": ' + "9" * 5000 + "}]}",
    ],
)
def test_what_makes_no_sense_is_refused(body: str) -> None:
    with pytest.raises(BadNotification):
        uploads_in(body)
