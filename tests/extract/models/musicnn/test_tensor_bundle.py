"""Checkpoints as TensorFlow writes them, and as nobody should."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from spotrec.extract.models.musicnn.tensor_bundle import BadCheckpoint, crc32c, data_path, read_tensors
from support.musicnn import write_checkpoint
from support.tensor_bundles import Entries, entry, varint, with_entries

RNG = np.random.default_rng(0)
SHAPES = {"a/kernel": (7, 5, 1, 3), "a/bias": (3,), "b/kernel": (1506, 20), "scalar": ()}
NUMBERS = {name: RNG.standard_normal(shape).astype(np.float32) for name, shape in SHAPES.items()}


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_checkpoint(tmp_path_factory.mktemp("checkpoint") / "net.index", NUMBERS)


def test_a_checkpoint_is_read_as_it_was_written(checkpoint: Path) -> None:
    found = read_tensors(checkpoint, SHAPES)
    assert list(found) == list(SHAPES)
    for name, numbers in found.items():
        assert numbers.dtype == np.float32
        np.testing.assert_array_equal(numbers, NUMBERS[name])


def test_one_of_many_variables_is_read_alone(tmp_path: Path) -> None:
    many = {f"layer_{i}/weights": np.full((i + 1, 2), i, np.float32) for i in range(400)}  # more than a block's worth
    index = write_checkpoint(tmp_path / "many.index", many)
    found = read_tensors(index, {"layer_123/weights": (124, 2)})
    np.testing.assert_array_equal(found["layer_123/weights"], many["layer_123/weights"])


def test_the_original_names_of_the_files_are_known_too(tmp_path: Path, checkpoint: Path) -> None:
    (tmp_path / ".index").write_bytes(checkpoint.read_bytes())
    (tmp_path / ".data-00000-of-00001").write_bytes(data_path(checkpoint).read_bytes())
    np.testing.assert_array_equal(read_tensors(tmp_path / ".index", SHAPES)["a/bias"], NUMBERS["a/bias"])


@pytest.mark.parametrize("n", [0, 1, 3, 4, 2047, 2048, 2049, 4096, 6145, 99_999])
def test_checksums_are_castagnolis(n: int) -> None:
    content = np.random.default_rng(n).bytes(n)
    checksum = 0xFFFFFFFF
    for byte in content:
        checksum ^= byte
        for _ in range(8):
            checksum = checksum >> 1 ^ (0x82F63B78 if checksum & 1 else 0)
    assert crc32c(content) == checksum ^ 0xFFFFFFFF


def test_the_checksum_of_the_standard_is_known() -> None:
    assert crc32c(b"123456789") == 0xE3069283


@pytest.mark.parametrize(
    ("name", "shape", "message"),
    [("c", (3,), "c is missing"), ("a/bias", (4,), r"shape \(3,\), not \(4,\)"), ("scalar", (1,), r"shape \(\)")],
)
def test_a_variable_that_is_missing_or_of_another_shape_is_named(
    checkpoint: Path, name: str, shape: tuple[int, ...], message: str
) -> None:
    with pytest.raises(BadCheckpoint, match=message):
        read_tensors(checkpoint, {name: shape})


def test_numbers_of_another_kind_are_refused(tmp_path: Path) -> None:
    index = write_checkpoint(tmp_path / "doubles.index", {"a": np.zeros(3)})
    with pytest.raises(BadCheckpoint, match="32-bit"):
        read_tensors(index, {"a": (3,)})


def test_what_is_no_number_is_refused(tmp_path: Path) -> None:
    index = write_checkpoint(tmp_path / "nan.index", {"a": np.array([1, np.nan], np.float32)})
    with pytest.raises(BadCheckpoint, match="a contains NaN"):
        read_tensors(index, {"a": (2,)})


def test_a_file_that_is_missing_says_so(tmp_path: Path, checkpoint: Path) -> None:
    (tmp_path / "alone.index").write_bytes(checkpoint.read_bytes())
    with pytest.raises(FileNotFoundError):
        read_tensors(tmp_path / "alone.index", SHAPES)
    with pytest.raises(FileNotFoundError):
        read_tensors(tmp_path / "none.index", SHAPES)


def test_a_file_that_is_too_large_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with (tmp_path / "large.index").open("wb") as file:
        file.truncate(10_000_000_000)
    with pytest.raises(BadCheckpoint, match="too large"):
        read_tensors(tmp_path / "large.index", SHAPES)


@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    in_index=st.booleans(),
    place=st.floats(0, 1, exclude_max=True),
    damage=st.one_of(st.none(), st.binary(min_size=1, max_size=20)),
)
def test_damage_is_noticed_wherever_it_is(
    checkpoint: Path, tmp_path: Path, in_index: bool, place: float, damage: bytes | None
) -> None:
    """Cut short (None), or bytes that are others: refused, or nothing of ours has changed."""
    damaged = tmp_path / "damaged.index"
    contents = [bytearray(checkpoint.read_bytes()), bytearray(data_path(checkpoint).read_bytes())]
    content = contents[0 if in_index else 1]
    at = int(place * len(content))
    content[at:] = damage + content[at + len(damage) :] if damage else b""
    damaged.write_bytes(contents[0])
    data_path(damaged).write_bytes(contents[1])
    try:
        found = read_tensors(damaged, SHAPES)
    except BadCheckpoint:
        return
    for name, numbers in found.items():
        np.testing.assert_array_equal(numbers, NUMBERS[name])


@given(st.binary(max_size=400))
@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_an_entry_of_anything_is_refused(checkpoint: Path, tmp_path: Path, content: bytes) -> None:
    def change(entries: Entries) -> Entries:
        return entries | {b"a/bias": content}

    with pytest.raises(BadCheckpoint):
        read_tensors(with_entries(checkpoint, tmp_path / "made.index", change), {"a/bias": (3,)})


MADE_UP = {
    "a negative dimension": entry(1, (-5,), 0, 12),
    "dimensions without end": entry(1, (1 << 62, 1 << 62), 0, 12),
    "three hundred dimensions": entry(1, (1,) * 300, 0, 4),
    "a type that there is not": entry(99, (3,), 0, 12),
    "strings": entry(7, (3,), 0, 12),
    "numbers far behind the end": entry(1, (3,), 1 << 62, 12),
    "numbers before the beginning": entry(1, (3,), -8, 12),
    "another file": entry(1, (3,), 0, 12) + b"\x18" + varint(7),
    "no protocol buffer": b"\xff" * 9,
}


@pytest.mark.parametrize("made_up", MADE_UP)
def test_an_index_that_was_made_to_harm_is_refused(checkpoint: Path, tmp_path: Path, made_up: str) -> None:
    def change(entries: Entries) -> Entries:
        return entries | {b"a/bias": MADE_UP[made_up]}

    with pytest.raises(BadCheckpoint):
        read_tensors(with_entries(checkpoint, tmp_path / "made.index", change), SHAPES)


def test_an_index_put_together_again_is_read(checkpoint: Path, tmp_path: Path) -> None:
    index = with_entries(checkpoint, tmp_path / "same.index", lambda entries: entries)
    np.testing.assert_array_equal(read_tensors(index, SHAPES)["b/kernel"], NUMBERS["b/kernel"])


@pytest.mark.parametrize("header", [b"\x08\x02", b"\x08\x01\x10\x01", b"\x0a\x00"])
def test_numbers_in_several_files_or_of_other_machines_are_refused(
    checkpoint: Path, tmp_path: Path, header: bytes
) -> None:
    index = with_entries(checkpoint, tmp_path / "made.index", lambda entries: entries | {b"": header})
    with pytest.raises(BadCheckpoint):
        read_tensors(index, SHAPES)


def test_reading_loads_no_tensorflow(checkpoint: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from spotrec.extract.models.musicnn.tensor_bundle import read_tensors;"
        f"read_tensors(Path({str(checkpoint)!r}), {SHAPES!r}); assert 'tensorflow' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
