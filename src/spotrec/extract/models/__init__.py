"""The networks, one folder each, behind one protocol.

An `AudioModel` describes a network and loads nothing. With its weights it becomes a `Network`, which turns clips into
vectors and tags. `registry.py` lists the models of this package and of other packages.
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
    """A model with its weights: it gives each clip a vector and tags."""

    id: ModelId

    def embed(self, prepared: Sequence[FloatArray]) -> tuple[FloatArray, FloatArray]:
        """Run the network on clips that `prepare` made. A clip's result does not depend on the others.

        Returns:
            vectors, shape (n_clips, id.dim), and tag probabilities, shape (n_clips, n_tags).
        """


@dataclass(frozen=True, slots=True)
class ModelCard:
    """Facts for the choice of a model.

    `genre_precision` and `artist_mrr` were measured on a test set of 896 commercial previews (docs/models.md): the
    share of tracks of the same genre among the ten nearest by other artists, and the mean reciprocal rank of the
    nearest track by the same artist. None if not measured.
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
    """A network that may be chosen: the audio that it needs, the vectors and tags that it gives, its reference space.

    Attributes:
        id: name, version and dimension of its vectors.
        sample_rate_hz: of the mono samples that `prepare` takes.
        prepare: one clip's samples, shape (n_samples,), of any length → the network's input. Must be a function of a
            module that loads no network: other processes import it by name.
        load: loads the network from its weights (the first of their files; None if the model contains its own) under
            this id.
        tag_names: names of its tags, in order; empty if it has none.
        layers: names of the equal parts of its vector, from the first to the last; empty, or one name, if the vector
            has no parts.
        weights: how to get them; None if the model contains its own.
        reference: the moments of its vectors over music at large, which are blended with those of a small catalogue;
            None if not measured.
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
        """Its name and version without weights, as the setting `model` takes it."""
        return f"{self.id.name}-{self.id.version}"

    @property
    def front_end(self) -> FrontEnd:
        """The part that a decoding process needs."""
        return FrontEnd(self.sample_rate_hz, self.prepare)

    def moments(self) -> Moments | None:
        """Return its reference moments; None for weights other than the published ones."""
        return None if self.id.weights else self.reference()
