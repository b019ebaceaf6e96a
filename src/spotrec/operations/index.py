"""Index: build it, list its generations, go back to the previous one."""

from typing import TYPE_CHECKING

from spotrec.errors import IndexFault, NoIndex, UsageError
from spotrec.index.build import build
from spotrec.index.generations import IndexGeneration, IndexRollback, list_generations, roll_back
from spotrec.index.recall import recall_at
from spotrec.operations.next_step import way_to_features
from spotrec.operations.results import IndexReport
from spotrec.operations.session import Session, View
from spotrec.progress import Progress

if TYPE_CHECKING:
    from spotrec.extract.models import AudioModel


def build_index(
    session: Session, *, trees: int, backend: str, check: bool, keep: int, progress: Progress | None
) -> IndexReport:
    """See `Recommender.index`."""
    with session.view(progress) as view:
        return _build(view, view.model, trees=trees, backend=backend, check=check, keep=keep)


def build_each_index(
    session: Session, *, trees: int, backend: str, check: bool, keep: int, progress: Progress | None
) -> list[IndexReport]:
    """See `Recommender.index_each`."""
    with session.view(progress) as view:
        return [_build(view, model, trees=trees, backend=backend, check=check, keep=keep) for model in view.models]


def list_indexes(session: Session) -> list[IndexGeneration]:
    """See `Recommender.indexes`."""
    return list_generations(session.settings.index_path / str(session.model.id))


def roll_back_index(session: Session) -> IndexRollback:
    """See `Recommender.roll_back_index`."""
    model = session.model.id
    try:
        return roll_back(session.settings.index_path / str(model))
    except NoIndex as missing:
        raise NoIndex(missing.message, session.way_to_index(model)) from missing


def _build(view: View, model: "AudioModel", *, trees: int, backend: str, check: bool, keep: int) -> IndexReport:
    if trees < 1:
        raise UsageError(f"`trees` must be 1 or more, not {trees}", "50 is the default")
    if keep < 1:
        raise UsageError(f"`keep` must be 1 or more, not {keep}", "the new index counts as one")
    store = view.session.store()
    with store.catalogue.snapshot(model.id) as catalogue:
        if not len(catalogue):
            raise IndexFault("there are no features to index yet", way_to_features(store, model.id))
        built = build(
            view.settings.index_path,
            model.id,
            catalogue,
            reference=model.moments(),
            progress=view.progress,
            trees=trees,
            backend=backend,
            keep=keep,
        )
    recall = recall_at(built, progress=view.progress) if check else None
    return IndexReport(built.name, built.folder, str(model.id), built.manifest.backend, len(built), recall)
