"""A poisonous file costs itself: within 3 GiB and 20 s it is heard or refused with its reason."""

from collections.abc import Iterator

import pytest

from spotrec.errors import Reason
from support.decoding import HEARD, Decoder, decoder
from support.poison import CORPUS, CUTS, KINDS, cut


@pytest.fixture(scope="module")
def child() -> Iterator[Decoder]:
    with decoder() as started:
        yield started


@pytest.mark.parametrize("name", CORPUS)
def test_a_poisonous_file_ends_with_its_verdict(child: Decoder, name: str) -> None:
    assert child.verdict(CORPUS[name].make()) in CORPUS[name].verdicts


@pytest.mark.parametrize("kind", KINDS)
def test_a_file_cut_anywhere_is_heard_or_refused_with_a_reason(child: Decoder, kind: str) -> None:
    whole = KINDS[kind]()
    assert child.verdict(whole) == HEARD
    verdicts = {at: child.verdict(cut(whole, at)) for at in CUTS}
    assert set(verdicts.values()) <= {HEARD, *Reason}, verdicts
    assert HEARD not in [verdicts[at] for at in CUTS if at < 1_000 and at not in (0.9, 0.999)], verdicts
