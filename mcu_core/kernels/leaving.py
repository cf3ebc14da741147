"""Datagrams that leave, many at a time: headers, encryption, and the loop around sendmmsg(2).

It knows file descriptors and addresses of memory; what the packets mean is nothing to it.
"""

from typing import Any

import numpy as np
from llvmlite import ir
from numba import types

from mcu_core.kernels.dispatch import INT, NOTHING, intrinsic, kernel
from mcu_core.kernels.messages import (
    BYTE_ROWS,
    BYTE_ROWS_OUT,
    BYTES_IN,
    CONTROL,
    CONTROL_LENGTH,
    DONT_WAIT,
    EXTENDED_RTP,
    HEADER_BYTES,
    NAME,
    NAME_LENGTH,
    NO_SIGNAL,
    NUMBER_ROWS,
    NUMBERS_IN,
    NUMBERS_OUT,
    PIECE_COUNT,
    PIECES,
    PLAIN_RTP,
    WORD_ROWS_OUT,
    WORDS_IN,
    Bytes,
    Numbers,
    Words,
)

SECURE_BYTES = 2048
"""Room for a packet that is encrypted, its trailer included."""

TRAILER_BYTES = 144
"""What encrypting may add (SRTP_MAX_TRAILER_LEN of libsrtp)."""

# Words of an order to `send`.
_TICKET, _PAYLOAD, _COUNT, _PAYLOAD_TYPE, _MARKED, _SEQUENCE, _TIMESTAMP, _SSRC, _STEP = range(9)
_EXTENSION, _NUMBER = 9, 10
ORDER_WORDS = 11

NUMBERED_BYTES = 8
"""The extension with a packet's number on its path."""

AS_IT_IS = -1
"""Instead of an SSRC: the payload is a whole datagram."""

SEGMENT_SIZE = (18, 103 << 32 | 17, 0)
"""A control message in words: its length, UDP_SEGMENT of SOL_UDP, and a size to come."""

_CONTROL_BYTES = 24
_MOST_SEGMENTS, _MOST_TOGETHER = 64, 65_000
_GIVEN_UP = 8

_FAILED, _PATIENCE, _POLLED = 0, 1, 2
"""Words of `scratch`: see `_hand_over`; how often it may yet be waited; a struct pollfd."""

SCRATCH_WORDS = 3
_PATIENT = 4
"""Milliseconds that one call waits at most for a way out that is slower than what leaves."""

_WRITABLE = 4
"""POLLOUT."""

_SEND = types.ExternalFunction(
    "sendmmsg", types.int32(types.int32, types.uintp, types.uint32, types.int32)
)
_POLL = types.ExternalFunction("poll", types.int32(types.uintp, types.uint64, types.int32))


@intrinsic
def call_protect(typing: Any, function: Any, context: Any, packet: Any, length: Any) -> Any:
    """int function(void *context, void *packet, int *length), all given as addresses."""

    def write(target: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        octets, number = ir.IntType(8).as_pointer(), ir.IntType(32)
        kind = ir.FunctionType(number, [octets, octets, number.as_pointer()])
        called, first, second, third = arguments
        return builder.call(
            builder.inttoptr(called, kind.as_pointer()),
            [
                builder.inttoptr(first, octets),
                builder.inttoptr(second, octets),
                builder.inttoptr(third, number.as_pointer()),
            ],
        )

    return types.int32(types.uintp, types.uintp, types.uintp, types.uintp), write


@kernel(INT(WORD_ROWS_OUT, INT), inline=True)
def _length(pieces: Words, k: int) -> int:
    """Bytes of packet k."""
    return int(pieces[2 * k, 1] + pieces[2 * k + 1, 1])


@kernel(INT(WORD_ROWS_OUT, NUMBERS_IN, INT, INT), inline=True)
def _alike(pieces: Words, whose: Numbers, k: int, count: int) -> int:
    """How many packets from k on the system may cut out of one piece (UDP_SEGMENT, udp(7)): of one
    flow, all as long as the first one, but for a shorter last one."""
    size = _length(pieces, k)
    most = min(count - k, _MOST_SEGMENTS, _MOST_TOGETHER // max(1, size))
    n = 1
    while (
        n < most
        and whose[k + n] == whose[k]
        and _length(pieces, k + n - 1) == size
        and 0 < _length(pieces, k + n) <= size
    ):
        n += 1
    return n


@kernel(NOTHING(WORD_ROWS_OUT, INT, WORD_ROWS_OUT, INT, INT, WORD_ROWS_OUT), inline=True)
def _put_together(messages: Words, m: int, pieces: Words, k: int, n: int, controls: Words) -> None:
    """Let message m be n packets from k on."""
    messages[m, PIECES], messages[m, PIECE_COUNT] = pieces[2 * k].ctypes.data, 2 * n
    messages[m, CONTROL] = messages[m, CONTROL_LENGTH] = 0
    if n > 1:
        controls[m, 2] = _length(pieces, k)
        messages[m, CONTROL] = controls[m].ctypes.data
        messages[m, CONTROL_LENGTH] = _CONTROL_BYTES


@kernel(INT(INT, NUMBERS_OUT), inline=True)
def _wait(socket: int, scratch: Numbers) -> int:
    """Wait a little until a socket whose buffer is full has room; whether it is worth trying again.
    What was refused for another reason finds room at once, and is not tried again."""
    if socket < 0 or scratch[_PATIENCE] <= 0:
        return 0
    scratch[_POLLED] = socket | _WRITABLE << 32
    if _POLL(scratch[_POLLED:].ctypes.data, 1, 0):
        return 0
    scratch[_PATIENCE] -= 1
    scratch[_POLLED] = socket | _WRITABLE << 32
    return 1 if _POLL(scratch[_POLLED:].ctypes.data, 1, 1) > 0 else 0


@kernel(
    INT(
        INT, NUMBERS_IN, BYTE_ROWS, NUMBERS_IN, WORD_ROWS_OUT, INT, WORD_ROWS_OUT, WORD_ROWS_OUT,
        NUMBERS_OUT, NUMBERS_OUT,
    )
)  # fmt: skip
def _hand_over(
    socket: int, whose: Numbers, names: Bytes, name_lengths: Numbers, pieces: Words, count: int,
    messages: Words, controls: Words, scratch: Numbers, refused: Numbers,
) -> int:  # fmt: skip
    """Send packets by one socket, of two pieces each, packet k to the name of flow `whose[k]`; how
    many it did not take, which `refused[flow]` counts, too.

    Where it refuses one, that is given up and the rest tried: an error that a socket has had
    waiting is told once, and would stop all that follows. `scratch[0]` counts how often in a row
    packets were taken one by one and not together: then the way out cannot cut them.
    """
    together = scratch[_FAILED] < _GIVEN_UP
    filled = k = 0
    while k < count:
        n = _alike(pieces, whose, k, count) if together else 1
        flow = whose[k]
        messages[filled, NAME] = names[flow].ctypes.data
        messages[filled, NAME_LENGTH] = name_lengths[flow]
        _put_together(messages, filled, pieces, k, n, controls)
        filled += 1
        k += n
    done = lost = at = 0
    while done < filled:
        taken = _SEND(socket, messages[done:].ctypes.data, filled - done, DONT_WAIT | NO_SIGNAL)
        for m in range(done, done + max(0, taken)):
            n = messages[m, PIECE_COUNT] >> 1
            scratch[_FAILED] = 0 if n > 1 else scratch[_FAILED]
            at += n
        if taken > 0:
            done += taken
            continue
        if _wait(socket, scratch):
            continue
        n = messages[done, PIECE_COUNT] >> 1
        gone = 0
        if n > 1:
            for single in range(at, at + n):
                _put_together(messages, done, pieces, single, 1, controls)
                way = messages[done:].ctypes.data
                gone += max(0, _SEND(socket, way, 1, DONT_WAIT | NO_SIGNAL))
            scratch[_FAILED] += gone == n
        refused[whose[at]] += n - gone
        lost += n - gone
        at += n
        done += 1
    return int(lost)


@kernel(INT(BYTE_ROWS_OUT, INT, NUMBERS_IN, INT))
def _write_header(written: Bytes, at: int, order: Numbers, k: int) -> int:
    """RTP's fixed header (RFC 3550 5.1) of packet k of an order, with its number on the path in an
    extension (RFC 8285 4.2) where the order has one; its length."""
    second = order[_PAYLOAD_TYPE] | (0x80 if k == order[_MARKED] else 0)
    sequence = order[_SEQUENCE] + k
    timestamp = order[_TIMESTAMP] + k * order[_STEP]
    written[at, 0], written[at, 1] = PLAIN_RTP, second
    written[at, 2], written[at, 3] = (sequence >> 8) & 0xFF, sequence & 0xFF
    for octet in range(4):
        shift = 24 - 8 * octet
        written[at, 4 + octet] = (timestamp >> shift) & 0xFF
        written[at, 8 + octet] = (order[_SSRC] >> shift) & 0xFF
    if order[_EXTENSION] == 0:
        return HEADER_BYTES
    number = order[_NUMBER] + k
    written[at, 0] = EXTENDED_RTP
    written[at, 12], written[at, 13], written[at, 14], written[at, 15] = 0xBE, 0xDE, 0, 1
    written[at, 16] = order[_EXTENSION] << 4 | 1
    written[at, 17], written[at, 18], written[at, 19] = (number >> 8) & 0xFF, number & 0xFF, 0
    return HEADER_BYTES + NUMBERED_BYTES


@kernel(INT(BYTE_ROWS_OUT, INT, BYTES_IN, INT, INT, types.uintp, types.uintp, WORD_ROWS_OUT))
def _encrypt(
    written: Bytes, at: int, data: Bytes, start: int, end: int,
    context: int, protect: int, pieces: Words,
) -> int:  # fmt: skip
    """Put a payload behind its header and encrypt both; 0 where that is refused."""
    header = np.int64(pieces[2 * at, 1])
    length = header + end - start
    if context == 0 or length + TRAILER_BYTES > SECURE_BYTES:
        return 0
    for octet in range(end - start):
        written[at, header + octet] = data[start + octet]
    pieces[2 * at, 1] = length
    address = written[at].ctypes.data
    return 1 if call_protect(protect, context, address, pieces[2 * at, 1:].ctypes.data) == 0 else 0


@kernel(
    INT(
        NUMBER_ROWS, NUMBERS_IN, BYTES_IN, NUMBERS_IN, BYTE_ROWS, NUMBERS_IN, WORDS_IN,
        types.uintp, BYTE_ROWS_OUT, WORD_ROWS_OUT, NUMBERS_OUT, WORD_ROWS_OUT, WORD_ROWS_OUT,
        NUMBERS_OUT, NUMBERS_OUT,
    )
)  # fmt: skip
def send(
    orders: Numbers, ends: Numbers, data: Bytes, sockets: Numbers, names: Bytes,
    name_lengths: Numbers, contexts: Words, protect: int, written: Bytes, pieces: Words,
    whose: Numbers, messages: Words, controls: Words, scratch: Numbers, refused: Numbers,
) -> int:  # fmt: skip
    """Send packets; how many were refused, which `refused[flow]` counts, too.

    Payload k ends in `data` at `ends[k]` and begins where the one before ends. An order is a row of
    ORDER_WORDS: a flow, or -1 - flow for packets to be encrypted by the function at `protect` with
    the flow's context; its first payload and how many; values of their headers
    (protocol.rtp.Burst), or AS_IT_IS for a datagram that needs none. Packets leave by the socket of
    their flow, for its name; those of flows with one socket by one system call. `scratch` is room
    for SCRATCH_WORDS numbers.
    """
    scratch[_PATIENCE] = _PATIENT
    lost = count = 0
    before = np.int64(-1)
    for n in range(len(orders)):
        order = orders[n]
        ticket = order[_TICKET]
        flow = ticket if ticket >= 0 else -1 - ticket
        socket = sockets[flow]
        for k in range(order[_COUNT]):
            if count == len(messages) or (count and socket != before):
                lost += _hand_over(
                    int(before), whose, names, name_lengths, pieces, count, messages, controls,
                    scratch, refused,
                )  # fmt: skip
                count = 0
            before = socket
            payload = order[_PAYLOAD] + k
            start = ends[payload - 1] if payload else np.int64(0)
            whose[count] = flow
            pieces[2 * count, 0], pieces[2 * count, 1] = written[count].ctypes.data, 0
            pieces[2 * count + 1, 0] = data.ctypes.data + start
            pieces[2 * count + 1, 1] = ends[payload] - start
            good = 1
            if order[_SSRC] != AS_IT_IS:
                pieces[2 * count, 1] = _write_header(written, count, order, k)
                if ticket < 0:
                    pieces[2 * count + 1, 1] = 0
                    good = _encrypt(
                        written, count, data, int(start), int(ends[payload]), contexts[flow],
                        protect, pieces,
                    )  # fmt: skip
            count += good
            refused[flow] += 1 - good
            lost += 1 - good
    if count:
        lost += _hand_over(
            int(before), whose, names, name_lengths, pieces, count, messages, controls, scratch,
            refused,
        )  # fmt: skip
    return int(lost)
