"""A radio over a real MPD, with vectors that are made up."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from spotrec import Recommender, SignInNeeded
from spotrec.progress import Silent
from spotrec.store import FeatureStore
from spotrec.track import Track
from support.catalogue import alike, fill, song
from support.mpd import Mpd, running, wav
from support.waiting import wait_until

Run = Callable[..., Any]
STYLES = ("red", "blue")
EACH = 12


@pytest.fixture(scope="module")
def music(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Twelve files of a minute in each of two styles."""
    folder = tmp_path_factory.mktemp("mpd") / "Music"
    for style in STYLES:
        for i in range(EACH):
            wav(folder / style / f"{i:02}.wav")
    return folder


def tracks(music: Path) -> list[Track]:
    return [
        song(
            100 * k + i,
            f"{style} {i}",
            f"{style} band {i // 3}",
            path=f"{music}/{style}/{i:02}.wav",
            duration_ms=60_000,
        )
        for k, style in enumerate(STYLES)
        for i in range(EACH)
    ]


@pytest.fixture(scope="module")
def prepared_data(music: Path) -> Path:
    """A data folder whose store and index have tracks that sound alike within a style. Copy it."""
    home = music.parent
    fill(home, tracks(music), alike(np.repeat(range(2), EACH)))
    with Recommender(data_dir=home / "data") as recommender:
        recommender.index()
    return home / "data"


@pytest.fixture
def catalogue(home: Path, prepared_data: Path) -> Path:
    shutil.copytree(prepared_data, home / "data")
    return home


@pytest.fixture
def mpd(music: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Mpd]:
    with running(Mpd(music, tmp_path / "mpd")) as mpd:
        monkeypatch.setenv("MPD_HOST", str(mpd.socket))
        yield mpd


class Notes(Silent):
    """Progress that keeps its notes."""

    def __init__(self) -> None:
        self.said: list[str] = []

    def note(self, text: str) -> None:
        self.said.append(text)

    def has(self, part: str) -> bool:
        return any(part in text for text in self.said)


@contextmanager
def on_air(*seeds: str, **options: Any) -> Iterator[Notes]:
    """A radio in a thread of its own, until the context ends."""
    notes, stop, faults = Notes(), threading.Event(), []

    def play() -> None:
        try:
            with Recommender() as recommender:
                recommender.radio(*seeds, stop=stop, progress=notes, **options)
        except Exception as fault:  # noqa: BLE001 - the test raises it
            faults.append(fault)

    thread = threading.Thread(target=play)
    thread.start()
    try:
        yield notes
    finally:
        stop.set()
        thread.join(30)
    assert not thread.is_alive(), "the radio does not end"
    assert not faults, faults


def styles(files: Sequence[str]) -> set[str]:
    return {file.partition("/")[0] for file in files}


def test_the_queue_is_filled_with_what_sounds_like_what_plays(catalogue: Path, mpd: Mpd) -> None:
    mpd.mpc("add", "red/00.wav")
    mpd.mpc("play")
    with on_air(ahead=4) as notes:
        wait_until(lambda: len(mpd.queue()) == 5)
        assert notes.has("added red band")
        assert notes.has("(like red band 0 – red 0")
        mpd.mpc("play", "3")  # a person goes on to another track
        wait_until(lambda: len(mpd.queue()) == 7)
    assert styles(mpd.queue()) == {"red"}
    assert len(set(mpd.queue())) == 7


def test_a_track_that_is_skipped_soon_counts_against_its_like(catalogue: Path, mpd: Mpd) -> None:
    for file in ("red/00.wav", "blue/00.wav", "red/01.wav"):
        mpd.mpc("add", file)
    mpd.mpc("play", "2")
    with on_air(ahead=3) as notes:
        wait_until(lambda: notes.has("added"))
        mpd.mpc("next")
        wait_until(lambda: notes.has("skipped blue band 0 – blue 0"))
        n = len(mpd.queue())
        mpd.mpc("next")
        wait_until(lambda: len(mpd.queue()) > n)
        assert styles(mpd.queue()[n:]) == {"red"}


@pytest.mark.parametrize("learn", [True, False])
def test_a_skip_is_remembered_as_a_dislike_unless_the_radio_may_not_learn(
    catalogue: Path, mpd: Mpd, learn: bool
) -> None:
    mpd.mpc("add", "red/00.wav")
    mpd.mpc("add", "blue/00.wav")
    mpd.mpc("add", "blue/03.wav")
    mpd.mpc("play")
    with Recommender() as recommender:
        recommender.like("blue 0")
    with on_air(learn=learn) as notes:
        wait_until(lambda: notes.has("added"))
        for name in ("red 0", "blue 0", "blue 3"):
            mpd.mpc("next")
            wait_until(partial(notes.has, f"– {name}:"))
    with Recommender() as recommender:
        found = {(one.verb, one.subject.name, one.source) for one in recommender.taste()}
    skips = {("dislike", "red 0", "mpd-skip"), ("dislike", "blue 3", "mpd-skip")} if learn else set()
    assert found == {("like", "blue 0", "python")} | skips, "a skip does not undo a like"


def test_a_banned_track_is_never_added_and_a_radio_may_go_by_taste(catalogue: Path, mpd: Mpd) -> None:
    with Recommender() as recommender:
        recommender.ban("artist:red band 1", "red 9")
        recommender.like("artist:blue band 2")
        report = recommender.radio("red 0", ahead=30, once=True)
        names = {one.track.title for one in report.added}
        assert not names & {"red 3", "red 4", "red 5", "red 9"}
        assert {"red 6", "blue 6"} <= names
        mpd.mpc("clear")
        assert recommender.radio("red 0", ahead=2, once=True, taste=True).added


def test_going_back_is_not_a_skip(catalogue: Path, mpd: Mpd) -> None:
    for file in ("red/00.wav", "red/01.wav"):
        mpd.mpc("add", file)
    mpd.mpc("play", "2")
    with on_air(ahead=2) as notes:
        wait_until(lambda: len(mpd.queue()) == 4)
        mpd.mpc("play", "1")
        wait_until(lambda: mpd.current() == "red/00.wav")
        mpd.mpc("add", "blue/05.wav")
        wait_until(lambda: len(mpd.queue()) == 5)
    assert not notes.has("skipped")


def test_what_was_played_to_its_end_is_noted_as_heard(catalogue: Path, mpd: Mpd) -> None:
    for file in ("red/00.wav", "red/01.wav", "red/02.wav"):
        mpd.mpc("add", file)
    mpd.mpc("play")
    with on_air(ahead=1):
        wait_until(lambda: mpd.current() == "red/00.wav")
        mpd.mpc("next")  # a skip
        wait_until(lambda: mpd.current() == "red/01.wav")
        mpd.mpc("seek", "59")
        wait_until(lambda: mpd.current() == "red/02.wav")
        wait_until(lambda: heard(catalogue))
    assert heard(catalogue) == [(song(1).id, "mpd")]


def heard(home: Path) -> list[tuple[str, str]]:
    with FeatureStore(home / "data" / "spotrec.db") as store:
        return [(row["track_id"], row["place"]) for row in store.rows("select * from heard")]


def test_a_seed_starts_the_radio_in_an_empty_queue(catalogue: Path, mpd: Mpd) -> None:
    with on_air("blue band 2", ahead=3):
        wait_until(mpd.current)
        wait_until(lambda: len(mpd.queue()) == 4)  # one plays, three are ahead
    assert styles(mpd.queue()) == {"blue"}


def test_what_a_person_queued_stays_and_counts(catalogue: Path, mpd: Mpd) -> None:
    own = ["red/03.wav", "blue/03.wav", "blue/04.wav"]
    for file in own:
        mpd.mpc("add", file)
    mpd.mpc("play")
    with on_air(ahead=3):
        wait_until(lambda: len(mpd.queue()) == 4)
        assert mpd.queue()[:3] == own
        mpd.mpc("add", "blue/09.wav")
        mpd.mpc("del", "4")  # what the radio added
        wait_until(lambda: mpd.queue() == [*own, "blue/09.wav"])
        mpd.mpc("clear")
        mpd.mpc("add", "blue/00.wav")
        assert mpd.queue() == ["blue/00.wav"]  # nothing is added while nothing plays
        mpd.mpc("play")
        wait_until(lambda: len(mpd.queue()) == 4)
        assert mpd.queue()[0] == "blue/00.wav"


def test_in_consume_and_random_mode_nothing_comes_twice(catalogue: Path, mpd: Mpd) -> None:
    mpd.mpc("consume", "on")
    mpd.mpc("random", "on")
    mpd.mpc("add", "red/00.wav")
    mpd.mpc("play")
    heard = []
    with on_air(ahead=2):
        for _ in range(5):
            wait_until(lambda: len(mpd.queue()) == 3 and mpd.current())
            heard.append(mpd.current())
            mpd.mpc("next")
            wait_until(lambda: mpd.current() not in (heard[-1], ""))
    assert len(set(heard)) == 5


def test_the_radio_waits_for_an_mpd_that_went_away(catalogue: Path, mpd: Mpd) -> None:
    mpd.mpc("add", "red/00.wav")
    mpd.mpc("play")
    with on_air(ahead=1) as notes:
        wait_until(lambda: len(mpd.queue()) == 2)
        mpd.stop()
        wait_until(lambda: notes.has("waiting for it"))
        mpd.start()
        wait_until(lambda: notes.has("is back"))
        mpd.mpc("clear")
        mpd.mpc("add", "blue/00.wav")
        mpd.mpc("play")
        wait_until(lambda: len(mpd.queue()) == 2)


def test_one_fill_for_scripts(catalogue: Path, mpd: Mpd, spotrec: Run) -> None:
    done = json.loads(spotrec("radio", "red 3", "--mpd", "--once", "--ahead", "3", "--json", "--no-progress").stdout)
    assert [Path(row["path"]).relative_to(mpd.music).as_posix() for row in done["added"]] == mpd.queue()
    assert len(mpd.queue()) == 3
    assert not mpd.current()  # nothing begins to play
    assert "Nothing was added" in spotrec("radio", "--mpd", str(mpd.socket), "--once", "--ahead", "3").stdout


def test_an_empty_queue_without_a_seed_is_told(catalogue: Path, mpd: Mpd, spotrec: Run) -> None:
    assert "the queue is empty" in spotrec("radio", "--mpd", "--once", code=5).stderr


def test_filters_narrow_what_is_added(catalogue: Path, mpd: Mpd, spotrec: Run) -> None:
    spotrec("radio", "red 0", "--mpd", "--once", "--artist", "blue band 1", "--max-per-artist", "2")
    assert styles(mpd.queue()) == {"blue"}
    assert len(mpd.queue()) == 2


def test_artists_are_spaced_out(catalogue: Path, mpd: Mpd, spotrec: Run) -> None:
    spotrec("radio", "red 0", "--mpd", "--once", "--ahead", "4")
    assert len({int(file[4:6]) // 3 for file in mpd.queue()}) == 4


def test_tracks_without_a_file_in_mpd_are_left_out_and_said_once(
    home: Path, music: Path, mpd: Mpd, spotrec: Run, tmp_path: Path
) -> None:
    elsewhere = [song(900 + i, f"away {i}", path=f"{tmp_path}/away/{i}.wav", duration_ms=60_000) for i in range(3)]
    linked = [song(950 + i, f"linked {i}") for i in range(3)]
    vectors = alike([0] * EACH + [1] * EACH + [0] * 6)
    fill(home, [*tracks(music), *elsewhere, *linked], vectors)
    spotrec("index")
    done = spotrec("radio", "red 0", "--mpd", "--once", "--ahead", str(EACH))
    assert len(mpd.queue()) == EACH
    assert done.stderr.count("not in MPD's library") == 1


def test_files_that_mpd_finds_later_are_added(
    catalogue: Path, music: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(music / "red", tmp_path / "part" / "red", ignore=lambda *_: [f"{i:02}.wav" for i in range(2, EACH)])
    with running(Mpd(tmp_path / "part", tmp_path / "mpd")) as mpd:
        monkeypatch.setenv("MPD_HOST", str(mpd.socket))
        mpd.mpc("add", "red/00.wav")
        mpd.mpc("play")
        with on_air(ahead=3, artist="red band 0") as notes:
            wait_until(lambda: notes.has("the radio waits"))
            assert len(mpd.queue()) == 2
            shutil.copy(music / "red" / "02.wav", tmp_path / "part" / "red")
            mpd.mpc("update", "--wait")
            wait_until(lambda: len(mpd.queue()) == 3)


def test_another_copy_of_a_queued_recording_is_a_repeat(home: Path, music: Path, mpd: Mpd, spotrec: Run) -> None:
    every = tracks(music)
    same = song(1, "red 0", "red band 0", path=f"{music}/red/01.wav", duration_ms=60_000)
    fill(home, [every[0], same, *every[2:EACH]], alike([0] * EACH))
    spotrec("index")
    mpd.mpc("add", "red/00.wav")
    mpd.mpc("play")
    spotrec("radio", "--mpd", "--once", "--ahead", "10")
    assert len(mpd.queue()) == 11
    assert "red/01.wav" not in mpd.queue()


def test_without_the_music_folder_files_are_found_by_the_end_of_their_paths(
    catalogue: Path, music: Path, tmp_path: Path, spotrec: Run
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with running(Mpd(music, tmp_path / "mpd", port=port)) as mpd:
        spotrec("radio", "red 0", "--mpd", f"localhost:{port}", "--once", "--ahead", "2")
        assert styles(mpd.queue()) == {"red"}
        mpd.mpc("play")
        spotrec("radio", "--mpd", f"127.0.0.1:{port}", "--once", "--ahead", "3")
        assert len(mpd.queue()) == 4


def test_mpd_behind_a_password(
    catalogue: Path, music: Path, tmp_path: Path, spotrec: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    with running(Mpd(music, tmp_path / "mpd", password="planted")) as mpd:
        where = ("radio", "red 0", "--mpd", mpd.socket, "--once", "--ahead", "1")
        assert "mpd_password" in spotrec(*where, code=4).stderr
        monkeypatch.setenv("SPOTREC_MPD_PASSWORD", "wrong")
        assert "refuses the password" in spotrec(*where, code=4).stderr
        monkeypatch.setenv("SPOTREC_MPD_PASSWORD", "planted")
        assert "planted" not in spotrec(*where).stderr
        assert len(mpd.queue()) == 1
        monkeypatch.delenv("SPOTREC_MPD_PASSWORD")
        monkeypatch.setenv("MPD_HOST", f"planted@{mpd.socket}")
        spotrec("radio", "red 0", "--mpd", "--once", "--ahead", "2")
        assert len(mpd.queue()) == 2
        monkeypatch.setenv("MPD_HOST", f"wrong@{mpd.socket}")
        with Recommender() as recommender, pytest.raises(SignInNeeded):
            recommender.radio("red 0", once=True)


def test_a_full_queue_is_told(catalogue: Path, music: Path, tmp_path: Path, spotrec: Run) -> None:
    with running(Mpd(music, tmp_path / "mpd", longest=2)) as mpd:
        done = spotrec("radio", "red 0", "--mpd", mpd.socket, "--once")
        assert len(mpd.queue()) == 2
        assert "MPD's queue is full" in done.stderr


def test_no_mpd_is_told_in_a_line(catalogue: Path, spotrec: Run) -> None:
    assert "it refuses the connection" in spotrec("radio", "red 0", "--mpd", "localhost:9", code=1).stderr
    assert "not an address" in spotrec("radio", "--mpd", "billie holiday", code=2).stderr
    assert "add --mpd" in spotrec("radio", "red 0", code=2).stderr


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 0)], ids=["Ctrl-C", "systemd"])
def test_a_signal_ends_the_radio_in_order(catalogue: Path, mpd: Mpd, number: signal.Signals, code: int) -> None:
    mpd.mpc("add", "red/00.wav")
    mpd.mpc("play")
    with subprocess.Popen(
        [sys.executable, "-m", "spotrec", "radio", "--mpd", "--ahead", "2"],
        env=os.environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    ) as process:  # fmt: skip
        wait_until(lambda: len(mpd.queue()) == 3)
        process.send_signal(number)
        out, err = process.communicate(timeout=30)
    assert process.returncode == code
    assert out == ""
    assert err.count("added ") == 2
    assert "Traceback" not in err
