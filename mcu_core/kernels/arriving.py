"""Datagrams that arrive, many at a time: the loop around epoll_wait(2) and recvmmsg(2).

Usual packets of a stream, most of what comes, are counted there, too (rows.py).
"""

from platform import machine
from typing import Any

import numpy as np
from numba import carray, types

from mcu_core.kernels.addresses import numbers_at
from mcu_core.kernels.assembling import GOES_ON, REFUSED, keep
from mcu_core.kernels.dispatch import INT, NOTHING, kernel
from mcu_core.kernels.extensions import MALFORMED, element, extension_end, note_arrival
from mcu_core.kernels.flows import flow_of, key_of
from mcu_core.kernels.leaving import call_protect
from mcu_core.kernels.messages import (
    BYTE_ROWS,
    BYTES_OUT,
    DONT_WAIT,
    EXTENDED_RTP,
    FLAGS,
    HEADER_BYTES,
    LENGTH,
    NAME_BYTES,
    NAME_LENGTH,
    NUMBER_ROWS_OUT,
    NUMBERS_IN,
    NUMBERS_OUT,
    PLAIN_RTP,
    TRUNCATED,
    WORD_ROWS,
    WORD_ROWS_OUT,
    WORDS_IN,
    Bytes,
    Numbers,
    Words,
)
from mcu_core.kernels.octets import big_endian
from mcu_core.kernels.rows import (
    ARRIVAL,
    BYTES,
    CLOCK_RATE,
    COUNTED,
    EACH,
    FARTHEST,
    FORM,
    HEARD_NS,
    HIGHEST,
    JITTER_16,
    KEPT,
    LEVEL_ID,
    NEVER,
    NEXT,
    NONE,
    OPEN,
    OPENED,
    PATH_ID,
    PAYLOAD_TYPE,
    QUICK,
    QUICK_BYTES,
    RECEIVED,
    RED_TYPE,
    SSRC,
    SUSPECT,
    TICKET,
    TIMESTAMP,
    UNTOLD,
    UNWRAPPED,
    WITHHELD,
    WORDS,
)
from mcu_core.kernels.strangers import let_in

FAIR_SHARE = 16
"""Datagrams taken of one socket at least before the others have their turn; a batch, where it is
the only one that has some."""

PACKET_BYTES = 9216
"""Room for a received datagram: a jumbo frame. Longer ones come out as `CUT`."""

CUT, FORGED = -1, -2
"""Received lengths: the datagram was longer than its buffer; it could not be decrypted."""

_FIRST_MEDIA, _LAST_MEDIA, _FIRST_CONTROL, _LAST_CONTROL = 128, 191, 192, 223
"""First bytes of RTP and RTCP where they share a port (RFC 7983 7), second ones of RTCP."""

EVENT_BYTES = 12 if machine() in ("x86_64", "AMD64") else 16
"""struct epoll_event is packed on x86-64 only; its data are the last eight bytes."""

MADE_BYTES = 1 << 20
"""Room for the pictures that are over with one batch of packets."""

_SIZE, _MADE, TOLD, MORE, STRANGERS, FLOODED = 0, 1, 2, 3, 4, 5
"""Words of `scratch`: a length to and from the decrypting function, how much is made, of how many
datagrams is told, whether a socket had its share, so that there may be more, how many packets of
strangers have been dropped so far, and whether some flow has used up its share."""

SCRATCH_WORDS = 6

LOOK_COST = 4
"""What of its flow's share a datagram takes that Python has to look at; others take one."""

_WHOSE, _PLACE, _START, _END, _MOMENT, _LEVEL = range(6)
TOLD_WORDS = 6
"""What is told of a datagram; see `receive`."""

_SECOND_NS = 1_000_000_000
_HALF, _LOW_BITS = 1 << 31, (1 << 32) - 1
_LOW_WORD = np.uint64(0xFFFFFFFF)
_NO_WORD = np.uint64(0)

_WAIT = types.ExternalFunction(
    "epoll_wait", types.int32(types.int32, types.uintp, types.int32, types.int32)
)
_RECEIVE = types.ExternalFunction(
    "recvmmsg", types.int32(types.int32, types.uintp, types.uint32, types.int32, types.uintp)
)


@kernel(NOTHING(NUMBERS_OUT, INT, INT), inline=True)
def _measure(row: Numbers, timestamp: int, now_ns: int) -> None:
    """Note jitter (RFC 3550 A.8) and the timestamp."""
    if timestamp == row[TIMESTAMP]:
        return
    rate = row[CLOCK_RATE]
    arrival = now_ns // _SECOND_NS * rate + now_ns % _SECOND_NS * rate // _SECOND_NS
    if row[TIMESTAMP] != NONE:
        sent = (timestamp - row[TIMESTAMP] + _HALF & _LOW_BITS) - _HALF
        deviation = abs(arrival - row[ARRIVAL] - sent)
        row[JITTER_16] += deviation - ((row[JITTER_16] + 8) >> 4)
    row[TIMESTAMP], row[ARRIVAL] = timestamp, arrival


@kernel(INT(NUMBERS_OUT, INT), inline=True)
def _unwrap(row: Numbers, timestamp: int) -> int:
    """The moment of a timestamp on the sender's clock in ns."""
    last, rate = row[UNWRAPPED], row[CLOCK_RATE]
    row[UNWRAPPED] = last + (timestamp - last + _HALF & _LOW_BITS) - _HALF
    ticks = row[UNWRAPPED]
    return int(ticks // rate * _SECOND_NS + ticks % rate * _SECOND_NS // rate)


@kernel(NOTHING(NUMBERS_OUT, INT, INT, INT), inline=True)
def _count(row: Numbers, length: int, body: int, now_ns: int) -> None:
    """Count the next packet of a stream, whose payload begins at `body`."""
    row[RECEIVED] += 1
    row[BYTES] += length - body
    row[HIGHEST] += 1
    row[SUSPECT] = NONE
    row[COUNTED] += 1
    row[QUICK] += 1
    row[QUICK_BYTES] += length
    row[HEARD_NS] = now_ns


@kernel(INT(NUMBERS_OUT, BYTE_ROWS, INT, INT, NUMBERS_OUT), inline=True)
def _body(row: Numbers, buffers: Bytes, k: int, length: int, entry: Numbers) -> int:
    """Where the payload of packet k begins if it is the next one of the row's stream, with no more
    than a header, an extension and a payload; else 0. How loud it says that it is, is told."""
    body, level = int(HEADER_BYTES), int(UNTOLD)
    if length > HEADER_BYTES and buffers[k, 0] == EXTENDED_RTP:
        body = extension_end(buffers, k, length)
        told = element(buffers, k, body, row[LEVEL_ID]) if body < length else MALFORMED
        if told > 0:
            level = int(buffers[k, told + 1] & 0x7F)
        elif told == MALFORMED:
            level = MALFORMED
    kind = np.int64(buffers[k, 1] & 0x7F)
    if kind == row[RED_TYPE] and kind and body < length:
        kind = np.int64(buffers[k, body])
        body += 1
    if (
        length <= body
        or level == MALFORMED
        or buffers[k, 0] & 0xEF != PLAIN_RTP
        or kind != row[PAYLOAD_TYPE]
        or row[HIGHEST] == NONE
        or big_endian(buffers, k, 2, 2) != row[HIGHEST] + 1
    ):
        return 0
    entry[_LEVEL] = level
    return body


@kernel(INT(NUMBERS_OUT, BYTE_ROWS, INT, INT, INT, INT, NUMBERS_OUT), inline=True)
def _pass_sound(
    row: Numbers, buffers: Bytes, k: int, length: int, now_ns: int, body: int, entry: Numbers
) -> int:
    """Count packet k; its moment on the sender's clock in ns, or NEVER."""
    if abs(row[UNWRAPPED]) >= FARTHEST:
        return NEVER
    timestamp = big_endian(buffers, k, 4, 4)
    entry[_START] += body
    _count(row, length, body, now_ns)
    _measure(row, timestamp, now_ns)
    return _unwrap(row, timestamp)


@kernel(
    INT(NUMBERS_OUT, BYTE_ROWS, INT, INT, INT, INT, NUMBERS_OUT, BYTES_OUT, NUMBERS_OUT),
    inline=True,
)
def _pass_picture(
    row: Numbers, buffers: Bytes, k: int, length: int, now_ns: int, body: int,
    entry: Numbers, made: Bytes, scratch: Numbers,
) -> int:  # fmt: skip
    """Count and keep packet k; WITHHELD, or the timestamp of the picture that is over with it and
    is in `made` now; or NEVER."""
    timestamp = big_endian(buffers, k, 4, 4)
    if not row[OPEN] or (row[KEPT] and timestamp != row[TIMESTAMP]):
        return NEVER
    begin = scratch[_MADE]
    end = keep(row, buffers[k], body, length, buffers[k, 1] >> 7, made, begin)
    if end == REFUSED:
        return NEVER
    _count(row, length, body, now_ns)
    _measure(row, timestamp, now_ns)
    if end == GOES_ON:
        return WITHHELD
    behind = len(buffers) * PACKET_BYTES
    entry[_START], entry[_END] = behind + begin, behind + end
    scratch[_MADE] = end
    return timestamp


@kernel(
    INT(types.uint64, BYTE_ROWS, INT, INT, INT, NUMBERS_OUT, BYTES_OUT, NUMBERS_OUT),
    inline=True,
)
def _pass(
    first_row: int, buffers: Bytes, k: int, length: int, now_ns: int, entry: Numbers,
    made: Bytes, scratch: Numbers,
) -> int:  # fmt: skip
    """Count packet k in the row of the one of a socket's streams that it is a usual packet of; see
    `receive` for what is told of it. NEVER for all else."""
    source, address = int(NONE), np.uint64(first_row)
    if length >= HEADER_BYTES:
        source = big_endian(buffers, k, 8, 4)
    while address:
        row = carray(numbers_at(address), WORDS)
        if row[SSRC] == source:
            moment = int(NEVER)
            body = _body(row, buffers, k, length, entry)
            if body and row[FORM] == EACH:
                moment = _pass_sound(row, buffers, k, length, now_ns, body, entry)
            elif body:
                moment = _pass_picture(row, buffers, k, length, now_ns, body, entry, made, scratch)
            if moment == NEVER:
                row[OPEN] = 0
            else:
                entry[_WHOSE] = row[TICKET]
                if row[PATH_ID] and buffers[k, 0] == EXTENDED_RTP:
                    note_arrival(row, buffers, k, length, now_ns)
            return moment
        address = np.uint64(row[NEXT])
    return NEVER


@kernel(INT(BYTE_ROWS, INT, INT, types.uintp, types.uintp, NUMBERS_OUT), inline=True)
def _decrypt(
    buffers: Bytes, k: int, length: int, context: int, unprotect: int, scratch: Numbers
) -> int:
    """Decrypt packet k where it lies; its length then, FORGED where that is refused."""
    scratch[_SIZE] = length
    refused = call_protect(unprotect, context, buffers[k].ctypes.data, scratch.ctypes.data)
    return FORGED if refused else int(scratch[_SIZE] & _LOW_BITS)


@kernel(INT(BYTE_ROWS, INT, INT), inline=True)
def _is_media(buffers: Bytes, k: int, length: int) -> int:
    """Whether packet k is RTP, and not RTCP, DTLS or STUN."""
    if length < HEADER_BYTES or not _FIRST_MEDIA <= buffers[k, 0] <= _LAST_MEDIA:
        return 0
    return 0 if _FIRST_CONTROL <= buffers[k, 1] <= _LAST_CONTROL else 1


@kernel(
    INT(
        BYTE_ROWS, INT, INT, INT, types.uint64, types.uint64, types.uintp, INT, NUMBERS_OUT,
        BYTES_OUT, NUMBERS_OUT,
    ),
    inline=True,
)  # fmt: skip
def _take(
    buffers: Bytes, k: int, length: int, whose: int, row: Any, context: Any, unprotect: int,
    now_ns: int, entry: Numbers, made: Bytes, scratch: Numbers,
) -> int:  # fmt: skip
    """Decrypt packet k, or count it, or both; whether `entry` tells something of it then."""
    moment, opened = np.int64(NEVER), context != 0 and _is_media(buffers, k, length)
    if opened:
        length = _decrypt(buffers, k, length, context, unprotect, scratch)
        moment = np.int64(OPENED)
    start = k * PACKET_BYTES
    entry[_WHOSE], entry[_PLACE], entry[_START], entry[_END] = whose, k, start, start + length
    if length > 0 and row != 0 and (context == 0 or opened):
        passed = _pass(row, buffers, k, length, now_ns, entry, made, scratch)
        moment = np.int64(passed) if passed != NEVER else moment
    entry[_MOMENT] = moment
    return 1 if moment != WITHHELD else 0


@kernel(INT(NUMBERS_OUT, INT), inline=True)
def _more_for(entry: Numbers, tells: int) -> int:
    """What a datagram takes beside the one that each takes; `tells` whether it is told of."""
    return LOOK_COST - 1 if tells and entry[_MOMENT] <= OPENED else 0


@kernel(
    INT(
        INT, BYTES_OUT, WORD_ROWS_OUT, BYTE_ROWS, WORD_ROWS, WORD_ROWS, NUMBERS_IN, WORDS_IN,
        WORDS_IN, NUMBERS_OUT, NUMBERS_IN, NUMBERS_OUT, types.uintp, NUMBERS_OUT,
        NUMBER_ROWS_OUT, BYTES_OUT, INT, WORD_ROWS, NUMBERS_IN,
    )
)  # fmt: skip
def receive(
    epoll: int, events: Bytes, messages: Words, buffers: Bytes, names: Words,
    keys: Words, flows: Numbers, rows: Words, contexts: Words, shares: Numbers,
    doors: Numbers, budget: Numbers, unprotect: int, scratch: Numbers, told: Numbers,
    made: Bytes, now_ns: int, known: Words, sessions: Numbers,
) -> int:  # fmt: skip
    """Take what has come to the sockets of an epoll instance, without waiting; how many.

    Datagram k is in `buffers[k]`, the buffer of `messages[k]`, where it came from in `names[k]`.
    The events' data must be file descriptors. `keys` and `flows` tell the flow that a datagram is
    of (kernels/flows.py). Of scratch[TOLD] of the datagrams `told` has a row of words, in order:
    the flow, or -1 - descriptor for a stranger's; k; where it begins and ends in the memory of the
    buffers (CUT or FORGED behind its beginning: then there is none), NEVER, and a level that means
    nothing.

    Each datagram takes one of its flow's `shares`, or LOOK_COST; where these are used up it is
    dropped, and they go on below 0. What strangers send is told of as far as `doors[descriptor]`,
    `budget` and the table of names `known` with its `sessions` let it in (kernels/strangers.py),
    the rest is counted by scratch[STRANGERS].

    Where `rows` has the address of a stream's row (kernels/rows.py) for a flow, usual packets of
    that stream, and of those that its row leads to, are counted at once. What is told of them is
    the ticket of their stream instead of the flow, and

    - of sound: where the payload begins and ends, its moment on its sender's clock in ns, and its
      level or UNTOLD;
    - of pictures nothing, until the last packet: then where the picture begins and ends, which lies
      in `made` behind the buffers, and its RTP timestamp instead of a moment.

    Where `contexts` has one for a flow, RTP is decrypted first by the function at `unprotect`: it
    has OPENED instead of NEVER, and ends where what is left does.
    `scratch` is room for SCRATCH_WORDS numbers.
    """
    scratch[_MADE] = scratch[MORE] = 0
    ready = _WAIT(epoll, events.ctypes.data, len(events) // EVENT_BYTES, 0)
    share = max(FAIR_SHARE, len(messages) // max(1, ready))
    filled = n = 0
    for event in range(ready):
        room = min(share, len(messages) - filled)
        if room <= 0:
            break
        at = EVENT_BYTES * (event + 1) - 8
        socket = np.int64(0)
        for octet in range(4):
            socket |= np.int64(events[at + octet]) << (8 * octet)
        for k in range(filled, filled + room):
            messages[k, NAME_LENGTH] = NAME_BYTES
        count = _RECEIVE(socket, messages[filled:].ctypes.data, room, DONT_WAIT, 0)
        scratch[MORE] = max(scratch[MORE], int(count == room))
        for k in range(filled, filled + max(0, count)):
            length = np.int64(messages[k, LENGTH] & _LOW_WORD)
            if messages[k, FLAGS] & np.uint64(TRUNCATED):
                length = np.int64(CUT)
            flow = flow_of(keys, flows, key_of(names, k, int(socket)))
            if flow:
                shares[flow] -= 1
                if shares[flow] >= 0:
                    tells = _take(
                        buffers, k, int(length), flow, rows[flow], contexts[flow], unprotect,
                        now_ns, told[n], made, scratch,
                    )  # fmt: skip
                    shares[flow] = max(0, shares[flow] - _more_for(told[n], tells))
                    n += tells
                else:
                    scratch[FLOODED] = 1
            elif let_in(
                buffers, names, k, int(length), doors[socket], int(socket), budget, known, sessions
            ):
                n += _take(
                    buffers, k, int(length), -1 - int(socket), _NO_WORD, _NO_WORD, unprotect,
                    now_ns, told[n], made, scratch,
                )  # fmt: skip
            else:
                scratch[STRANGERS] += 1
        filled += max(0, count)
    scratch[TOLD] = n
    return filled
