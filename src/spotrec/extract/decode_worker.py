"""What a decoding process does: a `DecodeJob` is answered with the networks' inputs, or an error."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from spotrec.audio.cache.disk import DiskAudioCache
from spotrec.audio.decode import decode_excerpts
from spotrec.audio.files import check_content, read_file
from spotrec.audio.fingerprint import SAMPLE_RATE_HZ, fingerprint
from spotrec.errors import CacheError, Reason, TrackError, first_line
from spotrec.extract.front_end import FrontEnd
from spotrec.extract.tempo_and_key import hear
from spotrec.track import Ears, ModelId, StoredAudio, TempoAndKey
from spotrec.vectors import Fingerprint, FloatArray

FrontEnds = Mapping[ModelId, FrontEnd]


@dataclass(frozen=True, slots=True)
class Clip:
    """A track's audio as each network takes it, in one or several excerpts. `has_more`: there are others.

    `tempo_and_key`, and `fingerprint`, of the excerpt in the middle, are None if the job did not ask for them.
    """

    inputs: Mapping[ModelId, Sequence[FloatArray]]
    has_more: bool = False
    tempo_and_key: TempoAndKey | None = None
    fingerprint: Fingerprint | None = None

    @property
    def n_excerpts(self) -> int:
        return max(map(len, self.inputs.values()), default=0)


@dataclass(frozen=True, slots=True)
class DecodeJob:
    """Audio to decode for some ears: `content`, or if that is None, the file at its address.

    `excerpts` are heard of it, if it is long enough. `hears_tempo`: its tempo and key too.
    `hears_fingerprint`: its fingerprint too.
    """

    audio: StoredAudio
    content: bytes | None
    max_bytes: int
    ears: Ears
    excerpts: int = 1
    hears_tempo: bool = False
    hears_fingerprint: bool = False


def prepare_clip(job: DecodeJob, front_ends: FrontEnds) -> Clip:
    """Read and open a track's audio once, resample each excerpt once for each rate, and make each network's inputs.

    Raises:
        TrackError: the file is gone, is not audio, or is unsuitable.
        CacheError: the cache's folder cannot be read.
    """
    content = job.content if job.content is not None else _read(job)
    heard = decode_excerpts(check_content(job.audio, content), job.audio.address, job.excerpts)
    wanted = {model: front_ends[model] for model in job.ears.models}
    inputs: dict[ModelId, list[FloatArray]] = {model: [] for model in wanted}
    for excerpt in heard.excerpts:
        samples = {rate_hz: excerpt.at(rate_hz) for rate_hz in {one.sample_rate_hz for one in wanted.values()}}
        for model, one in wanted.items():
            inputs[model].append(one.prepare(samples[one.sample_rate_hz]))
    middle = heard.excerpts[len(heard.excerpts) // 2]
    return Clip(
        inputs,
        heard.has_more,
        hear(heard.excerpts) if job.hears_tempo else None,
        fingerprint(middle.at(SAMPLE_RATE_HZ)) if job.hears_fingerprint else None,
    )


def _read(job: DecodeJob) -> bytes | None:
    path = Path(job.audio.address)
    return DiskAudioCache(path.parent).get(path.name) if job.audio.owned else read_file(path, job.max_bytes)


def answer(front_ends: FrontEnds, job: DecodeJob) -> Clip | TrackError | CacheError:
    """Do the same as `prepare_clip`, but return errors."""
    try:
        return prepare_clip(job, front_ends)
    except (CacheError, TrackError) as error:
        return error
    except MemoryError:
        return TrackError(Reason.TOO_LARGE, f"{job.audio.address} needs too much memory")
    except Exception as exc:  # noqa: BLE001 - any error fails this one clip only
        return TrackError(Reason.CRASHED, f"{job.audio.address} makes the decoder fail: {first_line(exc)}")
