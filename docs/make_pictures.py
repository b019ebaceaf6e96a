"""Makes the pictures of the docs from what the commands really print: `make pictures`.

The demo is run (its music, features and index are kept between runs), and what `spotrec demo` and a query in its
catalogue show on a terminal becomes an SVG. How well the clips in `../shared` are told apart, `spotrec evaluate` draws.
The map is a screenshot of the page that `spotrec map` writes, of the clips where they are, else of the demo's music; it
needs `spotrec[dev]` and a Chromium.
"""

import csv
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from rich._export_format import CONSOLE_SVG_FORMAT
from rich.console import Console
from rich.text import Text

from spotrec.settings import resolve

DOCS = Path(__file__).resolve().parent
SHARED = DOCS.parents[1] / "shared"
BROWSERS = ("chromium", "chromium-browser", "google-chrome")


def terminal_output(width: int, *arguments: str, **environment: str) -> str:
    """What a command shows on a terminal of this width, with its colours."""
    terminal = {"FORCE_COLOR": "1", "COLUMNS": str(width), "TERM": "xterm-256color"}
    command = [sys.executable, "-m", "spotrec", *arguments]
    done = subprocess.run(command, env={**os.environ, **terminal, **environment}, stdout=subprocess.PIPE, check=True)
    return done.stdout.decode()


def picture(name: str, width: int, command: str, output: str) -> None:
    console = Console(record=True, width=width, file=open(os.devnull, "w"))  # noqa: PTH123, SIM115 - a device
    console.print(Text(f"$ {command}", style="bold"))
    console.print(Text.from_ansi(output))
    # the reader's own monospace font, fetched from nowhere
    layout = re.sub(r"@font-face \{\{.*?\}\}\s*", "", CONSOLE_SVG_FORMAT, flags=re.DOTALL)
    layout = layout.replace("Fira Code", "ui-monospace, Menlo, Consolas, DejaVu Sans Mono")
    console.save_svg(str(DOCS / f"{name}.svg"), title="spotrec", code_format=layout, unique_id=name)
    print(DOCS / f"{name}.svg")


def quality_picture() -> None:
    """Of the clips, where they lie beside the checkout; their features are kept between runs."""
    audio = SHARED / "audio"
    if not audio.is_dir():
        print("there is no ../shared/audio: quality.svg stays as it is")
        return
    where = {"SPOTREC_DATA_DIR": str(resolve().data_path / "clips")}
    terminal_output(110, "crawl", str(audio), "--no-progress", **where)
    terminal_output(110, "extract", "--model", "choi+mn04+musicnn", "--no-progress", **where)
    labels = [word for label in ("style", "artist", "recording") for word in ("--label", label)]
    labelled = ("--labels", str(audio / "clips.csv"), *labels)
    drawn = ("-k", "5", "--compare", "--plot", str(DOCS / "quality.svg"), "--no-progress")
    spaces = ("choi-2", "musicnn-1", "fusion", "standardised", "raw cosine", "MFCC", "random")
    chosen = [word for space in spaces for word in ("--space", space)]
    terminal_output(110, "evaluate", "--model", "choi+mn04", *labelled, *drawn, *chosen, **where)
    print(DOCS / "quality.svg")


def clips(folder: Path) -> Path:
    """A store of the clips in `../shared/audio`, called by their artists and titles; the folder of its data."""
    music = folder / "music"
    with (SHARED / "audio" / "clips.csv").open(encoding="utf-8", newline="") as table:
        for row in csv.DictReader(table):
            named = " - ".join(filter(None, (row["artist"], f"{row['title']} ({row['excerpt']})"))).replace("/", "_")
            copy = music / row["game"] / f"{named}.mp3"
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(SHARED / "audio" / row["file"], copy)
    (weights,) = (SHARED / "weights").glob("*.hdf5")
    data = {"SPOTREC_DATA_DIR": str(folder / "data"), "SPOTREC_WEIGHTS": str(weights)}
    for command in (("crawl", *map(str, sorted(music.iterdir()))), ("extract",), ("index",)):
        terminal_output(80, *command, "--no-progress", **data)
    return folder / "data"


def screenshot_of_map(demo: Path) -> None:
    from playwright.sync_api import sync_playwright

    browser = next(filter(None, map(shutil.which, BROWSERS)), None)
    if browser is None:
        sys.exit("there is no Chromium here, so docs/map.png stays as it is")
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        is_shared = (SHARED / "audio" / "clips.csv").is_file()
        data = clips(Path(folder)) if is_shared else demo
        page = Path(folder) / "map.html"
        terminal_output(80, "map", "--html", str(page), "--no-progress", SPOTREC_DATA_DIR=str(data))
        chromium = playwright.chromium.launch(executable_path=browser, args=["--no-sandbox"])
        shown = chromium.new_page(viewport={"width": 1200, "height": 720}, reduced_motion="reduce")
        shown.goto(page.as_uri())
        shown.fill("#words", shown.inner_text("#legend .name >> nth=0"))  # a track of the largest group
        shown.keyboard.press("Enter")
        shown.fill("#words", "")
        shown.click("#whole")
        shown.wait_for_timeout(500)
        shown.screenshot(path=DOCS / "map.png")
        chromium.close()
    print(DOCS / "map.png")


def screenshot_of_page(demo: Path) -> None:
    """The page of `spotrec serve`, with a seed, its list and the map."""
    from playwright.sync_api import sync_playwright

    browser = next(filter(None, map(shutil.which, BROWSERS)), None)
    if browser is None:
        sys.exit("there is no Chromium here, so docs/page.png stays as it is")
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        is_shared = (SHARED / "audio" / "clips.csv").is_file()
        data = clips(Path(folder)) if is_shared else demo
        command = [sys.executable, "-m", "spotrec", "serve", "--port", "0"]
        environment = {**os.environ, "SPOTREC_DATA_DIR": str(data)}
        with subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True) as server:
            assert server.stderr
            url = next(found[0] for line in server.stderr if (found := re.findall(r"http://[\d.:]+", line)))
            chromium = playwright.chromium.launch(executable_path=browser, args=["--no-sandbox"])
            shown = chromium.new_page(viewport={"width": 1440, "height": 900}, reduced_motion="reduce")
            shown.goto(url)
            shown.click(".tile .hit >> nth=14")
            shown.click("#show-map")
            shown.wait_for_selector(".row")
            shown.wait_for_function("() => document.getElementById('map').width > 400", timeout=60_000)
            shown.wait_for_timeout(500)
            shown.screenshot(path=DOCS / "page.png")
            chromium.close()
            server.terminate()
    print(DOCS / "page.png")


def main() -> None:
    demo = resolve().data_path / "demo"
    shown = terminal_output(110, "demo", "--no-progress")
    # the folder is this machine's own business
    picture("demo", 110, "spotrec demo", shown.replace(str(demo), "~/.local/share/spotrec/demo"))
    query = ("query", "throne of cinders", "-n", "6")
    found = terminal_output(80, *query, SPOTREC_DATA_DIR=str(demo))
    picture("query", 80, 'spotrec query "throne of cinders" -n 6', found)
    quality_picture()
    screenshot_of_map(demo)
    screenshot_of_page(demo)


if __name__ == "__main__":
    main()
