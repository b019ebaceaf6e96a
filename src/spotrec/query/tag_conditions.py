"""Conditions on the model's tags, as people write them: `jazz`, `jazz>=0.3`, `metal<0.1`."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from spotrec.errors import UsageError, quoted
from spotrec.names.titles import normalised, plain

TAG_AT_LEAST = 0.1
"""The bound of a tag without a number: in real music, one tag of fourteen reaches it."""

_CONDITION = re.compile(r"(?P<name>[^<>=≥]+?)\s*(?:(?P<sign>>=|≥|<)\s*(?P<number>[0-9]*\.?[0-9]+)\s*)?")


_SPELLINGS = {
    "r and b": "rnb",
    "r n b": "rnb",
    "rhythm and blues": "rnb",
    "alt rock": "alternative rock",
    "prog rock": "Progressive rock",
    "prog": "Progressive rock",
    "chilled": "chill",
    "female vocals": "female vocalists",
    "female vocal": "female vocalists",
    "female voice": "female vocalists",
    "female voices": "female vocalists",
    "female singer": "female vocalist",
    "female singers": "female vocalists",
    "male vocalist": "male vocalists",
    "male vocals": "male vocalists",
    "male vocal": "male vocalists",
    "male voice": "male vocalists",
    "male voices": "male vocalists",
    "male singer": "male vocalists",
    "male singers": "male vocalists",
    "guitars": "guitar",
    "instrumentals": "instrumental",
    "oldie": "oldies",
    "sixties": "60s",
    "seventies": "70s",
    "eighties": "80s",
    "nineties": "90s",
    "1960s": "60s",
    "1970s": "70s",
    "1980s": "80s",
    "1990s": "90s",
    "2000s": "00s",
}
"""Other spellings of tags, as `plain` returns them. Spaces and hyphens never matter: `hiphop` is Hip-Hop."""


@dataclass(frozen=True, slots=True)
class TagCondition:
    """A tag whose probability is at least, or less than, a bound."""

    name: str
    bound: float
    is_below: bool = False

    def holds(self, probabilities: npt.NDArray[np.float32]) -> npt.NDArray[np.bool_]:
        return probabilities < self.bound if self.is_below else probabilities >= self.bound

    def position_in(self, tag_names: Sequence[str]) -> int:
        """Return the position of its tag among the model's.

        Raises:
            UsageError: there is no such tag; the hint lists similar names.
        """
        return tag_position(self.name, tag_names)


def tag_condition(text: str) -> TagCondition:
    """Parse a condition.

    Raises:
        UsageError: `text` is not a condition.
    """
    found = _CONDITION.fullmatch(text.strip())
    bound = TAG_AT_LEAST if not found or found["number"] is None else float(found["number"])
    if not found or not 0 <= bound <= 1:
        raise UsageError(
            f"{quoted(text)} is not a condition on a tag", "write jazz, jazz>=0.3 or metal<0.1, from 0 to 1"
        )
    return TagCondition(found["name"].strip(), bound, found["sign"] == "<")


def tag_position(name: str, tag_names: Sequence[str]) -> int:
    """Return the position of a tag among the model's; in any spelling that a mood may use.

    Raises:
        UsageError: there is no such tag; the hint lists similar names.
    """
    if not tag_names:
        raise no_tags()
    known = {normalised(tag): position for position, tag in enumerate(tag_names)}
    wanted = normalised(name)
    if wanted in known:
        return known[wanted]
    if tag := tag_spellings(tag_names).get(_joined(name)):
        return list(tag_names).index(tag)
    import difflib  # only needed after a mistake

    near = difflib.get_close_matches(wanted, known, n=3, cutoff=0.6)
    near += [tag for tag in known if tag not in near and (wanted in tag.split() or tag in wanted.split())]
    shown = [tag_names[known[tag]] for tag in near] or list(tag_names)
    raise UsageError(f"the model has no tag {quoted(name)}", ("similar: " if near else "its tags: ") + ", ".join(shown))


def tag_spellings(tag_names: Sequence[str]) -> dict[str, str]:
    """Map each spelling, as `plain` returns it without spaces, to its tag."""
    others = {_joined(other): name for other, name in _SPELLINGS.items() if name in tag_names}
    return others | {_joined(name): name for name in tag_names}


def _joined(name: str) -> str:
    return plain(name).replace(" ", "")


def no_tags() -> UsageError:
    """Return the error for a model without tags."""
    return UsageError("this model has no tags, only similarity", "use a model with tags: `model=choi`")
