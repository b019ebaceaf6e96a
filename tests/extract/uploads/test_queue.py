"""Uploads to S3 heard as a queue tells of them: the real command, S3 and SQS over HTTP (moto's server)."""

import json
import os
import re
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import quote_plus

import pytest

from spotrec.audio.tag_pool import TagPool
from spotrec.extract.uploads.notifications import Upload, uploads_in
from spotrec.extract.uploads.objects import UploadedObjects
from spotrec.extract.uploads.sqs import SqsQueue
from spotrec.settings import resolve
from spotrec.store import FeatureStore
from support.moto import Inbox, Moto, arn, make_inbox, notify
from support.music import encoded, tune, write_tagged
from support.servers import FakeDeezer, FakeSpotify
from support.waiting import wait_until

Run = Callable[..., Any]
SPOTIFY_ID = f"spotify:track:{7:022d}"


@pytest.fixture
def inbox(moto: Moto, weights: Path, monkeypatch: pytest.MonkeyPatch) -> Inbox:
    """A bucket and its queue, with the settings that lead to them."""
    inbox = make_inbox(moto)
    monkeypatch.setenv("AWS_ENDPOINT_URL", moto.url)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test-key")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test-secret")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.setenv("SPOTREC_WEIGHTS", str(weights))
    monkeypatch.setenv("SPOTREC_UPLOADS", f"s3://{inbox.bucket}/in")
    monkeypatch.setenv("SPOTREC_QUEUE_VISIBILITY_S", "2")
    return inbox


@pytest.fixture
def work(spotrec: Run, inbox: Inbox) -> Run:
    """Work until the queue is empty; returns the report."""

    def work(*arguments: object, code: int | None = 0) -> dict[str, Any]:
        done = spotrec("extract", "--queue", f"sqs://{inbox.name}", "--drain", "--json", *arguments, code=code)
        report: dict[str, Any] = json.loads(done.stdout)
        return report

    return work


def flac(tmp_path: Path, seed: int, **tags: str) -> bytes:
    return write_tagged(tmp_path / "uploader" / f"{seed}.flac", tune(seed, seconds=3.2), **tags).read_bytes()


def created(bucket: str, key: str) -> dict[str, Any]:
    """S3's notification of an upload."""
    s3 = {"bucket": {"name": bucket}, "object": {"key": quote_plus(key), "size": 1}}
    return {"Records": [{"eventSource": "aws:s3", "eventName": "ObjectCreated:Put", "s3": s3}]}


def stored(home: Path) -> list[dict[str, Any]]:
    """Everything that the store holds of tracks and features."""
    with FeatureStore(home / "data" / "spotrec.db", create=False) as store:
        sql = """
            select id, title, artists, in_catalogue, embedding.provider, audio_sha256, vector, failure.reason
            from track left join embedding on embedding.track_id = id left join failure on failure.track_id = id
            order by id
        """
        return [dict(row) for row in store.rows(sql)]


def started(inbox: Inbox, *arguments: object) -> "subprocess.Popen[str]":
    command = [sys.executable, "-m", "spotrec", "extract", "--queue", inbox.queue, *map(str, arguments)]
    return subprocess.Popen(command, env=dict(os.environ), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def n_heard(home: Path) -> int:
    """A look from outside, which costs little: it is repeated while a worker starts."""
    path = home / "data" / "spotrec.db"
    try:
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=5)) as db:
            return int(db.execute("select count(*) from embedding").fetchone()[0])
    except sqlite3.OperationalError:  # there is no store yet
        return 0


def test_an_upload_is_heard_stored_and_deleted_and_then_its_message_is(
    work: Run, inbox: Inbox, tmp_path: Path, home: Path
) -> None:
    inbox.put("in/some file.flac", flac(tmp_path, 1, artist="Uploader", title="Of Their Own"))
    report = work()
    assert (report["extracted"], report["deleted"], report["left"]) == (1, 1, 0)
    assert (inbox.keys(), inbox.counts()) == ([], (0, 0))
    [track] = stored(home)
    assert (track["title"], json.loads(track["artists"])) == ("Of Their Own", ["Uploader"])
    assert track["id"] == f"file:{track['audio_sha256'][:32]}"
    assert track["in_catalogue"]
    assert len(track["vector"]) == 160 * 4


def test_an_upload_is_heard_by_all_models_in_use_and_again_by_the_one_that_lacks_it(
    work: Run, inbox: Inbox, tmp_path: Path, home: Path
) -> None:
    two = ("--model", "choi-1", "--model", "choi-2")
    inbox.put("in/one.flac", flac(tmp_path, 1))
    assert work("--model", "choi-1", "--keep-audio")["extracted"] == 1
    inbox.send(created(inbox.bucket, "in/one.flac"))
    inbox.put("in/two.flac", flac(tmp_path, 2))
    report = work(*two)
    assert (report["extracted"], report["known"], report["deleted"], report["left"]) == (2, 0, 2, 0)
    assert inbox.keys() == []
    with FeatureStore(home / "data" / "spotrec.db") as store:
        assert set(store.embeddings.count_by_model().values()) == {2}
        assert report["model"] == ",".join(sorted(store.embeddings.count_by_model()))


def test_every_form_of_notification_leads_to_its_object(
    work: Run, inbox: Inbox, moto: Moto, tmp_path: Path, home: Path
) -> None:
    inbox.put("in/New Album/Café + 100%.flac", flac(tmp_path, 1))
    for n, raw in enumerate(("false", "true"), 2):
        topic = moto.sns.create_topic(Name=f"{inbox.name}-{raw}")["TopicArn"]
        moto.sns.subscribe(
            TopicArn=topic,
            Protocol="sqs",
            Endpoint=arn(moto, inbox.queue),
            Attributes={"RawMessageDelivery": raw},
        )
        notify(inbox, "Topic", topic)
        inbox.put(f"in/{n} & a + b.flac", flac(tmp_path, n))
    moto.s3.put_bucket_notification_configuration(Bucket=inbox.bucket, NotificationConfiguration={})
    inbox.put("in/50%25 +.flac", flac(tmp_path, 4))
    inbox.send(
        {
            "version": "0",
            "source": "aws.s3",
            "detail-type": "Object Created",
            "detail": {"bucket": {"name": inbox.bucket}, "object": {"key": "in/50%25 +.flac", "size": 1}},
        }
    )
    report = work()
    assert (report["extracted"], report["left"], report["reasons"]) == (4, 0, [])
    assert (inbox.keys(), inbox.counts()) == ([], (0, 0))
    assert {track["title"] for track in stored(home)} == {"Café + 100%", "2 & a + b", "3 & a + b", "50%25 +"}


def test_duplicates_redeliveries_and_another_order_change_nothing(
    work: Run, inbox: Inbox, tmp_path: Path, home: Path
) -> None:
    for n in range(3):
        inbox.put(f"in/{n}.flac", flac(tmp_path, n, title=f"Tune {n}"))
    bodies = inbox.bodies()
    for body in reversed(bodies * 2):
        inbox.send(body)
    report = work()
    assert (report["extracted"], report["left"]) == (3, 0)
    assert (inbox.keys(), inbox.counts()) == ([], (0, 0))
    before = stored(home)
    for body in bodies:
        inbox.send(body)
    report = work()
    assert (report["extracted"], report["gone"], report["left"]) == (0, 3, 0)
    assert stored(home) == before


def test_audio_that_was_heard_and_not_yet_deleted_is_deleted_unheard(
    work: Run, inbox: Inbox, tmp_path: Path, home: Path
) -> None:
    audio = flac(tmp_path, 1)
    inbox.put("in/1.flac", audio)
    work()
    before = stored(home)
    inbox.put("in/1.flac", audio)
    inbox.put("in/copy.flac", audio)
    report = work()
    assert (report["extracted"], report["known"], report["deleted"]) == (0, 2, 2)
    assert (inbox.keys(), stored(home)) == ([], before)


def test_what_was_uploaded_over_audio_in_hand_is_not_deleted_unheard(
    work: Run, inbox: Inbox, tmp_path: Path, home: Path
) -> None:
    tag_pool = TagPool(1_000_000)
    objects = UploadedObjects(resolve(), tag_pool)
    upload = Upload(inbox.bucket, "in/one.flac")
    inbox.put(upload.key, flac(tmp_path, 1))
    assert objects.fetch(upload)
    inbox.put(upload.key, flac(tmp_path, 2, title="Newer"))
    objects.delete(upload.address)
    tag_pool.close()
    assert inbox.keys() == [upload.key]
    work()
    assert [track["title"] for track in stored(home)] == ["Newer"]


def test_the_id_comes_from_the_metadata_if_it_is_sound(work: Run, inbox: Inbox, tmp_path: Path, home: Path) -> None:
    inbox.put("in/1.flac", flac(tmp_path, 1), track_id=SPOTIFY_ID)
    inbox.put("in/2.flac", flac(tmp_path, 2), track_id="spotify:track:../../etc")
    work()
    ids = {track["id"] for track in stored(home)}
    assert SPOTIFY_ID in ids
    assert all(id_ == SPOTIFY_ID or id_.startswith("file:") for id_ in ids)
    assert len(ids) == 2


def test_two_uploads_for_one_track_are_heard_one_after_the_other(
    work: Run, inbox: Inbox, tmp_path: Path, home: Path
) -> None:
    for n in range(2):
        inbox.put(f"in/{n}.flac", flac(tmp_path, n), track_id=SPOTIFY_ID)
    report = work()
    assert (report["extracted"], report["left"]) == (2, 0)
    assert (inbox.keys(), len(stored(home))) == ([], 1)


def test_what_a_crawl_puts_into_the_bucket_is_heard_as_the_track_it_is(
    spotrec: Run, work: Run, inbox: Inbox, home: Path, spotify: FakeSpotify, deezer: FakeDeezer
) -> None:
    deezer.previews["GBAYE0000001"] = encoded(tune(1))
    track = spotify.add_track(1, isrc="GBAYE0000001")
    playlist = f"spotify:playlist:{spotify.add_playlist(5000, [track])}"
    spotrec("crawl", playlist, "--cache", f"s3://{inbox.bucket}/in")
    report = work()
    assert (report["extracted"], report["left"]) == (1, 0)
    assert inbox.keys() == []
    [row] = stored(home)
    assert (row["id"], row["title"]) == (f"spotify:track:{track}", "Song 1")
    assert json.loads(spotrec("extract", "--json").stdout)["extracted"] == 0


def test_a_file_that_cannot_be_heard_ends_in_the_dead_letter_queue_with_its_reason_recorded(
    spotrec: Run, work: Run, inbox: Inbox, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SPOTREC_QUEUE_VISIBILITY_S", "1")
    inbox.put("in/poison.mp3", b"no music at all" * 1000)
    inbox.put("in/cut.mp3", encoded(tune(1, seconds=12))[:9_000])
    reasons = []
    while inbox.counts() != (0, 2):
        reasons += work(code=None)["reasons"]
        wait_until(lambda: inbox.hidden() == 0)
    assert len(reasons) == 2 * 3
    assert all("not audio" in reason or "truncated" in reason for reason in reasons)
    assert sorted(inbox.keys()) == ["in/cut.mp3", "in/poison.mp3"]
    failures = json.loads(spotrec("status", "--json").stdout)["failures"]
    assert sorted(failures) == [["extract", "not audio", 1], ["extract", "truncated", 1]]


def test_a_file_that_failed_is_heard_when_it_was_replaced(work: Run, inbox: Inbox, tmp_path: Path, home: Path) -> None:
    inbox.put("in/1.flac", b"no music at all", track_id=SPOTIFY_ID)
    assert work(code=3)["left"] == 1
    inbox.put("in/1.flac", flac(tmp_path, 1), track_id=SPOTIFY_ID)
    assert work()["extracted"] == 1
    [track] = stored(home)
    assert (track["reason"], track["in_catalogue"]) == (None, 1)


def test_a_file_that_is_too_large_is_not_downloaded(work: Run, inbox: Inbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SPOTREC_MAX_AUDIO_MB", "1")
    inbox.put("in/large.wav", bytes(1_000_001))
    report = work(code=3)
    assert "too large" in report["reasons"][0]
    assert inbox.keys() == ["in/large.wav"]


def test_objects_elsewhere_are_refused_whatever_a_message_says(work: Run, inbox: Inbox, tmp_path: Path) -> None:
    other = make_inbox(inbox.moto)
    other.put("in/1.flac", flac(tmp_path, 1))
    inbox.put("elsewhere/2.flac", flac(tmp_path, 2))
    inbox.put("in2/3.flac", flac(tmp_path, 3))
    for bucket, key in (
        (other.bucket, "in/1.flac"),
        (inbox.bucket, "elsewhere/2.flac"),
        (inbox.bucket, "in2/3.flac"),
        (inbox.bucket, "in/../elsewhere/2.flac"),
    ):
        inbox.send(created(bucket, key))
    report = work(code=3)
    assert (report["extracted"], report["left"], report["deleted"]) == (0, 4, 0)
    assert other.keys() == ["in/1.flac"]
    assert len(inbox.keys()) == 2


def test_a_message_of_several_uploads_is_done_when_all_of_them_are(
    work: Run, inbox: Inbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SPOTREC_QUEUE_VISIBILITY_S", "1")
    records = [created(inbox.bucket, f"in/{n}.flac")["Records"][0] for n in range(12)]
    inbox.moto.s3.put_bucket_notification_configuration(Bucket=inbox.bucket, NotificationConfiguration={})
    for n in range(11):
        inbox.put(f"in/{n}.flac", flac(tmp_path, n))
    inbox.put("in/11.flac", b"no music at all")
    work()
    inbox.send({"Records": records})
    report = work(code=3)
    assert (report["extracted"], report["finished"], inbox.keys()) == (11, 0, ["in/11.flac"])
    inbox.put("in/11.flac", flac(tmp_path, 11))
    wait_until(lambda: inbox.hidden() == 0)
    report = work()
    assert (report["extracted"], report["gone"], report["finished"], inbox.keys()) == (1, 11, 1, [])


def test_messages_of_no_upload_are_deleted_and_nonsense_is_left(work: Run, inbox: Inbox) -> None:
    work()  # S3's own test message
    assert inbox.counts() == (0, 0)
    removed = created(inbox.bucket, "in/1.flac")
    removed["Records"][0]["eventName"] = "ObjectRemoved:Delete"
    inbox.send(removed)
    inbox.send(created(inbox.bucket, "in/a folder/"))
    inbox.send('{"a": ' * 42_000)
    inbox.send('{"Records": [{"eventSource": "aws:sns"}]}')
    report = work(code=3)
    assert (report["finished"], report["left"]) == (2, 2)
    assert inbox.counts() == (2, 0)


def test_audio_is_left_where_it_is_when_asked(work: Run, inbox: Inbox, tmp_path: Path) -> None:
    inbox.put("in/1.flac", flac(tmp_path, 1))
    assert work("--keep-audio")["extracted"] == 1
    assert (inbox.keys(), inbox.counts()) == (["in/1.flac"], (0, 0))


def test_messages_stay_hidden_while_the_work_on_them_goes_on(inbox: Inbox) -> None:
    queue = SqsQueue(inbox.queue, resolve())
    held = queue.receive()
    assert len(held) == 1
    with queue.held(held):
        assert queue.receive(wait_s=4) == []
    queue.release(held)
    assert [message.id for message in queue.receive(wait_s=1)] == [message.id for message in held]


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 0), (signal.SIGINT, 130)])
def test_told_to_stop_it_finishes_what_is_in_hand_and_gives_back_the_rest(
    number: signal.Signals, code: int, work: Run, inbox: Inbox, tmp_path: Path, home: Path
) -> None:
    n = 24  # more than two batches
    for i in range(n):
        inbox.put(f"in/{i}.flac", flac(tmp_path, i))
    process = started(inbox, "--json")
    wait_until(lambda: n_heard(home) > 0)
    process.send_signal(number)
    said, complained = process.communicate(timeout=60)
    assert process.returncode == code, complained
    assert "Traceback" not in complained
    heard = json.loads(said)["extracted"]
    assert 0 < heard < n
    assert len(inbox.keys()) == n - heard == n - n_heard(home)
    visible = inbox.moto.sqs.get_queue_attributes(QueueUrl=inbox.queue, AttributeNames=["ApproximateNumberOfMessages"])
    assert int(visible["Attributes"]["ApproximateNumberOfMessages"]) == n - heard
    assert work()["extracted"] == n - heard
    assert (inbox.keys(), inbox.counts()) == ([], (0, 0))


def test_killed_at_any_moment_nothing_is_lost_and_nothing_is_there_twice(
    work: Run, inbox: Inbox, tmp_path: Path, home: Path
) -> None:
    n = 24
    for i in range(n):
        inbox.put(f"in/{i}.flac", flac(tmp_path, i, title=f"Tune {i}"))
    process = started(inbox)
    wait_until(lambda: n_heard(home) > 4)
    process.kill()
    process.communicate()
    assert n_heard(home) < n
    wait_until(lambda: inbox.hidden() == 0)
    report = work()
    assert report["left"] == 0
    assert (inbox.keys(), inbox.counts()) == ([], (0, 0))
    tracks = stored(home)
    assert sorted(track["title"] for track in tracks) == sorted(f"Tune {i}" for i in range(n))
    assert all(len(track["vector"]) == 160 * 4 and track["reason"] is None for track in tracks)


def test_two_workers_share_a_queue_and_a_store(inbox: Inbox, tmp_path: Path, home: Path) -> None:
    n = 12  # more than a batch
    for i in range(n):
        inbox.put(f"in/{i}.flac", flac(tmp_path, i))
    for body in inbox.bodies():
        inbox.send(body)
    workers = [started(inbox, "--drain", "--json") for _ in range(2)]
    for worker in workers:
        _, complained = worker.communicate(timeout=120)
        assert worker.returncode == 0, complained
    tracks = stored(home)
    assert len(tracks) == n
    assert all(track["vector"] and track["reason"] is None for track in tracks)
    assert (inbox.keys(), inbox.counts()) == ([], (0, 0))


@pytest.mark.parametrize(
    ("queue", "code", "said"),
    [
        ("sqs://not-here", 5, "there is no queue sqs://not-here"),
        ("sqs://123456789012/not-here", 5, "there is no queue"),
        ("a queue", 2, "is not a queue"),
        ("sqs://", 2, "is not a queue"),
        ("http://127.0.0.1:9/123456789012/x", 1, "cannot be reached"),
        ("https://me:planted-secret@", 2, "is not a queue"),
    ],
)
def test_a_queue_that_cannot_be_used_is_named(queue: str, code: int, said: str, inbox: Inbox, spotrec: Run) -> None:
    complained = spotrec("extract", "--queue", queue, code=code).stderr
    assert said in complained
    assert "planted-secret" not in complained


def test_a_bucket_that_is_gone_leaves_the_message(work: Run, inbox: Inbox) -> None:
    work()
    inbox.moto.s3.delete_bucket(Bucket=inbox.bucket)
    inbox.send(created(inbox.bucket, "in/1.flac"))
    assert "NoSuchBucket" in work(code=3)["reasons"][0]


def test_an_object_that_s3_does_not_give_keeps_no_other_from_being_heard(
    work: Run, inbox: Inbox, tmp_path: Path
) -> None:
    inbox.moto.s3.put_object(Bucket=inbox.bucket, Key="in/1.flac", Body=flac(tmp_path, 1), StorageClass="GLACIER")
    inbox.put("in/2.flac", flac(tmp_path, 2))
    report = work(code=3)
    assert (report["extracted"], report["left"], inbox.keys()) == (1, 1, ["in/1.flac"])
    assert "S3 does not return" in report["reasons"][0]


def test_without_a_place_for_uploads_nothing_is_taken(
    inbox: Inbox, spotrec: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SPOTREC_UPLOADS")
    assert "--uploads s3://" in spotrec("extract", "--queue", inbox.queue, code=2).stderr
    monkeypatch.setenv("SPOTREC_UPLOADS", "/a/folder")
    assert "not an S3 address" in spotrec("extract", "--queue", inbox.queue, code=2).stderr
    assert inbox.counts() == (1, 0)


@pytest.mark.parametrize("arguments", [("--drain",), ("--uploads", "s3://b"), ("--queue", "sqs://q", "--retry-failed")])
def test_options_that_mean_nothing_together_are_refused(spotrec: Run, arguments: tuple[str, ...]) -> None:
    spotrec("extract", *arguments, code=2)


def test_what_the_docs_give_to_paste_is_taken_and_brings_uploads_to_the_queue(moto: Moto) -> None:
    text = (Path(__file__).resolve().parents[3] / "docs" / "scaling.md").read_text(encoding="utf-8")
    blocks = [json.loads(block) for block in re.findall(r"^```json\n(.*?)^```", text, flags=re.MULTILINE | re.DOTALL)]
    queue, notification, pattern, worker, uploader = blocks
    moto.sqs.create_queue(QueueName="spotrec-uploads-dead")
    url = moto.sqs.create_queue(QueueName="spotrec-uploads", Attributes=queue)["QueueUrl"]
    moto.s3.create_bucket(Bucket="my-uploads")
    events = moto.client("events")
    events.put_rule(Name="spotrec-uploads", EventPattern=json.dumps(pattern))
    events.put_targets(Rule="spotrec-uploads", Targets=[{"Id": "1", "Arn": arn(moto, url)}])
    configurations: list[Any] = [notification, {"EventBridgeConfiguration": {}}]
    for configuration in configurations:
        moto.s3.put_bucket_notification_configuration(Bucket="my-uploads", NotificationConfiguration=configuration)
        moto.s3.put_object(Bucket="my-uploads", Key="incoming/1 + 2.mp3", Body=b"")
        moto.s3.put_object(Bucket="my-uploads", Key="elsewhere/3.mp3", Body=b"")
        told = moto.sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10)["Messages"]
        named = [upload for one in told for upload in uploads_in(one["Body"])]
        assert named == [Upload("my-uploads", "incoming/1 + 2.mp3")]
    for policy in (worker, uploader):  # moto checks them as IAM does
        moto.client("iam").create_policy(PolicyName=f"policy-{id(policy)}", PolicyDocument=json.dumps(policy))
