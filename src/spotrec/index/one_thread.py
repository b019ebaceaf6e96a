"""Small products of matrices on one thread.

BLAS spreads all but the smallest over its threads, which wait for each other by spinning: for hundreds of small
products that takes several times as long as they do, and tens of times where other work keeps the cores busy.
"""

from contextlib import AbstractContextManager
from functools import cache
from typing import Any


def one_thread() -> AbstractContextManager[Any]:
    """While this lasts, NumPy's products run on the calling thread."""
    limited: AbstractContextManager[Any] = _controller().limit(limits=1, user_api="blas")
    return limited


@cache
def _controller() -> Any:
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController()
