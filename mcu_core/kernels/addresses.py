"""Memory by its address, for loops that are told of some that they have no array of."""

from typing import Any

from llvmlite import ir
from numba import types

from mcu_core.kernels.dispatch import intrinsic

copy_memory = types.ExternalFunction("memcpy", types.uintp(types.uintp, types.uintp, types.uintp))
"""memcpy(3): to, from, how many bytes."""


@intrinsic
def numbers_at(typing: Any, address: Any) -> Any:
    """An address as a pointer to numbers of 64 bits."""

    def write(target: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.inttoptr(arguments[0], ir.IntType(64).as_pointer())

    return types.CPointer(types.int64)(types.uintp), write


@intrinsic
def bytes_at(typing: Any, address: Any) -> Any:
    """An address as a pointer to bytes."""

    def write(target: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.inttoptr(arguments[0], ir.IntType(8).as_pointer())

    return types.CPointer(types.uint8)(types.uintp), write
