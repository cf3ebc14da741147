"""The ledger: memory that the load's process and the bench share.

A row per flow (one socket, one kind of media). The bench writes what a flow is to do, the load's
process what happened; each field has one writer, so nobody waits for anybody.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.load.tape import Bytes, Numbers

ORDERS = (
    "socket",  # file descriptor
    "tape",  # which one it sends, -1: none
    "raw",  # 1: packets go out as they lie on the tape
    "payload_type",
    "video",  # 1: pictures, whose last packet is marked
    "ssrc",
    "ticks",  # of the RTP clock from unit to unit
    "per_second",  # units
    "first_unit",  # where in its tape it begins
    "start_ns",  # when its first unit is captured
    "delay_ns",  # how much later a unit leaves than it was captured
    "active",  # 0: what is due is not sent, like a line that is dead
    "loss_permille",
    "jitter_ns",  # a unit leaves up to so much later still
    "sent_row",  # row of `sent_ns` where departures are noted, -1: nowhere
    "came_row",
    "watch",  # row of `kept` where what comes is kept, -1: nowhere
    "plis_wanted",  # how many requests for a keyframe are to have been sent
    "secure",  # 1: SRTP, with the key of its row
    "remb_bps",  # what the receiver says that it can take, 0: nothing
)
"""Written by the bench."""

HAPPENED = (
    "units_out",  # counting on also while not active
    "sequence",
    "dice",  # state of its random numbers
    "packets_out",
    "bytes_out",
    "refused",  # packets that the socket did not take
    "late_out",  # units that left over 5 ms late: then the load itself could not keep up
    "latest_ns",  # the worst of them
    "packets_in",
    "bytes_in",
    "lost_in",
    "reordered_in",
    "units_in",
    "keyframes_in",
    "keyframe_coming",  # 1 while a keyframe's packets come
    "last_sequence",  # -1: none yet
    "ssrc_in",
    "control_in",
    "plis_in",
    "plis_sent",
    "context",  # where the load keeps what encrypts, 0: nothing does
)
"""Written by the load's process."""

FLOW = np.dtype([(name, np.int64) for name in (*ORDERS, *HAPPENED)])

Flows = NDArray[Any]
"""Rows of FLOW."""

STOP, READY, KEYED = 0, 1, 2
"""Words of the state."""

KEY_BYTES = 44
"""AES-256-GCM: key and salt."""

PIECES = ("flows", "sent_ns", "came_ns", "keyframes", "kept", "kept_bytes", "keys", "state")


@dataclass(frozen=True, slots=True)
class Ledger:
    """The shared arrays.

    `sent_ns[row, n]` when unit n of a flow left, `came_ns[row, n]` when the last packet of the
    n-th unit came, `keyframes[row, n]` whether that was one. `kept[watch]` holds `kept_bytes[watch,
    0]` bytes of packets as they came (see recording.py); [watch, 1] counts those that found no
    room. `state[STOP]` ends the load, `state[READY]` says that it runs, `state[KEYED]` that `keys`
    are those of the secure flows.
    """

    flows: Flows
    sent_ns: Numbers
    came_ns: Numbers
    keyframes: Bytes
    kept: Bytes
    kept_bytes: Numbers
    keys: Bytes
    state: Numbers

    @classmethod
    def make(cls, folder: Path, flows: int, notes: tuple[int, int], kept: tuple[int, int]) -> None:
        """Write an empty ledger: `notes` rows and units of each, `kept` rows and bytes of each."""
        shapes: dict[str, tuple[tuple[int, ...], Any]] = {
            "flows": ((flows,), FLOW),
            "sent_ns": (notes, np.int64),
            "came_ns": (notes, np.int64),
            "keyframes": (notes, np.uint8),
            "kept": (kept, np.uint8),
            "kept_bytes": ((kept[0], 2), np.int64),
            "keys": ((flows, KEY_BYTES), np.uint8),
            "state": ((3,), np.int64),
        }
        for name, (shape, kind) in shapes.items():
            made = np.lib.format.open_memmap(folder / f"{name}.npy", "w+", kind, shape)
            made.flush()

    @classmethod
    def open(cls, folder: Path) -> "Ledger":
        """The ledger in a folder, for reading and writing; unmapped when nobody holds it."""
        return cls(*(np.load(folder / f"{name}.npy", mmap_mode="r+") for name in PIECES))
