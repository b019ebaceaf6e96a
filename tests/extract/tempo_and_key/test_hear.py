"""Tempo and key together, of excerpts at any rate."""

import subprocess
import sys

import pytest

from spotrec.audio.excerpts import Excerpt
from spotrec.demo.synth import STYLES, Piece, Session, render
from spotrec.extract.tempo_and_key import hear
from support.rhythms import chords


@pytest.mark.parametrize("rate", [8_000, 12_000, 44_100])
def test_an_excerpt_may_have_any_rate(rate: int) -> None:
    heard = hear([Excerpt(chords(7, is_major=True, bpm=104, rate=rate), rate)])
    assert heard.bpm == pytest.approx(104, abs=0.2)
    assert heard.key == "G"


def test_a_piece_of_the_demo_is_heard_as_it_was_composed() -> None:
    session = Session(STYLES["house"], 3)
    heard = hear([Excerpt(render(Piece("house", "", "", 3)).mean(axis=0), 22_050)])
    assert heard.bpm == pytest.approx(session.bpm, abs=0.2)


def test_decoding_processes_need_no_librosa_to_hear() -> None:
    code = "import sys, spotrec.extract.decode_worker, spotrec.extract.tempo_and_key.key as k, numpy as n;"
    code += "k.hear_key([n.ones(36000, n.float32)]); print({'librosa', 'numba', 'tensorflow'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
