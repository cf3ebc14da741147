"""Libraries of the system that bring coders which PyAV's wheel has not: opened once, by their C
functions."""

import ctypes
import ctypes.util
from collections.abc import Sequence
from functools import cache

_P, _I = ctypes.c_void_p, ctypes.c_int

_DECLARED = {
    "spandsp": (
        ("g726_init", _P, (_P, _I, _I, _I)),
        ("g726_encode", _I, (_P, _P, _P, _I)),
        ("g726_free", _I, (_P,)),
    ),
    "bcg729": (
        ("initBcg729EncoderChannel", _P, (ctypes.c_uint8,)),
        ("bcg729Encoder", None, (_P, _P, _P, _P)),
        ("closeBcg729EncoderChannel", None, (_P,)),
    ),
    "gsm": (
        ("gsm_create", _P, ()),
        ("gsm_encode", None, (_P, _P, _P)),
        ("gsm_destroy", None, (_P,)),
    ),
}
"""By name: the functions that are called, with what they return and take."""

PACKAGES = {"spandsp": "libspandsp2", "bcg729": "libbcg729-0", "gsm": "libgsm1"}
"""Debian's package of each."""


@cache
def library(name: str) -> ctypes.CDLL | None:
    """The library, one of PACKAGES; None where it is not installed, or lacks what is needed."""
    path = ctypes.util.find_library(name)
    if path is None:
        return None
    try:
        found = ctypes.CDLL(path)
        _declare(found, _DECLARED[name])
    except (OSError, AttributeError):
        return None
    return found


def _declare(found: ctypes.CDLL, functions: Sequence[tuple[str, object, Sequence[object]]]) -> None:
    for name, result, arguments in functions:
        function = getattr(found, name)
        function.restype, function.argtypes = result, list(arguments)
