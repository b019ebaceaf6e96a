"""Listening to stored tracks, and their covers."""

import io
import shutil
from collections.abc import Iterator
from pathlib import Path

import av
import mutagen.flac
import pytest

from spotrec.store import FeatureStore
from spotrec.track import TrackId
from support.catalogue import fill, scattered, song
from support.music import encoded, tune, write_tagged
from support.players import picture
from support.servers import Answer, FakeDeezer, serving
from support.service import Served, served

OWN, COVERED, GONE, TEXT, KNOWN, UNKNOWN = (song(400 + n) for n in range(6))
ISRC, NO_ISRC = "GBAYE0000001", "GBAYE0000002"


@pytest.fixture(scope="module")
def deezer() -> Iterator[FakeDeezer]:
    with serving(FakeDeezer()) as server:
        assert isinstance(server, FakeDeezer)
        server.previews[ISRC] = encoded(tune(5))
        yield server


@pytest.fixture(scope="module")
def listening(
    catalogue: Path, tmp_path_factory: pytest.TempPathFactory, deezer: FakeDeezer
) -> Iterator[tuple[Served, Path]]:
    """A service that may fetch, over tracks with a file, a cover, a file that is gone, no audio, and a preview."""
    folder = tmp_path_factory.mktemp("listening") / "data"
    shutil.copytree(catalogue, folder)
    own, covered = (
        write_tagged(folder / "music" / f"{name}.flac", tune(n)) for n, name in enumerate(("own", "covered"))
    )
    file = mutagen.flac.FLAC(covered)
    art = mutagen.flac.Picture()
    art.data, art.mime, art.type = picture(800, 600), "image/png", 3
    file.add_picture(art)
    file.save()
    (folder / "notes.txt").write_text("private notes")
    paths = {OWN: own, COVERED: covered, GONE: folder / "gone.mp3", TEXT: folder / "notes.txt"}
    tracks = [song(400 + n, path=str(path)) for n, path in enumerate(paths.values())]
    tracks += [song(404, isrc=ISRC), song(405, isrc=NO_ISRC)]
    with FeatureStore(folder / "spotrec.db") as store:
        fill(store, tracks, scattered(len(tracks)))
    settings = {
        "ears": ["choi-1"],
        "providers": ("file", "deezer"),
        "deezer_api_url": deezer.url,
        "deezer_limit": "10000/1",
        "preview_hosts": (f"127.0.0.1:{deezer.port}",),
    }
    with served(folder, settings, fetch=True) as running:
        yield running, folder


def test_an_own_file_is_played_and_can_be_sought_in(listening: tuple[Served, Path]) -> None:
    service, folder = listening
    whole = (folder / "music" / "own.flac").read_bytes()
    address = f"/v1/tracks/{OWN.id}/preview"
    answer = service.get(address)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "audio/flac")
    assert answer.content == whole
    for wanted, part in (
        ("bytes=10-19", whole[10:20]),
        ("bytes=100-", whole[100:]),
        ("bytes=-7", whole[-7:]),
        ("bytes=0-", whole),
        ("Bytes=0-0", whole[:1]),
        (f"bytes=0-{len(whole) - 1}", whole),
        (f"bytes=-{len(whole) + 1}", whole),
        (f"bytes=5-{len(whole) + 1000}", whole[5:]),
    ):
        answer = service.http.get(address, headers={"Range": wanted})
        assert (answer.status_code, answer.content) == (206, part)
    assert answer.headers["content-range"] == f"bytes 5-{len(whole) - 1}/{len(whole)}"
    behind = service.http.get(address, headers={"Range": f"bytes={len(whole)}-"})
    assert (behind.status_code, behind.headers["content-range"]) == (416, f"bytes */{len(whole)}")
    same = service.http.get(address, headers={"If-None-Match": answer.headers["etag"]})
    assert same.status_code == 304
    held = {"If-None-Match": answer.headers["etag"], "Range": f"bytes={len(whole)}-"}
    assert service.http.get(address, headers=held).status_code == 304  # what the client holds comes first


@pytest.mark.parametrize("odd", ["bytes=a-b", "bytes=-", "bytes=1-2,4-5", "lines=1-2", "bytes=9" + "9" * 400 + "-"])
def test_a_range_that_makes_no_sense_gives_the_whole_file(odd: str, listening: tuple[Served, Path]) -> None:
    answer = listening[0].http.get(f"/v1/tracks/{OWN.id}/preview", headers={"Range": odd})
    assert answer.status_code == 200


def test_a_file_that_is_no_audio_is_never_handed_out(listening: tuple[Served, Path]) -> None:
    answer = listening[0].get(f"/v1/tracks/{TEXT.id}/preview")
    assert answer.status_code == 404
    assert "private" not in answer.text


def test_a_preview_is_fetched_once_and_not_stored(listening: tuple[Served, Path], deezer: FakeDeezer) -> None:
    service, folder = listening
    address = f"/v1/tracks/{KNOWN.id}/preview"
    answer = service.get(address)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "audio/mpeg")
    assert answer.content == deezer.previews[ISRC]
    part = service.http.get(address, headers={"Range": "bytes=0-9"})
    assert part.content == deezer.previews[ISRC][:10]
    assert deezer.asked("/preview") == 1
    assert service.recommender.session.store().audio.get(TrackId(KNOWN.id)) is None
    assert not list((folder / "cache").rglob("*.mp3"))


def test_why_there_is_no_preview_is_said(listening: tuple[Served, Path], deezer: FakeDeezer) -> None:
    service, _ = listening
    problem = service.problem(f"/v1/tracks/{UNKNOWN.id}/preview", 404)
    assert "deezer: Deezer does not have it" in problem["detail"]
    asked = len(deezer.requests)
    service.problem(f"/v1/tracks/{UNKNOWN.id}/preview", 404)
    assert len(deezer.requests) == asked  # the answer counts for days
    assert service.get(f"/v1/tracks/{GONE.id}/preview").status_code == 404


def test_a_preview_that_is_too_large_is_not_read_to_its_end(listening: tuple[Served, Path], deezer: FakeDeezer) -> None:
    service, folder = listening
    deezer.previews["GBAYE0000003"] = b"x"
    deezer.faults["/preview/GBAYE0000003"] = [Answer(bytes(100_000), is_endless=True)]
    with FeatureStore(folder / "spotrec.db") as store:
        store.tracks.add([song(410, isrc="GBAYE0000003")])
    assert service.get(f"/v1/tracks/{song(410).id}/preview").status_code in (404, 502)


def test_a_service_that_fetches_nothing_says_so(service: Served) -> None:
    problem = service.problem(f"/v1/tracks/{song(1).id}/preview", 404)
    assert problem["type"] == "urn:spotrec:problem:not-fetched"


def test_the_picture_in_a_file_is_sent_small(listening: tuple[Served, Path]) -> None:
    service, _ = listening
    answer = service.get(f"/v1/tracks/{COVERED.id}/cover", size=200)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "image/jpeg")
    with av.open(io.BytesIO(answer.content), mode="r") as image:
        frame = next(image.decode(video=0))
        assert (frame.width, frame.height) == (200, 150)
    same = service.http.get(answer.request.url, headers={"If-None-Match": answer.headers["etag"]})
    assert same.status_code == 304


def test_a_track_without_a_picture_has_no_cover(listening: tuple[Served, Path]) -> None:
    service, _ = listening
    for track in (OWN, GONE, TEXT, KNOWN):
        assert service.problem(f"/v1/tracks/{track.id}/cover", 404)["title"] == "The track has no cover"
    assert service.problem("/v1/tracks/no/cover", 404)["title"] == "There is no such thing"
