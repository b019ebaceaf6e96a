"""Completion: the tracks whose titles and artists begin like what somebody types, out of a text in memory."""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from spotrec.names.titles import normalised
from spotrec.serve.freshness import Followed
from spotrec.track import TrackId

if TYPE_CHECKING:
    from spotrec.recommender import Recommender

_SAMPLE = 100_000
"""Characters in which the words are counted to find the rarest: in all of them it would take milliseconds."""
_MOST_SEEN = 10_000
"""Lines that are looked at for a rare second word; a catalogue has more with “the a”, and nobody reads so far."""


@dataclass(frozen=True, slots=True)
class _Text:
    """The search texts of a catalogue, shortest first. Each is after a line end and a blank, as every word is.

    Attributes:
        starts, ids: of each line.
    """

    text: str
    starts: list[int]
    ids: list[TrackId]


class Completion:
    """Finds tracks by words that may be incomplete. Threads may share it. It follows the store within seconds."""

    def __init__(self, recommender: "Recommender") -> None:
        self._recommender = recommender
        self._text = Followed(recommender.settings.store_path, self._read)

    def find(self, words: str, limit: int) -> list[TrackId]:
        """Return the tracks that have all of `words`, each as the beginning of a word, best first.

        Tracks whose title begins with them come first, then shorter names before longer ones.
        """
        wanted = normalised(words).split()
        held = self._text.get()
        if not wanted:
            return held.ids[:limit]
        lines = dict.fromkeys(_beginning_with(held, " ".join(wanted), limit))
        if len(lines) < limit:
            lines |= dict.fromkeys(_with_all(held, wanted, limit))
        return [held.ids[line] for line in [*lines][:limit]]

    def _read(self) -> _Text:
        return self._made_of(self._recommender.session.store().listing.search_texts())

    @staticmethod
    def _made_of(rows: Sequence[tuple[TrackId, str]]) -> _Text:
        starts, at = [], 0
        for _, text in rows:
            starts.append(at)
            at += len(text) + 2
        return _Text("".join(f"\n {text}" for _, text in rows) + "\n", starts, [id_ for id_, _ in rows])


def _beginning_with(held: _Text, words: str, limit: int) -> Iterator[int]:
    """Yield the lines that begin with `words`."""
    for n, at in enumerate(_places(held.text, "\n " + words)):
        if n >= limit:
            return
        yield _line(held, at)


def _with_all(held: _Text, wanted: list[str], limit: int) -> Iterator[int]:
    """Yield the lines that have all words, each at the beginning of a word; the rarest is looked for first."""
    text = held.text
    middle = len(text) // 2
    rarest = min(set(wanted), key=lambda word: (text.count(" " + word, middle, middle + _SAMPLE), -len(word), word))
    others = [word for word in wanted if word != rarest]
    found, before = 0, -1
    for seen, at in enumerate(_places(text, " " + rarest)):
        if seen >= _MOST_SEEN or found >= limit:
            return
        line = _line(held, at)
        if line == before:
            continue
        before = line
        whole = text[held.starts[line] : text.index("\n", at)]
        if all(" " + word in whole for word in others):
            found += 1
            yield line


def _places(text: str, part: str) -> Iterator[int]:
    at = text.find(part)
    while at >= 0:
        yield at
        at = text.find(part, at + 1)


def _line(held: _Text, at: int) -> int:
    return bisect_right(held.starts, at) - 1
