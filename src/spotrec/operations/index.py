"""Index: build it, list its generations, go back to the previous one."""

from spotrec.errors import IndexFault, NoIndex, UsageError
from spotrec.extract.models.ears import weights_of
from spotrec.index.build import build
from spotrec.index.generations import IndexGeneration, IndexRollback, list_generations, roll_back
from spotrec.index.recall import recall_at
from spotrec.operations.results import IndexReport
from spotrec.operations.session import Session
from spotrec.operations.view import View
from spotrec.progress import Progress


def build_index(
    session: Session, *, trees: int, backend: str, check: bool, keep: int, progress: Progress | None
) -> IndexReport:
    """See `Recommender.index`."""
    with session.view(progress) as view:
        return _build(view, trees=trees, backend=backend, check=check, keep=keep)


def list_indexes(session: Session) -> list[IndexGeneration]:
    """See `Recommender.indexes`."""
    with session.view() as view:
        return list_generations(session.settings.index_path / str(view.ears))


def roll_back_index(session: Session) -> IndexRollback:
    """See `Recommender.roll_back_index`."""
    with session.view() as view:
        try:
            return roll_back(session.settings.index_path / str(view.ears))
        except NoIndex as missing:
            raise NoIndex(missing.message, session.way_to_index(view.ears)) from missing


def _build(view: View, *, trees: int, backend: str, check: bool, keep: int) -> IndexReport:
    if trees < 1:
        raise UsageError(f"`trees` must be 1 or more, not {trees}", "50 is the default")
    if keep < 1:
        raise UsageError(f"`keep` must be 1 or more, not {keep}", "the new index counts as one")
    with view.embeddings.snapshot() as catalogue:
        if not len(catalogue):
            raise IndexFault("there are no features to index yet", view.session.way_to_features(view.ears))
        built = build(
            view.settings.index_path,
            view.ears,
            catalogue,
            references=[model.moments() for model in view.models],
            weights=weights_of(view.ears),
            vocabulary=view.vocabulary.version,
            progress=view.progress,
            trees=trees,
            backend=backend,
            keep=keep,
        )
    recall = recall_at(built, progress=view.progress) if check else None
    manifest = built.manifest
    return IndexReport(
        built.name,
        built.folder,
        manifest.model,
        manifest.backend,
        len(built),
        recall,
        manifest.partly_heard,
        *view.session.store().catalogue.count_in_fewer(view.ears),
    )
