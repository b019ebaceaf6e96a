"""What the files of players and services say of their lists, before anything is looked up."""

from collections.abc import Sequence
from dataclasses import dataclass

from spotrec.crawl.sources.named_tracks import name_id
from spotrec.links import DeezerReference, SpotifyReference
from spotrec.names.titles import one_line
from spotrec.track import CollectionKind, Track, TrackId

_LONGEST_MS = 1_000_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One entry of a list.

    Args:
        places: links and files, best first; a file as a path (relative to the list's folder) or as a `file:` address.
        refusal: why the entry is not a track, such as “a podcast episode”; empty if it may be one.
    """

    places: tuple[str, ...] = ()
    title: str = ""
    artists: tuple[str, ...] = ()
    album: str | None = None
    isrc: str | None = None
    duration_ms: int | None = None
    release_date: str | None = None
    genre: str | None = None
    bpm: float | None = None
    musical_key: str | None = None
    refusal: str = ""

    @property
    def name(self) -> str:
        """The name in messages."""
        named = " – ".join(part for part in (", ".join(self.artists), self.title) if part)
        return named or one_line(next(iter(self.places), "")) or "?"

    def track(self, link: SpotifyReference | DeezerReference | None = None) -> Track:
        """Return the track as the entry describes it.

        Raises:
            UsageError: there is no link, no ISRC, and not both title and artist.
        """
        return Track(
            id=TrackId(link.uri) if link else name_id(self.isrc, self.title, self.artists),
            title=self.title or str(self.isrc),
            artists=self.artists,
            album=self.album,
            isrc=self.isrc,
            duration_ms=self.duration_ms,
            release_date=self.release_date,
            url=link.url if link else None,
            genre=self.genre,
            bpm=self.bpm,
            musical_key=self.musical_key,
        )


@dataclass(frozen=True, slots=True)
class EntryList:
    """A list in a file.

    Args:
        key: tells the list from the others in the file, if possible even when it is renamed; empty for the list of the
            whole file.
        repeats: the list consists of entries of the first list, the very same objects.
    """

    key: str
    title: str
    entries: Sequence[Entry]
    kind: CollectionKind = CollectionKind.PLAYLIST
    repeats: bool = False


@dataclass(frozen=True, slots=True)
class ListFile:
    """The lists of a file.

    Args:
        kind: what the file is, in messages: “a PLS playlist”.
        notice: what the user is told about entries that were left out.
        encoding: the codec in which the file was read.
        encoding_notice: what the user is told of an encoding that was guessed.
    """

    lists: Sequence[EntryList]
    kind: str
    notice: str = ""
    encoding: str = "utf-8"
    encoding_notice: str = ""


def left_out(counts: dict[str, int], where: str) -> str:
    """Return a sentence on what was left out of a file, by kind; empty if nothing was."""
    told = [f"{kind} ({n:,})" for kind, n in counts.items() if n]
    return f"left out of {where}: {', '.join(told)}" if told else ""


def unique_keys(names: Sequence[str]) -> list[str]:
    """Return a key for each name; equal names get a number: `["a", "a"]` → `["a", "a (2)"]`."""
    seen: dict[str, int] = {}
    keys = []
    for name in names:
        seen[name] = seen.get(name, 0) + 1
        keys.append(f"{name} ({seen[name]})" if seen[name] > 1 else name)
    return keys


def milliseconds(value: object, *, per_unit: int = 1) -> int | None:
    """Return a duration in milliseconds from a number or text; None if it makes no sense.

    Args:
        per_unit: milliseconds in one unit of `value`: 1000 if it is in seconds.
    """
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        ms = float(value) * per_unit
    except (ValueError, OverflowError):
        return None
    return round(ms) if 0 < ms < _LONGEST_MS else None
