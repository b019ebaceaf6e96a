"""Files of weights as PyTorch writes them, without PyTorch; and such as it would never write."""

import pickle
import struct
import zipfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import numpy.typing as npt

Tensors = Mapping[str, npt.NDArray[np.generic]]

_NAMES = {"float32": "torch\nFloatStorage", "int64": "torch\nLongStorage", "float16": "torch\nHalfStorage"}


def text(value: str) -> bytes:
    encoded = value.encode()
    return b"X" + struct.pack("<I", len(encoded)) + encoded


def number(value: int) -> bytes:
    return b"J" + struct.pack("<i", value)


def numbers(values: tuple[int, ...]) -> bytes:
    return b"(" + b"".join(map(number, values)) + b"t"


def tensor(
    key: str,
    array: npt.NDArray[np.generic],
    *,
    n: int | None = None,
    offset: int = 0,
    strides: tuple[int, ...] | None = None,
) -> bytes:
    """The steps that make one tensor."""
    if strides is None:
        strides = tuple(stride // array.itemsize for stride in np.zeros(array.shape, array.dtype).strides)
    storage = text("storage") + b"c" + _NAMES[array.dtype.name].encode() + b"\n" + text(key) + text("cpu")
    storage += number(array.size if n is None else n)
    ordered = b"ccollections\nOrderedDict\n)R"
    place = number(offset) + numbers(array.shape) + numbers(strides)
    return b"ctorch._utils\n_rebuild_tensor_v2\n((" + storage + b"tQ" + place + b"\x89" + ordered + b"tR"


def dictionary(items: Mapping[str, bytes]) -> bytes:
    return b"\x80\x02}(" + b"".join(text(name) + steps for name, steps in items.items()) + b"u."


def write_state_dict(path: Path, tensors: Tensors) -> Path:
    """Write a file as `torch.save` does."""
    steps = {name: tensor(str(i), array) for i, (name, array) in enumerate(tensors.items())}
    return write_zip(path, dictionary(steps), {str(i): array.tobytes() for i, array in enumerate(tensors.values())})


def write_zip(
    path: Path, pickled: bytes, storages: Mapping[str, bytes], *, compression: int = zipfile.ZIP_STORED
) -> Path:
    with zipfile.ZipFile(path, "w", compression) as archive:
        archive.writestr("archive/data.pkl", pickled)
        for key, content in storages.items():
            archive.writestr(f"archive/data/{key}", content)
        archive.writestr("archive/version", b"3\n")
    return path


class Runs:
    """Unpickled freely, it writes a file: the attack that a file of weights could be."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __reduce__(self) -> tuple[object, tuple[str, ...]]:
        return exec, (f"open({str(self._path)!r}, 'w').close()",)


def attack(path: Path) -> bytes:
    return pickle.dumps({"features.0.0.weight": Runs(path)}, protocol=2)
