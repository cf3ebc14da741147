"""libopus by its C functions: what FFmpeg's wrapper of it leaves out.

That is sound out of the next packet's in-band FEC (RFC 6716 2.1.7), concealment by the codec
itself, DTX, and settings that change while it runs. The library that PyAV's wheel brings is taken
before the system's, which is older and slower on Debian 12. One coder belongs to one thread.
Encoding, the longest of the calls, gives up the interpreter's lock; decoding takes a twentieth of a
millisecond, less than having the lock back would.
"""

import ctypes
import ctypes.util
import importlib.util
import weakref
from enum import IntEnum
from functools import cache
from pathlib import Path

import numpy as np

from mcu_core.errors import CodecFailure
from mcu_core.media.sound import SAMPLE_RATE, Block

MAX_FRAME_SAMPLES = 5760
"""120 ms at 48 kHz, the longest packet (RFC 6716 3.2.5, R5)."""

CONCEALED_STEP = 120
"""What is made up or recovered has a multiple of 2.5 ms."""

SILK_CONCEALED_STEP = 480
"""SILK makes up 10 ms at a time: of a shorter piece the rest is thrown away, and the next leaps."""

LOOKAHEAD_SAMPLES = 312
"""How much later a sound comes out of the decoder than it went into the encoder: 6.5 ms."""

MAX_PACKET_BYTES = 1200
"""Room for one packet: 480 kbit/s in frames of 20 ms, and it fits an RTP payload."""

DTX_BYTES = 2
"""A packet that long or shorter holds nothing: the encoder says that it need not be sent."""

MIN_BITRATE_BPS, MAX_BITRATE_BPS = 6_000, 510_000

_APPLICATION_VOIP = 2048
_FUNCTIONS = (
    "opus_get_version_string",
    "opus_strerror",
    "opus_encoder_create",
    "opus_encoder_destroy",
    "opus_encoder_ctl",
    "opus_encode_float",
    "opus_decoder_create",
    "opus_decoder_destroy",
    "opus_decoder_ctl",
    "opus_decode_float",
)


class _Request(IntEnum):
    """opus_defines.h: what `opus_encoder_ctl` and `opus_decoder_ctl` are asked for."""

    SET_BITRATE = 4002
    SET_COMPLEXITY = 4010
    SET_INBAND_FEC = 4012
    SET_PACKET_LOSS_PERC = 4014
    SET_DTX = 4016
    RESET_STATE = 4028


@cache
def library() -> ctypes.CDLL | None:
    """The library, opened once; None where there is none that has what is needed."""
    return _opened(ctypes.CDLL)


@cache
def _holding() -> ctypes.CDLL | None:
    """The same, called without giving up the interpreter's lock."""
    return _opened(ctypes.PyDLL)


def _opened(kind: type[ctypes.CDLL]) -> ctypes.CDLL | None:
    for path in (*_wheel_paths(), ctypes.util.find_library("opus")):
        if path is None:
            continue
        try:
            found = kind(path)
            for name in _FUNCTIONS:
                getattr(found, name)
        except (OSError, AttributeError):
            continue
        return _declared(found)
    return None


def _wheel_paths() -> list[str]:
    """Where a wheel of PyAV for Linux has its libraries: in a folder beside the package."""
    package = importlib.util.find_spec("av")
    if package is None or package.origin is None:
        return []
    beside = Path(package.origin).parents[1]
    return [str(path) for path in sorted(beside.glob("av.libs/libopus-*"))]


def _declared(found: ctypes.CDLL) -> ctypes.CDLL:
    state, packet, number = ctypes.c_void_p, ctypes.c_char_p, ctypes.c_int
    samples, error = ctypes.c_void_p, ctypes.POINTER(ctypes.c_int)
    found.opus_get_version_string.restype = ctypes.c_char_p
    found.opus_get_version_string.argtypes = []
    found.opus_strerror.restype = ctypes.c_char_p
    found.opus_strerror.argtypes = [number]
    found.opus_encoder_create.restype = state
    found.opus_encoder_create.argtypes = [ctypes.c_int32, number, number, error]
    found.opus_encoder_destroy.restype = None
    found.opus_encoder_destroy.argtypes = [state]
    found.opus_encode_float.restype = ctypes.c_int32
    found.opus_encode_float.argtypes = [state, samples, number, state, ctypes.c_int32]
    found.opus_decoder_create.restype = state
    found.opus_decoder_create.argtypes = [ctypes.c_int32, number, error]
    found.opus_decoder_destroy.restype = None
    found.opus_decoder_destroy.argtypes = [state]
    found.opus_decode_float.restype = number
    found.opus_decode_float.argtypes = [state, packet, ctypes.c_int32, samples, number, number]
    return found


def version() -> str:
    """The library's own word for itself, as ``libopus 1.6.1``; empty where there is none."""
    found = library()
    return found.opus_get_version_string().decode() if found is not None else ""


def _needed() -> ctypes.CDLL:
    found = library()
    if found is None:
        raise CodecFailure("no libopus on this machine")
    return found


def _checked(found: ctypes.CDLL, result: int) -> int:
    """The result of a call; raises CodecFailure for a negative one (opus_errorcodes)."""
    if result < 0:
        raise CodecFailure(f"libopus: {found.opus_strerror(result).decode()}")
    return result


class OpusDecoder:
    """One stream's decoder at 48 kHz; mono packets come out on both of two `channels`."""

    def __init__(self, channels: int = 2) -> None:
        """Raises CodecFailure where there is no library or no memory."""
        self._library = _needed()
        error = ctypes.c_int()
        self._state = self._library.opus_decoder_create(SAMPLE_RATE, channels, error)
        _checked(self._library, error.value)
        weakref.finalize(self, self._library.opus_decoder_destroy, self._state)
        holding = _holding()
        assert holding is not None  # the same library
        self._decode = holding.opus_decode_float
        self._out = np.zeros((MAX_FRAME_SAMPLES, channels), np.float32)
        self._out_at = self._out.ctypes.data

    def decode(self, data: bytes) -> Block:
        """The sound of one packet, shape (n, channels); raises CodecFailure for no packet."""
        if not data:
            raise CodecFailure("an empty Opus packet")
        return self._run(data, MAX_FRAME_SAMPLES, 0)

    def recover(self, data: bytes, samples: int) -> Block:
        """What came right before the packet `data`, as far as that has it, made up else.

        `samples` 120..5760, a multiple of 120; `data` itself is decoded next.
        """
        return self._run(data, samples, 1)

    def conceal(self, samples: int) -> Block:
        """What may follow, where nothing has come; `samples` as in `recover`."""
        return self._run(None, samples, 0)

    def reset(self) -> None:
        """Forget all that was decoded."""
        self._library.opus_decoder_ctl(ctypes.c_void_p(self._state), int(_Request.RESET_STATE))

    def _run(self, data: bytes | None, samples: int, fec: int) -> Block:
        if not 0 < samples <= MAX_FRAME_SAMPLES:
            raise CodecFailure(f"1..{MAX_FRAME_SAMPLES} samples of Opus, not {samples}")
        length = len(data) if data is not None else 0
        made = self._decode(self._state, data, length, self._out_at, samples, fec)
        return self._out[: _checked(self._library, made)].copy()


class OpusEncoder:
    """An encoder at 48 kHz for speech and whatever else a conference hears."""

    def __init__(self, channels: int, bitrate_bps: int, complexity: int, dtx: bool = False) -> None:
        """`channels` 1 or 2, `complexity` 0..10, `dtx`: silence need not be sent.

        Raises CodecFailure for values out of range, or where there is no library.
        """
        self._library = _needed()
        error = ctypes.c_int()
        self._state = self._library.opus_encoder_create(
            SAMPLE_RATE, channels, _APPLICATION_VOIP, error
        )
        _checked(self._library, error.value)
        weakref.finalize(self, self._library.opus_encoder_destroy, self._state)
        self._channels = channels
        self._packet = ctypes.create_string_buffer(MAX_PACKET_BYTES)
        self._set(_Request.SET_BITRATE, max(MIN_BITRATE_BPS, min(MAX_BITRATE_BPS, bitrate_bps)))
        self._set(_Request.SET_COMPLEXITY, complexity)
        self._set(_Request.SET_DTX, int(dtx))

    def expect_loss(self, percent: int) -> None:
        """How many of 100 packets get lost, 0..100: from 1 on a copy of the frame before travels
        with speech frames, in the same bit rate."""
        self._set(_Request.SET_INBAND_FEC, int(percent > 0))
        self._set(_Request.SET_PACKET_LOSS_PERC, percent)

    def encode(self, sound: Block) -> bytes:
        """One packet of `sound`, shape (n, channels) with n 120, 240, 480, 960, 1920 or 2880.

        At most DTX_BYTES long where nothing need be sent. Raises CodecFailure.
        """
        if sound.ndim != 2 or sound.shape[1] != self._channels:
            raise CodecFailure(f"sound of {self._channels} channels, not of shape {sound.shape}")
        samples = np.ascontiguousarray(sound, np.float32)
        made = self._library.opus_encode_float(
            self._state, samples.ctypes.data, len(samples), self._packet, MAX_PACKET_BYTES
        )
        return ctypes.string_at(self._packet, _checked(self._library, made))

    def _set(self, request: _Request, value: int) -> None:
        control = self._library.opus_encoder_ctl
        result = control(ctypes.c_void_p(self._state), int(request), ctypes.c_int(value))
        _checked(self._library, result)
