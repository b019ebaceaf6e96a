"""Tempo and key, heard from samples without any network: a few spectra, tens of milliseconds a clip."""

from collections.abc import Sequence

from spotrec.audio.excerpts import Excerpt
from spotrec.track import TempoAndKey

VERSION = 1
"""Of what is heard, stored with it. A later version hears nothing again by itself."""


def hear(excerpts: Sequence[Excerpt]) -> TempoAndKey:
    """Return the tempo and key of a track's excerpts, which count as one piece; what is not clear is None."""
    from spotrec.extract.tempo_and_key.key import hear_key
    from spotrec.extract.tempo_and_key.spectra import SAMPLE_RATE_HZ
    from spotrec.extract.tempo_and_key.tempo import hear_tempo

    samples = [excerpt.at(SAMPLE_RATE_HZ) for excerpt in excerpts]
    bpm, bpm_confidence = hear_tempo(samples)
    key, key_confidence = hear_key(samples)
    return TempoAndKey(bpm, bpm_confidence, key, key_confidence)
