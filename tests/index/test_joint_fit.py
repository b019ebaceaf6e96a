"""What a catalogue says of its artists: their tracks come nearer together, and nothing that it says breaks a space."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from spotrec.index.build import build
from spotrec.index.joint_fit import fit
from spotrec.index.joint_space import AXES, JointSpace
from spotrec.index.summary import MOST_OF_AN_ARTIST, SAMPLE, Sampler, summarise
from spotrec.names.artists import artist_key
from spotrec.progress import Silent
from spotrec.store import Catalogue
from spotrec.track import Ears, ModelId, TrackId
from spotrec.vectors import FloatArray

BOTH = Ears.of(ModelId("high", 1, 12), ModelId("low", 1, 6))
ALONE = Ears.of(ModelId("high", 1, 18))


def catalogue(vectors: FloatArray, artists: Sequence[str | None] = (), recordings: Sequence[str] = ()) -> Catalogue:
    n = len(vectors)
    return Catalogue(
        [TrackId(f"file:{i:032x}") for i in range(n)],
        vectors.astype(np.float32),
        np.zeros((n, 3), np.float32),
        artists=artists or [None] * n,
        recordings=recordings or [str(i) for i in range(n)],
    )


def space_of(known: Catalogue, ears: Ears = BOTH, without: frozenset[str] = frozenset()) -> JointSpace:
    summary = summarise(known, ears, Silent(), without=without)
    return fit(summary.moments, (None,) * len(ears.models), (1.0,) * len(ears.models), summary.sample)


def noise(n: int, dim: int = BOTH.dim, seed: int = 0) -> FloatArray:
    return np.random.default_rng(seed).standard_normal((n, dim)).astype(np.float32)


def by_artists(n: int, each: int = 10) -> tuple[FloatArray, list[str | None]]:
    """Of each artist the first numbers are the same and the others are not."""
    artists = np.arange(n) // each
    vectors = noise(n)
    vectors[:, ::3] = 0.4 * vectors[:, ::3] + noise(n, seed=1)[artists][:, ::3]
    return vectors, [f"Band {i}" for i in artists]


def contrast(space: JointSpace, vectors: FloatArray, artists: Sequence[str | None]) -> float:
    """How many standard deviations of all pairs lie between the tracks of one artist and those of others."""
    points = space.place(vectors)
    cosines = points @ points.T
    names = np.array(artists)
    same = (names[:, None] == names[None]) & ~np.eye(len(names), dtype=bool)
    other = names[:, None] != names[None]
    return float((cosines[same].mean() - cosines[other].mean()) / cosines[other].std())


def alike(one: JointSpace, other: JointSpace, vectors: FloatArray) -> bool:
    """Whether two spaces compare alike, whatever their axes."""
    a, b = one.place(vectors), other.place(vectors)
    return np.allclose(a @ a.T, b @ b.T, atol=1e-4)


@pytest.mark.parametrize("ears", [BOTH, ALONE], ids=str)
def test_tracks_of_an_artist_come_nearer_together(ears: Ears) -> None:
    vectors, artists = by_artists(1_000)
    known = space_of(catalogue(vectors, artists), ears)
    unknown = space_of(catalogue(vectors), ears)
    others, their_artists = by_artists(1_000, each=5)  # by artists that the space has never seen
    assert contrast(known, vectors, artists) > contrast(unknown, vectors, artists) + 0.02
    assert contrast(known, others, their_artists) > contrast(unknown, others, their_artists) + 0.02


@pytest.mark.parametrize("ears", [BOTH, ALONE], ids=str)
@pytest.mark.parametrize(
    "artists",
    [
        [None] * 40,
        ["Various Artists"] * 40,
        ["V.A.", "Unknown Artist", "Various", "unknown"] * 10,
        [f"Band {i}" for i in range(40)],
        [""] * 40,
    ],
    ids=["no artists", "various", "nobody", "one track each", "empty names"],
)
def test_a_catalogue_that_says_nothing_of_artists_has_the_plain_space(ears: Ears, artists: list[str | None]) -> None:
    vectors = noise(40)
    assert alike(space_of(catalogue(vectors, artists), ears), space_of(catalogue(vectors), ears), vectors)


@pytest.mark.parametrize("ears", [BOTH, ALONE], ids=str)
@pytest.mark.parametrize("n", [0, 1, 2, 3, 40])
@pytest.mark.parametrize("same_sound", [False, True], ids=["", "that all sound the same"])
def test_one_artist_only_breaks_nothing(tmp_path: Path, ears: Ears, n: int, *, same_sound: bool) -> None:
    vectors = noise(n)[:1].repeat(n, axis=0) if same_sound else noise(n)
    known = catalogue(vectors, ["Band"] * n)
    index = build(tmp_path, ears, known, progress=Silent())
    assert np.isfinite(index.place(np.concatenate([vectors, noise(20, seed=3)]))).all()
    if not n:
        return
    found = index.nearest(index.place(vectors[:1])[0], n)
    assert len(found) == n
    assert found[0].track_id == known.ids[0]
    assert all(np.isfinite(near.similarity) for near in found)


@pytest.mark.parametrize("ears", [BOTH, ALONE], ids=str)
def test_tracks_of_an_artist_that_sound_the_same_break_nothing(ears: Ears) -> None:
    """Silence, or one file under many names: they say nothing of how the artist's tracks differ."""
    vectors = noise(40)
    vectors[:5] = vectors[0]
    known = space_of(catalogue(vectors, ["Band"] * 5 + [None] * 35), ears)
    placed = known.place(vectors)
    assert np.isfinite(placed).all()
    np.testing.assert_allclose(np.linalg.norm(placed, axis=1), 1, atol=1e-5)


def test_copies_of_a_recording_count_once() -> None:
    vectors, artists = by_artists(200)
    rng = np.random.default_rng(5)
    copies = rng.integers(0, 200, 300)
    known = catalogue(
        np.concatenate([vectors, vectors[copies]]),
        [*artists, *(artists[i] for i in copies)],
        [*map(str, range(200)), *(str(i) for i in copies)],
    )
    sample = summarise(known, BOTH, Silent()).sample
    np.testing.assert_array_equal(sample.by_artist, vectors)
    assert len(sample.even) == 500
    two = catalogue(vectors[:2], ["Band", "Band"], ["one", "one"])
    assert alike(space_of(two), space_of(catalogue(vectors[:2])), vectors), "one recording is no two tracks"


def test_of_an_artist_at_most_twenty_tracks_count() -> None:
    assert MOST_OF_AN_ARTIST == 20
    vectors = noise(70)
    sample = summarise(catalogue(vectors, ["Many"] * 50 + ["Few"] * 20), BOTH, Silent()).sample
    np.testing.assert_array_equal(sample.by_artist, np.concatenate([vectors[:20], vectors[50:]]))
    assert Counter(sample.artists.tolist()) == {0: 20, 1: 20}


def test_spellings_of_an_artist_are_one_and_nobody_is_none() -> None:
    names: list[str | None] = ["Björk", "BJÖRK", "björk ", None, "Various Artists", "VA", "Other"]
    sample = summarise(catalogue(noise(7), names), BOTH, Silent()).sample
    assert Counter(sample.artists.tolist()).most_common() == [(artist, n) for artist, n in ((0, 3), (1, 1))]
    assert artist_key("Various Artists") == artist_key(None) == ""


def test_artists_that_must_not_show_what_they_share_do_not() -> None:
    vectors, artists = by_artists(100)
    without = frozenset(artist_key(f"Band {i}") for i in range(5, 10))
    left_out = summarise(catalogue(vectors, artists), BOTH, Silent(), without=without)
    np.testing.assert_array_equal(left_out.sample.by_artist, vectors[:50])
    whole = summarise(catalogue(vectors, artists), BOTH, Silent())
    np.testing.assert_array_equal(left_out.sample.even, whole.sample.even)


@pytest.mark.parametrize("n", [1, SAMPLE - 1, SAMPLE, SAMPLE + 1, 2 * SAMPLE, 3 * SAMPLE + 7])
def test_of_a_large_catalogue_some_tracks_at_equal_distances_show_its_axes(n: int) -> None:
    vectors = np.arange(n, dtype=np.float32)[:, None]
    for size in (n, 4_096):
        sampler = Sampler(1, n, frozenset())
        for start in range(0, n, size):
            sampler.add(catalogue(vectors[start : start + size]))
        rows = sampler.sample().even[:, 0]
        steps = np.unique(np.diff(rows))
        assert len(steps) <= 1, "whatever the size of a block"
        assert rows[0] == 0
        assert min(n, SAMPLE / 2) <= len(rows) <= SAMPLE
        assert n - rows[-1] <= (steps[0] if len(steps) else 1)


def test_of_a_large_catalogue_whole_artists_are_chosen_and_not_many_more_than_wanted() -> None:
    n, each = 20 * SAMPLE, 10
    artists: list[str | None] = [f"Band {i // each}" for i in range(n)]
    sampler = Sampler(1, n, frozenset())
    numbers = np.arange(n, dtype=np.float32)[:, None]
    for start in range(0, n, 16_384):
        part = slice(start, start + 16_384)
        sampler.add(
            Catalogue([], numbers[part], numbers[part, :0], (), artists[part], [str(i) for i in range(n)[part]])
        )
    sample = sampler.sample()
    assert 0.9 * SAMPLE < len(sample.by_artist) < 1.1 * SAMPLE
    assert set(Counter(sample.artists.tolist()).values()) == {each}


@pytest.mark.parametrize("n", [0, 1, 2, 5])
def test_a_tiny_catalogue_has_a_sound_space(n: int) -> None:
    ears = Ears.of(ModelId("wide", 1, 120), ModelId("wider", 1, 140))
    vectors = noise(n, ears.dim)
    known = space_of(catalogue(vectors, ["Band"] * n), ears)
    assert known.n_axes == AXES
    assert np.isfinite(known.place(noise(30, ears.dim, seed=2))).all()


def test_how_a_space_is_made_is_part_of_an_indexs_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from spotrec.index import build as of_builds

    vectors, artists = by_artists(100)
    known = catalogue(vectors, artists)
    names = {build(tmp_path, BOTH, known, progress=Silent()).name}
    names.add(build(tmp_path, BOTH, known, weights=(2.0, 1.0), progress=Silent()).name)
    names.add(build(tmp_path, BOTH, replace(known, artists=[*artists[1:], None]), progress=Silent()).name)
    names.add(build(tmp_path, BOTH, replace(known, recordings=["one"] * 100), progress=Silent()).name)
    monkeypatch.setattr(of_builds, "JOINT_SPACE", "another way")
    names.add(build(tmp_path, BOTH, known, progress=Silent()).name)
    assert len(names) == 5
    assert all(re.fullmatch(r"high-1,low-1/[0-9a-f]{16}", name) for name in names)
