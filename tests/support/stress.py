"""Sixteen threads that share one Recommender, as a service would: a script for a process of its own.

    python stress.py DATA_FOLDER MUSIC_FOLDER FEATURES_FILE SEED_FILE SECONDS

The catalogue is heard already. Threads query, travel, draw, import, crawl and build; whatever the others do, each
answer must be the one that a lone thread got before. What went wrong is printed to stdout, a line
each; stderr has what TensorFlow says while it is loaded, and `SAID_LAST`.
"""

import json
import os
import shutil
import sys
import threading
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from itertools import count
from pathlib import Path
from typing import Any

from threadpoolctl import threadpool_info

from spotrec import Recommender, Upload

THREADS = 16
SAID_LAST = "the last line on stderr"


class Meters:
    """Counts the meters that were shown, by what they show."""

    def __init__(self) -> None:
        self.begun: Counter[str] = Counter()
        self._lock = threading.Lock()

    def meter(self, what: str, total: int | None = None, unit: str = "tracks") -> AbstractContextManager["Meters"]:
        with self._lock:
            self.begun[what] += 1
        return self._shown()

    def note(self, text: str) -> None:
        """Nobody reads."""

    def advance(self, n: int = 1, note: str = "") -> None:
        """Nobody looks."""

    def expect(self, total: int) -> None:
        """Nobody looks."""

    @contextmanager
    def _shown(self) -> Iterator["Meters"]:
        yield self


def answers(recommender: Recommender, seed: Path) -> dict[str, Callable[[], Any]]:
    """What is asked, each with a form of its answer that can be compared."""
    tracks = [record.track.id for record in recommender.tracks() if record.is_heard]
    upload = seed.read_bytes()

    def found(*seeds: Any, **options: Any) -> Callable[[], Any]:
        def ask() -> Any:
            results = recommender.query(*seeds, **options).results
            return [(one.track.id, round(one.similarity, 6), one.tags, one.explanation) for one in results]

        return ask

    def way(**options: Any) -> Callable[[], Any]:
        return lambda: [(s.track.id, s.along) for s in recommender.journey(tracks[0], tracks[-1], 6, **options).steps]

    return {
        "by id": found(tracks[3], n=20),
        "by words": found("song 7", n=5),
        "several seeds": found(tracks[1], tracks[9], unlike=[tracks[20]], n=10, diversity=0.4),
        "by artist": found("artist:Artist 2", n=10, max_per_artist=1),
        "mood": found(mood="jazz -metal", n=10),
        "explained": found(tracks[5], explain=True, n=3),
        "filtered": found(tracks[6], tag=["rock<0.9"], shuffle=7),
        "uploaded": found(Upload(upload, "seed.flac"), n=5),
        "from a file": found(str(seed), n=5),
        "journey": way(),
        "journey with one track of an artist": way(max_per_artist=1),
    }


class Stress:
    """The threads, and what they found wrong."""

    def __init__(self, data: Path, music: Path, features: Path, seed: Path, seconds: float) -> None:
        self.data = data
        self.files = sorted(music.rglob("*.flac"))
        self.features = features
        self.meters = Meters()
        self.recommender = Recommender(data_dir=data, progress=self.meters)
        self.faults: list[str] = []
        self.rounds: Counter[str] = Counter()
        self.stderr, self.blas = _file_of(2), _threads_of_blas()
        self.asked = answers(self.recommender, seed)
        self.alone = {name: ask() for name, ask in self.asked.items()}
        self.ends_at = time.monotonic() + seconds

    def run(self) -> list[str]:
        asking = [(f"ask {n}", self._ask) for n in range(10)]
        changing = [("map", self._map), ("import", self._import), ("crawl 1", self._crawl), ("crawl 2", self._crawl)]
        building = [("build 1", self._build), ("build 2", self._build)]
        works = [*asking, *changing, *building]
        assert len(works) == THREADS
        threads = [threading.Thread(target=self._repeat, args=work) for work in works]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self._look_back([name for name, _ in works])
        self.recommender.close()
        return self.faults

    def _repeat(self, name: str, work: Callable[[int], None]) -> None:
        try:
            for n in count():
                if time.monotonic() > self.ends_at and n:
                    return
                work(n)
                self.rounds[name] += 1
        except BaseException as exc:  # noqa: BLE001 - every one is wanted
            self.faults.append("".join(traceback.format_exception(exc)))

    def _ask(self, n: int) -> None:
        names = list(self.asked)
        name = names[(n + threading.get_ident()) % len(names)]
        if self.asked[name]() != self.alone[name]:
            self.faults.append(f"{name}: another answer than alone")
        self._check_blas(name)

    def _check_blas(self, when: str) -> None:
        now = _threads_of_blas()
        if {path: now.get(path) for path in self.blas} != self.blas:
            self.faults.append(f"{when}: the threads of BLAS have changed")

    def _map(self, _n: int) -> None:
        self.recommender.map(html=self.data / "map.html", colour="artist")

    def _import(self, _n: int) -> None:
        self.recommender.import_features(self.features)

    def _crawl(self, n: int) -> None:
        folder = self.data / f"crawled-{threading.get_ident()}"
        folder.mkdir(exist_ok=True)
        file = self.files[n % len(self.files)]
        shutil.copy(file, folder / file.name)
        self.recommender.crawl(str(folder))

    def _build(self, n: int) -> None:
        self.recommender.index(backend="cells" if n % 2 else "exact")

    def _look_back(self, works: list[str]) -> None:
        if _file_of(2) != self.stderr:
            self.faults.append("stderr leads elsewhere")
        self._check_blas("in the end")
        if (n := self.meters.begun["load the model"]) != 1:
            self.faults.append(f"the model was loaded {n} times")
        self.faults += [f"nobody came to {name}" for name in works if not self.rounds[name]]


def _file_of(descriptor: int) -> tuple[int, int]:
    found = os.fstat(descriptor)
    return found.st_dev, found.st_ino


def _threads_of_blas() -> dict[str, int]:
    """By library, of which some are loaded later."""
    return {pool["filepath"]: pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"}


if __name__ == "__main__":
    data, music, features, seed = map(Path, sys.argv[1:5])
    stress = Stress(data, music, features, seed, float(sys.argv[5]))
    found = stress.run()
    print(json.dumps(stress.rounds))
    print(SAID_LAST, file=sys.stderr)
    print("\n".join(found))
    sys.exit(bool(found))
