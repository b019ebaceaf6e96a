"""A user's own files, and the tracks they held."""

from pathlib import Path

from spotrec.store import FeatureStore
from support.catalogue import audio_of, song


def test_a_file_is_known_until_its_size_or_time_changes(store: FeatureStore) -> None:
    path = Path("/music/a b'c %_é.mp3")
    store.tracks.add([song(1)])
    assert store.files.unchanged(path, 10, 20) is None
    store.files.remember(path, 10, 1_732_000_000_123_456_789, song(1).id)
    assert store.files.unchanged(path, 10, 1_732_000_000_123_456_789) == song(1)
    assert store.files.unchanged(path, 11, 1_732_000_000_123_456_789) is None
    assert store.files.unchanged(path, 10, 1_732_000_000_123_456_788) is None


def test_a_file_that_holds_another_track_now_no_longer_holds_the_one_before(store: FeatureStore) -> None:
    path = "/music/a.mp3"
    for n in (1, 2):
        store.tracks.add([song(n, path=path)])
        store.audio.save(audio_of(song(n), owned=False, address=path))
        store.files.remember(Path(path), 10 + n, 20 + n, song(n).id)
    before, after = store.tracks.get(song(1).id), store.tracks.get(song(2).id)
    assert before is not None
    assert after is not None
    assert (before.path, after.path) == (None, path)
    assert store.audio.get(song(1).id) is None
    assert store.audio.get(song(2).id) is not None
    assert store.files.unchanged(Path(path), 12, 22) == after


def test_a_moved_file_keeps_its_track(store: FeatureStore) -> None:
    store.tracks.add([song(1, path="/old.mp3")])
    store.files.remember(Path("/old.mp3"), 10, 20, song(1).id)
    store.tracks.add([song(1, path="/new.mp3")])
    store.files.remember(Path("/new.mp3"), 10, 20, song(1).id)
    assert store.files.unchanged(Path("/new.mp3"), 10, 20) == song(1, path="/new.mp3")
