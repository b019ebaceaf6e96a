"""Whether what a provider's search offers is the recording that was asked for.

A title alone finds wrong songs: artist, title, version and length must all agree. `benchmarks/matching.py` measures
what each of them is worth.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from rapidfuzz import fuzz
from rapidfuzz.distance import Levenshtein

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
"""More than this vetoes even an equal ISRC."""
_MAX_ARTISTS = 30

_MISSES = ("another artist", "title differs", "another version", "another length")  # nearer and nearer
_DOUBLED = re.compile(r"([^\W\d])\1+")
_ARTICLES = frozenset({"the", "a", "an", "and"})
_NO_SPACES = re.compile("[\u0e00-\u0eff\u1100-\u11ff\u2e80-\ua4cf\uac00-\ud7ff\uf900-\ufaff]")
_VENUES = frozenset(
    {"hall", "theatre", "theater", "stadium", "arena", "festival", "club", "center", "centre", "tour", "park"}
)
_BETWEEN_ARTISTS = re.compile(
    r"\s*[,;()\[\]（）]\s*|\s+[+/&x×]\s+|&|\s+(?:and|feat\.?|featuring|ft\.?|vs\.?|with)\s+", re.IGNORECASE
)
_NOBODY = frozenset(
    {"various", "variousartists", "va", "unknown", "unknownartist", "variosartistas", "artistesdivers", "diverse"}
)
_IMITATOR = re.compile(r"\b(?:karaoke|tributes?|covers?|sing ?along|sound ?alikes?|made famous by|in the style of)\b")


@dataclass(frozen=True, slots=True)
class Candidate:
    """What a provider's search offers."""

    title: str
    artists: tuple[str, ...]
    duration_ms: int | None = None
    isrc: str | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a candidate is the track.

    `reason` says why not, in a few words, and is empty for a match. `score` is the titles' similarity, 0 to 1, halved
    for another version.
    """

    is_match: bool
    reason: str
    score: float


def judge(track: Track, candidate: Candidate, *, loose: bool = False) -> Verdict:
    """Compare artist, title, version and length; what a side does not know cannot disagree.

    An equal ISRC makes the names irrelevant. A live recording without the word in its title is found out by its
    length only.

    Args:
        loose: let versions stand in for each other, and lengths differ by up to 15 s.
    """
    if _same_isrc(track, candidate):
        is_sane = not _differs(track, candidate, GROSS_DIFFERENCE_MS)
        return Verdict(is_sane, "" if is_sane else "another length", 1.0)
    asked, offered = title_parts(track.title[:MAX_CHARS]), title_parts(candidate.title[:MAX_CHARS])
    ours, theirs = _bounded(track.artists), _bounded(candidate.artists)
    same_length = _difference_ms(track, candidate) is not None and not _differs(track, candidate, MAX_DIFFERENCE_MS)
    is_spelled_alike = asked.spelling == offered.spelling != ""
    similarity = 1.0 if is_spelled_alike else _title_similarity(asked, offered, subtitles_optional=same_length)
    kind = "" if is_spelled_alike else _other_version(asked, offered)
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
    """The index of the best match, or None with the reason of the nearest miss.

    An equal ISRC is best, then the most similar title, then the nearest length, then the provider's own order.
    """
    if not candidates:
        return None, "nothing was offered"
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
    """As many artists as a recording may have, and as much of their names: what comes from outside may be endless."""
    return tuple(artist[:MAX_CHARS] for artist in artists[:_MAX_ARTISTS])


def _same_isrc(track: Track, candidate: Candidate) -> bool:
    ours, theirs = (re.sub(r"[\s-]", "", isrc or "").upper() for isrc in (track.isrc, candidate.isrc))
    return ours == theirs != ""


def _difference_ms(track: Track, candidate: Candidate) -> int | None:
    """How far apart the lengths are; None where one is not known."""
    if not track.duration_ms or not candidate.duration_ms:
        return None
    return abs(track.duration_ms - candidate.duration_ms)


def _differs(track: Track, candidate: Candidate, by_more_than_ms: int) -> bool:
    difference_ms = _difference_ms(track, candidate)
    return difference_ms is not None and difference_ms > by_more_than_ms


def _title_similarity(asked: TitleParts, offered: TitleParts, *, subtitles_optional: bool) -> float:
    """0 to 1. Where subtitles are optional, one side may leave out all of its brackets that name no version."""
    if _numbers(asked.full) != _numbers(offered.full):
        return 0.0
    similarity = _similarity(asked.full, offered.full)
    if subtitles_optional:
        similarity = max(similarity, _similarity(asked.name, offered.full), _similarity(asked.full, offered.name))
    return similarity


def _numbers(text: str) -> list[str]:
    return sorted(word for word in title_words(text) if any(c.isdigit() for c in word))


def _similarity(ours: str, theirs: str) -> float:
    """Of two plain titles, 0 to 1: alike letter by letter, and no word replaced by another word."""
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
    """Whether a stretch where two titles differ is only spelled otherwise.

    A letter more, less or other makes another word of a short word, of a word in a short title, and at the start of a
    word. Scripts that write without spaces are compared as they are.
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
    """The kind of version on which two titles do not agree; empty where they do."""
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
    """Which remix: a "Club Remix" is neither a "Radio Remix" nor just a "Remix"."""
    left, right = (" ".join(sorted(side)) for side in (ours, theirs))
    return _numbers(left) == _numbers(right) and fuzz.ratio(left, right) / 100 >= MIN_TITLE_SIMILARITY


def _same_place(ours: frozenset[str], theirs: frozenset[str]) -> bool:
    """Which evening: places and years that both sides know must have one in common."""
    years = [{word for word in side if re.fullmatch(r"(?:19|20)\d\d", word)} for side in (ours, theirs)]
    places = [{word for word in side - _VENUES if not word.isdigit()} for side in (ours, theirs)]
    return all(not left or not right or left & right for left, right in (years, places))


def _same_artist(ours: Sequence[str], theirs: Sequence[str]) -> bool:
    """Whether the first artist of one side is among those of the other."""
    if not ours or not theirs or any(_name(side[0]) in _NOBODY | {""} for side in (ours, theirs)):
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
    """Each artist as written, and each of those joined in one: "A & B" is "A & B", "A" and "B"."""
    return {_name(name) for artist in artists for name in (artist, *_parts(artist))}


def _name(artist: str) -> str:
    """Equal for two ways to write one artist: "The Beatles", "Beatles, The"; "AC/DC", "ACDC"."""
    words = plain(artist).split()
    return "".join([word for word in words if word not in ("the", "and", "n")] or words)


def _other_guests(ours: Sequence[str], theirs: Sequence[str]) -> bool:
    """Whether both sides name artists that the other does not, and share no more than one."""
    left, right = _names(ours), _names(theirs)
    only_left, only_right = (
        {name for artist in side if _name(artist) not in others for name in map(_name, _parts(artist))} - others
        for side, others in ((ours, right), (theirs, left))
    )
    return bool(only_left and only_right) and len(left & right) < 2
