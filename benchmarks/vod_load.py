"""Viewers of recordings without a screen, many in one process: the load of `vod`.

Each takes two seconds of picture, content and sound every two seconds, as a player does, by ranges
of the track files on one connection. `begin` on its input starts the count, `end` prints it.
"""

import asyncio
import json
import random
import sys
from dataclasses import dataclass, field
from functools import partial
from typing import cast

import uvloop

from mcu_core.media.clock import NS_PER_MS, NS_PER_SECOND, MonotonicClock

CLOCK = MonotonicClock()
READ_BYTES = 1024 * 1024
SEGMENT_S = 2.0
PATIENCE_MS = 2 * SEGMENT_S * 1000
"""So much is in a player's buffer; a segment that takes longer stops the picture."""

HEAD_END = b"\r\n\r\n"
ONE_ADDRESS = 100


@dataclass(slots=True)
class Tally:
    """Of all viewers: how long each segment took, bytes, and what was not a part of a file."""

    times_ms: list[float] = field(default_factory=list)
    bytes: int = 0
    wrong: int = 0


class Fetcher(asyncio.BufferedProtocol):
    """One connection that takes one answer at a time; all read into one piece of memory."""

    memory = bytearray(READ_BYTES)

    def __init__(self, tally: Tally) -> None:
        self._tally = tally
        self._left = -1
        self._done: asyncio.Future[bool] | None = None
        self._transport: asyncio.WriteTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """It is there."""
        self._transport = cast("asyncio.WriteTransport", transport)

    async def fetch(self, head: bytes) -> None:
        """Ask, and wait for the whole answer."""
        assert self._transport is not None
        self._left, self._done = -1, asyncio.get_running_loop().create_future()
        self._transport.write(head)
        if not await self._done:
            self._tally.wrong += 1

    def get_buffer(self, sizehint: int) -> bytearray:
        """The same for all."""
        return self.memory

    def buffer_updated(self, nbytes: int) -> None:
        """A part of the answer."""
        self._tally.bytes += nbytes
        if self._left < 0:
            head, end, _ = bytes(self.memory[: min(nbytes, 4096)]).partition(HEAD_END)
            lines = head.lower().split(b"\r\n")
            length = [int(line[15:]) for line in lines if line[:15] == b"content-length:"]
            if b" 206 " not in lines[0] + b" " or not end or not length:
                return self._settle(False)
            self._left = length[0] + len(head) + len(HEAD_END)
        self._left -= nbytes
        if self._left == 0:
            self._settle(True)
        return None

    def connection_lost(self, exc: Exception | None) -> None:
        """It was cut."""
        self._settle(False)

    def _settle(self, good: bool) -> None:
        if self._done is not None and not self._done.done():
            self._done.set_result(good)


async def _play(
    fetcher: Fetcher, heads: list[tuple[bytes, int, int]], tally: Tally, at_s: float
) -> None:
    """One viewer: `heads` are request lines with the bytes of a segment and of the file."""
    begin_ns = CLOCK.now_ns() + round(random.uniform(0, SEGMENT_S) * NS_PER_SECOND)
    number = 0
    while True:
        due_ns = begin_ns + round(number * SEGMENT_S * NS_PER_SECOND)
        await asyncio.sleep(max(0, due_ns - CLOCK.now_ns()) / NS_PER_SECOND)
        asked_ns = CLOCK.now_ns()
        for head, size, whole in heads:
            start = (round(at_s / SEGMENT_S) + number) * size % max(1, whole - size)
            await fetcher.fetch(head % (start, start + size - 1))
        tally.times_ms.append((CLOCK.now_ns() - asked_ns) / NS_PER_MS)
        number += 1


async def _run(
    port: int, viewers: int, cookies: list[str], tracks: list[tuple[str, int, int]]
) -> None:
    loop, tally = asyncio.get_running_loop(), Tally()
    playing = []
    for number in range(viewers):
        end = f"Host: x\r\nCookie: {cookies[number % len(cookies)]}\r\nRange: bytes=".encode()
        heads = [
            (f"GET {path} HTTP/1.1\r\n".encode() + end + b"%d-%d\r\n\r\n", size, whole)
            for path, size, whole in tracks
        ]
        one = Fetcher(tally)
        local = (f"127.0.1.{1 + number // ONE_ADDRESS}", 0)
        connect = partial(loop.create_connection, host="127.0.0.1", port=port, local_addr=local)
        await connect(partial(_same, one))
        at_s = random.uniform(0, 30)
        playing.append(asyncio.create_task(_play(one, heads, tally, at_s), name="viewer"))
    lines = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lines), sys.stdin)
    while (line := (await lines.readline()).strip()) != b"end" and line:
        tally.times_ms.clear()
        tally.bytes = tally.wrong = 0
    for task in playing:
        task.cancel()
    times = sorted(tally.times_ms) or [0.0]
    told = {
        "bytes": tally.bytes,
        "wrong": tally.wrong,
        "segments": len(times),
        "p50_ms": times[len(times) // 2],
        "p99_ms": times[int(len(times) * 0.99)],
        "worst_ms": times[-1],
        "rebuffers": sum(time > PATIENCE_MS for time in times),
    }
    sys.stdout.write(json.dumps(told))


def _same(one: Fetcher) -> Fetcher:
    return one


def main() -> None:
    """The whole process: port, viewers, tracks ([[path, bytes a segment, bytes]]), cookies."""
    port, viewers, tracks, *cookies = sys.argv[1:]
    uvloop.run(_run(int(port), int(viewers), cookies, json.loads(tracks)))


if __name__ == "__main__":
    main()
