"""How loud a packet says that it is (RFC 6464): any header extension ends in a level or none."""

from contextlib import suppress

from hypothesis import given
from hypothesis import strategies as st

from mcu_core.errors import MalformedInput
from mcu_core.ingress.audio import AudioIngress
from mcu_core.ingress.receiver import RtpAudioReceiver
from mcu_core.media.clock import ManualClock
from mcu_core.media.codec import OPUS
from mcu_core.media.units import AccessUnit
from mcu_core.protocol import rtp

CLOCK = ManualClock(10**9)
OTHER_ID = 9


class Ingress(AudioIngress):
    """Keeps what it is given."""

    def __init__(self) -> None:
        super().__init__(CLOCK, "site")
        self.units: list[AccessUnit] = []

    def push(self, unit: AccessUnit) -> None:
        self.units.append(unit)


def levels(level_id: int, *packets: bytes) -> list[float | None]:
    ingress = Ingress()
    receiver = RtpAudioReceiver(OPUS, CLOCK, ingress, level_id=level_id)
    for data in packets:
        receiver.push(rtp.parse(data), 1)
    return [unit.level_dbov for unit in ingress.units]


def sound(*extensions: tuple[int, bytes]) -> bytes:
    return rtp.header(111, False, 7, 960, 5, extensions) + b"\x78abc"


@given(st.integers(0, 127), st.booleans(), st.sampled_from((1, 14, 16, 200)), st.booleans())
def test_a_level_is_read_in_either_form_whatever_stands_beside_it(
    level: int, speech: bool, level_id: int, first: bool
) -> None:
    told = (level_id, bytes((speech << 7 | level,)))
    pair = (told, (OTHER_ID, b"\1\2")) if first else ((OTHER_ID, b"\1\2"), told)
    assert levels(level_id, sound(told), sound(*pair)) == [-float(level)] * 2


def test_packets_that_say_nothing_have_no_level() -> None:
    assert levels(1, sound(), sound((2, b"\x10")), sound((200, b"\x10"))) == [None] * 3
    assert levels(0, sound((1, b"\x10"))) == [None]
    assert levels(1, sound((1, b""), (200, b"x"))) == [None]


@given(st.binary(max_size=40), st.integers(0, 255))
def test_any_extension_block_gives_a_level_or_malformed_input(block: bytes, level_id: int) -> None:
    data = bytes.fromhex("906f 0001 00000002 00000003") + block
    with suppress(MalformedInput):
        assert all(one is None or -127 <= one <= 0 for one in levels(level_id, data))
