"""Addresses that the other side names: what we may be made to send packets to."""

from ipaddress import IPv4Address, IPv6Address, ip_address

from mcu_core.errors import BadInput

FIRST_PORT, LAST_PORT = 1024, 65_535
"""Nobody takes media below; name, time and login servers stand there."""

Host = IPv4Address | IPv6Address


def one_host(text: str) -> Host | None:
    """The address of one host; None for names, groups, broadcasts and reserved addresses."""
    try:
        address = ip_address(text)
    except ValueError:
        return None
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    refused = address.is_multicast or address.is_unspecified
    if isinstance(address, IPv4Address):  # 240.0.0.0/4 and 255.255.255.255; in IPv6 it is much
        refused = refused or address.is_reserved
    return None if refused else address


def media_address(host: str, port: int, bind: str) -> tuple[str, int]:
    """Where media may go from a socket bound to `bind`; raises BadInput naming the SDP's line."""
    address = one_host(host)
    if address is None:
        raise BadInput("sdp.c", f"the IP address of one host, not {host}")
    if address.version != ip_address(bind).version:
        raise BadInput("sdp.c", f"an IPv{ip_address(bind).version} address, not {host}")
    if not is_media_port(port):
        raise BadInput("sdp.m", f"a port of {FIRST_PORT}..{LAST_PORT}, not {port}")
    return str(address), port


def is_media_port(port: int) -> bool:
    """Whether packets may be sent to that port of somebody."""
    return FIRST_PORT <= port <= LAST_PORT
