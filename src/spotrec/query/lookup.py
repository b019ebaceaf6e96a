"""Lookup of a stored track by words of its title and artists."""

from spotrec.errors import NotFound, UsageError, quoted
from spotrec.names.recordings import recording_key
from spotrec.names.titles import normalised
from spotrec.store import FeatureStore
from spotrec.track import Track

_CANDIDATES_SHOWN = 5


def find_stored_seed(store: FeatureStore, words: str) -> Track:
    """Find the one stored track whose title and artists contain all of `words`.

    Raises:
        NotFound: no track does.
        UsageError: several tracks do, and the hint lists some; or there are no words.
    """
    if not words.strip():
        raise UsageError("the search has no words", "give a link, a file, or words of a title or artist")
    found = store.tracks.find_by_words(words)
    exact = [track for track in found if is_named(track, words)]
    distinct = {recording_key(t.title, t.artists) or t.id: t for t in reversed(exact or found)}
    if not distinct:
        raise NotFound(
            f"no stored track has {quoted(words)} in its title or artist",
            "crawl the track first, or give a link or a file",
        )
    if len(distinct) > 1:
        shown = list(distinct.values())[::-1][:_CANDIDATES_SHOWN]
        lines = "".join(f"\n  {track.id}  {track.name}" for track in shown)
        more = f"\n  … and {len(distinct) - len(shown)} more" if len(distinct) > len(shown) else ""
        raise UsageError(
            f"{quoted(words)} matches {len(distinct)} tracks", f"add words, or give one of these ids:{lines}{more}"
        )
    return next(iter(distinct.values()))


def is_named(track: Track, words: str) -> bool:
    """Return whether `words` are the whole name of the track, not only part of it."""
    wanted = normalised(words)
    return wanted in (
        normalised(track.title),
        normalised(track.name),
        normalised(f"{track.title} {' '.join(track.artists)}"),
    )
