"""Where endpoints open their UDP ports."""

import random
import socket
from dataclasses import dataclass

from aioice.ice import get_host_addresses

from mcu_core.errors import Refused

ANY_ADDRESSES = ("0.0.0.0", "::")
RECEIVE_BUFFER_BYTES = 1 << 20
"""Room for a keyframe burst of every sender behind one port while the loop is busy elsewhere."""


@dataclass(frozen=True, slots=True)
class NetworkOptions:
    """Addresses and ports of media.

    `bind`: the local address that sockets listen on; nothing leaves or enters by another one.
    `advertise`: the address that others are told (a 1:1 NAT in front); empty: the bound one.
    `port_range`: first and last UDP port, (0, 0) for whatever the system gives.
    """

    bind: str = "127.0.0.1"
    advertise: str = ""
    port_range: tuple[int, int] = (0, 0)

    def __post_init__(self) -> None:
        first, last = self.port_range
        if not 0 <= first <= last <= 65_535:
            raise ValueError(f"port range {first}..{last}")

    def addresses(self) -> tuple[str, ...]:
        """The addresses to open a socket on: all of the machine's where `bind` means any."""
        if self.bind not in ANY_ADDRESSES or self.advertise:
            return (self.bind,)
        found = get_host_addresses(use_ipv4=self.bind == "0.0.0.0", use_ipv6=self.bind == "::")
        return (*found, "::1" if self.bind == "::" else "127.0.0.1")

    def told(self) -> str:
        """The one address that an SDP connection line names."""
        return self.advertise or self.addresses()[0]


def _bound(address: str, port: int) -> socket.socket | None:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    opened = socket.socket(family, socket.SOCK_DGRAM)
    try:
        opened.setblocking(False)
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER_BYTES)
        opened.bind((address, port))
    except OSError:
        opened.close()
        return None
    return opened


def open_udp(network: NetworkOptions, address: str = "", wanted: int = 0) -> socket.socket:
    """A bound, non-blocking UDP socket; the caller closes it. Raises Refused when no port is free.

    `wanted` is tried first, so that a session can come back on the port that its sender knows.
    The search in a range begins anywhere: a port just given up is not the next one handed out, so
    a late packet for a session that ended does not reach the next.
    """
    address = address or network.bind
    first, last = network.port_range
    count = last - first + 1
    offset = random.randrange(count)
    candidates = [first + (offset + step) % count for step in range(count)]
    for port in [wanted, *candidates] if wanted else candidates:
        opened = _bound(address, port)
        if opened is not None:
            return opened
    where = f"{first}..{last}" if last else "any"
    raise Refused(f"no free UDP port on {address} (range: {where})")
