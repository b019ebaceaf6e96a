"""Evaluate: measure how well neighbours agree with labels."""

from collections.abc import Sequence
from pathlib import Path

from spotrec.errors import NotFound
from spotrec.evaluate.evaluate import Evaluation
from spotrec.evaluate.evaluate import evaluate as score_spaces
from spotrec.evaluate.labels import labels_of
from spotrec.evaluate.plot import Picture
from spotrec.operations.comparison import Comparer
from spotrec.operations.session import Session
from spotrec.progress import Progress


def evaluate(
    session: Session,
    *,
    labels: Path | None,
    wanted: Sequence[str],
    k: int,
    artist_filter: bool,
    compare: bool,
    spaces: Sequence[str],
    plot: Path | None,
    progress: Progress | None,
) -> Evaluation:
    """See `Recommender.evaluate`."""
    with session.view(progress) as view:
        store = session.store()
        picture = Picture(plot) if plot else None
        with store.at_one_moment():
            comparer = Comparer(store, view.models, session.caches, session.max_audio_bytes, view.progress)
            if not comparer.ids:
                raise NotFound(f"no track has features by {view.ears.name}", session.way_to_features(view.ears))
            known = store.tracks.get_many(comparer.ids)
            labelled = labels_of([known[id_] for id_ in comparer.ids], labels, wanted)
            compared = comparer.compare(spaces or (None if compare else ()))
        found = score_spaces(
            compared.spaces,
            labelled.of(compared.rows),
            k=k,
            artist_filter=artist_filter,
            progress=view.progress,
            notes=compared.notes,
        )
        if picture:
            picture.draw(found)
        return found
