"""What the C library keeps of memory that was given back."""

import ctypes

_TRIM_THRESHOLD, _MMAP_THRESHOLD, _ARENA_MAX = -1, -3, -8
"""Numbers of glibc's mallopt(3)."""

ARENAS = 2
"""Pools that threads share, as many as do codec work on a small machine. By default there are eight
for each core, and each keeps for itself what codecs that came and went have left in it."""

LARGE_BYTES = 1 << 17
"""Pieces of this size are mapped each for itself, and gone when they are given back: the pictures
inside of coders, from CIF on. By default the limit follows the largest piece so far, and what stays
behind are holes. Coders keep such pieces for as long as they live: none is mapped per picture."""


def keep_little() -> bool:
    """Before any thread is started; False where the C library cannot be told (it is not glibc)."""
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (OSError, AttributeError):
        return False
    wanted = ((_ARENA_MAX, ARENAS), (_MMAP_THRESHOLD, LARGE_BYTES), (_TRIM_THRESHOLD, LARGE_BYTES))
    return all([mallopt(what, value) == 1 for what, value in wanted])
