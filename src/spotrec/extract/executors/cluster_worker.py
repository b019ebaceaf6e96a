"""Tasks that the workers of a cluster run; results and faults return as plain values."""

import functools
import threading
from collections.abc import Sequence
from dataclasses import dataclass, replace
from importlib.metadata import version

from spotrec.audio.cache import AudioCaches
from spotrec.errors import SpotrecError, TrackError
from spotrec.extract import weights
from spotrec.extract.decode_pool import DecodePool
from spotrec.extract.executors import ClipFeatures, FaultyClip
from spotrec.extract.executors.local import LocalExecutor
from spotrec.extract.models import AudioModel, Network
from spotrec.extract.models.registry import DEFAULT, find, find_by_id
from spotrec.progress import Silent
from spotrec.settings import Settings, resolve
from spotrec.track import StoredAudio
from spotrec.vectors import FloatArray

VERSION = version("spotrec")
_loading = threading.Lock()


@dataclass(frozen=True, slots=True)
class Identity:
    """Workers must share one identity, so that their features can be compared."""

    version: str
    model: str

    def __str__(self) -> str:
        return f"spotrec {self.version} with the model {self.model}"


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
        here = Identity(VERSION, str(_model(resolve(), wanted.model).id))
    except SpotrecError as error:
        return Stopped(type(error), error.message, error.hint)
    if here == wanted:
        return None
    return Stopped(
        SpotrecError,
        f"it runs {here}; this machine runs {wanted}",
        "install the same spotrec and the same weights on both, and start the worker again",
    )


def hear(batch: Sequence[StoredAudio], wanted: Identity, max_audio_mb: int) -> Answer:
    """Run the model on some clips, with this machine's own settings. The first task loads the network."""
    from distributed import get_worker

    worker = get_worker()
    if refused := refusal(wanted):
        return Answer(worker.address, stopped=refused)
    heard, faulty, stopped = [], [], None
    try:
        with _loading:
            executor = _executor(worker.state.nthreads, max_audio_mb, wanted.model)
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
    model = _model(settings, wanted)
    pool = DecodePool(model.front_end, n_threads)
    return LocalExecutor(_OneAtATime(_network(wanted)), pool, AudioCaches(settings), max_audio_mb * 1_000_000)


@functools.cache
def _network(wanted: str) -> Network:
    settings = resolve()
    model = _model(settings, wanted)
    return model.load(weights.find_or_fetch(settings, model, Silent()), model.id)


def _model(settings: Settings, wanted: str) -> AudioModel:
    """Return the model of this machine, with its own weights: of its settings, else the wanted one."""
    model = find(settings.ears[0]) if settings.ears else find_by_id(wanted) or find(DEFAULT[0])
    return replace(model, id=replace(model.id, weights=weights.digest_in_use(settings, model)))


class _OneAtATime:
    """A network that a worker's threads share, one at a time: each call uses all cores."""

    def __init__(self, network: Network) -> None:
        self.id = network.id
        self._network = network
        self._turn = threading.Lock()

    def embed(self, prepared: Sequence[FloatArray]) -> tuple[FloatArray, FloatArray]:
        with self._turn:
            return self._network.embed(prepared)
