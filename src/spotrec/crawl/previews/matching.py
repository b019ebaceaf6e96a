"""The match between a track and a provider's search results.

A title alone finds wrong songs: artist, title, version and length must all agree. `benchmarks/matching.py` measures
the effect of each.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from rapidfuzz import fuzz
from rapidfuzz.distance import Levenshtein

from spotrec.names.artists import NOBODY
from spotrec.names.titles import (
    FROM,
    MAX_CHARS,
    OTHER,
    REMIX,
    TitleParts,
    one_line,
    plain,
    title_parts,
    title_words,
)
from spotrec.track import Track

MIN_TITLE_SIMILARITY = 0.87
MAX_DIFFERENCE_MS = 2_000
"""Deezer rounds to seconds, and releases of one recording differ in the silence at their ends."""
GROSS_DIFFERENCE_MS = 15_000
"""A larger difference rejects even an equal ISRC."""
_MAX_ARTISTS = 30

_MISSES = ("another artist", "title differs", "another version", "another length")  # from far to near
_DOUBLED = re.compile(r"([^\W\d])\1+")
_ARTICLES = frozenset({"the", "a", "an", "and"})
_NO_SPACES = re.compile("[\u0e00-\u0eff\u1100-\u11ff\u2e80-\ua4cf\uac00-\ud7ff\uf900-\ufaff]")
_VENUES = frozenset(
    {"hall", "theatre", "theater", "stadium", "arena", "festival", "club", "center", "centre", "tour", "park"}
)
_BETWEEN_ARTISTS = re.compile(
    r"\s*[,;()\[\]（）]\s*|\s+[+/&x×]\s+|&|\s+(?:and|feat\.?|featuring|ft\.?|vs\.?|with)\s+", re.IGNORECASE
)
_IMITATOR = re.compile(r"\b(?:karaoke|tributes?|covers?|sing ?along|sound ?alikes?|made famous by|in the style of)\b")


@dataclass(frozen=True, slots=True)
class Candidate:
    """One result of a provider's search."""

    title: str
    artists: tuple[str, ...]
    duration_ms: int | None = None
    isrc: str | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a candidate is the track.

    `reason` explains a mismatch in a few words, and is empty for a match. `score` is the titles' similarity, 0 to 1,
    halved for another version.
    """

    is_match: bool
    reason: str
    score: float


def judge(track: Track, candidate: Candidate, *, loose: bool = False) -> Verdict:
    """Compare artist, title, version and length; lengths only if both are known.

    With an equal ISRC the names do not matter. A live recording without that word in its title is noticed only by
    its length.

    Args:
        loose: accept other versions, and lengths that differ by up to 15 s.
    """
    if _same_isrc(track, candidate):
        is_sane = not _differs(track, candidate, GROSS_DIFFERENCE_MS)
        return Verdict(is_sane, "" if is_sane else "another length", 1.0)
    asked, offered = title_parts(track.title[:MAX_CHARS]), title_parts(candidate.title[:MAX_CHARS])
    ours, theirs = _bounded(track.artists), _bounded(candidate.artists)
    same_length = _difference_ms(track, candidate) is not None and not _differs(track, candidate, MAX_DIFFERENCE_MS)
    is_same_spelling = asked.spelling == offered.spelling != ""
    similarity = 1.0 if is_same_spelling else _title_similarity(asked, offered, subtitles_optional=same_length)
    kind = "" if is_same_spelling else _other_version(asked, offered)
    reason = ""
    if not _same_artist(ours, theirs):
        reason = "another artist"
    elif similarity < MIN_TITLE_SIMILARITY:
        reason = "title differs"
    elif kind and not loose:
        reason = f"another version: {kind}"
    elif not loose and _other_guests((*ours, *asked.guests), (*theirs, *offered.guests)):
        reason = "another version: other guests"
    elif _differs(track, candidate, GROSS_DIFFERENCE_MS if loose else MAX_DIFFERENCE_MS):
        reason = "another length"
    return Verdict(not reason, reason, similarity / 2 if kind else similarity)


def best_match(track: Track, candidates: Sequence[Candidate], *, loose: bool = False) -> tuple[int | None, str]:
    """Return the index of the best match; or None, and why the nearest candidate does not match.

    An equal ISRC is best, then the most similar title, then the nearest length, then the provider's own order.
    """
    if not candidates:
        return None, "the search found nothing"
    verdicts = [judge(track, candidate, loose=loose) for candidate in candidates]

    def badness(i: int) -> tuple[bool, float, float]:
        difference_ms = _difference_ms(track, candidates[i])
        distance = float("inf") if difference_ms is None else difference_ms
        return not _same_isrc(track, candidates[i]), -verdicts[i].score, distance

    if matches := [i for i, verdict in enumerate(verdicts) if verdict.is_match]:
        return min(matches, key=badness), ""
    nearest = max(verdicts, key=lambda verdict: (_MISSES.index(verdict.reason.split(":")[0]), verdict.score))
    return None, nearest.reason


def _bounded(artists: Sequence[str]) -> tuple[str, ...]:
    """Limit the number of artists and the length of their names, which come from outside."""
    return tuple(artist[:MAX_CHARS] for artist in artists[:_MAX_ARTISTS])


def _same_isrc(track: Track, candidate: Candidate) -> bool:
    ours, theirs = (re.sub(r"[\s-]", "", isrc or "").upper() for isrc in (track.isrc, candidate.isrc))
    return ours == theirs != ""


def _difference_ms(track: Track, candidate: Candidate) -> int | None:
    """Return the difference of the lengths; None if one is not known."""
    if not track.duration_ms or not candidate.duration_ms:
        return None
    return abs(track.duration_ms - candidate.duration_ms)


def _differs(track: Track, candidate: Candidate, by_more_than_ms: int) -> bool:
    difference_ms = _difference_ms(track, candidate)
    return difference_ms is not None and difference_ms > by_more_than_ms


def _title_similarity(asked: TitleParts, offered: TitleParts, *, subtitles_optional: bool) -> float:
    """Return 0 to 1. If subtitles are optional, one title may lack all of its subtitles."""
    if _numbers(asked.full) != _numbers(offered.full):
        return 0.0
    similarity = _similarity(asked.full, offered.full)
    if subtitles_optional:
        similarity = max(similarity, _similarity(asked.name, offered.full), _similarity(asked.full, offered.name))
    return similarity


def _numbers(text: str) -> list[str]:
    return sorted(word for word in title_words(text) if any(c.isdigit() for c in word))


def _similarity(ours: str, theirs: str) -> float:
    """Return how similar two plain titles are, letter by letter, 0 to 1; 0 if a word is replaced by another word."""
    if not ours or not theirs:
        return 0.0
    left, right = sorted((title_words(ours), title_words(theirs)))
    is_long = min(len(ours), len(theirs)) >= 15
    for tag, a, b, c, d in SequenceMatcher(None, left, right, autojunk=False).get_opcodes():
        if tag != "equal" and not _same_words(left[a:b], right[c:d], is_long):
            return 0.0
    bare = [" ".join(word for word in side if word not in ("the", "and")) for side in (left, right)]
    return max(fuzz.ratio(ours, theirs), fuzz.ratio(*bare) if all(bare) else 0.0) / 100


def _same_words(ours: list[str], theirs: list[str], is_long_title: bool) -> bool:
    """Whether the parts in which two titles differ are the same words in another spelling.

    One different letter makes another word if the word or the title is short, or if it is the first letter. Scripts
    without spaces must be equal.
    """
    left, right = "".join(ours), "".join(theirs)
    if left == right or _ARTICLES.issuperset(ours + theirs):
        return True
    if not left or not right or _NO_SPACES.search(left + right):
        return False
    shorter, longer = sorted((left, right), key=len)
    if longer.endswith("nt") and shorter == longer[:-1]:  # can, can't
        return False
    if is_long_title and _DOUBLED.sub(r"\1", left) == _DOUBLED.sub(r"\1", right):
        return True
    if left[0] != right[0] and not (is_long_title and longer[1:] == shorter):
        return False
    n_letters = 3 if is_long_title else 5
    return len(shorter) >= n_letters and Levenshtein.distance(left, right) <= 1 + len(shorter) // 9


def _other_version(asked: TitleParts, offered: TitleParts) -> str:
    """Return the kind of version in which two titles differ; empty if they agree."""
    ours, theirs = _kinds(asked), _kinds(offered)
    if ours != theirs:
        return min(ours ^ theirs)
    for kind in sorted(ours | {FROM}):
        left, right = (side.versions.get(kind, frozenset()) for side in (asked, offered))
        agree = _same_qualifier(left, right) if kind in (REMIX, OTHER, "take") else _same_place(left, right)
        if not agree:
            return kind
    return ""


def _kinds(title: TitleParts) -> frozenset[str]:
    kinds = frozenset(title.versions) - {FROM}
    return kinds - {"in the style of", "tribute", "cover", "instrumental"} if "karaoke" in kinds else kinds


def _same_qualifier(ours: frozenset[str], theirs: frozenset[str]) -> bool:
    """Whether it is the same remix: a "Club Remix" is neither a "Radio Remix" nor just a "Remix"."""
    left, right = (" ".join(sorted(side)) for side in (ours, theirs))
    return _numbers(left) == _numbers(right) and fuzz.ratio(left, right) / 100 >= MIN_TITLE_SIMILARITY


def _same_place(ours: frozenset[str], theirs: frozenset[str]) -> bool:
    """Whether it is the same performance: if both sides name places or years, they must have one in common."""
    years = [{word for word in side if re.fullmatch(r"(?:19|20)\d\d", word)} for side in (ours, theirs)]
    places = [{word for word in side - _VENUES if not word.isdigit()} for side in (ours, theirs)]
    return all(not left or not right or left & right for left, right in (years, places))


def _same_artist(ours: Sequence[str], theirs: Sequence[str]) -> bool:
    """Whether the first artist of one side is among the artists of the other."""
    if not ours or not theirs or any(_name(side[0]) in NOBODY | {""} for side in (ours, theirs)):
        return False
    is_one_of_them = bool(_lead(ours[0]) & _names(theirs) or _lead(theirs[0]) & _names(ours))
    return is_one_of_them and _is_imitator(ours) == _is_imitator(theirs)


def _is_imitator(artists: Sequence[str]) -> bool:
    return any(_IMITATOR.search(plain(artist)) for artist in artists)


def _lead(artist: str) -> set[str]:
    return {_name(artist), _name(_parts(artist)[0])}


def _parts(artist: str) -> list[str]:
    return [part for part in _BETWEEN_ARTISTS.split(one_line(artist)) if part.strip()] or [artist]


def _names(artists: Iterable[str]) -> set[str]:
    """Return each artist as written, and the parts of a joined name: "A & B" gives "A & B", "A" and "B"."""
    return {_name(name) for artist in artists for name in (artist, *_parts(artist))}


def _name(artist: str) -> str:
    """Return the same text for all spellings of one artist: "The Beatles", "Beatles, The"; "AC/DC", "ACDC"."""
    words = plain(artist).split()
    return "".join([word for word in words if word not in ("the", "and", "n")] or words)


def _other_guests(ours: Sequence[str], theirs: Sequence[str]) -> bool:
    """Whether each side names an artist that the other lacks, and they share at most one."""
    left, right = _names(ours), _names(theirs)
    only_left, only_right = (
        {name for artist in side if _name(artist) not in others for name in map(_name, _parts(artist))} - others
        for side, others in ((ours, right), (theirs, left))
    )
    return bool(only_left and only_right) and len(left & right) < 2
