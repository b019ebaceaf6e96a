"""The reader of PyTorch's files: what it reads, and what it refuses without running or unpacking it."""

import struct
import time
import tracemalloc
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spotrec.extract.models.mn04.state_dict import MAX_ENTRIES, MAX_PICKLE_BYTES, BadStateDict, read_tensors
from spotrec.extract.weights.published_files import MOST_BYTES
from support.state_dicts import attack, dictionary, tensor, text, write_state_dict, write_zip

TWO_BY_THREE = np.arange(6, dtype=np.float32).reshape(2, 3)
ONE = {"a": (2, 3)}


@contextmanager
def little_memory() -> Iterator[None]:
    """Fail if more is used than the largest file of weights, which is made room for before a file is read."""
    tracemalloc.start()
    try:
        yield
        assert tracemalloc.get_traced_memory()[1] < MOST_BYTES + 30_000_000
    finally:
        tracemalloc.stop()


def read(path: Path) -> np.ndarray:
    return read_tensors(path, ONE)["a"]


def written(path: Path, steps: bytes, content: bytes = TWO_BY_THREE.tobytes()) -> Path:
    return write_zip(path / "weights.pt", steps, {"0": content})


def test_tensors_are_read_by_name_and_others_are_left_alone(tmp_path: Path) -> None:
    tensors = {"a": TWO_BY_THREE, "n": np.array(7), "b": np.ones((1, 2, 3, 4), np.float32)}
    path = write_state_dict(tmp_path / "weights.pt", tensors)
    found = read_tensors(path, {"a": (2, 3), "b": (1, 2, 3, 4)})
    assert set(found) == {"a", "b"}
    np.testing.assert_array_equal(found["a"], TWO_BY_THREE)
    np.testing.assert_array_equal(found["b"], tensors["b"])


def test_a_dictionary_with_attributes_of_its_own_is_read(tmp_path: Path) -> None:
    """As `torch.save(model.state_dict())` writes it."""
    steps = (
        b"\x80\x02ccollections\nOrderedDict\n)R(" + text("a") + tensor("0", TWO_BY_THREE) + b"u}" + text("_metadata")
    )
    steps += b"ccollections\nOrderedDict\n)Rsb."
    np.testing.assert_array_equal(read(written(tmp_path, steps)), TWO_BY_THREE)


def test_a_transposed_tensor_and_a_part_of_a_larger_one_are_read(tmp_path: Path) -> None:
    turned = dictionary({"a": tensor("0", TWO_BY_THREE, strides=(1, 2))})
    np.testing.assert_array_equal(read(written(tmp_path, turned)), TWO_BY_THREE.reshape(3, 2).T)
    part = dictionary({"a": tensor("0", TWO_BY_THREE, n=8, offset=2)})
    eight = np.arange(8, dtype=np.float32)
    np.testing.assert_array_equal(read(written(tmp_path, part, eight.tobytes())), eight[2:].reshape(2, 3))


def test_no_code_of_a_file_is_run(tmp_path: Path) -> None:
    mark = tmp_path / "ran"
    with pytest.raises(BadStateDict, match="which no tensor needs"):
        read(written(tmp_path, attack(mark)))
    assert not mark.exists()


HOSTILE = {
    "another function": dictionary({"a": b"cos\nsystem\n(" + text("true") + b"tR"}),
    "a function of torch": dictionary({"a": b"ctorch.hub\nload\n(" + text("x") + b"tR"}),
    "a dotted name of a known module": dictionary({"a": b"ccollections\nOrderedDict.fromkeys\n)R"}),
    "an old instance": b"\x80\x02(ios\nsystem\n.",
    "a name from the stack": b"\x80\x04" + b"\x8c\x02os\x8c\x06system\x93.",
    "a name by number": b"\x80\x02\x82\x01.",
    "a long number": dictionary({"a": b"\x8b" + struct.pack("<i", 2**31 - 1)}),
    "bytes": dictionary({"a": b"B" + struct.pack("<I", 2**32 - 1)}),
    "a text longer than the file": b"\x80\x02X" + struct.pack("<I", 2**31) + b"a.",
    "an ordered dictionary of something": dictionary({"a": b"ccollections\nOrderedDict\n(" + text("x") + b"tR"}),
    "a tensor of nothing": dictionary({"a": b"ctorch._utils\n_rebuild_tensor_v2\n)R"}),
    "a storage by another name": dictionary({"a": text("storage") + b"Q"}),
    "half precision": dictionary({"a": tensor("0", TWO_BY_THREE.astype(np.float16))}),
    "whole numbers": dictionary({"a": tensor("0", TWO_BY_THREE.astype(np.int64))}),
    "another shape": dictionary({"a": tensor("0", TWO_BY_THREE.T)}),
    "beyond the end": dictionary({"a": tensor("0", TWO_BY_THREE, offset=1)}),
    "before the start": dictionary({"a": tensor("0", TWO_BY_THREE, offset=-1)}),
    "strides beyond the end": dictionary({"a": tensor("0", TWO_BY_THREE, strides=(4, 1))}),
    "strides backwards": dictionary({"a": tensor("0", TWO_BY_THREE, strides=(-3, 1))}),
    "strides of another length": dictionary({"a": tensor("0", TWO_BY_THREE, strides=(1,))}),
    "more numbers than there are": dictionary({"a": tensor("0", TWO_BY_THREE, n=7)}),
    "fewer numbers than there are": dictionary({"a": tensor("0", TWO_BY_THREE[:1], n=3)}),
    "gigabytes of numbers": dictionary({"a": tensor("0", TWO_BY_THREE, n=2**31 - 1)}),
    "numbers elsewhere": dictionary({"a": tensor("../data.pkl", TWO_BY_THREE)}),
    "no dictionary": b"\x80\x02" + tensor("0", TWO_BY_THREE) + b".",
    "names that are tensors": b"\x80\x02}(" + 2 * tensor("0", TWO_BY_THREE) + b"u.",
    "an odd number of items": b"\x80\x02}(" + text("a") + b"u.",
    "items of no dictionary": b"\x80\x02)(" + 2 * text("a") + b"u.",
    "no mark": b"\x80\x02u.",
    "a mark as a value": b"\x80\x02((\x85.",
    "nothing": b"",
    "no end": b"\x80\x02}",
    "a value never kept": b"\x80\x02h\x07.",
    "a value kept at two thousand million": b"\x80\x02}r" + struct.pack("<I", 2**31 - 1) + b".",
    "a hundred thousand tuples, one in the other": b"\x80\x02}" + text("a") + b")" + b"\x85" * 100_000 + b"s.",
    "a dictionary in itself": b"\x80\x02}q\x00" + text("a") + b"h\x00s.",
}


@pytest.mark.parametrize("what", HOSTILE)
def test_a_hostile_list_of_tensors_is_refused(tmp_path: Path, what: str) -> None:
    path = written(tmp_path, HOSTILE[what])
    start = time.process_time()
    with little_memory(), pytest.raises(BadStateDict):
        read(path)
    assert time.process_time() - start < 2


def test_numbers_that_are_none_are_refused(tmp_path: Path) -> None:
    for odd in (np.nan, np.inf):
        with pytest.raises(BadStateDict, match="NaN or infinity"):
            read(write_state_dict(tmp_path / "odd.pt", {"a": np.full((2, 3), odd, np.float32)}))


def test_what_is_compressed_is_refused_before_it_is_unpacked(tmp_path: Path) -> None:
    steps = dictionary({"a": tensor("0", TWO_BY_THREE)})
    path = write_zip(tmp_path / "bomb.pt", steps, {"0": bytes(200_000_000)}, compression=zipfile.ZIP_DEFLATED)
    with little_memory(), pytest.raises(BadStateDict, match="is compressed"):
        read(path)


def test_sizes_and_numbers_of_entries_have_limits(tmp_path: Path) -> None:
    steps = dictionary({"a": tensor("0", TWO_BY_THREE)})
    with pytest.raises(BadStateDict, match="more than"):
        read(written(tmp_path, steps, bytes(4_000_000)))
    with pytest.raises(BadStateDict, match="more than"):
        read(written(tmp_path, bytes(MAX_PICKLE_BYTES + 1)))
    with pytest.raises(BadStateDict, match="too many entries"):
        read(write_zip(tmp_path / "many.pt", steps, {str(i): b"" for i in range(MAX_ENTRIES)}))
    with (tmp_path / "large.pt").open("wb") as file:
        file.truncate(64_000_001)
    with pytest.raises(BadStateDict, match="too large"):
        read(tmp_path / "large.pt")


def test_two_lists_a_missing_one_and_another_byte_order_are_refused(tmp_path: Path) -> None:
    good = write_state_dict(tmp_path / "good.pt", {"a": TWO_BY_THREE}).read_bytes()
    for name, content, message in (
        ("other/data.pkl", b"", "2 lists of tensors"),
        ("archive/byteorder", b"big", "not little-endian"),
    ):
        (tmp_path / "other.pt").write_bytes(good)
        with zipfile.ZipFile(tmp_path / "other.pt", "a") as archive:
            archive.writestr(name, content)
        with pytest.raises(BadStateDict, match=message):
            read(tmp_path / "other.pt")
    with zipfile.ZipFile(tmp_path / "empty.pt", "w"):
        pass
    with pytest.raises(BadStateDict, match="0 lists of tensors"):
        read(tmp_path / "empty.pt")


@settings(max_examples=300)
@given(at=st.integers(0, 10_000), value=st.integers(0, 255), cut=st.booleans())
def test_a_damaged_file_is_refused_or_read_and_never_more(
    tmp_path_factory: pytest.TempPathFactory, at: int, value: int, *, cut: bool
) -> None:
    folder = tmp_path_factory.getbasetemp()
    content = bytearray(write_state_dict(folder / "sound.pt", {"a": TWO_BY_THREE}).read_bytes())
    content[at % len(content)] = value
    damaged = folder / "damaged.pt"
    damaged.write_bytes(content[: at % len(content)] if cut else content)
    try:
        assert read(damaged).shape == (2, 3)
    except BadStateDict as error:
        assert str(error)
