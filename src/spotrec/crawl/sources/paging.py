"""Lists in pages. The counts, the next pages and the ends that a service reports are not trusted."""

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
    """Rows of a list, and the total number of rows if the service reports it.

    `is_cut`: the list is said to continue, but is not read further, which `notice` explains, or it ends before its
    total number of rows.
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
    """Yield the pages of a list.

    Rows are counted, not tracks, and a page may be short or even empty before the end: services omit entries that they
    may not show. Only the number in the link to the next page is used.

    Args:
        ask: returns the page that starts at an offset.
        what: the list's name in messages: "playlist x".
        size: rows in a page.
        rows_under: the field of a page that contains its rows.
        most: maximum number of rows to read.

    Raises:
        ServiceUnavailable: a page contains no rows field.
        NotFound, SignInNeeded, RateLimited: from `ask`.
    """
    offset = n_rows = n_pages = n_empty = 0
    while True:
        answer = ask(offset)
        rows = answer.get(rows_under)
        if not isinstance(rows, list):
            raise ServiceUnavailable(f"the answer for {what} contains no list of entries", "try again later")
        is_again = whole(answer.get("offset"), 0, offset) is not None  # an earlier page again
        following = _following(answer.get("next"), offset, len(rows), size)
        rows = [] if is_again else rows[: most - offset]
        n_rows, n_pages, n_empty = n_rows + len(rows), n_pages + 1, 0 if rows else n_empty + 1
        has_no_end = n_empty >= _MOST_EMPTY_PAGES or n_pages >= most // size + _MOST_EMPTY_PAGES
        is_cut = is_again or (following is not None and (following >= most or has_no_end))
        notice = f"{what} does not end: spotrec stopped after {n_rows:,} entries" if is_cut else ""
        total = whole(answer.get("total"), 0, _MOST_IN_ALL)
        ends_early = following is None and total is not None and total > offset + max(size, len(rows))
        if ends_early:
            notice = f"{what} ended after {n_rows:,} of {total:,} entries: crawl it again later"
        yield Page(rows, total, is_cut or ends_early, notice)
        if following is None or is_cut:
            return
        offset = following


def listing(read: Sequence[Track | SkippedEntry], collection: Collection, page: Page) -> Listing:
    """Return the entries of a page as a piece of its source."""
    return Listing(
        [ListedTrack(entry) for entry in read if isinstance(entry, Track)],
        [entry for entry in read if isinstance(entry, SkippedEntry)],
        collection,
        page.total,
        page.is_cut,
        page.notice,
    )


def _following(next_: Any, offset: int, n_rows: int, size: int) -> int | None:
    """Return where the next page starts, always after `offset`; None at the end."""
    if not isinstance(next_, str) or not next_:
        return None
    named = _NEXT_OFFSET.search(next_)
    if named and offset < int(named[1]) <= offset + size:
        return int(named[1])
    return offset + (n_rows or size)
