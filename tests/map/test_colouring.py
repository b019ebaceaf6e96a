"""Groups, and names of regions."""

import numpy as np
import pytest

from spotrec.errors import UsageError
from spotrec.map.colouring import MOST_GROUPS, by_name, by_tag, check_colour, lift
from spotrec.map.regions import regions
from spotrec.track import Track, TrackId

NAMES = tuple(f"tag {i}" for i in range(12))


def tracks(artists: list[str], **fields: str) -> list[Track]:
    return [
        Track(TrackId(f"file:{i}"), f"Song {i}", (artist,) if artist else (), **fields)  # type: ignore[arg-type] # texts
        for i, artist in enumerate(artists)
    ]


def test_a_track_belongs_to_the_tag_that_tells_most_of_it() -> None:
    tags = np.array([[0.9, 0.2], [0.9, 0.1], [0.8, 0.06], [0.9, 0.04]], np.float32)
    groups = by_tag(lift(tags, tags.mean(axis=0)), ["rock", "sad"])
    assert groups.names == ("rock", "sad", "other")
    assert groups.of_track.tolist() == [1, 0, 2, 0], "the first is sad: all are rock. The third has nothing special"


def test_the_largest_groups_have_colours_and_all_else_is_other() -> None:
    sizes = range(13, 1, -1)
    tags = np.repeat(np.eye(12, dtype=np.float32), list(sizes), axis=0)
    groups = by_tag(lift(tags, tags.mean(axis=0)), NAMES)
    assert groups.names == (*NAMES[:MOST_GROUPS], "other")
    counts = np.bincount(groups.of_track)
    assert counts.tolist() == [*list(sizes)[:MOST_GROUPS], sum(list(sizes)[MOST_GROUPS:])]


def test_groups_are_counted_as_they_are_shown() -> None:
    """A track whose own tag has no colour counts for the next that tells of it: that may change who is the largest."""
    rng = np.random.default_rng(0)
    tags = rng.random((300, 12)).astype(np.float32) ** 4
    groups = by_tag(lift(tags, tags.mean(axis=0)), NAMES)
    counts = np.bincount(groups.of_track, minlength=len(groups.names))[:-1]
    assert counts.tolist() == sorted(counts, reverse=True)


def test_without_any_telling_tag_all_are_other() -> None:
    for tags in (np.zeros((3, 12), np.float32), np.zeros((0, 12), np.float32), np.full((3, 12), 0.01, np.float32)):
        groups = by_tag(lift(tags, np.full(12, 0.1, np.float32)), NAMES)
        assert groups.names == ("other",)
        assert groups.of_track.tolist() == [0] * len(tags)


def test_artists_are_one_however_they_are_spelled() -> None:
    groups = by_name("artist", tracks(["Björk", "BJORK", "Air", ""]), {})
    assert len(groups.names) == 3
    assert groups.names[-1] == "other"
    assert groups.of_track.tolist() == [0, 0, 1, 2]


def test_genres_and_collections() -> None:
    assert by_name("genre", tracks(["A", "B"], genre="Jazz"), {}).names == ("Jazz", "other")
    assert by_name("collection", tracks(["A", "B"]), {TrackId("file:1"): "Mine"}).of_track.tolist() == [1, 0]


def test_what_nothing_can_be_coloured_by_is_refused() -> None:
    with pytest.raises(UsageError, match="cannot be coloured by “\ufffd") as caught:
        check_colour("\x1b[31m")
    assert caught.value.hint == "choose one of tag, collection, artist, genre"


def test_regions_are_called_by_what_is_there_and_nowhere_else() -> None:
    rng = np.random.default_rng(0)
    corners = np.array([[-0.7, -0.7], [0.7, -0.7], [0.0, 0.7]])
    corner = np.arange(300) % 3
    places = corners[corner] + rng.uniform(-0.2, 0.2, (300, 2))
    weights = np.full((300, 4), 0.5, np.float32)  # the last name is everywhere: it names nothing
    weights[:, :3] = 0.9 * (corner[:, None] == np.arange(3))
    found = regions(places, weights, ("north-west", "north-east", "south", "anywhere"), at_least=0.05)
    first = [region for region in found if region.level == 0]
    assert {region.name for region in first} == {"north-west", "north-east", "south"}
    for region in found:
        x, y = corners[["north-west", "north-east", "south"].index(region.name)]
        assert abs(region.x - x) < 0.25
        assert abs(region.y - y) < 0.25
    assert [region.level for region in found] == sorted(region.level for region in found)
    assert found == regions(places, weights, ("north-west", "north-east", "south", "anywhere"), at_least=0.05)


def test_hardly_anything_is_no_region() -> None:
    few = np.zeros((3, 2))
    assert regions(few, np.ones((3, 1), np.float32), ("one",), at_least=0) == []
    assert regions(np.zeros((9, 2)), np.zeros((9, 0), np.float32), (), at_least=0) == []
    assert regions(np.zeros((9, 2)), np.full((9, 1), 0.04, np.float32), ("one",), at_least=0.05) == []
