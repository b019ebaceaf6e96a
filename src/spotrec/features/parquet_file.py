"""Features as a Parquet file (pyarrow): written all at once, and checked before it is read."""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from importlib.metadata import version
from itertools import islice
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from spotrec.errors import NotFound, SpotrecError, StoreDamaged, UsageError, first_line, quoted
from spotrec.features.footer import fault_of_footer
from spotrec.features.rows import MOST_NAMES, FaultyRow, check_row
from spotrec.store import StoredFeatures
from spotrec.store.columns import EXPORTED, Export, Kind
from spotrec.system import files
from spotrec.system.installation import install_command
from spotrec.vectors import Fingerprint, FloatArray

FORMAT = 1
_FORMAT_KEY, _VERSION_KEY, _MODELS_KEY = b"spotrec.format", b"spotrec.version", b"spotrec.models"
_LARGEST_FORMAT = 6  # digits

_GROUP = 5_000
_BATCH = 500

_FIELDS = {column.name: column for column in EXPORTED}
_EXCERPTS = ("excerpts", "has_more")
_FINGERPRINT = ("fingerprint", "fingerprint_version")
_OPTIONAL = [*(column.name for column in EXPORTED if column.export is Export.LATER), *_EXCERPTS, *_FINGERPRINT]
"""Columns that early exports lack."""
_COLUMNS = (
    *("track_id", "aliases"),
    *(name for name in _FIELDS if name not in _OPTIONAL),
    *("model", "dim", "vector", "tags", "provider", "audio_sha256", "created_at"),
    *_OPTIONAL,
)
_TEXTS = (
    *("track_id", "model", "provider", "audio_sha256", "created_at"),
    *(column.name for column in EXPORTED if column.kind is Kind.TEXT),
)
_TEXT_LISTS = ("aliases", *(column.name for column in EXPORTED if column.kind is Kind.TEXTS))
_NUMBERS = ("vector", "tags")
_REPEATED = (
    *("aliases", "model", "provider", "created_at"),
    *(column.name for column in EXPORTED if column.is_shared),
)


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with a row, counted from 1, or with `n_rows` rows from there on."""

    row: int
    reason: str
    n_rows: int = 1


def write(
    path: Path, features: Iterable[StoredFeatures], tag_names: Mapping[str, Sequence[str]], *, paths: bool
) -> dict[str, int]:
    """Write features to `path`, all at once; replace an export that is there.

    Args:
        tag_names: the names of each model's tags, if they have names.
        paths: write the paths of users' files too.

    Returns:
        how many rows each model has.

    Raises:
        UsageError: the file exists and is not an export.
        DiskFull, SpotrecError: the file cannot be written; nothing changed.
    """
    parquet = _pyarrow().parquet
    files.check_folder(path)
    files.check_replaceable(path, "export of features", _is_export)
    counts: Counter[str] = Counter()

    def write_rows(part: Path) -> None:
        with (
            part.open("xb") as file,
            parquet.ParquetWriter(
                file, _schema(), compression="zstd", use_dictionary=_in_dictionaries(), write_page_checksum=True
            ) as writer,
        ):
            rows = iter(features)
            while group := list(islice(rows, _GROUP)):
                writer.write_table(_table(group, paths=paths))
                counts.update(one.model for one in group)
            writer.add_key_value_metadata(_metadata(counts, tag_names))

    files.write_output(path, write_rows)
    return dict(counts)


class FeatureFile:
    """An export to read. Its metadata is checked before anything is unpacked.

    Raises:
        NotFound: there is no such file.
        UsageError: the file is not an export of features, or a later spotrec wrote it.
    """

    def __init__(self, path: Path) -> None:
        parquet = _pyarrow().parquet
        if not path.is_file():
            raise NotFound(f"there is no file {quoted(str(path))}", "`spotrec features export FILE` writes one")
        self.path = path
        with _no_export(path):
            metadata = parquet.read_metadata(path)
            reason = _fault_of(metadata) or fault_of_footer(path)
            if not reason:
                self._file = parquet.ParquetFile(
                    path,
                    metadata=metadata,
                    read_dictionary=[name for name in _in_dictionaries(read=True) if name in _leaves(metadata)],
                    page_checksum_verification=True,
                )
                reason = _misfit(self._file.schema_arrow)
        if reason:
            raise _refusal(path, reason)

    def __enter__(self) -> "FeatureFile":
        return self

    def __exit__(self, *error: object) -> None:
        self._file.close()

    @cached_property
    def n_rows(self) -> int:
        metadata = self._file.metadata
        return sum(metadata.row_group(group).num_rows for group in range(metadata.num_row_groups))

    def pages(self, *, paths: bool) -> Iterator[list[tuple[int, StoredFeatures | Fault]]]:
        """Yield all rows with their numbers, some at a time; each is valid features or a fault."""
        first = 1
        for group in range(self._file.metadata.num_row_groups):
            n_rows = self._file.metadata.row_group(group).num_rows
            done = 0
            for piece in self._pieces(group):
                if isinstance(piece, str):
                    yield [(first + done, Fault(first + done, piece, max(1, n_rows - done)))]
                    break
                yield [_read(first + done + i, row, paths=paths) for i, row in enumerate(piece)]
                done += len(piece)
            first += n_rows

    @cached_property
    def _columns(self) -> list[str]:
        found = set(self._file.schema_arrow.names)
        return [name for name in _COLUMNS if name in found]

    def _pieces(self, group: int) -> Iterator[list[dict[str, Any]] | str]:
        """Yield a row group's rows, some at a time; if some cannot be read, yield the reason last."""
        missing = self._file.metadata.row_group(group).num_rows
        try:
            for batch in self._file.iter_batches(_BATCH, row_groups=[group], columns=self._columns, use_threads=False):
                missing -= batch.num_rows
                yield list(_rows(batch))
        except _failures() as exc:
            yield f"it is damaged: {first_line(exc)}"
        else:
            if missing > 0:
                yield "it is missing"


# -- the file's structure -------------------------------------------------------------------------------------------


def _schema(*, read: bool = False) -> Any:
    """Return the columns. With `read`, texts stay in their dictionaries, so that few bytes cannot unpack to many."""
    pa = _pyarrow()
    text = pa.dictionary(pa.int32(), pa.string()) if read else pa.string()
    of_kind = {
        Kind.TEXT: text,
        Kind.TEXTS: pa.list_(text),
        Kind.WHOLE: pa.int64(),
        Kind.NUMBER: pa.float64(),
        Kind.FLAG: pa.bool_(),
    }
    types = dict.fromkeys(_TEXTS, text) | dict.fromkeys(_TEXT_LISTS, pa.list_(text))
    types |= dict.fromkeys(_NUMBERS, pa.list_(pa.float32())) | {"dim": pa.int32()}
    types |= {column.name: of_kind[column.kind] for column in EXPORTED}
    types |= dict(zip(_EXCERPTS, (pa.int32(), pa.bool_()), strict=True))
    types |= dict(zip(_FINGERPRINT, (pa.list_(pa.uint32()), pa.int32()), strict=True))
    return pa.schema([(name, types[name]) for name in _COLUMNS])


def _in_dictionaries(*, read: bool = False) -> list[str]:
    return [*map(_leaf, (*_TEXTS, *_TEXT_LISTS) if read else _REPEATED)]


def _leaf(column: str) -> str:
    """Return a column's name in Parquet's own schema."""
    return f"{column}.list.element" if column in (*_TEXT_LISTS, *_NUMBERS) else column


def _metadata(counts: Mapping[str, int], tag_names: Mapping[str, Sequence[str]]) -> dict[bytes, bytes]:
    models = {model: {"rows": n, "tags": list(tag_names.get(model, ()))} for model, n in sorted(counts.items())}
    return {
        _FORMAT_KEY: str(FORMAT).encode(),
        _VERSION_KEY: version("spotrec").encode(),
        _MODELS_KEY: json.dumps(models).encode(),
    }


def _fault_of(metadata: Any) -> str:
    """Return why this file must not be unpacked; empty if it may be."""
    stated = (metadata.metadata or {}).get(_FORMAT_KEY, b"")
    if not stated.isdigit() or len(stated) > _LARGEST_FORMAT:
        return "it has no format number of spotrec"
    if int(stated) != FORMAT:
        return f"it has format {int(stated)}; this spotrec reads format {FORMAT}"
    found = _leaves(metadata)
    for column in (*_in_dictionaries(read=True), *map(_leaf, _NUMBERS)):
        if found[column] > 1 or (not found[column] and column not in _OPTIONAL):
            return f"it must have one column {column}"
    return ""


def _leaves(metadata: Any) -> Counter[str]:
    """Count how often each of Parquet's own columns occurs."""
    return Counter(metadata.schema.column(i).path for i in range(len(metadata.schema)))


def _misfit(found: Any) -> str:
    for field in _schema(read=True):
        if field.name in _OPTIONAL and field.name not in found.names:
            continue
        if found.names.count(field.name) != 1 or found.field(field.name).type != field.type:
            return f"its column {field.name} is missing, or has another type"
    return ""


def _is_export(path: Path) -> bool:
    try:
        with FeatureFile(path):
            return True
    except UsageError:
        return False


# -- rows and columns ------------------------------------------------------------------------------------------------


def _table(group: Sequence[StoredFeatures], *, paths: bool) -> Any:
    pa = _pyarrow()
    columns: dict[str, Any] = {name: [getattr(one.track, name) for one in group] for name in _FIELDS}
    if not paths:
        columns["path"] = [None] * len(group)
    columns |= {
        "track_id": [one.track.id for one in group],
        "aliases": [one.aliases for one in group],
        "model": [one.model for one in group],
        "dim": [one.embedding.vector.size for one in group],
        "vector": _number_lists([one.embedding.vector for one in group]),
        "tags": _number_lists([one.embedding.tags for one in group]),
        "provider": [one.embedding.provider for one in group],
        "audio_sha256": [one.embedding.audio_sha256 for one in group],
        "created_at": [one.created_at for one in group],
        "excerpts": [one.embedding.excerpts for one in group],
        "has_more": [one.embedding.has_more for one in group],
        "fingerprint": _word_lists([one.fingerprint.words if one.fingerprint else None for one in group]),
        "fingerprint_version": [one.fingerprint.version if one.fingerprint else None for one in group],
    }
    try:
        return pa.table(columns, schema=_schema())
    except (pa.ArrowException, TypeError, ValueError) as exc:
        raise StoreDamaged(
            f"the store is damaged: it has values of other types: {first_line(exc)}",
            "restore a backup, or move the store away and crawl again",
        ) from exc


def _number_lists(arrays: Sequence[FloatArray]) -> Any:
    """Make a list column, bit for bit, without Python numbers in between."""
    pa = _pyarrow()
    offsets = np.cumsum([0, *(array.size for array in arrays)], dtype=np.int32)
    return pa.ListArray.from_arrays(offsets, np.concatenate(arrays).astype(np.float32, copy=False))


def _word_lists(arrays: Sequence[Fingerprint | None]) -> Any:
    """Make a list column of fingerprints; None is a null."""
    pa = _pyarrow()
    found = [np.zeros(0, np.uint32) if array is None else array for array in arrays]
    offsets = np.cumsum([0, *(array.size for array in found)], dtype=np.int32)
    nulls = pa.array([array is None for array in arrays])
    return pa.ListArray.from_arrays(pa.array(offsets), pa.array(np.concatenate(found), pa.uint32()), mask=nulls)


def _rows(batch: Any) -> Iterator[dict[str, Any]]:
    there = set(batch.schema.names)
    columns = [_values(name, batch.column(name)) if name in there else [None] * len(batch) for name in _COLUMNS]
    for values in zip(*columns, strict=True):
        yield dict(zip(_COLUMNS, values, strict=True))


def _values(name: str, column: Any) -> Iterable[Any]:
    if name in _TEXTS:
        return _texts(column)
    if name in _TEXT_LISTS:
        # one entry more than allowed is enough to refuse the row
        return _lists(column, _texts(column.values), MOST_NAMES + 1)
    if name in _NUMBERS:
        return _lists(column, column.values.to_numpy(zero_copy_only=False), None)  # a null becomes NaN
    if name == "fingerprint":
        words = column.values.cast(_pyarrow().int64()).fill_null(-1)
        return _lists(column, words.to_numpy(zero_copy_only=False), None)
    values: list[Any] = column.to_pylist()
    return values


def _texts(column: Any) -> list[bytes | None]:
    """Return texts as bytes: they may not be UTF-8. Equal texts are one object."""
    entries = column.dictionary.cast(_pyarrow().binary()).to_pylist()
    return [None if index is None else entries[index] for index in column.indices.to_pylist()]


def _lists(column: Any, values: Any, most: int | None) -> Iterator[Any]:
    offsets, nulls = column.offsets.to_pylist(), column.is_null().to_pylist()
    for begin, end, is_null in zip(offsets, offsets[1:], nulls, strict=False):
        yield None if is_null else values[begin : end if most is None else min(end, begin + most)]


def _read(number: int, row: Mapping[str, Any], *, paths: bool) -> tuple[int, StoredFeatures | Fault]:
    try:
        return number, check_row(row, paths=paths)
    except FaultyRow as fault:
        return number, Fault(number, str(fault))


# -- pyarrow ---------------------------------------------------------------------------------------------------------


def _pyarrow() -> ModuleType:
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError as exc:
        raise UsageError("Parquet files need pyarrow, which is not installed", install_command("parquet")) from exc
    module: ModuleType = pyarrow
    return module


def _failures() -> tuple[type[Exception], ...]:
    """Return what pyarrow raises for a file that is damaged or not Parquet."""
    return (_pyarrow().ArrowException, OSError, ValueError)


@contextmanager
def _no_export(path: Path) -> Iterator[None]:
    try:
        yield
    except PermissionError as exc:
        raise SpotrecError(f"{path} cannot be read: {exc.strerror}", "check its permissions") from exc
    except _failures() as exc:
        raise _refusal(path, first_line(exc)) from exc


def _refusal(path: Path, reason: str) -> UsageError:
    return UsageError(
        f"{quoted(str(path))} is not an export of features: {reason}", "`spotrec features export FILE` writes one"
    )
