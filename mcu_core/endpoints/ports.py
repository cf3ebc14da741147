"""Ports: which UDP port a session gets, of those that its network allows.

One that nobody has yet, as long as there are; else the least used one of ours where it cannot be
taken for another. So one port does for all, and with as many ports as sessions each has its own.
"""

import asyncio
import random
import socket
from collections.abc import Iterator
from typing import ClassVar
from weakref import WeakKeyDictionary

import structlog

from mcu_core.endpoints.learning import Mark, confusable
from mcu_core.endpoints.network import (
    SHARED_BUFFER_BYTES,
    NetworkOptions,
    bind_udp,
    no_port,
    open_udp,
    open_udp_pair,
)
from mcu_core.endpoints.shared_port import SharedPort
from mcu_core.errors import Refused

log = structlog.get_logger()

Pair = tuple[SharedPort, SharedPort]
"""For RTP, and for RTCP where that has a port of its own; else the same."""


class Ports:
    """The open ports of an event loop."""

    _of_loops: ClassVar[WeakKeyDictionary[asyncio.AbstractEventLoop, "Ports"]] = WeakKeyDictionary()

    @classmethod
    def here(cls) -> "Ports":
        """The running loop's own."""
        loop = asyncio.get_running_loop()
        one = cls._of_loops.get(loop)
        if one is None:
            one = cls._of_loops[loop] = cls()
        return one

    def __init__(self) -> None:
        self._open: dict[tuple[str, int], SharedPort] = {}
        self._told = False

    def for_checks(self, network: NetworkOptions, address: str) -> SharedPort:
        """A port on that address for a session that is known by its checks; Refused where there is
        none."""
        if not network.port_range[1]:
            return SharedPort(open_udp(network, address))
        first, last = network.port_range
        for number in _from_anywhere(range(first, last + 1)):
            port = self._opened(network, address, number)
            if port is not None:
                return port
        ours = self._ours(network, address)
        if not ours:
            raise no_port(network, address)
        return ours[0]

    def for_line(
        self,
        network: NetworkOptions,
        address: str,
        mark: Mark,
        wanted: int = 0,
        multiplexed: bool = False,
    ) -> Pair:
        """A port on that address for a line of plain RTP and, unless its RTCP is multiplexed, the
        one after it.

        `wanted`: the port to try first, so that a session can come back where its sender knows it.
        Raises Refused where no port is free and all of ours have lines that it could be confused
        with.
        """
        if not network.port_range[1]:
            rtp, rtcp = open_udp_pair(network, wanted, address)
            return SharedPort(rtp), SharedPort(rtcp)
        for number in self._tries(network, address, wanted):
            port = self._opened(network, address, number)
            port = port or self._open.get((address, number))
            if port is None or any(confusable(mark, line.mark) for line in port.lines):
                continue
            if multiplexed or number + 1 > network.port_range[1]:
                return port, port
            beside = self._opened(network, address, number + 1)
            beside = beside or self._open.get((address, number + 1))
            if beside is not None:
                return port, beside
            port.close_if_unused()
        first, last = network.port_range
        raise Refused(
            f"no UDP port of {first}..{last} is free, and on those in use its packets could be "
            "taken for another sender's: name its SSRC in the offer (a=ssrc), or give the bridge "
            "more ports"
        )

    def _tries(self, network: NetworkOptions, address: str, wanted: int) -> Iterator[int]:
        """The one that is wanted, those that nobody has, ours from the least used on. Even ones
        only, where there are more than two, since the next one is for RTCP."""
        first, last = network.port_range
        if first <= wanted <= last:
            yield wanted
        numbers = range(first + first % 2, last + 1, 2) if last > first else range(first, last + 1)
        ours = [port.number for port in self._ours(network, address)]
        yield from _from_anywhere([number for number in numbers if number not in ours])
        yield from [number for number in ours if number in numbers]

    def _ours(self, network: NetworkOptions, address: str) -> list[SharedPort]:
        first, last = network.port_range
        found = [
            port
            for (host, number), port in self._open.items()
            if host == address and first <= number <= last
        ]
        return sorted(found, key=lambda port: port.users)

    def _opened(self, network: NetworkOptions, address: str, number: int) -> SharedPort | None:
        """A port that nobody had before; None where somebody has."""
        key = (address, number)
        bound = bind_udp(address, number, shared=True) if key not in self._open else None
        if bound is None:
            return None
        self._look_at_room(bound)
        port = self._open[key] = SharedPort(bound)
        port.closed = lambda: self._closed(key)
        return port

    def _look_at_room(self, bound: socket.socket) -> None:
        room = bound.getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF)
        if room < SHARED_BUFFER_BYTES and not self._told:
            self._told = True
            log.warning(
                "little room for packets that wait: raise net.core.rmem_max and wmem_max",
                bytes=room,
                wanted=SHARED_BUFFER_BYTES,
            )

    def _closed(self, key: tuple[str, int]) -> None:
        del self._open[key]


def _from_anywhere(numbers: list[int] | range) -> list[int]:
    """Beginning anywhere: a port just given up is not the next one handed out, so that a late
    packet for a session that ended does not reach the next."""
    offset = random.randrange(len(numbers)) if numbers else 0
    return [*numbers[offset:], *numbers[:offset]]
