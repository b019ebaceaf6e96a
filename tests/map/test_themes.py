"""The colours of a map can be told apart, by everybody, by day and by night."""

from itertools import combinations

import numpy as np
import pytest

from spotrec.map.colouring import MOST_GROUPS
from spotrec.map.themes import DARK, LIGHT, Theme
from spotrec.vectors import DoubleArray

# Machado, Oliveira and Fernandes 2009: what is seen without one kind of cone, in linear RGB
SEEN = {
    "everybody": np.eye(3),
    "protanopia": np.array(
        [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]
    ),
    "deuteranopia": np.array(
        [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]
    ),
    "tritanopia": np.array(
        [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]]
    ),
}
TO_CONES = np.array(
    [
        [0.4122214708, 0.5363325363, 0.0514459929],
        [0.2119034982, 0.6806995451, 0.1073969566],
        [0.0883024619, 0.2817188376, 0.6299787005],
    ]
)
TO_LAB = np.array(
    [
        [0.2104542553, 0.7936177850, -0.0040720468],
        [1.9779984951, -2.4285922050, 0.4505937099],
        [0.0259040371, 0.7827717662, -0.8086757660],
    ]
)


def linear(colour: str) -> DoubleArray:
    parts = np.array([int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)])
    light: DoubleArray = np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)
    return light


def oklab(light: DoubleArray) -> DoubleArray:
    lab: DoubleArray = TO_LAB @ np.cbrt(TO_CONES @ np.clip(light, 0, 1))
    return lab


def contrast(a: str, b: str) -> float:
    brighter, darker = sorted((float(linear(one) @ [0.2126, 0.7152, 0.0722]) for one in (a, b)), reverse=True)
    return (brighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize("who", SEEN)
def test_any_two_groups_look_different(theme: Theme, who: str) -> None:
    colours = theme.colours(MOST_GROUPS + 1)
    assert len(set(colours)) == MOST_GROUPS + 1
    for a, b in combinations(colours, 2):
        apart = np.linalg.norm(oklab(SEEN[who] @ linear(a)) - oklab(SEEN[who] @ linear(b)))
        assert apart > (0.17 if who == "everybody" else 0.1), (who, a, b, apart)


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])
def test_text_is_legible_and_dots_are_seen(theme: Theme) -> None:
    assert contrast(theme.ink, theme.paper) >= 7
    assert contrast(theme.quiet, theme.paper) >= 4.5
    assert min(contrast(colour, theme.paper) for colour in theme.groups) >= 2.1
