"""A line of far-end camera control in moved time: what goes on, what ends, what got lost."""

from dataclasses import dataclass, field

from mcu_core.contract.camera import STOP, CameraOrder
from mcu_core.endpoints.camera_channel import CameraChannel
from mcu_core.media.clock import NS_PER_MS, NS_PER_SECOND
from mcu_core.negotiation.agreement import CameraAgreement
from mcu_core.protocol import h224, h281, rtp
from mcu_core.protocol.h281 import Action, Motion, Phase

RIGHT = CameraOrder("move", pan=1)
STEP_NS = 20 * NS_PER_MS


@dataclass
class Line:
    """A channel whose packets are kept, and a clock that is moved by hand."""

    send: bool = True
    now_ns: int = NS_PER_SECOND
    sent: list[bytes] = field(default_factory=list)
    told: list[CameraOrder] = field(default_factory=list)
    sequence: int = 0

    def __post_init__(self) -> None:
        agreed = CameraAgreement(100, "127.0.0.1", 5000, self.send, True)
        self.channel = CameraChannel(agreed, self._keep, lambda: self.now_ns)
        self.channel.told = self.told.append

    def _keep(self, burst: rtp.Burst) -> None:
        assert burst.payload_type == 100
        self.sent += burst.payloads

    def messages(self) -> list[h281.Message | None]:
        """What was sent to the camera since the last call."""
        frames = [h224.read(payload) for payload in self.sent]
        self.sent.clear()
        return [h281.read(frame.data) for frame in frames if frame.client == h224.CAMERA]

    def managed(self) -> list[h224.Management | None]:
        """What was told of ourselves, or asked, since the last call."""
        frames = [h224.read(payload) for payload in self.sent]
        self.sent.clear()
        return [h224.read_management(one.data) for one in frames if one.client == h224.MANAGEMENT]

    def hear(self, frame: h224.Frame, *, sequence: int | None = None, ssrc: int = 7) -> bool:
        self.sequence += 1
        number = self.sequence if sequence is None else sequence
        packet = rtp.RtpPacket(100, number, 0, ssrc, False, frame.serialize())
        return self.channel.packet_received(packet, self.now_ns)

    def say(self, message: h281.Message, **more: int) -> bool:
        return self.hear(h224.Frame(h224.CAMERA, message.serialize()), **more)

    def pass_ms(self, time_ms: int) -> None:
        for _ in range(time_ms // 20):
            self.now_ns += STEP_NS
            self.channel.tick(self.now_ns)


def test_a_movement_is_gone_on_with_until_it_stops() -> None:
    line = Line()
    line.channel.order(RIGHT)
    line.pass_ms(1000)
    line.channel.order(STOP)
    line.channel.order(STOP)
    line.pass_ms(1000)
    right = Motion(pan=1)
    assert line.messages() == [
        Action(Phase.START, right),
        Action(Phase.CONTINUE, right),
        Action(Phase.CONTINUE, right),
        Action(Phase.STOP, right),
    ]


def test_another_movement_ends_the_one_before_and_none_goes_on_for_ever() -> None:
    line = Line()
    line.channel.order(RIGHT)
    line.channel.order(CameraOrder("move", zoom=-1))
    far = Motion(zoom=-1)
    assert line.messages() == [
        Action(Phase.START, Motion(pan=1)),
        Action(Phase.STOP, Motion(pan=1)),
        Action(Phase.START, far),
    ]
    line.pass_ms(30_000)
    sent = line.messages()
    assert sent[-1] == Action(Phase.STOP, far)
    assert len(sent) == 50, "20 s of it"


def test_presets_and_sources_are_single_messages() -> None:
    line = Line()
    for what in ("store", "recall", "source"):
        line.channel.order(CameraOrder(what, number=5))
    line.pass_ms(400)
    assert line.messages() == [
        h281.Preset(5, store=True),
        h281.Preset(5, store=False),
        h281.SelectSource(5),
    ]


def test_a_movement_there_is_told_once_and_its_end_once() -> None:
    line = Line()
    up = Motion(tilt=1)
    line.say(Action(Phase.START, up, 500))
    for _ in range(4):
        line.pass_ms(400)
        line.say(Action(Phase.CONTINUE, up))
    line.say(Action(Phase.STOP, up))
    line.pass_ms(2000)
    assert line.told == [CameraOrder("move", tilt=1), STOP]


def test_where_the_end_is_lost_time_ends_it() -> None:
    line = Line()
    line.say(Action(Phase.START, Motion(tilt=1), 300))
    line.pass_ms(280)
    assert line.told == [CameraOrder("move", tilt=1)]
    line.pass_ms(40)
    assert line.told[1:] == [STOP]
    line.say(Action(Phase.CONTINUE, Motion(tilt=1)))
    assert line.told[2:] == [CameraOrder("move", tilt=1)], "a start that got lost"
    line.pass_ms(800)
    assert line.told[3:] == [STOP]


def test_what_comes_late_or_twice_moves_nothing() -> None:
    line = Line()
    assert line.say(Action(Phase.START, Motion(pan=1)), sequence=65_535)
    assert line.say(Action(Phase.STOP, Motion(pan=1)), sequence=1)
    assert not line.say(Action(Phase.CONTINUE, Motion(pan=1)), sequence=0)
    assert not line.say(Action(Phase.START, Motion(pan=1)), sequence=1)
    assert line.told == [RIGHT, STOP]
    assert line.say(h281.Preset(2, store=True), sequence=3, ssrc=8), "a sender that began anew"
    assert line.told[2:] == [CameraOrder("store", number=2)]


def test_we_make_ourselves_known_until_they_are() -> None:
    line = Line()
    line.pass_ms(20)
    first = line.managed()
    assert first == [
        h224.ClientList(((h224.CAMERA, True),)),
        h224.Capabilities(h224.CAMERA, bytes([15, 0x14, 0xF0])),
        h224.CapabilitiesWanted(h224.CAMERA),
    ]
    line.pass_ms(5000)
    assert line.managed() == first
    line.hear(h224.managed(h224.Capabilities(h224.CAMERA, bytes([3, 0x14, 0x80]))))
    assert line.channel.theirs == h281.Cameras(3, (h281.Source(1, Motion(pan=1)),))
    line.pass_ms(60_000)
    assert line.managed() == []
    line.hear(h224.managed(h224.ClientListWanted()))
    assert line.managed() == first[:2]


def test_who_never_answers_is_left_alone_and_a_flood_too() -> None:
    line = Line()
    line.pass_ms(120_000)
    assert len(line.managed()) == 15
    for _ in range(200):
        line.say(h281.Preset(1, store=False))
    assert len(line.told) == 50
    assert line.channel.refused == 150
    line.now_ns += NS_PER_SECOND
    assert not line.hear(h224.Frame(h224.CAMERA, b"\x04\x31"))


def test_a_line_that_only_listens_is_sent_nothing() -> None:
    line = Line(send=False)
    line.channel.order(RIGHT)
    line.pass_ms(2000)
    assert line.sent == []
