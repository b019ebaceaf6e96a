"""Texts of strangers in a table: no spreadsheet computes them, no terminal obeys them, and nothing of them is lost."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from spotrec.system.csv_cells import original_cell, safe_cell

PIECES = st.lists(
    st.sampled_from(["'", "=", "-", "@", "\t", "\r", "\n", "\\", "x1b", "x", "1b", "\x1b", "\x9b", "\0", "a", "5", "."])
)


@pytest.mark.parametrize(
    ("text", "cell"),
    [
        ('=HYPERLINK("https://evil.example","Halo")', '\'=HYPERLINK("https://evil.example","Halo")'),
        ("@SUM(1)", "'@SUM(1)"),
        ("+1+cmd|' /C calc'!A0", "'+1+cmd|' /C calc'!A0"),
        ("-2+3", "'-2+3"),
        ("\t=1", "'\t=1"),
        ("\r=1", "'\r=1"),
        ("＝1+1", "'＝1+1"),
        ("'=1", "''=1"),
        ("-0.53", "-0.53"),
        ("+49", "+49"),
        ("-", "'-"),
        ("Halo", "Halo"),
        ("'Round Midnight", "'Round Midnight"),
        ("1=1", "1=1"),
        ("AC\\DC", "AC\\DC"),
        ("\x1b[2J\x07", "\\x1b[2J\\x07"),
        ("\x9b2J\x7f", "\\x9b2J\\x7f"),
        ("a\nb\tc", "a\nb\tc"),
        ("3pm.\u202eexe", "3pm.\\u202eexe"),
        ("\u2066a\u2069", "\\u2066a\\u2069"),
        ("\\u202e", "\\\\u202e"),
    ],
)
def test_a_cell_is_text_for_spreadsheets_and_terminals(text: str, cell: str) -> None:
    assert safe_cell(text) == cell
    assert original_cell(cell) == text


@given(PIECES.map("".join) | st.text())
@example("\\\x1b\\x1b")
def test_every_text_comes_back_as_it_was(text: str) -> None:
    cell = safe_cell(text)
    assert original_cell(cell) == text
    assert not any((char < " " and char not in "\t\r\n") or "\x7f" <= char <= "\x9f" for char in cell)
    assert cell[:1] not in ("=", "@", "\t", "\r")
