"""All models: the models of this package and of other packages.

A package adds a model with an entry point of the group `spotrec.models` that leads to an `AudioModel`; the model's id
contains its name. docs/models.md has an example.
"""

from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING

from spotrec.errors import UsageError
from spotrec.extract.models import AudioModel
from spotrec.track import ModelId

if TYPE_CHECKING:
    from spotrec.extract.models.packages import FaultyPackage, PackagedModels

DEFAULT = ("choi", "mn04")
"""The models of a new store."""
_BUILT_IN = {  # in order of preference, the oldest version of a name first
    "choi-1": ("spotrec.extract.models.choi.model", "CHOI_1"),
    "choi-2": ("spotrec.extract.models.choi.model", "CHOI_2"),
    "musicnn-1": ("spotrec.extract.models.musicnn.model", "MUSICNN"),
    "mn04-1": ("spotrec.extract.models.mn04.model", "MN04"),
}
_OWN_NAMES = frozenset(known.rpartition("-")[0] for known in _BUILT_IN)


def find(name: str) -> AudioModel:
    """Return the model with this name: `choi-2`, or without a version the newest, `choi`.

    Raises:
        UsageError: there is no such model.
        SpotrecError: the package of the model is broken.
    """
    if version := _newest(name, _BUILT_IN):
        return _built_in(version)
    others = _others()
    if version := _newest(name, others.models):
        return others.models[version]
    for fault in others.faults:
        if name in (fault.name, fault.name.rpartition("-")[0]) or fault.name == name.rpartition("-")[0]:
            raise fault.error
    broken = "; `spotrec models` shows broken packages" if others.faults else ""
    raise UsageError(f"there is no model “{name}”", f"models are {', '.join([*_BUILT_IN, *others.models])}{broken}")


def find_by_id(model: ModelId | str) -> AudioModel | None:
    """Return the model of this id, whatever its weights, or None if it is not installed any more."""
    name = str(model).partition("+")[0]
    return _built_in(name) if name in _BUILT_IN else _others().models.get(name)


def installed_models() -> list[AudioModel]:
    """Return all models, this package's first, the oldest version of a name first."""
    return [*map(_built_in, _BUILT_IN), *_others().models.values()]


def faults() -> "tuple[FaultyPackage, ...]":
    """Return packages whose models cannot be loaded."""
    return _others().faults


def versions_of(name: str) -> list[AudioModel]:
    """Return all versions of one name, oldest first."""
    own = [_built_in(known) for known in _BUILT_IN if known.rpartition("-")[0] == name]
    return own or [model for model in _others().models.values() if model.id.name == name]


def _others() -> "PackagedModels":
    from spotrec.extract.models.packages import packaged_models  # most runs do not need them

    return packaged_models(_OWN_NAMES)


def _newest(name: str, known: dict[str, object] | dict[str, AudioModel] | dict[str, tuple[str, str]]) -> str | None:
    if name in known:
        return name
    versions = [one for one in known if one.rpartition("-")[0] == name]
    return versions[-1] if versions else None


@cache
def _built_in(name: str) -> AudioModel:
    module, attribute = _BUILT_IN[name]
    model = getattr(import_module(module), attribute)
    assert isinstance(model, AudioModel)
    return model
