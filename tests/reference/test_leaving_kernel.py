"""The loop around sendmmsg against Python's own sockets and pylibsrtp's own calls."""

import socket
from collections.abc import Iterator

import numpy as np
import pylibsrtp
import pytest

from mcu_core.endpoints.outgoing import Outgoing
from mcu_core.endpoints.socket_names import write_name
from mcu_core.endpoints.srtp import PROTECT, context_of
from mcu_core.kernels.arriving import PACKET_BYTES
from mcu_core.kernels.leaving import SECURE_BYTES
from mcu_core.kernels.messages import BATCH
from mcu_core.protocol.rtp import Burst
from tests.fakes.datagram_pair import PROFILES, Pair, open_pair, packets

SO_NO_CHECK = 11
FLOW = 7
"""Of all that is sent here."""


@pytest.fixture
def pair() -> Iterator[Pair]:
    with open_pair() as both:
        yield both


def arrived(bound: socket.socket) -> list[bytes]:
    found = []
    while True:
        try:
            found.append(bound.recv(PACKET_BYTES))
        except BlockingIOError:
            return found


def outgoing(pair: Pair) -> Outgoing:
    made = Outgoing()
    made.open(FLOW, pair[0].fileno())
    made.direct(FLOW, write_name(socket.AF_INET, pair[1].getsockname()))
    return made


def test_datagrams_leave_as_they_were_given(pair: Pair) -> None:
    sent = packets(BATCH + 10)
    waiting = outgoing(pair)
    for packet in sent:
        waiting.put(FLOW, packet)
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
        step, extension = int(rng.integers(0, 9)), int(rng.integers(0, 15))
        fixed = (96, marked, 0xFFFC, 0xFFFF_FFF0, ssrc, step)
        made.append(Burst(*fixed, payloads, sum(map(len, payloads)), extension, 0xFFFE))
    return made


def test_bursts_leave_as_packets_with_their_headers(pair: Pair) -> None:
    waiting = outgoing(pair)
    made = bursts(30)
    shared = [made[0], made[0]._replace(ssrc=1, sequence=7), made[1]]
    for burst in (*made, *shared):
        waiting.put_burst(FLOW, burst)
        waiting.put(FLOW, b"between")
    assert waiting.flush() == []
    expected = [[*burst.packets(), b"between"] for burst in (*made, *shared)]
    assert arrived(pair[1]) == [packet for some in expected for packet in some]


def test_packets_of_one_length_leave_together_and_arrive_apart(pair: Pair) -> None:
    waiting = outgoing(pair)
    sizes = (1200, 1200, 1200, 7, 1200, 1200, 0, 0, 300, 300, 301, 1, 1, 1)
    payloads = tuple(bytes([k]) * size for k, size in enumerate(sizes))
    many = tuple(b"%03d" % k for k in range(BATCH))
    for some in (payloads, many):
        burst = Burst(96, 2, 3, 4, 5, 0, some, sum(map(len, some)))
        waiting.put_burst(FLOW, burst)
        assert waiting.flush() == []
        assert arrived(pair[1]) == burst.packets()
    assert waiting._scratch[0] == 0


def test_what_cannot_leave_together_leaves_one_by_one(pair: Pair) -> None:
    """Where the way out cannot cut packets, which is not tried for ever."""
    waiting = outgoing(pair)
    pair[0].setsockopt(socket.SOL_SOCKET, SO_NO_CHECK, 1)  # which cutting cannot do without
    burst = Burst(96, 2, 3, 4, 5, 0, (b"abc", b"def", b"g", b"hi"), 9)
    for n in range(1, 12):
        waiting.put_burst(FLOW, burst)
        assert waiting.flush() == []
        assert arrived(pair[1]) == burst.packets()
        assert waiting._scratch[0] == min(n, 8)


def test_what_is_refused_together_and_one_by_one_is_counted(pair: Pair) -> None:
    waiting = outgoing(pair)
    waiting.direct(FLOW, write_name(socket.AF_INET, ("127.0.0.1", 0)))  # no port to send to
    waiting.put_burst(FLOW, Burst(96, 2, 3, 4, 5, 0, (b"abc", b"def", b"g", b"hi"), 9))
    assert waiting.flush() == [(FLOW, 4)]
    assert waiting._scratch[0] == 0


@pytest.mark.parametrize("profile", PROFILES)
def test_packets_are_encrypted_as_the_library_s_own_call_does(pair: Pair, profile: int) -> None:
    key = bytes(range(PROFILES[profile]))
    policy = pylibsrtp.Policy(key, pylibsrtp.Policy.SSRC_ANY_OUTBOUND, srtp_profile=profile)
    ours, slow = pylibsrtp.Session(policy), pylibsrtp.Session(policy)
    waiting = outgoing(pair)
    waiting.encrypt(FLOW, context_of(ours), PROTECT)
    made = bursts(30)
    for burst in made:
        waiting.put_burst(-1 - FLOW, burst)
    waiting.put(FLOW, b"as it is")
    assert waiting.flush() == []
    plain = [packet for burst in made for packet in burst.packets()]
    assert arrived(pair[1]) == [*map(slow.protect, plain), b"as it is"]


def test_what_cannot_be_encrypted_is_refused_and_the_rest_goes_on(pair: Pair) -> None:
    profile = pylibsrtp.Policy.SRTP_PROFILE_AEAD_AES_256_GCM
    policy = pylibsrtp.Policy(bytes(44), pylibsrtp.Policy.SSRC_ANY_OUTBOUND, srtp_profile=profile)
    session = pylibsrtp.Session(policy)
    waiting = outgoing(pair)
    burst = Burst(96, -1, 1, 2, 3, 0, (bytes(SECURE_BYTES), b"good"), SECURE_BYTES + 4)
    waiting.put_burst(-1 - FLOW, burst)  # no key yet
    waiting.encrypt(FLOW, context_of(session), PROTECT)
    assert waiting.flush() == [(FLOW, 1)]
    assert len(arrived(pair[1])) == 1


def test_nothing_leaves_unencrypted_while_there_is_no_key(pair: Pair) -> None:
    waiting = outgoing(pair)
    waiting.put_burst(-1 - FLOW, Burst(96, -1, 1, 2, 3, 0, (b"a", b"b"), 2))
    assert waiting.flush() == [(FLOW, 2)]
    assert arrived(pair[1]) == []


def test_a_way_out_that_is_full_is_waited_for_a_little_and_what_it_refuses_is_counted() -> None:
    """Of one socket of many receivers much leaves at once; a pair whose reader sleeps is full."""
    one, other = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    with one, other:
        for end in (one, other):
            end.setblocking(False)
        one.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1)  # as little as there can be
        waiting = Outgoing()
        waiting.open(FLOW, one.fileno())  # it is connected and needs no name
        waiting.open(FLOW + 1, one.fileno())
        for number in range(BATCH):
            waiting.put(FLOW + number % 2, b"%d" % number)
        refused = dict(waiting.flush())
        came = arrived(other)
        assert came
        assert len(came) + sum(refused.values()) == BATCH
        assert set(refused) == {FLOW, FLOW + 1}
        waiting.put(FLOW, b"again")
        assert waiting.flush() == []
        assert arrived(other) == [b"again"]
