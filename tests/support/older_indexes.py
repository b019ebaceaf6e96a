"""Indexes of one model as spotrec wrote them before a set of models had one: formats 1 to 3."""

import json
from dataclasses import asdict
from pathlib import Path

import numpy as np

from spotrec.index import manifest as manifests
from spotrec.index.space import fit
from spotrec.store import Catalogue, FeatureStore
from spotrec.track import Ears, ModelId
from spotrec.vectors import Moments

_GENERATION = "0123456789abcdef"


def write_older(
    root: Path, model: ModelId, catalogue: Catalogue, reference: Moments | None = None, *, fmt: int = 3
) -> Path:
    """Write the index in use of one model, searched exactly, and return its folder."""
    folder = root / str(model) / _GENERATION
    folder.mkdir(parents=True)
    space = fit(catalogue.vectors, reference)
    space.save(folder / "space.npz")
    np.save(folder / "vectors.npy", space.place(catalogue.vectors))
    np.save(folder / "ids.npy", np.array([id_.encode() for id_ in catalogue.ids]))
    np.save(folder / "tag_means.npy", catalogue.tag_means)
    if fmt > 1:
        np.save(folder / "tags.npy", catalogue.tags)
    said = {
        "format": fmt,
        "model": str(model),
        "dim": model.dim,
        "metric": "angular",
        "backend": "exact",
        "trees": 0,
        "seed": 20_170_327,
        "n_tracks": len(catalogue),
        "content": _GENERATION * 4,
        "versions": {"annoy": "1.17.3", "numpy": "2.4.6", "spotrec": "0.1.0"},
        "files": {path.name: asdict(manifests.seal(path)) for path in folder.iterdir()},
    }
    if fmt > 2:
        said["anchors"] = [asdict(anchor) for anchor in catalogue.anchors]
    (folder / "manifest.json").write_text(json.dumps(said))
    (folder.parent / "current").write_text(f"{_GENERATION}\n")
    return folder


def write_older_of(root: Path, store: FeatureStore, model: ModelId, reference: Moments | None = None) -> Path:
    """Write the index of what one model heard in a store's catalogue."""
    with store.catalogue.snapshot(Ears.of(model)) as catalogue:
        anchors = tuple(catalogue.anchors)
    whole = store.catalogue.read(Ears.of(model))
    return write_older(root, model, Catalogue(whole.ids, whole.vectors, whole.tags, anchors), reference)
