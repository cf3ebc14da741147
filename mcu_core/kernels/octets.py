"""Numbers in packets."""

import numpy as np

from mcu_core.kernels.dispatch import INT, kernel
from mcu_core.kernels.messages import BYTE_ROWS, Bytes


@kernel(INT(BYTE_ROWS, INT, INT, INT), inline=True)
def big_endian(buffers: Bytes, k: int, at: int, count: int) -> int:
    """So many bytes of buffer k as a number."""
    number = np.int64(0)
    for octet in range(count):
        number = number << 8 | np.int64(buffers[k, at + octet])
    return int(number)
