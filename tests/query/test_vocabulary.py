"""The joint vocabulary: its words, what they mean for a track, and the options that use them."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from spotrec import Recommender
from spotrec.errors import UsageError
from spotrec.extract.models import AudioModel
from spotrec.extract.models.choi.model import CHOI_2
from spotrec.extract.models.lastfm_tags import TAGS
from spotrec.extract.models.mn04.model import MN04
from spotrec.extract.models.musicnn.model import MUSICNN
from spotrec.extract.models.vocabulary import HAS_IT, calibration, heard_by, vocabulary_of
from spotrec.extract.models.words import WORDS
from spotrec.query.christmas import is_of_christmas
from spotrec.query.mood import parse_mood
from spotrec.query.tag_conditions import TAG_AT_LEAST, tag_position
from spotrec.query.tag_spellings import every_word
from spotrec.track import ModelId
from support.catalogue import fill, scattered, song, songs
from support.words import QUIET, fill_words, probabilities

Run = Callable[..., Any]
TWO, THREE = (CHOI_2, MN04), (CHOI_2, MUSICNN, MN04)


def found(spotrec: Run, *arguments: object) -> list[str]:
    return [row["track_id"] for row in json.loads(spotrec("query", *arguments, "--json").stdout)["results"]]


def ids(*numbers: int) -> set[str]:
    return {song(n).id for n in numbers}


class TestWords:
    @pytest.mark.parametrize("models", [(CHOI_2,), (MUSICNN,), (CHOI_2, MUSICNN)])
    def test_networks_with_lastfms_tags_alone_keep_them_in_their_order(self, models: tuple[AudioModel, ...]) -> None:
        vocabulary = vocabulary_of(models)
        assert (vocabulary.names, vocabulary.version) == (TAGS, "")
        tags = np.linspace(0, 1, 50 * len(models), dtype=np.float32)[None, :]
        means = tags.reshape(len(models), 50).mean(axis=0)[None, :]
        np.testing.assert_allclose(vocabulary.mix(tags), means, atol=1e-6)

    @pytest.mark.parametrize("models", [(MN04,), TWO, THREE])
    def test_a_word_is_plain_and_means_a_label_that_listeners_know(self, models: tuple[AudioModel, ...]) -> None:
        names = vocabulary_of(models).names
        assert 120 <= len(names) <= 160
        assert {"piano", "sad", "female vocals", "rap", "speech", "christmas", "lullaby", "video game music"} <= {
            *names
        }
        assert {"music", "vehicle", "musical instrument", "inside, small room"}.isdisjoint(names)
        assert all(name == name.lower() for name in names)

    def test_every_tag_of_lastfm_is_understood_by_all_networks_together(self) -> None:
        names = vocabulary_of(TWO).names
        for tag in TAGS:
            assert parse_mood(tag, names).wanted[0] in names
            assert tag_position(tag, names) >= 0

    def test_every_spelling_leads_to_a_word(self) -> None:
        assert {*every_word()} <= {word.name for word in WORDS}

    def test_at_its_bound_a_track_has_a_word_and_below_it_has_not(self) -> None:
        vocabulary = vocabulary_of((MN04,))
        single = [word.name for word in WORDS if word.labels and len(word.labels) == 1 and word.labels[0][0] == 1]
        assert TAG_AT_LEAST == HAS_IT
        for name in single:
            for factor in (0.9, 1.1):
                (values,) = vocabulary.mix(probabilities(1, {name: {0: factor}}))
                assert (values[vocabulary.names.index(name)] >= HAS_IT) == (factor > 1), name

    def test_a_word_is_the_surer_the_surer_its_network_is_and_nothing_else(self) -> None:
        vocabulary = vocabulary_of(TWO)
        rng = np.random.default_rng(0)
        tags = rng.uniform(0, 1, (200, 50 + 527)).astype(np.float32)
        values = vocabulary.mix(tags)
        assert values.min() >= 0
        assert values.max() <= 1
        piano = tags[:, 50 + MN04.tag_names.index("Piano")]
        np.testing.assert_array_equal(np.argsort(piano), np.argsort(values[:, vocabulary.names.index("piano")]))

    def test_happy_is_heard_by_musicnn_then_by_choi_then_by_mn04(self) -> None:
        (happy,) = (word for word in WORDS if word.name == "happy")
        assert [heard_by(happy, lastfm)[0] for lastfm in ("musicnn", "choi", "")] == ["musicnn", "choi", "mn04"]
        assert {*calibration()["happy"]} == {"musicnn", "choi", "mn04"}

    def test_tags_of_another_package_are_added_as_they_are(self) -> None:
        other = replace(CHOI_2, id=ModelId("other", 1, 3), tag_names=("Rock", "zydeco"))
        vocabulary = vocabulary_of((MN04, other))
        assert vocabulary.names[-1] == "zydeco"
        assert "Rock" not in vocabulary.names, "it is a word"
        (values,) = vocabulary.mix(np.append(np.full(527 + 1, QUIET), 0.3).astype(np.float32)[None, :])
        assert values[-1] == pytest.approx(0.3, abs=1e-5)

    def test_silence_and_certainty_are_numbers(self) -> None:
        for certain in (0, 1):
            assert np.isfinite(vocabulary_of(TWO).mix(np.full((1, 577), certain, np.float32))).all()

    @pytest.mark.parametrize(
        ("text", "wanted", "unwanted"),
        [
            ("sad piano", ["sad", "piano"], []),
            ("chill female vocals", ["chill", "female vocals"], []),
            ("spoken word", ["speech"], []),
            ("relaxing acoustic guitar without drums", ["calm", "acoustic guitar"], ["drums"]),
            ("heavy metal -vocals", ["metal"], ["vocals"]),
            ("Hip Hop, rapping", ["hip-hop", "rap"], []),
            ("synth, drum n bass", ["synthesizer", "drum and bass"], []),
        ],
    )
    def test_moods_are_named_as_listeners_name_them(self, text: str, wanted: list[str], unwanted: list[str]) -> None:
        mood = parse_mood(text, vocabulary_of(TWO).names)
        assert (list(mood.wanted), list(mood.unwanted)) == (wanted, unwanted)

    def test_a_word_that_only_mn04_hears_is_said_to_be_so(self) -> None:
        for refuse in (lambda: tag_position("piano", TAGS), lambda: parse_mood("sad piano", TAGS)):
            with pytest.raises(UsageError, match="do not hear “piano”") as raised:
                refuse()
            assert "mn04" in raised.value.hint


@pytest.mark.parametrize(
    "text",
    [
        "Last Christmas", "Noël", "Weihnachtslieder", "Feliz Navidad", "Stille Nacht", "クリスマス・イブ", "圣诞快乐",
        "С Рождеством", "Karácsonyi dalok", "Kolędy polskie", "Vánoční koledy", "God Jul", "Kerstliedjes",
        "Bianco Natale", "Feliz Natal", "Giáng Sinh", "Jingle Bell Rock", "Santa Baby", "Joulumaa", "Χριστούγεννα",
        "Rudolph the Red-Nosed Reindeer", "크리스마스 노래", "Colind de Crăciun", "Baby, It's Cold Outside",
    ],
)  # fmt: skip
def test_christmas_is_known_by_its_names(text: str) -> None:
    assert is_of_christmas(text)


@pytest.mark.parametrize(
    "text", ["Santa Monica", "Santa Fe", "Jules et Jim", "Natalie", "Prenatal", "Snow", "Bells", "Kersten's", "Noelle"]
)
def test_other_songs_are_not_taken_for_christmas(text: str) -> None:
    assert not is_of_christmas(text)


@pytest.fixture
def library(home: Path, spotrec: Run) -> None:
    tracks = [
        *songs(6),
        song(6, "Stille Nacht"),
        song(7, "Song 7", album="A Very Merry Christmas"),
        song(8, "Song 8", "Noel Gallagher"),
        *songs(9, 40),
    ]
    words: dict[str, dict[int, float]] = {
        "vocals": {0: 5, 1: 2, 2: 0.7},
        "speech": {3: 4},
        "sad": {4: 30, 5: 5, 9: 4, 10: 200},
        "piano": {5: 5, 9: 4, 11: 200},
        "christmas": {12: 3},
    }
    fill_words(home, tracks, words)
    spotrec("index")


@pytest.mark.usefixtures("library")
class TestQueries:
    def test_every_word_of_a_mood_counts_not_the_loudest(self, spotrec: Run) -> None:
        assert set(found(spotrec, "--mood", "sad piano", "-n", 2)) == ids(5, 9)

    def test_only_vocals_or_only_instrumental_music(self, spotrec: Run) -> None:
        assert set(found(spotrec, song(20).id, "--vocal", "-n", 50)) == ids(0, 1)
        instrumental = set(found(spotrec, song(20).id, "--instrumental", "-n", 50))
        assert instrumental.isdisjoint(ids(0, 1, 2, 3)), "2 may have a voice, 3 is speech"
        assert len(instrumental) == 35

    def test_a_tag_is_left_out(self, spotrec: Run) -> None:
        assert ids(3).isdisjoint(found(spotrec, song(20).id, "--no-tag", "speech", "-n", 50))
        assert ids(3).isdisjoint(found(spotrec, song(20).id, "--no-tag", "spoken word", "-n", 50))
        assert set(found(spotrec, song(20).id, "--tag", "spoken word")) == ids(3)

    def test_christmas_and_speech_are_left_out_by_ear_and_by_name(self, spotrec: Run) -> None:
        every = set(found(spotrec, song(20).id, "-n", 50))
        rest = set(found(spotrec, song(20).id, "--exclude", "christmas,speech", "-n", 50))
        assert every - rest == ids(3, 6, 7, 12)
        assert len(every) == 39, "a query leaves out nothing by itself"

    def test_a_journey_has_the_same_filters(self, spotrec: Run) -> None:
        way = json.loads(
            spotrec(
                "journey", song(20).id, song(21).id, "-n", 20, "--exclude", "xmas", "--instrumental", "--json"
            ).stdout
        )
        assert ids(0, 1, 2, 3, 6, 7, 12).isdisjoint(step["track_id"] for step in way["steps"])

    def test_a_program_has_the_same_filters(self) -> None:
        with Recommender() as recommender:
            vocal = recommender.query(song(20).id, vocal=True).results
            rest = recommender.query(song(20).id, n=50, vocal=False, exclude=["christmas"], no_tag="sad").results
        assert {one.track.id for one in vocal} == ids(0, 1)
        assert {one.track.id for one in rest}.isdisjoint(ids(0, 1, 2, 3, 4, 5, 6, 7, 9, 10, 12))

    def test_status_says_how_many_tracks_look_like_speech(self, spotrec: Run) -> None:
        assert "1 track looks like speech" in " ".join(spotrec("status").stdout.split())
        assert json.loads(spotrec("status", "--json").stdout)["speech"] == 1

    def test_a_result_shares_words_that_listeners_know(self, spotrec: Run) -> None:
        rows = json.loads(spotrec("query", song(5).id, "--json", "-n", 50).stdout)["results"]
        shared = {row["track_id"]: row["tags"] for row in rows}
        assert {"sad", "piano"} <= set(shared[song(9).id])

    def test_its_tags_take_half_the_space(self) -> None:
        with Recommender() as recommender, recommender.session.view() as view:
            (segment,) = view.built.segments
            assert segment.tags is not None
            assert segment.tags.dtype == np.float16
            assert segment.tags.shape == (40, len(view.tag_names))
            with view.embeddings.snapshot() as snapshot:
                (of_store,) = snapshot.blocks()
            np.testing.assert_allclose(segment.tags, of_store.tags, atol=1e-3)


def test_without_mn04_christmas_is_still_found_by_name_but_speech_is_refused(spotrec: Run, home: Path) -> None:
    fill(home, [*songs(5), song(5, "Jingle Bells")], scattered(6, model=CHOI_2), model=CHOI_2.id)
    spotrec("index")
    assert set(found(spotrec, song(0).id, "--exclude", "christmas")) == ids(1, 2, 3, 4)
    for option in (("--exclude", "speech"), ("--vocal",), ("--instrumental",), ("--tag", "piano")):
        assert "mn04 does" in spotrec("query", song(0).id, *option, code=2).stderr
    assert json.loads(spotrec("status", "--json").stdout)["speech"] is None


def test_an_index_of_an_earlier_vocabulary_answers_and_says_what_to_build_for_words(
    spotrec: Run, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill_words(home, songs(20), {"piano": {3: 5}})
    spotrec("index")
    monkeypatch.setattr("spotrec.extract.models.vocabulary.WORDS", WORDS[:100])  # an earlier version had fewer
    vocabulary_of.cache_clear()
    try:
        assert len(found(spotrec, song(0).id)) == 10
        assert "`spotrec index`" in spotrec("query", "--mood", "sad", code=None).stderr
    finally:
        vocabulary_of.cache_clear()


def test_quiet_is_below_every_bound() -> None:
    (values,) = vocabulary_of((MN04,)).mix(np.full((1, 527), QUIET, np.float32))
    has = {name for name, value in zip(vocabulary_of((MN04,)).names, values, strict=True) if value >= HAS_IT}
    assert has <= {"instrumental", "calm", "energetic"}
