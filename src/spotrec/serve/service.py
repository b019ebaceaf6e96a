"""What all routers share: the recommender, the options, and the threads that do the work."""

import os
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from spotrec.errors import SpotrecError
from spotrec.operations.seeds import TypedSeed
from spotrec.serve.completion import Completion
from spotrec.serve.jobs import Jobs
from spotrec.serve.library import Library
from spotrec.serve.maps import Maps
from spotrec.serve.media import Media
from spotrec.serve.names import seeds, stored_names
from spotrec.serve.on_demand import OnDemand
from spotrec.serve.options import ServeOptions
from spotrec.serve.uploads import Uploads
from spotrec.serve.work import Work

if TYPE_CHECKING:
    from spotrec.operations.query import Recommendations
    from spotrec.recommender import Recommender

_MOST_WAITING = 1000
_HEARING_PATIENCE = 4
_FILES_AT_ONCE = 4
_ACCOUNTS_WAITING = 8

_Found = TypeVar("_Found")


class Service:
    """One process of the service.

    Args:
        folder: a private folder that the processes of one service share; it is deleted when the service ends.
        is_ending: whether the server stops; long answers end then.

    Attributes:
        queries: threads for what takes milliseconds.
        hearing: threads for what fetches or hears audio.
        files: threads for what waits for files.
        accounts: a thread for what is done with an account, one thing after the other.
    """

    def __init__(
        self, recommender: "Recommender", options: ServeOptions, folder: Path, is_ending: Callable[[], bool]
    ) -> None:
        self.recommender = recommender
        self.folder = folder
        self._is_warm = threading.Event()
        self.options = options
        self.is_ending = is_ending
        n, timeout_s = os.cpu_count() or 1, options.timeout_s
        self.queries = Work("query", n, _MOST_WAITING, timeout_s)
        self.hearing = Work("hear", options.n_fetches, 8 * options.n_fetches, _HEARING_PATIENCE * timeout_s)
        self.files = Work("file", _FILES_AT_ONCE, _MOST_WAITING, timeout_s)
        self.accounts = Work("account", 1, _ACCOUNTS_WAITING, _HEARING_PATIENCE * timeout_s)
        self.uploads = Uploads(folder)
        self.maps = Maps(recommender)
        self.jobs = Jobs(folder, recommender)
        self.completion = Completion(recommender)
        self.library = Library(recommender)
        self.on_demand = OnDemand(self.queries, self.hearing, folder, is_allowed=options.fetch)
        self.media = Media(recommender, self.on_demand, self.files, from_servers=options.fetch)

    def warm_up(self, *more: Callable[[], object]) -> None:
        """Load what the first requests need, in the background: index, completion, a query, and networks if used."""
        threading.Thread(target=self._warm_up, args=more, name="warm up", daemon=True).start()

    @property
    def is_warm(self) -> bool:
        """Whether the next query takes no longer than later ones."""
        return self._is_warm.is_set()

    def _warm_up(self, *more: Callable[[], object]) -> None:
        networks = [self.recommender.warm_up] if self.options.fetch else []
        mine = (self._load_index, lambda: self.completion.find("a", 1), self._ask_once)
        for step in (*mine, *more, self._is_warm.set, *networks):
            with suppress(SpotrecError):  # the first request that needs it says what is wrong
                step()

    def _load_index(self) -> None:
        with self.recommender.session.view() as view:
            view.check_index()

    def _ask_once(self) -> None:
        """Ask as the page does, so that what the first question needs is there when a person asks it."""
        for track_id in self.completion.find("", 1):
            self.query_now({"like": (track_id,), "n": 20, "explain": True})
            self.recommender.embedding(track_id)

    async def query(self, given: dict[str, Any]) -> "Recommendations":
        """Return recommendations for the options of a query as a client gives them, in a thread.

        Unknown tracks are fetched and heard first, if that is allowed.
        """
        return await self.fetched(
            (*given.get("like", ()), *given.get("unlike", ())), lambda fetch: self.query_now(given, fetch=fetch)
        )

    def query_now(self, given: dict[str, Any], *, fetch: bool = False) -> "Recommendations":
        """Return recommendations, in this thread."""
        wanted = stored_names(self.recommender.session.store(), self.uploads, given)
        return self.recommender.query(**wanted, fetch=fetch, paths=False)

    async def fetched(self, names: tuple[str, ...], ask: Callable[[bool], _Found]) -> _Found:
        """Return what `ask` returns, in a thread; it is told whether to fetch the seeds of these names."""
        return await self.on_demand.run(names, ask)

    def seed(self, name: str) -> str | TypedSeed:
        """Return the seed that a client names."""
        (found,) = seeds(self.recommender.session.store(), self.uploads, [name])
        return found

    def close(self) -> None:
        """Begin no new work, and end what runs at its next step."""
        self.jobs.close()
        self.queries.close()
        self.hearing.close()
        self.files.close()
        self.accounts.close()
