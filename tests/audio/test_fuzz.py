"""Mutated clips, real ones where they are: each is heard or refused with its reason, and nothing crashes or hangs.

`SPOTREC_FUZZ=5000 pytest tests/audio/test_fuzz.py` tries so many mutations, `SPOTREC_FUZZ_SEED` repeats a run.
"""

import os
import random
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from spotrec.errors import Reason
from support.decoding import HEARD, decoder
from support.poison import KINDS

# read before the fixture that hides this machine's settings
MUTATIONS = int(os.environ.get("SPOTREC_FUZZ", "300"))
SEED = int(os.environ.get("SPOTREC_FUZZ_SEED", str(random.SystemRandom().randrange(2**32))))
IS_LONG = "SPOTREC_FUZZ" in os.environ
BOUNDED_S = 20.0  # of a usual run
REAL_CLIPS = Path(__file__).resolve().parents[3] / "shared" / "audio"
HEADER_BYTES = 400
EDGES = (0, 1, 0x7F, 0x80, 0xFE, 0xFF)

Mutation = Callable[[random.Random, bytes, bytes], bytes]


def flip_bits(chance: random.Random, clip: bytes, other: bytes) -> bytes:
    mutated = bytearray(clip)
    for _ in range(chance.choice((1, 10, 1_000))):
        mutated[chance.randrange(len(clip))] ^= 1 << chance.randrange(8)
    return bytes(mutated)


def change_header(chance: random.Random, clip: bytes, other: bytes) -> bytes:
    mutated = bytearray(clip)
    for _ in range(chance.choice((1, 4, 12))):
        at = chance.randrange(min(HEADER_BYTES, len(clip)))
        width = chance.choice((1, 2, 4, 8))
        mutated[at : at + width] = bytes([chance.choice(EDGES)]) * width
    return bytes(mutated)


def cut(chance: random.Random, clip: bytes, other: bytes) -> bytes:
    start = chance.choice((0, 0, chance.randrange(len(clip))))
    return clip[start : chance.randrange(start, len(clip))]


def splice(chance: random.Random, clip: bytes, other: bytes) -> bytes:
    return clip[: chance.randrange(len(clip))] + other[chance.randrange(len(other)) :]


def repeat_block(chance: random.Random, clip: bytes, other: bytes) -> bytes:
    start, end = sorted(chance.randrange(len(clip)) for _ in range(2))
    return clip[:end] + clip[start:end] * chance.choice((1, 3)) + clip[end:]


def swap_blocks(chance: random.Random, clip: bytes, other: bytes) -> bytes:
    a, b, c = sorted(chance.randrange(len(clip)) for _ in range(3))
    return clip[:a] + clip[b:c] + clip[a:b] + clip[c:]


def drop_block(chance: random.Random, clip: bytes, other: bytes) -> bytes:
    start = chance.randrange(len(clip))
    return clip[:start] + clip[start + chance.choice((1, 7, 500, 20_000)) :]


def overwrite_block(chance: random.Random, clip: bytes, other: bytes) -> bytes:
    start, width = chance.randrange(len(clip)), chance.choice((4, 100, 10_000))
    return (
        clip[:start] + chance.choice((bytes(width), b"\xff" * width, chance.randbytes(width))) + clip[start + width :]
    )


MUTATORS: tuple[Mutation, ...] = (
    flip_bits,
    change_header,
    change_header,
    cut,
    splice,
    repeat_block,
    swap_blocks,
    drop_block,
    overwrite_block,
)


@pytest.fixture(scope="module")
def clips() -> dict[str, bytes]:
    made_up = {kind: make() for kind, make in KINDS.items()}
    return made_up | {path.name: path.read_bytes() for path in sorted(REAL_CLIPS.glob("*.mp3"))[::9]}


def mutations(clips: dict[str, bytes], seed: int, n: int) -> Iterator[tuple[str, bytes]]:
    """Each with the words that repeat it."""
    names = list(KINDS) * 2 + list(clips)
    for i in range(n):
        chance = random.Random(f"{seed}/{i}")
        name, other = chance.choice(names), chance.choice(names)
        mutate = chance.choice(MUTATORS)
        yield f"seed {seed}, {i}: {mutate.__name__} of {name} with {other}", mutate(chance, clips[name], clips[other])


def test_mutated_clips_are_heard_or_refused_with_a_reason(clips: dict[str, bytes]) -> None:
    print(f"seed {SEED}")
    begun, faults, verdicts = time.monotonic(), [], dict.fromkeys((HEARD, *Reason), 0)
    with decoder() as child:
        for words, audio in mutations(clips, SEED, MUTATIONS):
            verdict = child.verdict(audio)
            if verdict in verdicts:
                verdicts[verdict] += 1
            else:
                faults.append(f"{words}: {verdict}")
            if not IS_LONG and time.monotonic() > begun + BOUNDED_S:
                break
    print(verdicts, f"{time.monotonic() - begun:.0f} s")
    assert not faults, "\n".join(faults)
    assert verdicts[HEARD] > 0
    assert sum(verdicts.values()) > verdicts[HEARD]
