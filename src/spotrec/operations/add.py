"""Add: crawl sources, extract what they bring, and build the index, one after the other."""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from spotrec.crawl.report import CrawlReport
from spotrec.errors import SpotrecError, UsageError
from spotrec.index.backends import AUTO
from spotrec.index.build import TREES
from spotrec.index.generations import KEPT
from spotrec.operations.crawl import crawl
from spotrec.operations.extract import extract
from spotrec.operations.index import build_index
from spotrec.operations.results import AddReport
from spotrec.operations.seeds import StoredTrack, typed_seed
from spotrec.operations.session import Session
from spotrec.operations.view import View
from spotrec.progress import Part, Progress, Silent
from spotrec.track import Ears, Track, track_ids
from spotrec.vectors import evenly

_TRIED = 40


def add(
    session: Session,
    sources: Sequence[str],
    *,
    search: Sequence[str],
    labels: Path | None,
    labels_first: bool,
    keep_audio: bool,
    progress: Progress | None,
) -> AddReport:
    """See `Recommender.add`."""
    if not sources and not search:
        raise UsageError("nothing to add", "give a folder, a file, a playlist or a link")
    shown = progress or session.progress
    # weights that cannot be had are told before the work, not after
    session.models_in_use.settle(session.networks, shown)
    crawled = crawl(
        session,
        sources,
        search=search,
        labels=labels,
        labels_first=labels_first,
        retry=False,
        retry_all=False,
        progress=Part(shown, "1/3"),
    )
    if not crawled.seen and len(crawled.failed_sources) == len(crawled.sources):
        return AddReport(crawled)  # a mistyped path, a service that is out of reach: there is nothing to go on with
    return extract_and_index(session, crawled, keep_audio=keep_audio, progress=shown)


def extract_and_index(
    session: Session, crawled: CrawlReport, *, keep_audio: bool, progress: Progress, builds: bool = True
) -> AddReport:
    """Extract what was crawled, and build the index.

    Args:
        builds: whether to build the index. Without it, new tracks are searched beside the index in use.
    """
    report = AddReport(crawled)
    report.extraction = extract(
        session,
        keep_audio=keep_audio,
        retry_failed=False,
        watch=False,
        cluster=None,
        fetch=True,
        tempo=False,
        progress=Part(progress, "2/3"),
    )
    if builds:
        build(session, report, progress)
    return report


def build(session: Session, report: AddReport, progress: Progress) -> None:
    """Build the index if there are features, and add it to the report."""
    ears = Ears.of(*(model.id for model in session.models))
    if session.store().counts(ears).embedded:
        report.index = build_index(
            session, trees=TREES, backend=AUTO, check=False, keep=KEPT, progress=Part(progress, "3/3")
        )
        report.example = _example(session, ears)


def _example(session: Session, ears: Ears) -> str:
    """Return words that name one track of the index, and only this one, as a query takes them."""
    ids = session.index(ears).segments[0].ids
    some = track_ids(ids[evenly(len(ids), _TRIED)].tolist())
    tracks = session.store().tracks.get_many(some)
    with_artist = sorted(tracks.values(), key=lambda track: (not track.artists, track.id))
    return next(_names(with_artist, View(session, Silent())), some[0])


def _names(tracks: Iterable[Track], view: View) -> Iterator[str]:
    for track in tracks:
        for words in (track.title, f"{track.title} {' '.join(track.artists)}"):
            if words.startswith("-") or not words.isprintable():
                continue
            try:
                seed = typed_seed(words, view)
            except SpotrecError:
                continue
            if isinstance(seed, StoredTrack) and seed.track.id == track.id:
                yield words
