"""Where endpoints open their UDP ports."""

import random
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain, islice, repeat

from aioice.ice import get_host_addresses

from mcu_core.errors import BadInput, Refused

ANY_ADDRESSES = ("0.0.0.0", "::")
LAST_PORT = 65_535
MAX_PAIR_TRIES = 400
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
        if not 0 <= first <= last <= LAST_PORT:
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


def read_ports(text: str) -> tuple[int, int]:
    """`FIRST-LAST`, or one port, as a pair; 0-0: any. Raises BadInput."""
    first, _, last = text.partition("-")
    last = last or first
    if not (first.isdecimal() and last.isdecimal() and int(first) <= int(last) <= LAST_PORT):
        raise BadInput("--ports", f"FIRST-LAST, at most {LAST_PORT}, not {text!r}")
    return int(first), int(last)


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


def open_udp(network: NetworkOptions, address: str = "") -> socket.socket:
    """A bound, non-blocking UDP socket, for the caller to close; Refused when no port is free."""
    address = address or network.bind
    for port in _ports(network):
        opened = _bound(address, port)
        if opened is not None:
            return opened
    raise _no_port(network)


def open_udp_pair(network: NetworkOptions, wanted: int = 0) -> tuple[socket.socket, socket.socket]:
    """Sockets on an even port, for RTP, and the one after it, for RTCP (RFC 3550 11).

    `wanted`: the even port to try first, so that a session can come back where its sender knows it.
    Raises Refused when no pair is free.
    """
    tries = chain((wanted,) if wanted else (), islice(_ports(network, pairs=True), MAX_PAIR_TRIES))
    for port in tries:
        first = _bound(network.bind, port)
        if first is None:
            continue
        number = first.getsockname()[1]
        second = (
            _bound(network.bind, number + 1) if number % 2 == 0 and number < LAST_PORT else None
        )
        if second is not None:
            return first, second
        first.close()
    raise _no_port(network)


def _ports(network: NetworkOptions, pairs: bool = False) -> Iterator[int]:
    """Ports of the range, beginning anywhere: one just given up is not the next one handed out, so
    that a late packet for a session that ended does not reach the next. 0: the system's choice."""
    first, last = network.port_range
    if not last:
        return repeat(0, MAX_PAIR_TRIES if pairs else 1)
    step = 2 if pairs else 1
    ports = range(first + (first % 2 if pairs else 0), last + 1, step)
    offset = random.randrange(len(ports)) if ports else 0
    return chain(ports[offset:], ports[:offset])


def _no_port(network: NetworkOptions) -> Refused:
    first, last = network.port_range
    where = f"{first}..{last}" if last else "any"
    return Refused(f"no free UDP port on {network.bind} (range: {where})")
