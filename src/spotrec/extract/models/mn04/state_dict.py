"""A PyTorch file of weights → its arrays, with only NumPy.

The file is a zip: `…/data.pkl` is a pickle of a dictionary of tensors, `…/data/KEY` contains one storage's numbers.
Python's own `pickle` would run whatever the file says. Here a pickle is a list of steps, of which only those that build
such a dictionary are known: nothing is imported and no code of the file is run.
"""

import io
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum, auto
from pathlib import Path
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import as_strided

from spotrec.extract.weights.published_files import MOST_BYTES
from spotrec.system.files import read_regular
from spotrec.vectors import FloatArray

MAX_PICKLE_BYTES, MAX_ENTRIES = 1_000_000, 10_000
_MAX_DIMS = 8
_ZIP_ENTRY = b"PK\x01\x02"
_ITEM_BYTES = 4


class BadStateDict(ValueError):
    """The file is not a dictionary of tensors, is damaged, or contains other tensors."""


class _Name(Enum):
    """What a state dictionary refers to by name."""

    ORDERED_DICT = auto()
    TENSOR = auto()
    FLOAT = auto()
    OTHER_NUMBERS = auto()


_NAMES = {
    "collections OrderedDict": _Name.ORDERED_DICT,
    "torch._utils _rebuild_tensor_v2": _Name.TENSOR,
    "torch FloatStorage": _Name.FLOAT,
    "torch LongStorage": _Name.OTHER_NUMBERS,  # normalisation counts batches; nobody reads them
}


@dataclass(frozen=True, slots=True)
class _Storage:
    kind: _Name
    key: str
    n: int


@dataclass(frozen=True, slots=True)
class _Tensor:
    storage: _Storage
    offset: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]


def read_tensors(path: Path, shapes: Mapping[str, tuple[int, ...]]) -> dict[str, FloatArray]:
    """Read the tensors named in `shapes`, float32. Each must exist, have its shape, and be finite.

    Raises:
        BadStateDict: the file is not a dictionary of tensors or is damaged, or a tensor is missing or has another type
            or shape.
        OSError: the file cannot be read.
    """
    content = read_regular(path, MOST_BYTES)
    if len(content) > MOST_BYTES:
        raise BadStateDict("the file is too large")
    if content.count(_ZIP_ENTRY) > MAX_ENTRIES:
        raise BadStateDict("the file has too many entries")
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            return _tensors(archive, shapes)
    except BadStateDict:
        raise
    # what zipfile raises for damaged archives, by what is damaged
    except (zipfile.BadZipFile, NotImplementedError, EOFError, RuntimeError, OSError, ValueError) as exc:
        raise BadStateDict(f"it is not a zip of tensors: {exc}") from exc


def _tensors(archive: zipfile.ZipFile, shapes: Mapping[str, tuple[int, ...]]) -> dict[str, FloatArray]:
    pickles = [name for name in archive.namelist() if name.rpartition("/")[2] == "data.pkl"]
    if len(pickles) != 1:
        raise BadStateDict(f"it has {len(pickles)} lists of tensors, not one")
    folder = pickles[0].removesuffix("data.pkl")
    if f"{folder}byteorder" in archive.namelist() and _content(archive, f"{folder}byteorder", 10) != b"little":
        raise BadStateDict("its numbers are not little-endian")
    tensors = _steps_to_tensors(_content(archive, pickles[0], MAX_PICKLE_BYTES))
    for name, shape in shapes.items():
        if name not in tensors:
            raise BadStateDict(f"{name} is missing")
        _check(name, tensors[name], shape)
    wanted = {tensors[name].storage for name in shapes}
    if sum(_ITEM_BYTES * storage.n for storage in wanted) > MOST_BYTES:
        raise BadStateDict("its tensors are too large")
    storages = {storage: _numbers(archive, f"{folder}data/{storage.key}", storage.n) for storage in wanted}
    arrays = {}
    for name in shapes:
        tensor = tensors[name]
        strides = [_ITEM_BYTES * stride for stride in tensor.strides]
        view = as_strided(storages[tensor.storage][tensor.offset :], tensor.shape, strides, writeable=False)
        arrays[name] = np.ascontiguousarray(view)
        if not np.isfinite(arrays[name]).all():
            raise BadStateDict(f"{name} contains NaN or infinity")
    return arrays


def _check(name: str, tensor: _Tensor, shape: tuple[int, ...]) -> None:
    if tensor.storage.kind is not _Name.FLOAT:
        raise BadStateDict(f"{name} is not float32")
    if tensor.shape != shape:
        raise BadStateDict(f"{name} has shape {tensor.shape}, not {shape}")
    last = tensor.offset + sum((n - 1) * stride for n, stride in zip(tensor.shape, tensor.strides, strict=True))
    if last >= tensor.storage.n:
        raise BadStateDict(f"{name} reaches beyond its numbers")


def _numbers(archive: zipfile.ZipFile, name: str, n: int) -> FloatArray:
    content = _content(archive, name, _ITEM_BYTES * n)
    if len(content) != _ITEM_BYTES * n:
        raise BadStateDict(f"{name} has {len(content):,} bytes, not {_ITEM_BYTES * n:,}")
    return np.frombuffer(content, "<f4").astype(np.float32, copy=False)


def _content(archive: zipfile.ZipFile, name: str, max_bytes: int) -> bytes:
    """Return an entry's content. It must be stored as it is: what is compressed may unpack to anything."""
    try:
        entry = archive.getinfo(name)
    except KeyError:
        raise BadStateDict(f"{name[:100]} is missing") from None
    if entry.compress_type != zipfile.ZIP_STORED or entry.compress_size != entry.file_size:
        raise BadStateDict(f"{name[:100]} is compressed")
    if entry.file_size > max_bytes:
        raise BadStateDict(f"{name[:100]} has {entry.file_size:,} bytes: more than {max_bytes:,}")
    return archive.read(entry)


def _steps_to_tensors(pickled: bytes) -> dict[str, _Tensor]:
    """Follow the steps of a pickle; each is known here, or refused."""
    from pickletools import genops

    pile = _Pile()
    try:
        for step, argument, _ in genops(pickled):
            pile.follow(step.name, argument)
        made = pile.pop()
    except BadStateDict:
        raise
    except (ValueError, TypeError, LookupError, UnicodeError) as exc:
        raise BadStateDict(f"its list of tensors is damaged ({type(exc).__name__})") from exc
    if not isinstance(made, dict):
        raise BadStateDict("it does not contain a dictionary of tensors")
    return {name: tensor for name, tensor in made.items() if isinstance(name, str) and isinstance(tensor, _Tensor)}


_MARK = object()


class _Pile:
    """What the steps of a pickle have made so far."""

    def __init__(self) -> None:
        self._made: list[Any] = []
        self._kept: dict[int, Any] = {}

    def follow(self, step: str, argument: Any) -> None:
        """Follow one step.

        Raises:
            BadStateDict: no dictionary of tensors needs it.
        """
        if step in _VALUES:
            self._made.append(argument)
        elif step in _STEPS:
            _STEPS[step](self, argument)
        elif step not in _WITHOUT_EFFECT:
            raise BadStateDict(f"its list of tensors has a step {step}, which no tensor needs")

    def pop(self, _: Any = None) -> Any:
        made = self._made.pop()
        if made is _MARK:
            raise ValueError
        return made

    def mark(self, _: Any) -> None:
        self._made.append(_MARK)

    def add_dictionary(self, _: Any) -> None:
        self._made.append({})

    def join(self, n: int) -> None:
        self._made.append(tuple([self.pop() for _ in range(n)][::-1]))

    def join_since_mark(self, _: Any) -> None:
        self._made.append(tuple(self._since_mark()))

    def keep(self, number: int | None) -> None:
        self._kept[len(self._kept) if number is None else number] = self._made[-1]

    def repeat(self, number: int) -> None:
        self._made.append(self._kept[number])

    def name(self, name: str) -> None:
        if name not in _NAMES:
            raise BadStateDict(f"it asks for {name[:100]!r}, which no tensor needs")
        self._made.append(_NAMES[name])

    def find_storage(self, _: Any) -> None:
        self._made.append(_storage(self.pop()))

    def call(self, _: Any) -> None:
        arguments, name = self.pop(), self.pop()
        self._made.append(_result(name, arguments))

    def fill(self, _: Any) -> None:
        items = self._since_mark()
        filled = self._made[-1]
        for key, value in zip(items[::2], items[1::2], strict=True):
            if not isinstance(filled, dict) or not isinstance(key, str):
                raise BadStateDict("its list of tensors is not a dictionary by name")
            filled[key] = value

    def fill_one(self, _: Any) -> None:
        self._made[-2:-2] = [_MARK]
        self.fill(None)

    def _since_mark(self) -> list[Any]:
        items = []
        while (made := self._made.pop()) is not _MARK:
            items.append(made)
        return items[::-1]


_WITHOUT_EFFECT = {"PROTO", "FRAME", "STOP"}
_VALUES = {"BINUNICODE", "SHORT_BINUNICODE", "BININT", "BININT1", "BININT2", "NEWFALSE", "NEWTRUE", "NONE"}
_STEPS: dict[str, Callable[[_Pile, Any], object]] = {
    "MARK": _Pile.mark,
    "EMPTY_DICT": _Pile.add_dictionary,
    "EMPTY_TUPLE": lambda pile, _: pile.join(0),
    "TUPLE1": lambda pile, _: pile.join(1),
    "TUPLE2": lambda pile, _: pile.join(2),
    "TUPLE3": lambda pile, _: pile.join(3),
    "TUPLE": _Pile.join_since_mark,
    "BINPUT": _Pile.keep,
    "LONG_BINPUT": _Pile.keep,
    "MEMOIZE": _Pile.keep,
    "BINGET": _Pile.repeat,
    "LONG_BINGET": _Pile.repeat,
    "GLOBAL": _Pile.name,
    "BINPERSID": _Pile.find_storage,
    "REDUCE": _Pile.call,
    "SETITEMS": _Pile.fill,
    "SETITEM": _Pile.fill_one,
    "BUILD": _Pile.pop,  # a dictionary's own attributes: versions of layers
}


def _storage(identity: Any) -> _Storage:
    match identity:
        case ("storage", (_Name.FLOAT | _Name.OTHER_NUMBERS) as kind, str(key), str(), int(n)) if n >= 0:
            return _Storage(kind, key, n)
    raise BadStateDict("a tensor has no numbers")


def _result(name: Any, arguments: Any) -> Any:
    match name, arguments:
        case _Name.ORDERED_DICT, ():
            return {}
        case _Name.TENSOR, (_Storage() as storage, int(offset), tuple(shape), tuple(strides), *_):
            is_sound = (
                len(shape) == len(strides) <= _MAX_DIMS
                and all(isinstance(n, int) and n >= 0 for n in (offset, *strides))
                and all(isinstance(n, int) and n >= 1 for n in shape)
            )
            return _Tensor(storage, offset, shape, strides) if is_sound else None
    raise BadStateDict("its list of tensors has a step that no tensor needs")
