"""Models of other packages: entry points of the group `spotrec.models` that lead to an `AudioModel`.

If a package is broken, only its own models fail: its error is stored, and raised when one of them is requested.
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
"""Names become folder names; a part of digits only would be read as a version."""
_MOST_NUMBERS = 65_536


@dataclass(frozen=True, slots=True)
class FaultyPackage:
    """A package whose model cannot be loaded; `name` is the name of its entry point."""

    name: str
    package: str
    error: SpotrecError


@dataclass(frozen=True, slots=True)
class PackagedModels:
    """Models of other packages by name and version, the oldest version of a name first, and packages at fault."""

    models: dict[str, AudioModel]
    faults: tuple[FaultyPackage, ...]


@cache
def packaged_models(own_names: frozenset[str]) -> PackagedModels:
    """Find all models of installed packages. The names of spotrec's own models are not allowed."""
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
    return PackagedModels(dict(in_order), tuple(faults))


def _entry_points() -> "Iterator[tuple[EntryPoint, str]]":
    """Yield each entry point with its package, always in the same order."""
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
        raise SpotrecError(f"“{one.name}” of the package {package} is not an AudioModel: {type(model).__name__}", hint)
    if model.id.name in own_names:
        raise _taken(model, package)
    if fault := _fault(model):
        raise SpotrecError(f"the model “{one.name}” of the package {package} is not valid: {fault}", hint)
    return model


def _fault(model: AudioModel) -> str:
    """Return what is wrong with a model, empty if nothing is."""
    name, dim = model.id.name, model.id.dim
    if not _NAME.fullmatch(name):
        return f"its name is “{name}”; a name has lower-case letters, digits, _ and -, and no part of only digits"
    if model.id.version < 1 or model.id.weights:
        return f"its id is {model.id}; versions start at 1, and the id must not name weights"
    if not 1 <= dim <= _MOST_NUMBERS:
        return f"its vectors have {dim} numbers; 1 to {_MOST_NUMBERS:,} are allowed"
    if model.layers and dim % len(model.layers):
        return f"{dim} numbers cannot be divided into {len(model.layers)} equal layers"
    if len(set(model.tag_names)) < len(model.tag_names):
        return "two of its tags have the same name"
    return ""


def _taken(model: AudioModel, package: str) -> SpotrecError:
    return SpotrecError(
        f"the package {package} contains the model {model.network}, but this name is taken", _hint(package)
    )


def _hint(package: str) -> str:
    return f"fix it, ask its authors, or pip uninstall {package}"
