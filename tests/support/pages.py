"""The service's page in a real Chromium."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
Show = Callable[..., Any]
"""`show(address="", width=1440, at=URL, refused=(), **context)` opens the page and returns it.

`refused`: the statuses of answers that the test is about; any other failed request fails it.
"""

_REFUSED = "the server responded with a status of "


@contextmanager
def showing(chromium: Any, url: str) -> Iterator[Show]:
    """Open pages; a script that fails or complains, and whatever it asks of others, fails the test in the end."""
    contexts: list[Any] = []
    faults: list[str] = []

    def shown(address: str = "", width: int = 1440, at: str = url, refused: tuple[int, ...] = (), **how: Any) -> Any:
        context = chromium.new_context(viewport={"width": width, "height": 850}, reduced_motion="reduce", **how)
        contexts.append(context)
        context.set_default_timeout(15_000)
        page = context.new_page()

        def heard(message: Any) -> None:
            expected = any(f"{_REFUSED}{status}" in message.text for status in refused)
            gone = "net::ERR_" in message.text  # a server that is away: tests of that look at what the page says
            if message.type in ("error", "warning") and not (expected or gone):
                faults.append(message.text)

        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("console", heard)
        page.on("request", lambda one: None if one.url.startswith((at, "blob:")) else faults.append(one.url))
        page.goto(f"{at}/{address}")
        return page

    yield shown
    for context in contexts:
        context.close()
    assert not faults, faults


def titles(page: Any) -> list[str]:
    page.wait_for_selector(".row")
    return list(page.locator(".row .names .title").all_inner_texts())


def ids(page: Any) -> list[str]:
    page.wait_for_selector(".row")
    return list(page.eval_on_selector_all(".row", "rows => rows.map(row => row.dataset.id)"))
