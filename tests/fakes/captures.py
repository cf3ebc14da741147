"""Packet captures and descriptions of other programs, from tests/vectors."""

from pathlib import Path

from mcu_core.protocol import rtcp, rtp

VECTORS = Path(__file__).parents[1] / "vectors"


def datagrams(name: str) -> list[bytes]:
    """All datagrams of a capture, in the order of their arrival."""
    data = (VECTORS / "rtp" / f"{name}.bin").read_bytes()
    found: list[bytes] = []
    at = 0
    while at < len(data):
        end = at + 2 + int.from_bytes(data[at : at + 2])
        found.append(data[at + 2 : end])
        at = end
    return found


def packets(name: str) -> list[rtp.RtpPacket]:
    """The RTP packets of a capture."""
    return [rtp.parse(data) for data in datagrams(name) if not rtcp.is_rtcp(data)]


def description(name: str) -> str:
    """The text of a captured session description."""
    return (VECTORS / "sdp" / f"{name}.sdp").read_text()
