"""Flags in place of parameters: messages name a parameter, `max_per_artist`; the user sees `--max-per-artist`."""

import re
import shlex
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

_NAMED = re.compile(r"“[^”]*”|(?<!the setting )`(?P<name>[a-z]\w*)(?:=(?P<value>[^`]+))?`")
"""A name in backticks, alone or with a value. Quoted text comes from outside, and settings keep their names."""

_SHARED = ("model", "weights", "store", "cache", "index_dir")
"""Options of most commands: they become flags even if the running command does not have them."""

_KEPT = (*_SHARED, "config", "spotify_client_id")
"""Options that say which store, model, … a command works on: a command that a message suggests needs them too."""

_PASTED = re.compile(r"“[^”]*”|`(?P<command>spotrec [^`]+)`")

_NAME = "spotrec"

_running: list[Any] = []
_arguments: list[list[str]] = []


@contextmanager
def flags_of(context: Any) -> Iterator[None]:
    """Use the flags of the command that `context`, the application's context, runs."""
    _running.append(context)
    _arguments.append([*getattr(context, "_protected_args", ()), *getattr(context, "args", ())])
    try:
        yield
    finally:
        _running.pop()
        _arguments.pop()


def with_flags(text: str) -> str:
    """Return a text with the running command's flags: `` `n` 5 `` → `-n 5`, `` `model=choi` `` → `` `--model choi` ``.

    `` `fetch=False` `` becomes `--no-fetch`. A name that is not an option of the command stays as it is. Commands in
    backticks get the options that make them work on the same store and model: see `to_paste`.
    """
    if "`" not in text or not _running:
        return text
    options = _options(_running[-1])
    named = _NAMED.sub(lambda found: _flag(found, options), text)
    return _PASTED.sub(lambda found: f"`{to_paste(found['command'])}`" if found["command"] else found[0], named)


def to_paste(command: str) -> str:
    """Return a suggested command with the store, model, … that were given to the running command.

    `spotrec index` → `spotrec index --model musicnn --store /my/music.db`. It begins with the path by which spotrec was
    called, if the shell would not find it by its name: `.venv/bin/spotrec index`.
    """
    program, *words = command.split()
    given = _given(_running[-1], _arguments[-1]) if _running else {}
    takes = _names(_running[-1], words) if given else set()
    missing = [shlex.join(by) for name, by in given.items() if name in takes and by[0] not in words]
    begun = _program() + command.removeprefix(program) if program == _NAME else command
    return " ".join([begun, *missing])


def _program() -> str:
    from shutil import which

    called = sys.argv[0]
    return shlex.quote(called) if called.endswith(f"/{_NAME}") and which(_NAME) is None else _NAME


def _given(context: Any, arguments: Sequence[str]) -> dict[str, list[str]]:
    """Return the words by which the running command got each option of `_KEPT`."""
    spellings = {f"--{name.replace('_', '-')}": name for name in _KEPT} | {"--client-id": "spotify_client_id"}
    taken = _options(context)
    found: dict[str, list[str]] = {}
    words = list(arguments[: arguments.index("--")] if "--" in arguments else arguments)
    for i, word in enumerate(words):
        flag, equals, value = word.partition("=")
        name = spellings.get(flag)
        if name in taken and (equals or i + 1 < len(words)):
            found[name] = [*found.get(name, ()), flag, value if equals else words[i + 1]]
    return found


def _names(context: Any, words: Sequence[str]) -> set[str]:
    """Return the parameters of the command that `words` call."""
    command = context.command
    for word in words:
        below = command.get_command(context, word) if hasattr(command, "get_command") else None
        if below is None:
            break
        command = below
    return {one.name for one in command.params}


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
