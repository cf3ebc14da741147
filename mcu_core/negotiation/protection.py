"""What two sides agree on against lost packets, beside feedback: RTX (RFC 4588). Pure."""

from mcu_core.negotiation.agreement import NO_PROTECTION, Protection
from mcu_core.negotiation.formats import Format
from mcu_core.protocol.rtx import ENCODING as RTX
from mcu_core.protocol.sdp import Attribute, MediaDescription, Rtpmap


def protection_of(theirs: MediaDescription, chosen: Format) -> Protection:
    """What a section offers for the format that was chosen of it, as far as we speak it.

    Nothing where lost packets are not asked for: then nobody would be sent any.
    """
    if "nack" not in theirs.rtcp_fb(chosen.payload_type):
        return NO_PROTECTION
    return Protection(rtx=_repeats(theirs, chosen.payload_type))


def _repeats(theirs: MediaDescription, payload_type: int) -> int:
    """The type that repeats packets of that type; 0 where there is none (RFC 4588 8.6)."""
    for number, rtpmap in theirs.rtpmaps.items():
        named = rtpmap.name.lower() == RTX and str(number) in theirs.formats
        if named and theirs.fmtp(number).get("apt") == str(payload_type):
            return number
    return 0


def protection_numbers(agreed: Protection) -> tuple[int, ...]:
    """The payload types to name on the answer's m-line."""
    return (agreed.rtx,) if agreed.rtx else ()


def protection_lines(agreed: Protection, chosen: Format) -> list[Attribute]:
    """The attribute lines that answer with what was agreed on."""
    lines: list[Attribute] = []
    if agreed.rtx:
        coding = Rtpmap(RTX, chosen.codec.rtp_clock, 1).serialize()
        lines.append(("rtpmap", f"{agreed.rtx} {coding}"))
        lines.append(("fmtp", f"{agreed.rtx} apt={chosen.payload_type}"))
    return lines


def source_lines(ssrc: int, repeats: int, cname: str) -> list[Attribute]:
    """The lines that say which source repeats whose packets (RFC 5576 4.2, RFC 4588 8.1)."""
    return [("ssrc-group", f"FID {ssrc} {repeats}"), ("ssrc", f"{repeats} cname:{cname}")]
