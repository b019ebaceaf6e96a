"""What providers said."""

from datetime import UTC, datetime, timedelta

from spotrec.store import FeatureStore
from spotrec.track import (
    Outcome,
    Preview,
    PreviewOutcome,
)
from support.catalogue import song

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


def test_a_provider_is_not_asked_again_before_its_time(store: FeatureStore) -> None:
    store.tracks.add([song(1)])
    later = NOW + timedelta(hours=1)
    store.previews.record(song(1).id, PreviewOutcome("deezer", Outcome.REJECTED, "another song", ask_again_at=later))
    store.previews.record(song(1).id, PreviewOutcome("spotify", Outcome.ABSENT))
    assert store.previews.answers(song(1).id, NOW) == {"deezer": "another song", "spotify": "absent"}
    assert store.previews.answers(song(1).id, later - timedelta(seconds=1)).keys() == {"deezer", "spotify"}
    assert store.previews.answers(song(1).id, later).keys() == {"spotify"}
    assert store.previews.answers(song(2).id, NOW) == {}


def test_a_preview_that_was_found_may_be_asked_for_again(store: FeatureStore) -> None:
    store.tracks.add([song(1)])
    preview = Preview("deezer", "https://signed.example/x?hdnea=exp=1", "3135556")
    store.previews.record(song(1).id, PreviewOutcome("deezer", Outcome.FOUND, preview=preview))
    assert store.previews.answers(song(1).id, NOW) == {}
    assert b"hdnea" not in store.path.read_bytes() + store.path.with_name("spotrec.db-wal").read_bytes()


def test_a_later_answer_replaces_an_earlier_one(store: FeatureStore) -> None:
    store.tracks.add([song(1)])
    store.previews.record(song(1).id, PreviewOutcome("deezer", Outcome.ABSENT))
    store.previews.record(song(1).id, PreviewOutcome("deezer", Outcome.UNAVAILABLE, "broken", ask_again_at=NOW))
    assert store.previews.answers(song(1).id, NOW - timedelta(minutes=1)) == {"deezer": "broken"}
    assert store.previews.answers(song(1).id, NOW) == {}
