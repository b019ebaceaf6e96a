"""Audio that spotrec does not decode: formats that it knows by name only, and files that are encrypted."""

from spotrec.audio.containers.mp4 import boxes
from spotrec.errors import Reason, TrackError

_FORMATS = (
    (b"MPCK", "Musepack"),
    (b"MP+", "Musepack"),
    (b"TTA1", "True Audio"),
    (b"DSD ", "DSD"),
    (b"FRM8", "DSD"),
    (b".snd", "Sun audio (AU)"),
    (b"riff\x2e\x91\xcf\x11", "Wave64"),
    (b"RIFX", "big-endian WAV"),
    (b"#!AMR", "AMR"),
    (b"\x0b\x77", "Dolby Digital (AC-3)"),
    (b"\x7f\xfe\x80\x01", "DTS"),
    (b"MThd", "MIDI"),
    (b".RMF", "RealAudio"),
    (b".ra\xfd", "RealAudio"),
    (b"Creative Voice File", "Creative Voice"),
    (b"FLV\x01", "Flash video"),
    (b"Extended Module: ", "a tracker module"),
    (b"IMPM", "a tracker module"),
)
_LATM_SYNC, _LATM_FRAMES = 0x2B7, 3  # 11 bits; then 13 bits with the size of the frame
_MOST_BOXES = 10_000
_ENCRYPTED = frozenset({b"enca", b"drms", b"drmi"})
_TO_STSD = (b"moov", b"trak", b"mdia", b"minf", b"stbl", b"stsd")
_WMA_PROTECTION = (
    bytes.fromhex("fbb3112223bdd211b4b700a0c955fc6e"),
    bytes.fromhex("14e68a292226174cb935dae07ee9289c"),
)


def format_not_read(audio: bytes) -> str | None:
    """Return the name of a format that spotrec does not read; None if this is not one."""
    if _is_latm(audio):
        return "AAC in LATM"
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


def _is_latm(audio: bytes) -> bool:
    at = 0
    for _ in range(_LATM_FRAMES):
        header = int.from_bytes(audio[at : at + 3], "big")
        if len(audio) < at + 3 or header >> 13 != _LATM_SYNC:
            return False
        at += 3 + (header & 0x1FFF)
    return True


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
