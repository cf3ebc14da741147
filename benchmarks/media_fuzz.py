"""fuzz --media: packets and descriptions made to break a call while another one runs (bar 9).

In pieces, since a million take their time: a file keeps how far they have come, and what they did.
"""

import asyncio
import gc
import json
import logging
import os
from collections import Counter
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

import structlog

from benchmarks.hostile_media import (
    EVENTS_TYPE,
    MENDED_RED_TYPE,
    MENDED_TYPE,
    OUR_KEY,
    OURS,
    RED_TYPE,
    RTX_TYPE,
    SHARES,
    SOUND_TYPE,
    THEIR_KEY,
    ULPFEC_TYPE,
    VIDEO_TYPE,
    VP8_TYPE,
    Hostile,
    protected,
    sessions,
)
from benchmarks.load.faults import Faults
from benchmarks.load.simulated_call import AtOnce, CallPlan, SimulatedCall
from benchmarks.process import usage
from benchmarks.report import Report, Row
from mcu_core.contract.definition import Encryption
from mcu_core.endpoints.endpoint import EndpointStats, Intake
from mcu_core.endpoints.ice_port import IcePort
from mcu_core.endpoints.network import NetworkOptions
from mcu_core.endpoints.rtp_call import CallTerms
from mcu_core.endpoints.rtp_stream import RtpStream
from mcu_core.endpoints.stream_group import StreamGroup
from mcu_core.endpoints.webrtc_peer import WebRtcPeer
from mcu_core.errors import BadInput, MalformedInput, McuError, Refused
from mcu_core.ingress.audio import AudioIngress
from mcu_core.ingress.video import VideoIngress
from mcu_core.media.clock import NS_PER_MS, ManualClock, MonotonicClock, thread_cpu_time_s
from mcu_core.media.codec import H264, OPUS, VP8, Codec, Kind
from mcu_core.media.units import AudioForm, VideoForm
from mcu_core.negotiation.agreement import Protection
from mcu_core.negotiation.capabilities import Capabilities, LocalAddress
from mcu_core.negotiation.rtp_session import answer
from mcu_core.negotiation.webrtc import plan
from mcu_core.protocol import flexfec, sdes, sdp, ulpfec
from mcu_core.protocol.rtcp import is_rtcp
from mcu_core.protocol.rtp import Burst

OTHER_S = 4
"""How long the other call lasts, beside each piece."""

OTHER = CallPlan(
    video=VideoForm(H264, 320, 180, 30, 400_000),
    sound=AudioForm(OPUS, 2, 64_000),
    out=Faults(delay_ms=20, jitter_ms=20, loss=0.02),
    back=Faults(delay_ms=20),
)
OTHER_STEPS = 100
WARM_UP = 0.2
STRANGER = ("127.0.0.1", 9)
"""Where answers to STUN go: discarded there."""

LOCAL = LocalAddress(
    "127.0.0.1",
    {Kind.VIDEO: 50_000, Kind.AUDIO: 50_002},
    content_port=50_004,
    camera_port=50_006,
    keys=dict.fromkeys(Kind, OUR_KEY),
    content_key=OUR_KEY,
    camera_key=OUR_KEY,
)
POLICIES = (Encryption.AUTOMATIC, Encryption.FORCED)
OFFER = """v=0
o=- 1 1 IN IP4 127.0.0.1
s=-
t=0 0
a=group:BUNDLE 0
m=audio 9 UDP/TLS/RTP/SAVPF 111
c=IN IP4 0.0.0.0
a=rtpmap:111 opus/48000/2
a=ice-ufrag:here
a=ice-pwd:0123456789abcdefghijklmn
a=fingerprint:sha-256 {print}
a=setup:actpass
a=mid:0
a=rtcp-mux
a=sendrecv
"""


class Victim:
    """A call that gets it all: a group of streams, a negotiation, a port for STUN; and what lines
    with keys and repair packets are read by."""

    def __init__(self) -> None:
        self.clock = ManualClock(10**10)
        self.group = StreamGroup(EndpointStats())
        self.audio = AudioIngress(self.clock, "victim")
        self._add(H264, VIDEO_TYPE, OURS, Protection(rtx=RTX_TYPE))
        self._add(VP8, VP8_TYPE, OURS + 1, Protection())
        self._add(OPUS, SOUND_TYPE, OURS + 2, Protection(red=RED_TYPE))
        mended = Protection(red=MENDED_RED_TYPE, ulpfec=ULPFEC_TYPE)
        self._add(H264, MENDED_TYPE, OURS + 3, mended)
        self._keyed = [sessions(suite, OUR_KEY, THEIR_KEY) for suite in sdes.SUITES]
        self._protected = [ulpfec.bit_string(one) for one in protected()]
        self.ports: list[IcePort] = []
        self.peer: WebRtcPeer | None = None

    def _add(self, codec: Codec, number: int, ssrc: int, protection: Protection) -> None:
        stream = RtpStream(codec, (number, number), ssrc, self.clock, _sent, _told)
        stream.sends = True
        stream.events_type = EVENTS_TYPE if codec is OPUS else 0
        stream.protect(protection)
        pictures = VideoIngress(self.clock, "victim", AtOnce())
        pictures.watch(False)
        stream.receive_into(Intake(pictures, self.audio))
        self.group.add(stream)

    async def open(self) -> None:
        """Begin a connection whose port takes STUN."""
        terms = CallTerms(
            "victim", Intake(None, self.audio), NetworkOptions(), MonotonicClock(), None
        )
        self.peer = WebRtcPeer(terms)
        prints = ":".join(["AB"] * 32)
        await self.peer.accept(OFFER.format(print=prints).replace("\n", "\r\n"))
        for path in self.peer._paths:
            self.ports += path.link._connection._protocols

    async def close(self) -> None:
        """End it."""
        if self.peer is not None:
            await self.peer.stop()
        self.audio.close()

    def take(self, kind: str, data: bytes) -> bool:
        """One input; whether it was taken. Raises what must not be raised."""
        self.clock.advance_ns(NS_PER_MS)
        now_ns = self.clock.now_ns()
        if kind in ("SDP", "SDES"):
            return _negotiated(data)
        if kind == "FlexFEC":
            return self._mends(data)
        if kind == "SRTP":
            return self._opens(data)
        if kind == "STUN":
            self.ports[0].check_received(data, STRANGER)
            return True
        taker = self.group.rtcp_received if is_rtcp(data) else self.group.rtp_received
        taken = len(data) >= 2 and taker(data, now_ns)
        if now_ns // NS_PER_MS % 20 == 0:
            for stream in self.group.streams:
                stream.tick(now_ns)
            self.audio.pull(now_ns)
        return taken

    def _opens(self, data: bytes) -> bool:
        """Whether one of the lines with keys takes it; what they take comes to the streams."""
        opened = [
            plain
            for keyed in self._keyed
            for plain in (keyed.unprotect(data), keyed.unprotect_rtcp(data))
            if plain is not None
        ]
        now_ns = self.clock.now_ns()
        for plain in opened:
            taker = self.group.rtcp_received if is_rtcp(plain) else self.group.rtp_received
            taker(plain, now_ns)
        return bool(opened)

    def _mends(self, data: bytes) -> bool:
        """Whether it can be read and gives a packet back; then it is written as it was read."""
        try:
            repair = flexfec.read(data)
            repair.made(repair.numbers[0], OURS, self._protected[1 : len(repair.numbers)])
        except MalformedInput:
            return False
        if flexfec.read(flexfec.serialize(repair)) != repair:
            raise AssertionError("a repair packet is not what it was")
        return True


def _sent(burst: Burst) -> None:
    burst.packets()


def _told(report: bytes) -> None:
    """Nobody listens."""


def _negotiated(data: bytes) -> bool:
    taken = False
    with suppress(McuError):
        offered = sdp.parse(data.decode("utf-8", "replace"))
        for policy in POLICIES:
            for read in (partial(answer, local=LOCAL), plan):
                with suppress(Refused):
                    read(offered, caps=Capabilities(encryption=policy))
                    taken = True
    return taken


async def _piece(first: int, count: int, seed: int) -> dict[str, Any]:
    hostile, victim, other = Hostile(seed), Victim(), SimulatedCall(OTHER)
    counts: Counter[str] = Counter()
    wrong: list[str] = []
    slowest_ms: dict[str, float] = dict.fromkeys(SHARES, 0.0)
    slowest_at: dict[str, int] = {}
    await victim.open()
    gc.collect()
    gc.freeze()  # as an engine does: else the slowest input is the one in which all is walked
    try:
        warm_mb = 0.0
        for k in range(count):
            if k == int(count * WARM_UP):
                warm_mb = usage(os.getpid()).rss_mb
            if k % max(1, count // OTHER_STEPS) == 0:
                other.run(OTHER_S / OTHER_STEPS)
                await asyncio.sleep(0)
            kind, data = hostile.made(first + k)
            begun_s = thread_cpu_time_s()
            try:
                counts[f"{kind} {'taken' if victim.take(kind, data) else 'refused'}"] += 1
            except Exception as error:  # noqa: BLE001 - this is what is looked for
                counts[f"{kind} wrong"] += 1
                wrong.append(f"{first + k}: {error!r}"[:200])
            took_ms = (thread_cpu_time_s() - begun_s) * 1000
            if took_ms > slowest_ms[kind]:
                slowest_ms[kind], slowest_at[kind] = took_ms, first + k
        grown_mb = usage(os.getpid()).rss_mb - warm_mb
    finally:
        await victim.close()
    alone = SimulatedCall(OTHER)
    for _ in range(-(-count // max(1, count // OTHER_STEPS))):
        alone.run(OTHER_S / OTHER_STEPS)
    return {
        "inputs": count,
        "counts": dict(counts),
        "wrong": wrong[:5],
        "slowest_ms": slowest_ms,
        "slowest_at": slowest_at,
        "grown_mb": grown_mb,
        "other_untouched": _facts(other) == _facts(alone),
    }


def _facts(call: SimulatedCall) -> tuple[object, ...]:
    return call.seen.shown, call.seen.concealed, call.keyframes_wanted, call.seen.unreadable


def run(count: int, seed: int, kept: Path) -> Report:
    """Send so many more, after those that `kept` tells of; BadInput where it is no such file."""
    pieces = _read(kept)
    done = sum(piece["inputs"] for piece in pieces)
    as_before = structlog.get_config()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    try:
        pieces.append(asyncio.run(_piece(done, count, seed)))
    finally:
        structlog.configure(**as_before)
    try:
        kept.write_text(json.dumps(pieces, indent=1), "utf-8")
    except OSError as error:
        raise BadInput("--kept", f"a file that can be written ({error})") from error
    return report(pieces)


def _read(kept: Path) -> list[dict[str, Any]]:
    if not kept.exists():
        return []
    try:
        pieces: list[dict[str, Any]] = json.loads(kept.read_text("utf-8"))
        sum(piece["inputs"] for piece in pieces)
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise BadInput("--kept", f"a file of this bench ({error})") from error
    return pieces


def report(pieces: list[dict[str, Any]]) -> Report:
    """What all of them have come to."""
    counts: Counter[str] = Counter()
    for piece in pieces:
        counts.update(piece["counts"])
    rows: list[Row] = [
        {
            "input": kind,
            "taken": counts[f"{kind} taken"],
            "refused": counts[f"{kind} refused"],
            "wrong": counts[f"{kind} wrong"],
            "slowest ms of CPU": round(max(p["slowest_ms"][kind] for p in pieces), 2),
        }
        for kind in SHARES
    ]
    untouched = all(piece["other_untouched"] for piece in pieces)
    notes = [
        f"{sum(p['inputs'] for p in pieces)} inputs in {len(pieces)} pieces; memory grew by "
        f"{max(p['grown_mb'] for p in pieces):.1f} MB in the worst piece after its first "
        f"{WARM_UP:.0%}; the other call was {'' if untouched else 'NOT '}untouched.",
        *(one for piece in pieces for one in piece["wrong"]),
    ]
    return Report("media fuzz", rows, notes=notes)
