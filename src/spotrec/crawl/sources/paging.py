"""Lists that come in pages, from services that are not trusted to count, to go on or to end."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from spotrec.crawl.json_values import whole
from spotrec.crawl.sources import ListedTrack, Listing, SkippedEntry
from spotrec.errors import ServiceUnavailable
from spotrec.track import Collection, Track

MOST_ROWS = 100_000
_MOST_EMPTY_PAGES = 20
_MOST_IN_ALL = 10**9
_NEXT_OFFSET = re.compile(r"[?&](?:offset|index)=([0-9]{1,9})(?:&|$)")


@dataclass(frozen=True, slots=True)
class Page:
    """Rows of a list, and how many there are in all where that is told.

    `is_cut`: the list claims to go on, and is not followed; `notice` says so.
    """

    rows: Sequence[Any]
    total: int | None
    is_cut: bool = False
    notice: str = ""


def pages(
    ask: Callable[[int], dict[str, Any]],
    what: str,
    *,
    size: int,
    rows_under: str = "items",
    most: int = MOST_ROWS,
) -> Iterator[Page]:
    """The pages of a list, one after the other.

    Rows are counted, not the tracks in them, and a page may be short or even empty before the end: services leave out
    what may not be shown. Of the link to the next page only the number in it is believed.

    Args:
        ask: gives the page that begins at an offset.
        what: the list's name for messages: "playlist x".
        size: how many rows a page has.
        rows_under: under which name a page holds them.
        most: how far a list that goes on is followed.

    Raises:
        ServiceUnavailable: a page is none.
        NotFound, SignInNeeded, RateLimited: as `ask` does.
    """
    offset = n_rows = n_pages = n_empty = 0
    while True:
        answer = ask(offset)
        rows = answer.get(rows_under)
        if not isinstance(rows, list):
            raise ServiceUnavailable(f"the answer for {what} holds no list of entries", "try again later")
        is_again = whole(answer.get("offset"), 0, offset) is not None  # an earlier page once more
        following = _following(answer.get("next"), offset, len(rows), size)
        rows = [] if is_again else rows[: most - offset]
        n_rows, n_pages, n_empty = n_rows + len(rows), n_pages + 1, 0 if rows else n_empty + 1
        has_no_end = n_empty >= _MOST_EMPTY_PAGES or n_pages >= most // size + _MOST_EMPTY_PAGES
        is_cut = is_again or (following is not None and (following >= most or has_no_end))
        notice = f"{what} does not end: {n_rows:,} entries were read, what may follow was not" if is_cut else ""
        yield Page(rows, whole(answer.get("total"), 0, _MOST_IN_ALL), is_cut, notice)
        if following is None or is_cut:
            return
        offset = following


def listing(read: Sequence[Track | SkippedEntry], collection: Collection, page: Page) -> Listing:
    """What was read of a page, as a piece of its source."""
    return Listing(
        [ListedTrack(entry) for entry in read if isinstance(entry, Track)],
        [entry for entry in read if isinstance(entry, SkippedEntry)],
        collection,
        page.total,
        page.is_cut,
        page.notice,
    )


def _following(next_: Any, offset: int, n_rows: int, size: int) -> int | None:
    """Where the next page begins, always further on; None at the end."""
    if not isinstance(next_, str) or not next_:
        return None
    named = _NEXT_OFFSET.search(next_)
    if named and offset < int(named[1]) <= offset + size:
        return int(named[1])
    return offset + (n_rows or size)
