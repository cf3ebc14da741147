"""What flows between stages in coded form: access units in, encoded units out, their forms."""

from dataclasses import dataclass, field
from fractions import Fraction

import msgspec

from mcu_core.media.codec import H261, H263_FORMS, Codec


class AccessUnit(msgspec.Struct, frozen=True):
    """One coded picture or sound frame on its way to a decoder.

    `data`: H.264 as Annex B with start codes, all others as the codec's own frame. `stamp_ns`:
    conference clock. `keyframe`: decodable on its own. `broken`: packets of it were lost.
    `rotation`: degrees clockwise that a viewer must turn the picture. `level_dbov`: how loud the
    sender says that the sound is, -127..0 (RFC 6464), None where it says nothing. `media_ns`: a
    picture's moment on its sender's clock, None where `stamp_ns` is that. A msgspec struct, because
    one is made per sound packet; `msgspec.structs.replace` gives a changed copy.
    """

    codec: Codec
    data: bytes
    stamp_ns: int
    keyframe: bool = False
    broken: bool = False
    rotation: int = 0
    level_dbov: float | None = None
    media_ns: int | None = None


CIF_PIXELS = Fraction(12, 11)
"""Of the CIF family: 352x288 are 4:3 (H.261 3.1, H.263 4.1)."""


@dataclass(frozen=True, slots=True)
class VideoForm:
    """What makes two encoded pictures interchangeable: receivers of one form share one encoder.

    `sharp`: sharpness before motion, for slides: few pictures, which become better while they rest.
    Of H.264 alone: `profile`, one of H264_PROFILES; `whole_slices`, whether each slice has to fit
    into a packet (packetization mode 0, RFC 6184 6.2); `refreshed`: slices are small, and a part of
    each picture is coded anew in turn, so that what was lost heals without a keyframe.
    """

    codec: Codec
    width: int
    height: int
    fps: int
    bitrate_bps: int
    sharp: bool = False
    profile: str = "baseline"
    whole_slices: bool = False
    refreshed: bool = False

    @property
    def pixel_aspect(self) -> Fraction:
        """Width over height of a pixel: H.261 and H.263 show theirs wider than high."""
        return CIF_PIXELS if self.codec in (H261, *H263_FORMS) else Fraction(1)


H264_PROFILES = ("baseline", "main", "high")
"""x264's names; its baseline is Constrained Baseline."""


@dataclass(frozen=True, slots=True)
class AudioForm:
    """What makes two encoded sounds interchangeable. `channels` 1 or 2, frames of 20 ms.

    `lossy`: its path loses packets, so Opus repeats speech in the next frame (in-band FEC). `dtx`:
    its receiver agreed that silence is not sent.
    """

    codec: Codec
    channels: int
    bitrate_bps: int
    lossy: bool = False
    dtx: bool = False


@dataclass(frozen=True, slots=True)
class EncodedUnit:
    """One coded picture or 20 ms of coded sound, made once and read by many.

    `data` as in AccessUnit. `rtp_timestamp` counts in the codec's RTP clock from the group's own
    random start (RFC 3550 5.1). `stamp_ns` is the conference clock of the tick that made it;
    `payloads` are the RTP payloads made once for all receivers, empty for codecs without an RTP
    form. `duration_ns` is the length of the frame. `payload_ticks`: by how much of the RTP clock
    each payload is later than the one before; 0 where all belong to one moment. `octets`: bytes of
    all payloads, counted once for all receivers.
    """

    codec: Codec
    data: bytes
    stamp_ns: int
    rtp_timestamp: int
    keyframe: bool
    payloads: tuple[bytes, ...]
    duration_ns: int
    payload_ticks: int = 0
    octets: int = field(init=False, default=0)

    def __post_init__(self) -> None:
        object.__setattr__(self, "octets", sum(map(len, self.payloads)))
