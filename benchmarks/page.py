"""How soon the page shows a new list after a click, in a real browser, over loopback.

    python benchmarks/page.py [--json] [--tracks 100000] [--clicks 20] [--starts 3] [--data FOLDER]

The store is filled with vectors that lie as real music does (`tests/support/large_catalogue.py`), without audio. For
each of several starts of `spotrec serve`: the page is opened as soon as the server is ready, a cover is clicked
(`first`), and then the list goes on from one of its rows, again and again (`click`), each time from a track that
nobody has asked for. A time is from the browser's own time stamp of the click to the frame that has the first row. The
goal is 100 ms.
It needs `pip install playwright` and a Chromium.
"""

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from support.catalogue import CHOI
from support.large_catalogue import Realistic, write_store

SPOTREC = [sys.executable, "-m", "spotrec"]

_WATCH = """
window.shown = [];
let clicked = 0;
let before = null;
const first = () => document.querySelector("#list .row");
addEventListener("click", (event) => { clicked = event.timeStamp; before = first(); }, true);
addEventListener("DOMContentLoaded", () => new MutationObserver(() => {
  const now = first();
  if (!clicked || !now || now === before) return;
  const since = clicked;
  clicked = 0;
  requestAnimationFrame(() => setTimeout(() => window.shown.push(performance.now() - since)));
}).observe(document.getElementById("list"), { childList: true }));
"""


@contextmanager
def served() -> Iterator[str]:
    """Run `spotrec serve` on a free port, and yield its address when it is ready."""
    command = [*SPOTREC, "serve", "--port", "0", "--rate", "0", "--no-fetch"]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    line = process.stderr.readline()
    if "listening at" not in line:
        sys.exit(f"the service does not start: {line}{process.stderr.read()}")
    url = line.split("listening at ")[1].split()[0]
    try:
        urllib.request.urlopen(f"{url}/readyz", timeout=60).close()
        yield url
    finally:
        process.terminate()
        process.wait(30)


def times_of(browser: str, url: str, clicks: int) -> list[float]:
    """Return the milliseconds of the first click and of others, on a page that is opened now."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=browser, args=["--no-sandbox"])
        page = chromium.new_page(viewport={"width": 1440, "height": 900}, reduced_motion="reduce")
        page.add_init_script(_WATCH)
        page.goto(url)
        page.wait_for_selector(".tile")
        page.click(".tile .hit >> nth=5")
        page.wait_for_function("() => window.shown.length === 1")
        for n in range(clicks):
            page.wait_for_load_state("networkidle")
            row = page.locator(".row").nth(7 + n % 5)
            row.hover()
            row.locator("[aria-label='Go on from here']").click()
            page.wait_for_function("n => window.shown.length === n", arg=n + 2)
        found: list[float] = page.evaluate("window.shown")
        chromium.close()
    return found


def measure(browser: str, starts: int, clicks: int) -> dict[str, Any]:
    first, others = [], []
    for _ in range(starts):
        with served() as url:
            times = times_of(browser, url, clicks)
        first.append(times[0])
        others += times[1:]
    return {
        "first_ms": [round(one, 1) for one in first],
        "click_p50_ms": round(statistics.median(others), 1),
        "click_p95_ms": round(statistics.quantiles(others, n=20)[18], 1),
        "click_max_ms": round(max(others), 1),
        "n_clicks": len(others),
        "goal_ms": 100,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--tracks", type=int, default=100_000)
    parser.add_argument("--clicks", type=int, default=20)
    parser.add_argument("--starts", type=int, default=3)
    parser.add_argument("--data", type=Path, help="a data folder to use, or to fill if it is empty")
    arguments = parser.parse_args()
    browser = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if browser is None:
        sys.exit("there is no Chromium here")
    with tempfile.TemporaryDirectory() as temporary:
        folder = arguments.data or Path(temporary)
        os.environ |= {"SPOTREC_DATA_DIR": str(folder), "SPOTREC_EARS": str(CHOI)}
        if not (folder / "spotrec.db").exists():
            folder.mkdir(exist_ok=True)
            write_store(folder / "spotrec.db", Realistic(arguments.tracks))
            subprocess.run([*SPOTREC, "index", "--no-progress"], check=True, stdout=subprocess.DEVNULL)
        figures = {"n_tracks": arguments.tracks, **measure(browser, arguments.starts, arguments.clicks)}
    if arguments.json:
        print(json.dumps(figures))
        return
    print(f"{figures['n_tracks']:,} tracks: from a click to the first row of the new list, in ms")
    print(f"first click after a start   {', '.join(map(str, figures['first_ms']))}")
    print(f"{figures['n_clicks']} others   median {figures['click_p50_ms']}, 95 % {figures['click_p95_ms']}, "
          f"slowest {figures['click_max_ms']}")  # fmt: skip


if __name__ == "__main__":
    main()
