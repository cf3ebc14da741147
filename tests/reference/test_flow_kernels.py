"""The table of flows against a dictionary; which strangers are let in against the rule in words."""

import random
import socket
from collections import Counter

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from mcu_core.endpoints.flow_table import FIRST_SIZE, FlowTable
from mcu_core.endpoints.socket_names import write_name
from mcu_core.kernels import flows as native
from mcu_core.kernels.arriving import PACKET_BYTES
from mcu_core.kernels.dispatch import INT, kernel
from mcu_core.kernels.messages import (
    BYTE_ROWS,
    NUMBERS_IN,
    NUMBERS_OUT,
    WORD_ROWS,
    Bytes,
    Numbers,
    Words,
)
from mcu_core.kernels.strangers import (
    BUCKETS,
    CHECKS,
    CLOSED,
    MEDIA,
    MEDIA_COST,
    STUN_COST,
    let_in,
)


@kernel(INT(WORD_ROWS, NUMBERS_IN, WORD_ROWS, INT, INT))
def looked_up(keys: Words, flows: Numbers, names: Words, k: int, number: int) -> int:
    return native.flow_of(keys, flows, native.key_of(names, k, number))


@kernel(INT(BYTE_ROWS, WORD_ROWS, INT, INT, INT, NUMBERS_OUT))
def lets_in(buffers: Bytes, names: Words, k: int, length: int, door: int, budget: Numbers) -> int:
    return let_in(buffers, names, k, length, door, budget)


def name(rng: random.Random, hosts: int = 40) -> bytes:
    """A source of either family; few enough that they come again."""
    port = rng.choice((5004, 5006, 40_000))
    if rng.random() < 0.5:
        return write_name(socket.AF_INET, (f"10.0.0.{rng.randrange(hosts)}", port))
    return write_name(socket.AF_INET6, (f"2001:db8::{rng.randrange(hosts):x}", port))


def padded(one: bytes) -> Words:
    """A name as it lies where packets arrive: behind it is what was there before."""
    return np.frombuffer(one.ljust(32, b"\xa5"), np.uint64).reshape(1, -1).copy()


@given(st.integers(0, 1 << 32))
def test_the_table_knows_what_a_dictionary_knows(seed: int) -> None:
    rng = random.Random(seed)
    table, known = FlowTable(), {}
    for flow in range(1, 200):
        number, one = rng.randrange(3), name(rng)
        if rng.random() < 0.6:
            table.put(number, one, flow)
            known[number, one] = flow
        elif (number, one) in known:
            wrong = rng.random() < 0.3
            table.take_out(number, one, -1 if wrong else known[number, one])
            if not wrong:
                del known[number, one]
        number, one = rng.randrange(3), name(rng)
        expected = known.get((number, one), 0)
        assert table.flow(number, one) == expected
        assert looked_up(table.keys, table.flows, padded(one), 0, number) == expected
    for (number, one), flow in known.items():
        assert looked_up(table.keys, table.flows, padded(one), 0, number) == flow
    assert len(table.flows) >= 2 * len(known)


def test_the_table_grows_and_forgets_nothing() -> None:
    table = FlowTable()
    names = [write_name(socket.AF_INET, (f"10.1.{k >> 8}.{k & 255}", 9000)) for k in range(1000)]
    for flow, one in enumerate(names, 1):
        table.put(5, one, flow)
    assert len(table.flows) > FIRST_SIZE
    for flow, one in enumerate(names, 1):
        assert looked_up(table.keys, table.flows, padded(one), 0, 5) == flow
        assert looked_up(table.keys, table.flows, padded(one), 0, 6) == 0


STUN = bytes.fromhex("000100002112a442") + bytes(12)
RTP = b"\x80\x60" + bytes(10)
REPORT = b"\x80\xc9\0\1" + bytes(4)
DTLS = b"\x16\xfe\xfd" + bytes(20)


def price(data: bytes, door: int) -> int:
    """What it takes of what strangers have; 0 for what nobody here can use."""
    if data[:1] and data[0] <= 3 and len(data) >= 20 and data[4:8] == bytes.fromhex("2112a442"):
        return STUN_COST if door in (CHECKS, MEDIA) else 0
    usable = len(data) >= 8 and 128 <= data[0] <= 191
    return MEDIA_COST if usable and door == MEDIA else 0


@given(
    st.lists(
        st.tuples(
            st.one_of(st.sampled_from((STUN, RTP, REPORT, DTLS)), st.binary(max_size=40)),
            st.integers(0, 5),
        ),
        max_size=60,
    ),
    st.sampled_from((CLOSED, CHECKS, MEDIA)),
    st.integers(0, 40),
    st.integers(0, 90),
)
def test_strangers_get_what_their_host_and_all_have_left(
    came: list[tuple[bytes, int]], door: int, each: int, together: int
) -> None:
    budget = np.full(BUCKETS + 1, each, np.int64)
    budget[BUCKETS] = together
    spent: Counter[int] = Counter()
    for data, host in came:
        buffer = np.zeros((1, PACKET_BYTES), np.uint8)
        buffer[0, : len(data)] = np.frombuffer(data, np.uint8)
        port = random.Random(len(data)).randrange(1, 65_536)  # which does not matter
        source = padded(write_name(socket.AF_INET, (f"192.0.2.{host}", port)))
        cost = price(data, door)
        fits = 0 < cost <= min(each - spent[host], together - spent.total())
        assert lets_in(buffer, source, 0, len(data), door, budget) == fits
        spent[host] += cost * fits
    assert budget[BUCKETS] == together - spent.total()
