"""Keunwoo Choi's compact CNN on TensorFlow.

Choi, Fazekas, Sandler, Cho: "Transfer learning for music classification and regression tasks", ISMIR 2017,
arXiv 1703.09179. Five blocks of convolution, batch normalisation, ELU and max-pooling; a clip's embedding is the
160 numbers, 32 a block; a dense layer on the last block's global average gives 50 tags. Two versions differ in the 160:

- `choi-1` is the original: the global average of each block's output;
- `choi-2`: the standard deviation of each block's activation before its max-pooling, over mel and time. It finds the
  same artist and album more often (docs/quality.md).

The original normalises with the statistics of each batch, so that a clip's features depend on the other clips in the
batch. Here the moments are frozen (`frozen_stats.npz`, population moments per channel): one clip has one vector.
`normalisation="clip"` is the original at batch size 1, for parity tests of `choi-1`.
"""

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Literal

from spotrec.extract.models import AudioModel, ModelCard
from spotrec.extract.models.choi.front_end import SAMPLE_RATE_HZ, log_melspectrogram
from spotrec.extract.models.choi.graph import ORIGINAL, SPREAD, build_graph
from spotrec.extract.models.choi.weights import CHANNELS, N_BLOCKS, WEIGHTS, read_weights
from spotrec.extract.models.lastfm_tags import TAGS
from spotrec.extract.models.reference import packaged_moments
from spotrec.extract.tensorflow import embed_in_parallel
from spotrec.track import ModelId
from spotrec.vectors import FloatArray

NAME, VERSION, DIM = "choi", SPREAD, CHANNELS * N_BLOCKS

LAYERS: tuple[str, ...] = ("texture", "timbre", "rhythm", "phrasing", "form")
"""Names of the blocks by the length of sound that one number covers; docs/architecture.md lists the lengths."""


def model_id(weights_sha256: str | None = None, version: int = VERSION) -> ModelId:
    """Return `choi-2` for the published weights (None); other weights make another model, never compared with it."""
    return ModelId(NAME, version, DIM, weights_sha256[:8] if weights_sha256 else "")


class ChoiNetwork:
    """The network with its weights.

    Args:
        weights: the HDF5 file of the original.
        model: the id of the vectors; its version chooses which of the two they are.
        normalisation: `frozen`, or, for `choi-1`, `clip` to equal the original at batch size 1.

    Raises:
        WeightsError: the file is not HDF5, or has other layers.
    """

    def __init__(
        self, weights: Path, model: ModelId | None = None, normalisation: Literal["frozen", "clip"] = "frozen"
    ) -> None:
        self.id = model or model_id()
        if normalisation == "clip" and self.id.version != ORIGINAL:
            raise ValueError(f"{self.id} must use `frozen`: only choi-1 has an original to compare with")
        self._network = build_graph(read_weights(weights), normalisation, self.id.version)

    def embed(self, prepared: Sequence[FloatArray]) -> tuple[FloatArray, FloatArray]:
        """Run the network on log-mel-spectrograms, each of shape (96, 1360), one clip at a time on each core.

        Returns:
            vectors, shape (n_clips, 160), block 1 to block 5, and tag probabilities, shape (n_clips, 50).
        """
        return embed_in_parallel(self._network, prepared, DIM, len(TAGS))


def _loaded(weights: Path | None, model: ModelId) -> ChoiNetwork:
    assert weights is not None
    return ChoiNetwork(weights, model)


def _model(version: int, reference: str, artist_mrr: float) -> AudioModel:
    return AudioModel(
        id=model_id(version=version),
        card=ModelCard(
            title="Keunwoo Choi's compact CNN",
            licence="MIT",
            source="https://github.com/keunwoochoi/music-auto_tagging-keras",
            citation="Choi, Fazekas, Sandler, Cho: Transfer learning for music classification and regression tasks, "
            "ISMIR 2017, arXiv 1703.09179",
            trained_on="previews of the Million Song Dataset, to predict Last.fm's 50 most frequent tags",
            genre_precision=0.313 if version == ORIGINAL else 0.317,
            artist_mrr=artist_mrr,
        ),
        sample_rate_hz=SAMPLE_RATE_HZ,
        prepare=log_melspectrogram,
        load=_loaded,
        tag_names=TAGS,
        layers=LAYERS,
        weights=WEIGHTS,
        reference=partial(packaged_moments, reference),
    )


CHOI_1 = _model(ORIGINAL, "mean", 0.364)
CHOI_2 = _model(VERSION, "std", 0.399)
