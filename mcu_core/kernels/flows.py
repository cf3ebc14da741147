"""Whose packets come to a socket: a table from socket and source address to the number of a flow.

Open addressing with linear probing. A key has four words: the socket address that a packet came
from, as the system writes it, and above its last bytes the socket's descriptor. Flow 0 is none.
"""

from typing import Any

import numpy as np
from numba import types

from mcu_core.kernels.dispatch import INT, NOTHING, kernel
from mcu_core.kernels.messages import (
    NUMBERS_IN,
    NUMBERS_OUT,
    WORD_ROWS,
    WORD_ROWS_OUT,
    WORDS_IN,
    Numbers,
    Words,
)

KEY_WORDS = 4
IPV6 = 10
"""AF_INET6 of Linux; all else is taken for AF_INET, whose address is one word."""

_FAMILY = np.uint64(0xFFFF)
_LOW_WORD = np.uint64(0xFFFFFFFF)
_ODD = np.uint64(0x9E3779B97F4A7C15)
_HALF, _ZERO = np.uint64(32), np.uint64(0)
_KEY = types.UniTuple(types.uint64, KEY_WORDS)


@kernel(_KEY(WORD_ROWS, INT, INT), inline=True)
def key_of(names: Words, k: int, socket: int) -> tuple[Any, ...]:
    """The key of a packet that came from name k to that socket."""
    first, above = names[k, 0], np.uint64(socket) << _HALF
    if first & _FAMILY != np.uint64(IPV6):
        return first, _ZERO, _ZERO, above
    return first, names[k, 1], names[k, 2], names[k, 3] & _LOW_WORD | above


@kernel(types.uint64(types.uint64, types.uint64), inline=True)
def mixed(some: Any, more: Any) -> Any:
    """Two words as one, each bit of which has to do with all of theirs."""
    product = (some ^ more) * _ODD
    return product ^ product >> _HALF


@kernel(INT(_KEY, INT), inline=True)
def _home(key: tuple[Any, ...], size: int) -> int:
    """Where a key would be were it alone; `size` is a power of two."""
    found = mixed(mixed(mixed(mixed(_ZERO, key[0]), key[1]), key[2]), key[3])
    return int(np.int64(found & np.uint64(size - 1)))


@kernel(INT(WORD_ROWS, INT, _KEY), inline=True)
def _is(keys: Words, at: int, key: tuple[Any, ...]) -> int:
    same = keys[at, 0] == key[0] and keys[at, 1] == key[1]
    return 1 if same and keys[at, 2] == key[2] and keys[at, 3] == key[3] else 0


@kernel(INT(WORD_ROWS, NUMBERS_IN, _KEY), inline=True)
def flow_of(keys: Words, flows: Numbers, key: tuple[Any, ...]) -> int:
    """The flow of a key; 0 for none. At least one place of the table must be empty."""
    size = len(flows)
    at = _home(key, size)
    while flows[at]:
        if _is(keys, at, key):
            return int(flows[at])
        at = at + 1 & size - 1
    return 0


@kernel(NOTHING(WORD_ROWS_OUT, NUMBERS_OUT, WORDS_IN, INT), brief=True)
def put(keys: Words, flows: Numbers, key: Words, flow: int) -> None:
    """Let a key, whose flow is not 0, have its place, or another flow."""
    size, words = len(flows), (key[0], key[1], key[2], key[3])
    at = _home(words, size)
    while flows[at] and not _is(keys, at, words):
        at = at + 1 & size - 1
    for word in range(KEY_WORDS):
        keys[at, word] = key[word]
    flows[at] = flow


@kernel(NOTHING(WORD_ROWS_OUT, NUMBERS_OUT, WORDS_IN), brief=True)
def take_out(keys: Words, flows: Numbers, key: Words) -> None:
    """Take a key out; those behind it move up to where they are looked for."""
    size, words = len(flows), (key[0], key[1], key[2], key[3])
    hole = _home(words, size)
    while flows[hole] and not _is(keys, hole, words):
        hole = hole + 1 & size - 1
    if flows[hole] == 0:
        return
    at = hole
    while True:
        at = at + 1 & size - 1
        if flows[at] == 0:
            break
        home = _home((keys[at, 0], keys[at, 1], keys[at, 2], keys[at, 3]), size)
        if (at - home & size - 1) >= (at - hole & size - 1):
            for word in range(KEY_WORDS):
                keys[hole, word] = keys[at, word]
            flows[hole] = flows[at]
            hole = at
    flows[hole] = 0
