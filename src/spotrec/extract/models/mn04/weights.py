"""mn04's weights: where they are published, their plan, and a reader for them with normalisation folded in."""

from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np

from spotrec.errors import WeightsError, first_line
from spotrec.extract.models.mn04.audioset_labels import LABELS
from spotrec.extract.models.mn04.state_dict import BadStateDict, read_tensors
from spotrec.extract.weights.download import Download
from spotrec.extract.weights.published_files import PublishedFile
from spotrec.vectors import FloatArray

WEIGHTS = Download(
    whose="mn04's",
    file=PublishedFile(
        "mn04_as_mAP_432.pt", 4_066_513, "899a8c6217063f6941793102a2780b3dd788ab11fce468d9cf5f0577c453321c"
    ),
    url_setting="mn04_weights_url",
    setting="mn04_weights",
    redirects=("release-assets.githubusercontent.com", "objects.githubusercontent.com"),  # GitHub's hosts of assets
)

STEM, POOLED, HIDDEN = 8, 384, 512
_EPSILON = 1e-3
_HINT = "`spotrec models install mn04` fetches the right file"


class Block(NamedTuple):
    """An inverted residual block: sizes as in the authors' table. `squeezed` is 0 without squeeze-and-excitation."""

    kernel: int
    inputs: int
    widened: int
    outputs: int
    squeezed: int
    is_hard_swish: bool
    stride: int


BLOCKS = tuple(
    Block(*sizes)
    for sizes in (
        (3, 8, 8, 8, 0, False, 1),
        (3, 8, 24, 16, 0, False, 2),
        (3, 16, 32, 16, 0, False, 1),
        (5, 16, 32, 16, 8, False, 2),
        (5, 16, 48, 16, 16, False, 1),
        (5, 16, 48, 16, 16, False, 1),
        (3, 16, 96, 32, 0, True, 2),
        (3, 32, 80, 32, 0, True, 1),
        (3, 32, 72, 32, 0, True, 1),
        (3, 32, 72, 32, 0, True, 1),
        (3, 32, 192, 48, 48, True, 1),
        (3, 48, 272, 48, 72, True, 1),
        (5, 48, 272, 64, 72, True, 2),
        (5, 64, 384, 64, 96, True, 1),
        (5, 64, 384, 64, 96, True, 1),
    )
)


@dataclass(frozen=True, slots=True)
class Layer:
    """A convolution with its normalisation folded in, or a dense layer.

    `kernel` has shape (mel, time, inputs, outputs), or (mel, time, channels) if each channel has its own; a dense
    layer's is (inputs, outputs).
    """

    kernel: FloatArray
    bias: FloatArray


@dataclass(frozen=True, slots=True)
class BlockLayers:
    """The layers of a block, in order; None where it has none."""

    widening: Layer | None
    depthwise: Layer
    squeeze: tuple[Layer, Layer] | None
    projection: Layer


@dataclass(frozen=True, slots=True)
class Layers:
    """All layers of the network, in order."""

    stem: Layer
    blocks: tuple[BlockLayers, ...]
    last: Layer
    hidden: Layer
    labels: Layer


def read_weights(path: Path) -> Layers:
    """Read the trained arrays.

    Raises:
        WeightsError: the file is not a PyTorch file of weights, is damaged, or belongs to another network.
    """
    try:
        weights = read_tensors(path, _shapes())
    except (BadStateDict, OSError) as exc:
        raise WeightsError(f"{path} does not contain mn04: {first_line(exc)}", _HINT) from exc
    for name, numbers in weights.items():
        if name.endswith("running_var") and numbers.min() < 0:
            raise WeightsError(f"{path} does not contain mn04: {name} is negative", _HINT)
    blocks = tuple(_block(weights, i, block) for i, block in enumerate(BLOCKS, 1))
    return Layers(
        _convolution(weights, "features.0"),
        blocks,
        _convolution(weights, f"features.{len(BLOCKS) + 1}"),
        _dense(weights, "classifier.2"),
        _dense(weights, "classifier.5"),
    )


class _Names(NamedTuple):
    """The names of a block's layers in the file."""

    widening: str
    depthwise: str
    squeeze: str
    projection: str


def _names(i: int, block: Block) -> _Names:
    parts = ["widening"] * (block.widened != block.inputs) + ["depthwise"] + ["squeeze"] * bool(block.squeezed)
    names = {part: f"features.{i}.block.{at}" for at, part in enumerate([*parts, "projection"])}
    return _Names(*(names.get(part, "") for part in _Names._fields))


def _shapes() -> dict[str, tuple[int, ...]]:
    """Return the tensors of the file that are used, and their shapes."""
    shapes: dict[str, tuple[int, ...]] = {}

    def convolution(name: str, outputs: int, inputs: int, size: int = 1) -> None:
        shapes[f"{name}.0.weight"] = (outputs, inputs, size, size)
        shapes.update({f"{name}.1.{part}": (outputs,) for part in ("weight", "bias", "running_mean", "running_var")})

    def dense(name: str, outputs: int, inputs: int) -> None:
        shapes.update({f"{name}.weight": (outputs, inputs), f"{name}.bias": (outputs,)})

    convolution("features.0", STEM, 1, 3)
    for i, block in enumerate(BLOCKS, 1):
        names = _names(i, block)
        if names.widening:
            convolution(names.widening, block.widened, block.inputs)
        convolution(names.depthwise, block.widened, 1, block.kernel)
        if names.squeeze:
            dense(f"{names.squeeze}.conc_se_layers.0.fc1", block.squeezed, block.widened)
            dense(f"{names.squeeze}.conc_se_layers.0.fc2", block.widened, block.squeezed)
        convolution(names.projection, block.outputs, block.widened)
    convolution(f"features.{len(BLOCKS) + 1}", POOLED, BLOCKS[-1].outputs)
    dense("classifier.2", HIDDEN, POOLED)
    dense("classifier.5", len(LABELS), HIDDEN)
    return shapes


def _block(weights: dict[str, FloatArray], i: int, block: Block) -> BlockLayers:
    names = _names(i, block)
    fully = f"{names.squeeze}.conc_se_layers.0"
    return BlockLayers(
        _convolution(weights, names.widening) if names.widening else None,
        _convolution(weights, names.depthwise, is_depthwise=True),
        (_dense(weights, f"{fully}.fc1"), _dense(weights, f"{fully}.fc2")) if names.squeeze else None,
        _convolution(weights, names.projection),
    )


def _convolution(weights: dict[str, FloatArray], name: str, *, is_depthwise: bool = False) -> Layer:
    gamma, beta, mean, variance = (
        weights[f"{name}.1.{part}"].astype(np.float64) for part in ("weight", "bias", "running_mean", "running_var")
    )
    scale = gamma / np.sqrt(variance + _EPSILON)
    kernel = weights[f"{name}.0.weight"].transpose(2, 3, 1, 0) * scale
    return Layer(
        (kernel[:, :, 0] if is_depthwise else kernel).astype(np.float32), (beta - mean * scale).astype(np.float32)
    )


def _dense(weights: dict[str, FloatArray], name: str) -> Layer:
    return Layer(np.ascontiguousarray(weights[f"{name}.weight"].T), weights[f"{name}.bias"])
