"""MSD_musicnn, the convolutional network of Pons and Serra, on TensorFlow.

Pons, Serra: "musicnn: Pre-trained convolutional neural networks for music audio tagging", ISMIR 2019, late-breaking
demo. It takes patches of 3 s: tall convolutions over frequency and long ones over time, the maximum over frequency,
three residual convolutions over time, then maximum and mean over the patch. Its embedding is the 200 numbers of the
last hidden layer, which gives 50 tags; a clip has the averages over its patches.
"""

from collections.abc import Sequence
from functools import partial
from pathlib import Path

from spotrec.extract.models import AudioModel, ModelCard
from spotrec.extract.models.lastfm_tags import TAGS
from spotrec.extract.models.musicnn.front_end import SAMPLE_RATE_HZ, log_mel_patches
from spotrec.extract.models.musicnn.graph import build_graph
from spotrec.extract.models.musicnn.weights import DIM, WEIGHTS, read_weights
from spotrec.extract.models.reference import packaged_moments
from spotrec.extract.tensorflow import embed_in_parallel
from spotrec.track import ModelId
from spotrec.vectors import FloatArray

NAME, VERSION = "musicnn", 1


def model_id(weights_sha256: str | None = None) -> ModelId:
    """Return `musicnn-1` for the published weights (None); other weights make another model, never compared with it."""
    return ModelId(NAME, VERSION, DIM, weights_sha256[:8] if weights_sha256 else "")


class MusicnnNetwork:
    """The network with its weights.

    Args:
        weights: the checkpoint's file `….index`; its numbers, `….data-00000-of-00001`, must be in the same folder.
        model: the id of the vectors.

    Raises:
        WeightsError: the files are not a checkpoint, are damaged, or belong to another network.
    """

    def __init__(self, weights: Path, model: ModelId | None = None) -> None:
        self.id = model or model_id()
        self._network = build_graph(read_weights(weights))

    def embed(self, prepared: Sequence[FloatArray]) -> tuple[FloatArray, FloatArray]:
        """Run the network on clips, each of shape (n_patches, 96, 187), one clip at a time on each core.

        Returns:
            vectors, shape (n_clips, 200), and tag probabilities, shape (n_clips, 50).
        """
        return embed_in_parallel(self._network, prepared, DIM, len(TAGS))


def _loaded(weights: Path | None, model: ModelId) -> MusicnnNetwork:
    assert weights is not None
    return MusicnnNetwork(weights, model)


MUSICNN = AudioModel(
    id=model_id(),
    card=ModelCard(
        title="MSD_musicnn by Pons and Serra",
        licence="ISC",
        source="https://github.com/jordipons/musicnn",
        citation="Pons, Serra: musicnn: Pre-trained convolutional neural networks for music audio tagging, "
        "ISMIR 2019, late-breaking demo",
        trained_on="the training split of the Million Song Dataset, to predict Last.fm's 50 most frequent tags",
        genre_precision=0.345,
        artist_mrr=0.379,
    ),
    sample_rate_hz=SAMPLE_RATE_HZ,
    prepare=log_mel_patches,
    load=_loaded,
    tag_names=TAGS,
    weights=WEIGHTS,
    reference=partial(packaged_moments, "musicnn"),
)
