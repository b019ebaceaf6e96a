"""Taste in a file: everything that was liked, disliked and banned, as JSON or CSV, and back."""

import csv
import io
import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from spotrec.errors import ExitCode, NotFound, UsageError, first_line, quoted
from spotrec.names.artists import artist_key
from spotrec.names.titles import one_line
from spotrec.operations.session import Session
from spotrec.operations.taste import Unknown
from spotrec.progress import Progress
from spotrec.store import Signal, Subject, Thing, Verb
from spotrec.store.taste_keys import AUDIO, ID, ISRC, SOUND
from spotrec.system.csv_cells import original_cell, safe_cell
from spotrec.system.csv_rows import rows
from spotrec.system.files import check_replaceable, from_home, read_regular, write_output
from spotrec.system.text import decode_text
from spotrec.track import TrackId

COLUMNS = ("verb", "thing", "name", "artists", "track_id", "source", "said_at", "keys")
_LISTS = ("artists", "keys")
_MOST_BYTES = 200_000_000
_MOST_IN_A_LIST = 1_000
_LONGEST = 500
_BATCH = 500


@dataclass(frozen=True, slots=True)
class TasteExport:
    """A written file."""

    file: Path
    n_signals: int


@dataclass(slots=True)
class TasteImport:
    """What a file held: `new` signals were added, `known` ones were in the store, at that time or later."""

    file: Path
    new: int = 0
    known: int = 0
    faulty: list[Unknown] = field(default_factory=list)

    @property
    def exit_code(self) -> ExitCode:
        """PARTIAL if rows are not valid."""
        return ExitCode.PARTIAL if self.faulty else ExitCode.DONE


def export_taste(session: Session, file: Path | str) -> TasteExport:
    """See `Recommender.export_taste`."""
    path = from_home(file)
    is_csv = _is_csv(path)
    with session.view():
        signals = session.store().taste.signals()
        check_replaceable(path, "an export of taste", _is_export)
        text = _as_csv(signals) if is_csv else json.dumps([_row(one) for one in signals], ensure_ascii=False, indent=1)
        content = text.encode("utf-8", "replace")
        write_output(path, lambda part: part.write_bytes(content))
        return TasteExport(path, len(signals))


def import_taste(session: Session, file: Path | str, *, progress: Progress | None) -> TasteImport:
    """See `Recommender.import_taste`."""
    path = from_home(file)
    report = TasteImport(path)
    with session.view(progress) as view:
        found = _read(path)
        store = session.store(create=True)
        with view.progress.meter("import taste", total=len(found)) as meter:
            for start in range(0, len(found), _BATCH):
                batch = found[start : start + _BATCH]
                for number, row in enumerate(batch, start + 1):
                    try:
                        signal = _signal(row)
                    except (ValueError, TypeError, KeyError) as fault:
                        report.faulty.append(Unknown(f"row {number}", f"{first_line(fault)} is not valid"))
                        continue
                    noted = store.taste.say(signal.verb, [signal.subject], signal.source, signal.said_at)
                    report.new += noted
                    report.known += not noted
                meter.advance(len(batch))
        return report


def _row(one: Signal) -> dict[str, Any]:
    subject = one.subject
    return {
        "verb": one.verb,
        "thing": subject.thing,
        "name": subject.name,
        "artists": list(subject.artists),
        "track_id": subject.track_id,
        "source": one.source,
        "said_at": one.said_at,
        "keys": sorted(subject.keys),
    }


def _as_csv(signals: Sequence[Signal]) -> str:
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(COLUMNS)
    for one in signals:
        row = _row(one)
        cells = [json.dumps(row[name], ensure_ascii=False) if name in _LISTS else row[name] or "" for name in COLUMNS]
        writer.writerow(safe_cell(str(cell)) for cell in cells)
    return text.getvalue()


def _read(path: Path) -> list[Mapping[str, Any]]:
    """Return the rows of a file.

    Raises:
        NotFound: there is no such file.
        UsageError: it is not an export.
    """
    is_csv = _is_csv(path)
    try:
        content = read_regular(path, _MOST_BYTES)
    except (FileNotFoundError, ValueError) as exc:
        raise NotFound(f"there is no file {quoted(str(path))}", "check the path") from exc
    text = (decode_text(content) or "") if len(content) <= _MOST_BYTES else ""
    found: list[Mapping[str, Any]] | None = None
    with suppress(ValueError, RecursionError):
        found = _rows_of_csv(text) if is_csv else json.loads(text)
    if not isinstance(found, list) or not all(isinstance(row, dict) for row in found):
        raise UsageError(f"{path} is not an export of taste", "`spotrec taste export taste.json` writes one")
    return found


def _rows_of_csv(text: str) -> list[Mapping[str, Any]] | None:
    table = iter(rows(text, ",", len(COLUMNS)))
    header = next(table, None)
    if header is None or tuple(header.cells) != COLUMNS:
        return None
    found: list[Mapping[str, Any]] = []
    for row in table:
        cells = dict(zip(COLUMNS, map(original_cell, row.cells), strict=False))
        try:
            found.append({name: json.loads(cell) if name in _LISTS else cell for name, cell in cells.items()})
        except (ValueError, RecursionError):
            found.append({})
    return found


def _signal(row: Mapping[str, Any]) -> Signal:
    """Return the signal of a row.

    Raises:
        ValueError, KeyError, TypeError: a value is not valid; the message names it.
    """
    verb, thing = Verb(row["verb"]), Thing(row["thing"])
    name, artists = _text(row, "name"), tuple(map(one_line, _texts(row, "artists")))
    keys = frozenset(key for key in _texts(row, "keys") if key.startswith((ID, ISRC, AUDIO, SOUND)))
    track_id = row.get("track_id") or None
    if (
        not isinstance(track_id, str | None)
        or len(track_id or "") > _LONGEST
        or (track_id is None) != (thing != "track")
    ):
        raise ValueError("track_id")
    if thing is Thing.ARTIST and not artist_key(name):
        raise ValueError(quoted(name))
    id_ = None if track_id is None else TrackId(track_id)
    subject = Subject(thing, name, artists, id_, keys | {f"{ID}{id_}"} if id_ else frozenset())
    return Signal(0, verb, subject, _text(row, "source"), _moment(row["said_at"]))


def _text(row: Mapping[str, Any], name: str) -> str:
    value = row[name]
    text = one_line(value) if isinstance(value, str) else ""
    if not text:
        raise ValueError(name)
    return text


def _texts(row: Mapping[str, Any], name: str) -> list[str]:
    values = row.get(name, [])
    is_valid = isinstance(values, list) and len(values) <= _MOST_IN_A_LIST
    if not is_valid or not all(isinstance(one, str) and len(one) <= _LONGEST for one in values):
        raise ValueError(name)
    return [str(one) for one in values]


def _moment(text: Any) -> str:
    """Return a time as it is stored; one in the future is now, or nothing said later would count."""
    if not isinstance(text, str):
        raise TypeError("said_at")
    moment = datetime.fromisoformat(text)
    moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    return min(moment, datetime.now(UTC)).isoformat(timespec="seconds")


def _is_csv(path: Path) -> bool:
    match path.suffix.lower():
        case ".csv":
            return True
        case ".json":
            return False
    raise UsageError(f"{path.name} is neither .csv nor .json", "give the file one of these endings")


def _is_export(path: Path) -> bool:
    try:
        _read(path)
    except UsageError:
        return False
    return True
