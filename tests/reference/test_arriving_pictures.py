"""Pictures put together where packets arrive, against the way that all packets may go."""

import select
import socket
import struct
from collections.abc import Iterator
from dataclasses import astuple

import numpy as np
import pytest

from mcu_core.endpoints.incoming import Incoming
from mcu_core.endpoints.socket_names import write_name
from mcu_core.errors import MalformedInput
from mcu_core.ingress.quick_pictures import KEPT_BYTES
from mcu_core.ingress.receiver import RtpVideoReceiver
from mcu_core.ingress.video import VideoIngress
from mcu_core.kernels.rows import KEPT, NEVER, QUICK
from mcu_core.media.clock import NS_PER_MS, ManualClock
from mcu_core.media.codec import H264, VP8, Codec
from mcu_core.media.units import AccessUnit
from mcu_core.protocol.payload.base import payloader
from mcu_core.protocol.payload.h264 import START_CODE
from mcu_core.protocol.rtp import RtpPacket, parse
from tests.fakes.datagram_pair import Pair, open_pair

SSRC = 0xFFFF_FFF1
FLOW = 7
CODECS = pytest.mark.parametrize("codec", [H264, VP8], ids=lambda codec: codec.name)


@pytest.fixture
def pair() -> Iterator[Pair]:
    with open_pair() as both:
        yield both


class Ingress(VideoIngress):
    """Notes the units."""

    def __init__(self, clock: ManualClock) -> None:
        super().__init__(clock, "site")
        self.came: list[AccessUnit] = []

    def push(self, unit: AccessUnit) -> None:
        self.came.append(unit)


class Slow:
    """All packets one by one."""

    def __init__(self, codec: Codec, repairs: bool) -> None:
        self.clock = ManualClock(10**15)
        self.ingress = Ingress(self.clock)
        self.receiver = RtpVideoReceiver(codec, self.clock, self.ingress, own_ssrc=5)
        self.receiver.repairs = repairs

    def arrive(self, datagrams: list[bytes]) -> None:
        for datagram in datagrams:
            packet = read(datagram)
            if packet is not None:
                self.push(packet)

    def push(self, packet: RtpPacket) -> None:
        self.receiver.push(packet, self.clock.now_ns())


class Quick(Slow):
    """The same behind a socket."""

    def __init__(self, codec: Codec, repairs: bool, pair: Pair, epoll: select.epoll) -> None:
        super().__init__(codec, repairs)
        self.one, self.other = pair
        self.epoll = epoll
        epoll.register(self.other, select.EPOLLIN)
        self.incoming = Incoming()
        name = write_name(socket.AF_INET, self.one.getsockname())
        self.incoming.sources.put(self.other.fileno(), name, FLOW)

    def arrive(self, datagrams: list[bytes]) -> None:
        for datagram in datagrams:
            self.one.sendto(datagram, self.other.getsockname())
        while self.incoming.receive(self.epoll.fileno(), self.clock.now_ns()):
            for _, _, start, end, moment, _ in self.incoming.found():
                if moment != NEVER:
                    self.receiver.take(self.incoming.stretch(start, end), moment)
                else:
                    super().arrive([self.incoming.stretch(start, end)])
                    if (row := self.receiver.row) is not None:
                        self.incoming.let_pass(FLOW, row)


def read(datagram: bytes) -> RtpPacket | None:
    """A packet of the stream; None for anything else."""
    try:
        packet = parse(datagram)
    except MalformedInput:
        return None
    return packet if packet.payload_type == 96 else None


def h264_payloads(rng: np.random.Generator) -> list[bytes]:
    """A picture: mostly slices, whole or in pieces, with all that may stand beside them."""

    def unit(kind: int, most: int = 900) -> bytes:
        return bytes((0x60 | kind, 0x80)) + rng.bytes(int(rng.integers(0, most))) + b"\x01"

    keyframe = rng.random() < 0.1
    beside = [unit(int(rng.choice([6, 7, 8, 9, 12])), 20) for _ in range(rng.integers(0, 3))]
    slices = [unit(5 if keyframe else 1) for _ in range(rng.integers(1, 4))]
    picture = START_CODE + START_CODE.join(beside * (rng.random() < 0.4) + slices)
    return list(payloader(H264, int(rng.choice([64, 300, 1200]))).payloads(picture, keyframe))


def vp8_payloads(rng: np.random.Generator) -> list[bytes]:
    """A frame, with the longer descriptors, too."""
    head = bytes((0x10 if rng.random() < 0.1 else 0x11,))
    payloads = payloader(VP8, 200).payloads(head + rng.bytes(int(rng.integers(0, 900))), False)
    flags = int(rng.integers(0, 16)) << 4
    more = bytes((flags,)) + rng.bytes(int(rng.integers(0, 6)))
    if rng.random() < 0.5:
        return [bytes((payload[0] | 0x80,)) + more + payload[1:] for payload in payloads]
    return list(payloads)


def bent(rng: np.random.Generator, payload: bytes) -> bytes:
    """Now and then one with a fault in its first bytes, or cut short."""
    if rng.random() > 0.02:
        return payload
    data = bytearray(payload)
    data[int(rng.integers(0, min(3, len(data))))] = int(rng.integers(0, 256))
    return bytes(data[: int(rng.integers(0, len(data) + 1))])


def datagrams(codec: Codec, seed: int) -> list[bytes]:
    """Pictures' packets; long stretches of nothing unusual and short ones of much."""
    rng = np.random.default_rng(seed)
    make = h264_payloads if codec is H264 else vp8_payloads
    sequence, timestamp, made = int(rng.integers(0xFE00, 0xFFFF)), 0xFFFF_0000, []
    for n in range(150):
        payloads, marks, ssrc = make(rng), rng.random() > 0.05, SSRC + (n > 120)
        rough = rng.random() < 0.1
        for k, payload in enumerate(payloads):
            last, extended = marks and k == len(payloads) - 1, rng.random() < 0.1
            block = b"\xbe\xde\0\1\x10\xaa\0\0" if extended else b""
            head = (0x90 if extended else 0x80, 96 | last << 7, sequence & 0xFFFF)
            packet = struct.pack("!BBHII", *head, timestamp & 0xFFFF_FFFF, ssrc) + block
            packet += bent(rng, payload)
            sequence += 1
            if not rough or rng.random() > 0.1:
                made.append(packet)
            if rough and rng.random() < 0.2:
                made.append(made[int(rng.integers(max(0, len(made) - 6), len(made)))])
            if rough and rng.random() < 0.1 and len(made) > 1:
                made[-2], made[-1] = made[-1], made[-2]
            if rough and rng.random() < 0.1:
                made.append(rng.bytes(int(rng.integers(0, 40))))
        timestamp += 3000
        sequence += 5000 * (rng.random() < 0.02)
    return made


def seen(way: Slow) -> list[tuple[object, ...]]:
    return [
        (unit.data, unit.stamp_ns, unit.keyframe, unit.broken, unit.media_ns)
        for unit in way.ingress.came
    ]


@CODECS
@pytest.mark.parametrize("seed", range(12))
def test_both_ways_give_the_same_pictures_counts_and_requests(
    pair: Pair, codec: Codec, seed: int
) -> None:
    rng = np.random.default_rng(1000 + seed)
    repairs = bool(seed % 2)
    quick_packets = 0
    with select.epoll() as epoll:
        slow, quick = Slow(codec, repairs), Quick(codec, repairs, pair, epoll)
        left = datagrams(codec, seed)
        while left:
            count = int(rng.choice([1, 2, 7, 15]))
            some, left = left[:count], left[count:]
            step_ns = int(rng.integers(0, 80 * NS_PER_MS))
            restored = read(some[0]) if rng.random() < 0.2 else None
            asked = []
            for way in (slow, quick):
                way.clock.advance_ns(step_ns)
                way.arrive(some)
                if restored is not None:
                    way.receiver.restore(restored, way.clock.now_ns())
                asked.append(way.receiver.poll(way.clock.now_ns()))
            assert asked[0] == asked[1]
            assert seen(quick) == seen(slow)
            assert quick.receiver.report_block() == slow.receiver.report_block()
            row = quick.receiver.row
            if row is None or not row[KEPT]:  # what is kept is not looked at yet
                assert astuple(quick.receiver.counters()) == astuple(slow.receiver.counters())
            quick_packets = max(quick_packets, row[QUICK] if row is not None else 0)
    assert len(slow.ingress.came) > 60
    assert quick_packets > 5, "hardly any took the quick way"


def test_a_picture_larger_than_its_room_is_whole_all_the_same(pair: Pair) -> None:
    piece = bytes((0x7C, 0x01)) + bytes(range(250)) * 4
    count = KEPT_BYTES // len(piece) + 2
    payloads = [bytes((0x7C, 0x81)) + piece[2:], *[piece] * count, bytes((0x7C, 0x41)) + b"end"]
    sent = [b"\x41\x80\x01", *payloads, b"\x41\x80\x02"]
    marked = {0, len(payloads), len(payloads) + 1}
    with select.epoll() as epoll:
        slow, quick = Slow(H264, True), Quick(H264, True, pair, epoll)
        for n, payload in enumerate(sent):
            stamp = 3000 * ((n > 0) + (n > len(payloads)))
            head = struct.pack("!BBHII", 0x80, 96 | (n in marked) << 7, n, stamp, SSRC)
            for way in (slow, quick):
                way.arrive([head + payload])
    assert [len(unit.data) for unit in quick.ingress.came] == [7, 5 + 1000 * (count + 1) + 3, 7]
    assert seen(quick) == seen(slow)
    assert not any(unit.broken for unit in quick.ingress.came)


def test_a_sender_that_marks_no_picture_is_understood_all_the_same(pair: Pair) -> None:
    with select.epoll() as epoll:
        quick = Quick(H264, True, pair, epoll)
        for n in range(10):
            head = struct.pack("!BBHII", 0x80, 96, n, 3000 * n, SSRC)
            quick.arrive([head + b"\x41\x80" + bytes((n,))])
    assert [unit.data[-1] for unit in quick.ingress.came] == list(range(9))
