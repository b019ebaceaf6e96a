"""Saved stations."""

from dataclasses import replace

import pytest

from spotrec.errors import StoreDamaged
from spotrec.store import FeatureStore, Station
from support.catalogue import write

AT, LATER = "2026-11-30T08:00:00.000000+00:00", "2026-11-30T09:00:00.000000+00:00"
EVENING = Station("Evening", {"seeds": ["ü \udc80"]}, {"to": "spotify"}, 86_400, AT)


def test_a_station_is_found_by_its_name_in_any_case(store: FeatureStore) -> None:
    assert store.stations.add(EVENING)
    assert store.stations.get(" eVENING ") == EVENING
    assert store.stations.get("Even") is None


def test_a_second_one_of_a_name_is_not_added(store: FeatureStore) -> None:
    store.stations.add(EVENING)
    assert not store.stations.add(replace(EVENING, name="EVENING", target=None))
    assert store.stations.all() == [EVENING]


def test_what_a_station_wrote_stays_known_when_it_is_replaced(store: FeatureStore) -> None:
    store.stations.add(EVENING)
    store.stations.note_written("evening", LATER, 30, "https://open.spotify.com/playlist/1")
    store.stations.note_written("evening", LATER, 31, None)
    store.stations.put(replace(EVENING, every_s=3600, added_at=LATER))
    found = store.stations.get("Evening")
    assert found is not None
    assert (found.every_s, found.added_at, found.n_written) == (3600, AT, 31)
    assert found.address == "https://open.spotify.com/playlist/1"


def test_stations_are_in_order_of_name_and_can_be_removed(store: FeatureStore) -> None:
    for name in ("b", "A", "c"):
        store.stations.add(replace(EVENING, name=name))
    assert [one.name for one in store.stations.all()] == ["A", "b", "c"]
    store.stations.remove("B")
    assert [one.name for one in store.stations.all()] == ["A", "c"]


@pytest.mark.parametrize("column", ["wish = '{'", "wish = '[]'", "target = '7'", "every_s = 'x'", "every_s = 0"])
def test_a_station_that_another_program_spoiled_is_a_damaged_store(store: FeatureStore, column: str) -> None:
    store.stations.add(EVENING)
    write(store.path, f"update station set {column}")
    with pytest.raises(StoreDamaged, match="a station cannot be read"):
        store.stations.all()
