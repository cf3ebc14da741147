"""The native loops of the load: what is due goes out, what has come is counted.

They call sendmmsg(2) and recvmmsg(2), many packets at a time, and know nothing of Python. Their
scratch memory (Scratch) holds the C structs: iovec as two words, mmsghdr as eight (LP64 Linux).
"""

import numpy as np
from numba import from_dtype, types
from numpy.typing import NDArray

from benchmarks.load.ledger import FLOW, Flows
from benchmarks.load.tape import Bytes, Numbers
from mcu_core.kernels.dispatch import INT, NOTHING, kernel, matrix, vector
from mcu_core.kernels.leaving import call_protect

BATCH = 64
PACKET_BYTES = 4096
HEADER_BYTES = 12
STAMP_BYTES = 16
"""In front of each kept packet: when it came and how long it is, both 64 bits."""

LATE_NS = 5_000_000
SECOND_NS = 1_000_000_000
LONGEST_GAP = 1 << 15
DONT_WAIT, NO_SIGNAL = 0x40, 0x4000
_IOV, _IOVLEN, _LENGTH = 2, 3, 7
"""Words of an mmsghdr."""

_SEND = types.ExternalFunction(
    "sendmmsg", types.int32(types.int32, types.uintp, types.uint32, types.int32)
)
_RECEIVE = types.ExternalFunction(
    "recvmmsg", types.int32(types.int32, types.uintp, types.uint32, types.int32, types.uintp)
)

_FLOWS = types.Array(from_dtype(FLOW), 1, "C", readonly=False)
_BYTES, _NUMBERS = vector(types.uint8), vector(types.int64)
_WORDS = matrix(types.uint64, readonly=False)
_GRID = matrix(types.int64, readonly=False)
_ROWS = matrix(types.uint8, readonly=False)

Words = NDArray[np.uint64]


class Scratch:
    """Headers or buffers for one batch and the C structs that point at them.

    Each message has two pieces: a header of ours and a payload out of the reel when sending, one
    whole buffer when receiving. Owned by the loop's process.
    """

    def __init__(self) -> None:
        self.packets = np.zeros((BATCH, PACKET_BYTES), np.uint8)
        self.pieces = np.zeros((BATCH * 2, 2), np.uint64)
        self.messages = np.zeros((BATCH, 8), np.uint64)
        for k in range(BATCH):
            self.pieces[2 * k] = self.packets[k].ctypes.data, PACKET_BYTES
            self.messages[k, _IOV] = self.pieces[2 * k].ctypes.data
            self.messages[k, _IOVLEN] = 1


@kernel(INT(INT, INT))
def spread(number: int, seed: int) -> int:
    """A number of 31 bits that looks random, the same one for the same arguments."""
    mixed = np.uint64(number) * np.uint64(0x9E3779B97F4A7C15) + np.uint64(seed)
    mixed = (mixed ^ (mixed >> np.uint64(29))) * np.uint64(0xBF58476D1CE4E5B9)
    return int((mixed >> np.uint64(32)) & np.uint64(0x7FFFFFFF))


@kernel(INT(_FLOWS, INT))
def due_ns(flows: Flows, i: int) -> int:
    """When the next unit of flow i is to leave."""
    flow = flows[i]
    due = flow.start_ns + flow.units_out * SECOND_NS // flow.per_second + flow.delay_ns
    if flow.jitter_ns > 0:
        due += spread(flow.units_out, flow.ssrc) % flow.jitter_ns
    return int(due)


@kernel(NOTHING(_ROWS, INT, _FLOWS, INT, INT))
def _write_header(packets: Bytes, k: int, flows: Flows, i: int, marked: int) -> None:
    """RTP's fixed header (RFC 3550 5.1)."""
    flow = flows[i]
    timestamp = (flow.units_out + flow.first_unit) * flow.ticks
    packets[k, 0] = 0x80
    packets[k, 1] = flow.payload_type | (marked << 7)
    packets[k, 2] = (flow.sequence >> 8) & 0xFF
    packets[k, 3] = flow.sequence & 0xFF
    for octet in range(4):
        packets[k, 4 + octet] = (timestamp >> (24 - 8 * octet)) & 0xFF
        packets[k, 8 + octet] = (flow.ssrc >> (24 - 8 * octet)) & 0xFF


@kernel(INT(INT, _WORDS, INT))
def _transmit(socket: int, messages: Words, count: int) -> int:
    """Hand over messages; how many the socket did not take.

    Where it refuses, the packet is given up and the rest tried: an error that a socket has had
    waiting (nobody listens at the other end) is told once and would stop all that follows.
    """
    done = refused = 0
    while done < count:
        taken = _SEND(socket, messages[done:].ctypes.data, count - done, DONT_WAIT | NO_SIGNAL)
        if taken <= 0:
            refused += 1
            done += 1
        else:
            done += taken
    return refused


@kernel(NOTHING(_FLOWS, INT, _BYTES, _NUMBERS, INT, INT, _ROWS, _WORDS, _WORDS, types.uintp))
def _send_unit(
    flows: Flows, i: int, data: Bytes, starts: Numbers, first: int, end: int,
    packets: Bytes, pieces: Words, messages: Words, protect: int,
) -> None:  # fmt: skip
    """Send packets `first` up to `end` of the reel, but those that the line loses."""
    flow = flows[i]
    base = data.ctypes.data
    filled = 0
    for k in range(first, end):
        flow.dice = spread(flow.dice + 1, flow.ssrc)
        if flow.active and flow.dice % 1000 >= flow.loss_permille:
            if not flow.raw:
                _write_header(packets, filled, flows, i, flow.video if k == end - 1 else 0)
            if flow.secure:
                length = starts[k + 1] - starts[k]
                packets[filled, HEADER_BYTES : HEADER_BYTES + length] = data[
                    starts[k] : starts[k + 1]
                ]
                pieces[2 * filled, 1] = HEADER_BYTES + length
                at = packets[filled].ctypes.data
                call_protect(protect, flow.context, at, pieces[2 * filled, 1:].ctypes.data)
                messages[filled, _IOVLEN] = 1
            else:
                head = 0 if flow.raw else HEADER_BYTES
                pieces[2 * filled, 1] = head
                pieces[2 * filled + 1, 0] = base + starts[k]
                pieces[2 * filled + 1, 1] = starts[k + 1] - starts[k]
                messages[filled, _IOVLEN] = 2
            filled += 1
            flow.packets_out += 1
            flow.bytes_out += starts[k + 1] - starts[k]
        flow.sequence = (flow.sequence + 1) & 0xFFFF
        if filled == BATCH or k == end - 1:
            flow.refused += _transmit(flow.socket, messages, filled)
            filled = 0


@kernel(
    INT(
        _FLOWS, _BYTES, _NUMBERS, _NUMBERS, _NUMBERS, _ROWS, _WORDS, _WORDS, _GRID, INT,
        types.uintp,
    )
)  # fmt: skip
def send_due(
    flows: Flows, data: Bytes, starts: Numbers, first: Numbers, first_unit: Numbers,
    packets: Bytes, pieces: Words, messages: Words, sent_ns: Numbers, now_ns: int, protect: int,
) -> int:  # fmt: skip
    """Send all units that are due at `now_ns`; when the next one will be.

    Secure flows are encrypted by the function at `protect`.
    """
    soonest = now_ns + SECOND_NS
    for i in range(len(flows)):
        flow = flows[i]
        if flow.tape < 0 or flow.start_ns == 0:
            continue
        due = due_ns(flows, i)
        while due <= now_ns:
            late = now_ns - due
            if late > LATE_NS and flow.active:
                flow.late_out += 1
                flow.latest_ns = max(flow.latest_ns, late)
            if flow.sent_row >= 0 and flow.units_out < sent_ns.shape[1]:
                sent_ns[flow.sent_row, flow.units_out] = now_ns
            length = first_unit[flow.tape + 1] - first_unit[flow.tape]
            unit = first_unit[flow.tape] + (flow.units_out + flow.first_unit) % length
            _send_unit(
                flows, i, data, starts, first[unit], first[unit + 1], packets, pieces, messages,
                protect,
            )  # fmt: skip
            flow.units_out += 1
            due = due_ns(flows, i)
        soonest = min(soonest, due)
    return int(soonest)


@kernel(INT(_ROWS, INT, INT))
def _begins_keyframe(packets: Bytes, k: int, length: int) -> int:
    """Whether an H.264 payload holds or begins an IDR picture (RFC 6184 5.2)."""
    at = HEADER_BYTES
    kind = packets[k, at] & 0x1F
    if kind == 28 and length > at + 1:
        return 1 if packets[k, at + 1] & 0x80 and packets[k, at + 1] & 0x1F == 5 else 0
    if kind == 24:
        at += 1
        while at + 2 < length:
            if packets[k, at + 2] & 0x1F == 5:
                return 1
            at += 2 + (packets[k, at] << 8 | packets[k, at + 1])
        return 0
    return 1 if kind == 5 else 0


@kernel(NOTHING(_FLOWS, INT, _ROWS, INT, INT, _GRID, _ROWS, INT))
def _note_unit(
    flows: Flows, i: int, packets: Bytes, k: int, length: int,
    came_ns: Numbers, keyframes: Bytes, now_ns: int,
) -> None:  # fmt: skip
    """Count the packet's unit when it is over."""
    flow = flows[i]
    if flow.video:
        flow.keyframe_coming |= _begins_keyframe(packets, k, length)
        if not packets[k, 1] & 0x80:
            return
    if flow.came_row >= 0 and flow.units_in < came_ns.shape[1]:
        came_ns[flow.came_row, flow.units_in] = now_ns
        keyframes[flow.came_row, flow.units_in] = flow.keyframe_coming
    flow.units_in += 1
    flow.keyframes_in += flow.keyframe_coming
    flow.keyframe_coming = 0


@kernel(NOTHING(_FLOWS, INT, _ROWS, INT, INT))
def _note_media(flows: Flows, i: int, packets: Bytes, k: int, length: int) -> None:
    """Count an RTP packet and the gap before it."""
    flow = flows[i]
    sequence = np.int64(packets[k, 2]) << 8 | np.int64(packets[k, 3])
    ssrc = np.int64(0)
    for octet in range(4):
        ssrc = ssrc << 8 | np.int64(packets[k, 8 + octet])
    gap = (sequence - flow.last_sequence - 1) & 0xFFFF
    if flow.last_sequence < 0 or ssrc != flow.ssrc_in:
        gap = 0
    flow.ssrc_in = ssrc
    flow.packets_in += 1
    flow.bytes_in += length - HEADER_BYTES
    if gap >= LONGEST_GAP:
        flow.reordered_in += 1
        return
    flow.lost_in += gap
    flow.last_sequence = sequence


@kernel(NOTHING(_FLOWS, INT, _ROWS, INT, INT, _ROWS, _GRID, INT))
def _keep(
    flows: Flows, i: int, packets: Bytes, k: int, length: int,
    kept: Bytes, kept_bytes: Numbers, now_ns: int,
) -> None:  # fmt: skip
    """Write the packet behind those kept so far, if there is room."""
    watch = flows[i].watch
    at = kept_bytes[watch, 0]
    if at + STAMP_BYTES + length > kept.shape[1]:
        kept_bytes[watch, 1] += 1
        return
    for octet in range(8):
        kept[watch, at + octet] = (now_ns >> (8 * octet)) & 0xFF
        kept[watch, at + 8 + octet] = (length >> (8 * octet)) & 0xFF
    for octet in range(length):
        kept[watch, at + STAMP_BYTES + octet] = packets[k, octet]
    kept_bytes[watch, 0] = at + STAMP_BYTES + length


@kernel(NOTHING(_FLOWS, _NUMBERS, _ROWS, _WORDS, _GRID, _ROWS, _ROWS, _GRID, INT))
def take_ready(
    flows: Flows, ready: Numbers, packets: Bytes, messages: Words,
    came_ns: Numbers, keyframes: Bytes, kept: Bytes, kept_bytes: Numbers, now_ns: int,
) -> None:  # fmt: skip
    """Take all that has come to the flows `ready`, at `now_ns` for all that is known."""
    for r in range(len(ready)):
        i = ready[r]
        flow = flows[i]
        count = BATCH
        while count == BATCH:
            count = _RECEIVE(flow.socket, messages.ctypes.data, BATCH, DONT_WAIT, 0)
            for k in range(count):
                length = int(messages[k, _LENGTH] & np.uint64(0xFFFFFFFF))
                if length < 8 or packets[k, 0] >> 6 != 2:
                    continue
                if flow.watch >= 0:
                    _keep(flows, i, packets, k, length, kept, kept_bytes, now_ns)
                if 192 <= packets[k, 1] <= 223:  # RTCP, RFC 5761 4
                    flow.control_in += 1
                    flow.plis_in += packets[k, 1] == 206 and packets[k, 0] & 0x1F in (1, 4)
                elif length > HEADER_BYTES:
                    _note_media(flows, i, packets, k, length)
                    _note_unit(flows, i, packets, k, length, came_ns, keyframes, now_ns)
