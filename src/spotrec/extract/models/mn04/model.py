"""EfficientAT's mn04 on TensorFlow.

Schmid, Koutini, Widmer: "Efficient Large-Scale Audio Tagging Via Transformer-to-CNN Knowledge Distillation", ICASSP
2023. A MobileNetV3 of width 0.4 that an ensemble of transformers taught AudioSet. It takes windows of 10 s; its
embedding is the 512 numbers of the last hidden layer, which gives 527 labels; a clip has the averages over its windows.
"""

from collections.abc import Sequence
from importlib import resources
from pathlib import Path

from spotrec.extract.models import AudioModel, ModelCard
from spotrec.extract.models.mn04.audioset_labels import LABELS
from spotrec.extract.models.mn04.front_end import SAMPLE_RATE_HZ, log_mel_windows
from spotrec.extract.models.mn04.graph import build_graph
from spotrec.extract.models.mn04.weights import HIDDEN, WEIGHTS, read_weights
from spotrec.extract.tensorflow import embed_in_parallel
from spotrec.track import ModelId
from spotrec.vectors import FloatArray, Moments, read_arrays

NAME, VERSION, DIM = "mn04", 1, HIDDEN


def model_id(weights_sha256: str | None = None) -> ModelId:
    """Return `mn04-1` for the published weights (None); other weights make another model, never compared with it."""
    return ModelId(NAME, VERSION, DIM, weights_sha256[:8] if weights_sha256 else "")


WHITENING = 0.2
"""With this exponent, its space finds genres and artists a little better than with ¼: docs/quality.md, Three ears."""


class Mn04Network:
    """The network with its weights.

    Args:
        weights: the PyTorch file of the authors.
        model: the id of the vectors.

    Raises:
        WeightsError: the file is not a PyTorch file of weights, is damaged, or belongs to another network.
    """

    def __init__(self, weights: Path, model: ModelId | None = None) -> None:
        self.id = model or model_id()
        self._network = build_graph(read_weights(weights))

    def embed(self, prepared: Sequence[FloatArray]) -> tuple[FloatArray, FloatArray]:
        """Run the network on clips, each of shape (n_windows, 1000, 128), one clip at a time on each core.

        Returns:
            vectors, shape (n_clips, 512), and label probabilities, shape (n_clips, 527).
        """
        return embed_in_parallel(self._network, prepared, DIM, len(LABELS))


def _loaded(weights: Path | None, model: ModelId) -> Mn04Network:
    assert weights is not None
    return Mn04Network(weights, model)


def _reference() -> Moments:
    """Return the moments of its vectors over 1,551 excerpts of 830 free recordings."""
    import numpy as np

    with resources.as_file(resources.files(__package__) / "reference.npz") as path:
        n, mean, upper = read_arrays(path, ("n", "mean", "covariance"))
    covariance = np.zeros((DIM, DIM))
    covariance[np.triu_indices(DIM)] = upper
    covariance += np.triu(covariance, 1).T
    return Moments(int(n), mean.astype(np.float64), covariance, whitening=WHITENING)


MN04 = AudioModel(
    id=model_id(),
    card=ModelCard(
        title="EfficientAT's mn04 by Schmid, Koutini and Widmer",
        licence="MIT",
        source="https://github.com/fschmid56/EfficientAT",
        citation="Schmid, Koutini, Widmer: Efficient Large-Scale Audio Tagging Via Transformer-to-CNN Knowledge "
        "Distillation, ICASSP 2023, arXiv 2211.04772",
        trained_on="AudioSet, to predict its 527 labels, with an ensemble of transformers as the teacher",
        genre_precision=0.321,
        artist_mrr=0.446,
    ),
    sample_rate_hz=SAMPLE_RATE_HZ,
    prepare=log_mel_windows,
    load=_loaded,
    tag_names=LABELS,
    weights=WEIGHTS,
    reference=_reference,
)
