"""Which flow packets belong to by the socket and the address that they came from."""

import numpy as np

from mcu_core.kernels import flows as native
from mcu_core.kernels.messages import NAME_BYTES, Numbers, Words

FIRST_SIZE = 256
"""Places of the table at first; always a power of two, and at least twice what is in it."""


class FlowTable:
    """`keys` and `flows` are read by the loop that receives (kernels/flows.py)."""

    def __init__(self) -> None:
        self.keys: Words
        self.flows: Numbers
        self._known: dict[bytes, tuple[Words, int]] = {}
        self._make(FIRST_SIZE)

    def _make(self, size: int) -> None:
        self.keys = np.zeros((size, native.KEY_WORDS), np.uint64)
        self.flows = np.zeros(size, np.int64)
        for key, flow in self._known.values():
            native.put(self.keys, self.flows, key, flow)

    def put(self, number: int, name: bytes, flow: int) -> None:
        """What comes to that descriptor from that socket address is of this flow from now on."""
        key = _key(number, name)
        self._known[key.tobytes()] = key, flow
        if 2 * len(self._known) > len(self.flows):
            self._make(2 * len(self.flows))
        else:
            native.put(self.keys, self.flows, key, flow)

    def take_out(self, number: int, name: bytes, flow: int) -> None:
        """That is no longer so; nothing where it belongs to another flow by now."""
        key = _key(number, name)
        if self._known.get(key.tobytes(), (key, 0))[1] == flow:
            del self._known[key.tobytes()]
            native.take_out(self.keys, self.flows, key)

    def flow(self, number: int, name: bytes) -> int:
        """The flow of what comes from there; 0 for none."""
        key = _key(number, name)
        return self._known.get(key.tobytes(), (key, 0))[1]


def _key(number: int, name: bytes) -> Words:
    key = np.frombuffer(name.ljust(NAME_BYTES, b"\0"), np.uint64).copy()
    key[-1] |= np.uint64(number << 32)
    return key
