"""Streams made to cost time and memory: what one packet costs does not grow with what came before.

Counted in bytes that are taken meanwhile, not in time.
"""

import tracemalloc
from collections.abc import Callable

from mcu_core.protocol.aac import Bits
from mcu_core.protocol.h261 import MAX_BYTES, picture_facts
from mcu_core.protocol.payload.av1 import Av1Depayloader
from mcu_core.protocol.payload.frame import MAX_FRAME_BYTES, PIECE_BYTES
from mcu_core.protocol.payload.vp9 import Vp9Depayloader
from mcu_core.protocol.rtp import RtpPacket


def packet(payload: bytes, marker: bool = False) -> RtpPacket:
    return RtpPacket(96, 1, 1, 1, marker, payload)


def taken(work: Callable[[], object]) -> int:
    """The most bytes that were taken at once while something was done."""
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        tracemalloc.reset_peak()
        work()
        return tracemalloc.get_traced_memory()[1] - before
    finally:
        tracemalloc.stop()


def test_a_few_bits_of_a_long_message_cost_a_few_bytes() -> None:
    bits = Bits(bytes(60_000))
    bits.take(8 * 50_000)
    assert taken(lambda: bits.take(8)) < 2_000


def test_bits_are_those_of_the_number() -> None:
    data = bytes(range(1, 40))
    for first in range(1, 20):
        for count in range(20):
            bits = Bits(data)
            whole = f"{int.from_bytes(data):0{8 * len(data)}b}"
            assert bits.take(first) == int(whole[:first], 2)
            assert bits.take(count) == int(whole[first : first + count] or "0", 2)
            assert bits.left == 8 * len(data) - first - count


def test_a_tiny_piece_of_a_large_unit_costs_little() -> None:
    depayloader = Av1Depayloader()
    depayloader.push(packet(b"\x50\x0a" + bytes(1000)), False)
    for _ in range(500):
        depayloader.push(packet(b"\xd0" + bytes(1000)), False)
    tiny = packet(b"\xd0x")
    costs = sorted(taken(lambda: depayloader.push(tiny, False)) for _ in range(9))
    assert costs[4] < 20_000, "half a megabyte is there already"
    (frame,) = depayloader.push(packet(b"\x90end", True), False)
    assert len(frame.data) > 501_000
    assert frame.data.endswith(b"xend")


def test_a_frame_of_tiny_pieces_ends_by_what_they_cost() -> None:
    depayloader = Vp9Depayloader()
    depayloader.push(packet(b"\x08xx"), False)
    most = MAX_FRAME_BYTES // (PIECE_BYTES + 3)
    tiny = packet(b"\x00yy")
    for _ in range(most + 1):
        depayloader.push(tiny, False)
    assert depayloader.malformed >= 1


def test_an_h261_picture_is_not_longer_than_any() -> None:
    head = bytes.fromhex("00010008")
    assert picture_facts(head + bytes(1000)) is not None
    assert picture_facts(head + bytes(MAX_BYTES)) is None
