"""Audio that spotrec does not decode: formats that it knows by name only, and files that are encrypted."""

from spotrec.audio.containers.mp4 import boxes
from spotrec.errors import Reason, TrackError

_FORMATS = (
    (b"MP+", "Musepack of an old version"),
    (b"OFR ", "OptimFROG"),
    (b"LA0", "Lossless Audio (LA)"),
    (b"qoaf", "QOA"),
    (b"OSQ ", "WaveLab's OSQ"),
    (b"MThd", "MIDI"),
    (b"Extended Module: ", "a tracker module"),
    (b"IMPM", "a tracker module"),
    (b"DSD ", "DSD that is damaged"),
    (b"FRM8", "DSD that is damaged"),
)
_MOST_BOXES = 10_000
_ENCRYPTED = frozenset({b"enca", b"drms", b"drmi"})
_TO_STSD = (b"moov", b"trak", b"mdia", b"minf", b"stbl", b"stsd")
_WMA_PROTECTION = (
    bytes.fromhex("fbb3112223bdd211b4b700a0c955fc6e"),
    bytes.fromhex("14e68a292226174cb935dae07ee9289c"),
)


def format_not_read(audio: bytes) -> str | None:
    """Return the name of a format that spotrec does not read; None if this is not one."""
    return next((name for magic, name in _FORMATS if audio.startswith(magic)), None)


def refuse_encrypted(audio: bytes, content_type: str, name: str) -> None:
    """Raise TrackError for a file that is protected against copying: decoders hear noise in it, or nothing."""
    is_encrypted = False
    if content_type == "audio/mp4":
        is_encrypted = _has_encrypted_track(audio)
    elif content_type == "audio/x-ms-wma":
        header = audio[: min(len(audio), int.from_bytes(audio[16:24], "little"))]
        is_encrypted = any(guid in header for guid in _WMA_PROTECTION)
    if is_encrypted:
        raise TrackError(
            Reason.UNSUPPORTED, f"{name} is encrypted (DRM)", "get it from its shop without copy protection"
        )


def _has_encrypted_track(audio: bytes) -> bool:
    """Whether the first track of sound is encrypted."""
    steps = iter(range(_MOST_BOXES))
    spans = [(0, len(audio))]
    for wanted in _TO_STSD:
        spans = [
            (start, min(stop, end))
            for at, end in spans
            for name, start, stop in boxes(audio, steps, at, end)
            if name == wanted and stop > start
        ]
    return any(audio[at + 12 : at + 16] in _ENCRYPTED for at, _ in spans)
