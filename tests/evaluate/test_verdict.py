"""What a comparison says in a few lines."""

import numpy as np

from spotrec.evaluate.evaluate import Evaluation, evaluate, random_vectors
from spotrec.evaluate.labels import labels_of
from spotrec.evaluate.metrics import cosine
from spotrec.evaluate.verdict import verdict
from spotrec.progress import Silent
from spotrec.vectors import FloatArray, unit
from support.catalogue import song

N = 90


def by_genre() -> FloatArray:
    """A space in which the tracks of a genre are close together."""
    corners = np.eye(3, random_vectors(N).shape[1], dtype=np.float32)[np.arange(N) % 3]
    return unit(corners + 0.01 * random_vectors(N))


def compared(**spaces: FloatArray) -> Evaluation:
    tracks = [song(n, genre=f"Genre {n % 3}") for n in range(N)]
    return evaluate(
        {name: cosine(vectors) for name, vectors in spaces.items()},
        labels_of(tracks, None, ["genre"]),
        k=5,
        artist_filter=True,
        progress=Silent(),
    )


def test_a_space_that_is_better_is_named_with_its_label() -> None:
    said = verdict(compared(spotrec=random_vectors(N), musicnn=by_genre(), random=random_vectors(N, 9)))
    assert said.splitlines() == [
        "In short, by precision@5:",
        "  musicnn finds more than spotrec: genre (90 tracks)",
        "  one other space cannot be told apart from spotrec: random",
    ]


def test_a_space_that_is_worse_is_named_too() -> None:
    said = verdict(compared(spotrec=by_genre(), MFCC=random_vectors(N), random=random_vectors(N, 9)))
    assert said.splitlines()[1:] == [
        "  no other space finds more than spotrec",
        "  spotrec finds more than MFCC: genre (90 tracks)",
        "  spotrec finds more than random: genre (90 tracks)",
    ]


def test_spaces_that_are_alike_cannot_be_told_apart() -> None:
    said = verdict(compared(**{"spotrec": by_genre(), "choi-1": by_genre()}))
    assert said.splitlines()[2:] == ["  one other space cannot be told apart from spotrec: choi-1"]


def test_names_with_a_comma_can_be_told_apart() -> None:
    said = verdict(compared(**{"spotrec": by_genre(), "choi-2, raw cosine": by_genre(), "raw cosine": by_genre()}))
    assert said.endswith("2 other spaces cannot be told apart from spotrec: choi-2, raw cosine; raw cosine")


def test_many_spaces_that_are_alike_are_counted() -> None:
    others = {f"space {n}": by_genre() for n in range(7)}
    assert (
        "  7 other spaces cannot be told apart from spotrec"
        in verdict(compared(**{"spotrec": by_genre(), **others})).splitlines()
    )


def test_one_space_alone_has_no_verdict() -> None:
    assert verdict(compared(spotrec=by_genre())) == ""
