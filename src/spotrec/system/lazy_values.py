"""Values that are opened once, when a thread first needs them."""

import threading
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

_Value = TypeVar("_Value")
_Key = TypeVar("_Key", bound=Hashable)


class LazyValue(Generic[_Value]):
    """One value. While a thread opens it, other threads wait, and then get the same value.

    If opening fails, the next thread tries again.
    """

    def __init__(self, open_: Callable[[], _Value]) -> None:
        self._open = open_
        self._lock = threading.Lock()
        self._values: list[_Value] = []

    def get(self) -> _Value:
        """Return the value, and open it first if necessary."""
        with self._lock:
            if not self._values:
                self._values.append(self._open())
            return self._values[0]

    def take(self) -> _Value | None:
        """Forget the value and return it, so that the caller can close it; None if it was not opened."""
        with self._lock:
            return self._values.pop() if self._values else None


class LazyValues(Generic[_Key, _Value]):
    """One value for each key. Threads can open values of different keys at the same time, each only once."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._by_key: dict[_Key, LazyValue[_Value]] = {}

    def get(self, key: _Key, open_: Callable[[], _Value]) -> _Value:
        """Return the value of this key, and open it first with `open_` if necessary."""
        with self._lock:
            once = self._by_key.setdefault(key, LazyValue(open_))
        return once.get()

    def forget(self) -> None:
        """Forget all values. They are opened again when they are next needed."""
        with self._lock:
            self._by_key.clear()
