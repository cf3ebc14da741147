"""The codecs that the engine speaks, one row per form: a table, not branches (MCU-* codec rows)."""

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
    where there is one, `decoder` and `encoder` the names in FFmpeg or of a library of
    `media/libraries.py`, empty where there is none. `bitrate_bps`: of sound that has only one.
    `marks_frames`: sound whose frames end with the marker bit, as pictures do.
    """

    name: str
    kind: Kind
    rtp_clock: int
    decoder: str
    encoder: str
    sample_rate: int = 0
    channels: int = 0
    static_payload_type: int | None = None
    bitrate_bps: int = 0
    marks_frames: bool = False

    def __hash__(self) -> int:
        """Of its name alone: codecs are looked up with every packet."""
        return hash(self.name)


H264 = Codec("H264", Kind.VIDEO, 90_000, "h264", "libx264")
VP8 = Codec("VP8", Kind.VIDEO, 90_000, "vp8", "libvpx")
H263_2000 = Codec("H263-2000", Kind.VIDEO, 90_000, "h263", "h263p")
H263_1998 = Codec("H263-1998", Kind.VIDEO, 90_000, "h263", "h263p")
"""H.263+, without any annex of its own: both names say RFC 4629's payload format."""
H263 = Codec("H263", Kind.VIDEO, 90_000, "h263", "h263", static_payload_type=34)
"""H.263 of 1996 in RFC 2190's payload format: what the oldest rooms know."""
H263_FORMS = (H263_2000, H263_1998, H263)
H261 = Codec("H261", Kind.VIDEO, 90_000, "h261", "h261", static_payload_type=31)
VP9 = Codec("VP9", Kind.VIDEO, 90_000, "vp9", "")
H265 = Codec("H265", Kind.VIDEO, 90_000, "hevc", "")
AV1 = Codec("AV1", Kind.VIDEO, 90_000, "libdav1d", "")
"""These three are received: what they would save in bits, sending them would cost in cores."""
OPUS = Codec("opus", Kind.AUDIO, 48_000, "libopus", "libopus", 48_000, 2)
G722 = Codec("G722", Kind.AUDIO, 8_000, "g722", "g722", 16_000, 1, 9)
PCMA = Codec("PCMA", Kind.AUDIO, 8_000, "pcm_alaw", "pcm_alaw", 8_000, 1, 8)
PCMU = Codec("PCMU", Kind.AUDIO, 8_000, "pcm_mulaw", "pcm_mulaw", 8_000, 1, 0)

L16_STEREO = Codec("L16", Kind.AUDIO, 48_000, "pcm_s16be", "pcm_s16be", 48_000, 2)
L16_MONO = Codec("L16", Kind.AUDIO, 48_000, "pcm_s16be", "pcm_s16be", 48_000, 1)
L16_CD_STEREO = Codec("L16", Kind.AUDIO, 44_100, "pcm_s16be", "pcm_s16be", 44_100, 2, 10)
L16_CD_MONO = Codec("L16", Kind.AUDIO, 44_100, "pcm_s16be", "pcm_s16be", 44_100, 1, 11)
L16_WIDE = Codec("L16", Kind.AUDIO, 16_000, "pcm_s16be", "pcm_s16be", 16_000, 1)
L16_NARROW = Codec("L16", Kind.AUDIO, 8_000, "pcm_s16be", "pcm_s16be", 8_000, 1)
L16_FORMS = (L16_STEREO, L16_MONO, L16_CD_STEREO, L16_CD_MONO, L16_WIDE, L16_NARROW)
"""Samples as they are: studio links, and a measure of everything else (RFC 3551 4.5.11)."""

G726_FORMS = tuple(
    Codec(f"G726-{kbps}", Kind.AUDIO, 8_000, "g726le", "spandsp", 8_000, 1, bitrate_bps=1000 * kbps)
    for kbps in (32, 24, 16)
)
"""Packed from the lowest bit up (RFC 3551 4.5.4), FFmpeg's "little endian". Not at 40 kbit/s: there
FFmpeg and spandsp do not understand each other."""

G729 = Codec("G729", Kind.AUDIO, 8_000, "g729", "bcg729", 8_000, 1, 18, 8_000)
G723 = Codec("G723", Kind.AUDIO, 8_000, "g723_1", "g723_1", 8_000, 1, 4, 6_300)
GSM = Codec("GSM", Kind.AUDIO, 8_000, "gsm", "gsm", 8_000, 1, 3, 13_200)
G728 = Codec("G728", Kind.AUDIO, 8_000, "g728", "", 8_000, 1, 15, 16_000)


def _aac(name: str) -> tuple[Codec, ...]:
    return tuple(
        Codec(name, Kind.AUDIO, rate, "aac", "aac", rate, channels, marks_frames=True)
        for rate, channels in ((48_000, 2), (48_000, 1), (44_100, 2), (44_100, 1), (32_000, 1),
                               (16_000, 1))
    )  # fmt: skip


AAC_GENERIC_FORMS = _aac("mpeg4-generic")
"""AAC-LC in mode AAC-hbr (RFC 3640)."""
AAC_LATM_FORMS = _aac("MP4A-LATM")
"""AAC-LC as broadcasters and older rooms pack it (RFC 3016, RFC 6416)."""

AAC = Codec("AAC", Kind.AUDIO, 48_000, "aac", "aac", 48_000, 2)
"""AAC-LC as recordings have it."""

RTP_CODECS = (
    *(H264, VP8, *H263_FORMS, H261, VP9, H265, AV1),
    *(OPUS, *L16_FORMS[:4], *AAC_GENERIC_FORMS, *AAC_LATM_FORMS, G722, L16_WIDE),
    *(PCMA, PCMU, L16_NARROW, *G726_FORMS, G729, GSM, G723, G728),
)
"""In our order of preference: who offers uncompressed sound has the band for it."""

ALL_CODECS = (*RTP_CODECS, AAC)


def codec_named(name: str) -> Codec:
    """The first codec of that name, whatever its case; raises NotFound."""
    for codec in ALL_CODECS:
        if codec.name.lower() == name.lower():
            return codec
    raise NotFound("codec", name)
