"""Counters of one incoming sound stream."""

from dataclasses import dataclass


@dataclass(slots=True)
class AudioStats:
    """Written by the event loop or by the mixer's thread, each field by one; read by anybody.

    `concealed_ms` of made-up sound, `recovered_ms` out of in-band FEC; `refused`: frames that came
    twice, were no frames, or for which was no room; `late`: frames that came after their time;
    `dropped`: frames for which was no time; `broken`: frames the decoder refused; `shortened`,
    `lengthened`: how often the delay was corrected so; `buffered_ms`: what a sound waits here,
    `target_ms`: what it should; `drift_ppm`: by how many millionths the sender's clock is faster
    than ours; `passed_over_ms` of silence that was not decoded.
    """

    codec: str = ""
    units: int = 0
    concealed_ms: float = 0.0
    recovered_ms: float = 0.0
    passed_over_ms: float = 0.0
    refused: int = 0
    late: int = 0
    dropped: int = 0
    broken: int = 0
    shortened: int = 0
    lengthened: int = 0
    buffered_ms: float = 0.0
    target_ms: float = 0.0
    drift_ppm: float = 0.0
