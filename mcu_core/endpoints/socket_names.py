"""Socket addresses as the system writes them (sockaddr_in, sockaddr_in6), to host and port."""

import socket
from struct import Struct

Address = tuple[str, int]

_FAMILY = Struct("=H")
_IPV4 = Struct("!H4s8x")
_IPV6 = Struct("!HI16s")
_SCOPE = Struct("=I")


def name_bytes(family: int) -> int:
    """The size of a socket address of that family."""
    further = _IPV6.size + _SCOPE.size if family == socket.AF_INET6 else _IPV4.size
    return _FAMILY.size + further


def write_name(family: int, address: Address) -> bytes:
    """An address as bytes; raises OSError where it is none of that family (names are not looked
    up)."""
    kind = socket.AddressFamily(family)
    found = socket.getaddrinfo(
        *address, kind, socket.SOCK_DGRAM, 0, socket.AI_NUMERICHOST | socket.AI_NUMERICSERV
    )
    where = found[0][4]
    if len(where) == 4:
        host, port, flow, scope = where
        packed = socket.inet_pton(kind, host.partition("%")[0])
        return _FAMILY.pack(family) + _IPV6.pack(port, flow, packed) + _SCOPE.pack(scope)
    return _FAMILY.pack(family) + _IPV4.pack(int(where[1]), socket.inet_aton(str(where[0])))


def read_name(name: bytes) -> Address:
    """Host and port; a link-local IPv6 host has its interface behind a %."""
    if _FAMILY.unpack_from(name)[0] != socket.AF_INET6:
        port, packed = _IPV4.unpack_from(name, _FAMILY.size)
        return socket.inet_ntop(socket.AF_INET, packed), port
    port, _, packed = _IPV6.unpack_from(name, _FAMILY.size)
    (scope,) = _SCOPE.unpack_from(name, _FAMILY.size + _IPV6.size)
    host = socket.inet_ntop(socket.AF_INET6, packed)
    return f"{host}%{socket.if_indextoname(scope)}" if scope else host, port
