"""How tags are written for people: each network spells them in its own way."""

_SPELLED = {"rnb": "R&B", "hip-hop": "hip hop"}


def spelled(tag: str) -> str:
    """Return a tag as it is written: `rnb` → `R&B`, `Hip-Hop` → `hip hop`, `60s` → `60s`."""
    plain = tag.casefold()
    return _SPELLED.get(plain, plain)
