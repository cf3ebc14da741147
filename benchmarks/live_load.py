"""Live viewers without a screen, many in one process that costs little: the load of `live`.

Started by the bench; `begin` on its input starts the count, `end` prints it as JSON. Few of them
take the stream apart, the others only take it: what they cost is not to be measured.
"""

import asyncio
import json
import sys
from dataclasses import dataclass, field
from functools import partial
from typing import cast

import uvloop

from mcu_core.media.clock import NS_PER_MS, NS_PER_SECOND, MonotonicClock
from recorder.live import FRAGMENT_KIND, HEADER, TRACK_KIND

CLOCK = MonotonicClock()
READ_BYTES = 256 * 1024
READER_OF_EACH = 30
"""One of so many reads what it gets."""

SILENCE_NS = 300 * NS_PER_MS


@dataclass(slots=True)
class Ask:
    """What this process is to do: so many viewers of a conference, `cookies` by turns."""

    port: int
    conference: str
    viewers: int
    cookies: list[str]


class Drain(asyncio.BufferedProtocol):
    """A viewer that takes what comes; all of them read into one piece of memory."""

    memory = bytearray(READ_BYTES)

    def __init__(self, head: bytes) -> None:
        self.bytes = 0
        self.silences = 0
        self.ended = False
        self._head = head
        self._newest_ns = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ask for the stream."""
        cast("asyncio.WriteTransport", transport).write(self._head)  # uvloop's is none by class

    def get_buffer(self, sizehint: int) -> bytearray:
        """The same for all."""
        return self.memory

    def buffer_updated(self, nbytes: int) -> None:
        """Count it."""
        now_ns = CLOCK.now_ns()
        self.silences += 0 < self._newest_ns < now_ns - SILENCE_NS
        self._newest_ns = now_ns
        self.bytes += nbytes

    def connection_lost(self, exc: Exception | None) -> None:
        """It was cut."""
        self.ended = True

    def clear(self) -> None:
        """Count anew."""
        self.bytes = self.silences = 0


class Reader(Drain):
    """A viewer that notes how late each main picture came, against the picture's own time."""

    def __init__(self, head: bytes) -> None:
        super().__init__(head)
        self.behind_ns: list[int] = []
        self._held = b""
        self._main = -1
        self._begun = False

    def buffer_updated(self, nbytes: int) -> None:
        """Take it apart."""
        super().buffer_updated(nbytes)
        self._held += bytes(self.memory[:nbytes])
        if not self._begun:
            _, end_of_head, rest = self._held.partition(b"\r\n\r\n")
            if not end_of_head:
                return
            self._begun, self._held = True, rest
        at = 0
        while len(self._held) - at >= HEADER.size:
            size, kind, track, time_s = HEADER.unpack_from(self._held, at)
            end = at + HEADER.size + size
            if end > len(self._held):
                break
            body = self._held[at + HEADER.size : end]
            if kind == TRACK_KIND and json.loads(body.split(b"\n")[0])["name"] == "main":
                self._main = track
            elif kind == FRAGMENT_KIND and track == self._main:
                self.behind_ns.append(CLOCK.now_ns() - round(time_s * NS_PER_SECOND))
            at = end
        self._held = self._held[at:]

    def clear(self) -> None:
        """Count anew."""
        super().clear()
        self.behind_ns.clear()


@dataclass(slots=True)
class Counted:
    """What the viewers saw."""

    bytes: int = 0
    silences: int = 0
    ended: int = 0
    least_pictures: int = 0
    behind_ms: list[float] = field(default_factory=list)
    """How much later than the earliest the pictures came, of those who read."""


def counted(viewers: list[Drain]) -> Counted:
    """All of them together."""
    readers = [one for one in viewers if isinstance(one, Reader)]
    every = [ns for one in readers for ns in one.behind_ns]
    earliest = min(every, default=0)
    return Counted(
        sum(one.bytes for one in viewers),
        sum(one.silences for one in viewers),
        sum(one.ended for one in viewers),
        min((len(one.behind_ns) for one in readers), default=0),
        sorted((ns - earliest) / NS_PER_MS for ns in every),
    )


def _same(one: Drain) -> Drain:
    return one


async def _run(ask: Ask) -> None:
    loop = asyncio.get_running_loop()
    viewers: list[Drain] = []
    for number in range(ask.viewers):
        head = (
            f"GET /api/v1/conferences/{ask.conference}/live HTTP/1.0\r\n"
            f"Cookie: {ask.cookies[number % len(ask.cookies)]}\r\n\r\n"
        ).encode()
        one = Reader(head) if number % READER_OF_EACH == 0 else Drain(head)
        # An address for each hundred: the server takes 250 connections of one.
        local = (f"127.0.1.{1 + number // 100}", 0)
        connect = partial(loop.create_connection, host="127.0.0.1", port=ask.port, local_addr=local)
        await connect(partial(_same, one))
        viewers.append(one)
    lines = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lines), sys.stdin)
    while (line := (await lines.readline()).strip()) != b"end" and line:
        for one in viewers:
            one.clear()
    found = counted(viewers)
    count = len(found.behind_ms)
    sys.stdout.write(
        json.dumps(
            {
                "bytes": found.bytes,
                "silences": found.silences,
                "ended": found.ended,
                "least_pictures": found.least_pictures,
                "behind_p95_ms": found.behind_ms[int(count * 0.95)] if count else 0.0,
                "behind_worst_ms": found.behind_ms[-1] if count else 0.0,
            }
        )
    )


def main() -> None:
    """The whole process: port, conference, number of viewers, cookies."""
    port, conference, viewers, *cookies = sys.argv[1:]
    uvloop.run(_run(Ask(int(port), conference, int(viewers), cookies)))


if __name__ == "__main__":
    main()
