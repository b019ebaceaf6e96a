"""Features: export them to a file, or import such a file into the store."""

from pathlib import Path

from spotrec.errors import UsageError
from spotrec.extract.models.choice import with_weights
from spotrec.extract.models.registry import installed_models, versions_of
from spotrec.features import features
from spotrec.features.features import ExportReport, ImportReport
from spotrec.features.parquet_file import FeatureFile
from spotrec.operations.session import Session
from spotrec.progress import Progress
from spotrec.system.files import from_home


def export_features(
    session: Session, file: Path | str, *, model: str | None, all_models: bool, paths: bool, progress: Progress | None
) -> ExportReport:
    """See `Recommender.export_features`."""
    if model and all_models:
        raise UsageError("`model` and `all_models` exclude each other", "give only one of the two")
    with session.view(progress) as view:
        named = [_stored_name(session, model)] if model else [str(one.id) for one in view.models]
        wanted = None if all_models else named
        tag_names = {str(with_weights(view.settings, model).id): model.tag_names for model in installed_models()}
        return features.export_features(session.store(), Path(file), wanted, tag_names, view.progress, paths=paths)


def import_features(
    session: Session, file: Path | str, *, replace: bool, paths: bool, progress: Progress | None
) -> ImportReport:
    """See `Recommender.import_features`."""
    with session.view(progress) as view, FeatureFile(from_home(file)) as opened:
        store = session.store(create=True)
        shapes = {model.network: (model.id.dim, len(model.tag_names)) for model in installed_models()}
        before = view.model.id
        report = features.import_features(store, opened, before, shapes, view.progress, replace=replace, paths=paths)
        session.models_in_use.choose_again()
        now = session.model.id
        if now != before:  # the first features in a store determine its model
            report.model_in_use = str(now)
            store.failures.forget_heard(now)
        report.models_in_use = tuple(str(one.id) for one in session.models)
        return report


def _stored_name(session: Session, model: str) -> str:
    """Return a model's name in the store: a bare `choi` is the newest version with features there."""
    embedded = session.store().embeddings.count_by_model()
    named = [str(with_weights(session.settings, one).id) for one in versions_of(model)]
    return next((name for name in reversed(named) if name in embedded), model)
