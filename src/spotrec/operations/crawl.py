"""Crawl: store the tracks of sources, and fetch their audio."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory

from spotrec.crawl.crawl import Crawler
from spotrec.crawl.labels import apply_labels, read_labels
from spotrec.crawl.open_sources import Sources
from spotrec.crawl.plan import CrawlPlan, CrawlPlanner
from spotrec.crawl.report import CrawlReport
from spotrec.crawl.sources import NamedSource
from spotrec.errors import UsageError
from spotrec.operations.session import Session
from spotrec.operations.view import View
from spotrec.progress import Progress
from spotrec.store import FeatureStore


def crawl(
    session: Session,
    sources: Sequence[str],
    *,
    search: Sequence[str],
    retry: bool,
    retry_all: bool,
    labels: Path | None = None,
    labels_first: bool = False,
    progress: Progress | None,
) -> CrawlReport:
    """See `Recommender.crawl`."""
    again = retry or retry_all
    if again == bool(sources or search):
        raise UsageError(
            "give either sources to crawl or `retry`", "a source is a folder, a file, a playlist or a link"
        )
    if again and labels:
        raise UsageError("`labels` needs sources to crawl", "give the folder of the files: `spotrec crawl SOURCE`")
    # a wrong file raises before the work, not after
    table = read_labels(labels, session.settings.encoding or "") if labels else None
    with session.view(progress) as view:
        store = session.store(create=True)
        session.caches.open_default()  # a wrong address raises before the work, not after
        run = crawler(view, store, ask_all=retry_all)
        report = run.retry() if again else run.crawl(_named_sources(view, store, sources, search))
        if table:
            report.notices += apply_labels(table, store, session.tag_pool, view.progress, are_first=labels_first)
        return report


def plan_crawl(
    session: Session, sources: Sequence[str], *, search: Sequence[str], progress: Progress | None
) -> CrawlPlan:
    """See `Recommender.plan_crawl`."""
    if not sources and not search:
        raise UsageError("a crawl needs a source", "give a folder, a file, a playlist or a link")
    with session.view(progress) as view, ExitStack() as stack:
        if session.settings.store_path.is_file():
            store = session.store()
        else:
            folder = stack.enter_context(TemporaryDirectory())
            store = stack.enter_context(FeatureStore(Path(folder) / "empty.db"))
        planner = CrawlPlanner(store, session.chain, view.ears, view.progress)
        return planner.plan(_named_sources(view, store, sources, search))


def crawler(
    view: View,
    store: FeatureStore,
    *,
    ask_all: bool = False,
    leaves_out_removed: bool = False,
) -> Crawler:
    """Return the crawler, which stores tracks and caches the audio that some of the models in use have not heard."""
    return Crawler(
        store=store,
        caches=view.session.caches,
        chain=view.session.chain,
        ears=view.ears,
        progress=view.progress,
        at_once=view.settings.connections_per_host,
        ask_all=ask_all,
        pacer=view.session.http.pacer,
        leaves_out_removed=leaves_out_removed,
    )


def _named_sources(
    view: View, store: FeatureStore, sources: Sequence[str], search: Sequence[str]
) -> Iterator[NamedSource]:
    opener = Sources(view.settings, store, view.session.http, view.session.tag_pool)
    yield from map(opener.by_text, sources)
    for words in search:
        yield opener.by_search(words)
