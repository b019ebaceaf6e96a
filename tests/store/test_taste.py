"""What was liked, disliked and banned stays, and what is banned is recognised under any name that it has."""

from pathlib import Path

import pytest

from spotrec.names.recordings import RULES_VERSION
from spotrec.store import FeatureStore, Subject, Thing, Verb
from spotrec.track import Track, TrackId
from support.catalogue import CHOI, ISRC, embedding, hear, scattered, song, songs

HALO = song(1, "Halo", "Beyoncé", isrc=ISRC, album="I Am…")
CLI = "cli"


def ban(store: FeatureStore, *tracks: Track) -> None:
    store.taste.say(Verb.BAN, [store.taste.subject(track) for track in tracks], CLI)


def shown(store: FeatureStore, *tracks: Track) -> set[TrackId]:
    """Which of these tracks could be recommended."""
    return set(store.candidates.get([track.id for track in tracks]))


def test_without_a_ban_every_track_may_be_recommended(store: FeatureStore) -> None:
    store.tracks.add([HALO])
    assert shown(store, HALO) == {HALO.id}
    assert not store.taste.has_bans()
    assert store.taste.state_of_bans() == ""


@pytest.mark.parametrize(
    "again",
    [
        HALO,
        song(2, "Halo (Remastered 2011)", "BEYONCE"),
        song(2, "Another title", "Somebody", isrc=ISRC),
        Track(TrackId("deezer:track:5"), "Halo", ("Beyoncé", "Guest")),
    ],
    ids=["the same", "other spelling", "same ISRC", "other service"],
)
def test_a_banned_track_that_is_removed_and_crawled_again_stays_banned(store: FeatureStore, again: Track) -> None:
    store.tracks.add([HALO, song(9)])
    ban(store, HALO)
    store.removal.remove([HALO.id])
    assert store.tracks.get(HALO.id) is None
    store.tracks.add([again])
    assert shown(store, again, song(9)) == {song(9).id}


def test_a_copy_with_the_same_audio_is_banned_whatever_its_name(store: FeatureStore) -> None:
    one, copy = song(1), song(2, "Track 02", "Unknown Artist")
    store.tracks.add([one, copy, song(3)])
    hear(store, [one, copy], scattered(2))
    digest = store.rows("select audio_sha256 from embedding where track_id = ?", [one.id])[0][0]
    with store.embeddings._db.transaction() as write:
        write.execute("update embedding set audio_sha256 = ?", [digest])
    ban(store, one)
    store.removal.remove([one.id])
    assert shown(store, copy, song(3)) == {song(3).id}


def test_a_file_whose_tags_were_edited_stays_banned(store: FeatureStore) -> None:
    before, after = (Track(TrackId(f"file:{'ab'[n] * 32}"), f"Title {n}", (f"Name {n}",)) for n in range(2))
    file = Path("/music/a.mp3"), 100, 10**9
    store.tracks.add([before])
    store.files.remember(*file, before.id, sound="5" * 64)
    ban(store, before)
    store.removal.remove([before.id])
    store.tracks.add([after])
    store.files.remember(*file, after.id, sound="5" * 64)
    assert shown(store, after) == set()


def test_an_alias_of_a_banned_track_is_banned(store: FeatureStore) -> None:
    store.tracks.add([HALO])
    store.tracks.add([Track(TrackId("deezer:track:5"), "Halo", ("Beyoncé",), isrc=ISRC)])
    ban(store, HALO)
    store.removal.remove([HALO.id])
    again = Track(TrackId("deezer:track:5"), "Halo, live", ("Someone",))
    store.tracks.add([again])
    assert shown(store, again) == set()


@pytest.mark.parametrize("artists", [("BEYONCE",), ("Jay-Z", "beyoncé"), ("Jay-Z/Beyoncé",)])
def test_a_banned_artist_is_banned_in_every_spelling(store: FeatureStore, artists: tuple[str, ...]) -> None:
    by, other = song(2, "X", *artists), song(3, "Y", "Jay-Z")
    store.tracks.add([by, other])
    store.taste.say(Verb.BAN, [Subject(Thing.ARTIST, "Beyoncé")], CLI)
    assert shown(store, by, other) == {other.id}


def test_a_guest_in_a_title_is_an_artist_too(store: FeatureStore) -> None:
    by = song(2, "Telephone (feat. Beyoncé)", "Lady Gaga")
    store.tracks.add([by])
    store.taste.say(Verb.BAN, [Subject(Thing.ARTIST, "Beyonce")], CLI)
    assert shown(store, by) == set()


def test_an_album_of_one_artist_is_not_the_album_of_another(store: FeatureStore) -> None:
    hits = [song(n, None, artist, album="Greatest Hits") for n, artist in enumerate(("Queen", "ABBA"))]
    store.tracks.add(hits)
    store.taste.say(Verb.BAN, [Subject(Thing.ALBUM, "Greatest Hits", ("Queen",))], CLI)
    assert shown(store, *hits) == {hits[1].id}
    store.taste.say(Verb.BAN, [Subject(Thing.ALBUM, "greatest hits")], CLI)
    assert shown(store, *hits) == set()


def test_a_thing_has_one_opinion_and_the_last_one_counts(store: FeatureStore) -> None:
    store.tracks.add([HALO])
    subject = store.taste.subject(HALO)
    for verb in (Verb.LIKE, Verb.LIKE, Verb.DISLIKE):
        assert store.taste.say(verb, [subject], CLI) == 1
    assert [one.verb for one in store.taste.signals()] == [Verb.DISLIKE]
    store.taste.say(Verb.BAN, [subject], CLI)
    assert {one.verb for one in store.taste.signals()} == {Verb.DISLIKE, Verb.BAN}


def test_a_thing_keeps_its_number_when_something_else_is_said_of_it(store: FeatureStore) -> None:
    store.tracks.add(songs(3))
    for n in range(3):
        store.taste.say(Verb.LIKE, [store.taste.subject(song(n))], CLI)
    (before,) = store.taste.about([Verb.LIKE], store.taste.subject(song(1)))
    store.taste.say(Verb.DISLIKE, [store.taste.subject(song(1))], CLI)
    after = store.taste.get(before.id)
    assert after is not None
    assert (after.verb, after.subject.name) == (Verb.DISLIKE, "Song 1")


def test_a_skip_does_not_undo_a_like(store: FeatureStore) -> None:
    store.tracks.add(songs(2))
    liked, other = (store.taste.subject(song(n)) for n in range(2))
    store.taste.say(Verb.LIKE, [liked], CLI)
    assert store.taste.say(Verb.DISLIKE, [liked, other], "mpd-skip", keep=True) == 1
    assert {one.subject.name: one.verb for one in store.taste.signals()} == {"Song 0": "like", "Song 1": "dislike"}


def test_of_two_opinions_with_times_the_later_one_stays(store: FeatureStore) -> None:
    store.tracks.add([HALO])
    subject = store.taste.subject(HALO)
    early, late = "2020-01-01T00:00:00+00:00", "2021-01-01T00:00:00+00:00"
    assert store.taste.say(Verb.LIKE, [subject], CLI, late) == 1
    assert store.taste.say(Verb.DISLIKE, [subject], CLI, early) == 0
    assert store.taste.say(Verb.LIKE, [subject], CLI, late) == 0
    (one,) = store.taste.signals()
    assert (one.verb, one.said_at) == (Verb.LIKE, late)


def test_what_is_taken_back_leaves_no_key_behind(store: FeatureStore) -> None:
    store.tracks.add([HALO])
    ban(store, HALO)
    before = store.taste.state_of_bans()
    store.taste.take_back([one.id for one in store.taste.signals()])
    assert store.rows("select * from taste_key") == []
    assert shown(store, HALO) == {HALO.id}
    assert before != store.taste.state_of_bans() == ""


def test_the_stored_tracks_of_a_signal_are_found(store: FeatureStore) -> None:
    tracks = [HALO, song(2, "Crazy in Love", "Beyonce", album="I AM…"), song(3, "X", "Jay-Z", album="I Am…")]
    store.tracks.add(tracks)
    things = [
        Subject(Thing.ARTIST, "beyoncé"),
        Subject(Thing.ALBUM, "I Am…", ("Beyoncé",)),
        Subject(Thing.ALBUM, "I Am…"),
    ]
    store.taste.say(Verb.LIKE, [store.taste.subject(HALO), *things], CLI)
    signals = sorted(store.taste.signals(), key=lambda one: one.id)
    found = store.taste.stored(signals)
    ids = [track.id for track in tracks]
    assert [found[one.id] for one in signals] == [ids[:1], ids[:2], ids[:2], [ids[0], ids[2]]]


def test_keys_of_names_are_made_again_when_the_rules_change(home: Path) -> None:
    path = home / "data" / "spotrec.db"
    with FeatureStore(path) as store:
        store.tracks.add([HALO])
        ban(store, HALO)
        store.taste.say(Verb.BAN, [Subject(Thing.ARTIST, "Queen")], CLI)
        keys = sorted(row[0] for row in store.rows("select key from taste_key"))
        with store.taste._db.transaction() as write:
            write.execute("update taste_key set key = 'name of older rules' where key glob 'name *'")
            write.execute("update made_by set version = ?", [RULES_VERSION - 1])
    with FeatureStore(path) as store:
        assert sorted(row[0] for row in store.rows("select key from taste_key")) == keys


def test_signals_survive_what_an_import_of_features_does(store: FeatureStore) -> None:
    store.tracks.add([HALO])
    ban(store, HALO)
    store.removal.remove([HALO.id])
    store.tracks.merge(song(7, "Halo", "Beyoncé"), [])
    store.embeddings.save(CHOI, [embedding(song(7), scattered(1)[0])])
    assert shown(store, song(7)) == set()
    assert store.integrity_faults() == []
