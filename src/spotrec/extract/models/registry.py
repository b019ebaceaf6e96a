"""Which models there are: those of this package, and those that other packages bring.

A package brings a model by an entry point of the group `spotrec.models` that leads to an `AudioModel`; what it is
called is what the model says. docs/models.md has an example.
"""

from collections.abc import Iterator
from functools import cache
from importlib import import_module

from spotrec.errors import SpotrecError, UsageError, first_line
from spotrec.extract.models import AudioModel
from spotrec.track import ModelId

GROUP = "spotrec.models"
DEFAULT = "choi"
_BUILT_IN = {  # in order of choice, of one name the oldest first
    "choi-1": ("spotrec.extract.models.choi", "CHOI_1"),
    "choi-2": ("spotrec.extract.models.choi", "CHOI_2"),
}


def find(name: str) -> AudioModel:
    """The model of this name: `choi-2`, or without a version the newest, `choi`.

    Raises:
        UsageError: there is none.
    """
    if version := _newest(name, _BUILT_IN):
        return _built_in(version)
    brought = _brought()
    if version := _newest(name, brought):
        return brought[version]
    raise UsageError(f"there is no model “{name}”", f"models are {', '.join([*_BUILT_IN, *brought])}")


def find_of(model: ModelId | str) -> AudioModel | None:
    """The model that made vectors of this id, whatever its weights; None where it is not installed any more."""
    name = str(model).partition("+")[0]
    return _built_in(name) if name in _BUILT_IN else _brought().get(name)


def everyone() -> list[AudioModel]:
    """All of them, those of this package first; of one name the oldest version first."""
    return [*map(_built_in, _BUILT_IN), *_brought().values()]


def versions_of(name: str) -> list[AudioModel]:
    """All versions of one name, the oldest first."""
    own = [_built_in(known) for known in _BUILT_IN if known.rpartition("-")[0] == name]
    return own or [model for model in _brought().values() if model.id.name == name]


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


@cache
def _brought() -> dict[str, AudioModel]:
    """Those of other packages, by name and version.

    Raises:
        SpotrecError: a package brings something else, or what another one has.
    """
    models: dict[str, AudioModel] = {}
    own_names = {known.rpartition("-")[0] for known in _BUILT_IN}
    for name, package, brought in sorted(_entry_points(), key=lambda found: found[:2]):
        hint = f"pip uninstall {package}, or ask its authors"
        if not isinstance(brought, AudioModel):
            raise SpotrecError(f"“{name}” of the package {package} is no model: {type(brought).__name__}", hint)
        if brought.id.name in own_names or brought.network in models:
            raise SpotrecError(f"the package {package} brings the model {brought.network}, which is taken", hint)
        models[brought.network] = brought
    return dict(sorted(models.items(), key=lambda one: (one[1].id.name, one[1].id.version)))


def _entry_points() -> Iterator[tuple[str, str, object]]:
    """Name, package and what each leads to."""
    from importlib.metadata import entry_points

    for one in entry_points(group=GROUP):
        package = one.dist.name if one.dist else one.value
        try:
            yield one.name, package, one.load()
        except Exception as exc:
            hint = f"mend it, or pip uninstall {package}"
            message = f"the model “{one.name}” of {package} cannot be loaded: {first_line(exc)}"
            raise SpotrecError(message, hint) from exc
