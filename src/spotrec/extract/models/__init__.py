"""The networks, one file each, behind one protocol."""

from collections.abc import Sequence
from typing import Protocol

import numpy as np
import numpy.typing as npt

from spotrec.track import ModelId

FloatArray = npt.NDArray[np.float32]


class AudioModel(Protocol):
    """A network that hears audio as a vector and as tags."""

    id: ModelId
    sample_rate_hz: int
    tag_names: tuple[str, ...]

    def prepare(self, samples: FloatArray) -> FloatArray:
        """One clip's input to the network: a function of a module that loads no network, for other processes too.

        Args:
            samples: shape (n_samples,), mono at `sample_rate_hz`, of any length.
        """

    def embed(self, prepared: Sequence[FloatArray]) -> tuple[FloatArray, FloatArray]:
        """Hear several clips, each as `prepare` gave it. A clip's result does not depend on the others.

        Returns:
            vectors, shape (n_clips, id.dim), and tag probabilities, shape (n_clips, n_tags).
        """
