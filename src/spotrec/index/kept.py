"""The generations of an index that are kept, for people to look at and to go back to."""

from dataclasses import dataclass
from pathlib import Path

from spotrec.errors import IndexFault
from spotrec.index import generations, manifest


@dataclass(frozen=True, slots=True)
class KeptIndex:
    """One generation. `built_at` is ISO 8601; `fault` says why it cannot be used, where it cannot."""

    index: str
    n_tracks: int
    backend: str
    built_at: str
    current: bool
    fault: str = ""


@dataclass(frozen=True, slots=True)
class RolledBack:
    """What was left, what is in use now, and how many tracks that has."""

    left: str
    index: str
    n_tracks: int


def kept(home: Path) -> list[KeptIndex]:
    """Those of one model: that in use first, then those that were before it, then those that were rolled back from."""
    current = next(iter(generations.history(home)), None)
    found = []
    for folder in generations.all_kept(home):
        name = f"{home.name}/{folder.name}"
        try:
            said = manifest.read(folder)
            manifest.check_files(folder, said)
        except IndexFault as fault:
            found.append(KeptIndex(name, 0, "", "", folder.name == current, fault.message))
        else:
            built_at = said.built_at.isoformat()
            found.append(KeptIndex(name, said.n_tracks, said.backend, built_at, folder.name == current))
    return found


def roll_back(home: Path) -> RolledBack:
    """Make the generation current that was so before.

    Raises:
        IndexFault: there is none before, or it is damaged; nothing changed.
    """
    left, now = generations.roll_back(home)
    return RolledBack(f"{home.name}/{left}", f"{home.name}/{now}", manifest.read(home / now).n_tracks)
