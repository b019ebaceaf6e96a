import itertools
from collections.abc import Callable, Iterable, Iterator

import pytest

from spotrec.audio.containers import caf, dsdiff, ebml, flac, mp4, ogg, riff

BOX, SHORT_BOX, BOX_TO_THE_END = b"\0\0\0\x0afreeab", b"\0\0\0\3free", b"\0\0\0\0mdat"
PAGE = b"OggS\0\2" + bytes(8) + b"abcd" + bytes(8) + b"\2\3\4" + bytes(7)

ENDLESS: dict[str, tuple[Callable[[bytes | memoryview, Iterable[object]], Iterator[object]], bytes]] = {
    "caf": (caf.chunks, b"caff\0\1\0\0" + (b"free" + bytes(8)) * 99),
    "dsdiff": (dsdiff.chunks, bytes(16) + (b"ABSS" + bytes(8)) * 99),
    "ebml": (ebml.elements, b"\xec\x80" * 99),
    "flac": (flac.blocks, b"fLaC" + b"\1\0\0\0" * 99),
    "mp4": (mp4.boxes, BOX * 99),
    "ogg": (ogg.pages, PAGE * 99),
    "riff": (lambda data, steps: riff.chunks(data, steps, "big"), bytes(12) + b"NAME\0\0\0\0" * 99),
}


@pytest.mark.parametrize("name", ENDLESS)
def test_a_walk_takes_one_step_for_each_part_and_ends_with_the_steps(name: str) -> None:
    walk, data = ENDLESS[name]
    steps = iter(range(50))
    assert len(list(itertools.islice(walk(data, steps), 20))) == 20
    assert next(steps) == 20
    assert len(list(walk(data, steps))) == 29
    assert len(list(walk(data, range(1000)))) == 99


@pytest.mark.parametrize("name", ENDLESS)
def test_a_walk_finds_the_same_in_bytes_and_in_a_view_and_ends_where_the_data_are_cut(name: str) -> None:
    walk, data = ENDLESS[name]
    for size in range(len(data) - 40, len(data)):
        found = list(walk(data[:size], range(1000)))
        assert found == list(walk(memoryview(data)[:size], range(1000)))
        assert 75 <= len(found) <= 99


def test_a_box_ends_where_it_says_and_one_of_size_0_with_the_file() -> None:
    assert list(mp4.boxes(BOX + BOX_TO_THE_END + b"abc", range(9))) == [(b"free", 8, 10), (b"mdat", 18, 21)]
    assert list(mp4.boxes(BOX[:8], range(9))) == [(b"free", 8, 10)]
    assert list(mp4.boxes(SHORT_BOX + BOX, range(9))) == [(b"free", 8, 3), (b"free", 16, 18)]


def test_an_element_of_unknown_size_is_the_last_unless_its_content_is_walked() -> None:
    data = b"\xa0\xff\xec\x81a"
    assert list(ebml.elements(data, range(9))) == [(0xA0, 2, ebml.UNKNOWN_END)]
    assert list(ebml.elements(data, range(9), into={0xA0})) == [(0xA0, 2, ebml.UNKNOWN_END), (0xEC, 4, 5)]
    assert list(ebml.elements(b"\xec\x80\0\x80\xec\x80", range(9))) == [(0xEC, 2, 2)]  # 0 begins no number


def test_a_chunk_of_an_odd_size_is_padded_or_not() -> None:
    padded, unpadded = (bytes(12) + b"NAME\0\0\0\1a" + rest + b"AUTH\0\0\0\0" for rest in (b"\0", b""))
    for data in (padded, unpadded):
        found = riff.chunks(data, range(9), "big", may_lack_padding=True)
        assert [name for name, _, _ in found] == [b"NAME", b"AUTH"]
    assert [name for name, _, _ in riff.chunks(unpadded, range(9), "big")] == [b"NAME"]


def test_the_frames_of_a_flac_begin_behind_the_last_block() -> None:
    assert list(flac.blocks(b"fLaC\4\0\0\1a\x81\0\0\0frames", range(9))) == [
        (4, 8, 9),
        (1, 13, 13),
        (flac.FRAMES, 13, 19),
    ]
