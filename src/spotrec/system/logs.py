"""Logs of libraries, without the secrets in addresses and headers."""

import logging
import re
from collections.abc import Iterator
from importlib.util import find_spec
from pkgutil import iter_modules

_FORMATTER = logging.Formatter()
# httpcore logs whole headers, among them cookies, tokens and the signed address of a redirect
_TRACE = re.compile(r"(?P<event>\w+\.(?:started|complete|failed))\b.*", re.DOTALL)
_HIDDEN = (
    (re.compile(r"(?<=://)[^\s/?#'\"]*@"), "***@"),
    (re.compile(r"\?[^\s'\"<>]+"), "?…"),
    (re.compile(r"\b(bearer|basic|digest|negotiate)\s+[\w.~+/=:-]+", re.IGNORECASE), r"\1 …"),
    (
        re.compile(
            r"(?P<name>['\"]?[\w-]*(?:authorization|cookie|token|secret|password|passwd|signature|credential)[\w-]*['\"]?"
            r"\s*[=:,]\s*)(?:b?'[^']*'|b?\"[^\"]*\"|[^\s,;)}\]]+)",
            re.IGNORECASE,
        ),
        r"\g<name>…",
    ),
)


def hide_secrets(*packages: str) -> None:
    """Hide passwords, tokens and queries of addresses in all that these packages log, at every level.

    A logger does not pass its filters on to the loggers below it, so each module's logger gets the filter, also if the
    module is not loaded yet.
    """
    for package in packages:
        for name in {package, *_modules(package), *_loggers_below(package)}:
            logging.getLogger(name).addFilter(_hide)  # which adds it only once


def without_secrets(text: str) -> str:
    """Return a text for a log without passwords, tokens and queries of addresses."""
    for pattern, instead in _HIDDEN:
        text = pattern.sub(instead, text)
    return text


def _hide(record: logging.LogRecord) -> bool:
    try:
        message = record.getMessage()
    except (TypeError, ValueError, KeyError):  # a library's mistake; Python would print the values that do not fit
        return False
    if record.name.startswith("httpcore."):
        message = _TRACE.sub(r"\g<event>", message)
    record.msg, record.args = without_secrets(message), None
    if record.exc_info:
        record.exc_text = without_secrets(_FORMATTER.formatException(record.exc_info))
        record.exc_info = None
    return True


def _modules(package: str) -> Iterator[str]:
    """Yield the names of a package's modules, without loading them."""
    spec = find_spec(package)
    for folder in (spec.submodule_search_locations or ()) if spec else ():
        yield from _modules_in(folder, f"{package}.")


def _modules_in(folder: str, prefix: str) -> Iterator[str]:
    for module in iter_modules([folder], prefix):
        yield module.name
        if module.ispkg:
            yield from _modules_in(f"{folder}/{module.name.removeprefix(prefix)}", f"{module.name}.")


def _loggers_below(package: str) -> set[str]:
    return {name for name in list(logging.root.manager.loggerDict) if name.startswith(f"{package}.")}
