"""Crawling a user's own files, through the real command."""

import json
import os
import resource
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from spotrec.store import FeatureStore
from spotrec.track import Ears
from support.catalogue import CHOI
from support.music import encoded, tune, write_tagged
from support.servers import FakeDeezer
from support.tag_files import BOMBS

Run = Callable[..., Any]


@pytest.fixture
def cases() -> Path:
    """Inputs that spotrec got wrong, made after public bug reports."""
    folder = Path(__file__).resolve().parents[3] / "shared" / "cases"
    if not folder.is_dir():
        pytest.skip("../shared/cases is not here")
    return folder


def store(home: Path) -> FeatureStore:
    return FeatureStore(home / "data" / "spotrec.db", create=False)


def crawled(spotrec: Run, *arguments: object, code: int | None = 0) -> dict[str, Any]:
    report: dict[str, Any] = json.loads(spotrec("crawl", *arguments, "--json", code=code).stdout)
    return report


def test_a_folder_is_crawled_with_all_below_it_and_tags_are_read(spotrec: Run, music: Path, home: Path) -> None:
    report = crawled(spotrec, music)
    assert (report["seen"], report["new"], report["with_audio"]) == (12, 12, 12)
    with store(home) as s:
        (track,) = s.tracks.find_by_words("tune 7")
    assert (track.title, track.artists, track.album) == ("Tune 7", ("Band 1",), "Made Up")
    assert track.duration_ms is not None
    assert abs(track.duration_ms - 5000) < 50


def test_crawling_again_adds_nothing_and_reads_no_file_anew(spotrec: Run, tmp_path: Path, home: Path) -> None:
    path = write_tagged(tmp_path / "m" / "one.flac", tune(1), title="One")
    crawled(spotrec, tmp_path / "m")
    stat = path.stat()
    path.write_bytes(b"\0" * stat.st_size)  # unreadable now, yet of the same size and time: it must not be opened
    os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    report = crawled(spotrec, tmp_path / "m")
    assert (report["seen"], report["new"], report["with_audio"], report["skipped"]) == (1, 0, 1, [])


def test_a_changed_file_is_another_track_and_the_old_one_loses_its_path(
    spotrec: Run, tmp_path: Path, home: Path
) -> None:
    path = write_tagged(tmp_path / "m" / "one.flac", tune(1), title="One")
    crawled(spotrec, tmp_path / "m")
    write_tagged(path, tune(2), title="Two")
    report = crawled(spotrec, tmp_path / "m")
    assert report["new"] == 1
    with store(home) as s:
        assert [t.path for t in s.tracks.find_by_words("one")] == [None]
        assert [t.path for t in s.tracks.find_by_words("two")] == [str(path)]


def test_what_a_file_says_of_its_sound_is_shown_and_follows_the_file(spotrec: Run, tmp_path: Path, home: Path) -> None:
    path = tmp_path / "m" / "one.flac"
    words = {"title": "One", "isrc": "GBAYE0000001"}
    write_tagged(path, tune(1), **words, genre="Rock", mood="calm", bpm="120", initialkey="A minor")
    crawled(spotrec, tmp_path / "m")
    (shown,) = json.loads(spotrec("tracks", "--json").stdout)
    assert (shown["genre"], shown["mood"], shown["bpm"], shown["musical_key"]) == ("Rock", "calm", 120, "Am")
    write_tagged(path, tune(1), **words, genre="Jazz", bpm="0")
    crawled(spotrec, tmp_path / "m")
    (shown,) = json.loads(spotrec("tracks", "--json").stdout)
    assert (shown["genre"], shown["mood"], shown["bpm"]) == ("Jazz", "calm", 120), "and what it says no more is kept"


def test_a_copy_adds_what_is_not_known_of_the_sound_and_changes_nothing(
    spotrec: Run, tmp_path: Path, home: Path
) -> None:
    for name, words in {"a": {"genre": "Rock"}, "b": {"genre": "Pop", "bpm": "99"}}.items():
        write_tagged(tmp_path / "m" / f"{name}.flac", tune(1), title=name, isrc="GBAYE0000001", **words)
        crawled(spotrec, tmp_path / "m" / f"{name}.flac")
    (shown,) = json.loads(spotrec("tracks", "--json").stdout)
    assert (shown["genre"], shown["bpm"]) == ("Rock", 99)


def test_two_files_of_the_same_content_are_one_track(spotrec: Run, tmp_path: Path, home: Path) -> None:
    path = write_tagged(tmp_path / "m" / "one.flac", tune(1), title="One")
    shutil.copy(path, tmp_path / "m" / "copy.flac")
    report = crawled(spotrec, tmp_path / "m")
    assert (report["seen"], report["new"]) == (2, 1)


def test_a_file_without_tags_is_named_by_its_file_name(spotrec: Run, tmp_path: Path, home: Path) -> None:
    (tmp_path / "The Band - A Song.mp3").write_bytes(encoded(tune(3)))
    crawled(spotrec, tmp_path / "The Band - A Song.mp3")
    with store(home) as s:
        (track,) = s.tracks.find_by_words("a song")
    assert (track.title, track.artists) == ("A Song", ("The Band",))


def test_a_text_file_named_mp3_is_skipped_with_its_reason_and_the_rest_goes_on(
    spotrec: Run, tmp_path: Path, home: Path
) -> None:
    write_tagged(tmp_path / "m" / "one.flac", tune(1), title="One")
    (tmp_path / "m" / "notes.mp3").write_text("dear diary")
    report = crawled(spotrec, tmp_path / "m", code=3)
    assert report["new"] == 1
    assert report["skipped"] == [{"name": str(tmp_path / "m" / "notes.mp3"), "reason": "not audio"}]


def test_an_empty_folder_is_not_found(spotrec: Run, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    result = spotrec("crawl", tmp_path / "empty", code=5)
    assert "contains no audio files" in result.stderr
    assert "hint:" in result.stderr


def test_a_missing_file_is_not_found(spotrec: Run, tmp_path: Path) -> None:
    result = spotrec("crawl", tmp_path / "gone.mp3", code=5)
    assert "there is no file or folder" in result.stderr
    assert "hint:" in result.stderr


def test_a_file_over_the_size_limit_is_skipped(spotrec: Run, tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.setenv("SPOTREC_MAX_AUDIO_MB", "1")
    (tmp_path / "large.wav").write_bytes(encoded(tune(1, seconds=30, rate=44_100), "WAV", 44_100))
    report = crawled(spotrec, tmp_path / "large.wav", code=3)
    assert report["skipped"][0]["reason"] == "too large"


def test_one_bad_source_does_not_keep_the_others_from_being_crawled(spotrec: Run, music: Path, tmp_path: Path) -> None:
    report = crawled(spotrec, tmp_path / "gone", music, code=3)
    assert report["seen"] == 12
    assert [failed["exit_code"] for failed in report["failed_sources"]] == [5]


def test_an_m3u_lists_files_in_order_relative_to_itself(spotrec: Run, tmp_path: Path, home: Path) -> None:
    for i in (1, 2, 3):
        write_tagged(tmp_path / "sub dir" / f"{i}.flac", tune(i), title=f"Number {i}")
    playlist = tmp_path / "my list.m3u8"
    playlist.write_text(
        "\ufeff#EXTM3U\n#EXTINF:5,x\nsub dir/3.flac\nsub dir\\1.flac\n\nsub dir/gone.flac\nhttp://x.org/a\n"
    )
    report = crawled(spotrec, playlist, code=3)
    assert report["seen"] == 4
    assert {entry["name"] for entry in report["skipped"]} == {"sub dir/gone.flac", "http://x.org/a"}
    with store(home) as s:
        rows = s.rows("select title from collection_track join track on track.id = track_id order by position")
    assert [row[0] for row in rows] == ["Number 3", "Number 1"]


def test_a_binary_file_named_m3u_is_refused(spotrec: Run, tmp_path: Path) -> None:
    (tmp_path / "x.m3u").write_bytes(b"\0\1\2")
    assert "is not a playlist" in spotrec("crawl", tmp_path / "x.m3u", code=2).stderr


def test_a_file_that_vanished_after_the_crawl_comes_back_with_the_next_one(
    spotrec: Run, tmp_path: Path, home: Path
) -> None:

    path = write_tagged(tmp_path / "m" / "one.flac", tune(1), title="One")
    crawled(spotrec, tmp_path / "m")
    with store(home) as s:
        (track,) = s.tracks.find_by_words("one")
        s.audio.forget(track.id)  # as extraction does when the file is gone
        assert s.audio.count_pending(Ears.of(CHOI)) == 0
    crawled(spotrec, path)
    with store(home) as s:
        assert s.audio.count_pending(Ears.of(CHOI)) == 1


def test_a_file_name_that_is_not_utf_8_is_skipped_with_its_reason(spotrec: Run, tmp_path: Path) -> None:
    path = write_tagged(tmp_path / "m" / "one.flac", tune(1), title="One")
    os.link(path, os.fsencode(tmp_path / "m") + b"/caf\xe9.flac")
    report = crawled(spotrec, tmp_path / "m", code=3)
    assert report["new"] == 1
    assert report["skipped"][0]["reason"] == "unreadable"
    said = spotrec("crawl", tmp_path / "m", code=3).stdout
    assert "unreadable (its name is not UTF-8: rename the file)" in " ".join(said.split())


def test_audio_that_spotrec_does_not_read_is_called_by_its_format(spotrec: Run, tmp_path: Path) -> None:
    write_tagged(tmp_path / "m" / "one.flac", tune(1), title="One")
    (tmp_path / "m" / "two.mp3").write_bytes(b"OFR " + bytes(1000))
    said = " ".join(spotrec("crawl", tmp_path / "m", code=3).stdout.split())
    assert "two.mp3: unsupported (this is OptimFROG: convert it to FLAC)" in said


def test_a_title_that_begins_with_an_ellipsis_is_no_hidden_file(spotrec: Run, tmp_path: Path, home: Path) -> None:
    write_tagged(tmp_path / "m" / "...Baby.flac", tune(1), title="Baby")
    write_tagged(tmp_path / "m" / "...And Justice" / "..two.flac", tune(2), title="Two")
    for hidden in ("._...Baby.flac", ".nine.flac", ".Trash/ten.flac"):
        write_tagged(tmp_path / "m" / hidden, tune(9), title="Nine")
    report = crawled(spotrec, tmp_path / "m")
    assert (report["seen"], report["skipped"]) == (2, [])
    with store(home) as s:
        assert {track.title for word in ("baby", "two", "nine") for track in s.tracks.find_by_words(word)} == {
            "Baby",
            "Two",
        }


def test_pipes_devices_and_links_in_circles_do_not_hold_a_crawl(spotrec: Run, tmp_path: Path) -> None:
    folder = write_tagged(tmp_path / "m" / "one.flac", tune(1), title="One").parent
    os.mkfifo(folder / "pipe.mp3")
    (folder / "zero.wav").symlink_to("/dev/zero")
    (folder / "loop").symlink_to("loop")
    (folder / "up").symlink_to("..", target_is_directory=True)
    (folder / "broken.mp3").symlink_to("nowhere.mp3")
    report = crawled(spotrec, folder, code=3)
    assert report["new"] == 1
    assert sorted(entry["reason"] for entry in report["skipped"]) == ["audio gone"]
    assert "pipes and other special files: 2 (pipe.mp3, zero.wav)" in " ".join(report["notices"])


def test_a_tag_bomb_is_crawled_with_its_audio_and_costs_this_process_nothing(
    spotrec: Run, tmp_path: Path, home: Path
) -> None:
    for name in ("an_ogg_of_tiny_comments", "a_wavpack_of_tiny_items"):
        (tmp_path / "m").mkdir(exist_ok=True)
        suffix = "ogg" if "ogg" in name else "wv"
        (tmp_path / "m" / f"Artist - {name}.{suffix}").write_bytes(BOMBS[name]())
    write_tagged(tmp_path / "m" / "one.flac", tune(1), title="One")
    before = resource.getrusage(resource.RUSAGE_SELF)
    report = crawled(spotrec, tmp_path / "m")
    after = resource.getrusage(resource.RUSAGE_SELF)
    assert (report["seen"], report["with_audio"], report["skipped"]) == (3, 3, [])
    assert after.ru_utime - before.ru_utime < 5, "the bombs are read elsewhere"
    with store(home) as s:
        assert [t.artists for t in s.tracks.find_by_words("an_ogg_of_tiny_comments")] == [("Artist",)]


def test_a_crawl_without_files_of_ones_own_starts_no_process_for_tags(
    spotrec: Run, deezer: FakeDeezer, monkeypatch: pytest.MonkeyPatch
) -> None:
    deezer.add_track(1)
    started: list[object] = []
    monkeypatch.setattr(subprocess, "Popen", lambda *arguments, **_: started.append(arguments))
    assert crawled(spotrec, "deezer:track:1", code=None)["new"] == 1
    assert not started


def test_tags_of_every_case_from_the_field_are_read(spotrec: Run, cases: Path, home: Path) -> None:
    crawled(spotrec, cases / "audio", code=None)
    right = ["id3-v24-itunes-sizes.mp3", "id3-v24-tag-unsync-utf16.mp3", "id3v2-empty-id3v1-words.mp3", "two-id3v2.mp3"]
    right += ["info.wav", "a.mka", "a.caf", "flac-only-id3.flac", "a.wma"]
    with store(home) as s:
        for name in right:
            track = s.files.track_in(str((cases / "audio" / name).resolve()))
            assert track, name
            assert (track.title, track.artists) == ("Right Title", ("Right Artist",)), name
            assert track.album in (None, "Right Album")
        track = s.files.track_in(str((cases / "audio" / "ape-only.mp3").resolve()))
        assert track
        assert (track.title, track.artists) == ("Right Title", ("First Artist", "Second Artist"))
        assert track.release_date == "1999"


def test_a_pipe_with_the_name_of_an_audio_file_is_left_out_and_counted(
    spotrec: Run, music: Path, tmp_path: Path
) -> None:
    shutil.copytree(music, tmp_path / "m")
    os.mkfifo(tmp_path / "m" / "pipe.mp3")
    (tmp_path / "m" / "link.mp3").symlink_to(tmp_path / "m" / "pipe.mp3")
    (tmp_path / "m" / "below.mp3").symlink_to(tmp_path / "m" / "below")
    for arguments in (("crawl", tmp_path / "m"), ("sync",)):
        shown = " ".join(spotrec(*arguments, code=0).stderr.split())
        assert "pipes and other special files: 2 (link.mp3, pipe.mp3)" in shown
        assert "links to folders, which are not followed: 1 (below.mp3)" in shown
