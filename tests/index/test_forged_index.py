"""An index that somebody else wrote, with seals that fit: a folder's config may name it. It is refused in words."""

import dataclasses
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from spotrec.index import manifest as manifests
from support.catalogue import fill, scattered, song

Run = Callable[..., Any]
N = 12


def _array(name: str, change: Callable[[Any], Any]) -> Callable[[Path], None]:
    def forge(folder: Path) -> None:
        np.save(folder / name, change(np.load(folder / name)))

    return forge


def _space(name: str, change: Callable[[Any], Any]) -> Callable[[Path], None]:
    def forge(folder: Path) -> None:
        parts = dict(np.load(folder / "space.npz"))
        np.savez(folder / "space.npz", **{**parts, name: change(parts[name])})

    return forge


def _fewer_tags(folder: Path) -> None:
    _array("tags.npy", lambda tags: tags[:, :-1].copy())(folder)
    _array("tag_means.npy", lambda means: means[:-1])(folder)


def _no_tags(folder: Path) -> None:
    _array("tags.npy", lambda tags: tags[:, :0].copy())(folder)
    _array("tag_means.npy", lambda means: means[:0])(folder)


FORGERIES = {
    "vectors that are not numbers": _array("vectors.npy", lambda vectors: vectors * np.nan),
    "endless vectors": _array("vectors.npy", lambda vectors: np.full_like(vectors, np.inf)),
    "fewer tags than the model": _fewer_tags,
    "no tags": _no_tags,
    "means that are not probabilities": _array("tag_means.npy", lambda means: means - 5),
    "no scale": _space("scale_0", lambda scale: scale * 0),
    "a negative scale": _space("scale_0", lambda scale: -scale),
    "a tiny scale": _space("scale_0", lambda scale: scale * 0 + np.float32(1e-44)),
    "a far mean": _space("mean_0", lambda mean: mean * 0 + np.float32(3e38)),
    "endless axes": _space("axes", lambda _: np.full((160, 160), 1e300)),
}


def forged(home: Path, forge: Callable[[Path], None]) -> None:
    (path,) = (home / "data" / "index").rglob(manifests.NAME)
    forge(path.parent)
    said = json.loads(path.read_text())
    said["files"] = {name: dataclasses.asdict(manifests.seal(path.parent / name)) for name in said["files"]}
    path.write_text(json.dumps(said))


@pytest.mark.parametrize("command", ["query {}", "query {} {} --explain --diversity 0.5", "journey {} {}"])
@pytest.mark.parametrize("forgery", FORGERIES)
def test_a_forged_index_is_damaged(spotrec: Run, home: Path, forgery: str, command: str) -> None:
    fill(home, [song(i) for i in range(N)], scattered(N))
    spotrec("index")
    forged(home, FORGERIES[forgery])
    ids = [song(0).id, song(1).id]
    said = spotrec(*command.format(*ids).split(), code=1).stderr
    assert "damaged" in said
    assert "spotrec index" in said


@pytest.mark.parametrize("forgery", FORGERIES)
def test_a_map_of_a_forged_index_is_refused(spotrec: Run, home: Path, forgery: str) -> None:
    fill(home, [song(i) for i in range(N)], scattered(N))
    spotrec("index")
    forged(home, FORGERIES[forgery])
    if {"scale", "mean", "axes"} & {*forgery.split()}:
        pytest.skip("a map does not use the space")
    assert "damaged" in spotrec("map", "--html", home / "map.html", code=1).stderr


def test_a_check_of_a_forged_index_says_that_it_is_damaged(spotrec: Run, home: Path) -> None:
    fill(home, [song(i) for i in range(N)], scattered(N))
    spotrec("index")
    forged(home, FORGERIES["vectors that are not numbers"])
    assert "damaged" in spotrec("index", "--check", code=1).stderr


@pytest.mark.parametrize("options", [["--tag", "jazz"], ["--mood", "jazz"]], ids=" ".join)
def test_tags_that_are_not_numbers_are_a_damaged_index(spotrec: Run, home: Path, options: list[str]) -> None:
    fill(home, [song(i) for i in range(N)], scattered(N))
    spotrec("index")
    forged(home, _array("tags.npy", lambda tags: tags * np.nan))
    assert "tags are not numbers" in spotrec("query", song(0).id, *options, code=1).stderr


def test_ids_out_of_order_are_a_damaged_index(spotrec: Run, home: Path) -> None:
    fill(home, [song(i) for i in range(N)], scattered(N))
    spotrec("index")
    forged(home, _array("ids.npy", lambda ids: ids[::-1].copy()))
    assert "not in order" in spotrec("query", song(0).id, "--diversity", "0.5", code=1).stderr
