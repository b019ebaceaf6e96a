"""The cells of tables that spotrec writes: a spreadsheet takes no text for a formula, a terminal none for a command.

What is changed for that is changed back when spotrec reads such a table.
"""

import re
from collections.abc import Iterable

_FORMULA = re.compile(r"'*[=+\-@\t\r\n＝＋－＠]")
_QUOTED = re.compile(rf"'{_FORMULA.pattern}")
_NUMBER = re.compile(r"[+-]?[0-9]+(?:[.,][0-9]+)?")
_CODES = r"x(?:[01][0-9a-f]|7f|[89][0-9a-f])|u(?:202[8-9a-e]|206[6-9])"
_CONTROL = re.compile(rf"(\\*)([\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]|{_CODES})")
"""Also what turns the direction of text around: a name would look like another one."""
_ESCAPED = re.compile(rf"(\\+)({_CODES})")
_OWN_COLUMNS = frozenset({"track_id", "title", "artists"})


def safe_cell(text: str) -> str:
    r"""Return text with `'` before what a spreadsheet would compute, and control characters as `\\x1b`, `\\u202e`.

    Numbers, also negative ones, are as safe as they are. Line ends and tabs stay.
    """
    safe = _CONTROL.sub(_escape, text)
    return f"'{safe}" if _FORMULA.match(safe) and not _NUMBER.fullmatch(safe) else safe


def original_cell(text: str) -> str:
    """Return the text of which `safe_cell` made this one."""
    return _ESCAPED.sub(_unescape, text[1:] if _QUOTED.match(text) else text)


def is_of_spotrec(header: Iterable[str]) -> bool:
    """Whether a table of tracks with this header was written by spotrec."""
    return {name.strip() for name in header} >= _OWN_COLUMNS


def _escape(found: re.Match[str]) -> str:
    """Escape a control character. Backslashes in the text before one, or before what looks like one, are doubled."""
    backslashes, what = found.groups()
    if len(what) > 1:
        return 2 * backslashes + what
    code = ord(what)
    return 2 * backslashes + (f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}")


def _unescape(found: re.Match[str]) -> str:
    backslashes, code = found.groups()
    half = len(backslashes) // 2 * "\\"
    return half + (chr(int(code[1:], 16)) if len(backslashes) % 2 else code)
