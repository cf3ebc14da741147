"""The codecs that the engine speaks, one row each: a table, not branches (MCU-* codec rows)."""

from dataclasses import dataclass
from enum import StrEnum

from mcu_core.errors import NotFound


class Kind(StrEnum):
    """Picture or sound."""

    VIDEO = "video"
    AUDIO = "audio"


@dataclass(frozen=True, slots=True)
class Codec:
    """One codec as SDP, RTP and FFmpeg know it.

    `name` is the encoding name of the rtpmap line in its usual spelling, `rtp_clock` its clock in
    Hz (G.722 says 8000 although it samples at 16 kHz, RFC 3551 4.5.2), `sample_rate` and
    `channels` what the sound really has, `static_payload_type` the number of RFC 3551 table 4 or 5
    where there is one, `decoder` and `encoder` the names in FFmpeg, empty where there is none.
    """

    name: str
    kind: Kind
    rtp_clock: int
    decoder: str
    encoder: str
    sample_rate: int = 0
    channels: int = 0
    static_payload_type: int | None = None


H264 = Codec("H264", Kind.VIDEO, 90_000, "h264", "libx264")
VP8 = Codec("VP8", Kind.VIDEO, 90_000, "vp8", "libvpx")
OPUS = Codec("opus", Kind.AUDIO, 48_000, "libopus", "libopus", 48_000, 2)
G722 = Codec("G722", Kind.AUDIO, 8_000, "g722", "g722", 16_000, 1, 9)
PCMA = Codec("PCMA", Kind.AUDIO, 8_000, "pcm_alaw", "pcm_alaw", 8_000, 1, 8)
PCMU = Codec("PCMU", Kind.AUDIO, 8_000, "pcm_mulaw", "pcm_mulaw", 8_000, 1, 0)
AAC = Codec("AAC", Kind.AUDIO, 48_000, "aac", "aac", 48_000, 2)
"""AAC-LC goes to recordings only, it has no RTP form here yet."""

RTP_CODECS = (H264, VP8, OPUS, G722, PCMA, PCMU)
ALL_CODECS = (*RTP_CODECS, AAC)


def codec_named(name: str) -> Codec:
    """The codec of that name, whatever its case; raises NotFound."""
    for codec in ALL_CODECS:
        if codec.name.lower() == name.lower():
            return codec
    raise NotFound("codec", name)
