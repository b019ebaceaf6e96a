"""Hints install packages the way this spotrec was installed."""

import json
import os
import re
import shlex
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from spotrec.system.installation import EXTRAS, install_command, reinstall_command, upgrade_command

PROJECT = Path(__file__).parents[2] / "pyproject.toml"


@pytest.fixture
def env(tmp_path: Path) -> Path:
    """An environment of Python that was made just now."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", tmp_path / "spotrec"], check=True, timeout=120)
    return tmp_path / "spotrec"


@pytest.fixture(scope="module")
def venv(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment with pip, as `python -m venv` makes it."""
    env = tmp_path_factory.mktemp("environments") / "venv"
    subprocess.run([sys.executable, "-m", "venv", env], check=True, timeout=300)
    return env


@pytest.fixture
def of_pipx(env: Path) -> Path:
    """The environment as pipx leaves it."""
    main = {"package": "spotrec", "package_or_url": "/downloads/spotrec", "injected_packages": {}}
    (env / "pipx_metadata.json").write_text(json.dumps({"main_package": main, "pipx_metadata_version": "0.5"}))
    return env


def of_uv_tool(env: Path, requirements: str) -> Path:
    """The environment as `uv tool install` leaves it."""
    (env / "uv-receipt.toml").write_text(f"[tool]\nrequirements = [{requirements}]\n", encoding="utf-8")
    return env


def test_the_extras_are_the_projects() -> None:
    extras = tomllib.loads(PROJECT.read_text(encoding="utf-8"))["project"]["optional-dependencies"]
    for name, packages in EXTRAS.items():
        assert [re.split(r"[<>=~]", requirement)[0] for requirement in extras[name]] == list(packages)


def runs(install: str) -> str:
    """What pip says of itself, called as a command that installs packages calls it."""
    pip = shlex.split(install.partition(" install ")[0])
    return subprocess.run([*pip, "--version"], capture_output=True, check=True, text=True, timeout=120).stdout


def test_an_environment_that_is_active_has_its_pip_at_hand(venv: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VIRTUAL_ENV", str(venv))
    monkeypatch.setenv("PATH", str(venv / "bin"), prepend=os.pathsep)
    assert install_command("plots", venv) == "pip install matplotlib openTSNE"
    assert str(venv) in runs(install_command("plots", venv))


def test_an_environment_that_is_not_active_is_named(venv: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VIRTUAL_ENV", "/of/another/project")
    assert install_command("s3", venv) == f"{venv}/bin/python -m pip install boto3"
    assert str(venv) in runs(install_command("s3", venv))


def test_an_environment_without_pip_is_filled_by_another_pip(
    env: Path, venv: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(venv / "bin"), prepend=os.pathsep)
    command = install_command("s3", env)
    assert command == f"pip --python {env}/bin/python install boto3"
    assert "pip" in runs(command)


def test_the_python_that_runs_is_the_one_that_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VIRTUAL_ENV", "/of/another/project")
    command = install_command("parquet")
    assert sys.executable in command or command.startswith(("pipx inject ", "uv "))
    assert command.endswith(" pyarrow")


def test_pipx_injects_packages(of_pipx: Path) -> None:
    assert install_command("plots", of_pipx) == "pipx inject spotrec matplotlib openTSNE"
    assert upgrade_command(of_pipx) == "pipx upgrade spotrec"
    assert reinstall_command("annoy", of_pipx).startswith("pipx runpip spotrec install --force-reinstall ")


def test_a_second_spotrec_of_pipx_is_named_by_its_suffix(of_pipx: Path) -> None:
    other = of_pipx.rename(of_pipx.with_name("spotrec-dev"))
    assert install_command("s3", other) == "pipx inject spotrec-dev boto3"


@pytest.mark.parametrize(
    ("requirements", "command"),
    [
        ('{ name = "spotrec" }', "uv tool install --with matplotlib --with openTSNE spotrec"),
        (
            '{ name = "spotrec", directory = "/my music/spotrec" }, { name = "boto3", specifier = ">=1.35" }',
            "uv tool install --with 'boto3>=1.35' --with matplotlib --with openTSNE '/my music/spotrec'",
        ),
        (
            '{ name = "spotrec", git = "https://example.org/spotrec?rev=v1" }',
            "uv tool install --with matplotlib --with openTSNE git+https://example.org/spotrec@v1",
        ),
        (
            '{ name = "spotrec", editable = "/src/spotrec" }, { name = "matplotlib" }',
            "uv tool install --with matplotlib --with openTSNE --editable /src/spotrec",
        ),
    ],
)
def test_a_tool_of_uv_is_installed_again_with_the_packages_and_those_before(
    env: Path, requirements: str, command: str
) -> None:
    assert install_command("plots", of_uv_tool(env, requirements)) == command
    assert upgrade_command(env) == "uv tool upgrade spotrec"


def test_a_receipt_of_uv_that_cannot_be_read_still_gives_a_command(env: Path) -> None:
    assert install_command("s3", of_uv_tool(env, "{ name = ")) == f"uv pip install --python {env} boto3"


def test_an_environment_of_uv_has_no_pip(env: Path) -> None:
    with (env / "pyvenv.cfg").open("a") as config:
        config.write("uv = 0.9.1\n")
    assert install_command("s3", env) == f"uv pip install --python {env} boto3"
    assert upgrade_command(env) is None
