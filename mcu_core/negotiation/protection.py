"""What two sides agree on against lost packets, beside feedback: RTX (RFC 4588) and ULPFEC (RFC
5109) for pictures, RED (RFC 2198) for sound. Pure."""

from mcu_core.media.codec import OPUS, PCMA, PCMU, Kind
from mcu_core.negotiation.agreement import Protection
from mcu_core.negotiation.formats import Format
from mcu_core.protocol.red import ENCODING as RED
from mcu_core.protocol.rtx import ENCODING as RTX
from mcu_core.protocol.sdp import Attribute, MediaDescription, Rtpmap
from mcu_core.protocol.transport_cc import EXTENSION as TRANSPORT_NUMBER
from mcu_core.protocol.ulpfec import ENCODING as ULPFEC

REPEATED = (OPUS, PCMA, PCMU)
"""Sound of which older frames go with newer ones: each packet is a frame, and small."""

MOVING = (
    TRANSPORT_NUMBER,
    "http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time",
    "urn:ietf:params:rtp-hdrext:toffset",
    "http://www.webrtc.org/experiments/rtp-hdrext/video-timing",
)
"""Header extensions whose values browsers write as packets leave."""


def protection_of(theirs: MediaDescription, chosen: Format) -> Protection:
    """What a section offers for the format that was chosen of it, as far as we speak it.

    No repeats where lost packets are not asked for: then nobody would be sent any.
    """
    asked_for = "nack" in theirs.rtcp_fb(chosen.payload_type)
    rtx = _repeats(theirs, chosen.payload_type) if asked_for else 0
    if chosen.codec.kind is Kind.AUDIO:
        return Protection(red=_several(theirs, chosen) if chosen.codec in REPEATED else 0)
    ulpfec = _named(theirs, ULPFEC, chosen)
    if not ulpfec:
        return Protection(rtx=rtx)
    red = _named(theirs, RED, chosen)
    return Protection(rtx=rtx, red=red, ulpfec=ulpfec, moving=_moving(theirs))


def _named(theirs: MediaDescription, encoding: str, chosen: Format) -> int:
    """The type of that name and the format's clock; 0 where there is none."""
    for number, rtpmap in theirs.rtpmaps.items():
        named = rtpmap.name.lower() == encoding and str(number) in theirs.formats
        if named and rtpmap.clock == chosen.codec.rtp_clock:
            return number
    return 0


def _moving(theirs: MediaDescription) -> frozenset[int]:
    """The ids of MOVING."""
    found = set()
    for value in theirs.values("extmap"):
        number, _, name = value.partition(" ")
        number = number.partition("/")[0]
        if (
            number.isascii()
            and number.isdecimal()
            and name.split()[:1]
            and name.split()[0] in MOVING
        ):
            found.add(int(number[:3]))
    return frozenset(found)


def _repeats(theirs: MediaDescription, payload_type: int) -> int:
    """The type that repeats packets of that type; 0 where there is none (RFC 4588 8.6)."""
    for number, rtpmap in theirs.rtpmaps.items():
        named = rtpmap.name.lower() == RTX and str(number) in theirs.formats
        if named and theirs.fmtp(number).get("apt") == str(payload_type):
            return number
    return 0


def _several(theirs: MediaDescription, chosen: Format) -> int:
    """The type of packets with several frames of that format; 0 where there is none.

    Its parameters list the types of the blocks, newest first, divided by slashes (RFC 2198 5);
    where it has none it may hold any.
    """
    for number, rtpmap in theirs.rtpmaps.items():
        named = rtpmap.name.lower() == RED and str(number) in theirs.formats
        blocks = next(iter(theirs.fmtp(number)), "").split("/")
        holds = blocks == [""] or set(blocks) == {str(chosen.payload_type)}
        if named and holds and rtpmap.clock == chosen.codec.rtp_clock:
            return number
    return 0


def protection_numbers(agreed: Protection) -> tuple[int, ...]:
    """The payload types to name on the answer's m-line."""
    return tuple(number for number in (agreed.rtx, agreed.red, agreed.ulpfec) if number)


def protection_lines(agreed: Protection, chosen: Format) -> list[Attribute]:
    """The attribute lines that answer with what was agreed on."""
    lines: list[Attribute] = []
    clock = chosen.codec.rtp_clock
    if agreed.rtx:
        lines.append(("rtpmap", f"{agreed.rtx} {Rtpmap(RTX, clock, 1).serialize()}"))
        lines.append(("fmtp", f"{agreed.rtx} apt={chosen.payload_type}"))
    if agreed.red:
        channels = max(1, chosen.codec.channels) if chosen.codec.kind is Kind.AUDIO else 1
        lines.append(("rtpmap", f"{agreed.red} {Rtpmap(RED, clock, channels).serialize()}"))
        if chosen.codec.kind is Kind.AUDIO:
            lines.append(("fmtp", f"{agreed.red} {chosen.payload_type}/{chosen.payload_type}"))
    if agreed.ulpfec:
        lines.append(("rtpmap", f"{agreed.ulpfec} {Rtpmap(ULPFEC, clock, 1).serialize()}"))
    return lines


def source_lines(ssrc: int, repeats: int, cname: str) -> list[Attribute]:
    """The lines that say which source repeats whose packets (RFC 5576 4.2, RFC 4588 8.1)."""
    return [("ssrc-group", f"FID {ssrc} {repeats}"), ("ssrc", f"{repeats} cname:{cname}")]
