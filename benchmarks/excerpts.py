"""What it gains and costs to hear long files in several excerpts: the same music in one, three and five.

    python benchmarks/excerpts.py [--json] [--model choi,mn04] [--excerpts 1 --excerpts 3] [-k 5] FOLDER...

The folders hold whole recordings, a folder an album, best with artists in their tags; the docstring of
benchmarks/free_music.py says where such music is. With each number of excerpts a store is extracted, indexed and
evaluated by the real commands: folder and artist, precision@k and mean reciprocal rank with their 95 % intervals, and
the CPU time a file of the whole extraction, with its start.
"""

import argparse
import json
import shutil
import sys
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.one_decode import cpu_s
from benchmarks.quality import figure
from spotrec import Recommender
from spotrec.evaluate.evaluate import Evaluation
from spotrec.progress import Silent

LABELS = ("folder", "artist")


@dataclass(frozen=True, slots=True)
class Measured:
    """What one number of excerpts gives; `evaluation` is of one space."""

    excerpts: int
    cpu_ms_a_file: float
    evaluation: Evaluation


def crawled(data: Path, folders: list[Path]) -> None:
    with Recommender(progress=Silent(), data_dir=data) as recommender:
        recommender.crawl(*map(str, folders))


def measured(data: Path, excerpts: int, model: str, k: int) -> Measured:
    with Recommender(progress=Silent(), data_dir=data, excerpts=excerpts, ears=model) as recommender:
        before = cpu_s()
        report = recommender.extract()
        spent_ms = 1000 * (cpu_s() - before)
        recommender.index()
        found = recommender.evaluate(wanted=LABELS, k=k)
    return Measured(excerpts, spent_ms / max(1, report.extracted), found)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--model", default="choi,mn04")
    parser.add_argument("--excerpts", action="append", type=int)
    parser.add_argument("-k", type=int, default=5)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        crawled(Path(folder) / "crawled", arguments.folders)
        rows = []
        for n in arguments.excerpts or (1, 3, 5):
            data = shutil.copytree(Path(folder) / "crawled", Path(folder) / str(n))
            rows.append(measured(data, n, arguments.model, arguments.k))
    if arguments.json:
        print(json.dumps([asdict(row) for row in rows]))
        return
    print(f"{'excerpts':>8}{'CPU, ms a file':>16}  {'label':8}{'queries':>8}{'precision':>24}{'MRR':>24}")
    for row in rows:
        for score in row.evaluation.spaces[0].labels:
            shown = "".join(f"{figure(score, name):>24}" for name in ("precision", "mrr"))
            print(f"{row.excerpts:>8}{row.cpu_ms_a_file:>16.0f}  {score.label:8}{score.n_queries:>8}{shown}")


if __name__ == "__main__":
    main()
