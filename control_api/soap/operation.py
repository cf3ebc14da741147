"""What an operation is: its request, its use case, and who may ask for it."""

from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass
from typing import Any

import msgspec

from control_api.auth.roles import Action, Principal
from control_api.services.bridge import Bridge
from control_api.soap.messages import Result
from control_api.soap.polarity import Polarity


@dataclass(frozen=True, slots=True)
class Call:
    """One request beside its content: who asks, from where, in which dialect."""

    bridge: Bridge
    principal: Principal
    source: str
    vendor: bool
    polarity: Polarity
    key: tuple[bytes, bytes] | None
    """What passwords are sealed with in this session, where that was agreed upon."""
    later: Callable[[Coroutine[Any, Any, object]], None]
    """Does something after the answer; its errors are logged."""


Handler = Callable[[Call, Any], Awaitable[Result]]


@dataclass(frozen=True, slots=True)
class Operation:
    """One row of the table."""

    name: str
    request: type[msgspec.Struct]
    handler: Handler
    action: Action = Action.CONTROL
