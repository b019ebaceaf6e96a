"""Files that were edited, moved and copied, through the real command: each recording keeps its place."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import mutagen
import numpy as np
import pytest

from spotrec.store import Embedding, FeatureStore
from spotrec.track import Ears, ModelId
from support.music import tune, write_tagged

Run = Callable[..., Any]
MODEL = ModelId("choi", 2, 160)


def retag(path: Path, **tags: str) -> None:
    file = mutagen.File(path)
    file.update(tags)
    file.save()


def catalogue(spotrec: Run) -> dict[str, dict[str, Any]]:
    """Each track by its title, with its state."""
    rows = json.loads(spotrec("tracks", "--json").stdout)
    assert len({row["title"] for row in rows}) == len(rows)
    return {row["title"]: row for row in rows}


def titles(spotrec: Run) -> list[str]:
    return sorted(catalogue(spotrec))


@pytest.fixture
def folder(spotrec: Run, tmp_path: Path, home: Path) -> Path:
    """Four files that were crawled and heard, and a playlist of two of them."""
    for n in range(4):
        write_tagged(tmp_path / "m" / f"{n}.flac", tune(n), title=f"Song {n}", artist="Band", album="LP")
    (tmp_path / "list.m3u8").write_text("m/0.flac\nm/1.flac\n")
    spotrec("crawl", tmp_path / "m", tmp_path / "list.m3u8")
    with FeatureStore(home / "data" / "spotrec.db") as store:
        for audio in [one.audio for one in store.audio.pending(Ears.of(MODEL))]:
            vector, tags = np.full(160, 0.5, np.float32), np.full(50, 0.5, np.float32)
            store.embeddings.save(MODEL, [Embedding(audio.track_id, vector, tags, "file", audio.sha256)])
    return tmp_path / "m"


def test_a_retagged_file_stays_one_track(spotrec: Run, folder: Path, home: Path) -> None:
    old = catalogue(spotrec)["Song 0"]["track_id"]
    retag(folder / "0.flac", title="Right Title")
    report = json.loads(spotrec("crawl", folder, "--json").stdout)
    assert (report["seen"], report["new"]) == (4, 0)
    assert titles(spotrec) == ["Right Title", "Song 1", "Song 2", "Song 3"]
    track = catalogue(spotrec)["Right Title"]
    assert (track["state"], track["path"]) == ("heard", str(folder / "0.flac"))
    with FeatureStore(home / "data" / "spotrec.db") as store:
        assert store.tracks.aliases(track["track_id"]) == [old]
        listed = store.collections.members([f"m3u:{folder.parent}/list.m3u8"])
        assert track["track_id"] in listed, "the playlist that names the path lists it still"
        assert store.integrity_faults() == []


def test_a_sync_after_retagging_adds_and_removes_nothing(spotrec: Run, folder: Path) -> None:
    for n in range(4):
        retag(folder / f"{n}.flac", album="Right Album")
    report = json.loads(spotrec("sync", "--json").stdout)
    assert [(one["added"], one["dropped"], one["removed"]) for one in report["collections"]] == [(0, 0, 0)] * 2
    assert {(row["album"], row["state"]) for row in catalogue(spotrec).values()} == {("Right Album", "heard")}


def test_a_file_that_moved_and_was_retagged_stays_one_track(spotrec: Run, folder: Path) -> None:
    (folder / "LP").mkdir()
    for n in range(4):
        (folder / f"{n}.flac").rename(folder / "LP" / f"0{n} Song.flac")
        retag(folder / "LP" / f"0{n} Song.flac", title=f"Right {n}")
    report = json.loads(spotrec("sync", folder, "--json").stdout)
    assert [(one["added"], one["dropped"], one["removed"]) for one in report["collections"]] == [(0, 0, 0)]
    assert titles(spotrec) == [f"Right {n}" for n in range(4)]
    assert {row["state"] for row in catalogue(spotrec).values()} == {"heard"}


def test_a_copy_that_was_retagged_is_a_track_of_its_own_and_need_not_be_heard(spotrec: Run, folder: Path) -> None:
    shutil.copy(folder / "0.flac", folder / "copy.flac")
    retag(folder / "copy.flac", title="Live")
    spotrec("crawl", folder)
    tracks = catalogue(spotrec)
    assert sorted(tracks) == ["Live", "Song 0", "Song 1", "Song 2", "Song 3"]
    assert (tracks["Live"]["state"], tracks["Song 0"]["state"]) == ("heard", "heard")
    assert tracks["Song 0"]["path"] == str(folder / "0.flac")


def test_a_copy_that_need_not_be_heard_counts_as_a_file_at_hand(spotrec: Run, folder: Path, home: Path) -> None:
    shutil.copy(folder / "0.flac", folder / "copy.flac")
    retag(folder / "copy.flac", title="Live")
    spotrec("crawl", folder)
    status = json.loads(spotrec("status", "--model", "choi-2", "--json").stdout)
    counts = status.get("counts", status)
    assert (counts["with_audio"], counts["needs_no_audio"], counts["pending"]) == (5, 0, 0)
    live = catalogue(spotrec)["Live"]
    with FeatureStore(home / "data" / "spotrec.db") as store:
        audio = store.audio.get(live["track_id"])
        assert audio is not None
        assert (audio.address, audio.owned) == (str(folder / "copy.flac"), False)
        ears = Ears.of(MODEL, ModelId("mn04", 1, 512))
        assert store.audio.gone(ears) == [], "another network hears its file, and fetches nothing"


def test_of_two_equal_files_one_that_is_retagged_leaves_the_other_as_it_is(spotrec: Run, folder: Path) -> None:
    shutil.copy(folder / "0.flac", folder / "a copy.flac")
    spotrec("crawl", folder)
    for path in (folder / "0.flac", folder / "a copy.flac"):
        retag(path, title=f"Now {path.stem}")
        spotrec("crawl", folder)
    tracks = catalogue(spotrec)
    assert sorted(tracks) == ["Now 0", "Now a copy", "Song 1", "Song 2", "Song 3"]
    assert tracks["Now 0"]["path"] == str(folder / "0.flac")


def test_files_that_swapped_their_names_keep_their_features(spotrec: Run, folder: Path) -> None:
    one, other = (folder / "0.flac").read_bytes(), (folder / "1.flac").read_bytes()
    (folder / "0.flac").write_bytes(other)
    (folder / "1.flac").write_bytes(one)
    spotrec("crawl", folder)
    tracks = catalogue(spotrec)
    assert [(tracks[f"Song {n}"]["state"], tracks[f"Song {n}"]["path"]) for n in (0, 1)] == [
        ("heard", str(folder / "1.flac")),
        ("heard", str(folder / "0.flac")),
    ]


def test_a_file_that_is_encoded_again_takes_the_place_and_is_heard_again(
    spotrec: Run, folder: Path, home: Path
) -> None:
    write_tagged(folder / "0.flac", tune(99), title="Song 0", artist="Band")
    spotrec("crawl", folder)
    tracks = catalogue(spotrec)
    assert sorted(tracks) == [f"Song {n}" for n in range(4)]
    assert tracks["Song 0"]["state"] == "has audio", "other audio has other features"
    with FeatureStore(home / "data" / "spotrec.db") as store:
        assert tracks["Song 0"]["track_id"] in store.collections.members([f"m3u:{folder.parent}/list.m3u8"])


def test_a_file_that_is_encoded_again_while_the_old_one_is_kept_elsewhere_are_two_tracks(
    spotrec: Run, folder: Path
) -> None:
    (folder / "0.flac").rename(folder / "z.flac")
    write_tagged(folder / "0.flac", tune(99), title="Song 0", artist="Band")
    spotrec("crawl", folder)
    rows = json.loads(spotrec("tracks", "song 0", "--json").stdout)
    assert sorted((row["path"], row["state"]) for row in rows) == [
        (str(folder / "0.flac"), "has audio"),
        (str(folder / "z.flac"), "heard"),
    ]


def test_an_export_to_a_link_that_leads_to_itself_says_so(spotrec: Run, folder: Path) -> None:
    target = folder / "loop.parquet"
    target.symlink_to("loop.parquet")
    assert "Too many levels of symbolic links" in spotrec("features", "export", target, code=1).stderr


def test_a_retagged_file_with_an_isrc_takes_the_new_names(spotrec: Run, tmp_path: Path) -> None:
    path = write_tagged(tmp_path / "m" / "one.flac", tune(1), title="Wrnog", artist="Band", isrc="GBAYE0000001")
    spotrec("crawl", tmp_path / "m")
    retag(path, title="Right", album="LP")
    spotrec("crawl", tmp_path / "m")
    assert [(row["title"], row["album"]) for row in catalogue(spotrec).values()] == [("Right", "LP")]
    assert json.loads(spotrec("tracks", "right", "--json").stdout), "and is found by them"


def test_a_retagged_file_can_be_heard_although_it_was_not_heard_before(
    spotrec: Run, tmp_path: Path, weights: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SPOTREC_WEIGHTS", str(weights))
    for n, isrc in enumerate(("", "GBAYE0000001")):
        path = write_tagged(
            tmp_path / "m" / f"{n}.flac", tune(n), title=f"Song {n}", **({"isrc": isrc} if isrc else {})
        )
        spotrec("crawl", path)
        retag(path, title=f"Right {n}")
    spotrec("crawl", tmp_path / "m")
    spotrec("extract")
    assert {title: row["state"] for title, row in catalogue(spotrec).items()} == {
        "Right 0": "heard",
        "Right 1": "heard",
    }


def test_an_index_that_was_built_before_recommends_no_vanished_track(
    spotrec: Run, tmp_path: Path, weights: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SPOTREC_WEIGHTS", str(weights))
    for n in range(6):
        write_tagged(tmp_path / "m" / f"{n}.flac", tune(n), title=f"Song {n}", artist=f"Band {n}")
    spotrec("crawl", tmp_path / "m")
    spotrec("extract")
    spotrec("index")
    old = catalogue(spotrec)["Song 0"]["track_id"]
    retag(tmp_path / "m" / "0.flac", title="Right")
    by_file = json.loads(spotrec("query", tmp_path / "m" / "0.flac", "-n", "20", "--json").stdout)
    assert by_file["seed"]["track_id"] == old, "the file is known by its audio before it is crawled again"
    spotrec("crawl", tmp_path / "m")
    found = json.loads(spotrec("query", "song 1", "-n", "20", "--json").stdout)["results"]
    assert sorted(row["title"] for row in found) == ["Right", "Song 2", "Song 3", "Song 4", "Song 5"]
    by_old_id = json.loads(spotrec("query", old, "-n", "20", "--json").stdout)
    assert by_old_id["seed"]["title"] == "Right"
    assert "Right" not in {row["title"] for row in by_old_id["results"]}
    way = json.loads(spotrec("journey", "song 1", "song 2", "-n", "6", "--json").stdout)["steps"]
    assert old not in {step["track_id"] for step in way}
    spotrec("map", "--html", tmp_path / "map.html")
    assert old not in (tmp_path / "map.html").read_text()


def test_a_copy_of_a_file_does_not_become_the_link_of_its_track(spotrec: Run, folder: Path) -> None:
    shutil.copy2(folder / "1.flac", folder / "copy.flac")
    shutil.copy(folder / "2.flac", folder / "9.flac")
    spotrec("crawl", folder)
    assert catalogue(spotrec)["Song 1"]["path"] == str(folder / "1.flac")
    assert catalogue(spotrec)["Song 2"]["path"] == str(folder / "2.flac")
    (folder / "1.flac").unlink()
    spotrec("crawl", folder)
    assert catalogue(spotrec)["Song 1"]["path"] == str(folder / "copy.flac")


def test_of_two_copies_in_a_new_folder_the_first_is_the_link(spotrec: Run, tmp_path: Path) -> None:
    write_tagged(tmp_path / "m" / "a.flac", tune(1), title="Song", artist="Band")
    shutil.copy(tmp_path / "m" / "a.flac", tmp_path / "m" / "b.flac")
    spotrec("crawl", tmp_path / "m")
    assert catalogue(spotrec)["Song"]["path"] == str(tmp_path / "m" / "a.flac")


def test_files_that_swapped_names_are_the_links_of_their_own_tracks(spotrec: Run, folder: Path) -> None:
    (folder / "1.flac").rename(folder / "x.flac")
    (folder / "2.flac").rename(folder / "1.flac")
    (folder / "x.flac").rename(folder / "2.flac")
    spotrec("crawl", folder)
    assert catalogue(spotrec)["Song 1"]["path"] == str(folder / "2.flac")
    assert catalogue(spotrec)["Song 2"]["path"] == str(folder / "1.flac")
