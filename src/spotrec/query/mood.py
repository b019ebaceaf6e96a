"""Words → the model's tags that are wanted and unwanted: `chill female vocalists -metal`."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from textwrap import wrap

from spotrec.errors import UsageError, quoted
from spotrec.names.titles import plain
from spotrec.query.tag_conditions import no_tags, tag_spellings

MOOD_WEIGHT = 0.5
"""The default weight of a mood next to seeds."""

_UNLIKE = frozenset({"no", "not", "without"})
_FILLERS = frozenset({"and", "but", "with", "music", "songs", "tracks"})
_DASHES = "-–—−"
_QUOTES = "\"'“”„‘’«»"
_LONGEST_WORD = 40
_NO_BREAK = "\N{NO-BREAK SPACE}"


@dataclass(frozen=True, slots=True)
class Mood:
    """Tags as the model names them, each once, in the order of the words.

    `weight` is the mood's share of the score next to seeds, 0 to 1. Without seeds the mood alone counts.
    """

    wanted: tuple[str, ...]
    unwanted: tuple[str, ...]
    weight: float = 1.0


@dataclass(frozen=True, slots=True)
class _Word:
    """`starts_unlike`: a minus or “no”, which begins an unwanted tag and ends the tag before it."""

    text: str
    starts_unlike: bool = False


def parse_mood(text: str, tag_names: Sequence[str], weight: float = 1.0) -> Mood:
    """Find the tags that `text` names: at each word the longest tag that fits, a minus or “no” before unwanted ones.

    Commas separate tags. Case, accents, hyphens and spaces within a tag do not matter.

    Raises:
        UsageError: a word is not part of a tag, a tag is both wanted and unwanted, no tag is named, the weight is not
            0 to 1, or the model has no tags.
    """
    if not tag_names:
        raise no_tags()
    if not 0 <= weight <= 1:
        raise UsageError(f"`mood_weight` must be 0 to 1, not {weight}", "0.5 gives mood and seeds the same weight")
    spellings = tag_spellings(tag_names)
    signs: dict[str, bool] = {}
    for phrase in re.split(r"[,;+\n]", text):
        for tag, is_wanted in _tags_in(_words(phrase), spellings, tag_names):
            if signs.setdefault(tag, is_wanted) != is_wanted:
                raise UsageError(f"{quoted(text)} names {tag} as both wanted and unwanted", "remove one of the two")
    if not signs:
        raise UsageError("the mood does not name a tag", _all_tags(tag_names))
    wanted = tuple(tag for tag, is_wanted in signs.items() if is_wanted)
    return Mood(wanted, tuple(tag for tag in signs if tag not in wanted), weight)


def _words(phrase: str) -> list[_Word]:
    words: list[_Word] = []
    for written in phrase.split():
        bare = written.strip(_QUOTES)
        if bare[:1] and bare[0] in _DASHES:
            words.append(_Word("", starts_unlike=True))
            bare = bare[1:].strip(_QUOTES)
        elif bare.casefold() in _UNLIKE:
            words.append(_Word("", starts_unlike=True))
            continue
        if any(c.isalnum() for c in bare):
            words += [_Word(word) for word in plain(bare).split()]
    return words


def _tags_in(words: list[_Word], spellings: dict[str, str], tag_names: Sequence[str]) -> Iterator[tuple[str, bool]]:
    """Yield each named tag, and whether it is wanted."""
    start, is_wanted = 0, True
    while start < len(words):
        if words[start].starts_unlike:
            start, is_wanted = start + 1, False
        elif found := _longest(words, start, spellings):
            tag, start = found
            yield tag, is_wanted
            is_wanted = True
        elif words[start].text in _FILLERS:
            start += 1
        else:
            raise _unknown(words[start].text, spellings, tag_names)
    if not is_wanted:
        raise UsageError("no tag follows the last minus or “no” of the mood", "write for example -metal")


def _longest(words: list[_Word], start: int, spellings: dict[str, str]) -> tuple[str, int] | None:
    """Return the tag with the most words from `start` on, and the position after it; None if no tag fits."""
    joined, found = "", None
    for end in range(start, min(start + 4, len(words))):
        if words[end].starts_unlike:
            break
        joined += words[end].text
        if joined in spellings:
            found = spellings[joined], end + 1
    return found


def _unknown(word: str, spellings: dict[str, str], tag_names: Sequence[str]) -> UsageError:
    from difflib import get_close_matches

    near = get_close_matches(word[:_LONGEST_WORD], spellings, n=5, cutoff=0.6)
    names = list(dict.fromkeys(spellings[one] for one in near))
    meant = f"do you mean {' or '.join(names[:3])}? " if names else ""
    return UsageError(f"the model has no tag {quoted(word)}", meant + _all_tags(tag_names))


def _all_tags(tag_names: Sequence[str]) -> str:
    in_one_piece = ", ".join(name.replace(" ", _NO_BREAK) for name in tag_names)
    return "its tags are:" + "".join(f"\n  {line.replace(_NO_BREAK, ' ')}" for line in wrap(in_one_piece, 76))
