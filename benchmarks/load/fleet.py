"""The fleet: the sites of a run as the bench sees them; the load's process plays them."""

import asyncio
import random
import socket
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from aiortc import RTCCertificate

from benchmarks.load.ledger import KEYED, READY, STOP, Flows, Ledger
from benchmarks.load.recording import Recording
from benchmarks.load.secure import Handshake, media_of
from benchmarks.load.tape import Numbers, Tape
from benchmarks.process import Usage, usage
from mcu_core.errors import McuError
from mcu_core.media.clock import NS_PER_MS, MonotonicClock
from mcu_core.media.codec import H264, OPUS
from mcu_core.protocol import sdp

RECEIVE_BYTES = 4 << 20
KEPT_BYTES = 96 << 20
"""Of one watched flow: five minutes at 2 Mbit/s."""

LEAD_NS = 300 * NS_PER_MS
START_S = 60.0
VIDEO_TYPE, AUDIO_TYPE = 96, 111
SPARE_S = 30


@dataclass(frozen=True, slots=True)
class Sends:
    """What one flow sends: a tape from unit `first_unit` on, `delay_ns` after it was captured."""

    tape: Tape
    first_unit: int = 0
    delay_ns: int = 0


@dataclass(frozen=True, slots=True)
class SitePlan:
    """One site of the load.

    `video`, `sound`: what it sends; None: that kind is not offered at all, unless
    `receives_video`, which offers pictures both ways and sends none. `phase_ns`: how much later
    than the others it begins, for cameras are not in step. `watched`: what comes to it is kept.
    `limit_bps`: b=AS of its offer, 0 for none. `jitter_ns`, `loss_permille`: of its line to us.
    `secure`: SRTP, as a browser's.
    """

    video: Sends | None = None
    sound: Sends | None = None
    receives_video: bool = False
    phase_ns: int = 0
    watched: bool = False
    limit_bps: int = 0
    jitter_ns: int = 0
    loss_permille: int = 0
    secure: bool = False


class Line:
    """One flow: a socket, and its row in the ledger."""

    def __init__(self, sends: Sends | None, is_video: bool) -> None:
        self.handshake: Handshake | None = None
        self.sends = sends
        self.is_video = is_video
        self.row = -1
        self.ssrc = random.getrandbits(31) | 1
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.setblocking(False)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BYTES)
        self.socket.bind(("127.0.0.1", 0))

    @property
    def port(self) -> int:
        """Its own port."""
        return int(self.socket.getsockname()[1])

    @property
    def payload_type(self) -> int:
        """The payload type that it sends and wants."""
        form = self.sends.tape.form if self.sends is not None else None
        if form is not None and form.static_payload_type is not None:
            return form.static_payload_type
        return VIDEO_TYPE if self.is_video else AUDIO_TYPE

    def description(self, limit_bps: int) -> list[str]:
        """Its part of the offer."""
        form = self.sends.tape.form if self.sends is not None else None
        codec = form or (H264 if self.is_video else OPUS)
        kind, number = ("video" if self.is_video else "audio"), self.payload_type
        channels = f"/{codec.channels}" if codec.channels > 1 else ""
        profile = "UDP/TLS/RTP/SAVPF" if self.handshake is not None else "RTP/AVP"
        lines = [f"m={kind} {self.port} {profile} {number}"]
        lines += [f"b=AS:{limit_bps // 1000}"] if limit_bps and self.is_video else []
        lines += [f"a=rtpmap:{number} {codec.name}/{codec.rtp_clock}{channels}"]
        if codec is H264:
            lines.append(f"a=fmtp:{number} packetization-mode=1;profile-level-id=42e02a")
        if self.is_video:
            lines += [f"a=rtcp-fb:{number} {what}" for what in ("nack pli", "ccm fir", "goog-remb")]
        return [*lines, f"a=ssrc:{self.ssrc} cname:load", "a=rtcp-mux"]


class Site:
    """One site of the fleet: its lines and how it offers them."""

    def __init__(self, plan: SitePlan) -> None:
        self.plan = plan
        wants_video = plan.video is not None or plan.receives_video
        self.video = Line(plan.video, is_video=True) if wants_video else None
        self.sound = Line(plan.sound, is_video=False) if plan.sound is not None else None

    @property
    def lines(self) -> list[Line]:
        """Those that it has, video first."""
        return [line for line in (self.video, self.sound) if line is not None]

    async def secure(self, certificate: RTCCertificate) -> str:
        """The description of a secure site, which is to shake hands then."""
        own = {}
        for line in self.lines:
            line.handshake = Handshake(line.socket, certificate)
            own[line] = await line.handshake.description()
        text = self.offer()
        head, *sections = text.split("m=")
        for k, line in enumerate(self.lines):
            sections[k] += "\r\n".join([f"a=mid:{k}", "a=sendrecv", *own[line], ""])
        return "m=".join([head, *sections])

    async def shake_hands(self, answer: str) -> dict[int, bytes]:
        """Connect all lines; the keys that they send with, by row."""
        self.connect(answer)
        pairs = zip(self.lines, media_of(answer), strict=True)
        return {
            line.row: await line.handshake.connect(media)
            for line, media in pairs
            if line.handshake is not None
        }

    def offer(self) -> str:
        """Its session description."""
        lines = ["v=0", "o=- 1 1 IN IP4 127.0.0.1", "s=bench", "c=IN IP4 127.0.0.1", "t=0 0"]
        for line in self.lines:
            lines += line.description(self.plan.limit_bps)
        return "\r\n".join(lines) + "\r\n"

    def connect(self, answer: str) -> None:
        """Send from now on to where the answer says; the load's process has the same sockets."""
        for media in sdp.parse(answer).media:
            line = self.video if media.kind == "video" else self.sound
            if line is not None and media.port:
                line.socket.connect(("127.0.0.1", media.port))


class Fleet:
    """Sites played by a process of their own; owns that process and all sockets.

    `seconds`: how long it will run at most; what would be noted after that is not. Enter it, attach
    the sites, then `begin`.
    """

    def __init__(self, plans: Sequence[SitePlan], seconds: float) -> None:
        self.sites = [Site(plan) for plan in plans]
        self._seconds = seconds + SPARE_S
        self._clock = MonotonicClock()
        shared = Path("/dev/shm")
        self._folder = tempfile.TemporaryDirectory(
            prefix="mcu-load-", dir=shared if shared.is_dir() else None
        )
        self._process: asyncio.subprocess.Process | None = None
        self.begun_ns = 0
        self.ledger = self._laid_out()

    # ------------------------------------------------------------------ before the run

    def _laid_out(self) -> Ledger:
        """A ledger with an order for each line, and the tapes beside it."""
        folder = Path(self._folder.name)
        lines = [(line, site.plan) for site in self.sites for line in site.lines]
        tapes: list[Tape] = []
        for line, _ in lines:
            if line.sends is not None and not any(line.sends.tape is tape for tape in tapes):
                tapes.append(line.sends.tape)
        for k, tape in enumerate(tapes):
            tape.save(folder / f"tape-{k:04d}.npz")
        watched = [line for line, plan in lines if plan.watched]
        fastest = max((tape.per_second for tape in tapes), default=50)
        notes = (len(lines), int(self._seconds * max(60, min(fastest, 60))))
        Ledger.make(folder, len(lines), notes, (len(watched), KEPT_BYTES))
        ledger = Ledger.open(folder)
        for row, (line, plan) in enumerate(lines):
            line.row = row
            watch = watched.index(line) if plan.watched else -1
            self._order(ledger.flows, line, plan, tapes, watch)
        return ledger

    def _order(
        self, flows: Flows, line: Line, plan: SitePlan, tapes: list[Tape], watch: int
    ) -> None:
        flow, sends = flows[line.row], line.sends
        flow["tape"] = -1
        flow["per_second"] = 1
        flow["active"] = 1
        if sends is not None:
            tape = sends.tape
            flow["tape"] = next(k for k, known in enumerate(tapes) if known is tape)
            flow["raw"], flow["ticks"], flow["per_second"] = tape.raw, tape.ticks, tape.per_second
            flow["first_unit"], flow["delay_ns"] = sends.first_unit, sends.delay_ns
        flow["socket"] = line.socket.fileno()
        flow["payload_type"], flow["video"] = line.payload_type, line.is_video
        flow["ssrc"] = line.ssrc
        flow["sequence"] = random.getrandbits(15)
        flow["loss_permille"], flow["jitter_ns"] = plan.loss_permille, plan.jitter_ns
        flow["sent_row"] = flow["came_row"] = line.row
        flow["secure"] = plan.secure
        flow["watch"], flow["last_sequence"] = watch, -1

    async def start(self) -> None:
        """Start the load's process; it sends nothing yet."""
        numbers = [line.socket.fileno() for site in self.sites for line in site.lines]
        self._process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "benchmarks.load", self._folder.name, pass_fds=numbers
        )
        try:
            await self.wait_until(lambda flows: bool(self.ledger.state[READY]))
        except BaseException:
            await self.stop()
            raise

    # ------------------------------------------------------------------ the run

    async def keyed(self, keys: dict[int, bytes]) -> None:
        """Let the load's process have the keys of secure lines, and their sockets to itself."""
        for row, key in keys.items():
            self.ledger.keys[row] = np.frombuffer(key, np.uint8)
        for site in self.sites:
            for line in site.lines:
                if line.handshake is not None:
                    await line.handshake.give_up()
        self.ledger.state[KEYED] = 1

    def begin(self) -> int:
        """Let all sites begin to send; when that is, on the monotonic clock."""
        self.begun_ns = self._clock.now_ns() + LEAD_NS
        for site in self.sites:
            for line in site.lines:
                self.ledger.flows[line.row]["start_ns"] = self.begun_ns + site.plan.phase_ns
        return self.begun_ns

    def order(self, site: int, field: str, value: int) -> None:
        """Change an order of all lines of a site: active, loss_permille, jitter_ns, remb_bps."""
        for line in self.sites[site].lines:
            self.ledger.flows[line.row][field] = value

    def ask_keyframe(self, site: int) -> None:
        """Let a site ask for a keyframe at once."""
        line = self.sites[site].video
        if line is not None:
            self.ledger.flows[line.row]["plis_wanted"] += 1

    def counted(self) -> Flows:
        """All rows as they are now."""
        self.check()
        return np.array(self.ledger.flows)

    def usage(self) -> Usage:
        """What the load's process has used so far."""
        self.check()
        assert self._process is not None
        return usage(self._process.pid)

    def check(self) -> None:
        """Raises McuError when the load's process has ended by itself."""
        if self._process is None or self._process.returncode is not None:
            raise McuError("the load's process is not running")

    async def wait_until(self, done: Callable[[Flows], bool], within_s: float = START_S) -> None:
        """Wait until the counts are as wanted; raises McuError when they do not become so."""
        try:
            async with asyncio.timeout(within_s):
                while not done(self.counted()):
                    await asyncio.sleep(0.05)
        except TimeoutError as error:
            raise McuError(f"the load did not get going within {within_s:g} s") from error

    # ------------------------------------------------------------------ what was noted

    def sent_ns(self, line: Line) -> Numbers:
        """When unit n of a line left, n counting on through all loops."""
        count = min(int(self.ledger.flows[line.row]["units_out"]), self.ledger.sent_ns.shape[1])
        return np.array(self.ledger.sent_ns[line.row, :count])

    def came_ns(self, line: Line) -> Numbers:
        """When each unit came."""
        count = min(int(self.ledger.flows[line.row]["units_in"]), self.ledger.came_ns.shape[1])
        return np.array(self.ledger.came_ns[line.row, :count])

    def keyframes_ns(self, line: Line) -> Numbers:
        """When each keyframe came."""
        came = self.came_ns(line)
        return np.array(came[self.ledger.keyframes[line.row, : len(came)] != 0], np.int64)

    def recording(self, line: Line) -> Recording:
        """What came to a watched line so far."""
        return Recording.read(self.ledger, int(self.ledger.flows[line.row]["watch"]))

    async def stop(self) -> None:
        """End the process and close the sockets; what was noted can still be read. Safe twice."""
        self.ledger.state[STOP] = 1
        process, self._process = self._process, None
        if process is not None:
            await process.wait()
        for site in self.sites:
            for line in site.lines:
                line.socket.close()

    def close(self) -> None:
        """Let the notes go; safe twice."""
        self._folder.cleanup()

    async def __aenter__(self) -> "Fleet":
        await self.start()
        return self

    async def __aexit__(self, *error: object) -> None:
        await self.stop()
        self.close()
