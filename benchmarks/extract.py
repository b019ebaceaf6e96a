"""How close extraction comes to what the machine can do, and to what people would take instead.

    python benchmarks/extract.py [--json] [--clips 400] [--audio FOLDER] [--weights FILE] [--others 40]

Real clips (`../shared/audio`, repeated to the number asked for) are put into a store of their own. One run measures

- each stage alone: CPU time of one clip (all threads of it), the median over the clips;
- the floor: the sum of the stages divided by the cores;
- the pipeline as `spotrec extract` runs it, its one-off start left out: clips a second, and the ratio floor / measured;
- others on the same clips, each as its documentation says, one clip after the other: bliss (`bliss_audio.Song`), musly
  (`MuslyJukebox.track_from_audiofile`), and librosa's `load` and `feature.mfcc`;
- with `--memory`, the peak of all processes together at 200 and at 2,000 clips.
"""

import argparse
import json
import os
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterable
from itertools import cycle, islice
from pathlib import Path

from spotrec import Recommender
from spotrec.audio.decode import decode
from spotrec.audio.files import check_content, read_file
from spotrec.extract.extract import ExtractReport, extract
from spotrec.progress import Silent
from spotrec.store import Embedding, FeatureStore
from spotrec.system.digests import sha256
from spotrec.track import StoredAudio, Track, TrackId

SHARED = Path(__file__).resolve().parents[2] / "shared"
WARM_UP = 24
MAX_BYTES = 200_000_000


def clips_of(folder: Path) -> list[StoredAudio]:
    """Each real clip once, as a user's own file."""
    found = []
    for path in sorted(folder.glob("*.*")):
        if path.suffix in (".mp3", ".flac", ".ogg", ".m4a", ".wav"):
            content = path.read_bytes()
            found.append(StoredAudio(TrackId(""), str(path), False, sha256(content), len(content), "file"))
    return found


def stored(store: FeatureStore, clips: Iterable[StoredAudio], prefix: str) -> None:
    """As many tracks as clips, whatever they sound like."""
    for n, clip in enumerate(clips):
        id_ = TrackId(f"file:{prefix}{n:031x}")
        store.tracks.add([Track(id_, f"Clip {n}", ())])
        store.audio.save(StoredAudio(id_, clip.address, False, clip.sha256, clip.n_bytes, "file"))


def cpu_s(work: Callable[[], object]) -> float:
    before = time.process_time()
    work()
    return time.process_time() - before


def stages(recommender: Recommender, clips: list[StoredAudio], store: FeatureStore) -> dict[str, float]:
    """CPU seconds of one clip in each stage."""
    model = recommender.models[0]
    (network,) = recommender.session.networks.load([model], Silent())
    rate = model.sample_rate_hz
    contents = [read_file(Path(clip.address), MAX_BYTES) for clip in clips]
    samples = [decode(content, rate) for content in contents]
    mels = [model.prepare(one) for one in samples]
    network.embed(mels[:8])
    batches = [mels[i : i + 8] for i in range(0, len(mels) - 7, 8)]
    vectors, tags = network.embed(mels[:8])
    heard = [Embedding(TrackId(f"file:{n:032x}"), vectors[n % 8], tags[n % 8], "file", "0" * 64) for n in range(8)]

    def per_clip(work: Callable[[object], object], over: Iterable[object], n: int = 1) -> float:
        return statistics.median(cpu_s(lambda one=one: work(one)) for one in over) / n  # type: ignore[misc] # bound now

    return {
        "read": per_clip(lambda clip: check_content(clip, read_file(Path(clip.address), MAX_BYTES)), clips),  # type: ignore[attr-defined,arg-type] # they are clips
        "decode": per_clip(lambda content: decode(content, rate), contents),  # type: ignore[arg-type] # it is bytes
        "mel": per_clip(lambda one: model.prepare(one), samples),  # type: ignore[arg-type] # they are samples
        "network": per_clip(lambda batch: network.embed(batch), batches, 8),  # type: ignore[arg-type] # they are mels
        "store": per_clip(lambda _: store.embeddings.save(recommender.model, heard), range(8), 8),
    }


def pipeline(recommender: Recommender, store: FeatureStore, clips: list[StoredAudio], n: int) -> float:
    """Seconds for `n` clips, once everything runs."""

    def run(count: int, prefix: str) -> float:
        stored(store, islice(cycle(clips), count), prefix)
        report = ExtractReport(str(recommender.model))
        start = time.perf_counter()
        with recommender.session.executors.of(recommender.models[:1], Silent()) as executor:
            extract(store, recommender.session.caches, executor, report, progress=Silent())
        took_s = time.perf_counter() - start
        assert report.extracted == count, report.failures[:3]
        return took_s

    run(WARM_UP, "a")
    return run(n, "b")


def others(clips: list[StoredAudio], n: int) -> dict[str, float]:
    """Clips a second of what else there is; what is not installed is left out."""
    paths = [clip.address for clip in islice(cycle(clips), n)]
    found: dict[str, float] = {}

    def timed(name: str, work: Callable[[str], object]) -> None:
        work(paths[0])
        start = time.perf_counter()
        for path in paths:
            work(path)
        found[name] = n / (time.perf_counter() - start)

    try:
        import bliss_audio

        timed("bliss", bliss_audio.Song)
    except ImportError:
        print("bliss-audio is not installed", file=sys.stderr)
    try:
        import pymusly

        jukebox = pymusly.MuslyJukebox()
        timed("musly", lambda path: jukebox.track_from_audiofile(path, 0))
    except Exception as exc:  # noqa: BLE001 - without the program ffmpeg, an error of its own
        print(f"pymusly cannot be asked: {exc}", file=sys.stderr)
    import librosa

    def mfcc(path: str) -> object:
        samples, rate = librosa.load(path)
        return librosa.feature.mfcc(y=samples, sr=rate)

    timed("librosa", mfcc)
    return found


class PeakMemory(threading.Thread):
    """The most memory that this process and its children had together, in MB; looked at ten times a second."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.mb = 0.0
        self.over = threading.Event()

    def run(self) -> None:
        while not self.over.wait(0.1):
            self.mb = max(self.mb, sum(map(_rss_mb, (os.getpid(), *_children(os.getpid())))))


def _children(pid: int) -> list[int]:
    try:
        return [int(one) for one in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []


def _rss_mb(pid: int) -> float:
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6
    except OSError:
        return 0.0


def peak_mb(recommender: Recommender, store: FeatureStore, clips: list[StoredAudio], n: int, prefix: str) -> float:
    memory = PeakMemory()
    memory.start()
    stored(store, islice(cycle(clips), n), prefix)
    with recommender.session.executors.of(recommender.models[:1], Silent()) as executor:
        extract(store, recommender.session.caches, executor, ExtractReport(""), progress=Silent())
    memory.over.set()
    memory.join()
    return memory.mb


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--clips", type=int, default=400)
    parser.add_argument("--audio", type=Path, default=SHARED / "audio")
    parser.add_argument("--weights", type=Path, default=SHARED / "weights" / "weights_layer4_theano.hdf5")
    parser.add_argument("--others", type=int, default=40, help="clips for the others; 0: leave them out")
    parser.add_argument("--memory", action="store_true", help="measure the peak of memory, too")
    arguments = parser.parse_args()
    clips = clips_of(arguments.audio)
    if not clips:
        sys.exit(f"there are no clips in {arguments.audio}: give a folder of previews with --audio")
    cores = os.cpu_count() or 1
    figures: dict[str, float] = {"cores": cores, "clips": arguments.clips}
    with (
        tempfile.TemporaryDirectory() as folder,
        Recommender(data_dir=Path(folder), weights=arguments.weights) as recommender,
        FeatureStore(Path(folder) / "spotrec.db") as store,
    ):
        stored(store, clips[:8], "0")
        alone = stages(recommender, clips, store)
        figures |= {f"{name}_ms": 1000 * cost for name, cost in alone.items()}
        figures["floor_ms"] = 1000 * sum(alone.values()) / cores
        took_s = pipeline(recommender, store, clips, arguments.clips)
        figures["pipeline_ms"] = 1000 * took_s / arguments.clips
        figures["clips_per_s"] = arguments.clips / took_s
        figures["floor_ratio"] = figures["floor_ms"] / figures["pipeline_ms"]
        if arguments.memory:
            figures["peak_mb_200"] = peak_mb(recommender, store, clips, 200, "c")
            figures["peak_mb_2000"] = peak_mb(recommender, store, clips, 2000, "d")
    if arguments.others:
        rates = others(clips, arguments.others)
        figures |= {f"{name}_per_s": rate for name, rate in rates.items()}
        figures["times_the_fastest"] = figures["clips_per_s"] / max(rates.values())
    if arguments.json:
        print(json.dumps(figures))
        return
    print(", ".join(f"{name} {1000 * cost:.1f}" for name, cost in alone.items()), "ms of one core a clip")
    print(f"floor {figures['floor_ms']:.1f} ms a clip on {cores} cores, measured {figures['pipeline_ms']:.1f} ms")
    print(f"{figures['clips_per_s']:.1f} clips a second, {figures['floor_ratio']:.2f} of the floor's rate")
    for name in ("bliss", "musly", "librosa"):
        if f"{name}_per_s" in figures:
            print(f"{name}: {figures[f'{name}_per_s']:.1f} clips a second")
    if "times_the_fastest" in figures:
        print(f"{figures['times_the_fastest']:.2f} times the fastest of them")
    if arguments.memory:
        print(f"peak memory {figures['peak_mb_200']:.0f} MB at 200 clips, {figures['peak_mb_2000']:.0f} MB at 2,000")


if __name__ == "__main__":
    main()
