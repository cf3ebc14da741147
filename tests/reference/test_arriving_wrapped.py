"""Pictures in RED, and packets that are numbered on their path: the quick way against the slow."""

import select
import socket
from collections.abc import Iterator

import numpy as np
import pytest

from mcu_core.endpoints.incoming import Incoming
from mcu_core.endpoints.socket_names import write_name
from mcu_core.ingress.protected import ProtectedPictures
from mcu_core.ingress.receiver import RtpVideoReceiver
from mcu_core.ingress.video import VideoIngress
from mcu_core.kernels.rows import NEVER, QUICK
from mcu_core.media.clock import NS_PER_MS, ManualClock
from mcu_core.media.codec import VP8
from mcu_core.media.units import AccessUnit
from mcu_core.protocol.rtp import RtpPacket, parse
from mcu_core.protocol.transport_cc import TransportFeedback
from tests.fakes.datagram_pair import Pair, open_pair

SSRC, MEDIA, REPAIR, RED, PATH, FLOW = 9, 96, 117, 116, 3, 7


@pytest.fixture
def pair() -> Iterator[Pair]:
    with open_pair() as both:
        yield both


class Ingress(VideoIngress):
    """Notes what comes."""

    def __init__(self, clock: ManualClock) -> None:
        super().__init__(clock, "site")
        self.came: list[bytes] = []

    def push(self, unit: AccessUnit) -> None:
        self.came.append(unit.data)


class Way:
    """A receiver of numbered pictures in RED."""

    def __init__(self) -> None:
        self.clock = ManualClock(10**15)
        self.ingress = Ingress(self.clock)
        self.receiver = RtpVideoReceiver(VP8, self.clock, self.ingress)
        self.receiver.protected = ProtectedPictures(MEDIA, REPAIR, RED)
        self.receiver.arrived.extension = PATH

    def take(self, data: bytes) -> None:
        packet, now_ns = parse(data), self.clock.now_ns()
        self.receiver.arrived.note(packet.extensions.get(PATH), now_ns)
        self.receiver.push(packet, now_ns, data)

    def told(self) -> TransportFeedback | None:
        return self.receiver.arrived.told(1, SSRC, self.clock.now_ns())


def stream(seed: int) -> list[bytes]:
    """Frames of a few packets, mostly in RED; some are lost, some are repair packets."""
    rng, found, sequence = np.random.default_rng(seed), [], 0xFFF0
    for frame in range(200):
        count = int(rng.integers(1, 4))
        for k in range(count):
            payload = bytes((0x10 if k == 0 else 0, 1)) + rng.bytes(int(rng.integers(1, 50)))
            kind = MEDIA
            if rng.random() < 0.95:
                kind, payload = RED, bytes((MEDIA,)) + payload
            numbered = {PATH: (sequence & 0xFFFF).to_bytes(2, "big"), 5: b"\0"}
            packet = RtpPacket(
                kind, sequence & 0xFFFF, frame * 3000, SSRC, k == count - 1, payload, numbered
            )
            sequence += 1
            if rng.random() > 0.02:
                found.append(packet.serialize())
        if frame > 120 and rng.random() < 0.05:  # then all come one by one for a while
            packet = RtpPacket(
                RED, sequence & 0xFFFF, frame * 3000, SSRC, False, bytes((REPAIR, 1))
            )
            found.append(packet.serialize())
            sequence += 1
    return found


@pytest.mark.parametrize("seed", range(6))
def test_both_ways_give_the_same_pictures_and_tell_the_same_times(pair: Pair, seed: int) -> None:
    one, other = pair
    slow, quick, incoming = Way(), Way(), Incoming()
    name = write_name(socket.AF_INET, one.getsockname())
    incoming.sources.put(other.fileno(), name, FLOW)
    most_quick = 0
    with select.epoll() as epoll:
        epoll.register(other, select.EPOLLIN)
        for data in stream(seed):
            for way in (slow, quick):
                way.clock.advance_ns(30 * NS_PER_MS)
                way.receiver.poll(way.clock.now_ns())
            slow.take(data)
            one.sendto(data, other.getsockname())
            incoming.receive(epoll.fileno(), quick.clock.now_ns())
            for _, _, start, end, moment, _ in incoming.found():
                if moment != NEVER:
                    quick.receiver.take(incoming.stretch(start, end), moment)
                else:
                    quick.take(incoming.stretch(start, end))
                    assert quick.receiver.row is not None
                    incoming.let_pass(FLOW, quick.receiver.row)
            assert quick.told() == slow.told()
            row = quick.receiver.row
            most_quick = max(most_quick, row[QUICK] if row is not None else 0)
            assert quick.receiver.report_block() == slow.receiver.report_block()
    assert quick.ingress.came == slow.ingress.came
    assert len(slow.ingress.came) > 150
    assert most_quick > 20
