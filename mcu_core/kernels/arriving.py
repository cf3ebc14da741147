"""Datagrams that arrive, many at a time: the loop around epoll_wait(2) and recvmmsg(2).

Usual packets of a stream, most of what comes, are counted there, too (rows.py).
"""

from platform import machine

import numpy as np
from numba import carray, types

from mcu_core.kernels.addresses import numbers_at
from mcu_core.kernels.assembling import GOES_ON, REFUSED, keep
from mcu_core.kernels.dispatch import INT, NOTHING, kernel
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
    PAYLOAD_TYPE,
    QUICK,
    QUICK_BYTES,
    RECEIVED,
    SSRC,
    SUSPECT,
    TICKET,
    TIMESTAMP,
    UNTOLD,
    UNWRAPPED,
    WITHHELD,
    WORDS,
)

FAIR_SHARE = 16
"""Datagrams taken of one socket before the others have their turn."""

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

_SIZE, _MADE, TOLD, MORE = 0, 1, 2, 3
"""Words of `scratch`: a length to and from the decrypting function, how much is made, of how many
datagrams is told, and whether a socket had its FAIR_SHARE, so that there may be more."""

SCRATCH_WORDS = 4

_WHOSE, _PLACE, _START, _END, _MOMENT, _LEVEL = range(6)
TOLD_WORDS = 6
"""What is told of a datagram; see `receive`."""

_ONE_BYTE_PROFILE, _LAST_ELEMENT = 0xBEDE, 0xF0
MALFORMED = -2

_SECOND_NS = 1_000_000_000
_HALF, _LOW_BITS = 1 << 31, (1 << 32) - 1
_LOW_WORD = np.uint64(0xFFFFFFFF)

_WAIT = types.ExternalFunction(
    "epoll_wait", types.int32(types.int32, types.uintp, types.int32, types.int32)
)
_RECEIVE = types.ExternalFunction(
    "recvmmsg", types.int32(types.int32, types.uintp, types.uint32, types.int32, types.uintp)
)


@kernel(INT(BYTE_ROWS, INT, INT, INT), inline=True)
def _big_endian(buffers: Bytes, k: int, at: int, count: int) -> int:
    """So many bytes of buffer k as a number."""
    number = np.int64(0)
    for octet in range(count):
        number = number << 8 | np.int64(buffers[k, at + octet])
    return int(number)


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


@kernel(INT(BYTE_ROWS, INT, INT), inline=True)
def _extension_end(buffers: Bytes, k: int, length: int) -> int:
    """Where the extension block of packet k ends; beyond `length` if it is none of one-byte
    elements (RFC 8285 4.2), or does not end within the packet."""
    body = HEADER_BYTES + 4
    if length < body or _big_endian(buffers, k, HEADER_BYTES, 2) != _ONE_BYTE_PROFILE:
        return length + 1
    return body + 4 * _big_endian(buffers, k, HEADER_BYTES + 2, 2)


@kernel(INT(BYTE_ROWS, INT, INT, INT), inline=True)
def _level(buffers: Bytes, k: int, end: int, level_id: int) -> int:
    """What the extension block of packet k tells by that id; UNTOLD if nothing, MALFORMED if an
    element does not end within the block."""
    at, found = np.int64(HEADER_BYTES + 4), np.int64(UNTOLD)
    while at < end and buffers[k, at] < _LAST_ELEMENT:
        lead = np.int64(buffers[k, at])
        at += 1
        if lead == 0:
            continue
        after = at + (lead & 0x0F) + 1
        if lead >> 4:
            if after > end:
                return MALFORMED
            if lead >> 4 == level_id:
                found = np.int64(buffers[k, at] & 0x7F)
        at = after
    return int(found)


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
        body = _extension_end(buffers, k, length)
        level = _level(buffers, k, body, row[LEVEL_ID]) if body < length else MALFORMED
    if (
        length <= body
        or level == MALFORMED
        or buffers[k, 0] & 0xEF != PLAIN_RTP
        or buffers[k, 1] & 0x7F != row[PAYLOAD_TYPE]
        or row[HIGHEST] == NONE
        or _big_endian(buffers, k, 2, 2) != row[HIGHEST] + 1
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
    timestamp = _big_endian(buffers, k, 4, 4)
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
    timestamp = _big_endian(buffers, k, 4, 4)
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
        source = _big_endian(buffers, k, 8, 4)
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


@kernel(INT(WORD_ROWS, INT, WORD_ROWS, INT, INT), inline=True)
def _same_name(names: Words, k: int, sources: Words, socket: int, length: int) -> int:
    """Whether name k is the one of that socket's source, if that matters; names are of 16 or 28
    bytes."""
    if sources[socket, 0] == 0:
        return 1
    if names[k, 0] != sources[socket, 0]:
        return 0
    if length <= 16:
        return 1
    tail = np.uint64(_LOW_WORD)
    same = names[k, 1] == sources[socket, 1] and names[k, 2] == sources[socket, 2]
    return 1 if same and names[k, 3] & tail == sources[socket, 3] & tail else 0


@kernel(
    INT(
        INT, BYTES_OUT, WORD_ROWS_OUT, BYTE_ROWS, WORD_ROWS, WORDS_IN, WORD_ROWS, WORDS_IN,
        types.uintp, NUMBERS_OUT, NUMBER_ROWS_OUT, BYTES_OUT, INT,
    )
)  # fmt: skip
def receive(
    epoll: int, events: Bytes, messages: Words, buffers: Bytes, names: Words,
    rows: Words, sources: Words, contexts: Words, unprotect: int, scratch: Numbers,
    told: Numbers, made: Bytes, now_ns: int,
) -> int:  # fmt: skip
    """Take what has come to the sockets of an epoll instance, without waiting; how many.

    Datagram k is in `buffers[k]`, the buffer of `messages[k]`, where it came from in `names[k]`.
    The events' data must be file descriptors. Of scratch[TOLD] of the datagrams `told` has a row of
    words, in order: the descriptor, k, where it begins and ends in the memory of the buffers (CUT
    or FORGED behind its beginning: then there is none), NEVER, and a level that means nothing.

    Where `rows` has the address of a stream's row (kernels/rows.py) for a descriptor, usual packets
    from the name `sources[descriptor]` of that stream, and of those that its row leads to, are
    counted at once. A source of zeros is any. What is told of them is the ticket of their stream
    instead of the descriptor, and

    - of sound: where the payload begins and ends, its moment on its sender's clock in ns, and its
      level or UNTOLD;
    - of pictures nothing, until the last packet: then where the picture begins and ends, which lies
      in `made` behind the buffers, and its RTP timestamp instead of a moment.

    Where `contexts` has one for a descriptor, RTP is decrypted first by the function at
    `unprotect`: it has OPENED instead of NEVER, and ends where what is left does.
    `scratch` is room for SCRATCH_WORDS numbers.
    """
    scratch[_MADE] = scratch[MORE] = 0
    ready = _WAIT(epoll, events.ctypes.data, len(events) // EVENT_BYTES, 0)
    filled = n = 0
    for event in range(ready):
        room = min(FAIR_SHARE, len(messages) - filled)
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
        for _ in range(count):
            length, moment = np.int64(messages[filled, LENGTH] & _LOW_WORD), np.int64(NEVER)
            if messages[filled, FLAGS] & np.uint64(TRUNCATED):
                length = np.int64(CUT)
            elif contexts[socket] != 0 and _is_media(buffers, filled, int(length)):
                left = _decrypt(buffers, filled, int(length), contexts[socket], unprotect, scratch)
                length, moment = np.int64(left), np.int64(OPENED)
            start = filled * PACKET_BYTES
            entry = told[n]
            entry[_WHOSE], entry[_PLACE] = socket, filled
            entry[_START], entry[_END] = start, start + length
            secure = contexts[socket] != 0 and moment != OPENED
            if length > 0 and rows[socket] != 0 and not secure:
                name_length = np.int64(messages[filled, NAME_LENGTH] & _LOW_WORD)
                if _same_name(names, filled, sources, int(socket), int(name_length)):
                    passed = _pass(
                        rows[socket], buffers, filled, int(length), now_ns, entry, made, scratch
                    )
                    moment = np.int64(passed) if passed != NEVER else moment
            entry[_MOMENT] = moment
            n += moment != WITHHELD
            filled += 1
    scratch[TOLD] = n
    return filled
