"""Indexes as earlier versions of spotrec wrote them."""

from dataclasses import replace
from pathlib import Path

import numpy as np

from spotrec.index import bounds
from spotrec.index import manifest as manifests
from spotrec.vectors import mapped


def give_short_forms(folder: Path) -> None:
    """Give an index the short forms of an earlier version in place of its columns."""
    np.save(folder / "bounds.npy", bounds.in_brief(mapped(folder / "vectors.npy"), 96))
    (folder / "columns.npy").unlink()
    manifest = manifests.read(folder)
    files = {name: seal for name, seal in manifest.files.items() if name != "columns.npy"}
    replace(manifest, files={**files, "bounds.npy": manifests.seal(folder / "bounds.npy")}).write(folder)
