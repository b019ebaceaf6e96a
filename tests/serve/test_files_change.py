"""The store and the index change under a service that runs: it goes on with what is there now, and loses nothing."""

import asyncio
import errno
import shutil
from pathlib import Path

import httpx
import pytest
from starlette.types import Receive, Scope, Send

from spotrec import Recommender
from spotrec.serve.jobs import Jobs
from spotrec.serve.options import ServeOptions
from spotrec.serve.safety.gate import Gate
from spotrec.store import FeatureStore
from support.catalogue import CHOI, song
from support.service import Served, served
from support.waiting import wait_until

LIKED = {"verb": "like", "track": song(1).id}
ASKED = f"/v1/recommendations?track={song(1).id}"


@pytest.fixture
def folder(catalogue: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(catalogue, tmp_path / "data"))


def liked_in(store: Path) -> int:
    with FeatureStore(store, create=False) as opened:
        return len(opened.taste.signals())


def like(service: Served) -> None:
    assert service.http.post("/v1/taste", json=LIKED).status_code == 200


def test_a_store_in_place_of_another_is_read_and_written_from_then_on(folder: Path, catalogue: Path) -> None:
    store = folder / "spotrec.db"
    with served(folder) as service:
        like(service)
        like(service)
        shutil.copy(catalogue / "spotrec.db", folder / "backup.db")
        for end in ("-wal", "-shm"):
            (folder / f"spotrec.db{end}").unlink(missing_ok=True)
        (folder / "backup.db").replace(store)
        assert service.json("/v1/taste") == []
        like(service)
        assert service.get(ASKED).status_code == 200
    assert liked_in(store) == 1


def test_a_store_that_is_gone_is_said_and_found_again(folder: Path, catalogue: Path) -> None:
    with served(folder) as service:
        assert service.get(ASKED).status_code == 200
        (folder / "spotrec.db").rename(folder / "elsewhere.db")
        for path in (ASKED, "/readyz", "/v1/taste", "/v1/collections"):
            assert service.problem(path, 503)["detail"] == "the server has no music yet", path
        (folder / "elsewhere.db").rename(folder / "spotrec.db")
        for path in (ASKED, "/readyz", "/v1/taste"):
            assert service.get(path).status_code == 200, path


def test_a_service_without_a_store_uses_the_networks_of_the_one_that_comes(tmp_path: Path, catalogue: Path) -> None:
    folder = tmp_path / "later"
    with served(folder, {}) as service:
        service.problem(ASKED, 503)
        service.problem("/readyz", 503)
        shutil.copytree(catalogue, folder, dirs_exist_ok=True)
        assert service.get(ASKED).status_code == 200
        assert service.get("/readyz").status_code == 200


def test_a_map_that_cannot_be_written_is_told_and_not_drawn_for_ever(folder: Path) -> None:
    shutil.rmtree(folder / "maps", ignore_errors=True)
    (folder / "maps" / ".lock").mkdir(parents=True)  # a folder in place of the file
    with served(folder) as service:
        said: list[str] = []

        def is_told() -> bool:
            answer = service.get("/v1/map")
            said.append(answer.text)
            return answer.status_code == 500

        wait_until(is_told, every_s=0.1)
        assert str(folder) not in "".join(said)


def test_a_job_that_cannot_be_queued_takes_no_place_in_the_line(folder: Path, tmp_path: Path) -> None:
    with Recommender(data_dir=folder, ears=[str(CHOI)]) as recommender:
        jobs = Jobs(tmp_path / "gone", recommender)
        for _ in range(50):
            with pytest.raises(FileNotFoundError):  # and not that too many wait
                jobs.add("spotify:album:2up3OPMp9Tb4dAKM2erWXQ")
        jobs.close()


def test_a_full_disk_is_told_wherever_it_is_met() -> None:
    async def full(scope: Scope, receive: Receive, send: Send) -> None:
        raise OSError(errno.ENOSPC, "No space left on device", "/home/me/x")

    gate = Gate(
        full,
        ServeOptions(),
        is_open=lambda _: True,
        body_limits={},
        tell=lambda _, problem: problem.response(),
        is_ending=lambda: False,
    )

    async def asked() -> httpx.Response:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(gate), base_url="http://localhost") as http:
            return await http.get("/")

    answer = asyncio.run(asked())
    assert (answer.status_code, answer.json()["title"]) == (507, "The disk is full")
    assert "/home/me" not in answer.text
