"""The exceptions of the recorder.

McuError
└── RecorderError
    ├── TapFailed        the engine gives no tap, or what it gives cannot be recorded
    ├── StoreFailed      the disk is full or broken; what was written before stays playable
    ├── BrokenRecording  files of a recording that cannot be read at all
    └── NotLegal         a stream that a format does not allow as it is
"""

import msgspec

from mcu_core.errors import McuError

UNREADABLE = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)
"""What msgspec raises on bytes that are not JSON of a type: for text that is no UTF-8, as a broken
disk leaves it, that is Python's own error."""


class RecorderError(McuError):
    """Root of what the recorder raises on purpose; the message is for people."""


class TapFailed(RecorderError):
    """The engine gives no tap, or what it gives cannot be recorded."""


class StoreFailed(RecorderError):
    """Writing failed: disk full, disk broken, or disk too slow for too long."""


class BrokenRecording(RecorderError):
    """The files of a recording cannot be read, not even their beginning."""


class NotLegal(RecorderError):
    """A stream that a format does not allow as it is; the message says why."""
