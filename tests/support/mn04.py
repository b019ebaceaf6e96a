"""mn04 by its description, in NumPy and float64: slow, and written without a look at the graph it judges."""

import numpy as np
import numpy.typing as npt

from spotrec.vectors import DoubleArray

Weights = dict[str, npt.NDArray[np.float32]]

KERNEL = (3, 3, 3, 5, 5, 5, 3, 3, 3, 3, 3, 3, 5, 5, 5)
WIDENED = (8, 24, 32, 32, 48, 48, 96, 80, 72, 72, 192, 272, 272, 384, 384)
OUT = (8, 16, 16, 16, 16, 16, 32, 32, 32, 32, 48, 48, 64, 64, 64)
SQUEEZED = (0, 0, 0, 8, 16, 16, 0, 0, 0, 0, 48, 72, 72, 96, 96)
STRIDE = (1, 2, 1, 2, 1, 1, 2, 1, 1, 1, 1, 1, 2, 1, 1)
FIRST_HARD_SWISH = 7


def seeded_weights(seed: int = 0) -> Weights:
    """Another network, but a network."""
    rng = np.random.default_rng(seed)
    weights: dict[str, DoubleArray] = {}

    def convolution(name: str, outputs: int, inputs: int, size: int = 1) -> None:
        weights[f"{name}.0.weight"] = rng.standard_normal((outputs, inputs, size, size)) * np.sqrt(2 / inputs) / size
        weights[f"{name}.1.weight"] = rng.uniform(0.5, 1.5, outputs) * rng.choice([-1, 1], outputs)
        weights[f"{name}.1.bias"] = rng.standard_normal(outputs) * 0.3
        weights[f"{name}.1.running_mean"] = rng.standard_normal(outputs) * 0.3
        weights[f"{name}.1.running_var"] = rng.uniform(0.5, 3, outputs)

    def dense(name: str, outputs: int, inputs: int) -> None:
        weights[f"{name}.weight"] = rng.standard_normal((outputs, inputs)) / np.sqrt(inputs)
        weights[f"{name}.bias"] = rng.standard_normal(outputs) * 0.1

    convolution("features.0", 8, 1, 3)
    inputs = 8
    for i, (size, widened, outputs, squeezed) in enumerate(zip(KERNEL, WIDENED, OUT, SQUEEZED, strict=True), 1):
        at = 0
        if i > 1:
            convolution(f"features.{i}.block.0", widened, inputs)
            at = 1
        convolution(f"features.{i}.block.{at}", widened, 1, size)
        if squeezed:
            at += 1
            dense(f"features.{i}.block.{at}.conc_se_layers.0.fc1", squeezed, widened)
            dense(f"features.{i}.block.{at}.conc_se_layers.0.fc2", widened, squeezed)
        convolution(f"features.{i}.block.{at + 1}", outputs, widened)
        inputs = outputs
    convolution("features.16", 384, 64)
    dense("classifier.2", 512, 384)
    dense("classifier.5", 527, 512)
    return {name: numbers.astype(np.float32) for name, numbers in weights.items()}


def heard(  # noqa: C901 - one description, from the first layer to the last
    mel: DoubleArray, weights: Weights
) -> tuple[DoubleArray, DoubleArray, DoubleArray]:
    """`pooled`, `hidden` and `logits` of one window, shape (128, 1000)."""

    def part(name: str) -> DoubleArray:
        return weights[name].astype(np.float64)

    def normalised(x: DoubleArray, name: str) -> DoubleArray:
        mean, variance = part(f"{name}.1.running_mean"), part(f"{name}.1.running_var")
        scaled = (x - mean[:, None, None]) / np.sqrt(variance + 1e-3)[:, None, None]
        result: DoubleArray = scaled * part(f"{name}.1.weight")[:, None, None] + part(f"{name}.1.bias")[:, None, None]
        return result

    def over_area(x: DoubleArray, name: str, stride: int, *, to_all: bool = False) -> DoubleArray:
        kernel = part(f"{name}.0.weight")
        size = kernel.shape[2]
        around = (size - 1) // 2
        padded = np.pad(x, ((0, 0), (around, around), (around, around)))
        height, width = ((n - 1) // stride + 1 for n in x.shape[1:])
        total = np.zeros((kernel.shape[0], height, width))
        for i in range(size):
            for j in range(size):
                seen = padded[:, i : i + stride * height : stride, j : j + stride * width : stride][:, :height, :width]
                total += kernel[:, 0, i, j][:, None, None] * (seen[:1] if to_all else seen)
        return normalised(total, name)

    def over_channels(x: DoubleArray, name: str) -> DoubleArray:
        return normalised(np.tensordot(part(f"{name}.0.weight")[:, :, 0, 0], x, 1), name)

    def dense(x: DoubleArray, name: str) -> DoubleArray:
        return part(f"{name}.weight") @ x + part(f"{name}.bias")

    def hard_swish(x: DoubleArray) -> DoubleArray:
        result: DoubleArray = x * np.clip(x + 3, 0, 6) / 6
        return result

    def relu(x: DoubleArray) -> DoubleArray:
        return np.maximum(x, 0)

    x = hard_swish(over_area(mel.astype(np.float64)[None], "features.0", 2, to_all=True))
    for i, (stride, squeezed) in enumerate(zip(STRIDE, SQUEEZED, strict=True), 1):
        activation = hard_swish if i >= FIRST_HARD_SWISH else relu
        y, at = x, 0
        if i > 1:
            y, at = activation(over_channels(y, f"features.{i}.block.0")), 1
        y = activation(over_area(y, f"features.{i}.block.{at}", stride))
        if squeezed:
            at += 1
            inside = f"features.{i}.block.{at}.conc_se_layers.0"
            scale = dense(relu(dense(y.mean(axis=(1, 2)), f"{inside}.fc1")), f"{inside}.fc2")
            y = y / (1 + np.exp(-scale))[:, None, None]
        y = over_channels(y, f"features.{i}.block.{at + 1}")
        x = x + y if x.shape == y.shape else y
    pooled: DoubleArray = hard_swish(over_channels(x, "features.16")).mean(axis=(1, 2))
    hidden = hard_swish(dense(pooled, "classifier.2"))
    return pooled, hidden, dense(hidden, "classifier.5")
