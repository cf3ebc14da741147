"""Which offered format is which codec, and what its parameters mean: one row per codec."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from mcu_core.media.codec import (
    AAC_GENERIC_FORMS,
    AAC_LATM_FORMS,
    G723,
    G729,
    H264,
    L16_FORMS,
    OPUS,
    RTP_CODECS,
    Codec,
    Kind,
)
from mcu_core.negotiation.capabilities import Capabilities
from mcu_core.negotiation.legal_sizes import own_sizes
from mcu_core.protocol.aac import AacConfig, StreamMux
from mcu_core.protocol.payload.aac import INDEX_BITS, SIZE_BITS
from mcu_core.protocol.payload.base import MAX_PAYLOAD_BYTES
from mcu_core.protocol.payload.events import ENCODING, EVENTS
from mcu_core.protocol.payload.l16 import SAMPLE_BYTES as L16_BYTES
from mcu_core.protocol.sdp import MediaDescription, Rtpmap

Parameters = Mapping[str, str]

DEFAULT_PROFILE_LEVEL = "420010"
"""Baseline level 1, where an offer states none (RFC 6184 8.1)."""

OWN_PROFILE = "42e0"
"""Constrained Baseline: what we send, and what every profile in the table below decodes."""

# profile_idc to its name: 8 bit 4:2:0, which is what the engine's pictures are.
_PROFILES = {0x42: "Baseline", 0x4D: "Main", 0x58: "Extended", 0x64: "High"}

_SENT_PROFILES = {0x4D: "main", 0x64: "high"}

FEEDBACK = ("nack", "nack pli", "ccm fir", "ccm tmmbr", "goog-remb")
"""The feedback that we send and obey (RFC 4585 4.2, RFC 5104 7.1)."""

CAN_ASK = frozenset({"nack pli", "ccm fir"})
"""Who understands one of these asks for keyframes, and gives one when asked."""

UNOFFERED = frozenset((*L16_FORMS, *AAC_GENERIC_FORMS[2:], *AAC_LATM_FORMS))
"""Nobody shall send 1.5 Mbit/s of sound by accident, and of AAC one packing is enough."""


@dataclass(frozen=True, slots=True)
class Format:
    """One payload type of a media section: its codec and the author's parameters for it."""

    payload_type: int
    codec: Codec
    fmtp: Parameters


@dataclass(frozen=True, slots=True)
class ProfileLevel:
    """H.264's profile-level-id (RFC 6184 8.1): three bytes as hexadecimal."""

    profile: int
    constraints: int
    level: int

    @classmethod
    def read(cls, fmtp: Parameters) -> "ProfileLevel | None":
        """From format parameters, with the default; None if it is no such number."""
        text = fmtp.get("profile-level-id", DEFAULT_PROFILE_LEVEL)
        try:
            profile, constraints, level = bytes.fromhex(text)
        except ValueError:
            return None
        return cls(profile, constraints, level)

    def serialize(self) -> str:
        """Six hexadecimal digits."""
        return bytes((self.profile, self.constraints, self.level)).hex()


def h264_limit(fmtp: Parameters) -> bytes:
    """Profile, constraints and level that a receiver takes, as three bytes; empty if unreadable."""
    level = ProfileLevel.read(fmtp)
    return bytes((level.profile, level.constraints, level.level)) if level is not None else b""


def formats(media: MediaDescription) -> list[Format]:
    """The payload types of a section that are codecs of ours, in its own order.

    A static type needs no rtpmap (RFC 3551 6); FFmpeg writes none for G.711.
    """
    maps = media.rtpmaps
    found: list[Format] = []
    for text in media.formats:
        if not (text.isascii() and text.isdigit()) or len(text) > 3 or int(text) > 127:
            continue
        payload_type = int(text)
        codec = _codec(media.kind, payload_type, maps.get(payload_type))
        if codec is not None:
            found.append(Format(payload_type, codec, media.fmtp(payload_type)))
    return found


def _codec(kind: str, payload_type: int, rtpmap: Rtpmap | None) -> Codec | None:
    for codec in RTP_CODECS:
        if codec.kind != kind:
            continue
        if rtpmap is None:
            if codec.static_payload_type == payload_type:
                return codec
        elif _same(rtpmap, codec):
            return codec
    return None


def _same(rtpmap: Rtpmap, codec: Codec) -> bool:
    """Names have no case (RFC 4855 3). Opus has two channels whatever is said (RFC 7587 7)."""
    if rtpmap.name.lower() != codec.name.lower() or rtpmap.clock != codec.rtp_clock:
        return False
    return codec is OPUS or rtpmap.channels == max(1, codec.channels)


def refusal(offered: Format) -> str:
    """Why a format of a codec that we have cannot be taken; empty if it can."""
    if offered.codec in AAC_GENERIC_FORMS:
        mode = offered.fmtp.get("mode", "AAC-hbr")
        return "" if mode.lower() == "aac-hbr" else f"mode {mode} is not AAC-hbr"
    if offered.codec is not H264:
        return ""
    level = ProfileLevel.read(offered.fmtp)
    if level is None:
        return "profile-level-id is not six hexadecimal digits"
    if level.profile not in _PROFILES:
        return f"H.264 profile {level.profile:02x} is not 8 bit 4:2:0 (send yuv420p)"
    if offered.fmtp.get("packetization-mode", "0") not in ("0", "1"):
        return "H.264 interleaved mode is not supported"
    return ""


def whole_slices_only(codec: Codec, fmtp: Parameters) -> bool:
    """Whether H.264 slices may not be cut over packets (packetization mode 0, RFC 6184 6.2).

    That is what an offer without the parameter means by the letter (8.1). In practice it was
    written by hand for FFmpeg or GStreamer, which take every mode, so only a stated 0 counts.
    """
    return codec is H264 and fmtp.get("packetization-mode") == "0"


def is_plainest(offered: Format) -> bool:
    """Whether it is what we send to all who share: of H.264 Constrained Baseline."""
    if offered.codec is not H264:
        return True
    return offered.fmtp.get("profile-level-id", "").lower().startswith(OWN_PROFILE)


def best_profile(fmtp: Parameters) -> str:
    """The best of H264_PROFILES that a receiver decodes (H.264 A.2)."""
    level = ProfileLevel.read(fmtp)
    return _SENT_PROFILES.get(level.profile, "baseline") if level is not None else "baseline"


def rank(offered: Format, caps: Capabilities) -> tuple[bool, int, bool]:
    """Sorts formats by our preference: what goes both ways, codec, then H.264 of stated mode 1."""
    one_way = offered.codec not in caps.sendable
    other_mode = offered.fmtp.get("packetization-mode") != "1"
    return one_way, caps.codecs.index(offered.codec), other_mode


def offer_parameters(codec: Codec, caps: Capabilities) -> dict[str, str]:
    """Our format parameters for a codec in an offer."""
    make = _OFFERED.get(codec)
    return make(caps) if make else own_sizes(codec)


def answer_parameters(offered: Format, caps: Capabilities) -> dict[str, str]:
    """Our format parameters in the answer to a format that was not refused."""
    if offered.codec is H264:
        return _answer_h264(offered.fmtp, caps)
    if offered.codec is OPUS:
        return _offer_opus(caps) | _agreed_dtx(offered.fmtp)
    return offer_parameters(offered.codec, caps)


def _offer_h264(caps: Capabilities) -> dict[str, str]:
    return {
        "profile-level-id": f"{OWN_PROFILE}{caps.h264_level:02x}",
        "level-asymmetry-allowed": "1",
        "packetization-mode": "1",
    }


def _answer_h264(theirs: Parameters, caps: Capabilities) -> dict[str, str]:
    """The profile and the mode are theirs, the level our own where they allow that (8.2.2).

    Where they say nothing of a profile, as FFmpeg often does, neither do we.
    """
    answer: dict[str, str] = {}
    offered = ProfileLevel.read(theirs)
    if offered is not None and "profile-level-id" in theirs:
        asymmetric = theirs.get("level-asymmetry-allowed") == "1"
        level = caps.h264_level if asymmetric else min(offered.level, caps.h264_level)
        agreed = ProfileLevel(offered.profile, offered.constraints, level)
        answer["profile-level-id"] = agreed.serialize()
        if asymmetric:
            answer["level-asymmetry-allowed"] = "1"
    if "packetization-mode" in theirs:
        answer["packetization-mode"] = theirs["packetization-mode"]
    return answer


def _offer_opus(caps: Capabilities) -> dict[str, str]:
    """What we take (RFC 7587 6.1): two channels, and frames that repeat the one before."""
    return {"minptime": "10", "useinbandfec": "1", "stereo": "1", "sprop-stereo": "1"}


def _agreed_dtx(theirs: Parameters) -> dict[str, str]:
    """Silence need not be sent to us either, where they name the parameter."""
    return {"usedtx": "1"} if theirs.get("usedtx") == "1" else {}


def _offer_generic(caps: Capabilities, config: AacConfig) -> dict[str, str]:
    """AAC-hbr, AAC profile level 2 (RFC 3640 4.1)."""
    return {
        "streamtype": "5",
        "profile-level-id": "41",
        "mode": "AAC-hbr",
        "sizelength": str(SIZE_BITS),
        "indexlength": str(INDEX_BITS),
        "indexdeltalength": str(INDEX_BITS),
        "config": config.serialize().hex(),
    }


def _offer_latm(caps: Capabilities, config: AacConfig) -> dict[str, str]:
    """Configured here and not in the stream (RFC 6416 6.3)."""
    mux = StreamMux(config).serialize().hex()
    return {"profile-level-id": "41", "object": "2", "cpresent": "0", "config": mux}


def _offer_g729(caps: Capabilities) -> dict[str, str]:
    """Without the comfort noise of annex B, which FFmpeg's decoder does not know (RFC 4856)."""
    return {"annexb": "no"}


def _with_config(
    make: Callable[[Capabilities, AacConfig], dict[str, str]], codec: Codec
) -> Callable[[Capabilities], dict[str, str]]:
    config = AacConfig.of(codec.sample_rate, codec.channels)
    return lambda caps: make(caps, config)


_OFFERED: dict[Codec, Callable[[Capabilities], dict[str, str]]] = {
    H264: _offer_h264,
    OPUS: _offer_opus,
    G729: _offer_g729,
    **{codec: _with_config(_offer_generic, codec) for codec in AAC_GENERIC_FORMS},
    **{codec: _with_config(_offer_latm, codec) for codec in AAC_LATM_FORMS},
}


def attributes(
    codec: Codec, payload_type: int, parameters: Parameters, feedback: tuple[str, ...]
) -> list[tuple[str, str | None]]:
    """The attribute lines that describe one payload type."""
    rtpmap = Rtpmap(codec.name, codec.rtp_clock, max(1, codec.channels))
    lines: list[tuple[str, str | None]] = [("rtpmap", f"{payload_type} {rtpmap.serialize()}")]
    if parameters:
        joined = ";".join(f"{name}={value}" for name, value in parameters.items())
        lines.append(("fmtp", f"{payload_type} {joined}"))
    lines += (("rtcp-fb", f"{payload_type} {one}") for one in feedback)
    if codec.kind is Kind.AUDIO and not codec.marks_frames:
        lines.append(("ptime", str(ptime_ms(codec))))
    return lines


def event_lines(payload_type: int, clock: int) -> list[tuple[str, str | None]]:
    """The attribute lines of telephone events (RFC 4733 2.4)."""
    coding = Rtpmap(ENCODING, clock, 1).serialize()
    return [("rtpmap", f"{payload_type} {coding}"), ("fmtp", f"{payload_type} {EVENTS}")]


def ptime_ms(codec: Codec) -> int:
    """How long one packet of a sound codec had better be (RFC 8866 6.4): 20 ms where that fits."""
    if codec is G723:
        return 30
    if codec not in L16_FORMS:
        return 20
    bytes_per_ms = L16_BYTES * codec.channels * codec.sample_rate // 1000
    return next(ms for ms in (20, 10, 5) if ms * bytes_per_ms <= MAX_PAYLOAD_BYTES)
