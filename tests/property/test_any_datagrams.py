"""Whatever bytes come to a socket, the loop that receives hands them on or counts them, alone."""

import select
import socket
import struct

import pylibsrtp
from hypothesis import given
from hypothesis import strategies as st

from mcu_core.endpoints.incoming import Incoming
from mcu_core.endpoints.socket_names import write_name
from mcu_core.endpoints.srtp import UNPROTECT, context_of
from mcu_core.ingress.reception import Reception
from mcu_core.kernels.arriving import FORGED
from mcu_core.kernels.rows import NEVER, OPENED, PAYLOAD_TYPE, QUICK

SSRC, RATE = 77, 48_000
FLOW = 7

HEADERS = st.builds(
    struct.Struct("!BBHII").pack,
    st.sampled_from([0x80, 0x80, 0x90, 0xA1, 0xFF]),
    st.sampled_from([96, 96, 0xE0, 200, 0]),
    st.integers(0, 0xFFFF),
    st.integers(0, 0xFFFF_FFFF),
    st.sampled_from([SSRC, SSRC, 1]),
)
DATAGRAMS = st.binary(max_size=60) | st.builds(bytes.__add__, HEADERS, st.binary(max_size=60))


def sockets() -> tuple[socket.socket, socket.socket]:
    """One that sends to the other, which does not wait."""
    there, here = (socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(2))
    here.setblocking(False)
    here.bind(("127.0.0.1", 0))
    there.connect(here.getsockname())  # which binds it, too
    return there, here


@given(st.lists(DATAGRAMS, max_size=16), st.booleans())
def test_any_datagram_is_handed_on_as_it_is_or_counted(
    datagrams: list[bytes], secure: bool
) -> None:
    there, here = sockets()
    reception = Reception(SSRC, RATE)
    reception.row[PAYLOAD_TYPE] = 96
    reception.push(1, 0, 1, 0)
    reception.unwrap(0)
    incoming = Incoming()
    incoming.sources.put(here.fileno(), write_name(socket.AF_INET, there.getsockname()), FLOW)
    incoming.let_pass(FLOW, reception.row)
    session = pylibsrtp.Session(pylibsrtp.Policy(bytes(30), pylibsrtp.Policy.SSRC_ANY_INBOUND))
    if secure:
        incoming.decrypt(FLOW, context_of(session), UNPROTECT)
    passed = 0
    with there, here, select.epoll() as epoll:
        epoll.register(here, select.EPOLLIN)
        for datagram in datagrams:
            there.send(datagram)
        found = []
        while incoming.receive(epoll.fileno(), 10**18):
            for _, _, start, end, moment_ns, _ in incoming.found():
                data = incoming.stretch(start, end) if end >= start else None
                found.append((data, moment_ns))
                assert data is not None or end - start == FORGED
    assert len(found) == len(datagrams)
    for datagram, (data, moment_ns) in zip(datagrams, found, strict=True):
        passed += moment_ns not in (NEVER, OPENED)
        assert (moment_ns == OPENED) == (data is None)
        assert data is None or data == (datagram if moment_ns == NEVER else datagram[-len(data) :])
        assert data is not None or secure, "nobody has the key"
    assert reception.row[QUICK] == passed
