"""How smoothly a map moves: frames a second while it is zoomed and dragged, in a real browser.

    python benchmarks/map_frames.py [--tracks 10000] [--seconds 3] [--browser /usr/bin/chromium] [--json]

A page of made-up tracks is opened in headless Chromium, which has no graphics card and draws on the processor, 1,280 by
800 pixels. Before every frame the map is turned by one more notch of the wheel, or dragged by some pixels; told are
frames a second (60 is what the browser gives at most), the time between two frames that 95 % keep, and the CPU
time that the page spends on a frame, which other work on the machine changes little.
It needs `pip install playwright` and a Chromium.
"""

import argparse
import json
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from spotrec.map.chart import Chart
from spotrec.map.colouring import Groups
from spotrec.map.page import write_page
from spotrec.map.regions import regions
from spotrec.track import Track, TrackId

_MOVE = """
([what, seconds]) => new Promise((done) => {
  const map = document.getElementById("map");
  const at = { bubbles: true, cancelable: true, clientX: 760, clientY: 400, pointerId: 1, pointerType: "mouse" };
  const moves = {
    zoom: (i) => map.dispatchEvent(new WheelEvent("wheel", { ...at, deltaY: i % 60 < 30 ? -60 : 60 })),
    drag: (i) => map.dispatchEvent(new PointerEvent("pointermove", { ...at, clientX: 760 + 200 * Math.sin(i / 15) })),
    rest: () => {},
  };
  map.setPointerCapture = () => {};
  if (what === "drag") map.dispatchEvent(new PointerEvent("pointerdown", at));
  const frames = [];
  const step = (now) => {
    frames.push(now);
    if (now - frames[0] < seconds * 1000) {
      moves[what](frames.length);
      return requestAnimationFrame(step);
    }
    map.dispatchEvent(new PointerEvent("pointerup", at));
    return done(frames);
  };
  requestAnimationFrame(step);
})
"""


def made_up(n: int) -> Chart:
    rng = np.random.default_rng(0)
    centres = rng.uniform(-0.8, 0.8, (n // 40 + 1, 2))
    places = np.clip(centres[rng.integers(len(centres), size=n)] + rng.normal(0, 0.08, (n, 2)), -1, 1)
    names = tuple(f"sound {i}" for i in range(8))
    group = rng.integers(9, size=n)
    weights = (group[:, None] == np.arange(8)).astype(np.float32)
    return Chart(
        "Made up",
        f"{n:,} tracks",
        [Track(TrackId(f"deezer:track:{i}"), f"Song {i}", (f"Artist {i // 40}",)) for i in range(n)],
        places,
        [("rock", "indie", "sad")] * n,
        [tuple(map(int, rng.integers(n, size=5))) for _ in range(n)],
        Groups("tag", (*names, "other"), group),
        regions(places, weights, names, at_least=0.1),
    )


def measured(page: Path, browser: str, seconds: float) -> dict[str, Any]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=browser, args=["--no-sandbox"])
        shown = chromium.new_page(viewport={"width": 1280, "height": 800})
        shown.goto(page.as_uri())
        shown.wait_for_timeout(500)
        tools = shown.context.new_cdp_session(shown)
        tools.send("Performance.enable", {"timeDomain": "threadTicks"})

        def cpu_s() -> float:
            told = tools.send("Performance.getMetrics")["metrics"]
            return float(next(one["value"] for one in told if one["name"] == "TaskDuration"))

        found = {}
        for what in ("rest", "zoom", "drag"):
            before = cpu_s()
            intervals = np.diff(shown.evaluate(_MOVE, [what, seconds]))
            found[what] = {
                "frames_per_s": round(1000 / float(intervals.mean()), 1),
                "p95_ms": round(float(np.percentile(intervals, 95)), 1),
                "cpu_ms": round(1000 * (cpu_s() - before) / len(intervals), 1),
            }
        chromium.close()
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--tracks", type=int, default=10_000)
    parser.add_argument("--seconds", type=float, default=3)
    parser.add_argument("--browser", default=shutil.which("chromium") or shutil.which("google-chrome"))
    chosen = parser.parse_args()
    if not chosen.browser:
        sys.exit("there is no Chromium here: give --browser")
    with tempfile.TemporaryDirectory() as folder:
        page = Path(folder) / "map.html"
        write_page(made_up(chosen.tracks), page)
        found = measured(page, chosen.browser, chosen.seconds)
        size = page.stat().st_size
    if chosen.json:
        print(json.dumps({"tracks": chosen.tracks, "bytes": size} | found, indent=2))
        return
    print(f"{chosen.tracks:,} tracks, a page of {size / 1e6:.1f} MB")
    for what, row in found.items():
        pace = f"{row['frames_per_s']:5.1f} frames/s, 95 % within {row['p95_ms']:.1f} ms"
        print(f"  {what:5}  {pace}, {row['cpu_ms']:.1f} ms of CPU each")


if __name__ == "__main__":
    main()
