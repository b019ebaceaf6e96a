"""Lookup of a stored track by words of its title and artists, also if they are not spelled exactly as stored."""

import shlex
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from spotrec.errors import NotFound, SeveralMatch, UsageError, quoted
from spotrec.names.recordings import recording_key
from spotrec.names.titles import normalised, song_title, without_remaster
from spotrec.store import FeatureStore
from spotrec.track import Track

_MOST = 20


@dataclass(frozen=True, slots=True)
class Matches:
    """The stored tracks that words could mean, one for each recording; at most twenty.

    Attributes:
        are_exact: whether the words are the whole name of each of them.
        has_typo: whether a word was found only with another letter.
    """

    words: str
    tracks: tuple[Track, ...]
    are_exact: bool = False
    has_typo: bool = False

    def only(self) -> Track:
        """Return the one track.

        Raises:
            NotFound: there is no track.
            SeveralMatch: there are several.
        """
        if not self.tracks:
            raise NotFound(
                f"no stored track has {quoted(self.words)} in its title or artist",
                "`spotrec tracks` lists the stored tracks; crawl the track first, or give a link or a file",
            )
        if len(self.tracks) > 1:
            number = f"{len(self.tracks)} or more" if len(self.tracks) >= _MOST else str(len(self.tracks))
            raise SeveralMatch(
                f"{quoted(self.words)} matches {number} tracks",
                self.words,
                [(track.id, track.name) for track in self.tracks],
                "add words, or ",
            )
        return self.tracks[0]


def find_matches(store: FeatureStore, words: str, *, typos: bool = True) -> Matches:
    """Find the stored tracks whose title and artists contain all of `words`.

    If no track does, accents, apostrophes, the word “by” and “(Remastered)” do not count; then, with `typos`, one word
    may have one wrong letter. With `typos`, tracks that have the words as whole words come before tracks with longer
    ones.

    Raises:
        UsageError: there are no words.
    """
    if not words.strip():
        raise UsageError("the search has no words", "give a link, a file, or words of a title or artist")
    found = store.tracks.find_by_words(words, _MOST)
    if found:
        exact = [track for track in found if is_named(track, words)]
        return Matches(
            words, _distinct(exact or (_with_whole_words(found, words) if typos else found)), are_exact=bool(exact)
        )
    for spelling in dict.fromkeys((words, words.replace(" by ", " "), without_remaster(words))):
        for most_typos in (0, 1) if typos else (0,):
            if found := store.tracks.find_by_spelling(spelling, _MOST, most_typos=most_typos):
                exact = [track for track in found if _is_spelled(track, spelling)]
                best = exact or (_with_whole_words(found, spelling) if typos else found)
                return Matches(words, _distinct(best), bool(exact), has_typo=most_typos > 0)
    return Matches(words, ())


@contextmanager
def words_of_one_name(store: FeatureStore, names: Sequence[object]) -> Iterator[None]:
    """Look up several names inside; if one fails, tell whether they are the words of one name without quotes.

    Raises:
        NotFound, UsageError: the same as inside, with the hint to put the words in quotes if a track has all of them.
    """
    try:
        yield
    except (NotFound, SeveralMatch) as error:
        words = [name for name in names if isinstance(name, str)]
        together = " ".join(words)
        if len(words) != len(names) or len(words) < 2 or together.split() != words:
            raise
        if not find_matches(store, together, typos=False).tracks:
            raise
        raise without_quotes(error, together) from error


def without_quotes(error: NotFound | SeveralMatch, together: str) -> NotFound | UsageError:
    """Return an error with the hint to put the words in quotes."""
    hint = f"if these words are one name, put it in quotes: {shlex.quote(together)}"
    more = f"; else {error.hint}" if error.hint else ""
    kind = NotFound if isinstance(error, NotFound) else UsageError
    return kind(error.message, hint + more)


def artist_in(store: FeatureStore, matches: Matches) -> str | None:
    """Return the artist whose whole name the words are, if they are that and not the name of a track."""
    if matches.are_exact or len(matches.tracks) < 2:
        return None
    from spotrec.names.spellings import letters, one_letter_apart

    wanted = _without_article(letters(matches.words), matches.words)
    stored = (*store.selection.artists(matches.words), *(name for track in matches.tracks for name in track.artists))
    names = {name: _without_article(letters(name), name) for name in stored}
    for is_it in (str.__eq__, one_letter_apart) if matches.has_typo else (str.__eq__,):
        if found := [name for name, spelling in names.items() if is_it(spelling, wanted)]:
            return found[0] if len({names[name] for name in found}) == 1 else None
    return None


def is_named(track: Track, words: str) -> bool:
    """Return whether `words` are the whole name of the track, not only part of it."""
    wanted = normalised(words)
    return wanted in (
        normalised(track.title),
        song_title(track.title),
        normalised(track.name),
        normalised(f"{track.title} {' '.join(track.artists)}"),
    )


def _is_spelled(track: Track, words: str) -> bool:
    """Return whether `words` are the whole name of the track as people type it."""
    from spotrec.names.spellings import letters

    names = (track.title, track.name, f"{track.title} {' '.join(track.artists)}")
    return letters(words) in map(letters, names)


def _with_whole_words(tracks: list[Track], words: str) -> list[Track]:
    """Return the tracks that have each of `words` as a whole word, if there are any, else all of them."""
    from spotrec.names.spellings import MIN_LETTERS, one_letter_apart, typed

    wanted = typed(words).split()

    def has_all(track: Track) -> bool:
        whole = typed(f"{track.title} {' '.join(track.artists)}").split()
        return all(
            word in whole or (len(word) >= MIN_LETTERS and any(one_letter_apart(word, other) for other in whole))
            for word in wanted
        )

    return [track for track in tracks if has_all(track)] or tracks


def _without_article(spelling: str, name: str) -> str:
    return spelling.removeprefix("the") if normalised(name).startswith("the ") else spelling


def _distinct(tracks: list[Track]) -> tuple[Track, ...]:
    """Return the first track of each recording."""
    by_recording = {recording_key(one.title, one.artists) or one.id: one for one in reversed(tracks)}
    return tuple(by_recording.values())[::-1]
