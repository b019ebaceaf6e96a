"""Tasks that the workers of a cluster run; results and faults return as plain values."""

import functools
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version

from spotrec.audio.cache import AudioCaches
from spotrec.errors import SpotrecError, TrackError
from spotrec.extract import weights
from spotrec.extract.decode_pool import DecodePool
from spotrec.extract.executors import ClipFeatures, FaultyClip
from spotrec.extract.executors.local import LocalExecutor
from spotrec.extract.models import AudioModel, Network
from spotrec.extract.models.choice import models_of_settings, with_weights
from spotrec.extract.models.registry import DEFAULT, find, find_by_id
from spotrec.progress import Silent
from spotrec.settings import Settings, resolve
from spotrec.track import Ears, PendingAudio, StoredAudio
from spotrec.vectors import FloatArray

VERSION = version("spotrec")
_loading = threading.Lock()
_computing = threading.Lock()
"""A worker's threads run one network at a time: each call uses all cores."""


@dataclass(frozen=True, slots=True)
class Identity:
    """Workers must share one identity, so that their features can be compared. `ears` is `str(Ears)`."""

    version: str
    ears: str

    def __str__(self) -> str:
        models = self.ears.split(",")
        return f"spotrec {self.version} with the model{'s' if models[1:] else ''} {' + '.join(models)}"


@dataclass(frozen=True, slots=True)
class Stopped:
    """A SpotrecError that stops the run, with no track at fault."""

    kind: type[SpotrecError]
    message: str
    hint: str


@dataclass(frozen=True, slots=True)
class Answer:
    """Results of a task on `worker`. If an error `stopped` it, some of its clips are missing."""

    worker: str
    heard: Sequence[ClipFeatures] = ()
    faulty: Sequence[tuple[StoredAudio, TrackError]] = ()
    stopped: Stopped | None = None


def refusal(wanted: Identity) -> Stopped | None:
    """Return why this worker cannot take part, or None if it can."""
    try:
        here = Identity(VERSION, str(Ears.of(*(model.id for model in _models(resolve(), wanted.ears)))))
    except SpotrecError as error:
        return Stopped(type(error), error.message, error.hint)
    if here == wanted:
        return None
    return Stopped(
        SpotrecError,
        f"it runs {here}; this machine runs {wanted}",
        "install the same spotrec and the same weights on both, and start the worker again",
    )


def hear(batch: Sequence[PendingAudio], wanted: Identity, max_audio_mb: int) -> Answer:
    """Run the networks on some clips, with this machine's own settings. The first task loads them."""
    from distributed import get_worker

    worker = get_worker()
    if refused := refusal(wanted):
        return Answer(worker.address, stopped=refused)
    heard, faulty, stopped = [], [], None
    try:
        with _loading:
            executor = _executor(worker.state.nthreads, max_audio_mb, wanted.ears)
        for result in executor.hear(batch):
            match result:
                case ClipFeatures():
                    heard.append(result)
                case FaultyClip(audio, error):
                    faulty.append((audio, error))
    except SpotrecError as error:
        stopped = Stopped(type(error), error.message, error.hint)
    return Answer(worker.address, heard, faulty, stopped)


@functools.cache
def _executor(n_threads: int, max_audio_mb: int, wanted: str) -> LocalExecutor:
    settings = resolve({"max_audio_mb": max_audio_mb})
    models = _models(settings, wanted)
    networks = [_OneAtATime(_network(str(model.id))) for model in models]
    pool = DecodePool({model.id: model.front_end for model in models}, n_threads)
    return LocalExecutor(networks, pool, AudioCaches(settings), max_audio_mb * 1_000_000)


@functools.cache
def _network(wanted: str) -> Network:
    settings = resolve()
    (model,) = _models(settings, wanted)
    return model.load(weights.find_or_fetch(settings, model, Silent()), model.id)


def _models(settings: Settings, wanted: str) -> list[AudioModel]:
    """Return the models of this machine, with its own weights: of its settings, else the wanted ones.

    If its settings have more models than are wanted, it uses the wanted ones.
    """
    names = wanted.split(",")
    own = models_of_settings(settings) or [
        with_weights(settings, find_by_id(name) or find(DEFAULT[0])) for name in names
    ]
    return [model for model in own if str(model.id) in names] or [*own]


class _OneAtATime:
    """A network that a worker's threads share."""

    def __init__(self, network: Network) -> None:
        self.id = network.id
        self._network = network

    def embed(self, prepared: Sequence[FloatArray]) -> tuple[FloatArray, FloatArray]:
        with _computing:
            return self._network.embed(prepared)
