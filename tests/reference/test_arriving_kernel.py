"""The loop around recvmmsg against Python's own sockets, pylibsrtp's own calls, and Reception."""

import select
import socket
import struct
from collections import Counter
from collections.abc import Iterator

import numpy as np
import pylibsrtp
import pytest

from mcu_core.endpoints.incoming import RESERVE, SHARE, Incoming
from mcu_core.endpoints.socket_names import write_name
from mcu_core.endpoints.srtp import UNPROTECT, context_of
from mcu_core.errors import MalformedInput
from mcu_core.ingress.reception import Reception
from mcu_core.kernels.arriving import FAIR_SHARE, FORGED, LOOK_COST
from mcu_core.kernels.messages import BATCH
from mcu_core.kernels.rows import (
    HEARD_NS,
    LEVEL_ID,
    NEVER,
    OPENED,
    PAYLOAD_TYPE,
    QUICK,
    SUSPECT,
    UNTOLD,
)
from mcu_core.kernels.strangers import MEDIA
from mcu_core.protocol.rtp import RtpPacket, parse
from tests.fakes.datagram_pair import PROFILES, Pair, open_pair, packets


@pytest.fixture
def pair() -> Iterator[Pair]:
    with open_pair() as both:
        yield both


FLOW = 7
"""Whose all is that comes here."""


def expecting(bound: socket.socket, *names: bytes) -> Incoming:
    """Buffers for what comes to a socket from there."""
    made = Incoming()
    for name in names:
        made.sources.put(bound.fileno(), name, FLOW)
    return made


def test_what_has_come_is_read_in_order_with_its_sender(pair: Pair) -> None:
    one, other = pair
    name = write_name(socket.AF_INET, one.getsockname())
    incoming = expecting(other, name)
    with select.epoll() as epoll:
        epoll.register(other, select.EPOLLIN)
        assert incoming.receive(epoll.fileno(), 0) == 0
        sent = packets(2 * FAIR_SHARE)
        for packet in sent:
            one.sendto(packet, other.getsockname())
        found = []
        while count := incoming.receive(epoll.fileno(), 0):
            assert count <= BATCH, "all that there is: nobody waits"
            for flow, k, start, end, moment_ns, _ in incoming.found():
                assert (flow, moment_ns) == (FLOW, NEVER)
                assert incoming.name(k, len(name)) == name
                found.append(incoming.stretch(start, end))
    assert found == sent


SSRC = 0xFFFF_FFF1
LEVEL = 5
RATE = 48_000


def extension(rng: np.random.Generator) -> bytes:
    """A block with a level, or with one that a fault has crept into."""
    elements = [
        bytes((LEVEL << 4, int(rng.integers(0, 256)))),
        b"\x31ab\0",
        b"\0",
        bytes((LEVEL << 4 | 2,)) + b"abc",
    ]
    chosen = rng.permutation(4)[: int(rng.integers(1, 5))]
    body = b"".join(elements[k] for k in chosen)
    if rng.random() < 0.1:
        body = rng.bytes(len(body))
    body += bytes(-len(body) % 4)
    words = len(body) // 4 + (int(rng.integers(-1, 20)) if rng.random() < 0.1 else 0)
    profile = 0x1000 if rng.random() < 0.05 else 0xBEDE
    return struct.pack("!HH", profile, words) + body


def arriving(seed: int) -> list[bytes]:
    """A stream with gaps, repeats, strays, wraps, other streams and forms of packets in it."""
    rng = np.random.default_rng(seed)

    def mostly(usual: int, *others: int) -> int:
        return int(rng.choice(others)) if rng.random() < 0.1 else usual

    sequence, timestamp, made = 0xFFE0, 0xFFFF_0000, []
    for _ in range(300):
        sequence += mostly(1, 2, 0, -1, 5000)
        timestamp += mostly(960, 0, -960, 1 << 30)
        ssrc = mostly(SSRC, 1, SSRC ^ 1)
        block = extension(rng) if rng.random() < 0.4 else b""
        usual = 0x90 if block else 0x80
        first, second = mostly(usual, 0x80, 0x90, 0xA0, 0x81, 0x40), mostly(96, 0x80 | 96, 97)
        head = (first, second, sequence & 0xFFFF, timestamp & 0xFFFF_FFFF, ssrc)
        made.append(struct.pack("!BBHII", *head)[: mostly(12, 5)])
        made[-1] += block + rng.bytes(mostly(int(rng.integers(1, 20)), 0))
    return made


def slowly_read(packet: bytes) -> RtpPacket | None:
    """A packet of the stream; None for anything else."""
    try:
        parsed = parse(packet)
    except MalformedInput:
        return None
    return parsed if (parsed.ssrc, parsed.payload_type) == (SSRC, 96) else None


@pytest.mark.parametrize("seed", range(10))
def test_usual_packets_are_counted_as_reception_counts_them(pair: Pair, seed: int) -> None:
    """What the loop lets pass is a packet in sequence and no more, and leaves the same counts."""
    one, other = pair
    counted, slow = Reception(SSRC, RATE), Reception(SSRC, RATE)
    for reception in (counted, slow):
        reception.row[PAYLOAD_TYPE], reception.row[LEVEL_ID] = 96, LEVEL
    incoming = expecting(other, write_name(socket.AF_INET, one.getsockname()))
    incoming.let_pass(FLOW, counted.row)
    passed = levels = 0
    with select.epoll() as epoll:
        epoll.register(other, select.EPOLLIN)
        for n, packet in enumerate(arriving(seed)):
            now_ns = 10**15 + n * 20_000_123
            one.sendto(packet, other.getsockname())
            assert incoming.receive(epoll.fileno(), now_ns) == 1
            ((_, _, start, end, moment_ns, level),) = incoming.found()
            parsed = slowly_read(packet)
            if parsed is None or moment_ns == NEVER:
                assert (moment_ns, incoming.stretch(start, end)) == (NEVER, packet)
            if parsed is None:
                continue
            for reception in (slow,) if moment_ns != NEVER else (counted, slow):
                reception.push(parsed.sequence, parsed.timestamp, len(parsed.payload), now_ns)
                unwrapped = reception.unwrap(parsed.timestamp)
            if moment_ns != NEVER:
                told = parsed.extensions.get(LEVEL)
                assert incoming.stretch(start, end) == parsed.payload
                assert level == (told[0] & 0x7F if told else UNTOLD)
                assert parsed.payload != b""
                assert (moment_ns, counted.row[HEARD_NS]) == (unwrapped * 10**9 // RATE, now_ns)
                passed, levels = passed + 1, levels + (told is not None)
            assert counted.row[:QUICK] == slow.row[:QUICK]
            assert counted.row[SUSPECT] == slow.row[SUSPECT]
            assert counted.report_block(now_ns) == slow.report_block(now_ns)
    assert passed > levels > 10
    assert counted.row[QUICK] == passed


@pytest.mark.parametrize("profile", PROFILES)
def test_packets_are_decrypted_as_the_library_s_own_call_does(pair: Pair, profile: int) -> None:
    """RTP is, or is refused where it was changed or comes again; all else is left as it is."""
    one, other = pair
    key = bytes(range(PROFILES[profile]))
    theirs = pylibsrtp.Session(
        pylibsrtp.Policy(key, pylibsrtp.Policy.SSRC_ANY_OUTBOUND, srtp_profile=profile)
    )
    ours, slow = (
        pylibsrtp.Session(
            pylibsrtp.Policy(key, pylibsrtp.Policy.SSRC_ANY_INBOUND, srtp_profile=profile)
        )
        for _ in range(2)
    )
    incoming = expecting(other, write_name(socket.AF_INET, one.getsockname()))
    incoming.decrypt(FLOW, context_of(ours), UNPROTECT)
    reception = Reception(SSRC, RATE)
    reception.row[PAYLOAD_TYPE] = 72  # which no stream may have beside RTCP
    reception.push(1, 0, 10, 0)
    reception.unwrap(0)
    incoming.let_pass(FLOW, reception.row)
    good = [theirs.protect(packet) for packet in packets(20)]
    forged = struct.pack("!BBHII", 0x80, 200, 2, 960, SSRC) + b"as if usual"
    sent = [
        *good,
        good[0],
        good[1][:-1] + b"?",
        good[2][:13],
        good[3][:12],
        forged,
        b"",
        b"\x16dtls",
    ]
    with select.epoll() as epoll:
        epoll.register(other, select.EPOLLIN)
        for packet in sent:
            one.sendto(packet, other.getsockname())
            assert incoming.receive(epoll.fileno(), 0) == 1
            ((_, _, start, end, moment_ns, _),) = incoming.found()
            if len(packet) < 12 or packet is forged:
                assert (incoming.stretch(start, end), moment_ns) == (packet, NEVER)
                continue
            assert moment_ns == OPENED
            try:
                plain = slow.unprotect(packet)
            except pylibsrtp.Error:
                assert end - start == FORGED
            else:
                assert incoming.stretch(start, end) == plain
    assert reception.row[QUICK] == 0


def test_usual_packets_pass_when_they_are_decrypted(pair: Pair) -> None:
    one, other = pair
    profile = pylibsrtp.Policy.SRTP_PROFILE_AEAD_AES_256_GCM
    theirs, ours = (
        pylibsrtp.Session(pylibsrtp.Policy(bytes(44), direction, srtp_profile=profile))
        for direction in (pylibsrtp.Policy.SSRC_ANY_OUTBOUND, pylibsrtp.Policy.SSRC_ANY_INBOUND)
    )
    reception = Reception(SSRC, RATE)
    reception.row[PAYLOAD_TYPE] = 96
    reception.push(1, 0, 10, 0)
    reception.unwrap(0)
    incoming = expecting(other, write_name(socket.AF_INET, one.getsockname()))
    incoming.decrypt(FLOW, context_of(ours), UNPROTECT)
    incoming.let_pass(FLOW, reception.row)
    packet = struct.pack("!BBHII", 0x80, 96, 2, 960, SSRC) + b"sound"
    with select.epoll() as epoll:
        epoll.register(other, select.EPOLLIN)
        one.sendto(packet, other.getsockname())  # in the clear: refused
        one.sendto(theirs.protect(packet), other.getsockname())
        assert incoming.receive(epoll.fileno(), 0) == 2
        refused, (_, _, start, end, moment_ns, _) = incoming.found()
    assert refused[4] == OPENED
    assert refused[3] - refused[2] == FORGED
    assert moment_ns == 960 * 10**9 // RATE
    assert incoming.stretch(start, end) == b"sound"
    assert reception.row[QUICK] == 1


def test_packets_of_another_source_are_not_let_pass(pair: Pair) -> None:
    one, other = pair
    reception = Reception(SSRC, RATE)
    reception.row[PAYLOAD_TYPE] = 96
    reception.push(1, 0, 10, 0)
    reception.unwrap(0)
    host, port = one.getsockname()
    name, another = (write_name(socket.AF_INET, (host, one)) for one in (port, port ^ 1))
    incoming = expecting(other, another)
    incoming.open_door(other.fileno(), MEDIA)
    incoming.let_pass(FLOW, reception.row)

    def told(number: int) -> list[tuple[int, int]]:
        one.sendto(
            struct.pack("!BBHII", 0x80, 96, number, 960 * number, SSRC) + b"x", other.getsockname()
        )
        assert incoming.receive(epoll.fileno(), 0) == 1
        return [(whose, moment) for whose, *_, moment, _ in incoming.found()]

    stranger = [(-1 - other.fileno(), NEVER)]
    with select.epoll() as epoll:
        epoll.register(other, select.EPOLLIN)
        assert told(2) == stranger
        incoming.sources.put(other.fileno(), name, FLOW)
        assert told(1) == [(FLOW, NEVER)]
        incoming.sources.take_out(other.fileno(), name, FLOW)
        assert told(2) == stranger
        incoming.sources.put(other.fileno(), name, FLOW)
        assert [moment for _, moment in told(2)] == [2 * 960 * 10**9 // RATE]
        incoming.forget(FLOW)
        assert told(3) == [(FLOW, NEVER)]


def test_a_flood_of_one_source_is_dropped_and_others_are_heard(pair: Pair) -> None:
    one, other = pair
    incoming = expecting(other, write_name(socket.AF_INET, one.getsockname()))
    told: Counter[bytes] = Counter()

    def receive() -> None:
        while incoming.receive(epoll.fileno(), 0):
            told.update(incoming.stretch(start, end) for _, _, start, end, *_ in incoming.found())

    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as calm, select.epoll() as epoll:
        epoll.register(other, select.EPOLLIN)
        calm.bind(("127.0.0.1", 0))
        incoming.sources.put(
            other.fileno(), write_name(socket.AF_INET, calm.getsockname()), FLOW + 1
        )
        looked_at = RESERVE // LOOK_COST
        rounds = looked_at // BATCH + 1
        for _ in range(rounds):
            for _ in range(BATCH):
                one.sendto(b"flood", other.getsockname())
            calm.sendto(b"calm", other.getsockname())
            receive()
        assert told == {b"flood": looked_at, b"calm": rounds}
        assert incoming.flooded
        assert incoming.give_shares() == [(FLOW, rounds * BATCH - looked_at)]
        for lines in (1, 3):
            told.clear()
            incoming.share(FLOW, lines)
            incoming.give_shares()
            for _ in range(rounds):
                for _ in range(BATCH):
                    one.sendto(b"flood", other.getsockname())
                receive()
            assert incoming.flooded
            given = 2 if lines == 1 else 1  # the second time it is given beside what it had
            assert told == {b"flood": given * lines * SHARE // LOOK_COST}
        incoming.give_shares()
        assert not incoming.flooded
        one.sendto(b"flood", other.getsockname())
        receive()
        assert told[b"flood"] == given * lines * SHARE // LOOK_COST + 1
