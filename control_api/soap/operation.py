"""What an operation is: its request, its use case, and who may ask for it."""

from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass
from typing import Any

import msgspec

from control_api.auth.roles import Action, Principal
from control_api.services.bridge import Bridge
from control_api.services.views import ConferenceView
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

    def conferences(self) -> list[ConferenceView]:
        """Those that run and that the caller may know of."""
        sees = self.bridge.territory.sees
        return [one for one in self.bridge.conferences.list() if sees(self.principal, one.id)]

    def check_named(self, content: object) -> None:
        """Raise NotFound if a request names a conference that is another organisation's."""
        if not self.principal.organisation or not isinstance(content, msgspec.Struct):
            return
        for name in content.__struct_fields__:
            value = getattr(content, name)
            named = value if isinstance(value, tuple) else (value,)
            if name in {"conf_id", "conf_ids"}:
                for one in named:
                    self.bridge.territory.check(self.principal, str(one))
            for inner in named:
                self.check_named(inner)


Handler = Callable[[Call, Any], Awaitable[Result]]


@dataclass(frozen=True, slots=True)
class Operation:
    """One row of the table."""

    name: str
    request: type[msgspec.Struct]
    handler: Handler
    action: Action = Action.CONTROL
