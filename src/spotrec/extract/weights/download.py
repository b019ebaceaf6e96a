"""Weights that are one file at a URL."""

from dataclasses import dataclass
from pathlib import Path

from spotrec.errors import WeightsError
from spotrec.extract.weights.published_files import MOST_BYTES, PublishedFile, read_source
from spotrec.progress import Progress
from spotrec.settings import Settings, without_password


@dataclass(frozen=True, slots=True)
class Download:
    """The file at the URL in the setting `url_setting`.

    `redirects`: the only other hosts that may answer, if the URL redirects. None: any host of the public internet.
    """

    whose: str
    file: PublishedFile
    url_setting: str
    setting: str | None = None
    redirects: tuple[str, ...] | None = None

    @property
    def files(self) -> tuple[PublishedFile, ...]:
        return (self.file,)

    @property
    def n_bytes(self) -> int:
        return self.file.n_bytes

    def fetch(self, settings: Settings, progress: Progress) -> dict[str, bytes]:
        from spotrec.net.hosts import host_of
        from spotrec.net.http import HttpClient  # a query checks weights too, without the network

        url = getattr(settings, self.url_setting)
        allowed = None if self.redirects is None else (host_of(url), *self.redirects)
        with HttpClient(settings) as http, progress.meter("weights", self.n_bytes, "bytes") as meter:
            try:
                content = http.download(url, max_bytes=MOST_BYTES, allowed_hosts=allowed, on_bytes=meter.advance)
            except http.errors as exc:
                raise WeightsError(f"{self.whose} weights cannot be downloaded: {exc}", "try again later") from exc
        return {self.file.name: content}

    def read(self, source: Path) -> dict[str, bytes]:
        return {self.file.name: read_source(source, self)}

    def address(self, settings: Settings) -> str:
        return without_password(getattr(settings, self.url_setting))
