"""Words that people type, and the tracks that they mean."""

import pytest

from spotrec.errors import NotFound, SeveralMatch, SpotrecError
from spotrec.query.lookup import find_matches, words_of_one_name
from spotrec.store import FeatureStore
from support.catalogue import song


@pytest.fixture
def stored(store: FeatureStore) -> FeatureStore:
    store.tracks.add(
        [
            song(1, "Patience", "Guns N' Roses"),
            song(2, "Fire and Water", "Free"),
            song(3, "Bohemian Rhapsody - Remastered 2011", "Queen"),
            song(4, "Bohemian Rhapsody (Live Aid)", "Queen"),
            song(5, "Heroes", "David Bowie"),
            song(6, "Dancing With Myself", "Billy Idol"),
        ]
    )
    return store


@pytest.mark.parametrize(
    ("words", "title"),
    [
        ("guns and roses patience", "Patience"),
        ("guns n roses patience", "Patience"),
        ("guns & roses", "Patience"),
        ("fire n water", "Fire and Water"),
        ("bohemian rhapsody", "Bohemian Rhapsody - Remastered 2011"),
        ("Bohemian Rhapsody (Remastered)", "Bohemian Rhapsody - Remastered 2011"),
        ("Heroes (Remastered)", "Heroes"),
        ("heroes - 2017 Remaster", "Heroes"),
        ("heroes remastered 2017", "Heroes"),
        ("david bowie heroes [remastered version]", "Heroes"),
        ("dancing with myself remastered", "Dancing With Myself"),
    ],
)
def test_what_people_type_finds_the_track(stored: FeatureStore, words: str, title: str) -> None:
    assert [track.title for track in find_matches(stored, words).tracks] == [title]


def test_remastered_alone_is_a_word_of_titles(stored: FeatureStore) -> None:
    assert [track.title for track in find_matches(stored, "remastered").tracks] == [
        "Bohemian Rhapsody - Remastered 2011"
    ]


@pytest.mark.parametrize(
    "error", [NotFound("no such", "crawl it"), SeveralMatch("“rhapsody” matches 2", "rhapsody", [])]
)
def test_the_words_of_one_name_without_quotes_get_the_hint_to_put_it_in_quotes(
    stored: FeatureStore, error: SpotrecError
) -> None:
    with pytest.raises(SpotrecError) as told, words_of_one_name(stored, ["bohemian", "rhapsody"]):
        raise error
    assert told.value.message == error.message
    assert "put it in quotes: 'bohemian rhapsody'; else " in (told.value.hint or "")
    assert told.value.exit_code == error.exit_code


@pytest.mark.parametrize(
    "names", [["heroes"], ["bohemian rhapsody", "queen"], ["patience", "heroes"], ["artist:queen", "rhapsody"], []]
)
def test_names_that_are_not_the_words_of_one_keep_their_error(stored: FeatureStore, names: list[str]) -> None:
    error = SeveralMatch("“rhapsody” matches 2", "rhapsody", [("1", "one"), ("2", "two")])
    with pytest.raises(SeveralMatch) as told, words_of_one_name(stored, names):
        raise error
    assert told.value is error
