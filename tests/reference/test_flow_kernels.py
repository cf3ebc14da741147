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
    ALL_CHECKS,
    ALL_MEDIA,
    BUDGET_WORDS,
    CHECKS,
    CLOSED,
    CUT_COST,
    MEDIA,
    let_in,
)


@kernel(INT(WORD_ROWS, NUMBERS_IN, WORD_ROWS, INT, INT))
def looked_up(keys: Words, flows: Numbers, names: Words, k: int, number: int) -> int:
    return native.flow_of(keys, flows, native.key_of(names, k, number))


@kernel(INT(BYTE_ROWS, WORD_ROWS, INT, INT, INT, NUMBERS_OUT, WORD_ROWS, NUMBERS_IN))
def _lets_in(
    buffers: Bytes, names: Words, length: int, door: int, number: int, budget: Numbers,
    known: Words, sessions: Numbers,
) -> int:  # fmt: skip
    return let_in(buffers, names, 0, length, door, number, budget, known, sessions)


def lets_in(
    buffers: Bytes, names: Words, length: int, door: int, budget: Numbers, number: int = 7
) -> int:
    known = EXPECTED.keys, EXPECTED.flows
    return int(_lets_in(buffers, names, length, door, number, budget, *known))


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


SOCKET = 7
USER, TRANSACTION = b"sixteen letters!", b"twelve bytes"


def stun(kind: int, transaction: bytes, *attributes: tuple[int, bytes]) -> bytes:
    body = b"".join(
        number.to_bytes(2, "big") + len(value).to_bytes(2, "big") + value + bytes(-len(value) % 4)
        for number, value in attributes
    )
    head = kind.to_bytes(2, "big") + len(body).to_bytes(2, "big")
    return head + bytes.fromhex("2112a442") + transaction + body


def request(user: bytes, *before: tuple[int, bytes]) -> bytes:
    return stun(1, b"their number", *before, (6, user))


CHECK = request(USER + b":them", (0x24, b"prio"), (0x8022, b"odd"))
ANSWER = stun(0x0101, TRANSACTION, (0x20, bytes(8)))
STRANGE = (
    request(USER[:-1] + b":them"),
    request(USER + b"!:them"),
    request(b":"),
    request(b"x" * 60),
    stun(1, TRANSACTION),
    stun(0x0101, b"other number"),
    CHECK[:-4],
    CHECK + b"more",
    stun(1, b"their number", *((0x24, b""),) * 32, (6, USER + b":")),
)
RTP = b"\x80\x60" + bytes(10)
REPORT = b"\x80\xc9\0\1" + bytes(4)
DTLS = b"\x16\xfe\xfd" + bytes(20)


def wanted(data: bytes, door: int) -> str:
    """What a packet is taken for: a check that is expected, media, or nothing."""
    if data in (CHECK, ANSWER):
        return "check" if door in (CHECKS, MEDIA) else ""
    usable = len(data) >= 8 and 128 <= data[0] <= 191
    return "media" if usable and door == MEDIA else ""


def names_of(*expected: tuple[int, bytes]) -> FlowTable:
    table = FlowTable()
    for number, one in expected:
        table.put(number, one, 1)
    return table


EXPECTED = names_of((SOCKET, USER), (SOCKET, TRANSACTION), (SOCKET + 1, b"their number"))


@given(
    st.lists(
        st.tuples(
            st.one_of(
                st.sampled_from((CHECK, ANSWER, *STRANGE, RTP, REPORT, DTLS)),
                st.binary(max_size=40),
            ),
            st.integers(0, 5),
        ),
        max_size=60,
    ),
    st.sampled_from((CLOSED, CHECKS, MEDIA)),
    st.integers(0, 12),
    st.integers(0, 20),
)
def test_strangers_get_what_their_host_or_whom_they_ask_for_and_all_have_left(
    came: list[tuple[bytes, int]], door: int, each: int, together: int
) -> None:
    budget = np.full(BUDGET_WORDS, each, np.int64)
    budget[ALL_MEDIA] = budget[ALL_CHECKS] = together
    spent: Counter[object] = Counter()
    for data, host in came:
        buffer = np.zeros((1, PACKET_BYTES), np.uint8)
        buffer[0, : len(data)] = np.frombuffer(data, np.uint8)
        port = random.Random(len(data)).randrange(1, 65_536)  # which does not matter
        source = padded(write_name(socket.AF_INET, (f"192.0.2.{host}", port)))
        kind = wanted(data, door)
        whose = host if kind == "media" else data
        fits = bool(kind) and spent[whose] < each and spent[kind] < together
        assert lets_in(buffer, source, len(data), door, budget) == fits
        spent[whose] += fits
        spent[kind] += fits
    assert budget[ALL_MEDIA] == together - spent["media"]
    assert budget[ALL_CHECKS] == together - spent["check"]


def test_a_name_counts_at_the_socket_that_expects_it() -> None:
    buffer = np.frombuffer(CHECK, np.uint8).reshape(1, -1)
    source = padded(write_name(socket.AF_INET, ("192.0.2.1", 5)))
    for number, expected in ((SOCKET, 1), (SOCKET + 1, 0)):
        budget = np.full(BUDGET_WORDS, 9, np.int64)
        assert lets_in(buffer, source, len(CHECK), CHECKS, budget, number) == expected
        assert budget.sum() == 9 * BUDGET_WORDS - 2 * expected


def test_what_was_longer_than_its_buffer_takes_more() -> None:
    source = padded(write_name(socket.AF_INET, ("192.0.2.1", 5)))
    budget = np.full(BUDGET_WORDS, CUT_COST, np.int64)
    assert [lets_in(np.zeros((1, 9), np.uint8), source, -1, CLOSED, budget) for _ in "ab"] == [1, 0]
