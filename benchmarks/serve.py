"""The service under load, on loopback: requests a second and waiting times, beside the bare framework.

    python benchmarks/serve.py [--json] [--tracks 100000] [--seconds 5] [--clients 1 8 64] [--workers 1]
    python benchmarks/serve.py --soak 5

The store is filled with vectors that lie as real music does (`tests/support/large_catalogue.py`). Clients keep their
connections, and each sends its next request when it has its answer. In one run and in turns: `spotrec serve` answering
ten recommendations for a track that nobody has asked for yet (`new`), for one of 200 tracks (`again`), and completion
(`type`); and FastAPI on the same uvicorn answering a constant JSON of the same size (`bare`). Everything has the same
number of processes. The goal is half of the bare framework's throughput at 8 clients.

`--soak` queries for minutes while the index is built again and again, links are crawled and clips are uploaded: it
counts errors and prints how the memory of the server grows.
"""

import argparse
import asyncio
import itertools
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from support.catalogue import CHOI
from support.large_catalogue import Realistic, track_id, write_store

if TYPE_CHECKING:
    import httpx

SPOTREC = [sys.executable, "-m", "spotrec"]
POPULAR = 200
ROUNDS = 3

_BARE = """
import json, sys
from fastapi import FastAPI
import uvicorn
constant = json.load(open(sys.argv[1]))
app = FastAPI()
@app.get("/constant")
async def answer():
    return constant
if __name__ == "__main__":
    uvicorn.run("bare:app" if int(sys.argv[3]) > 1 else app, port=int(sys.argv[2]), workers=int(sys.argv[3]),
                access_log=False, log_level="error", app_dir=sys.argv[4])
"""


@contextmanager
def served(*options: str, **environment: str) -> Iterator[tuple[str, "subprocess.Popen[str]"]]:
    """Run `spotrec serve` on a free port, and yield its address."""
    command = [*SPOTREC, "serve", "--port", "0", "--rate", "0", "--no-fetch", *options]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env={**os.environ, **environment})
    assert process.stderr is not None
    line = process.stderr.readline()
    if "listening at" not in line:
        raise SystemExit(f"the service does not start: {line}{process.stderr.read()}")
    url = line.split("listening at ")[1].split()[0]
    try:
        wait_for(url, "/readyz")
        yield url, process
    finally:
        process.terminate()
        process.wait(30)


@contextmanager
def bare(folder: Path, constant: bytes, workers: int) -> Iterator[str]:
    """Run FastAPI with one route that answers a constant JSON."""
    (folder / "constant.json").write_bytes(constant)
    (folder / "bare.py").write_text(_BARE)
    port = free_port()
    arguments = [str(folder / "constant.json"), str(port), str(workers), str(folder)]
    process = subprocess.Popen([sys.executable, str(folder / "bare.py"), *arguments])
    url = f"http://127.0.0.1:{port}"
    try:
        wait_for(url, "/constant")
        yield url
    finally:
        process.terminate()
        process.wait(30)


def free_port() -> int:
    import socket

    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def wait_for(url: str, path: str) -> None:
    from httpx import HTTPError, get

    for _ in range(600):
        try:
            if get(url + path, timeout=60).status_code == 200:
                return
        except HTTPError:
            pass
        time.sleep(0.1)
    raise SystemExit(f"{url} does not answer")


async def ask(url: str, paths: Iterator[str], n_clients: int, seconds: float) -> tuple[list[float], int]:
    """Send requests over `n_clients` connections. Returns the times of answers, in seconds, and how many failed."""
    times: list[float] = []
    failed = 0
    address = urlsplit(url)
    end = time.perf_counter() + seconds

    async def client() -> None:
        nonlocal failed
        reader, writer = await asyncio.open_connection(address.hostname, address.port)
        while (begun := time.perf_counter()) < end:
            writer.write(f"GET {next(paths)} HTTP/1.1\r\nHost: {address.netloc}\r\n\r\n".encode())
            head = await reader.readuntil(b"\r\n\r\n")
            lower = head.lower()
            at = lower.index(b"content-length:") + 15
            await reader.readexactly(int(lower[at : lower.index(b"\r", at)]))
            times.append(time.perf_counter() - begun)
            failed += not head.startswith(b"HTTP/1.1 200")
        writer.close()

    await asyncio.gather(*(client() for _ in range(n_clients)))
    return times, failed


Paths = Callable[[], Iterator[str]]


def measure(targets: dict[str, tuple[str, Paths]], n_clients: int, seconds: float) -> dict[str, dict[str, float]]:
    """Ask each target in turns; throughput is the median of the rounds, waiting times are those of all rounds."""
    rates: dict[str, list[float]] = {name: [] for name in targets}
    waits: dict[str, list[float]] = {name: [] for name in targets}
    failures = dict.fromkeys(targets, 0)
    paths = {name: make() for name, (_, make) in targets.items()}
    for _ in range(ROUNDS):
        for name, (url, _) in targets.items():
            begun = time.perf_counter()
            times, failed = asyncio.run(ask(url, paths[name], n_clients, seconds / ROUNDS))
            rates[name].append(len(times) / (time.perf_counter() - begun))
            waits[name] += times
            failures[name] += failed
    return {
        name: {
            "rps": statistics.median(rates[name]),
            "p50_ms": 1000 * quantile(waits[name], 0.5),
            "p99_ms": 1000 * quantile(waits[name], 0.99),
            "failed": failures[name],
        }
        for name in targets
    }


def quantile(values: Sequence[float], q: float) -> float:
    return sorted(values)[min(len(values) - 1, int(q * len(values)))]


def recommendations(id_: str) -> str:
    return f"/v1/recommendations?track={quote(id_)}"


def new(n_tracks: int) -> Iterator[str]:
    """Questions about all tracks, each once, then again from the first."""
    order = (i * 7_919 % n_tracks for i in itertools.count())
    return (recommendations(track_id(i)) for i in order)


def again(n_tracks: int) -> Iterator[str]:
    return (recommendations(track_id(i * (n_tracks // POPULAR))) for i in itertools.cycle(range(POPULAR)))


def typed(n_tracks: int) -> Iterator[str]:
    """What somebody types who looks for a song, letter by letter."""
    for i in itertools.count():
        words = f"song {i * 31 % n_tracks}"
        for length in range(1, len(words) + 1):
            yield f"/v1/tracks?limit=10&q={quote(words[:length])}"


def load(folder: Path, arguments: argparse.Namespace) -> dict[str, Any]:
    from httpx import get

    n = arguments.tracks
    with served("--workers", str(arguments.workers)) as (url, _):
        constant = get(url + recommendations(track_id(5))).content
        with bare(folder, constant, arguments.workers) as bare_url:
            targets: dict[str, tuple[str, Paths]] = {
                "bare": (bare_url, lambda: itertools.repeat("/constant")),
                "new": (url, lambda: not_asked_yet),
                "again": (url, lambda: again(n)),
                "type": (url, lambda: typed(n)),
            }
            asyncio.run(ask(url, again(n), 8, 2))
            not_asked_yet = new(n)
            figures: dict[str, Any] = {"tracks": n, "n_bytes": len(constant), "workers": arguments.workers}
            for n_clients in arguments.clients:
                figures[str(n_clients)] = measure(targets, n_clients, arguments.seconds)
    return figures


def soak(folder: Path, minutes: float) -> dict[str, Any]:
    """Query, type, listen, upload and crawl for minutes: every crawl ends with a new index. Count what fails."""
    from support.music import encoded, seeded_weights, tune, write_tagged
    from support.servers import FakeDeezer, serving

    data = folder / "soak"
    with serving(FakeDeezer()) as deezer:
        assert isinstance(deezer, FakeDeezer)
        environment = {
            "SPOTREC_DATA_DIR": str(data),
            "SPOTREC_EARS": "choi",
            "SPOTREC_WEIGHTS": str(seeded_weights(folder / "seeded.hdf5")),
            "SPOTREC_PROVIDERS": "file,deezer",
            "SPOTREC_DEEZER_API_URL": deezer.url,
            "SPOTREC_DEEZER_LIMIT": "10000/1",
            "SPOTREC_PREVIEW_HOSTS": f"127.0.0.1:{deezer.port}",
        }
        for i in range(40):
            write_tagged(folder / "music" / f"{i}.flac", tune(i), title=f"Song {i}", artist=f"Artist {i % 5}")
        for command in (["crawl", str(folder / "music")], ["extract"], ["index"]):
            subprocess.run(
                [*SPOTREC, *command, "--no-progress"],
                check=True,
                stdout=subprocess.DEVNULL,
                env={**os.environ, **environment},
            )
        for i in range(1, 100_000):
            deezer.add_track(i, f"GBAYE{i:07}", title=f"Found {i}")
        clips = [encoded(tune(1000 + i, seconds=4)) for i in range(50)]
        deezer.previews = {f"GBAYE{i:07}": clips[i % 50] for i in range(1, 100_000)}
        with served("--fetch", "--allow-crawl", **environment) as (url, process):
            return asyncio.run(_soak(url, process.pid, clips, 60 * minutes))


async def _soak(url: str, pid: int, clips: Sequence[bytes], seconds: float) -> dict[str, Any]:
    import httpx

    statuses: dict[str, dict[int, int]] = {}
    memory_mb: list[float] = []
    generations: set[str] = set()
    numbers = itertools.count(1)
    end = time.perf_counter() + seconds

    async def again_and_again(name: str, ask: Callable[[httpx.AsyncClient], Any], pause_s: float = 0.0) -> None:
        async with httpx.AsyncClient(base_url=url, timeout=60) as http:
            while time.perf_counter() < end:
                answer = await ask(http)
                generations.add(answer.headers.get("Spotrec-Index", ""))
                counted = statuses.setdefault(name, {})
                counted[answer.status_code] = counted.get(answer.status_code, 0) + 1
                await asyncio.sleep(pause_s)

    async def query(http: httpx.AsyncClient) -> httpx.Response:
        i = next(numbers)
        return await http.get(f"/v1/recommendations?track=Song+{i % 40}&limit={1 + i % 50}")

    async def listen(http: httpx.AsyncClient) -> httpx.Response:
        tracks = (await http.get(f"/v1/tracks?q=song+{next(numbers) % 40}&limit=1")).json()
        return await http.get(f"/v1/tracks/{tracks[0]['track_id']}/preview")

    async def upload(http: httpx.AsyncClient) -> httpx.Response:
        return await http.post("/v1/hear?limit=3", content=clips[next(numbers) % len(clips)])

    async def unknown(http: httpx.AsyncClient) -> httpx.Response:
        return await http.get(f"/v1/recommendations?track=deezer:track:{50_000 + next(numbers)}&limit=3")

    async def crawl(http: httpx.AsyncClient) -> httpx.Response:
        return await _crawl(http, f"https://www.deezer.com/track/{next(numbers)}")

    async def watch() -> None:
        while time.perf_counter() < end:
            memory_mb.append(resident_mb(pid))
            await asyncio.sleep(2)

    await asyncio.gather(
        *(again_and_again("query", query) for _ in range(4)),
        again_and_again("listen", listen),
        again_and_again("upload", upload, 0.2),
        again_and_again("unknown", unknown, 0.2),
        again_and_again("crawl", crawl, 1.0),
        watch(),
    )
    third = len(memory_mb) // 3
    return {
        "minutes": seconds / 60,
        "answers": statuses,
        "failed": sum(n for counted in statuses.values() for status, n in counted.items() if status not in (200, 202)),
        "generations": len(generations - {""}),
        "memory_mb": [round(value) for value in memory_mb[:: max(1, len(memory_mb) // 12)]],
        "growth_mb": statistics.median(memory_mb[-third:]) - statistics.median(memory_mb[third : 2 * third]),
    }


async def _crawl(http: "httpx.AsyncClient", link: str) -> "httpx.Response":
    """Queue a link, and wait until it is done."""
    queued = await http.post("/v1/crawl", json={"link": link})
    while (job := (await http.get(queued.headers["location"])).json())["state"] in ("queued", "running"):
        await asyncio.sleep(0.05)
    assert job["state"] == "done", job
    return queued


def resident_mb(pid: int) -> float:
    """The memory that a process has, in MB."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    return 0.0


def show_soak(figures: dict[str, Any]) -> None:
    print(f"{figures['minutes']:.1f} minutes, {figures['generations']} generations of the index")
    for name, counted in figures["answers"].items():
        print(f"  {name}: " + ", ".join(f"{n:,} times {status}" for status, n in counted.items()))
    print(f"{figures['failed']} failed; memory in MB: {figures['memory_mb']}, growth {figures['growth_mb']:.1f}")


def show(figures: dict[str, Any]) -> None:
    print(f"{figures['tracks']:,} tracks, answers of {figures['n_bytes']:,} bytes, {figures['workers']} processes")
    for n_clients, found in ((name, value) for name, value in figures.items() if isinstance(value, dict)):
        print(f"{n_clients} clients")
        for name, one in found.items():
            beside = one["rps"] / found["bare"]["rps"]
            print(
                f"  {name:6} {one['rps']:8.0f}/s ({beside:5.2f} of bare), p50 {one['p50_ms']:7.2f} ms, "
                f"p99 {one['p99_ms']:7.2f} ms, {one['failed']:.0f} failed"
            )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--tracks", type=int, default=100_000)
    parser.add_argument("--seconds", type=float, default=6, help="for each measurement")
    parser.add_argument("--clients", type=int, nargs="+", default=[1, 8, 64])
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--data", type=Path, help="a data folder to use, or to fill if it is empty")
    parser.add_argument("--soak", type=float, default=0, help="minutes of everything at once")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        if arguments.soak:
            soaked = soak(Path(temporary), arguments.soak)
            print(json.dumps(soaked)) if arguments.json else show_soak(soaked)
            return
        folder = arguments.data or Path(temporary)
        os.environ |= {"SPOTREC_DATA_DIR": str(folder), "SPOTREC_EARS": str(CHOI)}
        if not (folder / "spotrec.db").exists():
            folder.mkdir(exist_ok=True)
            write_store(folder / "spotrec.db", Realistic(arguments.tracks))
            subprocess.run([*SPOTREC, "index", "--no-progress"], check=True, stdout=subprocess.DEVNULL)
        figures = load(Path(temporary), arguments)
    print(json.dumps(figures)) if arguments.json else show(figures)


if __name__ == "__main__":
    main()
