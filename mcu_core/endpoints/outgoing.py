"""What waits to leave by the sockets of a loop (kernels/leaving.py), and where it goes."""

from array import array
from itertools import accumulate

import numpy as np

from mcu_core.kernels import leaving as native
from mcu_core.kernels import messages as structs
from mcu_core.protocol.rtp import Burst

FIRST_TABLE = 256
"""Descriptors that there is room for at first."""


class Outgoing:
    """What waits to leave, and where each socket's packets go."""

    def __init__(self) -> None:
        count = structs.BATCH
        self._orders = array("q")
        self._payloads: list[bytes] = []
        self._waiting = 0
        self._latest: tuple[bytes, ...] | None = None
        self._at = 0
        self._written = np.zeros((count, native.SECURE_BYTES), np.uint8)
        self._pieces = np.zeros((2 * count, structs.PIECE_WORDS), np.uint64)
        self._messages = np.zeros((count, structs.MESSAGE_WORDS), np.uint64)
        self._controls = np.tile(np.array(native.SEGMENT_SIZE, np.uint64), (count, 1))
        self._failed = np.zeros(1, np.int64)
        self._protect = 0
        self._make_tables(FIRST_TABLE)

    def _make_tables(self, size: int) -> None:
        self._names = np.zeros((size, structs.NAME_BYTES), np.uint8)
        self._name_lengths = np.zeros(size, np.int64)
        self._contexts = np.zeros(size, np.uint64)
        self._refused = np.zeros(size, np.int64)

    def make_room(self, number: int) -> None:
        """Let a descriptor have its row."""
        size = len(self._refused)
        if number < size:
            return
        names, lengths = self._names, self._name_lengths
        contexts, refused = self._contexts, self._refused
        self._make_tables(max(2 * size, number + 1))
        self._names[:size], self._name_lengths[:size] = names, lengths
        self._contexts[:size], self._refused[:size] = contexts, refused

    def direct(self, number: int, name: bytes) -> None:
        """Where a descriptor's packets go."""
        self._names[number, : len(name)] = np.frombuffer(name, np.uint8)
        self._name_lengths[number] = len(name)

    def encrypt(self, number: int, context: int, protect: int) -> None:
        """How a descriptor's packets are encrypted; one function serves all."""
        self._contexts[number], self._protect = context, protect

    def forget(self, number: int) -> None:
        """The descriptor is closed."""
        self._name_lengths[number] = self._contexts[number] = self._refused[number] = 0

    def put(self, ticket: int, datagram: bytes) -> int:
        """One more datagram as it is; how many wait."""
        self._orders.extend((ticket, len(self._payloads), 1, 0, 0, 0, 0, native.AS_IT_IS, 0, 0, 0))
        self._payloads.append(datagram)
        self._waiting += 1
        return self._waiting

    def put_burst(self, ticket: int, burst: Burst) -> int:
        """Some more packets; how many wait. What was put just before is not kept twice."""
        payloads = burst.payloads
        if payloads is not self._latest:
            self._latest, self._at = payloads, len(self._payloads)
            self._payloads += payloads
        count = len(payloads)
        self._orders.extend((ticket, self._at, count, *burst[:6], *burst[8:]))
        self._waiting += count
        return self._waiting

    def flush(self) -> list[tuple[int, int]]:
        """Send all; the descriptors that refused some, and how many."""
        if not self._waiting:
            return []
        orders, payloads = self._orders, self._payloads
        self._orders, self._payloads, self._waiting, self._latest = array("q"), [], 0, None
        ends = np.frombuffer(array("q", accumulate(map(len, payloads))), np.int64)
        lost = native.send(
            np.frombuffer(orders, np.int64).reshape(-1, native.ORDER_WORDS),
            ends,
            np.frombuffer(b"".join(payloads) or b"\0", np.uint8),
            self._names,
            self._name_lengths,
            self._contexts,
            self._protect,
            self._written,
            self._pieces,
            self._messages,
            self._controls,
            self._failed,
            self._refused,
        )
        return self._take_refused() if lost else []

    def _take_refused(self) -> list[tuple[int, int]]:
        numbers = np.flatnonzero(self._refused)
        found = [(int(number), int(self._refused[number])) for number in numbers]
        self._refused[numbers] = 0
        return found
