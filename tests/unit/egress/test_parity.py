"""Repair packets beside one receiver's pictures."""

import pytest

from mcu_core.egress.parity import Parity
from mcu_core.ingress.protected import ProtectedPictures
from mcu_core.protocol import rtp
from mcu_core.protocol.rtp import Burst

KIND, RED, REPAIR, SSRC = 96, 116, 117, 5


def picture(number: int, sequence: int, packets: int, size: int = 100) -> Burst:
    payloads = tuple(bytes((number & 0xFF, k)) * (size // 2) for k in range(packets))
    octets = sum(map(len, payloads))
    marked = packets - 1
    return Burst(KIND, marked, sequence & 0xFFFF, number * 3000, SSRC, 0, payloads, octets)


def sent(parity: Parity, pictures: int, packets: int) -> list[bytes]:
    """The stream of such pictures as it is on the wire, beginning just before the numbers wrap."""
    found, sequence = [], 0xFFF0
    for number in range(pictures):
        burst = picture(number, sequence, packets)
        wire = parity.wrapped(burst)._replace(extension=parity.extension, number=sequence)
        found += wire.packets()
        sequence += packets
        repairs = parity.after(burst)
        found += Burst(
            parity.repair_type, -1, sequence & 0xFFFF, number * 3000, SSRC, 0, repairs, 0
        ).packets()
        sequence += len(repairs)
    return found


@pytest.mark.parametrize("red", [0, RED])
@pytest.mark.parametrize(("packets", "share", "expected"), [
    (4, 0.25, 12), (1, 0.25, 3), (8, 0.5, 48), (2, 0.5, 12), (100, 0.25, 300), (3, 0.0, 0)
])  # fmt: skip
def test_there_are_as_many_as_wanted(red: int, packets: int, share: float, expected: int) -> None:
    parity = Parity(REPAIR, red)
    parity.share = share
    found = sent(parity, 12, packets)
    assert abs(len(found) - 12 * packets - expected) <= 1
    numbers = [rtp.parse(one).sequence for one in found]
    assert numbers == [(0xFFF0 + k) & 0xFFFF for k in range(len(found))]


@pytest.mark.parametrize("red", [0, RED])
@pytest.mark.parametrize("extension", [0, 3])
@pytest.mark.parametrize(("share", "burst"), [(0.5, 8), (0.34, 2)])
def test_a_burst_as_long_as_there_are_repairs_is_mended(
    red: int, extension: int, share: float, burst: int
) -> None:
    parity = Parity(REPAIR, red)
    parity.share, parity.extension = share, extension
    stream = sent(parity, 24, 6)
    pictures = ProtectedPictures(KIND, REPAIR, red, frozenset({extension} - {0}))
    got, missed = {}, 0
    for data in stream:
        packet = rtp.parse(data)
        shown = not red or packet.payload[0] == KIND
        media = packet.payload_type in (KIND, RED) and shown
        if media and packet.timestamp % 36_000 == 24_000 and missed % 12 < burst:
            missed += 1
            continue
        if not media:
            missed = 0
        packet, made = pictures.take(packet, data, 0)
        for one in (packet, *made):
            if one.payload:
                got[one.timestamp, one.payload[1]] = one.marker
    assert len(got) == 24 * 6
    assert {key for key, marker in got.items() if marker} == {(n * 3000, 5) for n in range(24)}
    assert pictures.recovery.made >= 4
    assert pictures.recovery.malformed == 0
