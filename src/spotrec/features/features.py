"""Export of a store's features to one file, and import of such a file into a store."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from spotrec.errors import NotFound, UsageError, quoted
from spotrec.features.parquet_file import Fault, FeatureFile, write
from spotrec.progress import Meter, Progress
from spotrec.store import FeatureStore, Merged, StoredFeatures
from spotrec.system.files import from_home, real_path
from spotrec.track import ModelId

FAULTS_LISTED = 10_000
_MOST_MODELS = 20


@dataclass(frozen=True, slots=True)
class ExportReport:
    """Number of rows written, in total and for each model."""

    file: Path
    rows: int
    models: dict[str, int]


@dataclass(slots=True)
class ImportReport:
    """What the import did with a file's `added + already_here + kept + replaced + faulty` rows.

    `already_here`: the store has the same features, except for the last bits, which differ by processor. `kept`: the
    store has other features, and keeps them. `model_in_use`: the first of `models_in_use`. `models`: how many valid
    rows each model has. `faults`: what is wrong with the first 10,000 faulty rows.
    """

    file: Path
    model_in_use: str
    rows: int
    new_tracks: int = 0
    added: int = 0
    already_here: int = 0
    kept: int = 0
    replaced: int = 0
    faulty: int = 0
    models: dict[str, int] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    models_in_use: tuple[str, ...] = ()

    def take(self, merged: Counter[Merged], sound: Iterable[StoredFeatures]) -> None:
        """Count a batch that the store has merged."""
        self.new_tracks += merged[Merged.NEW_TRACK]
        self.added += merged[Merged.ADDED]
        self.already_here += merged[Merged.ALREADY_HERE]
        self.kept += merged[Merged.KEPT]
        self.replaced += merged[Merged.REPLACED]
        for one in sound:
            self.models[one.model] = self.models.get(one.model, 0) + 1

    def leave_out(self, faults: Iterable[Fault]) -> None:
        """Count rows that cannot be imported."""
        for fault in faults:
            self.faulty += fault.n_rows
            if len(self.faults) < FAULTS_LISTED:
                self.faults.append(fault)


def export_features(
    store: FeatureStore,
    file: Path,
    models: Sequence[str] | None,
    tag_names: Mapping[str, Sequence[str]],
    progress: Progress,
    *,
    paths: bool,
) -> ExportReport:
    """Write the catalogue's features of these models, or of all (None), to a Parquet file.

    Raises:
        NotFound: the store has no features of these models.
        UsageError: the file exists and is not an export, or pyarrow is missing.
    """
    if file.suffix.lower() != ".parquet" and not file.exists():  # `write` refuses to replace anything but an export
        raise UsageError(f"{quoted(str(file))} is not a Parquet file", "its name must end in .parquet")
    counts = store.exchange.count(models)
    if not counts:
        others = ", ".join(store.exchange.count())
        hint = f"the store has features of {others}" if others else "run `spotrec extract` first"
        named = " and ".join(map(quoted, models)) if models else "any model"
        raise NotFound(f"there are no features of {named} to export", hint)
    target = real_path(from_home(file))
    with progress.meter("export", sum(counts.values()), "rows") as meter:
        written = write(target, _counted(store.exchange.read(models), meter), tag_names, paths=paths)
    return ExportReport(target, sum(written.values()), dict(sorted(written.items())))


def import_features(
    store: FeatureStore,
    file: FeatureFile,
    model: ModelId,
    known: Mapping[str, tuple[int, int]],
    progress: Progress,
    *,
    replace: bool,
    paths: bool,
) -> ImportReport:
    """Merge the valid rows of an export into the store, batch by batch, and report the others.

    Args:
        model: the model in use.
        known: how many numbers and tags each installed model gives, by its name without weights.
        replace: replace stored features that differ.
        paths: import the paths of users' files too.
    """
    report = ImportReport(file.path, str(model), file.n_rows)
    shapes = _Shapes(store, known)
    with progress.meter("import", file.n_rows, "rows") as meter:
        for page in file.pages(paths=paths):
            sound, faults = shapes.divide(page)
            report.take(store.exchange.merge(sound, model, replace=replace), sound)
            report.leave_out(faults)
            meter.advance(len(page))
    return report


class _Shapes:
    """How many numbers and tags each model's features have, from the installed model, the store or the first row."""

    def __init__(self, store: FeatureStore, known: Mapping[str, tuple[int, int]]) -> None:
        self._store = store
        self._networks = known
        self._models: dict[str, tuple[int, int]] = {}

    def divide(self, page: Iterable[tuple[int, StoredFeatures | Fault]]) -> tuple[list[StoredFeatures], list[Fault]]:
        """Return the features that fit their model, and the faults of all other rows."""
        sound, faults = [], []
        for number, one in page:
            if isinstance(one, Fault):
                faults.append(one)
            elif reason := self._misfit(one):
                faults.append(Fault(number, reason))
            else:
                sound.append(one)
        return sound, faults

    def _misfit(self, one: StoredFeatures) -> str:
        found = one.embedding.vector.size, one.embedding.tags.size
        if one.model not in self._models:
            if len(self._models) == _MOST_MODELS:
                return f"the file has more than {_MOST_MODELS} models"
            known = self._networks.get(_network(one.model)) or self._store.embeddings.shape_of(one.model)
            self._models[one.model] = known or found
        dim, n_tags = self._models[one.model]
        if found == (dim, n_tags):
            return ""
        return f"{one.model} has {dim} numbers and {n_tags} tags, but the row has {found[0]} and {found[1]}"


def _network(model: str) -> str:
    """Return a model's name without its weights: `choi-1+0123abcd` → `choi-1`."""
    return model.partition("+")[0]


def _counted(features: Iterable[StoredFeatures], meter: Meter) -> Iterator[StoredFeatures]:
    for one in features:
        yield one
        meter.advance()
