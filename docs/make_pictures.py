"""Makes the pictures of the docs from what the commands really print: `make pictures`.

The demo is run (its music, features and index are kept between runs), and what `spotrec demo` and a query in its
catalogue show on a terminal becomes an SVG. How well the clips in ../shared are told apart, `spotrec evaluate` draws.
"""

import os
import re
import subprocess
import sys
from pathlib import Path

from rich._export_format import CONSOLE_SVG_FORMAT
from rich.console import Console
from rich.text import Text

from spotrec.settings import resolve

DOCS = Path(__file__).resolve().parent


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
    audio = DOCS.parents[1] / "shared" / "audio"
    if not audio.is_dir():
        print("there is no ../shared/audio: quality.svg stays as it is")
        return
    where = {"SPOTREC_DATA_DIR": str(resolve().data_path / "clips")}
    terminal_output(110, "crawl", str(audio), "--no-progress", **where)
    terminal_output(110, "extract", "--no-progress", **where)
    labels = [word for label in ("style", "artist", "recording") for word in ("--label", label)]
    labelled = ("--labels", str(audio / "clips.csv"), *labels)
    drawn = ("-k", "5", "--compare", "--plot", str(DOCS / "quality.svg"), "--no-progress")
    terminal_output(110, "evaluate", *labelled, *drawn, **where)
    print(DOCS / "quality.svg")


def main() -> None:
    demo = resolve().data_path / "demo"
    shown = terminal_output(110, "demo", "--no-progress")
    # the folder is this machine's own business
    picture("demo", 110, "spotrec demo", shown.replace(str(demo), "~/.local/share/spotrec/demo"))
    query = ("query", "throne of cinders", "-n", "6")
    found = terminal_output(80, *query, SPOTREC_DATA_DIR=str(demo))
    picture("query", 80, 'spotrec query "throne of cinders" -n 6', found)
    quality_picture()


if __name__ == "__main__":
    main()
