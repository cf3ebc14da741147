"""Browsers and plain RTP of several sessions behind one UDP port, on real sockets."""

import socket
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, closing
from dataclasses import dataclass, field
from functools import partial

import pytest
from aioice import stun

from mcu_core.endpoints.datagrams import Datagrams
from mcu_core.endpoints.ice_port import CHECKS_PER_SECOND
from mcu_core.endpoints.incoming import CHECKS_SHARE
from mcu_core.endpoints.network import NetworkOptions, open_udp, open_udp_pair
from mcu_core.endpoints.rtp_call import CallTerms
from mcu_core.endpoints.rtp_session import RtpSession
from mcu_core.endpoints.shared_port import SharedPort
from mcu_core.endpoints.socket_names import Address
from mcu_core.endpoints.webrtc_peer import SILENT_AFTER_NS, WebRtcPeer
from mcu_core.errors import Refused
from mcu_core.media.clock import ManualClock
from mcu_core.media.codec import OPUS
from mcu_core.protocol import rtcp, rtp
from tests.fakes.site import CLOCK, Site
from tests.fakes.waiting import until
from tests.fakes.webrtc_call import FORM, SOUND, Tone, connect, remote

HOST = "127.0.0.1"
SOUND_TYPE = 97
FRAME = b"\xf8\xff\xfe"


@pytest.fixture
def network() -> NetworkOptions:
    """One port and the one after it, which are free now."""
    first, second = open_udp_pair(NetworkOptions())
    with first, second:
        port: int = first.getsockname()[1]
    return NetworkOptions(port_range=(port, port + 1))


def offer(far: socket.socket, *lines: str, payload_type: int = SOUND_TYPE) -> str:
    """Sound of one who listens there."""
    return "\r\n".join(
        (
            "v=0", f"o=- 1 1 IN IP4 {HOST}", "s=-", f"c=IN IP4 {HOST}", "t=0 0",
            f"m=audio {far.getsockname()[1]} RTP/AVP {payload_type}",
            f"a=rtpmap:{payload_type} {OPUS.name}/48000/2", *lines, "",
        )
    )  # fmt: skip


class Sender:
    """One who sends sound by plain RTP, and the session that takes it."""

    def __init__(self, network: NetworkOptions) -> None:
        self.site = Site()
        terms = CallTerms("r", self.site.intake, network, CLOCK, FORM, SOUND)
        self.session = RtpSession(terms)
        self.socket = open_udp(NetworkOptions())
        self.number = self.port = 0

    async def join(self, *lines: str, payload_type: int = SOUND_TYPE) -> str:
        answer = await self.session.accept(offer(self.socket, *lines, payload_type=payload_type))
        await self.session.start()
        self.port = self.session.ports[1]
        return answer

    @property
    def came(self) -> int:
        return self.session.stats.packets_in

    async def send(self, ssrc: int, payload_type: int = SOUND_TYPE, times: int = 5) -> None:
        """Some packets, which the session takes."""
        before = self.came
        self.throw(ssrc, payload_type, times)
        await until(lambda: self.came == before + times)

    def throw(self, ssrc: int, payload_type: int = SOUND_TYPE, times: int = 5) -> None:
        for _ in range(times):
            self.number += 1
            head = rtp.header(payload_type, False, self.number, 960 * self.number, ssrc)
            self.socket.sendto(head + FRAME, (HOST, self.port))

    async def close(self) -> None:
        await self.session.stop()
        self.socket.close()
        await self.site.close()


@pytest.fixture
async def senders(network: NetworkOptions) -> AsyncIterator[list[Sender]]:
    three = [Sender(network) for _ in range(3)]
    yield three
    for one in three:
        await one.close()


async def test_senders_of_one_host_are_told_apart_by_payload_type_and_ssrc(
    senders: list[Sender], network: NetworkOptions
) -> None:
    one, other, third = senders
    await one.join("a=ssrc:1 cname:a")
    await other.join("a=ssrc:2 cname:b")
    await third.join(payload_type=100)
    assert {sender.port for sender in senders} == {network.port_range[0]}
    for _ in range(2):
        await other.send(2)
        await third.send(3, payload_type=100)
        await one.send(1)
    assert [sender.came for sender in senders] == [10, 10, 10]
    assert all(sender.session.stats.packets_dropped == 0 for sender in senders)


async def test_what_could_be_taken_for_another_s_is_refused(senders: list[Sender]) -> None:
    one, other, _ = senders
    await one.join()
    with pytest.raises(Refused, match="a=ssrc"):
        await other.join()
    await one.session.stop()
    await other.join()


async def test_a_sender_with_one_port_for_two_sessions_is_told_apart(
    senders: list[Sender],
) -> None:
    """As another bridge that has one port, too."""
    one, other, _ = senders
    await one.join("a=ssrc:1 cname:a")
    await other.join("a=ssrc:2 cname:b", payload_type=100)
    other.socket.close()
    other.socket = one.socket.dup()
    for _ in range(3):
        await one.send(1)
        await other.send(2, payload_type=100)
    assert (one.came, other.came) == (15, 15)


async def test_who_is_gone_leaves_the_others_alone(senders: list[Sender]) -> None:
    one, other, third = senders
    for number, sender in enumerate(senders):
        await sender.join(f"a=ssrc:{number} cname:a")
        await sender.send(number)
    await other.session.stop()
    other.throw(1)
    await one.send(0)
    await third.send(2)
    assert (one.came, other.came, third.came) == (10, 5, 10)


async def test_all_come_back_to_the_port_that_their_senders_know(
    senders: list[Sender], network: NetworkOptions
) -> None:
    """As after a restart of the engine: the offers are the same, and so are the sockets."""
    for number, sender in enumerate(senders):
        await sender.join(f"a=ssrc:{number} cname:a")
    await senders[2].session.stop()
    again = RtpSession(CallTerms("again", senders[2].site.intake, network, CLOCK, FORM, SOUND))
    try:
        await again.accept(offer(senders[2].socket, "a=ssrc:2 cname:a"), (0, senders[2].port))
        assert again.ports[1] == senders[2].port
        senders[2].throw(2)
        await until(lambda: again.stats.packets_in == 5)
    finally:
        await again.stop()


async def test_reports_come_to_the_one_that_they_are_for(
    senders: list[Sender], network: NetworkOptions
) -> None:
    one, other, _ = senders
    await one.join("a=ssrc:1 cname:a")
    await other.join("a=ssrc:2 cname:b")
    await one.send(1)
    await other.send(2)
    report = rtcp.compound([rtcp.ReceiverReport(2, ())])
    with closing(open_udp(NetworkOptions())) as beside:
        beside.sendto(report, (HOST, network.port_range[1]))
        await until(lambda: other.came == 6)
    assert one.came == 5


async def test_strangers_are_dropped_and_counted_before_anybody_looks(
    senders: list[Sender], network: NetworkOptions
) -> None:
    one, _, _ = senders
    await one.join()
    await one.send(1)
    before = Datagrams.here().strangers
    with closing(open_udp(NetworkOptions())) as stranger:
        for data in (b"", b"\x16dtls", b"GET / HTTP/1.1", b"\0" * 30):
            stranger.sendto(data, (HOST, network.port_range[0]))
        await until(lambda: Datagrams.here().strangers == before + 4)
    assert one.session.stats.packets_dropped == 0


async def test_another_offer_that_could_be_taken_for_another_s_is_refused(
    senders: list[Sender],
) -> None:
    one, other, _ = senders
    await one.join()
    await other.join(payload_type=100)
    await one.send(1)
    with pytest.raises(Refused, match="a=ssrc"):
        await other.session.reoffer(offer(other.socket))
    await other.send(2, payload_type=100)  # all is as it was
    await other.session.reoffer(offer(other.socket, payload_type=101))
    await other.send(2, payload_type=101)
    assert one.came == 5


def dropped(count: int) -> bool:
    return Datagrams.here().strangers >= count


@dataclass
class Checked:
    """A session that notes its checks."""

    came: list[bytes] = field(default_factory=list)

    def check_received(self, data: bytes, addr: Address) -> None:
        self.came.append(data)


def check(user: str, transaction: bytes = b"a transaction"[:12]) -> bytes:
    message = stun.Message(stun.Method.BINDING, stun.Class.REQUEST, transaction)
    message.attributes["USERNAME"] = f"{user}:them"
    return bytes(message)


async def test_checks_for_nobody_take_nothing_from_those_for_somebody() -> None:
    port = SharedPort(open_udp(NetworkOptions()))
    alice, bob = Checked(), Checked()
    for name, session in (("alice", alice), ("bob", bob)):
        port.check_for(name, session)
    port.asks(b"question one", bob)
    answer = bytes(stun.Message(stun.Method.BINDING, stun.Class.RESPONSE, b"question one"))
    counted = Datagrams.here().strangers
    with closing(open_udp(NetworkOptions())) as far:
        for rounds in range(1, 11):
            for _ in range(100):
                far.sendto(check("nobody"), port.socket.getsockname())
            await until(partial(dropped, counted + 100 * rounds))
        far.sendto(answer, port.socket.getsockname())
        far.sendto(check("bob"), port.socket.getsockname())
        await until(lambda: len(bob.came) == 2)
        for _ in range(10 * CHECKS_SHARE):
            far.sendto(check("alice"), port.socket.getsockname())
        far.sendto(check("bob"), port.socket.getsockname())
        await until(lambda: len(bob.came) == 3)
    assert Datagrams.here().strangers - counted >= 1000
    assert alice.came
    port.asks_no_more(b"question one")
    for name in ("alice", "bob"):
        port.check_no_more(name)


@pytest.fixture
async def sites() -> AsyncIterator[list[Site]]:
    three = [Site() for _ in range(3)]
    yield three
    for one in three:
        await one.close()


def heard(peer: WebRtcPeer, packets: int) -> bool:
    """Whether so many have come from it."""
    return peer.stats.packets_in >= packets


async def test_browsers_and_plain_rtp_share_one_port(
    sites: list[Site], senders: list[Sender], network: NetworkOptions
) -> None:
    port = network.port_range[0]
    alone = NetworkOptions(port_range=(port, port))
    async with AsyncExitStack() as stack:
        peers = []
        for site in sites:
            connection = await stack.enter_async_context(remote("video", Tone()))
            peer = WebRtcPeer(CallTerms("p", site.intake, alone, CLOCK, FORM, SOUND))
            stack.push_async_callback(peer.stop)
            site.listen(peer)
            await connect(peer, connection)
            peers.append((peer, connection))
        await senders[0].join()
        assert senders[0].port == port
        for site, (_, connection) in zip(sites, peers, strict=True):
            await until(partial(getattr, site, "joined"))
            assert f" {port} typ host" in connection.remoteDescription.sdp
        for peer, _ in peers:
            await until(partial(heard, peer, peer.stats.packets_in + 10))
        await senders[0].send(1)
    assert all(peer.stats.packets_dropped == 0 for peer, _ in peers)


async def test_stun_of_those_who_do_not_know_the_password_is_no_sign_of_life(
    sites: list[Site], network: NetworkOptions
) -> None:
    site, clock = sites[0], ManualClock()
    async with remote("video") as connection:
        peer = WebRtcPeer(CallTerms("p", site.intake, network, clock, FORM, SOUND))
        try:
            site.listen(peer)
            await connect(peer, connection)
            await until(lambda: site.joined)
            link = connection.getTransceivers()[0].receiver.transport.transport._connection
            forged = stun.Message(stun.Method.BINDING, stun.Class.REQUEST)
            forged.attributes["USERNAME"] = f"{link.remote_username}:{link.local_username}"
            forged.add_message_integrity(b"a guess")
            for protocol in link._protocols:
                protocol.transport.close()
            with closing(open_udp(NetworkOptions())) as stranger:

                def lost() -> bool:
                    port = peer._paths[0].link._connection._local_candidates[0].port
                    stranger.sendto(bytes(forged), (HOST, port))
                    clock.advance_ns(SILENT_AFTER_NS // 100)
                    return bool(site.away)

                await until(lost)
            assert site.away == "connection lost"
            assert peer.stats.packets_dropped > 0
        finally:
            await peer.stop()


def check_of(peer: WebRtcPeer) -> bytes:
    """A check by one who knows the peer's password."""
    path = peer._paths[0]
    assert path.ours is not None
    made = stun.Message(stun.Method.BINDING, stun.Class.REQUEST)
    made.attributes["USERNAME"] = f"{path.ours.ufrag}:{path.theirs.ufrag}"
    made.attributes["PRIORITY"] = 1
    made.add_message_integrity(path.ours.password.encode())
    return bytes(made)


async def test_a_check_with_a_forged_source_takes_nothing_from_others(
    sites: list[Site], senders: list[Sender], network: NetworkOptions
) -> None:
    port = network.port_range[0]
    alone = NetworkOptions(port_range=(port, port))
    async with AsyncExitStack() as stack:
        peers = []
        for site in sites[:2]:
            connection = await stack.enter_async_context(remote("video"))
            peer = WebRtcPeer(CallTerms("p", site.intake, alone, CLOCK, FORM, SOUND))
            stack.push_async_callback(peer.stop)
            site.listen(peer)
            await connect(peer, connection)
            await until(partial(getattr, site, "joined"))
            way = connection.getTransceivers()[0].receiver.transport.transport._connection
            peers.append((peer, way._nominated[1].protocol.transport))
        (victim, its_way), (other, _) = peers
        await senders[0].join()
        await senders[0].send(1)
        known = {at for one in victim._paths[0].link._connection._protocols
                 for at in one.port.datagrams.sources(one.flow)}  # fmt: skip
        senders[0].socket.sendto(check_of(other), (HOST, port))
        its_way.sendto(check_of(other), (HOST, port))
        await senders[0].send(1)
        (theirs,) = other._paths[0].link._connection._protocols
        assert known.isdisjoint(theirs.port.datagrams.sources(theirs.flow))


async def test_a_flood_of_checks_costs_no_more_than_a_browser_s(
    sites: list[Site], network: NetworkOptions
) -> None:
    async with remote("video") as connection:
        peer = WebRtcPeer(CallTerms("p", sites[0].intake, network, ManualClock(), FORM, SOUND))
        try:
            sites[0].listen(peer)
            await connect(peer, connection)
            await until(lambda: sites[0].joined)
            way = connection.getTransceivers()[0].receiver.transport.transport._connection
            pair, check = way._nominated[1], check_of(peer)
            for _ in range(2 * CHECKS_PER_SECOND):
                pair.protocol.transport.sendto(check, pair.remote_addr)
            await until(lambda: peer.stats.packets_dropped >= CHECKS_PER_SECOND)
        finally:
            await peer.stop()
