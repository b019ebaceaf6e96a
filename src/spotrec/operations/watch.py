"""Watch: add sources, then follow them: folders at once, lists and links at an interval."""

import os
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event

from spotrec.crawl.labels import apply_labels, read_labels
from spotrec.crawl.report import CrawlReport
from spotrec.crawl.sources.files import folder_collection
from spotrec.errors import NotFound, Reason, SpotrecError, UsageError, quoted
from spotrec.links import AUDIO_SUFFIXES
from spotrec.operations.add import add, build, extract_and_index
from spotrec.operations.library import FOLDER, collection_named
from spotrec.operations.results import AddReport
from spotrec.operations.session import Session
from spotrec.operations.sync import sync
from spotrec.progress import Part, Progress
from spotrec.system.files import from_home, is_hidden, real_path
from spotrec.system.folder_watch import FolderWatch

SETTLED_S = 3.0
"""A file that was changed within this time may still be written: it is left for the next look."""
_WAIT_AT_MOST_S = 20.0
_TICK_S = 0.5
_BUILD_AFTER_S = 20.0
_BUILD_PAUSE = 10
"""An index is built again after this many times the time that the last one took."""
_AGAIN_AFTER_S = 30.0


def watch(
    session: Session,
    sources: Sequence[str],
    *,
    search: Sequence[str],
    labels: Path | None,
    labels_first: bool,
    keep_audio: bool,
    every_s: float,
    stop: Event | None,
    progress: Progress | None,
) -> Iterator[AddReport]:
    """See `Recommender.watch`."""
    shown = progress or session.progress
    follower = _Follower(session, shown, labels, labels_first=labels_first, keep_audio=keep_audio)
    try:
        if sources or search:
            first = add(
                session,
                sources,
                search=search,
                labels=labels,
                labels_first=labels_first,
                keep_audio=keep_audio,
                progress=shown,
            )
            empty = _empty_folders(session, first.crawl, shown)
            if not first.crawl.seen and first.crawl.failed_sources:
                raise first.crawl.failed_sources[0].as_error
            follower.follow([*sources, *search])
            follower.expect_nothing_in(empty)
        else:
            follower.follow(())
            first = follower.look()
            build(session, first, shown)
        again = _still_written(follower, first)
        follower.is_news(first)  # so that it is told once
        yield first
        yield from _rounds(follower, again, every_s, stop or Event())
    except KeyboardInterrupt:
        return


def _empty_folders(session: Session, crawl: CrawlReport, progress: Progress) -> list[Path]:
    """Return the folders that have no audio yet: they are stored, so that they are followed, and are no faults."""
    faults, crawl.failed_sources = crawl.failed_sources, []
    empty = []
    for failed in faults:
        path = real_path(from_home(failed.source))
        if not isinstance(failed.error, NotFound) or not _is_readable_folder(path):
            crawl.failed_sources.append(failed)
            continue
        session.store(create=True).tracks.add([], folder_collection(path))
        progress.note(f"{quoted(str(path))} has no audio files yet: waiting for the first")
        empty.append(path)
    return empty


def _is_readable_folder(path: Path) -> bool:
    try:
        with os.scandir(path):
            return True
    except (OSError, ValueError):
        return False


@dataclass(slots=True)
class _Follower:
    """Follows collections: looks at them again, and builds the index at times.

    Attributes:
        ids: the followed collections.
    """

    session: Session
    progress: Progress
    labels: Path | None
    labels_first: bool = field(kw_only=True)
    keep_audio: bool = field(kw_only=True)
    ids: list[str] = field(default_factory=list)
    _is_outdated: bool = False
    _build_at: float = 0.0
    _faults: dict[str, str] = field(default_factory=dict)
    _told: set[str] = field(default_factory=set)

    def follow(self, names: Sequence[str]) -> None:
        """Follow the collections that these sources are; without names, all of the store."""
        store = self.session.store()
        if not names:
            self.ids = [one.id for one in store.collections.get()]
        for name in names:
            try:
                self.ids.append(collection_named(store, name).id)
            except (NotFound, UsageError):
                self.progress.note(f"{quoted(name)} is no folder and no list: it is not followed")
        n_others = len(self.ids) - len(self.folders)
        followed = [*(quoted(str(folder)) for folder in self.folders), *([f"{n_others:,} lists"] if n_others else ())]
        self.progress.note(f"following {', '.join(followed) or 'nothing'}; Ctrl-C stops")

    def expect_nothing_in(self, folders: Sequence[Path]) -> None:
        """Say no more that these folders have no audio files."""
        self._faults |= {f"{FOLDER}{folder}": f"{folder} contains no audio files" for folder in folders}

    @property
    def folders(self) -> list[Path]:
        """The followed folders."""
        return [Path(id_.removeprefix(FOLDER)) for id_ in self.ids if id_.startswith(FOLDER)]

    def look(self, folders: Sequence[Path] | None = None) -> AddReport:
        """Look at some followed folders again, or (None) at all that is followed, and extract what is new."""
        ids = self.ids
        if folders is not None:
            here = {one.id for one in self.session.store().collections.get()}
            ids = [id_ for folder in folders if (id_ := f"{FOLDER}{folder}") in here]
        if folders is not None and not ids:
            return AddReport(CrawlReport())  # somebody has removed them from the store
        found = sync(self.session, ids, delete=True, settled_s=SETTLED_S, progress=Part(self.progress, "1/3"))
        self._label(found.crawl)
        report = extract_and_index(
            self.session, found.crawl, keep_audio=self.keep_audio, progress=self.progress, builds=False
        )
        report.changes = found.changes
        if _has_changes(report):
            if not self._is_outdated:
                self._build_at = max(self._build_at, time.monotonic() + _BUILD_AFTER_S)
            self._is_outdated = True
        return report

    def build_if_due(self) -> AddReport:
        """Build the index if something has changed, some time ago."""
        report = AddReport(CrawlReport())
        start = time.monotonic()
        if self._is_outdated and start >= self._build_at:
            build(self.session, report, self.progress)
            self._is_outdated = False
            self._build_at = time.monotonic() + _BUILD_PAUSE * (time.monotonic() - start)
        return report

    def is_news(self, report: AddReport) -> bool:
        """Return whether a report says anything new.

        A source that fails is told once, until it fails otherwise. What is skipped, and a notice, is told once.
        """
        crawl = report.crawl
        tried, failed = {one.name for one in crawl.sources}, {one.source: one.message for one in crawl.failed_sources}
        before, self._faults = self._faults, {name: why for name, why in self._faults.items() if name not in tried}
        self._faults |= failed
        crawl.failed_sources = [one for one in crawl.failed_sources if before.get(one.source) != one.message]
        skipped = [one for one in crawl.skipped if one.reason != Reason.STILL_WRITTEN]
        crawl.skipped = [one for one in skipped if self._is_first_time(f"{one.name}: {one.reason}")]
        crawl.notices = list(filter(self._is_first_time, crawl.notices))
        has_failed = report.extraction and report.extraction.failures
        return bool(_has_changes(report) or has_failed or crawl.failed_sources or crawl.skipped or report.index)

    def _is_first_time(self, said: str) -> bool:
        is_first = said not in self._told
        self._told.add(said)
        return is_first

    def _label(self, crawl: CrawlReport) -> None:
        if self.labels is not None and crawl.new:
            store, pool = self.session.store(), self.session.tag_pool
            table = read_labels(self.labels, self.session.settings.encoding or "")
            apply_labels(table, store, pool, self.progress, are_first=self.labels_first)


def _rounds(follower: _Follower, again: list[Path], every_s: float, stop: Event) -> Iterator[AddReport]:
    """Yield a report of each round that changed something, until `stop` is set.

    Args:
        again: folders with files that are still written.
    """
    all_at = time.monotonic() + every_s
    note = follower.progress.note
    with FolderWatch(
        follower.folders, matters=_matters, note=note, settled_s=SETTLED_S, at_most_s=_WAIT_AT_MOST_S
    ) as folders:
        folders.look_again(again, after_s=SETTLED_S)
        while not stop.wait(_TICK_S):
            changed = folders.take_settled()
            is_time = time.monotonic() >= all_at
            if is_time:
                all_at = time.monotonic() + every_s
            try:
                report = follower.look(None if is_time else changed) if changed or is_time else follower.build_if_due()
            except SpotrecError as error:  # a full disk, a store in use: it may pass
                note(f"{error.message}: trying again in {_AGAIN_AFTER_S:.0f} s")
                folders.look_again(changed or follower.folders, after_s=_AGAIN_AFTER_S)
                continue
            folders.look_again(_still_written(follower, report), after_s=SETTLED_S)
            if follower.is_news(report):
                yield report


def _still_written(follower: _Follower, report: AddReport) -> list[Path]:
    """Return the followed folders with files that a report left for later, because they are still written."""
    written = [Path(one.name) for one in report.crawl.skipped if one.reason == Reason.STILL_WRITTEN]
    return [folder for folder in follower.folders if any(path.is_relative_to(folder) for path in written)]


def _has_changes(report: AddReport) -> bool:
    is_heard = report.extraction is not None and report.extraction.extracted > 0
    return is_heard or any(change.added or change.dropped or change.removed for change in report.changes)


def _matters(path: Path) -> bool:
    """Return whether a changed path may change a catalogue: audio, a folder, or what is gone and may have been one."""
    if is_hidden(path.name):
        return False
    return path.suffix.lower() in AUDIO_SUFFIXES or not path.is_file()
