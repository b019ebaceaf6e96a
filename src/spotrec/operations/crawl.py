"""Crawl: remember the tracks of sources, and get their audio."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory

from spotrec.crawl.crawl import Crawler, NamedSource
from spotrec.crawl.open_sources import Sources
from spotrec.crawl.plan import CrawlPlan, CrawlPlanner
from spotrec.crawl.report import CrawlReport
from spotrec.errors import UsageError
from spotrec.operations.session import Session, View
from spotrec.progress import Progress
from spotrec.store import FeatureStore
from spotrec.track import ModelId


def crawl(
    session: Session,
    sources: Sequence[str],
    *,
    search: Sequence[str],
    retry: bool,
    retry_all: bool,
    progress: Progress | None,
) -> CrawlReport:
    """As `Recommender.crawl`."""
    again = retry or retry_all
    if again == bool(sources or search):
        raise UsageError("say what to crawl, or `retry`", "give a folder, a file, a playlist or a link")
    with session.view(progress) as view:
        store = session.store(create=True)
        session.caches.open_default()  # a wrong address shows before the work, not after
        run = crawler(view, store, ask_all=retry_all)
        return run.retry() if again else run.crawl(_named_sources(view, store, sources, search))


def plan_crawl(
    session: Session, sources: Sequence[str], *, search: Sequence[str], progress: Progress | None
) -> CrawlPlan:
    """As `Recommender.plan_crawl`."""
    if not sources and not search:
        raise UsageError("say what to crawl", "give a folder, a file, a playlist or a link")
    with session.view(progress) as view, ExitStack() as stack:
        if session.settings.store_path.is_file():
            store = session.store()
        else:
            folder = stack.enter_context(TemporaryDirectory())
            store = stack.enter_context(FeatureStore(Path(folder) / "empty.db"))
        planner = CrawlPlanner(store, session.chain, view.model.id, view.progress)
        return planner.plan(_named_sources(view, store, sources, search))


def crawler(view: View, store: FeatureStore, model: ModelId | None = None, *, ask_all: bool = False) -> Crawler:
    """Brings tracks into the store and their audio into the cache.

    Args:
        model: whose features count as heard; by default the first model in use: of several, `extract` fetches for the
            others what they have not heard.
    """
    return Crawler(
        store,
        view.session.caches,
        view.session.chain,
        model or view.models[0].id,
        view.progress,
        at_once=view.settings.connections_per_host,
        ask_all=ask_all,
    )


def _named_sources(
    view: View, store: FeatureStore, sources: Sequence[str], search: Sequence[str]
) -> Iterator[NamedSource]:
    opener = Sources(view.settings, store, view.session.http)
    yield from map(opener.by_text, sources)
    for words in search:
        yield opener.by_search(words)
