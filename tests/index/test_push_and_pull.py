"""An index in a bucket: published whole, taken whole, whatever breaks off, and nothing in it believed."""

import hashlib
import io
import json
import os
import resource
import shutil
import signal
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from spotrec.errors import CacheError, CacheRefused, DiskFull, IndexFault, NotFound, SpotrecError
from spotrec.index.backends.exact import BOUNDED_FROM
from spotrec.index.build import build
from spotrec.index.index import Index, load
from spotrec.index.pull import IndexPull, pull
from spotrec.index.push import push
from spotrec.progress import Silent
from spotrec.s3.files import S3Files
from spotrec.s3.place import S3Place
from spotrec.settings import Settings
from spotrec.store import Catalogue
from spotrec.track import Ears, ModelId, TrackId
from support import faulty_s3
from support.earlier_index import give_short_forms
from support.faulty_s3 import FaultyS3, faulty, refused
from support.s3 import S3Server
from support.waiting import wait_until

MODEL = ModelId("made-up", 1, 160, "0123abcd")
EARS = Ears.of(MODEL)


def built(root: Path, n: int = 60, seed: int = 0, backend: Any = "auto", model: ModelId = MODEL) -> Index:
    random = np.random.default_rng(seed)
    catalogue = Catalogue(
        [TrackId(f"file:{i:032x}") for i in range(n)],
        random.standard_normal((n, model.dim)).astype(np.float32),
        random.random((n, 5)).astype(np.float32),
    )
    return build(root, Ears.of(model), catalogue, progress=Silent(), backend=backend, trees=3)


def settings(server: S3Server, **more: Any) -> Settings:
    return Settings(
        aws_access_key_id=server.access_key,
        aws_secret_access_key=server.secret_key,
        aws_region="us-east-1",
        aws_endpoint_url=server.url,
        **more,
    )


class Bucket:
    """A prefix in a bucket of a test's own, behind a proxy that breaks what it is told to."""

    def __init__(self, server: S3Server, proxy: FaultyS3) -> None:
        self.server, self.proxy, self.name = server, proxy, server.make_bucket()
        place = S3Place(f"s3://{self.name}/some/prefix", settings(proxy.server, timeout_s=1), "this")
        self.files = S3Files(place)
        self.touched: set[str] = set()

    def keys(self) -> list[str]:
        found = self.server.client().list_objects_v2(Bucket=self.name)
        return [entry["Key"].removeprefix("some/prefix/") for entry in found.get("Contents", [])]

    def put(self, key: str, content: bytes) -> None:
        self.touched.add(key)
        self.server.client().put_object(Bucket=self.name, Key=f"some/prefix/{key}", Body=content)

    def get(self, key: str) -> bytes:
        return self.server.client().get_object(Bucket=self.name, Key=f"some/prefix/{key}")["Body"].read()

    def change_manifest(self, index: Index, change: Callable[[dict[str, Any]], None]) -> None:
        key = f"{index.name}/manifest.json"
        fields = json.loads(self.get(key))
        change(fields)
        self.put(key, json.dumps(fields).encode())

    def change_file(self, index: Index, name: str, content: bytes) -> None:
        """Another file, with which the manifest agrees."""
        self.put(f"{index.name}/{name}", content)
        seal = {"n_bytes": len(content), "mtime_ns": 1, "sha256": hashlib.sha256(content).hexdigest()}
        self.change_manifest(index, lambda fields: fields["files"].update({name: seal}))


@pytest.fixture
def bucket(s3: S3Server) -> Iterator[Bucket]:
    with faulty(s3) as proxy:
        yield Bucket(s3, proxy)


def pushed(root: Path, bucket: Bucket) -> Any:
    return push(root, EARS, bucket.files, Silent())


def pulled(root: Path, bucket: Bucket) -> IndexPull:
    return pull(root, EARS, bucket.files, Silent())


def files_of(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.name != "manifest.json"}


def is_empty(root: Path) -> bool:
    """No index came into use."""
    return not (root / str(EARS) / "current").exists()


@pytest.mark.parametrize("backend", ["exact", "annoy"])
def test_what_is_pulled_is_what_was_pushed_and_finds_the_same(tmp_path: Path, bucket: Bucket, backend: Any) -> None:
    index = built(tmp_path / "here", 300, backend=backend)
    report = pushed(tmp_path / "here", bucket)
    assert (report.index, report.n_tracks, report.n_bytes_there) == (index.name, 300, 0)
    assert report.address == f"s3://{bucket.name}/some/prefix/{index.name}"
    taken = pulled(tmp_path / "there", bucket)
    assert taken.index.name == index.name
    assert files_of(taken.index.folder) == files_of(index.folder)
    assert taken.n_bytes == report.n_bytes == sum(map(len, files_of(index.folder).values()))
    point = index.segments[0].vectors[7]
    assert taken.index.nearest(point, 10) == index.nearest(point, 10)
    assert sorted(path.name for path in (tmp_path / "there").rglob("*")) == sorted(
        [
            ".pulling",
            ".lock",
            str(EARS),
            ".lock",
            "current",
            index.folder.name,
            *(p.name for p in index.folder.iterdir()),
        ]
    )


def test_an_index_of_an_earlier_version_is_pulled_and_finds_the_same(tmp_path: Path, bucket: Bucket) -> None:
    index = built(tmp_path / "there", BOUNDED_FROM)
    points = index.place(np.random.default_rng(1).standard_normal((3, 160)).astype(np.float32))
    expected = [index.nearest(point, 10) for point in points]
    give_short_forms(index.folder)
    pushed(tmp_path / "there", bucket)
    pulled(tmp_path / "here", bucket)
    found = load(tmp_path / "here", EARS)
    assert "bounds.npy" in found.manifest.files
    assert [found.nearest(point, 10) for point in points] == expected


def test_the_seals_are_those_of_the_files_here(tmp_path: Path, bucket: Bucket) -> None:
    built(tmp_path / "here")
    pushed(tmp_path / "here", bucket)
    folder = pulled(tmp_path / "there", bucket).index.folder
    for name, seal in load(tmp_path / "there", EARS).manifest.files.items():
        assert (folder / name).stat().st_mtime_ns == seal.mtime_ns, "else each query would hash it again"


def test_large_files_go_in_pieces_and_no_half_upload_is_left(tmp_path: Path, bucket: Bucket) -> None:
    index = built(tmp_path / "here", 15_000, backend="exact")
    assert (index.folder / "vectors.npy").stat().st_size > 9_000_000
    bucket.proxy.break_("PUT", refused(503, "SlowDown"), path="partNumber=2", times=2)
    bucket.proxy.break_("PUT", faulty_s3.reset, path="partNumber=1", times=1)
    pushed(tmp_path / "here", bucket)
    bucket.proxy.mend()
    bucket.proxy.break_("GET", faulty_s3.cut, path="vectors.npy", times=2)
    taken = pulled(tmp_path / "there", bucket)
    assert files_of(taken.index.folder) == files_of(index.folder)
    bucket.proxy.mend()
    built(tmp_path / "here", 15_000, seed=1, backend="exact")
    bucket.proxy.break_("PUT", refused(403, "AccessDenied"), path="partNumber=2")
    with pytest.raises(CacheRefused):
        pushed(tmp_path / "here", bucket)
    assert not bucket.server.client().list_multipart_uploads(Bucket=bucket.name).get("Uploads")


class TestPushing:
    def test_files_come_first_the_manifest_next_and_the_pointer_last(self, tmp_path: Path, bucket: Bucket) -> None:
        index = built(tmp_path)
        pushed(tmp_path, bucket)
        put = [r.path.rpartition("/")[2] for r in bucket.proxy.requests if r.method == "PUT"]
        assert put == [*sorted(index.manifest.files), "manifest.json", "current"]

    def test_what_is_there_already_is_not_sent_again(self, tmp_path: Path, bucket: Bucket) -> None:
        built(tmp_path)
        first = pushed(tmp_path, bucket)
        again = pushed(tmp_path, bucket)
        assert (again.n_bytes, again.n_bytes_there) == (0, first.n_bytes)

    @pytest.mark.parametrize("stops_at", ["vectors.npy", "manifest.json", "current"])
    def test_a_reader_never_sees_half_of_one_and_a_rerun_goes_on(
        self, tmp_path: Path, bucket: Bucket, stops_at: str
    ) -> None:
        before = built(tmp_path / "here", seed=1)
        pushed(tmp_path / "here", bucket)
        after = built(tmp_path / "here", seed=2)
        bucket.proxy.break_("PUT", refused(403, "AccessDenied"), path=stops_at)
        with pytest.raises(CacheRefused):
            pushed(tmp_path / "here", bucket)
        assert pulled(tmp_path / "there", bucket).index.name == before.name
        bucket.proxy.mend()
        sent = pushed(tmp_path / "here", bucket)
        assert sent.n_bytes_there > 0
        assert pulled(tmp_path / "there", bucket).index.name == after.name

    def test_a_damaged_index_is_not_published(self, tmp_path: Path, bucket: Bucket) -> None:
        folder = built(tmp_path).folder
        stat = (folder / "vectors.npy").stat()
        content = bytearray((folder / "vectors.npy").read_bytes())
        content[-1] ^= 1
        (folder / "vectors.npy").write_bytes(content)
        os.utime(folder / "vectors.npy", ns=(stat.st_atime_ns, stat.st_mtime_ns))  # its seal looks unbroken
        with pytest.raises(IndexFault, match=r"vectors\.npy is not the file"):
            pushed(tmp_path, bucket)
        assert bucket.keys() == []

    def test_without_an_index_there_is_nothing_to_publish(self, tmp_path: Path, bucket: Bucket) -> None:
        with pytest.raises(IndexFault, match="no index"):
            pushed(tmp_path, bucket)

    def test_encryption_goes_with_it(self, tmp_path: Path, bucket: Bucket) -> None:
        built(tmp_path)
        place = S3Place(
            f"s3://{bucket.name}/some/prefix", settings(bucket.proxy.server, s3_encryption="AES256"), "this"
        )
        push(tmp_path, EARS, S3Files(place), Silent())
        put = [request.headers for request in bucket.proxy.requests if request.method == "PUT"]
        assert {headers.get("x-amz-server-side-encryption") for headers in put} == {"AES256"}


class TestPulling:
    def test_where_none_was_published_that_is_said(self, tmp_path: Path, bucket: Bucket) -> None:
        with pytest.raises(NotFound, match=r"no index of made-up-1\+0123abcd at s3://"):
            pulled(tmp_path, bucket)

    def test_another_models_index_is_not_taken(self, tmp_path: Path, bucket: Bucket) -> None:
        index = built(tmp_path / "here")
        pushed(tmp_path / "here", bucket)
        other = Ears.of(ModelId("made-up", 2, 160))
        with pytest.raises(NotFound):
            pull(tmp_path / "there", other, bucket.files, Silent())
        for key in [*index.manifest.files, "manifest.json"]:  # even where somebody put it in its place
            bucket.put(f"{other}/{index.folder.name}/{key}", bucket.get(f"{index.name}/{key}"))
        bucket.put(f"{other}/current", index.folder.name.encode())
        with pytest.raises(IndexFault, match="belongs to another model"):
            pull(tmp_path / "there", other, bucket.files, Silent())
        assert not (tmp_path / "there" / str(other) / "current").exists()

    def test_what_is_here_already_is_not_fetched(self, tmp_path: Path, bucket: Bucket) -> None:
        built(tmp_path, seed=1)
        pushed(tmp_path, bucket)
        built(tmp_path, seed=2)
        bucket.proxy.requests.clear()
        taken = pulled(tmp_path, bucket)
        assert (taken.n_bytes, bucket.proxy.asked("GET")) == (0, 1)
        assert taken.n_bytes_here == sum(seal.n_bytes for seal in taken.index.manifest.files.values())
        assert load(tmp_path, EARS).name == taken.index.name

    def test_stopped_midway_it_goes_on(self, tmp_path: Path, bucket: Bucket) -> None:
        index = built(tmp_path / "here", 15_000, backend="exact")
        pushed(tmp_path / "here", bucket)
        bucket.proxy.break_("GET", faulty_s3.reset, path="vectors.npy")
        with pytest.raises(CacheError):
            pulled(tmp_path / "there", bucket)
        assert is_empty(tmp_path / "there")
        aside = tmp_path / "there" / ".pulling" / index.name
        assert (aside / "space.npz").read_bytes() == (index.folder / "space.npz").read_bytes()
        whole = (index.folder / "vectors.npy").read_bytes()
        (aside / "vectors.npy").write_bytes(whole[:8_500_000])  # as a kill leaves it
        bucket.proxy.mend()
        taken = pulled(tmp_path / "there", bucket)
        assert taken.n_bytes == len(whole) - 8_500_000
        assert files_of(taken.index.folder) == files_of(index.folder)

    @pytest.mark.parametrize("left", [b"garbage", b"x" * 38_528, b"x" * 1_000_000], ids=["short", "as long", "long"])
    def test_what_a_crash_left_damaged_is_fetched_anew(self, tmp_path: Path, bucket: Bucket, left: bytes) -> None:
        index = built(tmp_path / "here")
        pushed(tmp_path / "here", bucket)
        aside = tmp_path / "there" / ".pulling" / index.name
        aside.mkdir(parents=True)
        (aside / "vectors.npy").write_bytes(left)
        (aside / "stray").write_bytes(b"x")
        (aside.parent / "0123456789abcdef").mkdir()
        assert files_of(pulled(tmp_path / "there", bucket).index.folder) == files_of(index.folder)

    def test_two_at_once_do_not_mix(self, tmp_path: Path, bucket: Bucket) -> None:
        import fcntl

        built(tmp_path / "here")
        pushed(tmp_path / "here", bucket)
        (tmp_path / "there" / ".pulling").mkdir(parents=True)
        with (tmp_path / "there" / ".pulling" / ".lock").open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            with pytest.raises(IndexFault, match="another pull is running"):
                pulled(tmp_path / "there", bucket)
        pulled(tmp_path / "there", bucket)

    def test_an_index_that_cannot_fit_is_refused_before_it_is_fetched(
        self, tmp_path: Path, bucket: Bucket, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        built(tmp_path / "here")
        pushed(tmp_path / "here", bucket)
        usage = shutil.disk_usage(tmp_path)
        monkeypatch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=10_000_100))
        with pytest.raises(DiskFull, match="has 10 MB free"):
            pulled(tmp_path / "there", bucket)

    def test_a_disk_that_is_full_before_it_is_complete_is_freed_of_it(self, tmp_path: Path, bucket: Bucket) -> None:
        built(tmp_path / "here")
        pushed(tmp_path / "here", bucket)
        soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
        try:
            resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, hard))
            with pytest.raises(DiskFull, match="no room"):
                pulled(tmp_path / "there", bucket)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        assert not n_bytes_below(tmp_path / "there")

    def test_killed_at_any_moment_nothing_is_half_there(self, tmp_path: Path, bucket: Bucket, s3: S3Server) -> None:
        index = built(tmp_path / "here", 15_000, backend="exact")
        pushed(tmp_path / "here", bucket)
        code = (
            "import sys; from pathlib import Path; from spotrec.index.pull import pull\n"
            "from spotrec.s3.files import S3Files; from spotrec.s3.place import S3Place\n"
            "from spotrec.settings import resolve; from spotrec.progress import Silent\n"
            "from spotrec.track import Ears, ModelId\n"
            "files = S3Files(S3Place(sys.argv[2], resolve(), 'this'))\n"
            "pull(Path(sys.argv[1]), Ears.of(ModelId('made-up', 1, 160, '0123abcd')), files, Silent())\n"
        )
        environment = {
            **os.environ,
            "AWS_ENDPOINT_URL": s3.url,
            "AWS_ACCESS_KEY_ID": s3.access_key,
            "AWS_SECRET_ACCESS_KEY": s3.secret_key,
            "AWS_DEFAULT_REGION": "us-east-1",
        }
        command = [sys.executable, "-c", code, str(tmp_path / "there"), f"s3://{bucket.name}/some/prefix"]
        for n_bytes in (1, 3_000_000, 8_000_000):
            process = subprocess.Popen(command, env=environment)

            def is_under_way(process: Any = process, n_bytes: int = n_bytes) -> bool:
                return process.poll() is not None or n_bytes_below(tmp_path / "there") >= n_bytes

            wait_until(is_under_way, every_s=0.002)
            process.send_signal(signal.SIGKILL)
            process.wait()
            if not is_empty(tmp_path / "there"):
                load(tmp_path / "there", EARS, thorough=True)
        subprocess.run(command, env=environment, check=True)
        assert files_of(load(tmp_path / "there", EARS, thorough=True).folder) == files_of(index.folder)


def n_bytes_below(folder: Path) -> int:
    total = 0
    for path in folder.rglob("*"):
        with suppress(FileNotFoundError):  # it was renamed meanwhile
            total += path.stat().st_size if path.is_file() else 0
    return total


def npy(array: Any) -> bytes:
    file = io.BytesIO()
    np.save(file, array)
    return file.getvalue()


def npz(**arrays: Any) -> bytes:
    file = io.BytesIO()
    np.savez_compressed(file, **arrays)
    return file.getvalue()


@pytest.fixture(scope="module")
def indexes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two indexes in folders of their own."""
    root = tmp_path_factory.mktemp("indexes")
    built(root / "here", backend="annoy")
    built(root / "there", seed=5)
    return root


@pytest.fixture(scope="module")
def published(s3: S3Server, indexes: Path) -> Iterator[Bucket]:
    with faulty(s3) as proxy:
        bucket = Bucket(s3, proxy)
        pushed(indexes / "here", bucket)
        yield bucket


class TestHostile:
    @pytest.fixture
    def bucket(self, published: Bucket, indexes: Path) -> Iterator[Bucket]:
        """Where one index was published; what a test does to it is undone."""
        yield published
        published.proxy.mend()
        published.proxy.requests.clear()
        for key in published.touched:
            path = indexes / "here" / key
            published.put(key, path.read_bytes() if path.is_file() else b"")
        published.touched.clear()

    @pytest.fixture
    def index(self, indexes: Path, tmp_path: Path) -> Index:
        """The one that was published; another is in use where it is pulled."""
        shutil.copytree(indexes, tmp_path, dirs_exist_ok=True)
        return load(tmp_path / "here", EARS)

    def refusal(self, tmp_path: Path, bucket: Bucket) -> str:
        """What a pull says; what was in use before still is, and nothing else came into being."""
        before = load(tmp_path / "there", EARS, thorough=True).name
        outside = sorted(path for path in tmp_path.iterdir())
        with pytest.raises(SpotrecError) as caught:
            pulled(tmp_path / "there", bucket)
        assert load(tmp_path / "there", EARS, thorough=True).name == before
        assert sorted(tmp_path.iterdir()) == outside
        assert caught.value.hint
        return caught.value.message

    @pytest.mark.parametrize(
        "pointer", [b"", b"../../../etc", b"..", b"/etc", b"a/b", b"x" * 65, b"y" * 300, b"\xff", "ä".encode()]
    )
    def test_a_pointer_leads_nowhere_else(self, tmp_path: Path, bucket: Bucket, index: Index, pointer: bytes) -> None:
        bucket.put(f"{MODEL}/current", pointer)
        assert "is not valid" in (said := self.refusal(tmp_path, bucket)) or "too large" in said

    @pytest.mark.parametrize(
        "manifest",
        [b"", b"{}", b"[]", b"null", b"\xff\xfe", b'{"format": 99}', b"[" * 100_000, b"x" * 1_000_001],
        ids=["empty", "object", "list", "null", "bytes", "later format", "deep", "large"],
    )
    def test_a_manifest_that_is_none_is_refused(
        self, tmp_path: Path, bucket: Bucket, index: Index, manifest: bytes
    ) -> None:
        bucket.put(f"{index.name}/manifest.json", manifest)
        assert "cannot be used" in (said := self.refusal(tmp_path, bucket)) or "too large" in said

    @pytest.mark.parametrize(
        "change",
        [
            lambda f: f.update(n_tracks=-1),
            lambda f: f.update(dim="160"),
            lambda f: f.update(files=[]),
            lambda f: f["files"].update({"../evil": f["files"]["ids.npy"]}),
            lambda f: f["files"].update({"/tmp/evil": f["files"]["ids.npy"]}),
            lambda f: f["files"].update({"manifest.json": f["files"]["ids.npy"]}),
            lambda f: f["files"].update({"current": f["files"]["ids.npy"]}),
            lambda f: f["files"]["ids.npy"].update(n_bytes=-5),
            lambda f: f["files"]["ids.npy"].update(n_bytes="5"),
            lambda f: f["files"]["ids.npy"].pop("sha256"),
            lambda f: f["files"].update({"gone.npy": f["files"]["ids.npy"]}),
            lambda f: f["files"].update({"cells.npy": f["files"]["ids.npy"]}),
            lambda f: f["files"]["ids.npy"].update(n_bytes=10**15),
            lambda f: f["files"]["space.npz"].update(n_bytes=10**9),
            lambda f: [seal.update(n_bytes=2**62) for seal in f["files"].values()],
            lambda f: f.update(trees=2**62),
        ],
    )
    def test_a_manifest_that_makes_no_sense_is_refused(
        self, tmp_path: Path, bucket: Bucket, index: Index, change: Any
    ) -> None:
        bucket.change_manifest(index, change)
        assert "cannot be used" in self.refusal(tmp_path, bucket)
        assert not [r for r in bucket.proxy.requests if r.method == "GET" and r.path.endswith("vectors.npy")]

    @pytest.mark.parametrize(
        ("change", "said"),
        [
            (lambda f: f.update(model="other-1"), "belongs to another model"),
            (lambda f: f.update(backend="hnsw"), "has no index backend 'hnsw'"),
            (lambda f: f.update(dim=161), "belongs to another model"),
            (lambda f: f.update(dim=16), "cannot be used"),
            (lambda f: (f.update(n_tracks=2**31 - 1), f["files"]["vectors.npy"].update(n_bytes=10**12)), " MB free"),
            (lambda f: f["files"]["ids.npy"].update(n_bytes=7), "has the wrong size"),
            (lambda f: f["files"]["ids.npy"].update(sha256="0" * 64), "does not match its manifest"),
            (lambda f: f["files"].pop("vectors.npy"), "cannot be used"),
            (lambda f: f.update(n_tracks=59), "cannot be used"),
        ],
    )
    def test_a_manifest_that_lies_is_found_out(
        self, tmp_path: Path, bucket: Bucket, index: Index, change: Any, said: str
    ) -> None:
        bucket.change_manifest(index, change)
        assert said in self.refusal(tmp_path, bucket)

    def test_a_file_that_is_missing_is_named(self, tmp_path: Path, bucket: Bucket, index: Index) -> None:
        key = f"{index.name}/vectors.npy"
        bucket.touched.add(key)
        bucket.server.client().delete_object(Bucket=bucket.name, Key=f"some/prefix/{key}")
        assert "vectors.npy is missing" in self.refusal(tmp_path, bucket)

    def test_files_that_changed_are_found_out(self, tmp_path: Path, bucket: Bucket, index: Index) -> None:
        content = bytearray(bucket.get(f"{index.name}/vectors.npy"))
        content[200] ^= 1
        bucket.put(f"{index.name}/vectors.npy", bytes(content))
        assert "does not match its manifest" in self.refusal(tmp_path, bucket)
        bucket.put(f"{index.name}/vectors.npy", bytes(content[:-1]))
        assert "wrong size" in self.refusal(tmp_path, bucket)

    def test_what_can_be_no_index_never_comes_into_use(self, tmp_path: Path, bucket: Bucket, index: Index) -> None:
        vectors = np.load(index.folder / "vectors.npy")
        bucket.change_file(index, "vectors.npy", npy(np.full_like(vectors, np.nan)))
        assert "cannot be used: its vectors are not of unit length" in self.refusal(tmp_path, bucket)

    def test_a_space_that_would_unpack_to_40_gigabytes_is_refused(
        self, tmp_path: Path, bucket: Bucket, index: Index
    ) -> None:
        header = io.BytesIO()
        np.lib.format.write_array_header_1_0(
            header, {"descr": "<f4", "fortran_order": False, "shape": (10_000_000_000,)}
        )
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w") as file:
            for name in ("weights", "axes", "mean_0", "scale_0", "projection_0"):
                file.writestr(f"{name}.npy", header.getvalue() + bytes(1000))
        bucket.change_file(index, "space.npz", packed.getvalue())
        assert "cannot be used: " in self.refusal(tmp_path, bucket)

    def test_no_pickle_is_opened(self, tmp_path: Path, bucket: Bucket, index: Index) -> None:
        class Evil:
            def __reduce__(self) -> Any:
                return Path.touch, (tmp_path / "evil",)

        bucket.change_file(index, "ids.npy", npy(np.array([Evil()] * 60, dtype=object)))
        assert "cannot be used" in self.refusal(tmp_path, bucket)
        assert not (tmp_path / "evil").exists()

    @pytest.mark.parametrize("cut_to", [0, 1000])
    def test_trees_that_are_none_crash_nothing(self, tmp_path: Path, bucket: Bucket, index: Index, cut_to: int) -> None:
        trees = (index.folder / "trees.ann").read_bytes()
        bucket.change_file(index, "trees.ann", trees[:cut_to])
        assert "cannot be used" in self.refusal(tmp_path, bucket)
        bucket.change_file(index, "trees.ann", np.random.default_rng(0).bytes(len(trees)))
        assert "cannot be used" in self.refusal(tmp_path, bucket)

    def test_a_server_that_ignores_ranges_gives_nothing(self, tmp_path: Path, bucket: Bucket, index: Index) -> None:
        bucket.proxy.break_("GET", faulty_s3.says(200, b"x" * 5_000_000), path="vectors.npy")
        assert "has changed its size" in self.refusal(tmp_path, bucket)

    @pytest.mark.parametrize("path", ["current", "manifest.json", "vectors.npy"])
    def test_a_server_whose_answer_does_not_end_fills_no_memory(
        self, tmp_path: Path, bucket: Bucket, index: Index, path: str
    ) -> None:
        sent = 0

        def endless(connection: Any, request: Any) -> None:
            nonlocal sent
            n = len(bucket.get(f"{index.name}/vectors.npy")) if path == "vectors.npy" else 5
            head = f"HTTP/1.1 200 OK\r\nContent-Length: {n}\r\nTransfer-Encoding: chunked\r\n\r\n"
            connection.close_connection = True
            with suppress(OSError):
                connection.wfile.write(head.encode())
                while sent < 500_000_000:
                    connection.wfile.write(b"186a0\r\n" + bytes(100_000) + b"\r\n")
                    sent += 100_000

        bucket.proxy.break_("GET", endless, path=path)
        assert "does not speak S3" in self.refusal(tmp_path, bucket)
        assert sent < 50_000_000

    def test_a_server_that_drips_is_not_waited_for(
        self, tmp_path: Path, s3: S3Server, bucket: Bucket, index: Index
    ) -> None:
        place = S3Place(f"s3://{bucket.name}/some/prefix", settings(bucket.proxy.server, timeout_s=0.3), "this")
        place.longest_s = 1.0
        bucket.proxy.break_("GET", faulty_s3.dripping, path="vectors.npy")
        with pytest.raises(CacheError, match="takes too long"):
            pull(tmp_path / "there", EARS, S3Files(place), Silent())
