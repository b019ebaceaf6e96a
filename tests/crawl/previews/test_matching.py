"""A candidate is the track when artist, title, version and length agree; every hard case is a test of its own."""

import csv
import time
from pathlib import Path

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from spotrec.crawl.previews.matching import Candidate, Verdict, best_match, judge
from spotrec.names.titles import one_line, title_parts
from spotrec.track import Track, TrackId

ISRC = "GBUM71029604"
CASES = list(csv.DictReader((Path(__file__).parent / "hard_cases.csv").read_text("utf-8").splitlines()))
VERSIONS = ["", " (Live)", " - Acoustic", " (Club Remix)", " (Radio Remix)", " [Karaoke Version]", " - Live at Wembley"]


def track(title: str, *artists: str, ms: int | None = 200_000, isrc: str | None = None) -> Track:
    return Track(TrackId("spotify:track:x"), title, artists or ("Adele",), isrc=isrc, duration_ms=ms)


def candidate(title: str, *artists: str, ms: int | None = 200_000, isrc: str | None = None) -> Candidate:
    return Candidate(title, artists or ("Adele",), ms, isrc)


def verdict_of(case: dict[str, str]) -> Verdict:
    isrc = ISRC if case["isrc_equal"] == "1" else None
    ours, theirs = (int(case[f"{side}_duration_ms"] or 0) or None for side in ("track", "candidate"))
    return judge(
        track(case["track_title"], *case["track_artists"].split(";"), ms=ours, isrc=isrc),
        candidate(case["candidate_title"], *case["candidate_artists"].split(";"), ms=theirs, isrc=isrc),
    )


def as_parameter(case: dict[str, str]) -> object:
    """A known miss must go on being one, or lose its name."""
    marks = [pytest.mark.xfail(strict=True)] if case["note"].startswith("known miss") else []
    return pytest.param(case, id=f"{case['track_title']} / {case['note']}", marks=marks)


@pytest.mark.parametrize("case", [as_parameter(case) for case in CASES])
def test_a_hard_case_is_judged_as_a_person_would(case: dict[str, str]) -> None:
    verdict = verdict_of(case)
    assert verdict.is_match == (case["is_match"] == "1"), verdict.reason
    assert bool(verdict.reason) != verdict.is_match


def test_the_table_is_large_and_balanced() -> None:
    n_matches = sum(case["is_match"] == "1" for case in CASES)
    assert len(CASES) >= 150
    assert 0.4 <= n_matches / len(CASES) <= 0.6


@pytest.mark.parametrize(
    ("offered", "reason"),
    [
        (candidate("Hello (Live)"), "another version: live"),
        (candidate("Hello", "Lionel Richie"), "another artist"),
        (candidate("Goodbye"), "title differs"),
        (candidate("Hello", ms=203_000), "another length"),
        (candidate("Hello (Spanish Version)"), "another version: named version"),
    ],
)
def test_a_refusal_says_why(offered: Candidate, reason: str) -> None:
    assert judge(track("Hello"), offered).reason == reason


@pytest.mark.parametrize("title", ["Hello (Live)", "Hello - Club Remix", "Hello (Acoustic)", "Hello"])
def test_loose_lets_versions_stand_in_for_each_other(title: str) -> None:
    assert judge(track("Hello (Radio Edit)"), candidate(title, ms=214_000), loose=True).is_match
    assert not judge(track("Hello (Radio Edit)"), candidate(title, ms=214_000)).is_match


@pytest.mark.parametrize(
    "offered",
    [
        candidate("Hello (Live)", ms=216_000),
        candidate("Hello (Live)", "Lionel Richie"),
        candidate("Goodbye (Live)"),
        candidate("Hello, Pt. 2"),
    ],
)
def test_loose_allows_nothing_else(offered: Candidate) -> None:
    assert not judge(track("Hello"), offered, loose=True).is_match


@pytest.mark.parametrize("written", [ISRC, ISRC.lower(), "GB-UM7-10-29604"])
def test_an_equal_isrc_makes_names_irrelevant(written: str) -> None:
    assert judge(track("Hello", isrc=ISRC), candidate("Привет", "Адель", isrc=written)).is_match


@pytest.mark.parametrize("loose", [False, True])
def test_a_gross_difference_of_length_vetoes_even_an_equal_isrc(loose: bool) -> None:
    vetoed = judge(track("Hello", isrc=ISRC), candidate("Hello", isrc=ISRC, ms=215_001), loose=loose)
    assert vetoed.reason == "another length"
    assert judge(track("Hello", isrc=ISRC), candidate("Hello", isrc=ISRC, ms=215_000), loose=loose).is_match
    assert judge(track("Hello", isrc=ISRC), candidate("Hello", isrc=ISRC, ms=None), loose=loose).is_match


def test_other_isrcs_say_nothing_and_empty_ones_are_not_equal() -> None:
    assert judge(track("Hello", isrc=ISRC), candidate("Hello", isrc="USRC17607839")).is_match
    assert not judge(track("Hello", isrc=""), candidate("Goodbye", isrc="")).is_match


@pytest.mark.parametrize("artists", [("Various Artists",), ("",), ("VA",), ("Unknown Artist",)])
def test_an_artist_who_is_nobody_matches_nobody(artists: tuple[str, ...]) -> None:
    assert judge(track("Hello", *artists), candidate("Hello", *artists)).reason == "another artist"


def test_a_side_without_artists_matches_by_isrc_only() -> None:
    nobody = Candidate("Hello", (), 200_000, ISRC)
    assert not judge(track("Hello"), nobody).is_match
    assert judge(track("Hello", isrc=ISRC), nobody).is_match


def test_a_subtitle_may_be_missing_only_where_the_lengths_agree() -> None:
    assert judge(track("Sweet Dreams (Are Made of This)"), candidate("Sweet Dreams")).is_match
    assert not judge(track("Sweet Dreams (Are Made of This)", ms=None), candidate("Sweet Dreams")).is_match


def test_the_best_match_is_the_isrc_then_the_title_then_the_length_then_the_order() -> None:
    asked = track("Rolling in the Deep", isrc=ISRC)
    typo = candidate("Roling in the Deep")
    far, near = candidate("Rolling in the Deep", ms=201_900), candidate("Rolling in the Deep", ms=200_100)
    unknown = candidate("Rolling in the Deep", ms=None)
    by_isrc = candidate("Rolling in the Deep (Live)", ms=210_000, isrc=ISRC)
    assert best_match(asked, [typo, far, near, by_isrc]) == (3, "")
    assert best_match(asked, [typo, unknown, far, near]) == (3, "")
    assert best_match(asked, [typo, unknown, far]) == (2, "")
    assert best_match(asked, [candidate("Hello"), typo, unknown]) == (2, "")
    assert best_match(asked, [near, near]) == (0, "")


def test_without_a_match_the_nearest_miss_is_explained() -> None:
    asked = track("Hello")
    stranger, live = candidate("Hello", "Lionel Richie"), candidate("Hello (Live)")
    longer = candidate("Hello", ms=260_000)
    assert best_match(asked, [stranger, candidate("Goodbye")]) == (None, "title differs")
    assert best_match(asked, [stranger, live, candidate("Goodbye")]) == (None, "another version: live")
    assert best_match(asked, [live, longer, stranger]) == (None, "another length")
    assert best_match(asked, []) == (None, "the search found nothing")


def test_loose_prefers_the_version_itself_and_then_the_nearest_length() -> None:
    offered = [candidate("Hello (Live)", ms=210_000), candidate("Hello (Radio Edit)", ms=199_000)]
    assert best_match(track("Hello"), offered)[0] is None
    assert best_match(track("Hello"), offered, loose=True) == (1, "")
    assert best_match(track("Hello"), [*offered, candidate("Hello", ms=195_000)], loose=True) == (2, "")


names = st.text(max_size=30)
lengths = st.none() | st.integers(-1, 10**7)


@given(names, st.lists(names, max_size=3), lengths, names, st.lists(names, max_size=3), lengths, st.booleans())
def test_any_names_are_judged(
    ours: str, our_artists: list[str], our_ms: int | None, theirs: str, artists: list[str], ms: int | None, loose: bool
) -> None:
    asked = Track(TrackId("x"), ours, tuple(our_artists), duration_ms=our_ms)
    verdict = judge(asked, Candidate(theirs, tuple(artists), ms), loose=loose)
    assert bool(verdict.reason) != verdict.is_match
    assert 0 <= verdict.score <= 1


@given(names, names, lengths)
def test_a_track_matches_itself(title: str, artist: str, ms: int | None) -> None:
    assume(one_line(title))
    assert judge(track(title, f"{artist} Quartet", ms=ms), candidate(title, f"{artist} Quartet", ms=ms)).is_match


@given(st.sampled_from(CASES), st.sampled_from(VERSIONS), st.sampled_from(VERSIONS))
def test_it_does_not_matter_which_side_has_which_version(case: dict[str, str], ours: str, theirs: str) -> None:
    left, right = case["track_title"] + ours, case["candidate_title"] + theirs
    assert judge(track(left), candidate(right)) == judge(track(right), candidate(left))


@given(st.sampled_from(CASES), st.sampled_from(VERSIONS[1:]))
def test_a_version_is_never_its_original(case: dict[str, str], version: str) -> None:
    title = case["track_title"]
    assume(not title_parts(title).versions)
    assert not judge(track(title), candidate(title + version)).is_match


def test_titles_of_punctuation_only_are_told_apart_in_their_versions_too() -> None:
    assert judge(track("+ (Live)"), candidate("+ - Live")).is_match
    assert not judge(track("+ (Live)"), candidate("÷ (Live)")).is_match
    assert not judge(track("+ (Live)"), candidate("Live")).is_match


@pytest.mark.parametrize("endless", ["a" * 1_000_000, "feat. (" * 150_000, "ﷺ " * 500_000])
def test_endless_names_are_judged_in_no_time(endless: str) -> None:
    started = time.monotonic()
    judge(track(endless, *[endless] * 1000), candidate(endless + "x", *[endless] * 1000))
    assert time.monotonic() - started < 5
