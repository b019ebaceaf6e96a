"""Packages that bring models, as pip would install them: a folder to import from, with what it says of itself."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from spotrec.extract.models.packages import packaged_models

MODEL = '''
"""A model that hears how loud it is, in {dim} numbers."""

import numpy as np

from spotrec.extract.models import AudioModel, ModelCard
from spotrec.extract.weights.pip_wheel import PipWheel
from spotrec.extract.weights.published_files import PublishedFile
from spotrec.track import ModelId


def prepare(samples):
    return samples[: {dim} * 1000]


class Network:
    id = ModelId("{name}", {version}, {dim})

    def __init__(self, weights):
        self.scale = float(weights.read_text()) if weights else 1.0

    def embed(self, prepared):
        pieces = [np.resize(clip, ({dim}, 1000)).std(axis=1) * self.scale for clip in prepared]
        return np.array(pieces, np.float32), np.zeros((len(prepared), 0), np.float32)


WEIGHTS = {weights}
MODEL = AudioModel(
    id=Network.id,
    card=ModelCard("Loudness", "MIT", "https://example.org/{name}", "nobody", "nothing"),
    sample_rate_hz=8000,
    prepare=prepare,
    load=lambda weights, model: Network(weights),
    weights=WEIGHTS,
)
'''


def model_code(name: str = "loud", version: int = 1, dim: int = 4, weights: object = None) -> str:
    """A module that has a `MODEL`."""
    return MODEL.format(name=name, version=version, dim=dim, weights=weights)


def write_package(folder: Path, package: str, code: str, entry_points: str | None = None) -> None:
    """Put a package of one module into a folder; its entry point is called as it is, unless others are given."""
    about = folder / f"{package}-1.0.dist-info"
    about.mkdir(parents=True)
    (folder / f"{package}.py").write_text(code, encoding="utf-8")
    (about / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: 1.0\n", encoding="utf-8")
    points = entry_points or f"{package} = {package}:MODEL\n"
    (about / "entry_points.txt").write_text(f"[spotrec.models]\n{points}", encoding="utf-8")


@contextmanager
def installed(monkeypatch: pytest.MonkeyPatch, folder: Path) -> Iterator[None]:
    """The packages of a folder can be had in this process and its children while the context lasts."""
    with monkeypatch.context() as patch:
        patch.syspath_prepend(str(folder))
        patch.setenv("PYTHONPATH", str(folder), prepend=":")
        before = set(sys.modules)
        packaged_models.cache_clear()
        try:
            yield
        finally:
            packaged_models.cache_clear()
            for name in set(sys.modules) - before:
                if str(folder) in str(getattr(sys.modules[name], "__file__", "")):
                    del sys.modules[name]
