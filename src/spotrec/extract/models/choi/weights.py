"""Choi's trained arrays: where they are published, and a reader for them (h5py)."""

import io
from pathlib import Path

import numpy as np

from spotrec.errors import WeightsError, first_line
from spotrec.extract.models.lastfm_tags import TAGS
from spotrec.extract.weights.download import Download
from spotrec.extract.weights.published_files import MOST_BYTES, PublishedFile, way_to_right_files
from spotrec.system.files import read_regular
from spotrec.vectors import FloatArray

CHANNELS = 32
N_BLOCKS = 5

WEIGHTS = Download(
    whose="Choi's",
    file=PublishedFile(
        "weights_layer4_theano.hdf5", 1_329_264, "caf89f811415691fbb245be7eef394b9cebd787d7e3f78e29695972141cf2a08"
    ),
    url_setting="weights_url",
    setting="weights",
)


def read_weights(path: Path) -> dict[str, FloatArray]:
    """Read the trained arrays by short name: `w1` (out, in, mel, time), `b1`, `gamma1`, `beta1` … `dense_w`, `dense_b`.

    Raises:
        WeightsError: the file is not HDF5, or has other layers.
    """
    import h5py

    names = {
        "dense_w": ("dense_1/dense_1_W", (CHANNELS, len(TAGS))),
        "dense_b": ("dense_1/dense_1_b", (len(TAGS),)),
    }
    for i in range(1, N_BLOCKS + 1):
        convolution = f"ConvBNEluDr/convolution2d_{i}"
        normalisation = f"ConvBNEluDr/batchnormalization_{i}"
        names[f"w{i}"] = (f"{convolution}_W", (CHANNELS, 1 if i == 1 else CHANNELS, 3, 3))
        names[f"b{i}"] = (f"{convolution}_b", (CHANNELS,))
        names[f"gamma{i}"] = (f"{normalisation}_gamma", (CHANNELS,))
        names[f"beta{i}"] = (f"{normalisation}_beta", (CHANNELS,))
    hint = way_to_right_files("choi", WEIGHTS)
    try:
        with h5py.File(io.BytesIO(read_regular(path, MOST_BYTES)), "r") as file:
            for name, shape in names.values():
                if file[name].shape != shape:  # before it is read: a few bytes may unpack to gigabytes
                    raise WeightsError(f"{path}: {name} has shape {file[name].shape}, not {shape}", hint)
            return {short: np.asarray(file[name], np.float32) for short, (name, _) in names.items()}
    except (OSError, KeyError, AttributeError, ValueError, TypeError) as exc:
        raise WeightsError(f"{path} does not contain Choi's network: {first_line(exc)}", hint) from exc
