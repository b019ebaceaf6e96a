"""Tracks that are not stored: fetched and heard to answer a query, each once however many wait for it."""

import asyncio
from collections.abc import Callable, Hashable
from contextlib import contextmanager
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from spotrec.errors import NotFetched, SpotrecError
from spotrec.serve.work import Work
from spotrec.system.files import locked

if TYPE_CHECKING:
    from collections.abc import Iterator

_Found = TypeVar("_Found")


class OnDemand:
    """Asks first without fetching; then, if that is allowed, fetches what is missing.

    Args:
        folder: has the locks by which the processes of a service wait for each other.
    """

    def __init__(self, queries: Work, hearing: Work, folder: Path, *, is_allowed: bool) -> None:
        self._queries = queries
        self._hearing = hearing
        self._folder = folder
        self._is_allowed = is_allowed
        self._under_way: dict[Hashable, asyncio.Future[SpotrecError | None]] = {}

    async def run(self, seeds: tuple[str, ...], ask: Callable[[bool], _Found]) -> _Found:
        """Return what `ask` returns, which gets whether it may fetch.

        Args:
            seeds: what it may have to fetch; a request with the same seeds waits for the first one.
        """
        try:
            return await self._queries.run(partial(ask, False))
        except NotFetched:
            if not self._is_allowed:
                raise
        if first := self._under_way.get(seeds):
            if reason := await asyncio.shield(first):
                raise reason
            return await self._queries.run(partial(ask, False))
        done = self._under_way[seeds] = asyncio.get_running_loop().create_future()
        fault: SpotrecError | None = None
        try:
            return await self._hearing.run(partial(self._fetch, seeds, ask))
        except SpotrecError as error:
            fault = error
            raise
        finally:
            del self._under_way[seeds]
            done.set_result(fault)

    def _fetch(self, seeds: tuple[str, ...], ask: Callable[[bool], _Found]) -> _Found:
        with self._alone("\n".join(seeds)):
            try:
                return ask(False)  # another process may have fetched it by now
            except NotFetched:
                return ask(True)

    @contextmanager
    def _alone(self, name: str) -> "Iterator[None]":
        with locked(self._folder / f"{sha256(name.encode('utf-8', 'replace')).hexdigest()[:16]}.lock"):
            yield
