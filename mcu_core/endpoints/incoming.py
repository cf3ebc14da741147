"""Buffers of the datagrams that come to the sockets of a loop (kernels/arriving.py)."""

from collections.abc import Iterator

import numpy as np

from mcu_core.endpoints.flow_table import FlowTable
from mcu_core.kernels import arriving as native
from mcu_core.kernels import messages as structs
from mcu_core.kernels.messages import Numbers
from mcu_core.kernels.rows import NEXT, Row
from mcu_core.kernels.strangers import ALL_CHECKS, ALL_MEDIA, BUDGET_WORDS, CHECKS_OF

FIRST_TABLE = 256
"""Flows, and descriptors, that there is room for at first."""

SHARE, RESERVE = 1000, 8000
"""What a flow is given ten times a second for each of its lines, and has at most: 10 000 datagrams
a second that pass, 2500 of which Python has to look at each (kernels/arriving.py: LOOK_COST), a
tenth of a core in either case. 1080p60 beside slides of the same size are 1700 at 8 Mbit/s each,
3300 one in slices of 300 bytes; the reserve takes what came while the loop stood still."""

STRANGERS_SHARE, ALL_STRANGERS_SHARE = 128, 512
"""What is let in of the media of one host's strangers, and of all, in the same time. A new sender's
first keyframe is among them."""

CHECKS_SHARE, ALL_CHECKS_SHARE = 16, 128
"""The same of checks that name one session, and of all that name some: each costs two hashes."""


class Incoming:
    """Buffers of one batch, and the C structs that point at them."""

    def __init__(self) -> None:
        count = structs.BATCH
        memory = np.zeros(count * native.PACKET_BYTES + native.MADE_BYTES, np.uint8)
        received = memory[: -native.MADE_BYTES]
        self._buffers = received.reshape(count, native.PACKET_BYTES)
        self._made = memory[-native.MADE_BYTES :]
        self._names = np.zeros((count, structs.NAME_BYTES // 8), np.uint64)
        self._pieces = np.zeros((count, structs.PIECE_WORDS), np.uint64)
        self._messages = np.zeros((count, structs.MESSAGE_WORDS), np.uint64)
        self._events = np.zeros(count * native.EVENT_BYTES, np.uint8)
        self._told = np.zeros((count, native.TOLD_WORDS), np.int64)
        self._told_words = self._told.data.cast("B").cast("q")
        self._rows = np.zeros(FIRST_TABLE, np.uint64)
        self._contexts = np.zeros(FIRST_TABLE, np.uint64)
        self._shares = np.full(FIRST_TABLE, RESERVE, np.int64)
        self._lines = np.ones(FIRST_TABLE, np.int64)
        self._doors = np.zeros(FIRST_TABLE, np.int64)
        self._budget = np.zeros(BUDGET_WORDS, np.int64)
        self._unprotect = 0
        self._scratch = np.zeros(native.SCRATCH_WORDS, np.int64)
        self.sources = FlowTable()
        self.names = FlowTable()
        """Of sessions that checks ask for, by the descriptor that they come to."""
        self._kept: dict[int, tuple[Row, ...]] = {}
        """Rows whose addresses are known to the loop stay where they are."""
        for k in range(count):
            self._pieces[k] = self._buffers[k].ctypes.data, native.PACKET_BYTES
            self._messages[k, structs.NAME] = self._names[k].ctypes.data
            self._messages[k, structs.PIECES] = self._pieces[k].ctypes.data
            self._messages[k, structs.PIECE_COUNT] = 1
        self._data = memory.data
        self._name_bytes = self._names.data.cast("B")
        self.give_shares()

    def open(self, flow: int) -> None:
        """Let a flow have its place."""
        size = len(self._rows)
        if flow >= size:
            more = max(2 * size, flow + 1) - size
            self._rows = np.concatenate((self._rows, np.zeros(more, np.uint64)))
            self._contexts = np.concatenate((self._contexts, np.zeros(more, np.uint64)))
            self._shares = np.concatenate((self._shares, np.full(more, RESERVE, np.int64)))
            self._lines = np.concatenate((self._lines, np.ones(more, np.int64)))

    def share(self, flow: int, lines: int) -> None:
        """Let a flow have the shares of so many lines, at least one, from the next time on."""
        self._lines[flow] = max(1, lines)

    def open_door(self, number: int, door: int) -> None:
        """What of strangers is looked at that comes to a descriptor: CLOSED, CHECKS or MEDIA."""
        size = len(self._doors)
        if number >= size:
            more = max(2 * size, number + 1) - size
            self._doors = np.concatenate((self._doors, np.zeros(more, np.int64)))
        self._doors[number] = door

    def decrypt(self, flow: int, context: int, unprotect: int) -> None:
        """How a flow's RTP is decrypted; one function serves all."""
        self._contexts[flow], self._unprotect = context, unprotect

    def let_pass(self, flow: int, *rows: Row) -> None:
        """Count usual packets of a flow in the rows of their streams."""
        self._kept[flow] = rows
        address = 0
        for row in reversed(rows):
            row[NEXT], address = address, row.buffer_info()[0]
        self._rows[flow] = address

    def forget(self, flow: int) -> None:
        """The flow has ended."""
        self._rows[flow] = self._contexts[flow] = 0
        self._shares[flow], self._lines[flow] = RESERVE, 1
        self._kept.pop(flow, None)

    def give_shares(self) -> list[tuple[int, int]]:
        """Give all flows and strangers their shares; the flows that had used up theirs, and how
        many of their datagrams were dropped."""
        flooding: Numbers = np.flatnonzero(self._shares < 0)
        found = [(int(flow), int(-self._shares[flow])) for flow in flooding]
        given = np.maximum(self._shares, 0) + SHARE * self._lines
        self._shares[:] = np.minimum(given, RESERVE * self._lines)
        self._scratch[native.FLOODED] = 0
        self._budget[:ALL_MEDIA] = STRANGERS_SHARE
        self._budget[ALL_MEDIA] = ALL_STRANGERS_SHARE
        self._budget[CHECKS_OF:ALL_CHECKS] = CHECKS_SHARE
        self._budget[ALL_CHECKS] = ALL_CHECKS_SHARE
        return found

    @property
    def flooded(self) -> bool:
        """Whether some flow has used up its share."""
        return bool(self._scratch[native.FLOODED])

    @property
    def strangers(self) -> int:
        """Datagrams of strangers that were dropped unseen so far."""
        return int(self._scratch[native.STRANGERS])

    def receive(self, epoll: int, now_ns: int) -> int:
        """Take what has come; how many."""
        return int(
            native.receive(
                epoll,
                self._events,
                self._messages,
                self._buffers,
                self._names,
                self.sources.keys,
                self.sources.flows,
                self._rows,
                self._contexts,
                self._shares,
                self._doors,
                self._budget,
                self._unprotect,
                self._scratch,
                self._told,
                self._made,
                now_ns,
                self.names.keys,
                self.names.flows,
            )
        )

    @property
    def more(self) -> bool:
        """Whether there may be more at once."""
        return bool(self._scratch[native.MORE])

    def found(self) -> Iterator[tuple[int, ...]]:
        """Of what has come and is to be looked at: its flow, or the ticket of its stream if it was
        let pass, or -1 - descriptor if it is a stranger's; its place; where it, or what it carried,
        begins and ends (before that: CUT or FORGED); its moment; its level (kernels/arriving.py,
        `receive`)."""
        count = int(self._scratch[native.TOLD])
        words = iter(self._told_words[: native.TOLD_WORDS * count].tolist())
        return zip(*[words] * native.TOLD_WORDS, strict=True)

    def stretch(self, start: int, end: int) -> bytes:
        """A stretch of what has come."""
        return bytes(self._data[start:end])

    def name(self, k: int, size: int) -> bytes:
        """The socket address that datagram k came from."""
        start = k * structs.NAME_BYTES
        return bytes(self._name_bytes[start : start + size])
