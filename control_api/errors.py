"""The exceptions of the control plane, beside those of the media plane (mcu_core/errors.py).

McuError
└── ControlError
    ├── NotLoggedIn   nobody is logged in, or the password or token is wrong
    │   └── PasswordExpired   it is right, and must be changed first
    ├── Forbidden     logged in, but this role may not do that
    ├── DoorClosed    a conference does not let this one in; says why
    ├── Throttled     too many attempts; says when to come back
    ├── TooLarge      a body over its limit
    ├── WrongType     a body of another media type than the one expected
    ├── NotStored     the disk does not take it
    └── Away          the process that would do it does not answer now; it is being restarted
"""

from mcu_core.errors import McuError


class ControlError(McuError):
    """Root of what the control plane raises on purpose; the message is for people."""


class NotLoggedIn(ControlError):
    """Nobody is logged in, or the password or token is wrong."""


class PasswordExpired(NotLoggedIn):
    """The password is right, and so old, or given by somebody else, that it must be changed."""


class Forbidden(ControlError):
    """This role may not do that."""


class DoorClosed(ControlError):
    """A conference does not let this one in; `reason` says why, for programs.

    `code`, `password`, `chair_password`: missing or wrong; `locked`: nobody new comes in;
    `no_place`: no place is free for who was not named.
    """

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


class Throttled(ControlError):
    """Too many attempts; `retry_after_s` seconds from now the next one is looked at."""

    def __init__(self, message: str, retry_after_s: int) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


class TooLarge(ControlError):
    """A body over its limit."""


class WrongType(ControlError):
    """A body of another media type than the one expected."""


class NotStored(ControlError):
    """The database cannot be written now: the disk is full, or broken."""


class Away(ControlError):
    """An engine or the recorder does not answer now."""
