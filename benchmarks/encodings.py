"""How often the encoding of a list is told right: python benchmarks/encodings.py [--library chardet]

Tables of 1 to 50 rows in 18 languages, 30 pairs of language and encoding, with no, half or nine tenths of their rows
in English. Right means that every letter is. Libraries are given only the lines with letters that are not ASCII, which
helps them.
"""

import argparse
import importlib
import re
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from spotrec.system.text import decode
from support.languages import ENCODINGS, table

_ROWS = (1, 3, 10, 50)
_ENGLISH = (0, 0.5, 0.9)
_SEEDS = range(6)
_LIBRARIES = ("chardet", "charset_normalizer", "chardetng_py")
_WIDER = {"gb2312": "gb18030", "gbk": "gb18030", "shift_jis": "cp932"}
"""Names that libraries give to wider encodings."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--library", choices=_LIBRARIES, action="append", default=[])
    ways: dict[str, Callable[[bytes], str]] = {"UTF-8, else Windows-1252": _before, "spotrec": _now}
    ways |= {name: _with_library(name) for name in parser.parse_args().library}
    lists = list(_lists())
    print(f"{len(lists):,} lists")
    for name, read in ways.items():
        right: Counter[object] = Counter()
        for language, encoding, n_rows, text in lists:
            is_right = read(text.encode(encoding)) == text
            right.update({key: int(is_right) for key in ("all", n_rows, (language, encoding))})
        n = Counter[object](key for one in lists for key in ("all", one[2], one[:2]))
        print(f"{name}: {right['all'] / n['all']:.3f};", *(f"{key} rows: {right[key] / n[key]:.2f}" for key in _ROWS))
        print("  " + ", ".join(f"{' '.join(key)} {right[key] / n[key]:.2f}" for key in n if isinstance(key, tuple)))
    guesses = [(decode(text.encode(encoding)), text) for _, encoding, _, text in lists]
    sure = [guess.text == text for guess, text in guesses if guess and guess.is_sure]
    print(f"sure: {len(sure):,}, of these right: {sum(sure):,}")


def _lists() -> Iterator[tuple[str, str, int, str]]:
    for language, encodings in ENCODINGS.items():
        for encoding in encodings:
            for n_rows in _ROWS:
                for english in _ENGLISH:
                    for seed in _SEEDS:
                        text = table(language, n_rows, english=english, seed=seed)
                        text = text.encode(encoding, "replace").decode(encoding)
                        if not text.isascii():
                            yield language, encoding, n_rows, text


def _before(content: bytes) -> str:
    try:
        return content.decode()
    except UnicodeDecodeError:
        return content.decode("cp1252", "replace")


def _now(content: bytes) -> str:
    found = decode(content)
    return found.text if found else ""


def _with_library(name: str) -> Callable[[bytes], str]:
    library = importlib.import_module(name)

    def read(content: bytes) -> str:
        encoding = library.detect(b"\n".join(line for line in re.split(b"[\r\n]+", content) if not line.isascii()))
        name = encoding if isinstance(encoding, str) else encoding["encoding"]
        return content.decode(_WIDER.get(name, name) or "cp1252", "replace")

    return read


if __name__ == "__main__":
    main()
