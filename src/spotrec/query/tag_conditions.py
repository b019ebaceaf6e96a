"""Conditions on the model's tags, as people write them: `jazz`, `jazz>=0.3`, `metal<0.1`."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from spotrec.errors import UsageError, quoted
from spotrec.names.titles import plain
from spotrec.query.tag_spellings import every_word, joined, spellings

TAG_AT_LEAST = 0.1
"""The bound of a tag without a number: in real music, one tag of fourteen reaches it. The values of the joint
vocabulary are calibrated so that it means “has it” for each of its words."""
INSTRUMENTAL_BELOW = 0.05
"""Instrumental music has less of vocals: between this and `TAG_AT_LEAST`, a voice is possible."""

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
    """A tag whose probability is at least, or less than, a bound.

    Attributes:
        if_heard: whether the condition counts only if the models have the tag.
    """

    name: str
    bound: float
    is_below: bool = False
    if_heard: bool = False

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


def without_tag(name: str) -> TagCondition:
    """Return the condition that a track does not have a tag.

    Raises:
        UsageError: there is no name.
    """
    if not name.strip():
        raise UsageError("there is no tag to leave out", "write speech, or christmas,speech")
    return TagCondition(name.strip(), TAG_AT_LEAST, is_below=True)


_NOT_SPOKEN = TagCondition("speech", TAG_AT_LEAST, is_below=True)
VOCAL = (TagCondition("vocals", TAG_AT_LEAST), _NOT_SPOKEN)
"""With singing or rap, and not a reading over music."""
INSTRUMENTAL = (TagCondition("vocals", INSTRUMENTAL_BELOW, is_below=True), _NOT_SPOKEN)
"""Without singing, rap and speech."""


def tag_position(name: str, tag_names: Sequence[str]) -> int:
    """Return the position of a tag among the model's; case, accents, punctuation and spelling do not matter.

    Raises:
        UsageError: there is no such tag; the hint lists similar names.
    """
    if not tag_names:
        raise no_tags()
    known = spellings(tag_names)
    wanted = joined(name)
    if wanted in known:
        return tag_names.index(known[wanted])
    if elsewhere := spellings(every_word()).get(wanted):
        raise not_heard(elsewhere)
    import difflib  # only needed after a mistake

    near = [known[one] for one in difflib.get_close_matches(wanted, known, n=3, cutoff=0.6)]
    words = set(plain(name).split())
    near += [tag for tag in tag_names if tag not in near and words.intersection(plain(tag).split())]
    shown = list(dict.fromkeys(near)) or list(tag_names)
    raise UsageError(f"the model has no tag {quoted(name)}", ("similar: " if near else "its tags: ") + ", ".join(shown))


def not_heard(word: str) -> UsageError:
    """Return the error for a word of the joint vocabulary that the models in use do not hear."""
    return UsageError(
        f"the models in use do not hear {quoted(word)}",
        "mn04 does: `spotrec extract --model mn04`, then build an index of both",
    )


def no_tags() -> UsageError:
    """Return the error for a model without tags."""
    return UsageError("this model has no tags, only similarity", "use a model with tags: `model=choi`")
