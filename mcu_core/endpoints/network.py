"""Where endpoints open their UDP ports."""

import random
import socket
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from itertools import chain, islice, repeat

from aioice.ice import get_host_addresses

from mcu_core.endpoints.learning import Follow
from mcu_core.endpoints.remote import one_host
from mcu_core.errors import BadInput, Refused

ANY_ADDRESSES = ("0.0.0.0", "::")
LAST_PORT = 65_535
PROBED_PORT = 9
"""Nothing is sent there: the system is only asked which way it would."""

MAX_PAIR_TRIES = 400
RECEIVE_BUFFER_BYTES = 1 << 20
"""Room for a keyframe burst of every sender behind one port while the loop is busy elsewhere."""

SHARED_BUFFER_BYTES = 8 << 20
"""The same for a port of many sessions."""

SNDBUFFORCE, RCVBUFFORCE = 32, 33
"""SO_SNDBUFFORCE and SO_RCVBUFFORCE of Linux."""


Subnet = IPv4Network | IPv6Network


@dataclass(frozen=True, slots=True)
class Place:
    """Where a session listens: on `bind`, which the other side knows as `told`."""

    bind: str
    told: str


@dataclass(frozen=True, slots=True)
class NetworkOptions:
    """Addresses and ports of media in one network, and in `others` beside it.

    `bind`: the local address that sockets listen on; nothing leaves or enters by another one.
    `advertise`: the address that others are told (a 1:1 NAT in front); empty: the bound one.
    `port_range`: first and last UDP port of all networks, (0, 0) for whatever the system gives.
    `serves`: whose sites are told this address; empty: those that the system reaches by it.
    `follow`: who may take a plain RTP sender's place, in all networks.
    """

    bind: str = "127.0.0.1"
    advertise: str = ""
    port_range: tuple[int, int] = (0, 0)
    serves: tuple[Subnet, ...] = ()
    others: tuple["NetworkOptions", ...] = ()
    follow: Follow = Follow.HOST

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

    def places(self) -> dict[str, tuple[str, ...]]:
        """Of all networks, each address to open a socket on, and what it is known as."""
        found: dict[str, tuple[str, ...]] = {}
        for one in (self, *self.others):
            for address in one.addresses():
                told = one.advertise or address
                found[address] = tuple(dict.fromkeys((*found.get(address, ()), told)))
        return found

    def place_for(self, host: str) -> Place:
        """Where a site listens best: in the network that says so of its address, else in the one
        that the system reaches it by, else in the first of its family."""
        theirs = one_host(host)
        every = (self, *self.others)
        if theirs is None:
            return self._place("")
        said = [
            (subnet.prefixlen, -number, one)
            for number, one in enumerate(every)
            for subnet in one.serves
            if theirs in subnet
        ]
        ours = _address_towards(str(theirs))
        if said:
            return max(said)[2]._place(ours)
        alike = [one for one in every if ip_address(one.bind).version == theirs.version] or [self]
        alike = [one for one in alike if not one.serves] or alike
        fitting = [one for one in alike if one.bind in (ours, *ANY_ADDRESSES)]
        return (fitting or alike)[0]._place(ours)

    def _place(self, ours: str) -> Place:
        if self.bind not in ANY_ADDRESSES or self.advertise:
            return Place(self.bind, self.advertise or self.bind)
        known = self.addresses()
        address = ours if ours in known else known[0]
        return Place(address, address)


def _address_towards(host: str) -> str:
    """The local address that the system would send from; empty where it knows no way."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as probe:
            probe.connect((host, PROBED_PORT))
            return str(probe.getsockname()[0])
    except OSError:
        return ""


def read_network(text: str, ports: tuple[int, int]) -> NetworkOptions:
    """`ADDRESS` or `bind=ADDRESS[,advertise=ADDRESS][,for=NETWORK]...`; raises BadInput."""
    found: dict[str, list[str]] = {"bind": [], "advertise": [], "for": []}
    for part in text.split(",") if "=" in text else [f"bind={text}"]:
        name, _, value = part.strip().partition("=")
        if name not in found:
            raise BadInput("--network", f"bind=, advertise= and for=, not {part!r}")
        found[name].append(value.strip())
    try:
        (bind,) = found["bind"]
        hosts = [ip_address(one) for one in (bind, *found["advertise"])]
        serves = tuple(ip_network(one) for one in found["for"])
    except ValueError as error:
        raise BadInput("--network", f"one bind address, and networks as 10.0.0.0/8: {error}") from (
            error
        )
    if len(hosts) > 2 or len({one.version for one in (*hosts, *serves)}) > 1:
        raise BadInput("--network", f"one advertised address, of the same family: {text!r}")
    advertise = str(hosts[1]) if len(hosts) > 1 else ""
    return NetworkOptions(str(hosts[0]), advertise, ports, serves)


def read_networks(
    texts: Sequence[str], ports: tuple[int, int], follow: str = Follow.HOST
) -> NetworkOptions:
    """All networks, at least one, of an engine; raises BadInput."""
    if follow not in list(Follow):
        raise BadInput("--follow", f"one of {', '.join(Follow)}, not {follow!r}")
    first, *others = [read_network(text, ports) for text in texts]
    return replace(first, others=tuple(others), follow=Follow(follow))


def read_ports(text: str) -> tuple[int, int]:
    """`FIRST-LAST`, or one port, as a pair; 0-0: any. Raises BadInput."""
    first, _, last = text.partition("-")
    last = last or first
    if not (first.isdecimal() and last.isdecimal() and int(first) <= int(last) <= LAST_PORT):
        raise BadInput("--ports", f"FIRST-LAST, at most {LAST_PORT}, not {text!r}")
    return int(first), int(last)


def share_ports(ports: tuple[int, int], count: int) -> list[tuple[int, int]]:
    """A range for each of so many engines, which cannot have a port together: all as large, in
    pairs where there are. Raises BadInput where there are fewer ports than engines."""
    first, last = ports
    if not last or count == 1:
        return [ports] * count
    size = (last - first + 1) // count
    if size == 0:
        raise BadInput("--ports", f"at least one port for each of {count} engines")
    size -= size % 2 if size > 1 else 0
    return [(first + k * size, first + (k + 1) * size - 1) for k in range(count)]


def bind_udp(address: str, port: int, shared: bool = False) -> socket.socket | None:
    """A socket that does not wait; None where somebody has that port. `shared`: with room for the
    packets of many sessions, as far as the system allows."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    opened = socket.socket(family, socket.SOCK_DGRAM)
    try:
        opened.setblocking(False)
        if family == socket.AF_INET6:  # or any address of it would take IPv4's, too
            opened.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        _make_room(opened, SHARED_BUFFER_BYTES if shared else RECEIVE_BUFFER_BYTES)
        opened.bind((address, port))
    except OSError:
        opened.close()
        return None
    return opened


def _make_room(opened: socket.socket, size: int) -> None:
    for larger, usual in ((RCVBUFFORCE, socket.SO_RCVBUF), (SNDBUFFORCE, socket.SO_SNDBUF)):
        try:
            opened.setsockopt(socket.SOL_SOCKET, larger, size)
        except PermissionError:  # without CAP_NET_ADMIN as much as net.core.rmem_max allows
            opened.setsockopt(socket.SOL_SOCKET, usual, size)


def open_udp(network: NetworkOptions, address: str = "") -> socket.socket:
    """A bound, non-blocking UDP socket, for the caller to close; Refused when no port is free."""
    address = address or network.bind
    for port in _ports(network):
        opened = bind_udp(address, port)
        if opened is not None:
            return opened
    raise no_port(network, address)


def open_udp_pair(
    network: NetworkOptions, wanted: int = 0, address: str = ""
) -> tuple[socket.socket, socket.socket]:
    """Sockets on an even port, for RTP, and the one after it, for RTCP (RFC 3550 11).

    `wanted`: the even port to try first, so that a session can come back where its sender knows it.
    Raises Refused when no pair is free.
    """
    address = address or network.bind
    tries = chain((wanted,) if wanted else (), islice(_ports(network, pairs=True), MAX_PAIR_TRIES))
    for port in tries:
        first = bind_udp(address, port)
        if first is None:
            continue
        number = first.getsockname()[1]
        second = bind_udp(address, number + 1) if number % 2 == 0 and number < LAST_PORT else None
        if second is not None:
            return first, second
        first.close()
    raise no_port(network, address)


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


def no_port(network: NetworkOptions, address: str) -> Refused:
    """All ports of the range are taken by others."""
    first, last = network.port_range
    where = f"{first}..{last}" if last else "any"
    return Refused(f"no free UDP port on {address} (range: {where})")
