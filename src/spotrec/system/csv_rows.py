"""The rows of a table, also where its quotes are wrong: a stray quote must not swallow the rows below it.

The standard library's `csv` reads from a quote that is never closed to the end of the file.
"""

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass

MAX_CELL_CHARS = 131_072
_QUOTE = '"'
_END = re.compile(r"\r\n|\r|\n|\Z")
_BLANKS = {delimiter: re.compile(rf"[^\S\r\n{delimiter}]*") for delimiter in (",", ";", "\t")}


@dataclass(frozen=True, slots=True)
class Row:
    """A row that is not blank.

    `line` is the number of its first line, from 1. `fault` says why its cells are not certain; it is empty if they are.
    """

    line: int
    cells: list[str]
    fault: str = ""

    @property
    def width(self) -> int:
        """The number of cells up to the last one that is not blank."""
        return max((i for i, text in enumerate(self.cells, 1) if text.strip()), default=0)


@dataclass(frozen=True, slots=True)
class _Reading:
    """One way to read a row, whose last line ends at `end`.

    `is_closed`: every quote that opens a cell is closed. `is_clean`: no other quote is in a cell without quotes.
    """

    cells: list[str]
    end: int
    is_closed: bool
    is_clean: bool


def rows(text: str, delimiter: str, width: int | None = None) -> Iterator[Row]:
    """Yield the rows of a table.

    A cell in quotes may contain delimiters, line ends and doubled quotes; blanks may stand before and after the quotes.
    Some programs write a backslash before a quote instead of doubling it.

    Args:
        width: the number of cells that a row usually has; where quotes are wrong, the reading with this width is right.
    """
    reader = _RowReader(text, delimiter, width)
    start, line = 0, 1
    while start < len(text):
        reading, fault = reader.read(start)
        if reading.end - start > MAX_CELL_CHARS and any(len(text) > MAX_CELL_CHARS for text in reading.cells):
            fault = f"a cell has more than {MAX_CELL_CHARS:,} characters"
        row = Row(line, reading.cells, fault)
        if row.width:
            yield row
        line += 1 if reading.end == reader.line_end(start) else len(_END.findall(text[start : reading.end]))
        start = reader.next_line(reading.end)


class _RowReader:
    def __init__(self, text: str, delimiter: str, width: int | None) -> None:
        self._text = text
        self._delimiter = delimiter
        self._width = width
        self._blanks = _BLANKS.get(delimiter) or re.compile(rf"[^\S\r\n{re.escape(delimiter)}]*")
        self._may_span = 2 * len(text)  # characters: many quotes that are never closed must not take for ever

    def line_end(self, start: int) -> int:
        found = _END.search(self._text, start)
        assert found is not None
        return found.start()

    def next_line(self, end: int) -> int:
        found = _END.match(self._text, end)
        return found.end() if found else end

    def read(self, start: int) -> tuple[_Reading, str]:
        """Return the row that starts at `start`, and why it is not certain."""
        end = self.line_end(start)
        line = self._text[start:end]
        if _QUOTE not in line:
            return _Reading(line.split(self._delimiter), end, is_closed=True, is_clean=True), ""
        if cells := self._flawless(line):
            return _Reading(cells, end, is_closed=True, is_clean=True), ""
        if '\\"' in line and (cells := self._split(line.replace('\\"', '""'))) and len(cells) == self._width:
            return _Reading(cells, end, is_closed=True, is_clean=True), ""
        strict = self._in_one_line(start, is_strict=True)
        if strict.is_closed:
            return strict, ""
        lenient = self._in_one_line(start, is_strict=False)
        if lenient.is_closed and len(lenient.cells) == self._width:
            return lenient, ""
        spanning = self._over_lines(start)
        if spanning.is_closed and spanning.end > end and not self._swallows_rows(spanning, strict):
            return spanning, ""
        if lenient.is_closed and len(strict.cells) != self._width:
            return lenient, ""
        return strict, "" if len(strict.cells) == self._width else "a quote in it is never closed"

    def _flawless(self, line: str) -> list[str] | None:
        """Read a line whose quotes are right as `csv` does, ten times faster; None if they may be wrong."""
        cells = self._split(line)
        return None if cells and any(text.lstrip().startswith(_QUOTE) for text in cells) else cells

    def _split(self, line: str) -> list[str] | None:
        try:
            (cells,) = csv.reader([line], delimiter=self._delimiter, skipinitialspace=True, strict=True)
        except (csv.Error, ValueError):  # ValueError: no delimiter of `csv`, or no row
            return None
        return cells

    def _swallows_rows(self, spanning: _Reading, first: _Reading) -> bool:
        """Whether a quote that is closed some lines below is a stray one, with whole rows between it and its end."""
        if self._width is None:
            return False
        is_first_whole = len(first.cells) == self._width
        if not is_first_whole and len(spanning.cells) == self._width:
            return False
        at, below = self.next_line(first.end), None
        while at < spanning.end:
            below = self._in_one_line(at, is_strict=True)
            if below.is_closed and below.is_clean and len(below.cells) == self._width > 1:
                return True
            at = self.next_line(below.end)
        return is_first_whole and self._width > 2 and below is not None and len(below.cells) == self._width

    def _in_one_line(self, start: int, *, is_strict: bool) -> _Reading:
        return self._scan(start, is_strict=is_strict, spans=False)

    def _over_lines(self, start: int) -> _Reading:
        reading = self._scan(start, is_strict=False, spans=self._may_span > 0)
        self._may_span -= reading.end - start
        return reading

    def _scan(self, at: int, *, is_strict: bool, spans: bool) -> _Reading:
        text, cells = self._text, list[str]()
        end = self.line_end(at)
        is_closed = is_clean = True
        while True:
            begin = self._skip_blanks(at)
            is_quoted = text.startswith(_QUOTE, begin) and begin < end
            closing = (
                self._closing(begin + 1, end, is_strict, spans) if is_quoted and (is_closed or is_strict) else None
            )
            if closing is not None:
                cells.append(text[begin + 1 : closing].replace('""', _QUOTE))
                end = end if closing < end else self.line_end(closing)
                after = self._skip_blanks(closing + 1)
            else:
                after = text.find(self._delimiter, at, end)
                after = end if after < 0 else after
                cells.append(text[at:after].strip().removeprefix(_QUOTE) if is_quoted else text[at:after])
                is_closed = is_closed and not is_quoted
                is_clean = is_clean and _QUOTE not in cells[-1]
            if after >= end:
                return _Reading(cells, end, is_closed, is_clean)
            at = after + 1

    def _closing(self, start: int, line_end: int, is_strict: bool, spans: bool) -> int | None:
        """Return where the quote that closes a cell is: before a delimiter or a line end. None if nothing closes it.

        A quote that neither closes the cell nor is doubled belongs to the cell, but only in the first line, and not if
        the reading is strict.
        """
        text = self._text
        limit = min(len(text), start + MAX_CELL_CHARS + 2) if spans else line_end
        at = text.find(_QUOTE, start, limit)
        while at >= 0:
            if text.startswith('""', at):
                at += 1
            else:
                after = self._skip_blanks(at + 1)
                if after >= len(text) or text[after] in (self._delimiter, "\r", "\n"):
                    return at
                if is_strict or at > line_end:
                    return None
            at = text.find(_QUOTE, at + 1, limit)
        return None

    def _skip_blanks(self, at: int) -> int:
        found = self._blanks.match(self._text, at)
        return found.end() if found else at
