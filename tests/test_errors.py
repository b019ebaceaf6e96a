import pytest

from spotrec.errors import printable, quoted


@pytest.mark.parametrize("name", ["宇多田\u3000ヒカル", "نمی\u200cخواهم", "L\u2019Été\xa0!", "Beyoncé"])
def test_a_name_is_shown_with_the_spaces_of_its_script(name: str) -> None:
    assert printable(name) == name
    assert quoted(name) == f"“{name}”"


@pytest.mark.parametrize(
    "character", ["\x1b", "\r", "\n", "\x85", "\u2028", "\u202e", "\u2066", "\u200b", "\ufeff", "\ud800"]
)
def test_what_moves_the_cursor_or_turns_the_text_round_is_replaced(character: str) -> None:
    assert printable(f"a{character}b") == "a\N{REPLACEMENT CHARACTER}b"


def test_a_line_end_may_stay() -> None:
    assert printable("a\nb", also="\n") == "a\nb"
