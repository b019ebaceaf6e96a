from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from spotrec.extract.models.choi.model import CHOI_1, CHOI_2
from spotrec.operations.models_in_use import ModelsInUse
from spotrec.settings import Settings
from spotrec.store import FeatureStore
from spotrec.track import ModelId
from support.catalogue import fill, scattered, songs


@pytest.fixture
def stores(tmp_path: Path) -> Iterator[tuple[FeatureStore, FeatureStore]]:
    """One that an earlier version of the model heard, and one that the newest heard."""

    def heard_by(model: ModelId) -> FeatureStore:
        store = FeatureStore(tmp_path / f"{model}.db")
        fill(store, songs(0, 2), scattered(2), model=model)
        return store

    with ExitStack() as opened:
        yield opened.enter_context(heard_by(CHOI_1.id)), opened.enter_context(heard_by(CHOI_2.id))


def test_a_choice_is_kept_until_it_is_ended(stores: tuple[FeatureStore, FeatureStore]) -> None:
    before, now = stores
    places = [before]
    models = ModelsInUse(Settings(store=before.path), lambda: places[-1])
    assert [model.id for model in models.get()] == [CHOI_1.id]
    places.append(now)
    assert [model.id for model in models.get()] == [CHOI_1.id]
    models.choose_again()
    assert [model.id for model in models.get()] == [CHOI_2.id]


def test_a_choice_from_a_store_that_is_replaced_meanwhile_is_not_kept(
    stores: tuple[FeatureStore, FeatureStore],
) -> None:
    before, now = stores
    opened: list[FeatureStore] = []

    def replaced_while_it_is_read() -> FeatureStore:
        if opened:
            return now
        opened.append(before)
        models.choose_again()  # another thread found a new file in the store's place
        return before

    models = ModelsInUse(Settings(store=before.path), replaced_while_it_is_read)
    models.get()
    assert [model.id for model in models.get()] == [CHOI_2.id]
