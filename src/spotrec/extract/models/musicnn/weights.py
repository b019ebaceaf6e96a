"""musicnn's weights: where they are published, and a reader for them. They come in its authors' package, which cannot
be installed next to spotrec because its pinned dependencies conflict.
"""

from pathlib import Path

from spotrec.errors import WeightsError, first_line
from spotrec.extract.models.lastfm_tags import TAGS
from spotrec.extract.models.musicnn.kernels import layer
from spotrec.extract.models.musicnn.tensor_bundle import BadCheckpoint, read_tensors
from spotrec.extract.weights.pip_wheel import PipWheel
from spotrec.extract.weights.published_files import PublishedFile, way_to_right_files
from spotrec.vectors import FloatArray

_CHECKPOINT = "musicnn/MSD_musicnn/"  # in the wheel the file names begin with a dot

WEIGHTS = PipWheel(
    whose="musicnn's",
    requirement="musicnn==0.1.0",
    wheel=PublishedFile(
        "musicnn-0.1.0-py3-none-any.whl", 29_292_476, "f38a4890c648c1ddbb141c5d96d2b0a8cfcd36746002d896989f7b88beb65cfa"
    ),
    members=(
        (
            f"{_CHECKPOINT}.index",
            PublishedFile(
                "musicnn/MSD_musicnn.index", 4_948, "87f3e0f3550c8d3bafc840374003e5c8af5eeb5ecf6add61af09a7822d3282c8"
            ),
        ),
        (
            f"{_CHECKPOINT}.data-00000-of-00001",
            PublishedFile(
                "musicnn/MSD_musicnn.data-00000-of-00001",
                9_465_596,
                "8579734ee6388f799ed0def4bbd0d1fdcbeaf213ef2a9dc860917bd76a303de6",
            ),
        ),
        (
            "musicnn-0.1.0.dist-info/LICENSE.md",
            PublishedFile(
                "musicnn/LICENSE.md", 817, "60c4194f702ddd969f969577743546327b4e9db560c07ec286be5cec27f55fcd"
            ),
        ),
    ),
    setting="musicnn_weights",
)

DIM = 200
_CONVOLUTIONS = (
    (7, 38, 204), (7, 67, 204), (128, 1, 51), (64, 1, 51), (32, 1, 51), (7, 561, 64), (7, 64, 64), (7, 64, 64),
)  # fmt: skip
"""Frames, bands or channels that each kernel covers, and its output channels."""
_NORMALISED = (1, 204, 204, 51, 51, 51, 64, 64, 64, 1506, 200)
_DENSE = ((1506, DIM), (DIM, len(TAGS)))
_HINT = way_to_right_files("musicnn", WEIGHTS)


def _shapes() -> dict[str, tuple[int, ...]]:
    """Return the variables of the checkpoint that are used, and their shapes."""
    shapes: dict[str, tuple[int, ...]] = {}
    for i, (height, width, channels) in enumerate(_CONVOLUTIONS):
        shapes[f"{layer('conv2d', i)}/kernel"] = (height, width, 1, channels)
        shapes[f"{layer('conv2d', i)}/bias"] = (channels,)
    for i, channels in enumerate(_NORMALISED):
        for part in ("gamma", "beta", "moving_mean", "moving_variance"):
            shapes[f"{layer('batch_normalization', i)}/{part}"] = (channels,)
    for i, (inputs, outputs) in enumerate(_DENSE):
        shapes[f"{layer('dense', i)}/kernel"] = (inputs, outputs)
        shapes[f"{layer('dense', i)}/bias"] = (outputs,)
    return shapes


def read_weights(path: Path) -> dict[str, FloatArray]:
    """Read the trained arrays by their names in the checkpoint.

    Raises:
        WeightsError: the files are not a checkpoint, are damaged, or belong to another network.
    """
    try:
        weights = read_tensors(path, _shapes())
    except (BadCheckpoint, OSError) as exc:
        raise WeightsError(f"{path} does not contain musicnn: {first_line(exc)}", _HINT) from exc
    for name, numbers in weights.items():
        if name.endswith("/moving_variance") and numbers.min() < 0:
            raise WeightsError(f"{path} does not contain musicnn: {name} is negative", _HINT)
    return weights
