"""How a kernel is declared: the one place that knows Numba's decorators, typed for the rest.

Every kernel has one explicit signature, is compiled when its module is imported (or loaded from the
disk cache beside it), releases the GIL if it is not brief, and is serial: a parallel one, called
from several threads, may abort the process. Parallelism comes from threads that work on different
pictures.
"""

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar, cast

import numba
from numba import types
from numba.core.registry import cpu_target
from numba.extending import intrinsic as numba_intrinsic

Function = TypeVar("Function", bound=Callable[..., Any])

PLANE = types.Array(types.uint8, 2, "A")
"""A plane of bytes that is written, any row stride."""
PLANE_IN = types.Array(types.uint8, 2, "A", readonly=True)
"""A plane of bytes that is only read."""
SOURCES = hashlib.sha256(
    b"".join(path.read_bytes() for path in sorted(Path(__file__).parent.glob("*.py")))
).hexdigest()
"""What all kernels are made of: when any of it changes, none is taken from the disk cache."""
NOTHING = types.none
INT = types.int64


def vector(element: Any, *, readonly: bool = True) -> Any:
    """The Numba type of a contiguous array with one axis."""
    return types.Array(element, 1, "C", readonly=readonly)


def matrix(element: Any, *, readonly: bool = True) -> Any:
    """The Numba type of a contiguous array with two axes."""
    return types.Array(element, 2, "C", readonly=readonly)


def kernel(
    signature: Any, *, inline: bool = False, brief: bool = False
) -> Callable[[Function], Function]:
    """Compile a loop for exactly one signature; the result is called like the Python function.

    `brief`: it takes some ten microseconds and keeps the interpreter's lock. Who gives that up
    waits to have it back, for half a millisecond where other threads have work in Python.
    """

    def compiled(function: Function) -> Function:
        dispatcher = numba.njit(nogil=not brief, error_model="numpy", forceinline=inline)(function)
        dispatcher.enable_caching()
        # Numba looks at the file of the function alone, not at what comes into it from others.
        file = dispatcher._cache._cache_file
        file._source_stamp = (file._source_stamp, SOURCES)
        dispatcher.compile(signature)
        dispatcher.disable_compile()
        return cast("Function", dispatcher)

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


def machine_has(*features: str) -> bool:
    """Whether the machine that kernels are compiled for has one of these features of LLVM's."""
    *_, known = cpu_target.target_context.codegen().magic_tuple()
    return any(f"+{feature}" in known.split(",") for feature in features)
