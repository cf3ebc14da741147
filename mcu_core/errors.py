"""The exceptions of the media plane.

McuError
├── BadInput          a caller's value is wrong; names the field and what was expected
│   └── MalformedInput  bytes or text from the network that cannot be parsed (also a ValueError)
├── NotFound          the named conference, site or endpoint does not exist
├── Refused           understood, but not possible now; carries a reason that people can read
└── CodecFailure      an encoder or decoder could not be opened or broke
"""


class McuError(Exception):
    """Root of everything that the media plane raises on purpose."""


class BadInput(McuError):
    """A caller's value is wrong.

    `field` is the name or path of the value (``panes[2].w``), `expected` says in a few words what
    would have been right.
    """

    def __init__(self, field: str, expected: str) -> None:
        super().__init__(f"{field}: expected {expected}")
        self.field = field
        self.expected = expected


class MalformedInput(BadInput, ValueError):
    """Bytes or text from outside that cannot be parsed: the only error that a parser raises."""


class NotFound(McuError):
    """A named thing does not exist."""

    def __init__(self, kind: str, name: str) -> None:
        super().__init__(f"no {kind} {name!r}")
        self.kind = kind
        self.name = name


class Refused(McuError):
    """Understood, but not possible now; the message is the reason, for people."""


class CodecFailure(McuError):
    """An encoder or decoder could not be opened, or broke while running."""
