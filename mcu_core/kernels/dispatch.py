"""How a kernel is declared: the one place that knows Numba's decorators, typed for the rest.

Every kernel has one explicit signature, is compiled when its module is imported (or loaded from the
disk cache beside it), releases the GIL and is serial: a parallel one, called from several threads,
may abort the process. Parallelism comes from threads that work on different pictures.
"""

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numba
from numba import types
from numba.extending import intrinsic as numba_intrinsic

Function = TypeVar("Function", bound=Callable[..., Any])

PLANE = types.Array(types.uint8, 2, "A")
"""A plane of bytes that is written, any row stride."""
PLANE_IN = types.Array(types.uint8, 2, "A", readonly=True)
"""A plane of bytes that is only read."""
NOTHING = types.none
INT = types.int64


def vector(element: Any, *, readonly: bool = True) -> Any:
    """The Numba type of a contiguous array with one axis."""
    return types.Array(element, 1, "C", readonly=readonly)


def matrix(element: Any, *, readonly: bool = True) -> Any:
    """The Numba type of a contiguous array with two axes."""
    return types.Array(element, 2, "C", readonly=readonly)


def kernel(signature: Any, *, inline: bool = False) -> Callable[[Function], Function]:
    """Compile a loop for exactly one signature; the result is called like the Python function."""

    def compiled(function: Function) -> Function:
        return cast(
            "Function",
            numba.njit(signature, nogil=True, cache=True, error_model="numpy", forceinline=inline)(
                function
            ),
        )

    return compiled


def intrinsic(function: Callable[..., Any]) -> Callable[..., Any]:
    """Numba's @intrinsic: an operation that writes its own LLVM code.

    Kernels call it without the typing context that its definition begins with.
    """
    return cast("Callable[..., Any]", numba_intrinsic(function))


def literal_intrinsic(function: Callable[..., Any]) -> Callable[..., Any]:
    """`intrinsic` for one that takes whole numbers known when its kernel is compiled.

    Their types, as the definition gets them, have the number as `literal_value`.
    """
    return cast("Callable[..., Any]", numba_intrinsic(prefer_literal=True)(function))
