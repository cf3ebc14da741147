"""Packets on their way to a program that decodes them: handed on at once, and counted."""

import asyncio
from typing import Any

from benchmarks.codec_peers import HOST, free_port
from mcu_core.media.clock import NS_PER_SECOND, MonotonicClock


class Passing(asyncio.DatagramProtocol):
    """What comes to `port` goes to `listener`, a port of this machine. Its socket ends with it."""

    def __init__(self) -> None:
        self.port, self.listener = free_port(), free_port()
        self.bits_per_s = 0.0
        self._bytes = 0
        self._began_ns = 0
        self._clock = MonotonicClock()
        self._out: asyncio.DatagramTransport | None = None

    @classmethod
    async def open(cls) -> "Passing":
        """One whose port takes packets."""
        made = cls()
        loop = asyncio.get_running_loop()
        await loop.create_datagram_endpoint(lambda: made, (HOST, made.port))
        return made

    def connection_made(self, transport: Any) -> None:
        """The port is open."""
        self._out = transport

    def datagram_received(self, data: bytes, addr: Any) -> None:
        """Count a packet and hand it on."""
        self._bytes += len(data)
        if self._out is not None:
            self._out.sendto(data, (HOST, self.listener))

    def begin(self) -> None:
        """Count from now on."""
        self._bytes, self._began_ns = 0, self._clock.now_ns()

    def end(self) -> None:
        """Count no more, and close; `bits_per_s` is what came since `begin`."""
        lasted_s = (self._clock.now_ns() - self._began_ns) / NS_PER_SECOND
        self.bits_per_s = 8 * self._bytes / lasted_s if lasted_s else 0.0
        if self._out is not None:
            self._out.close()
