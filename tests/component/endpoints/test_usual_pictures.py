"""Pictures whose packets come in order reach the site whole, without a second look at each."""

from collections.abc import AsyncIterator

import pytest

from mcu_core.endpoints.endpoint import EndpointStats, Intake
from mcu_core.endpoints.inbound import SOURCE_CHANGE_NS
from mcu_core.endpoints.network import NetworkOptions, open_udp
from mcu_core.endpoints.rtp_stream import RtpStream
from mcu_core.endpoints.shared_port import SharedPort
from mcu_core.endpoints.stream_group import StreamGroup
from mcu_core.endpoints.udp import RtpPort, SourcePin
from mcu_core.ingress.audio import AudioIngress
from mcu_core.ingress.video import VideoIngress
from mcu_core.kernels.rows import QUICK
from mcu_core.media.clock import NS_PER_MS, NS_PER_SECOND, ManualClock
from mcu_core.media.codec import H264, OPUS
from mcu_core.media.units import AccessUnit
from mcu_core.protocol import rtp
from tests.fakes.waiting import until

HEAD, TAIL = b"\x41\x80head", b"\x41tail"
WHOLE = b"\0\0\0\1" + HEAD + b"\0\0\0\1" + TAIL
SLICES = (HEAD, TAIL)
VIDEO, AUDIO = 96, 97
FRAME = b"\xf8\xff\xfe"


class Pictures(VideoIngress):
    """Notes what comes."""

    def __init__(self, clock: ManualClock) -> None:
        super().__init__(clock, "site")
        self.came: list[AccessUnit] = []
        self.restarts = 0

    def push(self, unit: AccessUnit) -> None:
        self.came.append(unit)

    def restart(self) -> None:
        self.restarts += 1


class Sound(AudioIngress):
    """Counts what comes."""

    frames = 0

    def push(self, unit: AccessUnit) -> None:
        self.frames += 1


class Site:
    """A port that takes pictures and sound, and one who sends both to it."""

    def __init__(self) -> None:
        self.clock = ManualClock(NS_PER_SECOND)
        self.pictures, self.sound = Pictures(self.clock), Sound(self.clock, "site")
        self.stats = EndpointStats()
        group = StreamGroup(self.stats)
        self.streams = [
            RtpStream(codec, (number, number), 1, self.clock, lambda _: None, lambda _: None)
            for codec, number in ((H264, VIDEO), (OPUS, AUDIO))
        ]
        for stream in self.streams:
            stream.receive_into(Intake(self.pictures, self.sound))
            group.add(stream)
        taken = (group.rtp_received, group.rtcp_received, group.usual)
        self.port = RtpPort(SourcePin(), self.clock, self.stats, *taken)
        bound = open_udp(NetworkOptions())
        self.address = bound.getsockname()
        self.port.open(SharedPort(bound))
        self.sender = open_udp(NetworkOptions())
        self.numbers = {VIDEO: 0, AUDIO: 0}
        self.pictures.restarts = self.moment = 0

    async def send(self, kind: int, payloads: tuple[bytes, ...], ssrc: int = 0) -> None:
        self.moment += 1
        for k, payload in enumerate(payloads):
            before = self.stats.packets_in + self.stats.packets_dropped
            marked = kind == VIDEO and k == len(payloads) - 1
            head = rtp.header(kind, marked, self.numbers[kind], self.moment * 3000, ssrc or kind)
            self.sender.sendto(head + payload, self.address)
            self.numbers[kind] += 1
            await until(self._one_more_than(before))
        self.clock.advance_ns(33 * NS_PER_MS)

    def _one_more_than(self, before: int) -> "Site._Taken":
        return Site._Taken(self.stats, before)

    class _Taken:
        def __init__(self, stats: EndpointStats, before: int) -> None:
            self.stats, self.before = stats, before

        def __call__(self) -> bool:
            return self.stats.packets_in + self.stats.packets_dropped > self.before

    def passed(self, number: int) -> int:
        """Packets of a stream that had no second look."""
        rows = [one.row for one in self.streams[number].receivers]
        return sum(row[QUICK] for row in rows if row is not None)

    def close(self) -> None:
        self.port.close()
        self.sender.close()


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    made = Site()
    yield made
    made.close()


async def test_all_but_the_first_picture_pass_and_sound_beside_them(site: Site) -> None:
    for _ in range(10):
        await site.send(VIDEO, SLICES)
        await site.send(AUDIO, (FRAME,))
    assert [unit.data for unit in site.pictures.came] == [WHOLE] * 10
    stamps = [unit.stamp_ns for unit in site.pictures.came]
    assert stamps == [NS_PER_SECOND + 66 * k * NS_PER_MS for k in range(10)]
    assert site.sound.frames == 10
    assert (site.passed(0), site.passed(1)) == (18, 9)
    assert (site.stats.packets_in, site.stats.packets_dropped) == (30, 0)
    assert site.stats.bytes_in == 30 * 12 + 10 * len(HEAD + TAIL + FRAME)
    counters = site.streams[0].reception()
    assert (counters.received, counters.lost) == (20, 0)


async def test_a_packet_lost_in_the_middle_is_missed_and_later_pictures_pass(site: Site) -> None:
    for _ in range(3):
        await site.send(VIDEO, SLICES)
    await site.send(VIDEO, (HEAD, b"lost")[:1])
    site.numbers[VIDEO] += 1
    await site.send(VIDEO, (TAIL,))
    site.clock.advance_ns(NS_PER_SECOND)
    site.streams[0].tick(site.clock.now_ns())
    before = site.passed(0)
    for _ in range(3):
        await site.send(VIDEO, SLICES)
    assert site.streams[0].reception().lost == 1
    assert sum(unit.broken for unit in site.pictures.came) == 1
    assert [unit.data for unit in site.pictures.came][-3:] == [WHOLE] * 3
    assert site.passed(0) >= before + 2


async def test_a_sender_that_began_anew_in_the_middle_of_a_picture_is_believed(site: Site) -> None:
    for _ in range(3):
        await site.send(VIDEO, SLICES)
    head = rtp.header(VIDEO, False, site.numbers[VIDEO], site.moment * 3000 + 3000, VIDEO)
    site.sender.sendto(head + HEAD, site.address)
    await until(lambda: site.passed(0) == 5)
    site.clock.advance_ns(SOURCE_CHANGE_NS + NS_PER_MS)
    site.numbers[VIDEO] = 900
    for _ in range(4):
        await site.send(VIDEO, SLICES, ssrc=8)
    assert site.pictures.restarts == 1
    assert [unit.data for unit in site.pictures.came] == [WHOLE] * 7
    assert site.passed(0) == 6
