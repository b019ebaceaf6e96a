"""The networks, one file each, behind one protocol.

To choose one is to choose an `AudioModel`: looking at it loads nothing. With its weights it becomes a `Network`, which
hears. `registry.py` knows those of this package, and those that other packages bring.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from spotrec.extract.front_end import FrontEnd
from spotrec.extract.weights.published_files import PublishedWeights
from spotrec.track import ModelId
from spotrec.vectors import FloatArray, Moments


class Network(Protocol):
    """A model with its weights: it hears audio as a vector and as tags."""

    id: ModelId

    def embed(self, prepared: Sequence[FloatArray]) -> tuple[FloatArray, FloatArray]:
        """Hear several clips, each as the model's `prepare` gave it. A clip's result does not depend on the others.

        Returns:
            vectors, shape (n_clips, id.dim), and tag probabilities, shape (n_clips, n_tags).
        """


@dataclass(frozen=True, slots=True)
class ModelCard:
    """What there is to know of a model before it is chosen.

    `genre_precision` and `artist_mrr` were measured on 896 commercial previews kept apart (docs/models.md): the share
    of the ten nearest tracks by others that are of the same genre, and the mean reciprocal rank of a track by the same
    artist. None where nobody measured.
    """

    title: str
    licence: str
    source: str
    citation: str
    trained_on: str
    genre_precision: float | None = None
    artist_mrr: float | None = None


@dataclass(frozen=True, slots=True)
class AudioModel:
    """A network that may be chosen: what audio it wants, what vector it gives, its tags, its reference space.

    Attributes:
        id: what its vectors are called, and how many numbers they have.
        sample_rate_hz: of the mono samples that `prepare` wants.
        prepare: one clip's samples, shape (n_samples,), of any length → its input to the network. A function of a
            module that loads no network: other processes find it by its name.
        load: the network from its weights (the first of their files; None where it brings its own), called by this id.
        tag_names: of the tags that it gives, in order; there may be none.
        layers: what the equal parts are called that its vector consists of, from the first to the last; one or none
            where it is of one piece.
        weights: how they come here; None where the model brings its own.
        reference: its vectors' moments over music at large, which a small catalogue's own are blended with; None where
            nobody measured them.
    """

    id: ModelId
    card: ModelCard
    sample_rate_hz: int
    prepare: Callable[[FloatArray], FloatArray]
    load: Callable[[Path | None, ModelId], Network]
    tag_names: tuple[str, ...] = ()
    layers: tuple[str, ...] = ()
    weights: PublishedWeights | None = None
    reference: Callable[[], Moments | None] = lambda: None

    @property
    def network(self) -> str:
        """Its name and version, whatever the weights: what `--model` takes."""
        return f"{self.id.name}-{self.id.version}"

    @property
    def front_end(self) -> FrontEnd:
        """What a process that decodes needs of it."""
        return FrontEnd(self.sample_rate_hz, self.prepare)

    def moments(self) -> Moments | None:
        """Its reference; of other weights than the published ones nothing is known."""
        return None if self.id.weights else self.reference()
