import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spotrec.errors import UsageError
from spotrec.extract.models.lastfm_tags import TAGS
from spotrec.query.tag_conditions import TAG_AT_LEAST, TagCondition, tag_condition, tag_position


@pytest.mark.parametrize(
    ("text", "condition"),
    [
        ("jazz", TagCondition("jazz", TAG_AT_LEAST)),
        ("jazz>=0.3", TagCondition("jazz", 0.3)),
        (" female vocalists >= .5 ", TagCondition("female vocalists", 0.5)),
        ("metal<0.1", TagCondition("metal", 0.1, is_below=True)),
        ("80s≥1", TagCondition("80s", 1.0)),
    ],
)
def test_a_condition_is_a_tag_and_a_bound(text: str, condition: TagCondition) -> None:
    assert tag_condition(text) == condition


@pytest.mark.parametrize("text", ["", ">=0.3", "jazz>=", "jazz>=2", "jazz>=-1", "jazz=0.3", "jazz>0.3", "jazz>=a", "<"])
def test_what_is_no_condition_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="not a condition"):
        tag_condition(text)


def test_bounds_are_at_least_or_below() -> None:
    heard = np.array([0.1, 0.3, 0.5], np.float32)
    assert tag_condition("jazz>=0.25").holds(heard).tolist() == [False, True, True]
    assert tag_condition("jazz<0.25").holds(heard).tolist() == [True, False, False]


@pytest.mark.parametrize("name", TAGS)
def test_every_tag_is_found_however_it_is_written(name: str) -> None:
    assert tag_position(name.upper().replace("-", " "), TAGS) == TAGS.index(name)


def test_an_unknown_tag_names_the_near_ones() -> None:
    with pytest.raises(UsageError) as raised:
        tag_position("jaz", TAGS)
    assert raised.value.hint == "similar: jazz"
    with pytest.raises(UsageError) as raised:
        tag_position("vocalists", TAGS)
    assert "female vocalists" in raised.value.hint
    with pytest.raises(UsageError) as raised:
        tag_position("zzzz", TAGS)
    assert raised.value.hint.startswith("its tags: rock, pop")


@given(st.text(max_size=20))
def test_any_text_is_a_condition_or_refused(text: str) -> None:
    try:
        condition = tag_condition(text)
    except UsageError:
        return
    assert condition.name.strip() == condition.name != ""
    assert 0 <= condition.bound <= 1
