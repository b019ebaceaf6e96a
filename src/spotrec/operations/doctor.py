"""Doctor: check everything that a run needs, and say how to fix what does not work."""

import io
import subprocess
from collections.abc import Callable
from functools import partial

from spotrec.audio import mpg123
from spotrec.audio.cache import AudioCaches
from spotrec.audio.decode import decode
from spotrec.audio.mpeg import read_frames
from spotrec.errors import NoIndex, NotFound, SpotrecError
from spotrec.extract import weights
from spotrec.extract.models import AudioModel
from spotrec.index.backends import annoy
from spotrec.index.older_indexes import load_any
from spotrec.operations.results import Finding
from spotrec.operations.session import Session
from spotrec.progress import Progress
from spotrec.settings import Settings
from spotrec.spotify.api import SpotifyApi
from spotrec.store import FeatureStore
from spotrec.system.child_python import python_command, python_environment
from spotrec.system.installation import install_command, reinstall_command
from spotrec.track import Ears

_SELF_TEST_TIMEOUT_S = 60


def examine(session: Session, *, progress: Progress | None) -> list[Finding]:
    """See `Recommender.doctor`. If a check fails, the others still run."""
    settings, models = session.settings, session.models
    ears = Ears.of(*(model.id for model in models))
    checks: list[tuple[str, Callable[[], Finding]]] = [
        ("store", lambda: _store(settings)),
        *(("weights", partial(_weights, session, model)) for model in models),
        ("decoder: libsndfile", lambda: _decoder("decoder: libsndfile", _mp3_like())),
        ("decoder: libmpg123", _mpg123),
        ("decoder: FFmpeg", lambda: _decoder("decoder: FFmpeg", _aac())),
        ("annoy", _annoy),
        ("index", lambda: _index(session, ears)),
        ("spotify", lambda: _spotify(settings)),
        *([("music server", lambda: _music_server(session))] if session.subsonic.is_set else []),
        ("cache", lambda: _cache(settings)),
    ]
    findings = []
    with (progress or session.progress).meter("examine", len(checks), "checks") as meter:
        for name, check in checks:
            findings.append(_made(name, check))
            meter.advance(note=name)
    return findings


def _made(name: str, check: Callable[[], Finding]) -> Finding:
    try:
        return check()
    except SpotrecError as error:
        return Finding(name, ok=False, detail=error.message, hint=error.hint)


def _store(settings: Settings) -> Finding:
    try:
        with FeatureStore(settings.store_path, create=False) as store:
            faults = store.integrity_faults()
    except NotFound:
        return Finding("store", ok=True, detail="no store yet", hint="`spotrec crawl SOURCE` creates one")
    if faults:
        return Finding("store", ok=False, detail="; ".join(faults[:3]), hint="move it away and crawl again")
    return Finding("store", ok=True, detail=f"{settings.store_path} has no faults")


def _weights(session: Session, model: AudioModel) -> Finding:
    found, name = weights.status(session.settings, model), model.id.name
    if found.path is None:
        return Finding("weights", ok=True, detail=f"{name} has its own weights")
    if found.sha256 is None:
        hint = f"`spotrec models install {name}`, or the first `spotrec extract`, downloads them"
        return Finding("weights", ok=False, detail=f"{found.path} is missing", hint=hint)
    if not found.published:
        if model.id.weights:
            session.networks.load([model], session.progress)  # raises if the file is something else
        hint = "its embeddings are stored separately from the published weights' embeddings"
        return Finding(
            "weights",
            ok=bool(model.id.weights),
            detail=f"{found.path} is not the published file",
            hint=hint if model.id.weights else f"`spotrec models install {name}` downloads the published file",
        )
    return Finding("weights", ok=True, detail=f"{found.path} is the published file")


def _decoder(name: str, clip: bytes) -> Finding:
    n_samples = decode(clip, 12_000, "the test clip").size
    return Finding(name, ok=n_samples > 0, detail=f"decodes a test clip of {n_samples / 12_000:.0f} s")


def _mpg123() -> Finding:
    """It is optional; if it is installed, it must decode the same samples as libsndfile."""
    import numpy as np
    import soundfile

    name, clip = "decoder: libmpg123", _mp3_like()
    mp3 = read_frames(clip)
    decoded = mpg123.decode_mono(mp3) if mp3 else None
    if not mpg123.is_installed() or decoded is None:
        hint = (
            "with it MP3s decode a fifth faster: apt install libmpg123-0, dnf install mpg123-libs, brew install mpg123"
        )
        return Finding(name, ok=True, detail="not installed; libsndfile decodes the same samples", hint=hint)
    expected, _ = soundfile.read(io.BytesIO(clip), dtype="float32")
    if decoded.samples.shape != expected.shape or not np.allclose(decoded.samples, expected, atol=1e-5):
        return Finding(
            name, ok=False, detail="does not decode the same samples as libsndfile", hint="update or remove it"
        )
    return Finding(name, ok=True, detail="decodes short MP3s, with the same samples as libsndfile and a fifth faster")


def _mp3_like() -> bytes:
    import numpy as np
    import soundfile

    file = io.BytesIO()
    soundfile.write(file, np.sin(np.arange(44_100 * 4) * 0.05).astype(np.float32) * 0.3, 44_100, format="MP3")
    return file.getvalue()


def _aac() -> bytes:
    import av
    import numpy as np

    file = io.BytesIO()
    with av.open(file, "w", format="mp4") as container:
        stream = container.add_stream("aac", rate=44_100, layout="mono")
        for start in range(0, 44_100 * 4, 1_024):
            samples = (np.sin(np.arange(start, start + 1_024) * 0.05) * 0.3).astype(np.float32)[None, :]
            frame = av.AudioFrame.from_ndarray(samples, format="fltp", layout="mono")
            frame.sample_rate, frame.pts = 44_100, start
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return file.getvalue()


def _annoy() -> Finding:
    """Test Annoy, which is optional, in a separate process: a build for another processor crashes."""
    if not annoy.is_installed():
        hint = f"only `spotrec index --backend annoy` needs it: {install_command('annoy')}"
        return Finding("annoy", ok=True, detail="not installed; indexes without its trees do not need it", hint=hint)
    code = "import sys; from spotrec.index.backends.annoy import annoy_works; sys.exit(0 if annoy_works() else 3)"
    try:
        done = subprocess.run(  # noqa: S603 - our own interpreter and code
            python_command(code),
            env=python_environment(),
            timeout=_SELF_TEST_TIMEOUT_S,
            check=False,
            capture_output=True,
        )
    except subprocess.TimeoutExpired:
        return Finding(
            "annoy",
            ok=False,
            detail="its self-test takes too long",
            hint=reinstall_command("annoy"),
        )
    if done.returncode:
        detail = "finds no neighbours" if done.returncode == 3 else "cannot be loaded or crashes"
        return Finding(
            "annoy",
            ok=False,
            detail=detail,
            hint=f"build it on this machine: {reinstall_command('annoy')}",
        )
    return Finding("annoy", ok=True, detail="finds the right neighbours")


def _index(session: Session, ears: Ears) -> Finding:
    try:
        index = load_any(session.settings.index_path, ears, thorough=True)
    except SpotrecError as error:
        missing = isinstance(error, NoIndex) and not (session.settings.index_path / str(ears)).is_dir()
        hint = session.way_to_index(ears) if isinstance(error, NoIndex) else error.hint
        return Finding("index", ok=missing, detail="no index yet" if missing else error.message, hint=hint)
    return Finding("index", ok=True, detail=f"{index.name}, {len(index)} tracks, every file unchanged")


def _spotify(settings: Settings) -> Finding:
    api = SpotifyApi(settings)
    if not api.has_credentials:
        return Finding(
            "spotify",
            ok=True,
            detail="no credentials",
            hint="Spotify links are read from its public pages; `spotrec login` signs you in",
        )
    api.ask(lambda client: client.search("a", limit=1, type="track"), "a search")
    return Finding("spotify", ok=True, detail=f"accepts the {api.credentials}")


def _music_server(session: Session) -> Finding:
    api = session.subsonic
    api.ask("ping")
    who = "the API key" if session.settings.subsonic_api_key else f"the user {api.user}"
    return Finding("music server", ok=True, detail=f"{api.name} accepts {who}")


def _cache(settings: Settings) -> Finding:
    cache = AudioCaches(settings).open_default()
    cache.check()
    return Finding("cache", ok=True, detail=f"{cache.address} can be written, read and deleted from")
