"""Errors of the SOAP gateway: faults, and the result codes that callers of WS/T 546 know."""

from enum import IntEnum

from control_api.errors import (
    Away,
    ControlError,
    Forbidden,
    NotLoggedIn,
    NotStored,
    Throttled,
)
from mcu_core.contract.line import LineClosed
from mcu_core.errors import BadInput, McuError, NotFound, Refused


class SoapFault(ControlError):
    """What is no message of the contract. `code`: a fault code of SOAP 1.1 without its prefix."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.code = code


class Code(IntEnum):
    """Result codes as callers know them from the vendor's list; decimal on the wire."""

    DONE = 0
    OUT_OF_RANGE = 570462211
    ALREADY_LOGGED_IN = 570462213
    NO_CONFERENCE = 570789889
    URI_EMPTY = 570789891
    CONFERENCE_ID_EMPTY = 570789894
    SITE_UNKNOWN = 570789896
    CONTROL_OUT_OF_RANGE = 570789905
    NO_RECORDING = 570789906
    NO_LIVE = 570789907
    PASSWORD_UNREADABLE = 570789908
    NO_SESSION = 571052032
    INTERNAL = 2130000010
    NOT_SUPPORTED = 2130000017
    LOCKED_OUT = 2130000027
    BUSY = 2130000028
    RSA_FAILED = 2130000030
    SERVICE_EXCEPTION = 1342177282
    NO_RIGHT = 1344274435
    WRONG_LOGIN = 1344274482
    NO_REGISTERED_SITE = 1345323009
    SESSION_INCORRECT = 1351614476
    BAD_CONFERENCE_PARAMETER = 1347420161
    NO_SUCH_CONFERENCE = 1347420162
    NO_OCCURRENCE = 1347420166
    ENDED = 1347420167
    STARTS_SOON = 1347420170
    BOOKING_FAILED = 1347420178
    EXTENSION = 1347420192
    TOO_MANY_OCCURRENCES = 1347420193
    RUNNING = 1347420194
    BAD_NAME = 1347420203
    PAST = 1347420214
    OVERLAP = 1347420241
    SITE_IN_CONFERENCE = 1347420246
    NO_SUCH_GROUP = 1347420260
    NO_PRESENCE = 1347420261
    BAD_LAYOUT = 1347420262
    SITE_THERE = 1347420182
    SITE_OFFLINE = 1347420264
    NO_SITE = 1347440644
    NAME_EMPTY = 1347440645
    BAD_RATE = 1347440647
    BAD_RESOURCE = 1347440648
    BAD_INTERVAL = 1347440650
    NOT_IN_CONFERENCE = 1347440653
    NOT_CHAIR = 12313
    CHAIR_TAKEN = 12338
    NO_CHAIR = 12339
    NO_TOKEN = 12360


class ResultError(ControlError):
    """A request that was understood and is answered with this code."""

    def __init__(self, code: Code, text: str = "") -> None:
        super().__init__(text or code.name.lower().replace("_", " "))
        self.code = code


_CODES: tuple[tuple[type[McuError], Code], ...] = (
    (NotLoggedIn, Code.NO_SESSION),
    (Forbidden, Code.NO_RIGHT),
    (Throttled, Code.BUSY),
    (Away, Code.BUSY),
    (LineClosed, Code.BUSY),
    (NotStored, Code.INTERNAL),
    (BadInput, Code.OUT_OF_RANGE),
    (Refused, Code.SERVICE_EXCEPTION),
)
"""The first row that fits counts; what no row names is internal."""

_NOT_FOUND = {"conference": Code.NO_CONFERENCE, "site": Code.NOT_IN_CONFERENCE}


def code_of(error: McuError) -> Code:
    """The code that a caller is answered for an error of ours."""
    if isinstance(error, ResultError):
        return error.code
    if isinstance(error, NotFound):
        return _NOT_FOUND.get(error.kind, Code.SERVICE_EXCEPTION)
    return next((code for kind, code in _CODES if isinstance(error, kind)), Code.INTERNAL)
