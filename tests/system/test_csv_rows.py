"""Tables as programs write them are read as they were written, and a stray quote swallows no rows."""

import csv
import io
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spotrec.system.csv_rows import MAX_CELL_CHARS, rows

cells = st.text('ab ,;"\n\r\t\u2028é', max_size=12).map(str.strip)


def table(written: list[list[str]], delimiter: str, quoting: int) -> str:
    out = io.StringIO(newline="")
    csv.writer(out, delimiter=delimiter, quoting=quoting).writerows(written)  # type: ignore[arg-type]  # typeshed: Literal
    return out.getvalue()


@given(
    written=st.lists(st.lists(cells, min_size=3, max_size=3).map(lambda row: [*row, "end"]), max_size=6),
    delimiter=st.sampled_from([",", ";", "\t"]),
    quoting=st.sampled_from([csv.QUOTE_ALL, csv.QUOTE_MINIMAL]),
)
def test_what_a_program_wrote_is_read_as_it_was_written(written: list[list[str]], delimiter: str, quoting: int) -> None:
    read = list(rows(table(written, delimiter, quoting), delimiter))
    assert [[text.strip() for text in row.cells] for row in read] == written
    assert not any(row.fault for row in read)


@given(text=st.text("ab,\"\n\r' "), width=st.sampled_from([None, 1, 2, 3]))
def test_any_text_is_read_to_its_end(text: str, width: int | None) -> None:
    lines = [row.line for row in rows(text, ",", width)]
    assert lines == sorted(set(lines))
    assert all(1 <= line <= len(text) + 1 for line in lines)
    kept = "".join(char for row in rows(text, ",", width) for cell in row.cells for char in cell if char in "ab'")
    assert kept == "".join(char for char in text if char in "ab'")


def test_lines_are_counted_from_the_first_one() -> None:
    text = 'a,b\r\n\r\n"c\r\nd",e\rf,g\n'
    assert [(row.line, row.cells) for row in rows(text, ",", 2)] == [
        (1, ["a", "b"]),
        (3, ["c\r\nd", "e"]),
        (5, ["f", "g"]),
    ]


def test_a_cell_without_an_end_is_a_fault_of_its_row() -> None:
    text = f'a,b\n"{"x" * (MAX_CELL_CHARS + 1)}",c\nd,e\n'
    assert [row.fault[:24] for row in rows(text, ",", 2)] == ["", "a cell has more than 131", ""]


@pytest.mark.parametrize("line", ['"a,b\n', '"a""\n', '"a,', 'a,""\n', '"a"b""c\n', '"""\n', '"', '"\n'])
def test_a_table_full_of_wrong_quotes_is_read_in_linear_time(line: str) -> None:
    def seconds(n: int) -> float:
        start = time.process_time()
        for _ in rows(line * n, ",", 2):
            pass
        return time.process_time() - start

    assert seconds(20_000) < 20 * (seconds(4_000) + 0.02)
