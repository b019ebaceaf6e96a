"""What a history says of the next tracks."""

import pytest

from spotrec.query.query import Recommendation
from spotrec.query.radio import Play, is_heard, is_skip, spaced, taste_of
from spotrec.track import Track, TrackId
from support.catalogue import song


def plays(text: str) -> list[Play]:
    """`"a b -c"`: a and b were played, c was skipped."""
    return [Play(TrackId(word.removeprefix("-")), word.startswith("-")) for word in text.split()]


@pytest.mark.parametrize(
    ("history", "likes", "unlikes"),
    [
        ("", "", ""),
        ("a b c d", "b c d", ""),
        ("a b -c d", "a b d", "c"),
        ("a -a b", "b", "a"),  # it began to play, then it was skipped
        ("-a b a", "b a", ""),  # it was skipped once, and played later
        ("a a a b", "a b", ""),
        ("-a -b -c -d -e -f g", "g", "b c d e f"),
    ],
)
def test_the_last_tracks_are_seeds_and_skipped_ones_count_against(history: str, likes: str, unlikes: str) -> None:
    taste = taste_of(plays(history))
    assert " ".join(taste.likes) == likes
    assert " ".join(taste.unlikes) == unlikes


@pytest.mark.parametrize(
    ("elapsed_s", "duration_s", "to_the_next", "is_one"),
    [
        (3, 200, True, True),
        (29.9, None, True, True),
        (30, 200, True, False),
        (3, 200, False, False),  # back, or to a track that a person chose
        (11, 12, True, False),  # a short track that ended
        (3, 12, True, True),
    ],
)
def test_a_skip_is_soon_and_to_the_next_track(
    elapsed_s: float, duration_s: float | None, to_the_next: bool, is_one: bool
) -> None:
    assert is_skip(elapsed_s, duration_s, to_the_next=to_the_next) == is_one


@pytest.mark.parametrize(
    ("elapsed_s", "duration_s", "is_one"),
    [(200, 200, True), (185, 200, True), (170, 200, False), (0, 200, False), (100, None, False), (250, None, True)],
)
def test_a_track_is_heard_when_it_was_played_almost_to_its_end(
    elapsed_s: float, duration_s: float | None, is_one: bool
) -> None:
    assert is_heard(elapsed_s, duration_s) == is_one


def by(*artists: str) -> list[Track]:
    return [song(i, f"{i}", artist) for i, artist in enumerate(artists)]


def chosen(found: str, latest: str, n: int, most: int | None = None) -> str:
    results = [Recommendation(rank, track, 0.5, ()) for rank, track in enumerate(by(*found), 1)]
    next_ones = spaced(results, by(*latest), n, most)
    assert [one.rank for one in next_ones] == list(range(1, len(next_ones) + 1))
    return "".join(one.track.artists[0] for one in next_ones)


def test_artists_are_spaced_out_while_there_are_others() -> None:
    assert chosen("aaabcd", "", 4) == "abcd"
    assert chosen("aab", "a", 2) == "ba"
    assert chosen("aaa", "a", 2) == "aa"
    assert chosen("aabbcc", "", 6) == "abcabc"


def test_a_limit_per_artist_counts_what_was_played() -> None:
    assert chosen("aaabb", "a", 5, most=2) == "abb"
    assert chosen("aab", "a", 2, most=1) == "b"
