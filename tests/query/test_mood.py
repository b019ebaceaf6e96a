"""Moods: words to tags, tags to scores, and the command over tags put into the store by hand."""

import json
import string
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from spotrec import Recommender
from spotrec.errors import IndexFault, UsageError
from spotrec.extract.models.lastfm_tags import TAGS
from spotrec.query.mood import Mood, parse_mood
from spotrec.query.mood_score import MoodScore
from spotrec.track import Ears
from support.catalogue import fill, scattered, song, songs, tagged

Run = Callable[..., Any]
NAMES = "abcdef"


def named(text: str) -> tuple[list[str], list[str]]:
    mood = parse_mood(text, TAGS)
    return list(mood.wanted), list(mood.unwanted)


def found(spotrec: Run, *arguments: object) -> list[str]:
    return [row["track_id"] for row in json.loads(spotrec("query", *arguments, "--json").stdout)["results"]]


class TestWords:
    @pytest.mark.parametrize(
        ("text", "wanted", "unwanted"),
        [
            ("metal", ["metal"], []),
            ("chill female vocalists -metal", ["chill", "female vocalists"], ["metal"]),
            ("CHILL, Female  Vocalists;-Metal", ["chill", "female vocalists"], ["metal"]),
            ("alternative rock", ["alternative rock"], []),
            ("alternative, rock", ["alternative", "rock"], []),
            ("rock -alternative rock", ["rock"], ["alternative rock"]),
            ("hiphop hip hop Hip-Hop", ["Hip-Hop"], []),
            ("R&B + r'n'b + rnb", ["rnb"], []),
            ("chill out", ["chillout"], []),
            ("chillout chill", ["chillout", "chill"], []),
            ("electronic music without female vocals", ["electronic"], ["female vocalists"]),
            ("70's funk and nineties House", ["70s", "funk", "90s", "House"], []),
            ('"heavy metal" -"classic rock"', ["heavy metal"], ["classic rock"]),
            ("mellow – sad", ["Mellow"], ["sad"]),
            ("-metal -punk", [], ["metal", "punk"]),
            ("not happy", [], ["happy"]),
        ],
    )
    def test_the_longest_tags_that_fit_are_taken(self, text: str, wanted: list[str], unwanted: list[str]) -> None:
        assert named(text) == (wanted, unwanted)

    @pytest.mark.parametrize("tag", TAGS)
    def test_every_tag_is_understood_as_the_network_writes_it(self, tag: str) -> None:
        assert named(tag) == ([tag], [])
        assert named(f"-{tag.upper()}") == ([], [tag])

    @settings(deadline=None)
    @given(st.lists(st.tuples(st.sampled_from(TAGS), st.booleans()), min_size=1, unique_by=lambda one: one[0]))
    def test_what_commas_part_is_found_again(self, tags: list[tuple[str, bool]]) -> None:
        text = ", ".join(tag if is_wanted else f"-{tag}" for tag, is_wanted in tags)
        assert named(text) == ([tag for tag, yes in tags if yes], [tag for tag, yes in tags if not yes])

    @settings(deadline=None)
    @given(st.text(st.sampled_from(string.ascii_letters + " -,–'\"&é日\x1b\n"), max_size=40))
    def test_any_text_is_a_mood_or_a_usage_error(self, text: str) -> None:
        try:
            mood = parse_mood(text, TAGS)
        except UsageError as error:
            assert error.hint
        else:
            assert mood.wanted or mood.unwanted

    def test_an_unknown_word_is_told_with_what_is_near(self) -> None:
        with pytest.raises(UsageError, match="no tag “bluesy”") as raised:
            parse_mood("chill bluesy", TAGS)
        assert "do you mean blues?" in raised.value.hint
        assert all(tag in raised.value.hint for tag in TAGS)

    @pytest.mark.parametrize(
        ("text", "message"), [("", "name a tag"), ("metal -metal", "both wanted and unwanted"), ("rock -", "minus")]
    )
    def test_what_means_nothing_is_refused(self, text: str, message: str) -> None:
        with pytest.raises(UsageError, match=message):
            parse_mood(text, TAGS)


@dataclass(frozen=True, slots=True)
class Tracks:
    """A block of a catalogue."""

    tags: npt.NDArray[np.float32]

    @property
    def ids(self) -> npt.NDArray[np.bytes_]:
        return np.arange(len(self.tags)).astype("S8")

    @property
    def vectors(self) -> npt.NDArray[np.float32]:
        return np.zeros((len(self.tags), 160), np.float32)


def score(blocks: list[Tracks], mood: Mood) -> MoodScore:
    return MoodScore.over(
        blocks, np.concatenate([block.tags for block in blocks]).mean(axis=0, dtype=np.float32), mood, NAMES
    )


class TestScores:
    @settings(deadline=None)
    @given(arrays(np.float32, st.tuples(st.integers(1, 12), st.just(6)), elements=st.floats(0, 1, width=32)))
    def test_they_are_finite_and_from_minus_one_to_one(self, tags: np.ndarray) -> None:
        block = Tracks(tags)
        scores = score([block], Mood(("a", "c"), ("f",))).of(block)
        assert np.isfinite(scores).all()
        assert (np.abs(scores) <= 1).all()

    def test_a_common_tag_does_not_drown_a_rare_one(self) -> None:
        rng = np.random.default_rng(0)
        common = rng.uniform(0.4, 0.9, 200)
        rare = rng.uniform(0.0001, 0.001, 200)
        rare[7] = 0.02
        common[7] = np.median(common)
        block = Tracks(np.stack([common, rare], axis=1).astype(np.float32))
        assert int(np.argmax(score([block], Mood(("a", "b"), ())).of(block))) == 7

    def test_blocks_of_any_size_give_the_same(self) -> None:
        tags = np.random.default_rng(0).uniform(0, 1, (100, 6)).astype(np.float32)
        mood = Mood(("b", "c"), ("d",))
        whole = score([Tracks(tags)], mood).of(Tracks(tags))
        pieces = score([Tracks(tags[:1]), Tracks(tags[1:40]), Tracks(tags[40:])], mood).of(Tracks(tags))
        np.testing.assert_allclose(whole, pieces, atol=1e-6)

    def test_by_definition_they_have_mean_nought_and_one_spread(self) -> None:
        tags = Tracks(np.random.default_rng(0).uniform(0.01, 0.99, (500, 6)).astype(np.float32))
        m = 4 * np.arctanh(score([tags], Mood(("b", "c"), ("d",))).of(tags).astype(np.float64))
        assert m.mean() == pytest.approx(0, abs=1e-4)
        assert m.std() == pytest.approx(1, abs=1e-4)

    def test_unwanted_is_the_opposite_of_wanted(self) -> None:
        tags = Tracks(np.random.default_rng(0).uniform(0, 1, (50, 6)).astype(np.float32))
        wanted, unwanted = (score([tags], mood).of(tags) for mood in (Mood(("e",), ()), Mood((), ("e",))))
        np.testing.assert_allclose(wanted, -unwanted, atol=1e-6)


def test_a_mood_alone_finds_the_tracks_that_sound_so(spotrec: Run, home: Path) -> None:
    tags = tagged(30, metal={3: 0.9, 4: 0.6, 5: 0.5}, chill={5: 0.9, 6: 0.8})
    fill(home, songs(30), scattered(30), tags)
    spotrec("index")
    assert found(spotrec, "--mood", "metal")[:3] == [song(i).id for i in (3, 4, 5)]
    assert found(spotrec, "--mood", "chill -metal")[0] == song(6).id
    assert set(found(spotrec, "--mood", "-metal", "-n", 27)).isdisjoint({song(i).id for i in (3, 4, 5)})


def test_a_mood_result_names_what_was_heard_and_scores_from_minus_one_to_one(spotrec: Run, home: Path) -> None:
    fill(home, songs(30), scattered(30), tagged(30, metal={3: 0.9}, punk={3: 0.7}))
    spotrec("index")
    answer = json.loads(spotrec("query", "--mood", "metal -jazz", "--json").stdout)
    assert answer["mood"] == {"wanted": ["metal"], "unwanted": ["jazz"], "weight": 1.0}
    assert answer["seed"] is None
    assert {"metal", "punk"} <= set(answer["results"][0]["tags"])
    similarities = [row["similarity"] for row in answer["results"]]
    assert similarities == sorted(similarities, reverse=True)
    assert all(-1 <= one <= 1 for one in similarities)
    shown = spotrec("query", "--mood", "metal -jazz").stdout
    assert "metal" in shown.splitlines()[0]
    assert "not jazz" in shown.splitlines()[0]


def test_seeds_and_a_mood_are_mixed_by_weight(spotrec: Run, home: Path) -> None:
    here, *others = scattered(40)
    near = [here + 0.1 * (other - here) for other in others[:10]]
    fill(home, songs(40), np.array([here, *near, *others[10:]]), tagged(40, happy={4: 0.5, 35: 0.9, 36: 0.9}))
    spotrec("index")
    plain = found(spotrec, song(0).id)
    assert found(spotrec, song(0).id, "--mood", "happy", "--mood-weight", 0) == plain
    assert found(spotrec, song(0).id, "--mood", "happy", "--mood-weight", 0.3)[0] == song(4).id
    alone = found(spotrec, "--mood", "happy")
    assert set(alone[:2]) == {song(35).id, song(36).id}
    assert found(spotrec, song(0).id, "--mood", "happy", "--mood-weight", 1)[:3] == alone[:3]
    assert song(0).id not in found(spotrec, song(0).id, "--mood", "happy", "-n", 100)


def test_what_else_a_query_asks_for_holds_of_a_mood_too(spotrec: Run, home: Path) -> None:
    tracks = [song(i, None, f"Band {i // 3}", album=f"Album {i % 2}") for i in range(30)]
    fill(home, tracks, scattered(30), tagged(30, metal=dict.fromkeys(range(9), 0.8)))
    spotrec("index")
    first = found(spotrec, "--mood", "metal", "--max-per-artist", 1)[:3]
    assert len({int(id_[-22:], 36) // 3 for id_ in first if id_}) == 3 or len(set(first)) == 3
    even = {track.id for track in tracks if track.album == "Album 0"}
    assert set(found(spotrec, "--mood", "metal", "--album", "album 0")) <= even
    assert len(found(spotrec, "--mood", "metal", "--diversity", 0.5)) == 10


@pytest.mark.parametrize("n", [1, 2, 10])
def test_a_catalogue_of_few_or_identical_tracks_answers(spotrec: Run, home: Path, n: int) -> None:
    fill(home, songs(n), vectors=1, tags=0.3)
    spotrec("index")
    answer = json.loads(spotrec("query", "--mood", "metal", "--json").stdout)
    assert [row["track_id"] for row in answer["results"]] == [song(i).id for i in range(n)]
    assert [row["similarity"] for row in answer["results"]] == [0] * n


def test_wrong_words_and_weights_are_refused(spotrec: Run, home: Path) -> None:
    fill(home, songs(3), scattered(3))
    spotrec("index")
    failed = spotrec("query", "--mood", "bluesy", code=2)
    assert "bluesy" in failed.stderr
    assert "blues" in failed.stderr
    assert failed.stdout == ""
    spotrec("query", "--mood", "metal", "--mood-weight", 1.1, code=2)
    spotrec("query", song(1).id, "--mood-weight", 0.5, code=2)
    spotrec("query", code=2)


def test_an_index_that_keeps_no_tags_is_refused_with_what_to_run(spotrec: Run, home: Path) -> None:
    fill(home, songs(5), scattered(5))
    spotrec("index")
    with Recommender() as recommender:
        index = recommender.session.index(Ears.of(recommender.model))
        score_over = [replace(part, tags=None) for part in index.segments]
        with pytest.raises(IndexFault, match="has no tags") as raised:
            MoodScore.over(score_over, index.tag_means, Mood(("metal",), ()), TAGS)
    assert "spotrec index" in raised.value.hint


def test_metal_clips_come_first_where_metal_is_asked_for(heard_clips: Path, style_of: dict[str, str]) -> None:
    asked = {
        "heavy metal": ("metal", 10),
        "metal": ("metal", 7),
        "electronica": ("electronic", 6),
        "heavy metal, hard rock, -electronic": ("metal", 10),
    }
    with Recommender(data_dir=heard_clips) as recommender:
        for mood, (style, at_least) in asked.items():
            results = recommender.query(mood=mood).results
            hits = [style in style_of[Path(result.track.path or "").name] for result in results]
            assert sum(hits) >= at_least, f"{mood}: {hits}"


def test_a_mood_beside_a_seed_leads_from_it_towards_the_mood(heard_clips: Path) -> None:
    seed = "0ad--hill-of-sorrows--a"
    heavy = TAGS.index("heavy metal")
    with Recommender(data_dir=heard_clips) as recommender:
        store = recommender.session.store()

        def heaviness(weight: float) -> float:
            found = recommender.query(seed, mood="heavy metal", mood_weight=weight).results
            tags = store.embeddings.tags([result.track.id for result in found], [recommender.model])[0]
            return float(np.mean([one[heavy] for one in tags.values()]))

        assert heaviness(0) < heaviness(0.6) < heaviness(1)
