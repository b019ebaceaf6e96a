"""PLS playlists: `File1=` lines with paths or links, as Winamp and radios write them."""

import re
from pathlib import Path

from spotrec.crawl.sources.entries import proven_by_files
from spotrec.crawl.sources.list_files import Entry, EntryList, ListFile
from spotrec.crawl.sources.text import encoding_notice, read_text

_FILE = re.compile(r"\s*File([0-9]{1,9})\s*=(.*)", re.IGNORECASE)


def read_pls(path: Path, encoding: str = "") -> ListFile:
    """Return the list in a PLS file, in the order of its numbers.

    Args:
        encoding: the codec of a text that is not Unicode; "" to guess it.

    Raises:
        UsageError, SpotrecError: it cannot be read as text.
    """
    found = proven_by_files(read_text(path, "a PLS playlist", encoding), path.parent, _places)
    entries = [Entry(places=places) for places in _places(found.text)]
    return ListFile(
        [EntryList("", path.stem, entries)],
        "a PLS playlist",
        encoding=found.encoding,
        encoding_notice=encoding_notice(path.name, found),
    )


def _places(text: str) -> list[tuple[str]]:
    found = [match for line in re.split(r"\r\n|\r|\n", text) if (match := _FILE.fullmatch(line))]
    return [(place,) for match in sorted(found, key=_number) if (place := match[2].strip())]


def _number(match: re.Match[str]) -> int:
    return int(match[1])
