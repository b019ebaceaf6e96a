"""Things that are opened once, by whichever thread needs them first."""

import threading
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

_Thing = TypeVar("_Thing")
_Key = TypeVar("_Key", bound=Hashable)


class LazyValue(Generic[_Thing]):
    """One thing. A thread that comes while another opens it waits, and gets the same.

    Where opening it raises, the next thread tries again.
    """

    def __init__(self, open_: Callable[[], _Thing]) -> None:
        self._open = open_
        self._lock = threading.Lock()
        self._things: list[_Thing] = []

    def get(self) -> _Thing:
        """The thing; opened now where it is not yet."""
        with self._lock:
            if not self._things:
                self._things.append(self._open())
            return self._things[0]

    def take(self) -> _Thing | None:
        """Forget the thing and give it back, for who closes it; None where it was not opened."""
        with self._lock:
            return self._things.pop() if self._things else None


class LazyValues(Generic[_Key, _Thing]):
    """One thing for each key: two threads open things of different keys side by side, and of one key only once."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._by_key: dict[_Key, LazyValue[_Thing]] = {}

    def get(self, key: _Key, open_: Callable[[], _Thing]) -> _Thing:
        """The thing of this key; opened now, by `open_`, where it is not yet."""
        with self._lock:
            once = self._by_key.setdefault(key, LazyValue(open_))
        return once.get()

    def forget(self) -> None:
        """Open all of them anew when they are next needed."""
        with self._lock:
            self._by_key.clear()
