"""The process that pushes: ffmpeg copies what a live viewer gets to somewhere else, re-encoding
nothing.

It reads picture and sound as two streams of fragments from pipes of ours, and tells twice a second
how far it has come.
"""

import asyncio
import json
import os
from collections.abc import Callable

from control_api.services.push_address import PushAddress
from mcu_core.errors import Refused
from recorder.live import FRAGMENT_KIND, HEADER, TRACK_KIND

FFMPEG = "ffmpeg"
ERROR_LETTERS = 300
END_S = 3.0
PROTOCOLS = "pipe,rtmp,rtmps,tls,tcp,srt,udp"
NET_TIMEOUT_US = 10_000_000


class LiveSplitter:
    """A live viewer's sink that gives picture and sound each to a pipe of its own.

    `renewed` is called when a track goes on with other parameters, which no pipe can tell.
    """

    def __init__(
        self, picture: str, pipes: dict[str, asyncio.WriteTransport], renewed: Callable[[], None]
    ) -> None:
        self._pipes = {picture: pipes["picture"], "sound": pipes["sound"]}
        self._renewed = renewed
        self._names: dict[int, str] = {}
        self._heads: dict[str, bytes] = {}

    @property
    def backlog(self) -> int:
        """What the process has not read yet."""
        return sum(pipe.get_write_buffer_size() for pipe in self._pipes.values())

    def write(self, data: bytes) -> None:
        """Take whole messages (recorder/live.py)."""
        at = 0
        while at < len(data):
            size, kind, number, _ = HEADER.unpack_from(data, at)
            body = data[at + HEADER.size : at + HEADER.size + size]
            at += HEADER.size + size
            if kind == TRACK_KIND:
                self._begin(number, body)
            elif kind == FRAGMENT_KIND and number in self._names:
                self._put(self._names[number], body)

    def _begin(self, number: int, body: bytes) -> None:
        facts, _, init = body.partition(b"\n")
        name = str(json.loads(facts)["name"])
        if name not in self._pipes:
            return
        self._names[number] = name
        before = self._heads.get(name)
        if before is None:
            self._heads[name] = init
            self._put(name, init)
        elif before != init:
            self._renewed()

    def _put(self, name: str, data: bytes) -> None:
        pipe = self._pipes[name]
        if not pipe.is_closing():
            pipe.write(data)


class PushChild:
    """One run of ffmpeg; `close` ends it. `moved` is called as often as something was sent."""

    def __init__(self, address: PushAddress, moved: Callable[[], None]) -> None:
        self._address = address
        self._moved = moved
        self._process: asyncio.subprocess.Process | None = None
        self._reading: list[asyncio.Task[None]] = []
        self._sent_us = 0
        self.pipes: dict[str, asyncio.WriteTransport] = {}
        self.error = ""

    async def launch(self) -> None:
        """Start it; raises Refused when there is no ffmpeg."""
        secret = _readable("".join(f"{name}={value}\n" for name, value in self._address.options))
        ours: dict[str, int] = {}
        theirs = [secret]
        for name in ("picture", "sound"):
            read, ours[name] = os.pipe()
            theirs.append(read)
        try:
            self._process = await asyncio.create_subprocess_exec(
                *self._words(*theirs),
                pass_fds=theirs,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.PIPE,
                start_new_session=True,
            )
        except BaseException as error:
            for number in ours.values():
                os.close(number)
            if isinstance(error, OSError):
                raise Refused(f"ffmpeg cannot be started ({error.strerror})") from error
            raise
        finally:
            for number in theirs:
                os.close(number)
        try:
            await self._connect(ours)
        except BaseException:  # whoever is cancelled here has nothing yet that could be closed
            await self.close()
            raise

    async def _connect(self, ours: dict[str, int]) -> None:
        assert self._process is not None
        out, errors = self._process.stdout, self._process.stderr
        assert out is not None
        assert errors is not None
        self._reading = [
            asyncio.create_task(self._progress(out), name="push progress"),
            asyncio.create_task(self._errors(errors), name="push errors"),
        ]
        loop = asyncio.get_running_loop()
        try:
            while ours:
                name, number = ours.popitem()
                pipe = os.fdopen(number, "wb", buffering=0)
                self.pipes[name], _ = await loop.connect_write_pipe(asyncio.BaseProtocol, pipe)
        finally:
            for number in ours.values():
                os.close(number)

    def _words(self, secret: int, picture: int, sound: int) -> list[str]:
        # The clock of the live stream is kept: both inputs have it, and their beginnings differ.
        quick = ["-f", "mp4", "-analyzeduration", "0", "-thread_queue_size", "512"]
        return [
            *(FFMPEG, "-hide_banner", "-loglevel", "error", "-nostats", "-progress", "pipe:1"),
            *("-copyts", *quick, "-i", f"pipe:{picture}", *quick, "-i", f"pipe:{sound}"),
            *("-map", "0:v", "-map", "1:a", "-c", "copy", "-flush_packets", "1"),
            *("-flvflags", "no_duration_filesize") * (self._address.format == "flv"),
            *("-rw_timeout", str(NET_TIMEOUT_US)) * (self._address.format == "flv"),
            # Options of a file that nobody else can open: what is said here, all users can read.
            *("-fpre", f"/proc/self/fd/{secret}"),
            *("-protocol_whitelist", PROTOCOLS, "-f", self._address.format, self._address.door),
        ]

    async def wait(self) -> None:
        """Until it has ended."""
        assert self._process is not None
        await self._process.wait()

    async def close(self) -> None:
        """End it and wait for it; safe twice."""
        for pipe in self.pipes.values():
            if not pipe.is_closing():
                pipe.abort()
        process = self._process
        if process is not None and process.returncode is None:
            process.terminate()
            try:
                async with asyncio.timeout(END_S):
                    await process.wait()
            except TimeoutError:
                process.kill()
                await process.wait()
        await asyncio.gather(*self._reading, return_exceptions=True)

    async def _progress(self, out: asyncio.StreamReader) -> None:
        async for line in out:
            name, _, value = line.decode("ascii", "replace").strip().partition("=")
            if name == "out_time_us" and value.lstrip("-").isdecimal():
                moved, self._sent_us = int(value) > self._sent_us, int(value)
                if moved:
                    self._moved()

    async def _errors(self, errors: asyncio.StreamReader) -> None:
        """The last that it said, without the address and its secrets."""
        while line := await errors.read(4096):
            text = line.decode("utf-8", "replace").strip().rpartition("\n")[2]
            hidden = text.replace(self._address.url, self._address.shown)
            self.error = _without_secrets(hidden, self._address)[:ERROR_LETTERS]


def _readable(text: str) -> int:
    """A descriptor from which a child can read that, once; shorter than what a pipe holds."""
    read, write = os.pipe()
    try:
        os.write(write, text.encode())
    finally:
        os.close(write)
    return read


def _without_secrets(text: str, address: PushAddress) -> str:
    """ffmpeg says parts of an address, too: each word that is in it and is no host is hidden."""
    kept = set(address.shown.replace("://", "/").replace(":", "/").split("/"))
    secrets = {
        word
        for word in address.url.replace("?", "/").replace("&", "/").replace("=", "/").split("/")
        if len(word) > 3 and word not in kept and word.rstrip(":") not in kept
    }
    for secret in sorted(secrets - {f"{address.host}:{address.port}"}, key=len, reverse=True):
        text = text.replace(secret, "***")
    return text
