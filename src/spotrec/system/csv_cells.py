"""The cells of tables that spotrec writes: a spreadsheet takes no text for a formula, a terminal none for a command.

What is changed for that is changed back when spotrec reads such a table. Cells of other programs may be formulas, HTML
or lists.
"""

import html
import re
from collections.abc import Iterable

_FORMULA = re.compile(r"'*[=+\-@\t\r\n＝＋－＠]")
_QUOTED = re.compile(rf"'{_FORMULA.pattern}")
_NUMBER = re.compile(r"[+-]?[0-9]+(?:[.,][0-9]+)?")
_CODES = r"x(?:[01][0-9a-f]|7f|[89][0-9a-f])|u(?:202[8-9a-e]|206[6-9])"
_CONTROL = re.compile(rf"(\\*)([\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]|{_CODES})")
"""Also what turns the direction of text around: a name would look like another one."""
_ESCAPED = re.compile(rf"(\\+)({_CODES})")
_TEXT = r'"((?:[^"]|"")*)"'
_FORMULA_OF_TEXT = re.compile(rf"=\s*{_TEXT}")
_FORMULA_OF_A_LINK = re.compile(rf"=\s*HYPERLINK\(\s*{_TEXT}\s*(?:[,;]\s*{_TEXT}\s*)?\)", re.IGNORECASE)
_ENTITY = re.compile(r"&(?:amp|lt|gt|quot|apos|nbsp|#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6});")
_ITEM = r"""(?:'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")"""
_LIST = re.compile(rf"\s*\[\s*{_ITEM}(?:\s*,\s*{_ITEM})*\s*,?\s*\]\s*")
_ITEMS = re.compile(_ITEM)
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


def plain_cell(text: str, *, is_link: bool = False) -> str:
    """Return the text that a cell shows, which may be a formula of text (`="So What"`) or HTML (`Don&#39;t`).

    Args:
        is_link: whether the address counts, not its text, in a formula that is a link.
    """
    if text.startswith("="):
        if found := _FORMULA_OF_TEXT.fullmatch(text):
            text = found[1].replace('""', '"')
        elif found := _FORMULA_OF_A_LINK.fullmatch(text):
            text = (found[1] if is_link else found[2] or found[1]).replace('""', '"')
    return _ENTITY.sub(lambda entity: html.unescape(entity[0]), text) if "&" in text else text


def list_in(text: str) -> list[str] | None:
    """Return the texts of a cell that is a list in Python or JSON, `['A', "B's"]`; None if it is not one."""
    if "[" not in text or not _LIST.fullmatch(text):
        return None
    return [re.sub(r"\\(.)", r"\1", item[1:-1]) for item in _ITEMS.findall(text)]


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
