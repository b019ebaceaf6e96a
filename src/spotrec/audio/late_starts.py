"""Ogg files that begin in the middle of a stream, as recordings of radio do: when their clock starts."""

from spotrec.audio.containers.ogg import BEGINS, pages

_MOST_PAGES = 2_000
_OPUS_RATE_HZ, _LONGEST_OPUS_PACKET = 48_000, 5_760
_IDENTIFICATION_BYTES = 30


def starts_at_s(stream: bytes) -> float:
    """Return the time on the clock of an Ogg file at which its audio begins; 0 for a whole file.

    A page states the time at its end. If its packets cannot be as long as that, audio before them is missing: then they
    are taken to be of the usual length.
    """
    serial, rate_hz, longest, usual = b"", 0, 0, 0
    for page in pages(stream, range(_MOST_PAGES)):
        if not serial and page.flags & BEGINS:
            rate_hz, longest, usual = _packets(stream[page.start : page.start + _IDENTIFICATION_BYTES])
            serial = page.serial if rate_hz else b""
        elif page.serial == serial and page.position > 0:
            n_packets = sum(size < 255 for size in page.sizes)
            is_late = page.position > (n_packets + 1) * longest
            return (page.position - n_packets * usual) / rate_hz if is_late else 0.0
    return 0.0


def _packets(identification: bytes) -> tuple[int, int, int]:
    """Return the sample rate and the longest and usual samples of a packet; zeros for other codecs."""
    if identification.startswith(b"\x01vorbis") and len(identification) == _IDENTIFICATION_BYTES:
        long_block = 1 << (identification[28] >> 4)
        return int.from_bytes(identification[12:16], "little"), long_block, long_block // 2
    if identification.startswith(b"OpusHead"):
        return _OPUS_RATE_HZ, _LONGEST_OPUS_PACKET, _OPUS_RATE_HZ // 50
    return 0, 0, 0
