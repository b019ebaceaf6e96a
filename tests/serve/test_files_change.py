"""The store and the index change under a service that runs: it goes on with what is there now, and loses nothing."""

import shutil
from pathlib import Path

import pytest

from spotrec.store import FeatureStore
from support.catalogue import song
from support.service import Served, served

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
