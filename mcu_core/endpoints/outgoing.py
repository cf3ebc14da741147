"""What waits to leave by the sockets of a loop (kernels/leaving.py), and where it goes."""

from array import array
from itertools import accumulate

import numpy as np

from mcu_core.kernels import leaving as native
from mcu_core.kernels import messages as structs
from mcu_core.protocol.rtp import Burst

FIRST_TABLE = 256
"""Flows that there is room for at first."""

NO_SOCKET = -1


class Outgoing:
    """What waits to leave, and by which socket each flow's packets go where."""

    def __init__(self) -> None:
        count = structs.BATCH
        self._orders = array("q")
        self._payloads: list[bytes] = []
        self._waiting = 0
        self._latest: tuple[bytes, ...] | None = None
        self._at = 0
        self._written = np.zeros((count, native.SECURE_BYTES), np.uint8)
        self._pieces = np.zeros((2 * count, structs.PIECE_WORDS), np.uint64)
        self._whose = np.zeros(count, np.int64)
        self._messages = np.zeros((count, structs.MESSAGE_WORDS), np.uint64)
        self._controls = np.tile(np.array(native.SEGMENT_SIZE, np.uint64), (count, 1))
        self._scratch = np.zeros(native.SCRATCH_WORDS, np.int64)
        self._protect = 0
        self._make_tables(FIRST_TABLE)

    def _make_tables(self, size: int) -> None:
        self._sockets = np.full(size, NO_SOCKET, np.int64)
        self._names = np.zeros((size, structs.NAME_BYTES), np.uint8)
        self._name_lengths = np.zeros(size, np.int64)
        self._contexts = np.zeros(size, np.uint64)
        self._refused = np.zeros(size, np.int64)

    def open(self, flow: int, number: int) -> None:
        """Let a flow's packets leave by the socket of that descriptor."""
        size = len(self._refused)
        if flow >= size:
            sockets, names, lengths = self._sockets, self._names, self._name_lengths
            contexts, refused = self._contexts, self._refused
            self._make_tables(max(2 * size, flow + 1))
            self._sockets[:size], self._names[:size] = sockets, names
            self._name_lengths[:size] = lengths
            self._contexts[:size], self._refused[:size] = contexts, refused
        self._sockets[flow] = number

    def direct(self, flow: int, name: bytes) -> None:
        """Where a flow's packets go."""
        self._names[flow, : len(name)] = np.frombuffer(name, np.uint8)
        self._name_lengths[flow] = len(name)

    def encrypt(self, flow: int, context: int, protect: int) -> None:
        """How a flow's packets are encrypted; one function serves all."""
        self._contexts[flow], self._protect = context, protect

    def forget(self, flow: int) -> None:
        """The flow has ended."""
        self._sockets[flow] = NO_SOCKET
        self._name_lengths[flow] = self._contexts[flow] = self._refused[flow] = 0

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
        """Send all; the flows of which some were refused, and how many."""
        if not self._waiting:
            return []
        orders, payloads = self._orders, self._payloads
        self._orders, self._payloads, self._waiting, self._latest = array("q"), [], 0, None
        ends = np.frombuffer(array("q", accumulate(map(len, payloads))), np.int64)
        lost = native.send(
            np.frombuffer(orders, np.int64).reshape(-1, native.ORDER_WORDS),
            ends,
            np.frombuffer(b"".join(payloads) or b"\0", np.uint8),
            self._sockets,
            self._names,
            self._name_lengths,
            self._contexts,
            self._protect,
            self._written,
            self._pieces,
            self._whose,
            self._messages,
            self._controls,
            self._scratch,
            self._refused,
        )
        return self._take_refused() if lost else []

    def _take_refused(self) -> list[tuple[int, int]]:
        flows = np.flatnonzero(self._refused)
        found = [(int(flow), int(self._refused[flow])) for flow in flows]
        self._refused[flows] = 0
        return found
