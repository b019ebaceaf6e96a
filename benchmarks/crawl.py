"""How close a crawl comes to what its connections and limits allow, against servers that answer in 100 ms.

    python benchmarks/crawl.py [--json] [--tracks 500]

Two playlists, limits set high: one whose tracks Deezer knows by ISRC, one whose tracks are shared among Deezer, Apple
and Spotify's public pages. What is allowed: the requests that the busiest host got, `connections_per_host` at once,
100 ms each. Then a small playlist with the default limits, and the most requests that each host saw in any of its
windows. All requests are counted where they arrive, in a process of their own.
"""

import argparse
import asyncio
import json
import multiprocessing
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from spotrec import Recommender
from spotrec.settings import Settings
from support.music import encoded, tune

LATENCY_S = 0.1
HIGH = "100000/1"
PLAYLIST = f"{0:022d}"
LIMITED = {"deezer": 90, "itunes": 4, "spotify-embed": 10}
Shares = dict[str, int]
"""How many tracks each provider has."""


def isrc(n: int) -> str:
    return f"GBAYE{n:07d}"


def track(n: int) -> dict[str, Any]:
    return {
        "type": "track",
        "id": f"{n:022d}",
        "name": f"Song {n}",
        "artists": [{"name": f"Artist {n}"}],
        "album": {"name": "Album"},
        "duration_ms": 30_000,
        "external_ids": {"isrc": isrc(n)},
    }


class World:
    """Spotify, Deezer, Apple and the hosts of their previews, each on a port of its own."""

    def __init__(self, shares: Shares) -> None:
        self.n_tracks = sum(shares.values())
        self.owner = [name for name, n in shares.items() for _ in range(n)]
        self.preview = encoded(tune(1, seconds=30))
        self.arrived: dict[str, list[float]] = {}
        self.ports: dict[str, int] = {}
        self.hosts: dict[str, Callable[[str, dict[str, str]], Any]] = {
            "spotify": self._spotify,
            "deezer": self._deezer,
            "itunes": self._itunes,
            "spotify-embed": self._page,
            "previews of deezer": lambda *_: self.preview,
            "previews of itunes": lambda *_: self.preview,
            "previews of spotify-embed": lambda *_: self.preview,
        }

    async def open(self) -> None:
        for name in self.hosts:
            server = await asyncio.start_server(partial(self._serve, name), "127.0.0.1", 0)
            self.ports[name] = server.sockets[0].getsockname()[1]
            self.arrived[name] = []

    def url(self, n: int, provider: str) -> str | None:
        """Where the preview of a track is, if this provider has it."""
        return f"http://127.0.0.1:{self.ports[f'previews of {provider}']}/{n}" if self.owner[n] == provider else None

    async def _serve(self, name: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while line := await reader.readline():
                while (await reader.readline()).strip():
                    pass
                self.arrived[name].append(time.monotonic())
                await asyncio.sleep(LATENCY_S)
                parts = urlsplit(line.split()[1].decode())
                query = {key: values[0] for key, values in parse_qs(parts.query).items()}
                answer = self.hosts[name](parts.path, query)
                body = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
                await writer.drain()
        except ConnectionError:
            pass
        finally:
            writer.close()

    def _spotify(self, path: str, query: dict[str, str]) -> Any:
        if not path.endswith("/items"):
            return {"name": "Mixtape"}
        offset = int(query.get("offset", 0))
        rows = [{"item": track(n)} for n in range(offset, min(offset + 50, self.n_tracks))]
        return {"items": rows, "total": self.n_tracks, "next": "more" if offset + 50 < self.n_tracks else None}

    def _deezer(self, path: str, _query: dict[str, str]) -> Any:
        if "isrc:" not in path:
            return {"data": []}
        n = int(path[-7:])
        if not (url := self.url(n, "deezer")):
            return {"error": {"type": "DataException", "message": "no data", "code": 800}}
        return {"id": n, "title": f"Song {n}", "isrc": isrc(n), "duration": 30, "preview": url, "artist": {"name": "A"}}

    def _itunes(self, _path: str, query: dict[str, str]) -> Any:
        n = int(query["term"].split()[-1])
        url = self.url(n, "itunes")
        hit = {
            "trackId": n,
            "trackName": f"Song {n}",
            "artistName": f"Artist {n}",
            "trackTimeMillis": 30_000,
            "previewUrl": url,
        }
        return {"results": [hit] if url else []}

    def _page(self, path: str, _query: dict[str, str]) -> Any:
        n = int(path[-22:])
        url = self.url(n, "spotify-embed")
        entity = {"uri": f"spotify:track:{n:022d}", "audioPreview": {"url": url} if url else None}
        data = json.dumps({"props": {"pageProps": {"state": {"data": {"entity": entity}}}}})
        return f'<script id="__NEXT_DATA__" type="application/json">{data}</script>'.encode()


def serve(shares: Shares, pipe: Connection) -> None:
    async def run() -> None:
        world = World(shares)
        await world.open()
        pipe.send(world.ports)
        await asyncio.get_running_loop().run_in_executor(None, pipe.recv)
        pipe.send(world.arrived)

    asyncio.run(run())


def crawled(shares: Shares, folder: Path, **settings: Any) -> tuple[float, dict[str, list[float]]]:
    """Seconds that the crawl took, and when each host's requests arrived."""
    pipe, theirs = multiprocessing.Pipe()
    server = multiprocessing.get_context("spawn").Process(target=serve, args=(shares, theirs), daemon=True)
    server.start()
    ports = pipe.recv()
    url = {name: f"http://127.0.0.1:{port}" for name, port in ports.items()}
    with Recommender(
        data_dir=folder,
        spotify_token="anybody",
        spotify_api_url=url["spotify"],
        deezer_api_url=url["deezer"],
        itunes_api_url=url["itunes"],
        spotify_embed_url=url["spotify-embed"],
        preview_hosts=[f"127.0.0.1:{port}" for port in ports.values()],
        **settings,
    ) as recommender:
        start = time.perf_counter()
        report = recommender.crawl(f"spotify:playlist:{PLAYLIST}")
        took_s = time.perf_counter() - start
    pipe.send("done")
    arrived = pipe.recv()
    server.join(10)
    assert report.fetched == sum(shares.values()), report
    return took_s, arrived


def most_in_a_window(times: list[float], window_s: float) -> int:
    return max((sum(start <= t < start + window_s for t in times) for start in times), default=0)


def speed(name: str, shares: Shares, folder: Path) -> dict[str, float]:
    limits = {f"{service}_limit": HIGH for service in ("spotify", "deezer", "itunes", "spotify_embed")}
    took_s, arrived = crawled(shares, folder, **limits)
    busiest = max(len(times) for times in arrived.values())
    allowed_s = busiest * LATENCY_S / Settings().connections_per_host
    return {f"{name}_s": took_s, f"{name}_allowed_s": allowed_s, f"{name}_ratio": allowed_s / took_s}


def manners(folder: Path) -> dict[str, float]:
    took_s, arrived = crawled(LIMITED, folder)
    figures: dict[str, float] = {"limited_s": took_s}
    for service in LIMITED:
        limit, _, window = getattr(Settings(), f"{service.replace('-', '_')}_limit").partition("/")
        figures |= {
            f"limit_{service}": float(limit),
            f"most_{service}": most_in_a_window(arrived[service], float(window)),
        }
    return figures


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--tracks", type=int, default=500)
    arguments = parser.parse_args()
    n = arguments.tracks
    spread = {"deezer": n - 2 * (n // 5), "itunes": n // 5, "spotify-embed": n // 5}
    figures: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as folder:
        for name, shares in (("deezer", {"deezer": n}), ("spread", spread)):
            figures |= speed(name, shares, Path(folder) / name)
        figures |= manners(Path(folder) / "limited")
    if arguments.json:
        print(json.dumps(figures))
        return
    for name in ("deezer", "spread"):
        took_s, allowed_s = figures[f"{name}_s"], figures[f"{name}_allowed_s"]
        print(f"{name}: {n} tracks in {took_s:.1f} s, {n / took_s:.0f}/s; {allowed_s / took_s:.2f} of what is allowed")
    for service in LIMITED:
        most, limit = figures[f"most_{service}"], figures[f"limit_{service}"]
        print(f"{service}: at most {most:.0f} requests in any window, where {limit:.0f} are allowed")


if __name__ == "__main__":
    main()
