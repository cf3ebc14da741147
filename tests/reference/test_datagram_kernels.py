"""The loops around sendmmsg and recvmmsg against Python's own sockets and pylibsrtp's own calls."""

import select
import socket
import struct
from collections.abc import Iterator

import numpy as np
import pylibsrtp
import pytest

from mcu_core.endpoints.incoming import Incoming
from mcu_core.endpoints.outgoing import Outgoing
from mcu_core.endpoints.socket_names import write_name
from mcu_core.endpoints.webrtc_link import PROTECT, UNPROTECT, context_of
from mcu_core.errors import MalformedInput
from mcu_core.ingress.reception import Reception
from mcu_core.kernels.arriving import FAIR_SHARE, FORGED, PACKET_BYTES
from mcu_core.kernels.leaving import SECURE_BYTES
from mcu_core.kernels.messages import BATCH
from mcu_core.kernels.rows import HEARD_NS, NEVER, OPENED, PAYLOAD_TYPE, QUICK, SUSPECT
from mcu_core.protocol.rtp import Burst, parse

PROFILES = {
    pylibsrtp.Policy.SRTP_PROFILE_AEAD_AES_256_GCM: 44,
    pylibsrtp.Policy.SRTP_PROFILE_AES128_CM_SHA1_80: 30,
}
SO_NO_CHECK = 11
Pair = tuple[socket.socket, socket.socket]


@pytest.fixture
def pair() -> Iterator[Pair]:
    """Two bound sockets that do not wait."""
    with (
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other,
    ):
        for bound in (one, other):
            bound.setblocking(False)
            bound.bind(("127.0.0.1", 0))
        yield one, other


def packets(count: int, seed: int = 1) -> list[bytes]:
    """RTP packets of many sizes, one stream's in sequence; as many as a socket holds."""
    rng = np.random.default_rng(seed)
    sizes = rng.integers(0, 300, count)
    return [
        struct.pack("!BBHII", 0x80, 96, number, 3000 * number, 77) + rng.bytes(int(size))
        for number, size in enumerate(sizes, 1)
    ]


def arrived(bound: socket.socket) -> list[bytes]:
    found = []
    while True:
        try:
            found.append(bound.recv(PACKET_BYTES))
        except BlockingIOError:
            return found


def outgoing(pair: Pair) -> Outgoing:
    made = Outgoing()
    made.make_room(pair[0].fileno())
    made.direct(pair[0].fileno(), write_name(socket.AF_INET, pair[1].getsockname()))
    return made


def test_datagrams_leave_as_they_were_given(pair: Pair) -> None:
    sent = packets(BATCH + 10)
    waiting = outgoing(pair)
    for packet in sent:
        waiting.put(pair[0].fileno(), packet)
    assert waiting.flush() == []
    assert arrived(pair[1]) == sent
    assert waiting.flush() == []


def bursts(count: int, seed: int = 2) -> list[Burst]:
    """Units of one to eight packets of several streams, over the wraps of their counters."""
    rng = np.random.default_rng(seed)
    made = []
    for _ in range(count):
        payloads = tuple(rng.bytes(int(size)) for size in rng.integers(0, 300, rng.integers(1, 9)))
        marked, ssrc = int(rng.integers(-1, len(payloads))), int(rng.integers(0, 1 << 32))
        made.append(Burst(96, marked, 0xFFFC, 0xFFFF_FFF0, ssrc, int(rng.integers(0, 9)), payloads))
    return made


def test_bursts_leave_as_packets_with_their_headers(pair: Pair) -> None:
    waiting = outgoing(pair)
    number = pair[0].fileno()
    made = bursts(30)
    shared = [made[0], made[0]._replace(ssrc=1, sequence=7), made[1]]
    for burst in (*made, *shared):
        waiting.put_burst(number, burst)
        waiting.put(number, b"between")
    assert waiting.flush() == []
    expected = [[*burst.packets(), b"between"] for burst in (*made, *shared)]
    assert arrived(pair[1]) == [packet for some in expected for packet in some]


def test_packets_of_one_length_leave_together_and_arrive_apart(pair: Pair) -> None:
    waiting = outgoing(pair)
    number = pair[0].fileno()
    sizes = (1200, 1200, 1200, 7, 1200, 1200, 0, 0, 300, 300, 301, 1, 1, 1)
    payloads = tuple(bytes([k]) * size for k, size in enumerate(sizes))
    many = tuple(b"%03d" % k for k in range(BATCH))
    for some in (payloads, many):
        burst = Burst(96, 2, 3, 4, 5, 0, some)
        waiting.put_burst(number, burst)
        assert waiting.flush() == []
        assert arrived(pair[1]) == burst.packets()
    assert waiting._failed[0] == 0


def test_what_cannot_leave_together_leaves_one_by_one(pair: Pair) -> None:
    """Where the way out cannot cut packets, which is not tried for ever."""
    waiting = outgoing(pair)
    pair[0].setsockopt(socket.SOL_SOCKET, SO_NO_CHECK, 1)  # which cutting cannot do without
    burst = Burst(96, 2, 3, 4, 5, 0, (b"abc", b"def", b"g", b"hi"))
    for n in range(1, 12):
        waiting.put_burst(pair[0].fileno(), burst)
        assert waiting.flush() == []
        assert arrived(pair[1]) == burst.packets()
        assert waiting._failed[0] == min(n, 8)


def test_what_is_refused_together_and_one_by_one_is_counted(pair: Pair) -> None:
    waiting = outgoing(pair)
    number = pair[0].fileno()
    waiting.direct(number, write_name(socket.AF_INET, ("127.0.0.1", 0)))  # no port to send to
    waiting.put_burst(number, Burst(96, 2, 3, 4, 5, 0, (b"abc", b"def", b"g", b"hi")))
    assert waiting.flush() == [(number, 4)]
    assert waiting._failed[0] == 0


@pytest.mark.parametrize("profile", PROFILES)
def test_packets_are_encrypted_as_the_library_s_own_call_does(pair: Pair, profile: int) -> None:
    key = bytes(range(PROFILES[profile]))
    policy = pylibsrtp.Policy(key, pylibsrtp.Policy.SSRC_ANY_OUTBOUND, srtp_profile=profile)
    ours, slow = pylibsrtp.Session(policy), pylibsrtp.Session(policy)
    waiting = outgoing(pair)
    number = pair[0].fileno()
    waiting.encrypt(number, context_of(ours), PROTECT)
    made = bursts(30)
    for burst in made:
        waiting.put_burst(-1 - number, burst)
    waiting.put(number, b"as it is")
    assert waiting.flush() == []
    plain = [packet for burst in made for packet in burst.packets()]
    assert arrived(pair[1]) == [*map(slow.protect, plain), b"as it is"]


def test_what_cannot_be_encrypted_is_refused_and_the_rest_goes_on(pair: Pair) -> None:
    profile = pylibsrtp.Policy.SRTP_PROFILE_AEAD_AES_256_GCM
    policy = pylibsrtp.Policy(bytes(44), pylibsrtp.Policy.SSRC_ANY_OUTBOUND, srtp_profile=profile)
    session = pylibsrtp.Session(policy)
    waiting = outgoing(pair)
    number = pair[0].fileno()
    burst = Burst(96, -1, 1, 2, 3, 0, (bytes(SECURE_BYTES), b"good"))
    waiting.put_burst(-1 - number, burst)  # no key yet
    waiting.encrypt(number, context_of(session), PROTECT)
    assert waiting.flush() == [(number, 1)]
    assert len(arrived(pair[1])) == 1


def test_nothing_leaves_unencrypted_while_there_is_no_key(pair: Pair) -> None:
    waiting = outgoing(pair)
    waiting.put_burst(-1 - pair[0].fileno(), Burst(96, -1, 1, 2, 3, 0, (b"a", b"b")))
    assert waiting.flush() == [(pair[0].fileno(), 2)]
    assert arrived(pair[1]) == []


def test_what_has_come_is_read_in_order_with_its_sender(pair: Pair) -> None:
    one, other = pair
    incoming = Incoming()
    name = write_name(socket.AF_INET, one.getsockname())
    with select.epoll() as epoll:
        epoll.register(other, select.EPOLLIN)
        assert incoming.receive(epoll.fileno(), 0) == 0
        sent = packets(2 * FAIR_SHARE)
        for packet in sent:
            one.sendto(packet, other.getsockname())
        found = []
        while count := incoming.receive(epoll.fileno(), 0):
            assert count <= FAIR_SHARE, "others may wait"
            for number, k, start, end, moment_ns in incoming.found(count):
                assert (number, moment_ns) == (other.fileno(), NEVER)
                assert incoming.name(k, len(name)) == name
                found.append(incoming.stretch(start, end))
    assert found == sent


SSRC = 0xFFFF_FFF1
RATE = 48_000


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
        first, second = mostly(0x80, 0x90, 0xA0, 0x81, 0x40), mostly(96, 0x80 | 96, 97)
        head = (first, second, sequence & 0xFFFF, timestamp & 0xFFFF_FFFF, ssrc)
        made.append(struct.pack("!BBHII", *head)[: mostly(12, 5)])
        made[-1] += rng.bytes(mostly(int(rng.integers(1, 20)), 0))
    return made


@pytest.mark.parametrize("seed", range(10))
def test_usual_packets_are_counted_as_reception_counts_them(pair: Pair, seed: int) -> None:
    """What the loop lets pass is a packet in sequence and no more, and leaves the same counts."""
    one, other = pair
    counted, slow = Reception(SSRC, RATE), Reception(SSRC, RATE)
    for reception in (counted, slow):
        reception.row[PAYLOAD_TYPE] = 96
    incoming = Incoming()
    incoming.let_pass(other.fileno(), write_name(socket.AF_INET, one.getsockname()), counted.row)
    passed = 0
    with select.epoll() as epoll:
        epoll.register(other, select.EPOLLIN)
        for n, packet in enumerate(arriving(seed)):
            now_ns = 10**15 + n * 20_000_123
            one.sendto(packet, other.getsockname())
            assert incoming.receive(epoll.fileno(), now_ns) == 1
            ((_, _, start, end, moment_ns),) = incoming.found(1)
            assert incoming.stretch(start, end) == packet
            if moment_ns == NEVER:
                try:
                    parsed = parse(packet)
                except MalformedInput:
                    continue
                if (parsed.ssrc, parsed.payload_type) != (SSRC, 96):
                    continue
                receptions = [counted, slow]
            else:
                passed += 1
                parsed, receptions = parse(packet), [slow]
                assert (parsed.ssrc, parsed.payload_type, parsed.extensions) == (SSRC, 96, {})
                assert parsed.payload == packet[12:] != b""
                unwrapped = slow.unwrap(parsed.timestamp)
                assert moment_ns == unwrapped * 10**9 // RATE
                assert counted.row[HEARD_NS] == now_ns
            for reception in receptions:
                reception.push(parsed.sequence, parsed.timestamp, len(parsed.payload), now_ns)
                if moment_ns == NEVER:
                    reception.unwrap(parsed.timestamp)
            assert counted.row[:QUICK] == slow.row[:QUICK]
            assert counted.row[SUSPECT] == slow.row[SUSPECT]
            assert counted.report_block(now_ns) == slow.report_block(now_ns)
    assert passed > 10
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
    incoming = Incoming()
    number = other.fileno()
    incoming.decrypt(number, context_of(ours), UNPROTECT)
    reception = Reception(SSRC, RATE)
    reception.row[PAYLOAD_TYPE] = 72  # which no stream may have beside RTCP
    reception.push(1, 0, 10, 0)
    reception.unwrap(0)
    incoming.let_pass(number, b"", reception.row)
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
            ((_, _, start, end, moment_ns),) = incoming.found(1)
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
    incoming = Incoming()
    incoming.decrypt(other.fileno(), context_of(ours), UNPROTECT)
    incoming.let_pass(other.fileno(), b"", reception.row)
    packet = struct.pack("!BBHII", 0x80, 96, 2, 960, SSRC) + b"sound"
    with select.epoll() as epoll:
        epoll.register(other, select.EPOLLIN)
        one.sendto(packet, other.getsockname())  # in the clear: refused
        one.sendto(theirs.protect(packet), other.getsockname())
        assert incoming.receive(epoll.fileno(), 0) == 2
        refused, (_, _, start, end, moment_ns) = incoming.found(2)
    assert refused[-1] == OPENED
    assert refused[3] - refused[2] == FORGED
    assert moment_ns == 960 * 10**9 // RATE
    assert incoming.stretch(start, end) == packet
    assert reception.row[QUICK] == 1


def test_packets_of_another_source_are_not_let_pass(pair: Pair) -> None:
    one, other = pair
    reception = Reception(SSRC, RATE)
    reception.row[PAYLOAD_TYPE] = 96
    reception.push(1, 0, 10, 0)
    reception.unwrap(0)
    incoming = Incoming()
    host, port = one.getsockname()
    incoming.let_pass(other.fileno(), write_name(socket.AF_INET, (host, port ^ 1)), reception.row)
    packet = struct.pack("!BBHII", 0x80, 96, 2, 960, SSRC) + b"x"
    with select.epoll() as epoll:
        epoll.register(other, select.EPOLLIN)
        one.sendto(packet, other.getsockname())
        assert incoming.receive(epoll.fileno(), 0) == 1
        assert [moment for *_, moment in incoming.found(1)] == [NEVER]
        incoming.let_pass(other.fileno(), write_name(socket.AF_INET, (host, port)), reception.row)
        one.sendto(packet, other.getsockname())
        assert incoming.receive(epoll.fileno(), 0) == 1
        assert [moment for *_, moment in incoming.found(1)] == [960 * 10**9 // RATE]
        incoming.forget(other.fileno())
        packet = struct.pack("!BBHII", 0x80, 96, 3, 1920, SSRC) + b"x"
        one.sendto(packet, other.getsockname())
        assert incoming.receive(epoll.fileno(), 0) == 1
        assert [moment for *_, moment in incoming.found(1)] == [NEVER]
