"""A browser that a person signs in with."""

import threading
import urllib.request
from typing import Any
from urllib.error import HTTPError

from spotrec import Recommender
from spotrec.progress import Silent


def visit(address: str) -> str:
    """What a browser shows at an address, redirects followed."""
    try:
        with urllib.request.urlopen(address, timeout=120) as page:
            return str(page.read().decode())
    except HTTPError as refusal:
        return str(refusal.read().decode())


class Browser(Silent):
    """Follows the address that it is told, as a person's browser does."""

    def __init__(self) -> None:
        self.notes: list[str] = []

    def note(self, text: str) -> None:
        self.notes.append(text)
        if "/authorize?" in text:
            threading.Thread(target=visit, args=(text.splitlines()[-1],), daemon=True).start()


def sign_in(**settings: Any) -> Any:
    return Recommender(progress=Browser(), **settings).login(open_browser=False, timeout_s=120)
