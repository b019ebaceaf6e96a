"""Copies that only their sound shows, in all that returns recordings: made-up fingerprints, and real clips in MP3."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import mutagen.flac
import numpy as np
import pytest
import soundfile
import soxr

from spotrec import Recommender
from spotrec.audio.fingerprint import VERSION
from spotrec.errors import UsageError
from spotrec.query.same_recordings import MAX_BIT_ERRORS
from spotrec.store import FeatureStore, moment
from spotrec.track import Track, TrackId
from spotrec.vectors import Fingerprint, FloatArray
from support.catalogue import CHOI, fill, scattered, song, songs, write
from support.prepared import prepared
from support.service import served

NOWHERE = "ftp://nobody.invalid/mn04.pt"
RNG = np.random.default_rng(11)


def stranger(n_words: int = 400) -> Fingerprint:
    return RNG.integers(1, 2**32, n_words, dtype=np.uint32)


def copy(words: Fingerprint, errors: float) -> Fingerprint:
    """The words with a share of wrong bits, all in some of the words."""
    flips = np.packbits(RNG.random((len(words), 32)) < 0.5, axis=1).view(np.uint32)[:, 0]
    found: Fingerprint = np.where(RNG.random(len(words)) < 2 * errors, words ^ flips, words)
    return found


def untagged(n: int, **fields: Any) -> Track:
    return replace(song(n, f"track{n:02}", **fields), artists=())


def near(vector: FloatArray, n: int) -> FloatArray:
    """Vectors beside another one, as those of copies are; shape (n, dim)."""
    return vector + RNG.standard_normal((n, len(vector))).astype(np.float32) * np.float32(0.002) * np.abs(vector)


Ask = Callable[..., list[TrackId]]


@pytest.fixture
def ask(home: Path, store: FeatureStore) -> Ask:
    """Put tracks into a catalogue of forty others, and return the results of a query by the first."""

    def ask(
        tracks: Sequence[Track],
        vectors: FloatArray,
        fingerprints: Mapping[TrackId, Fingerprint],
        seed: TrackId | None = None,
        version: int = VERSION,
        **options: Any,
    ) -> list[TrackId]:
        fill(store, songs(9_000, 9_040), scattered(40, seed=1))
        fill(store, tracks, vectors)
        store.fingerprints.save(fingerprints, version)
        with Recommender(data_dir=home / "data", ears=[str(CHOI)]) as recommender:
            recommender.index()
            return [one.track.id for one in recommender.query(seed or tracks[0].id, **{"n": 45, **options}).results]

    return ask


def test_copies_of_the_seed_are_no_results_and_what_only_sounds_alike_is(ask: Ask) -> None:
    (vector,) = scattered(1)
    lengths = (200_000, 202_000, 200_000, 205_500)
    seed, low, other_take, longer = (untagged(n, duration_ms=ms) for n, ms in enumerate(lengths, 1))
    words = stranger()
    fingerprints = {seed.id: words, low.id: copy(words, 0.1), other_take.id: copy(words, 0.3), longer.id: words}
    found = ask([seed, low, other_take, longer], np.concatenate([vector[None], near(vector, 3)]), fingerprints)
    assert low.id not in found
    assert set(found[:2]) == {other_take.id, longer.id}, "another take, and one that is too long"
    assert len(found) == 42


def test_copies_of_unknown_length_that_begin_elsewhere_are_recognised(ask: Ask) -> None:
    (vector,) = scattered(1)
    seed, later, short = untagged(1, duration_ms=200_000), untagged(2), untagged(3)
    words = stranger()
    fingerprints = {seed.id: words, later.id: np.concatenate([words[90:], stranger(90)]), short.id: words[:140]}
    found = ask([seed, later, short], np.concatenate([vector[None], near(vector, 2)]), fingerprints)
    assert later.id not in found
    assert found[0] == short.id, "nine seconds in common are too few"


def test_of_two_copies_the_one_with_an_artist_is_shown(ask: Ask) -> None:
    vectors = scattered(2)
    tagged, bare = song(2, "Halo", "Beyoncé"), untagged(3)
    words = stranger()
    beside = near(vectors[1], 2)
    found = ask(
        [song(1), bare, tagged],
        np.stack([vectors[0], *beside]),
        {tagged.id: words, bare.id: copy(words, 0.12)},
    )
    assert tagged.id in found
    assert bare.id not in found
    assert len(found) == 41


@pytest.mark.parametrize("version", [VERSION, VERSION + 1])
def test_copies_of_copies_are_copies_and_without_fingerprints_all_is_as_before(ask: Ask, version: int) -> None:
    (vector,) = scattered(1)
    chain = [untagged(n) for n in range(1, 5)]
    first = stranger()
    second = copy(first, 0.13)
    third = copy(second, 0.13)
    fourth = copy(third, 0.13)
    words = dict(zip((one.id for one in chain), (first, second, third, fourth), strict=True))
    errors = float(np.bitwise_count(first ^ third).mean() / 32)
    assert errors > MAX_BIT_ERRORS, "the first and the third are no pair by themselves"
    found = ask(chain, np.concatenate([vector[None], near(vector, 3)]), words, version=version)
    assert len({one.id for one in chain} & set(found)) == (0 if version == VERSION else 3)


def test_a_link_that_comes_late_makes_two_results_one(ask: Ask) -> None:
    vectors = scattered(2)
    seed, one, between, other = song(1), untagged(2), untagged(3), untagged(4)
    # by its similarity to the seed, what links the two comes many results later
    far = (0.75 * vectors[1] + 0.25 * scattered(1, seed=9)[0])[None]
    words = stranger()
    linked = copy(words, 0.1)
    found = ask(
        [seed, one, other, between],
        np.concatenate([vectors[:1], near(vectors[1], 2), far]),
        {one.id: words, between.id: linked, other.id: copy(linked, 0.1)},
        n=44,
    )
    assert len({one.id, between.id, other.id} & set(found)) == 1


def test_thousands_of_copies_of_a_recording_leave_the_others(ask: Ask) -> None:
    (vector,) = scattered(1)
    n = 2_000
    copies = [untagged(n) for n in range(1, n + 1)]
    words = stranger()
    found = ask(copies, near(vector, n), {one.id: copy(words, 0.03) for one in copies}, n=20)
    assert len(found) == 20
    assert not {one.id for one in copies} & set(found)


def test_a_ban_of_a_copy_holds_for_the_others(ask: Ask, home: Path, store: FeatureStore) -> None:
    vectors = scattered(2)
    seed, banned, other = song(1), song(2, "Halo", "Beyoncé"), untagged(3)
    words = stranger()
    store.tracks.add([banned])
    with Recommender(data_dir=home / "data", ears=[str(CHOI)]) as recommender:
        recommender.ban(banned.id)
    found = ask(
        [seed, banned, other],
        np.concatenate([vectors[:1], near(vectors[1], 2)]),
        {banned.id: words, other.id: copy(words, 0.1)},
    )
    assert {banned.id, other.id}.isdisjoint(found)


def test_a_removed_copy_or_a_damaged_fingerprint_hides_nothing(ask: Ask, store: FeatureStore, home: Path) -> None:
    (vector,) = scattered(1)
    seed, one, other = (untagged(n) for n in range(1, 4))
    words = stranger()
    store.tracks.add([one])
    store.fingerprints.save({one.id: words}, VERSION)
    write(home / "data" / "spotrec.db", "update fingerprint set words = x'0102'")
    tracks, vectors = [seed, one, other], np.concatenate([vector[None], near(vector, 2)])
    assert one.id in ask(tracks, vectors, {seed.id: words, other.id: words})
    store.removal.remove([seed.id])
    assert other.id in ask([one], vectors[:1], {one.id: stranger()})


# -- real clips --------------------------------------------------------------------------------------------------------

CLIPS = (
    *("marsshooter--starfall--a", "marsshooter--starfall--b", "warzone2100--track1--a", "warzone2100--track1--b"),
    *("nexuiz--sixtyfour--a", "nexuiz--sixtyfour-revisited--a", "supertuxkart--farm--a", "supertuxkart--farm-f--a"),
)
"""Two excerpts of a piece, and two versions of one."""
SEED, TWICE = CLIPS[0], CLIPS[4]


def clip_of(title: str) -> str:
    return title.partition("@")[0]


def write_copies(clip: Path, folder: Path) -> None:
    """Copies as people have them, without tags."""
    samples, rate = soundfile.read(clip, dtype="float32", always_2d=True)
    name = clip.stem
    soundfile.write(folder / f"{name}@low.mp3", samples, rate, bitrate_mode="CONSTANT", compression_level=0.7)
    half = soxr.resample(samples, rate, rate / 2)
    soundfile.write(folder / f"{name}@half.wav", half[rate // 4 :], rate // 2)
    soundfile.write(folder / f"{name}@cut.flac", samples[rate:].mean(axis=1), rate)


@pytest.fixture(scope="module")
def heard(shared: Path, choi_weights: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with `music`, and `data` where it was heard by the published network. Copy it to write."""

    def hear(folder: Path) -> None:
        (music := folder / "music").mkdir()
        for name in CLIPS:
            clip = shared / "audio" / f"{name}.mp3"
            samples, rate = soundfile.read(clip, dtype="float32")
            soundfile.write(path := music / f"{name}.flac", samples, rate)
            file = mutagen.flac.FLAC(path)
            file.update({"title": name, "artist": name.partition("--")[0]})
            file.save()
            if name in (SEED, TWICE):
                write_copies(clip, music)
        environment = {**os.environ, "SPOTREC_DATA_DIR": str(folder / "data"), "SPOTREC_WEIGHTS": str(choi_weights)}
        environment["SPOTREC_MN04_WEIGHTS_URL"] = NOWHERE
        for command in (["crawl", music], ["extract"], ["index"]):
            subprocess.run(
                [sys.executable, "-m", "spotrec", *command], env=environment, capture_output=True, check=True
            )

    return prepared(tmp_path_factory, "copies-of-clips", hear)


class TestRealClips:
    """What was recommended twice, or again, as long as only tags were compared."""

    @pytest.fixture
    def recommender(
        self, heard: Path, home: Path, choi_weights: Path, monkeypatch: pytest.MonkeyPatch
    ) -> Iterator[Recommender]:
        monkeypatch.setenv("SPOTREC_WEIGHTS", str(choi_weights))
        shutil.copytree(heard / "data", home / "data", dirs_exist_ok=True)
        with Recommender(data_dir=home / "data") as recommender:
            yield recommender

    @pytest.fixture
    def ids(self, recommender: Recommender) -> dict[str, TrackId]:
        """The tracks by title, which is the name of the file."""
        tracks = recommender.session.store().tracks.get_many(
            [TrackId(row[0]) for row in recommender.session.store().rows("select id from track")]
        )
        return {track.title: id_ for id_, track in tracks.items()}

    @pytest.mark.parametrize("kind", ["", "@low", "@half", "@cut"])
    def test_every_clip_comes_once_and_none_is_missing(
        self, recommender: Recommender, ids: dict[str, TrackId], kind: str
    ) -> None:
        found = recommender.query(ids[SEED + kind], n=50).results
        assert sorted(one.track.title for one in found) == sorted(name for name in CLIPS if name != SEED)
        assert [one.rank for one in found] == list(range(1, len(CLIPS)))
        assert [one.similarity for one in found] == sorted((one.similarity for one in found), reverse=True)

    def test_without_fingerprints_copies_come_first_as_before(
        self, recommender: Recommender, ids: dict[str, TrackId], home: Path
    ) -> None:
        write(home / "data" / "spotrec.db", "delete from fingerprint")
        found = [clip_of(one.track.title) for one in recommender.query(ids[SEED], n=50).results]
        assert found.count(SEED) == 3
        assert found.count(TWICE) == 4

    def test_a_file_that_was_never_crawled_is_recognised(
        self, recommender: Recommender, heard: Path, tmp_path: Path
    ) -> None:
        samples, rate = soundfile.read(heard / "music" / f"{SEED}.flac", dtype="float32")
        soundfile.write(path := tmp_path / "new.mp3", samples[rate // 2 :], rate)
        expected = sorted(name for name in CLIPS if name != SEED)
        for _ in range(2):  # it is heard, then it is stored
            assert sorted(one.track.title for one in recommender.query(str(path), n=50).results) == expected

    def test_a_server_gives_the_same_lists(
        self, recommender: Recommender, ids: dict[str, TrackId], heard: Path, home: Path, tmp_path: Path
    ) -> None:
        samples, rate = soundfile.read(heard / "music" / f"{SEED}.flac", dtype="float32")
        soundfile.write(path := tmp_path / "new.mp3", samples[rate // 2 :], rate)
        here = [one.track.id for one in recommender.query(ids[SEED], n=50).results]
        with (
            served(home / "data", {}) as service,
            Recommender(data_dir=tmp_path / "none", server=service.url) as client,
        ):
            assert [one.track.id for one in client.query_server(ids[SEED], n=50).results] == here
            by_upload = client.query_server(str(path), n=50).results
        assert sorted(one.track.title for one in by_upload) == sorted(name for name in CLIPS if name != SEED)

    def test_playlists_get_no_copy_of_what_they_have(self, recommender: Recommender, ids: dict[str, TrackId]) -> None:
        others = sorted(name for name in CLIPS if name != SEED)
        extended = recommender.extend_playlist([ids[f"{SEED}@low"]], n=50)
        assert sorted(one.track.title for one in extended.found.results) == others
        deduped = recommender.dedupe_playlist(
            [ids[f"{SEED}{kind}"] for kind in ("@half", "", "@cut")] + [ids[CLIPS[1]]]
        )
        assert [entry.number for entry in deduped.playlist.entries] == [1, 4]
        assert {one.reason for one in deduped.repeats} == {"the same recording, by its fingerprint"}
        filled = recommender.fill_playlist([ids[SEED], ids[f"{TWICE}@low"]], "1", "2", 6)
        new = [entry.track.title for entry in filled.playlist.entries if entry.is_new and entry.track]
        assert sorted(new) == sorted(name for name in CLIPS if name not in (SEED, TWICE))

    def test_a_journey_goes_by_no_copy(self, recommender: Recommender, ids: dict[str, TrackId]) -> None:
        steps = recommender.journey(ids[f"{SEED}@low"], ids[CLIPS[7]], len(CLIPS)).steps
        assert sorted(clip_of(step.track.title) for step in steps) == sorted(CLIPS)
        with pytest.raises(UsageError, match="both ends of the journey are the same recording"):
            recommender.journey(ids[f"{SEED}@low"], ids[f"{SEED}@half"], 5)

    def test_what_was_heard_known_or_banned_in_one_copy_comes_in_no_other(
        self, recommender: Recommender, ids: dict[str, TrackId]
    ) -> None:
        others = sorted(name for name in CLIPS if name not in (SEED, TWICE))
        half = ids[f"{TWICE}@half"]
        unknown = recommender.query(ids[SEED], n=50, exclude_known=["artist:nexuiz"]).results
        assert sorted(one.track.title for one in unknown) == [one for one in others if not one.startswith("nexuiz")]
        recommender.new_station("Evening", ids[SEED], n=6)
        yesterday = moment(datetime.now() - timedelta(days=1, hours=1))
        recommender.session.store().heard.note([half], "page", yesterday)
        assert sorted(track.title for track in recommender.station("Evening").tracks) == others
        recommender.ban(half)
        banned = recommender.query(ids[SEED], n=50).results
        assert sorted(one.track.title for one in banned) == others
