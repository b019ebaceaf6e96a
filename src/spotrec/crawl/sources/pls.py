"""PLS playlists: `File1=` lines with paths or links, as Winamp and radios write them."""

import re
from pathlib import Path

from spotrec.crawl.sources.list_files import Entry, EntryList, ListFile
from spotrec.crawl.sources.text import read_text

_FILE = re.compile(r"\s*File([0-9]{1,9})\s*=(.*)", re.IGNORECASE)


def read_pls(path: Path) -> ListFile:
    """Return the list in a PLS file, in the order of its numbers.

    Raises:
        UsageError, SpotrecError: it cannot be read as text.
    """
    text = read_text(path, "a PLS playlist")
    found = [match for line in re.split(r"\r\n|\r|\n", text) if (match := _FILE.fullmatch(line))]
    entries = [Entry(places=(place,)) for match in sorted(found, key=_number) if (place := match[2].strip())]
    return ListFile([EntryList("", path.stem, entries)], "a PLS playlist")


def _number(match: re.Match[str]) -> int:
    return int(match[1])
