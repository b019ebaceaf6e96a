"""The feature store, on real SQLite files."""

import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spotrec.errors import StoreError
from spotrec.store import Embedding, FeatureStore, StoreCounts
from spotrec.track import (
    Collection,
    CollectionKind,
    Failure,
    ModelId,
    Outcome,
    Preview,
    PreviewOutcome,
    Stage,
    StoredAudio,
    Track,
    TrackId,
)

MODEL = ModelId("choi", 1, 3)
OTHER_MODEL = ModelId("choi", 2, 3)
ISRC = "USRC17607839"
MIXTAPE = Collection("spotify:playlist:1", CollectionKind.PLAYLIST, "Mixtape", "https://example.com")
NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[FeatureStore]:
    with FeatureStore(tmp_path / "spotrec.db") as store:
        yield store


@pytest.fixture(scope="module")
def lasting_store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FeatureStore]:
    with FeatureStore(tmp_path_factory.mktemp("store") / "spotrec.db") as store:
        store.tracks.add([song(1)])
        yield store


def song(n: int, **fields: object) -> Track:
    return replace(Track(TrackId(f"deezer:track:{n:04d}"), f"Song {n}", (f"Artist {n}",)), **fields)  # type: ignore[arg-type] # any field, by name


def audio_of(track: Track, *, owned: bool = True, address: str | None = None) -> StoredAudio:
    return StoredAudio(track.id, address or f"key-{track.id}", owned, f"sha of {track.id}", 1000, "deezer")


def heard(track: Track, *values: float, sha256: str | None = None) -> Embedding:
    vector = np.array(values or (1, 2, 3), np.float32)
    return Embedding(track.id, vector, np.array([0.25, 0.5], np.float32), "deezer", sha256 or f"sha of {track.id}")


def listed(store: FeatureStore, collection: Collection) -> list[str]:
    """A collection's track ids in order, as any SQLite client sees them."""
    sql = f"select track_id from collection_track where collection_id = '{collection.id}' order by position"
    code = "import sqlite3, sys; print(*[r[0] for r in sqlite3.connect(sys.argv[1]).execute(sys.argv[2])], sep='\\n')"
    done = subprocess.run(
        [sys.executable, "-c", code, str(store.path), sql], capture_output=True, text=True, check=True
    )
    return done.stdout.split()


# -- tracks ----------------------------------------------------------------------------------------------------------


def test_a_track_comes_back_as_it_was(store: FeatureStore) -> None:
    track = Track(
        TrackId("spotify:track:4uLU6hMCjMI75M1A2tKUQC"),
        "Dancing – “Queen” 夜\n",
        ("Sigur Rós", "AC/DC, the \\ band"),
        "Album",
        ISRC,
        123_456,
        "2001-02",
        False,
        "https://example.com",
        "/a/b.mp3",
        "https://p.scdn.co/x",
    )
    assert store.tracks.add([track]) == [track.id]
    assert store.tracks.get(track.id) == track
    assert store.tracks.get_many([track.id, TrackId("gone")]) == {track.id: track}


def test_what_is_unknown_of_a_track_stays_unknown(store: FeatureStore) -> None:
    bare = Track(TrackId("file:0"), "Untitled")
    store.tracks.add([bare])
    assert store.tracks.get("file:0") == bare
    assert store.tracks.get("file:1") is None


def test_a_track_seen_again_is_refreshed_and_forgets_nothing(store: FeatureStore) -> None:
    store.tracks.add([song(1, album="First", isrc=ISRC, duration_ms=1000, url="u", path="/p", explicit=True)])
    store.tracks.add([song(1, title="New Title", artists=("New",), album="Second")])
    refreshed = song(1, title="New Title", artists=("New",), album="Second")
    assert store.tracks.get(song(1).id) == replace(
        refreshed, isrc=ISRC, duration_ms=1000, url="u", path="/p", explicit=True
    )
    assert [track.id for track in store.tracks.find_by_words("new title")] == [song(1).id]
    assert store.tracks.find_by_words("song 1") == []


def test_two_ids_with_one_isrc_are_one_track(store: FeatureStore) -> None:
    first, second = song(1, isrc=ISRC), song(2, isrc=ISRC, path="/music/2.mp3", url="https://second", album="Other")
    assert store.tracks.add([first]) == [first.id]
    assert store.tracks.add([second]) == [first.id]
    assert store.counts(MODEL).tracks == 1
    assert store.tracks.get(second.id) == replace(first, path="/music/2.mp3", url="https://second")
    assert store.tracks.known([first.id, second.id, song(3).id]) == {first.id, second.id}
    assert store.tracks.add([replace(second, isrc=None)]) == [first.id], "an alias lasts without its ISRC"


def test_two_ids_with_one_isrc_in_one_batch_are_one_track(store: FeatureStore) -> None:
    assert store.tracks.add([song(1, isrc=ISRC), song(2, isrc=ISRC)]) == [song(1).id] * 2


def test_an_isrc_that_is_learned_later_and_taken_already_is_not_stored_twice(store: FeatureStore) -> None:
    store.tracks.add([song(1), song(2, isrc=ISRC)])
    assert store.tracks.add([song(1, isrc=ISRC)]) == [song(1).id]
    assert store.tracks.get_many([song(1).id, song(2).id]) == {song(1).id: song(1), song(2).id: song(2, isrc=ISRC)}


def test_a_seed_is_no_part_of_the_catalogue_until_it_is_crawled(store: FeatureStore) -> None:
    assert store.tracks.add_seed(song(1)) == song(1).id
    store.embeddings.save(MODEL, [heard(song(1))])
    assert store.tracks.get(song(1).id) == song(1)
    assert store.tracks.known([song(1).id]) == set()
    assert store.counts(MODEL).tracks == 0
    assert store.catalogue.read(MODEL).ids == []
    store.tracks.add([song(1)])
    assert store.tracks.known([song(1).id]) == {song(1).id}
    assert store.catalogue.read(MODEL).ids == [song(1).id]


def test_a_seed_joins_the_catalogue_when_a_copy_of_it_is_crawled(store: FeatureStore) -> None:
    store.tracks.add_seed(song(1, isrc=ISRC))
    store.tracks.add([song(2, isrc=ISRC)])
    assert store.tracks.known([song(1).id]) == {song(1).id}


def test_a_crawled_track_that_is_asked_about_stays_in_the_catalogue(store: FeatureStore) -> None:
    store.tracks.add([song(1)])
    store.tracks.add_seed(song(1))
    assert store.tracks.known([song(1).id]) == {song(1).id}


def test_more_ids_can_be_asked_for_than_sqlite_takes_at_once(store: FeatureStore) -> None:
    tracks = [song(n) for n in range(1201)]
    store.tracks.add(tracks)
    ids = [track.id for track in tracks]
    assert store.tracks.known(ids) == set(ids)
    assert list(store.tracks.get_many(ids).values()) == tracks


# -- collections -----------------------------------------------------------------------------------------------------


def test_a_collection_keeps_its_order_and_its_repeats(store: FeatureStore) -> None:
    store.tracks.add([song(2), song(1)], MIXTAPE)
    store.tracks.add([song(2), song(3)], MIXTAPE, first_position=2)
    assert listed(store, MIXTAPE) == [song(2).id, song(1).id, song(2).id, song(3).id]
    assert store.counts(MODEL).collections == 1


def test_a_collection_lists_a_copy_under_the_id_that_is_kept(store: FeatureStore) -> None:
    store.tracks.add([song(1, isrc=ISRC)])
    store.tracks.add([song(2, isrc=ISRC)], MIXTAPE)
    assert listed(store, MIXTAPE) == [song(1).id]


def test_a_collection_that_became_shorter_forgets_its_end(store: FeatureStore) -> None:
    store.tracks.add([song(n) for n in range(5)], MIXTAPE)
    store.tracks.add([song(7), song(8)], MIXTAPE)
    store.collections.finish(MIXTAPE, 2)
    assert listed(store, MIXTAPE) == [song(7).id, song(8).id]
    assert store.counts(MODEL).tracks == 7, "the tracks themselves stay"


def test_a_collection_that_was_not_listed_to_its_end_keeps_it(store: FeatureStore) -> None:
    store.tracks.add([song(n) for n in range(3)], MIXTAPE)
    store.tracks.add([song(9)], MIXTAPE)
    assert listed(store, MIXTAPE) == [song(9).id, song(1).id, song(2).id, song(0).id]
    assert store.collections.dropped_by(MIXTAPE.id) == set()


def test_an_emptied_collection_stays_known(store: FeatureStore) -> None:
    store.tracks.add([song(1)], MIXTAPE)
    store.collections.finish(replace(MIXTAPE, title="Renamed"), 0)
    assert listed(store, MIXTAPE) == []
    assert store.counts(MODEL).collections == 1


# -- words and copies ------------------------------------------------------------------------------------------------


def test_tracks_are_found_by_words_of_title_and_artists_in_any_order(store: FeatureStore) -> None:
    halo, hello = song(1, title="Halo", artists=("Beyoncé",)), song(2, title="Hello", artists=("Adele", "Beyoncé"))
    store.tracks.add([halo, hello])
    assert store.tracks.find_by_words("BEYONCE halo!") == [halo]
    assert store.tracks.find_by_words("adele hello") == [hello]
    assert store.tracks.find_by_words("beyoncé") == [halo, hello]
    assert store.tracks.find_by_words("halo adele") == []


def test_a_title_that_is_just_the_words_comes_first_and_shorter_names_before_longer(store: FeatureStore) -> None:
    store.tracks.add(
        [
            song(1, title="Yes", artists=("One",)),
            song(2, title="One", artists=("The Very Long Name of a Band",)),
            song(3, title="One More Time", artists=("B",)),
        ]
    )
    assert [track.title for track in store.tracks.find_by_words("one")] == ["One", "Yes", "One More Time"]
    assert len(store.tracks.find_by_words("one", limit=2)) == 2


def test_wildcards_of_sql_are_only_characters(store: FeatureStore) -> None:
    titles = ["%", "_", "\\", "'; drop table track; --", "100% Pure_Love", "plain"]
    store.tracks.add([Track(TrackId(f"file:{n}"), title) for n, title in enumerate(titles)])
    for title in ("%", "_", "\\"):
        assert [track.title for track in store.tracks.find_by_words(title)] == [title]
    assert [track.title for track in store.tracks.find_by_words("100% pure_love")] == ["100% Pure_Love"]
    assert [track.title for track in store.tracks.find_by_words("drop table")] == [titles[3]]
    assert store.tracks.find_by_words("%%") == []


@pytest.mark.parametrize("words", ["", "   ", "no such thing"])
def test_words_that_nothing_holds_find_nothing(store: FeatureStore, words: str) -> None:
    store.tracks.add([song(1)])
    assert store.tracks.find_by_words(words) == []


def copies_of(store: FeatureStore, number: int) -> set[int]:
    """The other songs that have an identity in common with this one."""
    own = store.candidates.identities([song(number).id])
    return {n for n in range(5) if n != number and not own.isdisjoint(store.candidates.identities([song(n).id]))}


def test_copies_are_known_by_isrc(store: FeatureStore) -> None:
    store.tracks.add([song(1, isrc=ISRC), song(2)])
    store.tracks.add_seed(song(3, isrc=ISRC))
    assert store.candidates.identities([store.tracks.id_of(song(3, isrc=ISRC))]) & store.candidates.identities(
        [song(1).id]
    )
    assert copies_of(store, 2) == set()


def test_copies_are_known_by_name(store: FeatureStore) -> None:
    store.tracks.add(
        [
            song(1, title="Halo", artists=("Beyoncé",)),
            song(2, title="HALO (Remastered 2011)", artists=("Beyonce", "Someone")),
            song(3, title="Halo (Live)", artists=("Beyoncé",)),
            song(4, title="Halo", artists=("Someone Else",)),
        ]
    )
    assert copies_of(store, 1) == {2}


def test_copies_are_known_by_audio(store: FeatureStore) -> None:
    store.tracks.add([song(n) for n in range(3)])
    store.embeddings.save(MODEL, [heard(song(0), sha256="a"), heard(song(1), sha256="a"), heard(song(2), sha256="b")])
    assert copies_of(store, 0) == {1}


def test_nameless_tracks_are_no_copies_of_each_other(store: FeatureStore) -> None:
    store.tracks.add([song(n, title="Untitled", artists=()) for n in (1, 2)])
    assert copies_of(store, 1) == set()


# -- files -----------------------------------------------------------------------------------------------------------


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


# -- previews --------------------------------------------------------------------------------------------------------


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


# -- audio -----------------------------------------------------------------------------------------------------------


def test_audio_lives_until_it_was_heard_and_deleted(store: FeatureStore) -> None:
    store.tracks.add([song(1)])
    assert not store.audio.is_here_or_heard(song(1).id, MODEL)
    store.audio.save(audio_of(song(1)))
    assert store.audio.get(song(1).id) == audio_of(song(1))
    assert store.audio.is_here_or_heard(song(1).id, MODEL)
    assert store.audio.to_delete(MODEL) == []
    store.embeddings.save(MODEL, [heard(song(1))])
    assert store.audio.to_delete(MODEL) == [audio_of(song(1))]
    assert store.audio.to_delete(OTHER_MODEL) == []
    store.audio.forget(song(1).id)
    assert store.audio.get(song(1).id) is None
    assert store.audio.to_delete(MODEL) == []
    assert store.audio.is_here_or_heard(song(1).id, MODEL), "it was heard"
    assert not store.audio.is_here_or_heard(song(1).id, OTHER_MODEL)


def test_audio_that_is_kept_and_a_users_own_file_are_never_deleted(store: FeatureStore) -> None:
    store.tracks.add([song(1), song(2), song(3)])
    store.audio.save(audio_of(song(1)))
    store.audio.save(audio_of(song(2), owned=False, address="/music/2.mp3"))
    store.audio.save(audio_of(song(3)))
    store.audio.keep([song(1).id, song(2).id])
    store.embeddings.save(MODEL, [heard(song(n)) for n in (1, 2, 3)])
    assert store.audio.to_delete(MODEL) == [audio_of(song(3))]


def test_audio_that_is_fetched_again_is_back(store: FeatureStore) -> None:
    store.tracks.add([song(1)])
    store.audio.save(audio_of(song(1)))
    store.audio.forget(song(1).id)
    assert store.audio.count_pending(MODEL) == 0
    store.audio.save(replace(audio_of(song(1)), sha256="new"))
    assert store.audio.get(song(1).id) == replace(audio_of(song(1)), sha256="new")
    assert store.audio.count_pending(MODEL) == 1


def test_a_file_whose_audio_is_gone_is_read_anew(store: FeatureStore) -> None:
    store.tracks.add([song(1)])
    store.audio.save(audio_of(song(1), owned=False, address="/a.mp3"))
    store.files.remember(Path("/a.mp3"), 10, 20, song(1).id)
    store.audio.forget(song(1).id)
    assert store.files.unchanged(Path("/a.mp3"), 10, 20) is None


# -- what is to be extracted -----------------------------------------------------------------------------------------


def test_all_pending_audio_is_listed_once_and_in_order_over_many_pages(store: FeatureStore) -> None:
    tracks = [song(n) for n in range(450)]
    store.tracks.add(tracks)
    for track in reversed(tracks):
        store.audio.save(audio_of(track))
    assert store.audio.count_pending(MODEL) == 450
    assert [audio.track_id for audio in store.audio.pending(MODEL)] == [track.id for track in tracks]


def test_features_may_be_saved_while_pending_audio_is_listed(store: FeatureStore) -> None:
    tracks = [song(n) for n in range(450)]
    store.tracks.add(tracks)
    for track in tracks:
        store.audio.save(audio_of(track))
    seen = []
    for audio in store.audio.pending(MODEL):
        seen.append(audio.track_id)
        store.embeddings.save(MODEL, [heard(tracks[len(seen) - 1])])
    assert seen == [track.id for track in tracks]
    assert store.audio.count_pending(MODEL) == 0
    assert store.audio.count_pending(OTHER_MODEL) == 450, "another model has heard none of it"


def test_a_failed_track_is_pending_only_for_who_retries(store: FeatureStore) -> None:
    store.tracks.add([song(1), song(2)])
    store.audio.save(audio_of(song(1)))
    store.audio.save(audio_of(song(2)))
    store.failures.record(song(1).id, Stage.EXTRACT, "damaged", "it is broken")
    assert [audio.track_id for audio in store.audio.pending(MODEL)] == [song(2).id]
    assert [audio.track_id for audio in store.audio.pending(MODEL, retry_failed=True)] == [song(1).id, song(2).id]
    assert (store.audio.count_pending(MODEL), store.audio.count_pending(MODEL, retry_failed=True)) == (1, 2)


# -- failures --------------------------------------------------------------------------------------------------------


def test_failures_count_their_attempts_and_name_the_last_reason(store: FeatureStore) -> None:
    store.tracks.add([song(1), song(2)])
    store.failures.record(song(1).id, Stage.EXTRACT, "damaged", "first")
    store.failures.record(song(1).id, Stage.EXTRACT, "silent", "second")
    store.failures.record(song(2).id, Stage.EXTRACT, "silent", "other track")
    assert store.failures.get() == [
        (song(1), Failure(song(1).id, Stage.EXTRACT, "silent", "second", 2)),
        (song(2), Failure(song(2).id, Stage.EXTRACT, "silent", "other track", 1)),
    ]
    assert store.counts(MODEL).failed == 2


def test_new_audio_and_a_success_forget_failures(store: FeatureStore) -> None:
    store.tracks.add([song(1), song(2), song(3)])
    for n in (1, 2, 3):
        store.failures.record(song(n).id, Stage.EXTRACT, "damaged", "")
    store.audio.save(audio_of(song(1)))
    store.embeddings.save(MODEL, [heard(song(2))])
    assert [track.id for track, _ in store.failures.get()] == [song(3).id]


# -- embeddings ------------------------------------------------------------------------------------------------------


@given(
    vector=st.lists(st.floats(width=32), min_size=1, max_size=40),
    tags=st.lists(st.floats(width=32), max_size=50),
)
@settings(deadline=None, max_examples=60)
def test_an_embedding_comes_back_bit_for_bit(
    lasting_store: FeatureStore, vector: list[float], tags: list[float]
) -> None:
    model = ModelId("choi", 1, len(vector))
    saved = Embedding(song(1).id, np.array(vector, np.float32), np.array(tags, np.float32), "deezer", "sha")
    lasting_store.embeddings.save(model, [saved])
    read = lasting_store.embeddings.get(song(1).id, model)
    assert read is not None
    assert read.vector.dtype == np.float32
    assert read.vector.tobytes() == saved.vector.tobytes()
    assert read.tags.tobytes() == saved.tags.tobytes()
    assert (read.track_id, read.provider, read.audio_sha256) == (song(1).id, "deezer", "sha")


def test_a_strided_or_double_vector_is_stored_as_float32(store: FeatureStore) -> None:
    store.tracks.add([song(1)])
    strided = np.arange(6, dtype=np.float64)[::2]
    store.embeddings.save(MODEL, [replace(heard(song(1)), vector=strided)])  # type: ignore[arg-type]
    read = store.embeddings.get(song(1).id, MODEL)
    assert read is not None
    assert read.vector.tolist() == [0, 2, 4]


def test_models_do_not_see_each_others_embeddings(store: FeatureStore) -> None:
    own_weights = replace(MODEL, weights="0a1b2c3d")
    store.tracks.add([song(1), song(2)])
    store.embeddings.save(MODEL, [heard(song(1), 1, 1, 1)])
    store.embeddings.save(OTHER_MODEL, [heard(song(1), 2, 2, 2), heard(song(2))])
    for model, value in ((MODEL, 1), (OTHER_MODEL, 2)):
        read = store.embeddings.get(song(1).id, model)
        assert read is not None
        assert read.vector.tolist() == [value] * 3
    assert store.embeddings.get(song(2).id, MODEL) is None
    assert store.embeddings.get(song(1).id, own_weights) is None
    assert store.embeddings.count_by_model() == {"choi-1": 1, "choi-2": 2}


def test_an_embedding_made_again_replaces_the_one_before(store: FeatureStore) -> None:
    store.tracks.add([song(1)])
    store.embeddings.save(MODEL, [heard(song(1), 1, 1, 1)])
    store.embeddings.save(MODEL, [heard(song(1), 5, 5, 5)])
    catalogue = store.catalogue.read(MODEL)
    assert catalogue.ids == [song(1).id]
    assert catalogue.vectors.tolist() == [[5, 5, 5]]


def test_the_catalogue_is_in_order_and_holds_neither_seeds_nor_other_models(store: FeatureStore) -> None:
    store.tracks.add([song(3), song(1), song(4)])
    store.tracks.add_seed(song(2))
    store.embeddings.save(MODEL, [heard(song(3), 3, 3, 3), heard(song(1), 1, 1, 1), heard(song(2))])
    store.embeddings.save(OTHER_MODEL, [heard(song(4))])
    catalogue = store.catalogue.read(MODEL)
    assert catalogue.ids == [song(1).id, song(3).id]
    assert catalogue.vectors.dtype == np.float32
    assert catalogue.vectors.tolist() == [[1, 1, 1], [3, 3, 3]]
    assert store.catalogue.read(ModelId("none", 1, 7)).vectors.shape == (0, 7)


def test_tags_are_averaged_over_the_catalogue_only(store: FeatureStore) -> None:
    assert store.catalogue.read(MODEL).tag_means.size == 0
    store.tracks.add([song(1), song(2)])
    store.tracks.add_seed(song(3))
    for n, tags in ((1, [0, 1]), (2, [0.5, 0]), (3, [9, 9])):
        store.embeddings.save(MODEL, [replace(heard(song(n)), tags=np.array(tags, np.float32))])
    assert store.catalogue.read(MODEL).tag_means.tolist() == [0.25, 0.5]
    found = store.embeddings.tags([song(2).id, TrackId("gone")], MODEL)
    assert {id_: tags.tolist() for id_, tags in found.items()} == {song(2).id: [0.5, 0]}


def test_counts_add_up(store: FeatureStore) -> None:
    store.tracks.add([song(n) for n in range(6)], MIXTAPE)
    store.tracks.add_seed(song(9))
    for n in (0, 1, 2):
        store.audio.save(audio_of(song(n)))
    store.embeddings.save(MODEL, [heard(song(n)) for n in (0, 3, 9)])
    store.embeddings.save(OTHER_MODEL, [heard(song(4))])
    store.audio.forget(song(0).id)
    store.failures.record(song(1).id, Stage.EXTRACT, "silent", "")
    assert store.counts(MODEL) == StoreCounts(
        tracks=6,
        collections=1,
        with_audio=2,
        cached=2,
        cached_bytes=2000,
        without_audio=2,
        embedded=2,
        pending=1,
        failed=1,
    )


# -- transactions ----------------------------------------------------------------------------------------------------


def test_a_batch_with_a_fault_in_it_is_not_stored_at_all(store: FeatureStore) -> None:
    store.tracks.add([song(1), song(2)])
    with pytest.raises(StoreError) as refused:
        store.embeddings.save(MODEL, [heard(song(1)), replace(heard(song(2)), provider="\ud800")])  # no UTF-8
    assert refused.value.hint
    assert store.embeddings.get(song(1).id, MODEL) is None
    store.embeddings.save(MODEL, [heard(song(1))])
    assert store.embeddings.get(song(1).id, MODEL) is not None


def test_an_interrupt_in_the_middle_of_a_batch_stores_none_of_it(store: FeatureStore) -> None:
    store.tracks.add([song(1)])

    def interrupted() -> Iterator[Embedding]:
        yield heard(song(1))
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        store.embeddings.save(MODEL, interrupted())
    assert store.embeddings.get(song(1).id, MODEL) is None
    store.tracks.add([song(2)])
    assert store.integrity_faults() == []


WRITER = """
import os, signal, sys
from pathlib import Path
import numpy as np
from spotrec.store import Embedding, FeatureStore
from spotrec.track import ModelId, Track, TrackId

store, name, n_tracks = FeatureStore(Path(sys.argv[1])), sys.argv[2], int(sys.argv[3])
model = ModelId("choi", 1, 3)
for start in range(0, n_tracks, 20):
    ids = [TrackId(f"{name}:{n}") for n in range(start, start + 20)]
    store.tracks.add([Track(id_, id_) for id_ in ids])

    def heard():
        for id_ in ids:
            yield Embedding(id_, np.ones(3, np.float32), np.ones(1, np.float32), "test", id_)
        if start + 20 >= n_tracks and len(sys.argv) > 4:
            os.kill(os.getpid(), signal.SIGKILL)

    store.embeddings.save(model, heard())
"""


def test_a_writer_that_is_killed_loses_only_the_batch_it_was_in(store: FeatureStore) -> None:
    done = subprocess.run([sys.executable, "-c", WRITER, str(store.path), "w", "60", "die"], check=False)
    assert done.returncode == -signal.SIGKILL
    assert store.embeddings.count_by_model() == {"choi-1": 40}
    assert store.counts(MODEL).tracks == 60
    store.tracks.add([song(1)])
    assert store.integrity_faults() == []


def test_two_processes_write_to_one_store_at_once(store: FeatureStore) -> None:
    command = [sys.executable, "-c", WRITER, str(store.path)]
    writers = [subprocess.Popen([*command, name, "400"]) for name in ("a", "b")]
    assert [writer.wait(120) for writer in writers] == [0, 0]
    assert store.counts(MODEL).embedded == 800
    assert store.integrity_faults() == []


def test_two_connections_in_one_process_write_at_once(store: FeatureStore) -> None:
    def write(name: str) -> None:
        with FeatureStore(store.path) as own:
            for n in range(100):
                track = Track(TrackId(f"{name}:{n}"), "Song", isrc=f"USRC176{n:05d}")
                own.audio.save(replace(audio_of(track), track_id=own.tracks.add([track])[0]))

    threads = [threading.Thread(target=write, args=(name,)) for name in ("a", "b", "c")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    counts = store.counts(MODEL)
    assert (counts.tracks, counts.with_audio) == (100, 100), "one track for each ISRC, whoever came first"
    assert store.integrity_faults() == []


def test_a_reader_sees_what_was_committed_while_another_writes(store: FeatureStore) -> None:
    store.tracks.add([song(1)])
    seen: list[int] = []

    def looked_at() -> Iterator[Embedding]:
        yield heard(song(1))
        with FeatureStore(store.path, create=False) as reader:
            seen.append(reader.counts(MODEL).embedded)

    store.embeddings.save(MODEL, looked_at())
    with FeatureStore(store.path, create=False) as reader:
        seen.append(reader.counts(MODEL).embedded)
    assert seen == [0, 1]


def test_what_sqlite_cannot_hold_is_refused_or_replaced(tmp_path: Path) -> None:
    with FeatureStore(tmp_path / "a.db") as store:
        with pytest.raises(StoreError):
            store.tracks.add([Track(TrackId("x"), "x", duration_ms=2**70)])
        store.tracks.add([Track(TrackId("y"), "y \ud800", ("\udfff",))])
        kept = store.tracks.get("y")
        assert kept is not None
        assert (kept.title, kept.artists) == ("y ?", ("?",))


def test_an_alias_of_a_seed_is_not_in_the_catalogue(tmp_path: Path) -> None:
    with FeatureStore(tmp_path / "a.db") as store:
        for id_ in ("a", "b"):
            store.tracks.add_seed(Track(TrackId(id_), id_, isrc="USRC17607839"))
        assert store.tracks.known([TrackId("a"), TrackId("b")]) == set()


def test_any_number_of_words_may_be_asked_for(tmp_path: Path) -> None:
    with FeatureStore(tmp_path / "a.db") as store:
        assert store.tracks.find_by_words(" ".join(f"word{i}" for i in range(3000))) == []


def test_a_vector_of_another_size_is_refused(tmp_path: Path) -> None:
    with FeatureStore(tmp_path / "a.db") as store:
        store.tracks.add([Track(TrackId("x"), "x")])
        wrong = Embedding(TrackId("x"), np.zeros(7, np.float32), np.zeros(50, np.float32), "file", "")
        with pytest.raises(ValueError, match="shape"):
            store.embeddings.save(ModelId("choi", 1, 160), [wrong])
        assert store.embeddings.get(TrackId("x"), ModelId("choi", 1, 160)) is None
