"""ICE in session descriptions (RFC 8839): candidates and the marks of who offers them."""

from dataclasses import dataclass

from mcu_core.errors import MalformedInput

FIELD = "sdp.a.candidate"
MAX_PRIORITY = (1 << 31) - 1


@dataclass(frozen=True, slots=True)
class IceCandidate:
    """Where somebody may be reached. `transport` and `kind` are lower case: udp, tcp; host, srflx,
    prflx, relay. `host` is an address, or a name that ends in .local; `port` 0..65535."""

    foundation: str
    component: int
    transport: str
    priority: int
    host: str
    port: int
    kind: str = "host"

    def serialize(self) -> str:
        """``1 1 udp 2130706431 192.0.2.1 5000 typ host``."""
        words = (self.foundation, self.component, self.transport, self.priority, self.host)
        return f"{' '.join(map(str, words))} {self.port} typ {self.kind}"


def read_candidate(value: str) -> IceCandidate:
    """The value of an ``a=candidate`` attribute; raises MalformedInput. What follows its type,
    such as the address that it was learnt from, is passed over."""
    words = value.split()
    if len(words) < 8 or words[6].lower() != "typ":
        raise MalformedInput(FIELD, "<foundation> <component> <transport> ... typ <type>")
    foundation, component, transport, priority, host, port, _, kind = words[:8]
    return IceCandidate(
        foundation,
        _number(component, 256),
        transport.lower(),
        _number(priority, MAX_PRIORITY),
        host,
        _number(port, 65_535),
        kind.lower(),
    )


def _number(text: str, limit: int) -> int:
    if not (text.isascii() and text.isdigit()) or len(text) > 10 or int(text) > limit:
        raise MalformedInput(FIELD, f"a number 0..{limit}")
    return int(text)
