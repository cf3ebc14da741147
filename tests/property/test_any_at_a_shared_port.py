"""Any bytes from anywhere at a port of many sessions reach one, or nobody, and are counted."""

import asyncio
from dataclasses import dataclass, field

from aioice import stun
from hypothesis import given
from hypothesis import strategies as st

from mcu_core.endpoints.learning import Mark
from mcu_core.endpoints.network import NetworkOptions, open_udp
from mcu_core.endpoints.shared_port import SharedPort, Streams
from mcu_core.endpoints.socket_names import Address
from mcu_core.protocol.rtcp import is_rtcp

HOSTS = ("192.0.2.1", "192.0.2.2", "192.0.2.3")


@dataclass
class Line:
    """A line of plain RTP that notes what it is handed."""

    mark: Mark
    streams: Streams = ()
    context: int = 0
    came: list[bytes] = field(default_factory=list)

    def waits_for(self, address: Address, ssrc: int) -> bool:
        return True

    def takes_control(self, address: Address) -> bool:
        return address[0] == self.mark.host

    def knows(self, ssrc: int) -> bool:
        return ssrc in self.mark.sources

    def datagram_received(self, data: bytes, address: Address) -> None:
        self.came.append(data)

    def media_opened(self, data: bytes | None, address: Address) -> None:
        raise AssertionError("nothing is encrypted here")

    def datagrams_dropped(self, count: int) -> None:
        raise AssertionError("nobody is known here")


@dataclass
class Session:
    """One that is known by its checks."""

    came: list[bytes] = field(default_factory=list)

    def check_received(self, data: bytes, addr: Address) -> None:
        self.came.append(data)


def check(user: str) -> bytes:
    made = stun.Message(stun.Method.BINDING, stun.Class.REQUEST, b"transaction!")
    made.attributes["USERNAME"] = f"{user}:them"
    return bytes(made)


PACKETS = st.one_of(
    st.binary(max_size=60),
    st.sampled_from((check("alice"), check("bob"), check("nobody"), check(""))),
    st.builds(
        lambda head, kind, ssrc, rest: (
            bytes((head, kind)) + bytes(6) + bytes((0, 0, 0, ssrc)) + rest
        ),
        st.sampled_from((0x80, 0x90, 0xBF)),
        st.sampled_from((96, 97, 98, 200, 201)),
        st.integers(0, 4),
        st.binary(max_size=20),
    ),
)


@given(st.lists(st.tuples(PACKETS, st.sampled_from(HOSTS)), max_size=20))
def test_each_packet_reaches_one_or_is_counted(came: list[tuple[bytes, str]]) -> None:
    async def play() -> None:
        port = SharedPort(open_udp(NetworkOptions()))
        sessions = {"alice": Session(), "bob": Session()}
        lines = [
            Line(Mark(HOSTS[k], 5000, frozenset((96, 97)), frozenset((k + 1,)))) for k in range(2)
        ]
        for user, session in sessions.items():
            port.check_for(user, session)
        for line in lines:
            port.add(line)
        notes = [one.came for one in lines] + [one.came for one in sessions.values()]
        taken = 0
        for data, host in came:
            before = sum(map(len, notes))
            port.stranger_received(data, (host, 5000))
            reached = sum(map(len, notes)) - before
            assert reached <= 1 or is_rtcp(data)
            taken += reached > 0
        assert port.strangers == len(came) - taken
        assert all(data == check("bob") for data in sessions["bob"].came)
        for user in sessions:
            port.check_no_more(user)
            port.check_no_more(user)
        for line in lines:
            port.remove(line)
            port.remove(line)
        assert port.socket.fileno() == -1

    asyncio.run(play())
