"""What is said on an engine's socket.

A connection begins with Hello from the caller; the callee drops a version it does not speak. Then
Request one way, Reply and Notice the other. A connection that opened a tap carries only Tapped
messages from then on.
"""

import msgspec

from mcu_core.contract.commands import Answer, Command
from mcu_core.contract.events import Event, TapMessage
from mcu_core.contract.framing import Framing

CONTRACT_VERSION = 1


class Hello(msgspec.Struct, frozen=True, tag=True):
    """First message of a connection; `role` (control, recorder, bench) is for logs."""

    version: int
    role: str


class Request(msgspec.Struct, frozen=True, tag=True):
    """A command with the number that its reply will carry."""

    id: int
    body: Command


class Reply(msgspec.Struct, frozen=True, tag=True):
    """The answer to the request of that number."""

    id: int
    body: Answer


class Notice(msgspec.Struct, frozen=True, tag=True):
    """An event."""

    body: Event


class Tapped(msgspec.Struct, frozen=True, tag=True):
    """A message of a tap."""

    body: TapMessage


Message = Hello | Request | Reply | Notice | Tapped

ENGINE_FRAMING: Framing[Message] = Framing(Message)
