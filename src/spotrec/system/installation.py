"""How this spotrec was installed, and the commands that add packages to it: pipx, uv, or pip in its environment."""

import os
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

EXTRAS = {
    "annoy": ("annoy",),
    "dask": ("cryptography", "distributed"),
    "mpd": ("python-mpd2",),
    "parquet": ("pyarrow",),
    "plots": ("matplotlib", "openTSNE"),
    "s3": ("boto3",),
    "serve": ("fastapi", "httptools", "prometheus-client", "python-multipart", "uvicorn", "uvloop"),
}
"""The packages of each extra in pyproject.toml that a message may ask for."""

_NAME = "spotrec"


def install_command(extra: str, prefix: Path | None = None) -> str:
    """Return the command that installs the packages of an extra beside this spotrec, to paste into a shell.

    Args:
        prefix: the environment; by default the one that runs.
    """
    return _command(EXTRAS[extra], prefix or Path(sys.prefix))


def reinstall_command(package: str, prefix: Path | None = None) -> str:
    """Return the command that builds or downloads a package of this spotrec again."""
    env = prefix or Path(sys.prefix)
    if _is_of_pipx(env):
        return shlex.join(["pipx", "runpip", env.name, "install", "--force-reinstall", "--no-cache-dir", package])
    if _is_of_uv(env):
        return shlex.join([*_uv_pip(env), "--reinstall", "--no-cache", package])
    return shlex.join([*_pip(env), "--force-reinstall", "--no-cache-dir", package])


def upgrade_command(prefix: Path | None = None) -> str | None:
    """Return the command that installs a later spotrec; None if only the person knows where it came from."""
    env = prefix or Path(sys.prefix)
    if _is_of_pipx(env):
        return shlex.join(["pipx", "upgrade", env.name])
    return "uv tool upgrade spotrec" if _receipt(env).is_file() else None


def _command(packages: Sequence[str], env: Path) -> str:
    if _is_of_pipx(env):
        return shlex.join(["pipx", "inject", env.name, *packages])
    if _receipt(env).is_file():
        return _uv_tool_command(packages, env)
    if _is_of_uv(env):
        return shlex.join([*_uv_pip(env), *packages])
    return shlex.join([*_pip(env), *packages])


def _is_of_pipx(env: Path) -> bool:
    return (env / "pipx_metadata.json").is_file()


def _receipt(env: Path) -> Path:
    """Return the file that `uv tool install` leaves in its environments."""
    return env / "uv-receipt.toml"


def _is_of_uv(env: Path) -> bool:
    """Return whether uv made the environment: it has no pip."""
    if _receipt(env).is_file():
        return True
    try:
        lines = (env / "pyvenv.cfg").read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        return False
    return any(line.partition("=")[0].strip() == "uv" for line in lines)


def _uv_tool_command(packages: Sequence[str], env: Path) -> str:
    """Return a command that keeps where spotrec came from, and the packages that were added before."""
    import tomllib  # only an environment of uv needs it

    try:
        requirements = tomllib.loads(_receipt(env).read_text(encoding="utf-8"))["tool"]["requirements"]
        by_name = {one["name"]: one for one in requirements}
    except (OSError, ValueError, KeyError, TypeError):
        return shlex.join([*_uv_pip(env), *packages])
    wanted = dict.fromkeys((*(name for name in by_name if name != _NAME), *packages))
    beside = [word for name in wanted for word in ("--with", _source(by_name.get(name, {}), name))]
    own = by_name.get(_NAME, {})
    editable = ["--editable"] if "editable" in own else []
    return shlex.join(["uv", "tool", "install", *beside, *editable, _source(own, _NAME)])


def _source(requirement: dict[str, Any], name: str) -> str:
    """Return where uv's receipt says that a package came from, else its name."""
    for key in ("directory", "editable", "path", "url"):
        if key in requirement:
            return str(requirement[key])
    if git := requirement.get("git"):
        url, _, query = str(git).partition("?")
        revision = next((part[4:] for part in query.split("&") if part.startswith("rev=")), "")
        return f"git+{url}" + (f"@{revision}" if revision else "")
    extras = ",".join(requirement.get("extras", ()))
    return name + (f"[{extras}]" if extras else "") + str(requirement.get("specifier", ""))


def _uv_pip(env: Path) -> list[str]:
    return ["uv", "pip", "install", "--python", str(env)]


def _pip(env: Path) -> list[str]:
    """Return pip for this environment: its short name only if the shell's pip is this one."""
    python = sys.executable if env == Path(sys.prefix) else str(env / "bin" / "python")
    if (env / "pyvenv.cfg").is_file() and not any(env.glob("lib/python*/site-packages/pip")):
        return ["pip", "--python", python, "install"]  # the pip of another Python
    active = os.environ.get("VIRTUAL_ENV") or os.environ.get("CONDA_PREFIX")
    if active and Path(active).resolve() == env.resolve():
        return ["pip", "install"]
    return [python, "-m", "pip", "install"]
