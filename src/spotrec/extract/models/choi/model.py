"""Keunwoo Choi's compact CNN on TensorFlow.

Choi, Fazekas, Sandler, Cho: "Transfer learning for music classification and regression tasks", ISMIR 2017,
arXiv 1703.09179. Five blocks of convolution, batch normalisation, ELU and max-pooling; a clip's embedding is the
160 numbers, 32 a block; a dense layer on the last block's global average gives 50 tags. Two versions differ in the 160:

- `choi-1` is the original: the global average of each block's output;
- `choi-2`: the standard deviation of each block's activation before its max-pooling, over mel and time. It finds the
  same artist and album more often (docs/quality.md).

The original normalises with the statistics of whatever batch it is given, so that its features depend on what else
is in the batch. Here the moments are frozen (`frozen_stats.npz`, population moments per channel): one clip has
one vector. `normalisation="clip"` is the original at batch size 1, for parity tests of `choi-1`.
"""

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any, Literal

import numpy as np

from spotrec.errors import WeightsError, first_line
from spotrec.extract.melspectrogram import N_FRAMES, N_MELS, SAMPLE_RATE_HZ, log_melspectrogram
from spotrec.extract.models import AudioModel, ModelCard
from spotrec.extract.models.reference import packaged_moments
from spotrec.extract.tensorflow import heard_side_by_side, load_tensorflow
from spotrec.extract.weights.download import Download
from spotrec.extract.weights.published_files import PublishedFile
from spotrec.track import ModelId
from spotrec.vectors import FloatArray

NAME, VERSION, DIM = "choi", 2, 160
ORIGINAL = 1
"""The version whose numbers are the original's."""
CHANNELS = 32
POOLS = ((2, 4), (3, 4), (2, 5), (2, 4), (4, 4))  # (mel, time)
EPSILON = 1e-3
TIME_SLICES = {ORIGINAL: 5, VERSION: 10}
"""Of block 1, by version: what a slice's convolution gives is pooled while the processor still has it at hand."""

TAGS: tuple[str, ...] = (
    "rock", "pop", "alternative", "indie", "electronic", "female vocalists", "dance", "00s", "alternative rock", "jazz",
    "beautiful", "metal", "chillout", "male vocalists", "classic rock", "soul", "indie rock", "Mellow", "electronica",
    "80s", "folk", "90s", "chill", "instrumental", "punk", "oldies", "blues", "hard rock", "ambient", "acoustic",
    "experimental", "female vocalist", "guitar", "Hip-Hop", "70s", "party", "country", "easy listening", "sexy",
    "catchy", "funk", "electro", "heavy metal", "Progressive rock", "60s", "rnb", "indie pop", "sad", "House", "happy",
)  # fmt: skip

LAYERS: tuple[str, ...] = ("texture", "timbre", "rhythm", "phrasing", "form")
"""What each block hears, by the length of sound that one of its numbers sees: docs/architecture.md has the lengths."""


def model_id(weights_sha256: str | None = None, version: int = VERSION) -> ModelId:
    """`choi-2` for the published weights (None); other weights make another model, never compared with it."""
    return ModelId(NAME, version, DIM, weights_sha256[:8] if weights_sha256 else "")


WEIGHTS = Download(
    whose="Choi's",
    file=PublishedFile(
        "weights_layer4_theano.hdf5", 1_329_264, "caf89f811415691fbb245be7eef394b9cebd787d7e3f78e29695972141cf2a08"
    ),
    url_setting="weights_url",
    setting="weights",
)


class ChoiNetwork:
    """The network with its weights, ready to hear.

    Args:
        weights: the HDF5 file of the original.
        model: what to call the result; its version says what the vectors are.
        normalisation: `frozen`, or, of `choi-1`, `clip` for parity with the original at batch size 1.

    Raises:
        WeightsError: the file is not HDF5, or not these layers.
    """

    def __init__(
        self, weights: Path, model: ModelId | None = None, normalisation: Literal["frozen", "clip"] = "frozen"
    ) -> None:
        self.id = model or model_id()
        if normalisation == "clip" and self.id.version != ORIGINAL:
            raise ValueError(f"{self.id} is frozen: only choi-1 has an original to equal")
        self._network = _graph(_read_weights(weights), normalisation, self.id.version)

    def embed(self, prepared: Sequence[FloatArray]) -> tuple[FloatArray, FloatArray]:
        """Hear log-mel-spectrograms, each of shape (96, 1360): each by itself, as many side by side as there are cores.

        Returns:
            vectors, shape (n_clips, 160), block 1 to block 5, and tag probabilities, shape (n_clips, 50).
        """
        return heard_side_by_side(self._network, prepared, DIM, len(TAGS))


def _read_weights(path: Path) -> dict[str, FloatArray]:
    """The trained arrays by short name: `w1` (out, in, mel, time), `b1`, `gamma1`, `beta1` … `dense_w`, `dense_b`."""
    import h5py

    names = {
        "dense_w": ("dense_1/dense_1_W", (CHANNELS, len(TAGS))),
        "dense_b": ("dense_1/dense_1_b", (len(TAGS),)),
    }
    for i in range(1, 6):
        convolution = f"ConvBNEluDr/convolution2d_{i}"
        normalisation = f"ConvBNEluDr/batchnormalization_{i}"
        names[f"w{i}"] = (f"{convolution}_W", (CHANNELS, 1 if i == 1 else CHANNELS, 3, 3))
        names[f"b{i}"] = (f"{convolution}_b", (CHANNELS,))
        names[f"gamma{i}"] = (f"{normalisation}_gamma", (CHANNELS,))
        names[f"beta{i}"] = (f"{normalisation}_beta", (CHANNELS,))
    hint = "`spotrec models install choi` fetches the right file"
    try:
        with h5py.File(path, "r") as file:
            arrays = {short: np.asarray(file[name], np.float32) for short, (name, _) in names.items()}
    except (OSError, KeyError) as exc:
        raise WeightsError(f"{path} does not hold Choi's network: {first_line(exc)}", hint) from exc
    for short, (name, shape) in names.items():
        if arrays[short].shape != shape:
            raise WeightsError(f"{path}: {name} has shape {arrays[short].shape}, not {shape}", hint)
    return arrays


def _graph(weights: dict[str, FloatArray], normalisation: Literal["frozen", "clip"], version: int) -> Any:
    """A `tf.function`: (96, 1360) → (160,), (50,)."""
    tf = load_tensorflow()
    is_frozen = normalisation == "frozen"
    kernels, biases = _folded(weights) if is_frozen else _as_trained(weights)

    def normalised(i: int, x: Any) -> Any:
        """Convolution over time without padding, normalisation: the activation before ELU and pooling."""
        x = tf.nn.conv2d(x, kernels[i], 1, [[0, 0], [1, 1], [0, 0], [0, 0]])
        x = tf.nn.bias_add(x, biases[i])
        if not is_frozen:
            x = _normalised_by_clip(tf, x) * weights[f"gamma{i + 1}"] + weights[f"beta{i + 1}"]
        return x

    def run(mel: Any) -> Any:
        x = mel[None, :, :, None]
        features = []
        for i, pool in enumerate(POOLS):
            padded = tf.pad(x, [[0, 0], [0, 0], [1, 1], [0, 0]])
            n = x.shape[2] // (TIME_SLICES[version] if i == 0 and is_frozen else 1)
            slices = [normalised(i, padded[:, :, start : start + n + 2]) for start in range(0, x.shape[2], n)]
            # ELU after pooling is the same and leaves less to do
            x = tf.concat([tf.nn.elu(tf.nn.max_pool2d(one, pool, pool, "VALID")) for one in slices], axis=2)
            average = tf.reduce_mean(x, axis=[1, 2])
            features.append(average if version == ORIGINAL else _spread(tf, [tf.nn.elu(one) for one in slices])[None])
        tags = tf.sigmoid(tf.matmul(average, weights["dense_w"]) + weights["dense_b"])
        return tf.concat(features, axis=1)[0], tags[0]

    function = tf.function(run, input_signature=[tf.TensorSpec((N_MELS, N_FRAMES), tf.float32)], autograph=False)
    function.get_concrete_function()  # built here, not when the first clip comes
    return function


def _as_trained(weights: dict[str, FloatArray]) -> tuple[list[FloatArray], list[FloatArray]]:
    """Five kernels, each (mel, time, in, out), and biases, each (32,).

    Theano convolves where TensorFlow correlates: every kernel is rotated by 180 degrees.
    """
    kernels = [weights[f"w{i}"][:, :, ::-1, ::-1].transpose(2, 3, 1, 0) for i in range(1, 6)]
    return kernels, [weights[f"b{i}"] for i in range(1, 6)]


def _folded(weights: dict[str, FloatArray]) -> tuple[list[FloatArray], list[FloatArray]]:
    """The same with normalisation by the frozen moments in them."""
    from importlib import resources

    kernels, biases = _as_trained(weights)
    with (
        resources.as_file(resources.files(__package__) / "frozen_stats.npz") as path,
        np.load(path) as moments,
    ):
        for i in range(1, 6):
            scale = weights[f"gamma{i}"] / np.sqrt(moments[f"v{i}"].astype(np.float64) + EPSILON)
            bias = (biases[i - 1] - moments[f"m{i}"]) * scale + weights[f"beta{i}"]
            kernels[i - 1] = (kernels[i - 1] * scale).astype(np.float32)
            biases[i - 1] = bias.astype(np.float32)
    return kernels, biases


def _spread(tf: Any, slices: list[Any]) -> Any:
    """The standard deviation of each channel, shape (32,), of an activation in slices of time, each (1, mel, time, 32).

    Mean and variance of each frame first, rows of all its channels added to rows; then the variance is the mean of
    theirs and that of their means. In float32 one sum over 96 x 1360, or a difference of squares, loses 3e-4.
    """
    means, variances = [], []
    for one in slices:
        rows = tf.reshape(one, [one.shape[1], -1])
        mean = tf.reduce_mean(rows, axis=0)
        means.append(mean)
        variances.append(tf.reduce_mean(tf.math.squared_difference(rows, mean), axis=0))
    by_frame = [tf.reshape(tf.concat(parts, axis=0), [-1, CHANNELS]) for parts in (means, variances)]
    return tf.sqrt(tf.math.reduce_variance(by_frame[0], axis=0) + tf.reduce_mean(by_frame[1], axis=0))


def _normalised_by_clip(tf: Any, x: Any) -> Any:
    """Each channel with its own mean 0 and variance 1 over (mel, time).

    In float32 the order of the sums decides: mean over time, then over mel, then a two-pass variance.
    One reduction over 96 x 1360 loses 2e-4.
    """

    def mean(values: Any) -> Any:
        over_time = tf.reduce_mean(values, axis=2, keepdims=True)
        return tf.reduce_mean(over_time, axis=1, keepdims=True)

    centred = x - mean(x)
    return centred / tf.sqrt(mean(centred * centred) + EPSILON)


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
            trained_on="previews of the Million Song Dataset, to tell Last.fm's 50 most frequent tags",
            genre_precision=0.313 if version == ORIGINAL else 0.316,
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
CHOI_2 = _model(VERSION, "std", 0.404)
