"""Conditions on the network's tags, as people write them: `jazz`, `jazz>=0.3`, `metal<0.1`."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from spotrec.errors import UsageError, quoted
from spotrec.names.titles import normalised

TAG_AT_LEAST = 0.1
"""What a tag without a number must reach: of real music, one tag of fourteen does."""

_CONDITION = re.compile(r"(?P<name>[^<>=≥]+?)\s*(?:(?P<sign>>=|≥|<)\s*(?P<number>[0-9]*\.?[0-9]+)\s*)?")


@dataclass(frozen=True, slots=True)
class TagCondition:
    """A tag whose probability is at least, or less than, a bound."""

    name: str
    bound: float
    is_below: bool = False

    def holds(self, probabilities: npt.NDArray[np.float32]) -> npt.NDArray[np.bool_]:
        return probabilities < self.bound if self.is_below else probabilities >= self.bound

    def position_in(self, tag_names: Sequence[str]) -> int:
        """Which of the model's tags it is about.

        Raises:
            UsageError: none; the hint names the ones that are written nearly so.
        """
        return tag_position(self.name, tag_names)


def tag_condition(text: str) -> TagCondition:
    """What `text` asks of a tag.

    Raises:
        UsageError: it is no condition.
    """
    found = _CONDITION.fullmatch(text.strip())
    bound = TAG_AT_LEAST if not found or found["number"] is None else float(found["number"])
    if not found or not 0 <= bound <= 1:
        raise UsageError(f"{quoted(text)} is no condition on a tag", "write jazz, jazz>=0.3 or metal<0.1, from 0 to 1")
    return TagCondition(found["name"].strip(), bound, found["sign"] == "<")


def tag_position(name: str, tag_names: Sequence[str]) -> int:
    """Where a tag stands among the model's, however it is written.

    Raises:
        UsageError: there is no such tag; the hint names the ones that are written nearly so.
    """
    if not tag_names:
        raise no_tags()
    known = {normalised(tag): position for position, tag in enumerate(tag_names)}
    wanted = normalised(name)
    if wanted in known:
        return known[wanted]
    import difflib  # only a mistake needs it

    near = difflib.get_close_matches(wanted, known, n=3, cutoff=0.6)
    near += [tag for tag in known if tag not in near and (wanted in tag.split() or tag in wanted.split())]
    shown = [tag_names[known[tag]] for tag in near] or list(tag_names)
    raise UsageError(f"the network knows no tag {quoted(name)}", ("near ones: " if near else "") + ", ".join(shown))


def no_tags() -> UsageError:
    """Of a network that gives none."""
    return UsageError("this network tells no tags, only what sounds alike", "ask one that does: `model=choi`")
