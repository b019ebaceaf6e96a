"""The docs say what the commands do."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer
from typer.main import get_command

from spotrec.cli.app import app
from spotrec.settings import describe, resolve
from support.music import tune, write_tagged

ROOT = Path(__file__).resolve().parents[1]
COMMANDS = ROOT / "docs" / "commands.md"


def leaves(command: object, name: str = "spotrec") -> Iterator[tuple[str, typer.models.CommandInfo | object]]:
    below = getattr(command, "commands", None)
    if not below:
        yield name, command
        return
    if getattr(command, "invoke_without_command", False):
        yield name, command
    for word, sub in below.items():
        yield from leaves(sub, f"{name} {word}")


def commands() -> dict[str, object]:
    return dict(leaves(get_command(app)))


@pytest.mark.parametrize("name", commands())
def test_every_command_is_documented_with_each_of_its_options(name: str) -> None:
    sections = re.split(r"^## ", COMMANDS.read_text(encoding="utf-8"), flags=re.MULTILINE)
    section = next((s for s in sections if s.startswith(f"`{name}`")), None)
    assert section is not None, f"docs/commands.md has no section `{name}`"
    if "[options of a query](#spotrec-query)" in section:
        section += next(s for s in sections if s.startswith("`spotrec query`"))
    for parameter in commands()[name].params:  # type: ignore[attr-defined] # click's Command, which typer does not export
        for option in [o for o in parameter.opts if o.startswith("--")]:
            assert f"`{option}" in section, f"{name} {option} is not documented"


def test_no_command_is_documented_that_does_not_exist() -> None:
    documented = re.findall(r"^## `(spotrec[^`]*)`", COMMANDS.read_text(encoding="utf-8"), flags=re.MULTILINE)
    assert set(documented) == set(commands())


@pytest.mark.parametrize("name", commands())
def test_every_command_shows_examples_in_its_help(name: str) -> None:
    assert "Examples:" in (commands()[name].epilog or "")  # type: ignore[attr-defined] # as above


def test_every_setting_is_documented() -> None:
    text = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8")
    for row in describe(resolve()):
        assert f"| `{row.name}` | `{row.environment}` |" in text


def test_commands_in_the_readme_exist() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    used = set(re.findall(r"^(?:\$ )?spotrec ([a-z]+)", readme, flags=re.MULTILINE))
    known = {name.split()[1] for name in commands()}
    assert used <= known
    assert {"crawl", "extract", "index", "query"} <= used


def test_the_first_screen_of_the_readme_leads_from_music_to_a_player(
    home: Path, weights: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Its first block, from the third line on, in a shell: a folder `~/Music`, and a desktop with a player."""
    first = (ROOT / "README.md").read_text(encoding="utf-8").split("```")[1].strip().splitlines()
    assert [line.split()[:2] for line in first] == [
        ["git", "clone"],
        ["pipx", "install"],
        ["spotrec", "add"],
        ["spotrec", "query"],
    ]
    for i, title in enumerate(("title of a track", "Another", "One more")):
        write_tagged(home / "Music" / f"{i}.flac", tune(i), artist=f"Band {i}", title=title)
    programs, opened = tmp_path / "bin", tmp_path / "opened"
    programs.mkdir()
    for name, script in {
        "spotrec": f'exec "{sys.executable}" -m spotrec "$@"',
        "xdg-open": f'printf "%s" "$1" > "{opened}"',
        "open": f'printf "%s" "$1" > "{opened}"',
    }.items():
        (programs / name).write_text(f"#!/bin/sh\n{script}\n")
        (programs / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{programs}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("DISPLAY", ":7")
    monkeypatch.setenv("SPOTREC_WEIGHTS", str(weights))
    for line in first[2:]:
        done = subprocess.run(["/bin/sh", "-c", line], capture_output=True, text=True, timeout=600, check=False)
        assert done.returncode == 0, done.stderr
    assert "Another" in done.stdout
    playlist = Path(opened.read_text()).read_text(encoding="utf-8").splitlines()
    assert {str(home / "Music" / "1.flac"), str(home / "Music" / "2.flac")} <= set(playlist)


def test_every_room_of_the_house_is_on_the_map() -> None:
    architecture = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    package = ROOT / "src" / "spotrec"
    for path in sorted(package.rglob("*.py")):
        if path.name != "__init__.py":
            name = str(path.relative_to(package))
            assert name in architecture or path.name in architecture, f"docs/architecture.md does not name {name}"


def test_links_between_the_docs_lead_somewhere() -> None:
    for page in (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))):
        for target in re.findall(r"\]\((?!http)([^)#]+)", page.read_text(encoding="utf-8")):
            assert (page.parent / target).exists(), f"{page.name} links to {target}"


def anchors(page: Path) -> set[str]:
    """What a link to a heading of this page may end with, as GitHub writes it."""
    headings = re.findall(r"^#+ (.*)$", page.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_links_to_a_heading_lead_to_one() -> None:
    for page in (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))):
        for target, anchor in re.findall(r"\]\((?!http)([^)#\s]*)#([^)\s]+)\)", page.read_text(encoding="utf-8")):
            there = (page.parent / target) if target else page
            assert anchor in anchors(there), f"{page.name} links to {target}#{anchor}, which is no heading there"


def test_config_templates_set_only_what_exists(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for template in (ROOT / "config").glob("*.template"):
        uncommented = re.sub(r"^# ?(?=\w+ ?=)", "", template.read_text(encoding="utf-8"), flags=re.MULTILINE)
        path = tmp_path / template.name.removesuffix(".template")
        path.write_text(uncommented, encoding="utf-8")
        assert resolve(config=path).origins or path.suffix == ".env"


def test_what_a_user_copies_from_the_templates_is_ignored_by_git() -> None:
    names = ["config/spotify.env", "config/aws.env", "config/spotrec.toml"]
    done = subprocess.run(["git", "check-ignore", *names], cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode == 128:
        pytest.skip("not a git checkout")
    assert done.stdout.split() == names


def test_the_architecture_names_only_files_that_exist() -> None:
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`((?:[a-z0-9_]+/)+[a-z0-9_]+\.py)`", text))
    assert len(named) > 30
    missing = {path for path in named if not any((root / path).is_file() for root in (ROOT / "src" / "spotrec", ROOT))}
    assert not missing


def test_the_architecture_names_every_room() -> None:
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    tree = text.split("```")[1]
    rooms = [path.parent.name for path in (ROOT / "src" / "spotrec").glob("*/__init__.py")]
    assert [room for room in rooms if f"{room}/" not in tree] == []


def test_what_cron_runs_in_the_morning_hears_new_music_although_a_file_is_no_audio(
    home: Path, weights: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = (ROOT / "docs" / "stations.md").read_text(encoding="utf-8")
    lines = [line.split(maxsplit=5)[5] for line in re.findall(r"^\d+ \d+ \* .*$", page, flags=re.MULTILINE)]
    program = home / ".local" / "bin" / "spotrec"
    program.parent.mkdir(parents=True)
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m spotrec "$@"\n')
    program.chmod(0o755)
    monkeypatch.setenv("SPOTREC_WEIGHTS", str(weights))

    def run(line: str) -> str:
        done = subprocess.run(["/bin/sh", "-c", line], capture_output=True, text=True, timeout=600, check=False)
        return done.stdout

    music = home / "Music"
    write_tagged(music / "one.flac", tune(1), artist="Band", title="One")
    (music / "broken.mp3").write_text("this is no audio")
    run(f"{program} crawl {music}")
    for i, title in enumerate(("Two", "Three"), 2):
        write_tagged(music / f"{title}.flac", tune(i), artist=f"Band {i}", title=title)
    for line in lines:
        run(line)
    assert run(f"{program} query one --csv").count("\n") == 3, "the heading, and both new tracks"
