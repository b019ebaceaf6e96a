"""Models that other packages bring: by an entry point of the group `spotrec.models` that leads to an `AudioModel`.

A package that is broken costs its own models only: its fault is kept, and raised where somebody asks for them.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from spotrec.errors import SpotrecError, first_line
from spotrec.extract.models import AudioModel

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

GROUP = "spotrec.models"
_NAME = re.compile(r"[a-z][a-z0-9_]*(-[a-z0-9_]*[a-z_][a-z0-9_]*)*")
"""Names of folders and in answers; a part of digits alone would be taken for a version."""
_MOST_NUMBERS = 65_536


@dataclass(frozen=True, slots=True)
class FaultyPackage:
    """A package whose model cannot be had: `name` is that of its entry point."""

    name: str
    package: str
    error: SpotrecError


@dataclass(frozen=True, slots=True)
class Brought:
    """What other packages bring: models by name and version, of one name the oldest first, and what is at fault."""

    models: dict[str, AudioModel]
    faults: tuple[FaultyPackage, ...]


@cache
def brought(own_names: frozenset[str]) -> Brought:
    """All that is installed; names of this package's own models cannot be had twice."""
    models: dict[str, AudioModel] = {}
    faults = []
    for one, package in _entry_points():
        try:
            model = _model(one, package, own_names)
            if model.network in models:
                raise _taken(model, package)
        except SpotrecError as error:
            faults.append(FaultyPackage(one.name, package, error))
        else:
            models[model.network] = model
    in_order = sorted(models.items(), key=lambda one: (one[1].id.name, one[1].id.version))
    return Brought(dict(in_order), tuple(faults))


def _entry_points() -> "Iterator[tuple[EntryPoint, str]]":
    """Each with its package, in an order that does not change."""
    from importlib.metadata import entry_points

    found = [(one, one.dist.name if one.dist else one.value) for one in entry_points(group=GROUP)]
    yield from sorted(found, key=lambda each: (each[0].name, each[1]))


def _model(one: "EntryPoint", package: str, own_names: frozenset[str]) -> AudioModel:
    hint = _hint(package)
    try:
        model = one.load()
    except (Exception, SystemExit) as exc:
        message = f"the model “{one.name}” of the package {package} cannot be loaded: {first_line(exc)}"
        raise SpotrecError(message, hint) from exc
    if not isinstance(model, AudioModel):
        raise SpotrecError(f"“{one.name}” of the package {package} is no model: {type(model).__name__}", hint)
    if model.id.name in own_names:
        raise _taken(model, package)
    if fault := _fault(model):
        raise SpotrecError(f"the model “{one.name}” of the package {package} is not one: {fault}", hint)
    return model


def _fault(model: AudioModel) -> str:
    """What of a model would go wrong later."""
    name, dim = model.id.name, model.id.dim
    if not _NAME.fullmatch(name):
        return f"its name is “{name}”; a name is lower-case letters, digits, _ and -, and ends in no number of its own"
    if model.id.version < 1 or model.id.weights:
        return f"it is called {model.id}; versions count from 1, and its weights are the published ones"
    if not 1 <= dim <= _MOST_NUMBERS:
        return f"its vectors have {dim} numbers"
    if model.layers and dim % len(model.layers):
        return f"{dim} numbers are not {len(model.layers)} equal layers"
    if len(set(model.tag_names)) < len(model.tag_names):
        return "two of its tags have one name"
    return ""


def _taken(model: AudioModel, package: str) -> SpotrecError:
    return SpotrecError(f"the package {package} brings the model {model.network}, which is taken", _hint(package))


def _hint(package: str) -> str:
    return f"fix it, ask its authors, or pip uninstall {package}"
