"""Several models that hear together: their order, their weights, and how well they hear."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from spotrec.extract.models import AudioModel
from spotrec.track import Ears


def in_order(models: Iterable[AudioModel]) -> tuple[AudioModel, ...]:
    """Return each model once, in the order of their `Ears`."""
    by_id = {model.id: model for model in models}
    return tuple(by_id[id_] for id_ in Ears.of(*by_id).models)


def weights_of(ears: Ears) -> tuple[float, ...]:
    """Return how much each model counts in their space: the same, but mn04 half as much again for each other one.

    It hears artists best. Beside one and two others, weights of 1 to 3 were compared on free music: docs/quality.md.
    """
    return tuple(1 + (len(ears.models) - 1) / 2 if model.name == "mn04" else 1.0 for model in ears.models)


@dataclass(frozen=True, slots=True)
class Quality:
    """How well some ears find similar tracks on 896 commercial previews; see `ModelCard`."""

    genre_precision: float
    artist_mrr: float


_MEASURED = {
    ("choi-2", "musicnn-1"): Quality(0.346, 0.437),
    ("choi-2", "mn04-1"): Quality(0.340, 0.472),
    ("choi-2", "mn04-1", "musicnn-1"): Quality(0.367, 0.504),
}


def quality_of(models: Sequence[AudioModel]) -> Quality | None:
    """Return the measured quality of models, in the order of their `Ears`; None if it was not measured."""
    if len(models) > 1:
        return _MEASURED.get(tuple(str(model.id) for model in models))
    genre, artist = models[0].card.genre_precision, models[0].card.artist_mrr
    return None if genre is None or artist is None or models[0].id.weights else Quality(genre, artist)
