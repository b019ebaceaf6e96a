"""Flags in place of parameters: messages name a parameter, `max_per_artist`; the user sees `--max-per-artist`."""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

_NAMED = re.compile(r"“[^”]*”|(?<!the setting )`(?P<name>[a-z]\w*)(?:=(?P<value>[^`]+))?`")
"""A name in backticks, alone or with a value. Quoted text comes from outside, and settings keep their names."""

_SHARED = ("model", "weights", "store", "cache", "index_dir")
"""Options of most commands: they become flags even if the running command does not have them."""

_running: list[Any] = []


@contextmanager
def flags_of(context: Any) -> Iterator[None]:
    """Use the flags of the command that `context`, the application's context, runs."""
    _running.append(context)
    try:
        yield
    finally:
        _running.pop()


def with_flags(text: str) -> str:
    """Return a text with the running command's flags: `` `n` 5 `` → `-n 5`, `` `model=choi` `` → `` `--model choi` ``.

    `` `fetch=False` `` becomes `--no-fetch`. A name that is not an option of the command stays as it is.
    """
    if "`" not in text or not _running:
        return text
    options = _options(_running[-1])
    return _NAMED.sub(lambda found: _flag(found, options), text)


def _flag(found: re.Match[str], options: Mapping[str, Any]) -> str:
    name, value = found["name"], found["value"]
    if option := options.get(name):
        if value == "False":
            return str(option.secondary_opts[0])
        flag = _spelled(name, option.opts)
    elif name in _SHARED:
        flag = f"--{name.replace('_', '-')}"
    else:
        return found[0]
    return flag if value in (None, "True") else f"`{flag} {value}`"


def _spelled(name: str, flags: list[str]) -> str:
    """Return the flag with the parameter's name, else the longest."""
    same = [flag for flag in flags if flag.lstrip("-").replace("-", "_") == name]
    return max(same or flags, key=len)


def _options(context: Any) -> dict[str, Any]:
    """Return the running command's options by parameter; a group has the options of all its commands."""
    command = context.command.get_command(context, context.invoked_subcommand)
    if command is None:
        return {}
    commands = [*getattr(command, "commands", {}).values(), command]
    return {one.name: one for each in commands for one in each.params if one.param_type_name == "option"}
