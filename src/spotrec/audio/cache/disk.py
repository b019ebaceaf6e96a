"""The audio cache in a folder."""

import os
import stat
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path

from spotrec.audio.cache.protocol import CachedObject, check_round_trip, too_large
from spotrec.errors import CacheError
from spotrec.system.digests import sha256_of_file
from spotrec.system.files import PART_PREFIX, STALE_PART_S, open_regular, sweep_parts, translated, write_whole
from spotrec.track import TrackId


class DiskAudioCache:
    """Audio in a folder, one file for each key. A file gets its name only when it is complete."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.address = str(folder)
        self._is_swept = False

    def put(self, key: str, audio: bytes, *, content_type: str, sha256: str, track_id: TrackId) -> None:  # noqa: ARG002 - a folder keeps no metadata
        with self._translated():
            self.folder.mkdir(parents=True, exist_ok=True)
            if not self._is_swept:
                self._is_swept = True
                sweep_parts(self.folder, STALE_PART_S)
            # a file that a power cut shortened is found by its sha256
            write_whole(self.folder / key, lambda part: part.write_bytes(audio), mode=0o600, survives_power_cut=False)

    def get(self, key: str, max_bytes: int | None = None) -> bytes | None:
        with self._translated():
            try:
                with open_regular(self.folder / key) as file:
                    if max_bytes is not None and os.fstat(file.fileno()).st_size > max_bytes:
                        raise too_large(file.name, max_bytes)
                    return file.read()
            except FileNotFoundError:
                return None

    def sha256(self, key: str) -> str | None:
        with self._translated():
            try:
                return sha256_of_file(self.folder / key)
            except FileNotFoundError:
                return None

    def delete(self, key: str) -> None:
        with self._translated():
            (self.folder / key).unlink(missing_ok=True)

    def objects(self) -> Iterator[CachedObject]:
        with self._translated():
            names = sorted(path.name for path in self.folder.iterdir()) if self.folder.is_dir() else []
        for name in names:
            if not name.startswith(PART_PREFIX) and (found := self._object(name)):
                yield found

    def check(self) -> None:
        check_round_trip(self)

    def _object(self, name: str) -> CachedObject | None:
        with self._translated():
            try:
                found = (self.folder / name).lstat()
            except FileNotFoundError:  # deleted since the folder was listed
                return None
        return CachedObject(name, found.st_size, found.st_mtime) if stat.S_ISREG(found.st_mode) else None

    def _translated(self) -> AbstractContextManager[None]:
        return translated(
            f"no room in the audio cache {self.folder}",
            lambda why: CacheError(
                f"the audio cache {self.folder} cannot be used: {why}", "choose another with `cache`"
            ),
            "free some space, or use `cache`",
        )
