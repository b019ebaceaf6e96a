"""What the workers of a cluster run: they hear as one machine does, and answer in plain values, faults too."""

import functools
import threading
from collections.abc import Sequence
from dataclasses import dataclass, replace
from importlib.metadata import version

from spotrec.audio.cache import AudioCaches
from spotrec.errors import SpotrecError
from spotrec.extract import weights
from spotrec.extract.decode_pool import DecodePool
from spotrec.extract.decode_worker import Fault
from spotrec.extract.executors import FaultyClip, HeardClip
from spotrec.extract.executors.local import LocalExecutor
from spotrec.extract.models import AudioModel, Network
from spotrec.extract.models.registry import DEFAULT, find, find_of
from spotrec.progress import Silent
from spotrec.settings import Settings, resolve
from spotrec.track import StoredAudio
from spotrec.vectors import FloatArray

VERSION = version("spotrec")
_loading = threading.Lock()


@dataclass(frozen=True, slots=True)
class Identity:
    """Only workers of one identity work together: what they hear can be compared."""

    version: str
    model: str

    def __str__(self) -> str:
        return f"spotrec {self.version} with the model {self.model}"


@dataclass(frozen=True, slots=True)
class Stopped:
    """A SpotrecError that is no track's fault."""

    kind: type[SpotrecError]
    message: str
    hint: str


@dataclass(frozen=True, slots=True)
class Answer:
    """What a task came to on `worker`. Where it was `stopped`, some of its clips are missing."""

    worker: str
    heard: Sequence[HeardClip] = ()
    faulty: Sequence[tuple[StoredAudio, Fault]] = ()
    stopped: Stopped | None = None


def refusal(wanted: Identity) -> Stopped | None:
    """Why this worker cannot take part; None where it can."""
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
    """A task: hear some clips, by this machine's own settings. The network is loaded by the first."""
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
                case HeardClip():
                    heard.append(result)
                case FaultyClip(audio, error):
                    faulty.append((audio, Fault(error.reason, error.message, error.hint)))
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
    """What this machine hears with: its own weights, of the model that is wanted where its settings name none."""
    model = find(settings.model[0]) if settings.model else find_of(wanted) or find(DEFAULT)
    return replace(model, id=replace(model.id, weights=weights.digest_in_use(settings, model)))


class _OneAtATime:
    """A network that a worker's threads share: it uses all cores by itself."""

    def __init__(self, network: Network) -> None:
        self.id = network.id
        self._network = network
        self._turn = threading.Lock()

    def embed(self, prepared: Sequence[FloatArray]) -> tuple[FloatArray, FloatArray]:
        with self._turn:
            return self._network.embed(prepared)
