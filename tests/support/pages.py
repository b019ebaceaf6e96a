"""Pages in a real Chromium."""

import asyncio
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
Show = Callable[..., Any]
"""`show(address="", width=1440, at=URL, refused=(), **context)` opens the page and returns it.

`refused`: the statuses of answers that the test is about; any other failed request fails it.
"""

_ARGUMENTS = (
    "--no-sandbox",
    "--autoplay-policy=no-user-gesture-required",
    "--disable-gpu",
    "--disable-site-isolation-trials",  # one process for all pages: a new one costs as much as a page
    "--renderer-process-limit=1",
)
_REFUSED = "the server responded with a status of "


class Chromium:
    """A browser whose tabs are used again, each as if new: a new context costs as much as five pages."""

    def __init__(self, browser: Any, loop: asyncio.AbstractEventLoop | None) -> None:
        self._browser = browser
        self._loop = loop
        self._free: dict[str, list[Any]] = {}

    @contextmanager
    def tabs(self) -> Iterator[Callable[..., Any]]:
        """`take(size, listeners, **how)` gives an empty tab: no cookies, nothing stored, no pointer over it.

        `listeners`: what hears of its events, by name. `how`: options of the browser context, and `init_script`:
        JavaScript that runs before any page's own.
        """
        taken: list[tuple[str, Any, Mapping[str, Callable[[Any], object]]]] = []

        def take(
            size: tuple[int, int],
            listeners: Mapping[str, Callable[[Any], object]],
            permissions: Sequence[str] = (),
            color_scheme: str = "light",
            **how: Any,
        ) -> Any:
            kind = repr(sorted(how.items()))
            free = self._free.setdefault(kind, [])
            tab = free.pop() if free else self._new_tab(**how)
            taken.append((kind, tab, listeners))
            tab.set_viewport_size({"width": size[0], "height": size[1]})
            tab.emulate_media(color_scheme=color_scheme)
            if permissions:
                tab.context.grant_permissions(permissions)
            for event, listener in listeners.items():
                tab.on(event, listener)
            return tab

        # Playwright leaves its loop as the one that runs in this thread: outside these tests, none does
        asyncio._set_running_loop(self._loop)
        try:
            yield take
            for kind, tab, listeners in taken:
                _empty(tab)
                for event, listener in listeners.items():
                    tab.remove_listener(event, listener)
                self._free[kind].append(tab)
        finally:
            asyncio._set_running_loop(None)

    def _new_tab(self, *, init_script: str = "", **how: Any) -> Any:
        context = self._browser.new_context(**{"reduced_motion": "reduce", **how})
        context.set_default_timeout(15_000)
        if init_script:
            context.add_init_script(init_script)
        return context.new_page()


def _empty(tab: Any) -> None:
    """Leave the page, and forget what it stored."""
    context = tab.context
    for other in context.pages:
        if other != tab:
            other.close()
    context.unroute_all()
    tab.unroute_all()
    tab.mouse.move(-1, -1)
    tab.goto("about:blank")
    context.clear_cookies()
    context.clear_permissions()
    tools = context.new_cdp_session(tab)
    tools.send("Storage.clearDataForOrigin", {"origin": "*", "storageTypes": "all"})
    tools.detach()


@contextmanager
def browsing(playwright: Any) -> Iterator[Chromium]:
    """A browser, without a window.

    Args:
        playwright: the module `playwright.sync_api`.
    """
    with playwright.sync_playwright() as started:
        loop, browser = asyncio._get_running_loop(), started.chromium.launch(executable_path=BROWSER, args=_ARGUMENTS)
        asyncio._set_running_loop(None)
        yield Chromium(browser, loop)
        asyncio._set_running_loop(loop)
        browser.close()


@contextmanager
def showing(chromium: Chromium, url: str) -> Iterator[Show]:
    """Open pages; a script that fails or complains, and whatever it asks of others, fails the test in the end."""
    faults: list[str] = []

    with chromium.tabs() as take:

        def shown(
            address: str = "", width: int = 1440, at: str = url, refused: tuple[int, ...] = (), **how: Any
        ) -> Any:
            def heard(message: Any) -> None:
                expected = any(f"{_REFUSED}{status}" in message.text for status in refused)
                gone = "net::ERR_" in message.text  # a server that is away: tests of that look at what the page says
                if message.type in ("error", "warning") and not (expected or gone):
                    faults.append(message.text)

            def asked(request: Any) -> None:
                if not request.url.startswith((at, "blob:")):
                    faults.append(request.url)

            page = take(
                (width, 850),
                {"pageerror": lambda error: faults.append(str(error)), "console": heard, "request": asked},
                **how,
            )
            page.goto(f"{at}/{address}")
            return page

        yield shown
    assert not faults, faults


def titles(page: Any) -> list[str]:
    page.wait_for_selector(".row")
    return list(page.locator(".row .names .title").all_inner_texts())


def ids(page: Any) -> list[str]:
    page.wait_for_selector(".row")
    return list(page.eval_on_selector_all(".row", "rows => rows.map(row => row.dataset.id)"))
