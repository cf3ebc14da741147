"""Buffers of the datagrams that come to the sockets of a loop (kernels/arriving.py)."""

from collections.abc import Iterator

import numpy as np

from mcu_core.kernels import arriving as native
from mcu_core.kernels import messages as structs
from mcu_core.kernels.rows import NEXT, Row

FIRST_TABLE = 256
"""Descriptors that there is room for at first."""


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
        self._sources = np.zeros((FIRST_TABLE, structs.NAME_BYTES // 8), np.uint64)
        self._contexts = np.zeros(FIRST_TABLE, np.uint64)
        self._unprotect = 0
        self._scratch = np.zeros(native.SCRATCH_WORDS, np.int64)
        self._kept: dict[int, tuple[Row, ...]] = {}
        """Rows whose addresses are known to the loop stay where they are."""
        for k in range(count):
            self._pieces[k] = self._buffers[k].ctypes.data, native.PACKET_BYTES
            self._messages[k, structs.NAME] = self._names[k].ctypes.data
            self._messages[k, structs.PIECES] = self._pieces[k].ctypes.data
            self._messages[k, structs.PIECE_COUNT] = 1
        self._data = memory.data
        self._name_bytes = self._names.data.cast("B")

    def make_room(self, number: int) -> None:
        """Let a descriptor have its place."""
        size = len(self._rows)
        if number >= size:
            more = max(2 * size, number + 1) - size
            self._rows = np.concatenate((self._rows, np.zeros(more, np.uint64)))
            self._sources = np.concatenate((self._sources, np.zeros((more, 4), np.uint64)))
            self._contexts = np.concatenate((self._contexts, np.zeros(more, np.uint64)))

    def decrypt(self, number: int, context: int, unprotect: int) -> None:
        """How a descriptor's RTP is decrypted; one function serves all."""
        self._contexts[number], self._unprotect = context, unprotect

    def let_pass(self, number: int, name: bytes, *rows: Row) -> None:
        """Count usual packets from there, or from anywhere if that is empty, in the rows of their
        streams."""
        self._kept[number] = rows
        address = 0
        for row in reversed(rows):
            row[NEXT], address = address, row.buffer_info()[0]
        self._rows[number] = address
        self._sources[number] = np.frombuffer(name.ljust(structs.NAME_BYTES, b"\0"), np.uint64)

    def forget(self, number: int) -> None:
        """The descriptor is closed."""
        self._rows[number] = self._contexts[number] = 0
        self._kept.pop(number, None)

    def receive(self, epoll: int, now_ns: int) -> int:
        """Take what has come; how many."""
        return int(
            native.receive(
                epoll,
                self._events,
                self._messages,
                self._buffers,
                self._names,
                self._rows,
                self._sources,
                self._contexts,
                self._unprotect,
                self._scratch,
                self._told,
                self._made,
                now_ns,
            )
        )

    @property
    def more(self) -> bool:
        """Whether there may be more at once."""
        return bool(self._scratch[native.MORE])

    def found(self) -> Iterator[tuple[int, ...]]:
        """Of what has come and is to be looked at: its descriptor, or the ticket of its stream if
        it was let pass; its place; where it, or what it carried, begins and ends (before that: CUT
        or FORGED); its moment; its level (kernels/arriving.py, `receive`)."""
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
