"""Whose an RTP packet is that came to a shared port from an address that nobody's packets are
known to come from.

Plain RTP has no handshake that would tell. A line - one m-line of one session - waits for its
sender while it has none, or has not heard of it for three seconds. The packet is that one's that
alone fits best:

1. one that named the packet's SSRC (a=ssrc);
2. else one that named the very address and port;
3. else one that named the address;
4. else, where nobody did, since a NAT is in between, any.

Which lines wait for it depends on what is known of their sender (`Follow`).

In each step the payload type must be one that the line's offer has. Where two fit equally well the
packet is nobody's: a picture must not come to a conference that it was not meant for. So lines that
could be confused are given ports of their own from the beginning (`confusable`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from ipaddress import ip_address, ip_network
from typing import Protocol, TypeVar

from mcu_core.endpoints.socket_names import Address

BEHIND_NAT = tuple(
    ip_network(text)
    for text in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fc00::/7")
)
"""Addresses that other networks never see (RFC 1918, 6598, 4193)."""


class Follow(StrEnum):
    """Whose packets a line without keys takes once its sender's have stopped coming for a while.

    A silence shows nothing: a site on hold is silent, too, and whoever is taken for its sender is
    heard in its place and sent what it was sent (RFC 7362 5 advises against such latching for that
    reason). What NATs really change is told by RFC 4787: a mapping that was not used for minutes is
    another port afterwards (REQ-5), but the address stays that of its host (REQ-2, pooling
    "paired"). A sender that really has another address, since it went from one network into
    another, goes on with the SSRC that it had, 32 bits of chance that no stranger has seen.
    """

    HOST = "host"
    """The host that it came from or that the offer named, at any port; others by its SSRC."""
    NAMED = "named"
    """The same, and from the beginning nobody but the host that the offer named, unless that is
    hidden behind a NAT."""
    ANYBODY = "anybody"
    """Whoever sends what fits: for NATs that give a host now this address and now that."""


@dataclass(frozen=True, slots=True)
class Mark:
    """What an offer says of the packets of one line: the host and port that it named, payload
    types, and SSRCs where it names them. `hidden`: its address is none of our network's, so that
    packets come from another one."""

    host: str = ""
    port: int = 0
    payload_types: frozenset[int] = frozenset()
    sources: frozenset[int] = frozenset()
    hidden: bool = False


ANYBODY = Mark()


class Line(Protocol):
    """One m-line that waits for its sender."""

    mark: Mark

    def waits_for(self, address: Address, ssrc: int) -> bool:
        """Whether a packet of that source from there could be its sender's."""


L = TypeVar("L", bound=Line)


def line_of(lines: Sequence[L], address: Address, payload_type: int, ssrc: int) -> L | None:
    """The line that alone fits best; None where none does, or two."""
    fit = [
        line
        for line in lines
        if payload_type in line.mark.payload_types and line.waits_for(address, ssrc)
    ]
    steps = (
        [line for line in fit if ssrc in line.mark.sources],
        [line for line in fit if (line.mark.host, line.mark.port) == address],
        [line for line in fit if line.mark.host == address[0]],
        fit,
    )
    best = next((found for found in steps if found), [])
    return best[0] if len(best) == 1 else None


def confusable(one: Mark, other: Mark) -> bool:
    """Whether a packet of one line could be taken for one of the other before both are known."""
    if one.payload_types.isdisjoint(other.payload_types):
        return False
    if one.sources and other.sources and one.sources.isdisjoint(other.sources):
        return False
    return one.host == other.host or (one.hidden and other.hidden)


def is_hidden(host: str, ours: str) -> bool:
    """Whether packets of a host cannot come from the address that it named: it is a private one and
    ours is not. False for what is no address."""
    try:
        theirs, here = ip_address(host), ip_address(ours)
    except ValueError:
        return False
    private = [any(one in network for network in BEHIND_NAT) for one in (theirs, here)]
    return private[0] and not (private[1] or here.is_loopback)
