"""Payload formats by codec: a table."""

from collections.abc import Callable, Mapping
from functools import partial
from types import MappingProxyType
from typing import Protocol

from mcu_core.errors import NotFound
from mcu_core.media.codec import (
    AAC_GENERIC_FORMS,
    AAC_LATM_FORMS,
    AV1,
    G722,
    G723,
    G726_FORMS,
    G728,
    G729,
    GSM,
    H261,
    H263,
    H263_1998,
    H263_2000,
    H264,
    H265,
    L16_FORMS,
    OPUS,
    PCMA,
    PCMU,
    VP8,
    VP9,
    Codec,
)
from mcu_core.protocol.aac import AacConfig
from mcu_core.protocol.payload.aac import (
    AacGenericDepayloader,
    AacGenericPayloader,
    LatmDepayloader,
    LatmPayloader,
)
from mcu_core.protocol.payload.av1 import Av1Depayloader
from mcu_core.protocol.payload.frame import Frame
from mcu_core.protocol.payload.h261 import H261Depayloader, H261Payloader
from mcu_core.protocol.payload.h263 import H263Depayloader, H263Payloader
from mcu_core.protocol.payload.h263_plus import H263PlusDepayloader, H263PlusPayloader
from mcu_core.protocol.payload.h264 import H264Depayloader, H264Payloader
from mcu_core.protocol.payload.h265 import H265Depayloader
from mcu_core.protocol.payload.l16 import L16Payloader
from mcu_core.protocol.payload.l16 import packet_ticks as l16_ticks
from mcu_core.protocol.payload.opus import packet_ticks as opus_ticks
from mcu_core.protocol.payload.vp8 import Vp8Depayloader, Vp8Payloader
from mcu_core.protocol.payload.vp9 import Vp9Depayloader
from mcu_core.protocol.payload.whole import (
    WholeDepayloader,
    WholePayloader,
    even_ticks,
    frame_ticks,
    g723_ticks,
)
from mcu_core.protocol.rtp import RtpPacket

__all__ = [
    "MAX_PAYLOAD_BYTES",
    "Depayloader",
    "Frame",
    "Payloader",
    "depayloader",
    "payloader",
    "sound_ticks",
    "sound_timer",
]

MAX_PAYLOAD_BYTES = 1200
"""With RTP, SRTP, UDP and IPv6 headers it fits into 1280 bytes, which every IPv6 path takes."""

_NO_PARAMETERS: Mapping[str, str] = MappingProxyType({})


class Depayloader(Protocol):
    """Packets of one stream in order to frames; keeps state, so one per stream. Never raises."""

    malformed: int
    """Payloads that could not be read; each counts as lost."""

    def push(self, packet: RtpPacket, lost_before: bool) -> list[Frame]:
        """Take the next packet in order; the frames that are now over.

        `lost_before`: packets between the one before and this one will not come any more.
        """


class Payloader(Protocol):
    """Frames to payloads; keeps no state, so that receivers can be moved between encoders."""

    def payloads(self, data: bytes, keyframe: bool) -> tuple[bytes, ...]:
        """The payloads of one frame in order; the last one is sent with the marker (video), each
        of sound begins `sound_ticks` of its predecessor later."""


_SOUND_TICKS: dict[Codec, Callable[[bytes], int]] = {
    OPUS: opus_ticks,
    # One octet per tick of 8 kHz (RFC 3551 4.5.2, 4.5.14): G.722 samples at 16 kHz and codes two
    # samples in an octet, and its RTP clock runs at 8 kHz by an old mistake, so it agrees.
    G722: len,
    PCMA: len,
    PCMU: len,
    **{codec: partial(l16_ticks, channels=codec.channels) for codec in L16_FORMS},
    **{codec: partial(even_ticks, codec.rtp_clock, codec.bitrate_bps) for codec in G726_FORMS},
    G729: partial(frame_ticks, frame_bytes=10, frame_ticks=80),
    GSM: partial(frame_ticks, frame_bytes=33, frame_ticks=160),
    G728: partial(frame_ticks, frame_bytes=5, frame_ticks=20),
    G723: g723_ticks,
}

_DEPAYLOADERS: dict[Codec, Callable[[Mapping[str, str]], Depayloader]] = {
    H264: H264Depayloader.of,
    VP8: lambda fmtp: Vp8Depayloader(),
    H263_2000: lambda fmtp: H263PlusDepayloader(),
    H263_1998: lambda fmtp: H263PlusDepayloader(),
    H263: lambda fmtp: H263Depayloader(),
    H261: lambda fmtp: H261Depayloader(),
    VP9: lambda fmtp: Vp9Depayloader(),
    H265: H265Depayloader.of,
    AV1: lambda fmtp: Av1Depayloader(),
    **{
        codec: partial(
            AacGenericDepayloader.of, told=AacConfig.of(codec.sample_rate, codec.channels)
        )
        for codec in AAC_GENERIC_FORMS
    },
    **dict.fromkeys(AAC_LATM_FORMS, LatmDepayloader.of),
}

_PAYLOADERS: dict[Codec, Callable[[int], Payloader]] = {
    H264: H264Payloader,
    VP8: Vp8Payloader,
    H263_2000: H263PlusPayloader,
    H263_1998: H263PlusPayloader,
    H263: H263Payloader,
    H261: H261Payloader,
    OPUS: WholePayloader,
    G722: WholePayloader,
    PCMA: WholePayloader,
    PCMU: WholePayloader,
    **{codec: partial(L16Payloader, channels=codec.channels) for codec in L16_FORMS},
    **dict.fromkeys((*G726_FORMS, G729, GSM, G723), WholePayloader),
    **dict.fromkeys(AAC_GENERIC_FORMS, AacGenericPayloader),
    **dict.fromkeys(AAC_LATM_FORMS, LatmPayloader),
}


def sound_timer(codec: Codec) -> Callable[[bytes], int] | None:
    """What tells how long a payload of that sound codec lasts, as `sound_ticks` does; None where a
    payload need not be one frame."""
    return _SOUND_TICKS.get(codec)


def sound_ticks(codec: Codec, payload: bytes) -> int:
    """How long a payload of that sound codec lasts on its RTP clock; 0 if that cannot be seen."""
    ticks = _SOUND_TICKS.get(codec)
    return ticks(payload) if ticks is not None else 0


def depayloader(codec: Codec, fmtp: Mapping[str, str] = _NO_PARAMETERS) -> Depayloader:
    """A new depayloader; raises NotFound for a codec without an RTP form.

    `fmtp`: the sender's format parameters from its SDP; H.264 may have its parameter sets there.
    """
    if codec in _SOUND_TICKS:
        return WholeDepayloader(_SOUND_TICKS[codec])
    make = _DEPAYLOADERS.get(codec)
    if make is None:
        raise NotFound("RTP payload format", codec.name)
    return make(fmtp)


def payloader(codec: Codec, max_bytes: int = MAX_PAYLOAD_BYTES) -> Payloader:
    """A payloader whose payloads have at most `max_bytes`; coded sound frames are never split.

    Raises NotFound for a codec without an RTP form.
    """
    make = _PAYLOADERS.get(codec)
    if make is None:
        raise NotFound("RTP payload format", codec.name)
    return make(max_bytes)
