"""Config: change a file with settings. It needs no session: that could not be opened while a setting is not valid."""

import re
import stat
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from spotrec import settings
from spotrec.errors import UsageError, quoted
from spotrec.operations.results import SettingChange, SettingsFile
from spotrec.system import toml_text
from spotrec.system.files import check_folder, locked_output, make_folder, real_path, set_mode, write_output

_FOR_THE_OWNER = 0o600


def set_value(name: str, given: Sequence[str], *, origin: str, config: Path | None = None) -> SettingChange:
    """Set a setting in the user's own file. Comments and order stay; the file is replaced completely or not at all.

    Args:
        given: the value; of a setting with several values, one or more, also with commas.
        origin: where the value was given, for messages.
        config: another TOML file.

    Raises:
        UsageError: there is no such setting, its value is not valid, or the file is not valid besides.
        DiskFull, SpotrecError: the file cannot be written; it is unchanged.
    """
    name = settings.current_name(name)
    settings.spec_of(name)
    value = _value(name, given, origin)
    _check({name: value})
    file = _toml_file(config)
    elsewhere = settings.origin_besides(file, name, config=config)
    kept = _as_toml(name, value, given[0], absolute=config is None)
    if config is None:
        make_folder(real_path(file).parent)
    check_folder(real_path(file))
    changed = _rewrite(file, lambda text: toml_text.with_value(text, name, kept))
    wins = elsewhere if elsewhere not in (None, str(settings.user_file())) else str(file)
    written = settings.typed(name, kept, str(file))
    return SettingChange(
        name, settings.shown(name, written), file, changed, str(wins), settings.is_secret(name, written)
    )


def unset(names: Iterable[str], *, config: Path | None = None) -> list[SettingChange]:
    """Remove settings from the user's own file. Comments and order stay.

    Args:
        names: settings, or names in the file that are not settings.
        config: another TOML file.

    Raises:
        UsageError: there is no such setting, or the rest of the file is not valid.
        DiskFull, SpotrecError: the file cannot be written; it is unchanged.
    """
    file = _toml_file(config)
    older = {new: old for old, new in settings.OLDER_NAMES.items()}
    doomed = list(dict.fromkeys(map(settings.current_name, names)))
    found: set[str] = set()
    if _exists(file):
        text = settings.text_of(file)
        with settings.readable(file):
            found = {name for name in doomed if toml_text.without(text, [name, older.get(name, name)]) != text}
    for name in doomed:
        if name not in found:
            settings.spec_of(name)
    origins = {
        name: settings.origin_besides(file, name, config=config) or "default"
        for name in doomed
        if name in settings.names()
    }
    if found:
        spelled = [spelling for name in found for spelling in (name, older.get(name, name))]
        _rewrite(file, lambda text: toml_text.without(text, spelled))
    return [SettingChange(name, None, file, name in found, origins.get(name), is_secret=False) for name in doomed]


def prepare_file(*, config: Path | None = None) -> Path:
    """Return the file to edit. The user's own is made first if it is missing or empty: all settings, commented out.

    Raises:
        UsageError: there is no file at `config`, and only a TOML file can be made.
        DiskFull, SpotrecError: the file cannot be written.
    """
    file = config or settings.user_file()
    if _exists(file) and settings.text_of(file).strip():
        return file
    if config:
        _toml_file(config)
        check_folder(real_path(file))
    else:
        make_folder(real_path(file).parent)
    _rewrite(file, lambda text: text if text.strip() else _template())
    return file


def check_file(file: Path) -> SettingsFile:
    """Check a file after it was edited. If it contains secrets, others lose the permission to read it.

    Raises:
        UsageError: the file, a name or a value in it is not valid.
    """
    values = settings.parse(file, settings.text_of(file))
    _check(values)
    if (mode := _mode(file, values)) != _current_mode(file):
        set_mode(real_path(file), mode)
    return SettingsFile(file, list(values))


def _value(name: str, given: Sequence[str], origin: str) -> Any:
    is_list = isinstance(getattr(settings.Settings(), name), tuple)
    if not is_list and len(given) > 1:
        raise UsageError(f"the setting {name} has one value, but {len(given)} were given", "quote a value with spaces")
    if not any(part.strip(" ,") for part in given):
        raise UsageError(f"the value of {name} is empty", f"to return to the default: `spotrec config unset {name}`")
    try:
        "".join(given).encode()
    except UnicodeEncodeError as exc:
        raise UsageError(
            f"the value of {name} is not valid UTF-8, as a TOML file must be", "set its environment variable instead"
        ) from exc
    return settings.typed(name, list(given) if is_list else given[0], origin)


def _as_toml(name: str, value: Any, given: str, *, absolute: bool) -> Any:
    """Return a value as TOML has it. A path keeps its `~`; a relative one would be another in each folder."""
    if isinstance(value, tuple):
        return list(value)
    is_path = isinstance(value, Path) or (name == "cache" and not re.match(r"\w+://", given))
    if not is_path:
        return value
    return given if given.startswith("~") or not absolute else str(Path(given).absolute())


def _check(values: Mapping[str, Any]) -> None:
    """Check what only its stage knows of.

    Raises:
        UsageError: a value names something that does not exist.
    """
    for name, value in values.items():
        if name == "ears":
            from spotrec.extract.models.choice import models_of_settings

            models_of_settings(settings.Settings(ears=value))
        elif name == "providers":
            from spotrec.crawl.previews.registry import check_names

            check_names(value)
        elif name.endswith("_limit"):
            from spotrec.net.limits import rate

            rate(value)


def _toml_file(config: Path | None) -> Path:
    if config and config.suffix != ".toml":
        raise UsageError(
            f"{quoted(str(config))} is not a .toml file", "`spotrec config edit` opens files of other kinds"
        )
    return config or settings.user_file()


def _rewrite(file: Path, change: Callable[[str], str]) -> bool:
    """Change the text of a file, through links; return whether it is another."""
    real = real_path(file)
    with locked_output(real):
        before = settings.text_of(file) if _exists(file) else None
        with settings.readable(file):
            after = change(before or "")
        mode = _mode(file, settings.parse(file, after))
        if after == before and mode == _current_mode(file):
            return False
        write_output(real, lambda part: part.write_bytes(after.encode()), mode=mode)
    return after != before


def _mode(file: Path, values: Mapping[str, Any]) -> int:
    """Return the permissions for a file with these values: a new one, or one with secrets, is for its owner alone."""
    current = _current_mode(file)
    if current is None:
        return _FOR_THE_OWNER
    has_secrets = any(settings.is_secret(name, value) for name, value in values.items())
    return current & _FOR_THE_OWNER if has_secrets else current


def _current_mode(file: Path) -> int | None:
    return stat.S_IMODE(file.stat().st_mode) if file.exists() else None


def _exists(file: Path) -> bool:
    """Return whether there is something at a path, even a link that leads to itself."""
    real = real_path(file)
    return real.exists() or real.is_symlink()


def _template() -> str:
    """Return a file that sets nothing: each setting with its meaning and default, commented out."""
    lines = ["# Settings of spotrec. To set one, remove the # before its line and change the value.\n"]
    defaults = settings.Settings()
    for row in settings.describe(defaults):
        default = getattr(defaults, row.name)
        choices = settings.spec_of(row.name)["choices"]
        lines += ["\n", f"# {row.about}\n"]
        if choices and not all(choice in row.about for choice in choices):
            lines.append(f"# one of {', '.join(choices)}\n")
        value = list(default) if isinstance(default, tuple) else "" if default is None else default
        lines.append(toml_text.commented_line(row.name, value))
    return "".join(lines)
