"""A PyTorch file of weights → its arrays, with only NumPy.

The file is a zip: `…/data.pkl` is a pickle of a dictionary of tensors, `…/data/KEY` contains the numbers of one storage.
Python's own `pickle` would run whatever the file says. Here a pickle is a list of steps, of which only those that build
such a dictionary are known: nothing is imported and no code of the file is run.
"""

import io
import zipfile
from collections.abc import Mapping
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
    except (zipfile.BadZipFile, NotImplementedError, EOFError, RuntimeError, UnicodeError) as exc:
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
        match step:
            case "PROTO" | "FRAME" | "STOP":
                pass
            case "MARK":
                self._made.append(_MARK)
            case "BINUNICODE" | "SHORT_BINUNICODE" | "BININT" | "BININT1" | "BININT2":
                self._made.append(argument)
            case "NEWFALSE" | "NEWTRUE" | "NONE":
                self._made.append(step)
            case "EMPTY_DICT":
                self._made.append({})
            case "EMPTY_TUPLE" | "TUPLE1" | "TUPLE2" | "TUPLE3":
                n = 0 if step == "EMPTY_TUPLE" else int(step[-1])
                self._made.append(tuple([self.pop() for _ in range(n)][::-1]))
            case "TUPLE":
                self._made.append(tuple(self._since_mark()))
            case "BINPUT" | "LONG_BINPUT":
                self._kept[argument] = self._made[-1]
            case "MEMOIZE":
                self._kept[len(self._kept)] = self._made[-1]
            case "BINGET" | "LONG_BINGET":
                self._made.append(self._kept[argument])
            case "GLOBAL":
                if argument not in _NAMES:
                    raise BadStateDict(f"it asks for {argument[:100]!r}, which no tensor needs")
                self._made.append(_NAMES[argument])
            case "BINPERSID":
                self._made.append(_storage(self.pop()))
            case "REDUCE":
                arguments, name = self.pop(), self.pop()
                self._made.append(_result(name, arguments))
            case "SETITEM" | "SETITEMS":
                items = self._since_mark() if step == "SETITEMS" else [self.pop(), self.pop()][::-1]
                self._fill(self._made[-1], items)
            case "BUILD":
                self.pop()  # a dictionary's own attributes: versions of layers
            case _:
                raise BadStateDict(f"its list of tensors has a step {step}, which no tensor needs")

    def pop(self) -> Any:
        made = self._made.pop()
        if made is _MARK:
            raise ValueError
        return made

    def _since_mark(self) -> list[Any]:
        items = []
        while (made := self._made.pop()) is not _MARK:
            items.append(made)
        return items[::-1]

    def _fill(self, filled: Any, items: list[Any]) -> None:
        for key, value in zip(items[::2], items[1::2], strict=True):
            if not isinstance(filled, dict) or not isinstance(key, str):
                raise BadStateDict("its list of tensors is not a dictionary by name")
            filled[key] = value


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
