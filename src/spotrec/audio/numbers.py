"""Whole numbers in the bytes of a file. What lies beyond its end is left out."""


def little(data: bytes | memoryview, at: int, size: int) -> int:
    """Return the number in `size` bytes from `at` on, the less significant byte first."""
    return int.from_bytes(data[at : at + size], "little")


def big(data: bytes | memoryview, at: int, size: int) -> int:
    """Return the number in `size` bytes from `at` on, the more significant byte first."""
    return int.from_bytes(data[at : at + size], "big")
