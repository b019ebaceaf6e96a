"""The file, folder or link that an entry of a playlist means, in the spellings of other programs and systems."""

import os
import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from urllib.parse import unquote, unquote_to_bytes

from spotrec.crawl.sources.text import lines
from spotrec.errors import NotFound, quoted
from spotrec.links import Reference, parse, parse_link, parse_path
from spotrec.system.files import from_home
from spotrec.system.text import DecodedText, other_readings
from spotrec.track import Track

_MAX_CHARS = 16_384
"""More than a path has, even if every byte is percent-encoded."""
_MOST_PROOFS = 50
"""As many files prove the encoding of a list."""
_DRIVE = re.compile(r"/?([A-Za-z]):[\\/]+(.*)", re.DOTALL)
_SHARE = re.compile(r"(?:\\\\|//)[^\\/]+[\\/]+[^\\/]+[\\/]+(.*)", re.DOTALL)
_WEB = re.compile(r"https?://", re.IGNORECASE)
_FILE_URL = re.compile(r"file:(?://(?:localhost)?)?(/.*)", re.IGNORECASE | re.DOTALL)
_FILE_ON_A_SHARE = re.compile(r"file:(//[^/]+/.*)", re.IGNORECASE | re.DOTALL)
_FILE_SCHEME = re.compile(r"file:(?://(?:localhost)?)?(?=/)", re.IGNORECASE)
_DIRECTIVE = re.compile(r"\s*#EXT[\w-]*(?::|\s*$)", re.ASCII)
_ESCAPE = re.compile(r"%[0-9A-Fa-f]{2}")
_QUOTES = frozenset({'""', "''", "<>", "“”"})
_OF_ANY_ALBUM = re.compile(r"(?:cd|dis[ck]|dvd|side|vol(?:ume)?|part)?[\W_]*[0-9a-d]{0,2}", re.IGNORECASE)
"""The name of a folder that many albums have: `CD1`, `Disc 2`."""


class EntryFinder:
    r"""Finds what the entries of one playlist mean.

    A path that exists as it is written is that path. Otherwise the same path is looked for in other spellings:

    - percent-encoded, with or without `file://`; with backslashes; with blanks around it;
    - from the root of a drive (`C:\Music\a.mp3`, `/Music/a.mp3`): the drive may be mounted at any parent of the
      playlist, or at `/mnt/c`; or the music was moved, and the end of the path, its folder included, is at a parent;
    - with composed or decomposed accents, in other case: only if one file fits;
    - read in another encoding than the list was: in the first in which a file has that name.

    Args:
        folder: relative entries start here.
        encoding: the codec in which the list was read; None if no other one counts.
    """

    def __init__(self, folder: Path, encoding: str | None = "utf-8") -> None:
        self._folder = folder
        self._encoding = encoding
        here = Path(os.path.abspath(folder))  # noqa: PTH100 - `resolve` would lose the parents of a linked folder
        self._roots = [root for root in (here, *here.parents) if root.parent != root]
        self._names: dict[Path, dict[str, list[str]]] = {}

    def entries(self, text: str) -> list[str]:
        """Return the lines of a list that are not comments. A line that begins with # may be a file's name."""
        return [line for line in lines(text) if self.is_entry(line)]

    def is_entry(self, line: str) -> bool:
        """Whether a line that is not blank names something: it is no comment."""
        return not line.lstrip().startswith("#") or self._is_a_file(line)

    def find(self, entry: str) -> Reference:
        """Return what an entry means: a path, or a link.

        Raises:
            BadLink: it is not a path or a link that spotrec knows.
            NotFound: there is no such file.
        """
        text = entry.strip()
        if path := self.path(entry):
            return parse_path(path)
        if link := parse_link(text):
            return link
        if text[:1] + text[-1:] in _QUOTES and len(text) > 2:
            return self.find(text[1:-1])
        if "://" in text or text.startswith("~"):
            return parse(text)
        if _DRIVE.fullmatch(text) or _SHARE.fullmatch(text):
            raise NotFound(f"there is no file or folder {quoted(text)}", "mount its drive, or write the playlist again")
        return parse_path(self._folder / text)

    def path(self, entry: str) -> Path | None:
        """Return the existing file or folder that an entry means; None if there is none."""
        if _exists(exact := self._folder / entry):
            return exact
        if not entry.strip() or len(entry) > _MAX_CHARS or _WEB.match(entry.strip()):
            return None
        starts = [start for spelling in _spellings(entry) for start in self._starts(spelling)]
        for folder, rest in starts:
            if _exists(folder / rest):
                return folder / rest
        return self._first_folded(starts) or self._in_another_encoding(entry)

    def _in_another_encoding(self, entry: str) -> Path | None:
        if self._encoding is None:
            return None
        readings = (reading.strip().replace("\\", "/") for reading, _ in other_readings(entry, self._encoding))
        starts = (
            (folder, rest)
            for reading in readings
            for folder, rest in self._starts(reading)
            if (first := rest.partition("/")[0]) in ("", ".", "..") or _fold(first) in self._names_in(folder)
        )
        return self._first_folded(starts)

    def _first_folded(self, starts: Iterable[tuple[Path, str]]) -> Path | None:
        return next((path for folder, rest in starts if (path := self._folded(folder, rest))), None)

    def _is_a_file(self, line: str) -> bool:
        path = None if _DIRECTIVE.match(line) else self.path(line)
        return path is not None and path.is_file()

    def _starts(self, spelling: str) -> Iterator[tuple[Path, str]]:
        """Yield the folders from which a path may count, each with the rest of the path."""
        if drive := _DRIVE.fullmatch(spelling):
            letter, rest = drive.groups()
            yield Path("/mnt", letter.lower()), rest
        elif share := _SHARE.fullmatch(spelling):
            rest = share[1]
        elif spelling.startswith("/"):
            rest = spelling.lstrip("/")
            yield Path("/"), rest
        else:
            yield self._folder, spelling
            return
        for end in _ends(rest):
            yield from ((root, end) for root in self._roots)

    def _folded(self, folder: Path, rest: str) -> Path | None:
        """Return the only path that has these names in another case or with other accents of the same letters."""
        path = folder
        for name in rest.split("/"):
            if name in ("", "."):
                continue
            if name == ".." or _exists(path / name):
                path = path / name
                continue
            names = self._names_in(path).get(_fold(name), [])
            composed = [one for one in names if _composed(one) == _composed(name)]
            if len(composed or names) != 1:
                return None
            path = path / (composed or names)[0]
        return path if path != folder else None

    def _names_in(self, folder: Path) -> dict[str, list[str]]:
        """Return the names in a folder by their folded form. A folder that cannot be listed has no names."""
        if folder not in self._names:
            names: dict[str, list[str]] = {}
            try:
                for name in os.listdir(folder):  # noqa: PTH208 - names are enough
                    names.setdefault(_fold(name), []).append(name)
            except (OSError, ValueError):
                pass
            self._names[folder] = names
        return self._names[folder]


def proven_by_files(found: DecodedText, folder: Path, places: Callable[[str], Iterable[Sequence[str]]]) -> DecodedText:
    """Return a text whose encoding was guessed in the one in which most of the files that it names exist.

    Args:
        folder: relative places start here.
        places: returns the entries of a text, each with the places where its file may be.
    """

    def n_found(text: str) -> tuple[int, int]:
        finder = EntryFinder(folder, None)
        entries = [one for one in places(text) if not all(map(str.isascii, one))][:_MOST_PROOFS]
        return sum(any(map(finder.path, one)) for one in entries), len(entries)

    if not found.is_guess or found.text.isascii():
        return found
    n_here, n_entries = n_found(found.text)
    if n_entries and n_here == n_entries:
        return replace(found, is_guess=False)
    for text, encoding in other_readings(found.text, found.encoding) if n_entries else ():
        if encoding != "utf-8" and n_found(text)[0] > n_here:
            n_here, found = n_found(text)[0], replace(found, text=text, encoding=encoding, is_guess=False)
    return found


def track_read_earlier(entry: str, folder: Path, stored_at: Callable[[str], Track | None]) -> Track | None:
    """Return the track that was read earlier from the file that an entry names, and that is not here now.

    Args:
        folder: relative entries start here.
        stored_at: returns the track that was read from a path, or None.
    """
    path = _FILE_SCHEME.sub("", entry)
    try:
        ways = [os.path.realpath(folder / way) for way in dict.fromkeys((path, unquote(path)))]
    except (OSError, ValueError):  # some texts are not valid paths
        return None
    return next((track for way in ways if (track := stored_at(way))), None)


def _ends(path: str) -> Iterator[str]:
    """Yield a path, and its ends of two names or more, the longest first, as far as they are of one album only."""
    names = path.split("/")
    if path:
        yield path
    if ".." in names:
        return
    for i in range(1, len(names) - 1):
        if i < len(names) - 2 or not _OF_ANY_ALBUM.fullmatch(names[i]):
            yield "/".join(names[i:])


def _spellings(entry: str) -> list[str]:
    """Return the paths that an entry may stand for, the most literal first."""
    texts = list(dict.fromkeys((entry, entry.strip(" \t\r\n"), entry.strip())))
    if url := _FILE_URL.fullmatch(texts[-1]) or _FILE_ON_A_SHARE.fullmatch(texts[-1]):
        path = url[1]
        cut = re.split(r"[?#]", path)[0]
        texts = [*_unescaped(path), *_unescaped(cut), path]  # some programs escape nothing
    else:
        texts += [plain for text in texts for plain in _unescaped(text)]
        texts += [str(from_home(text)) for text in texts if re.match("~[\\\\/]", text)]
    return list(dict.fromkeys(way for text in texts for way in (text, text.replace("\\", "/"))))


def _unescaped(text: str) -> Iterator[str]:
    """Yield what percent-encoded text says: in the encoding of this system, else in Windows-1252."""
    if not _ESCAPE.search(text):
        yield text
        return
    try:
        content = unquote_to_bytes(text)
    except UnicodeEncodeError:  # halves of surrogate pairs
        return
    yield os.fsdecode(content)
    try:
        content.decode()
    except UnicodeDecodeError:
        yield content.decode("cp1252", "replace")


def _exists(path: Path) -> bool:
    try:
        path.stat()
    except (OSError, ValueError):  # some texts are not valid paths
        return False
    return True


def _composed(name: str) -> str:
    return unicodedata.normalize("NFC", name)


def _fold(name: str) -> str:
    return unicodedata.normalize("NFC", unicodedata.normalize("NFD", name).casefold())
