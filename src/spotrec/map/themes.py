"""The colours of a map, light and dark.

The colours of groups were optimised so that people with deuteranopia or protanopia can also distinguish any two of
them, and each of them from the grey of all other tracks (`tests/map/test_themes.py` measures it).
"""

from dataclasses import dataclass

from spotrec.map.colouring import MOST_GROUPS


@dataclass(frozen=True, slots=True)
class Theme:
    """`groups` are the colours of groups, `other` is the colour of all other tracks; `halo` is the outline of text."""

    paper: str
    ink: str
    quiet: str
    halo: str
    groups: tuple[str, ...]
    other: str

    def colours(self, n_groups: int) -> list[str]:
        """Return the colours of `n_groups` groups; the last one is the group of all other tracks."""
        assert 1 <= n_groups <= MOST_GROUPS + 1
        return [*self.groups[: n_groups - 1], self.other]


LIGHT = Theme(
    paper="#faf9f6",
    ink="#22252b",
    quiet="#5d626c",
    halo="#faf9f6d9",
    groups=("#2997e8", "#ff8703", "#00810e", "#7c51cd", "#bf5c7f", "#1632a0", "#920560", "#612d03"),
    other="#b4b2ac",
)
DARK = Theme(
    paper="#14161b",
    ink="#eceef2",
    quiet="#a3a9b5",
    halo="#14161bd9",
    groups=("#276cdc", "#f7d171", "#fa7192", "#2cc4dc", "#bf4b00", "#a086ff", "#bb9700", "#1bffcf"),
    other="#626670",
)
