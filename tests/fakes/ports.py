"""Ports that nobody uses now, for programs that must be told theirs."""

import socket

from mcu_core.endpoints.network import NetworkOptions, open_udp_pair


def free_port() -> int:
    """A TCP port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def free_udp_pair() -> int:
    """An even UDP port whose next one is free too."""
    first, second = open_udp_pair(NetworkOptions())
    with first, second:
        port: int = first.getsockname()[1]
        return port
