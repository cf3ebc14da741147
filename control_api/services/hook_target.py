"""Where a webhook may go, and one delivery to it: HTTP/1.1 by hand, so that the address that was
checked is the one that is connected to, and no redirect leads elsewhere."""

import asyncio
import hashlib
import hmac
import ssl
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from urllib.parse import urlsplit

import h11

from mcu_core.errors import BadInput, McuError

DELIVERY_S = 10.0
MOST_ANSWERED = 65_536
Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network


class NotDelivered(McuError):
    """The other side did not take it."""


@dataclass(frozen=True, slots=True)
class Target:
    """One receiver: https, or http where that was allowed."""

    host: str
    port: int
    path: str
    tls: bool

    @property
    def shown(self) -> str:
        """For logs: without what may be a secret in its path."""
        return f"{'https' if self.tls else 'http'}://{self.host}:{self.port}"


def read_targets(urls: str, schemes: Sequence[str]) -> tuple[Target, ...]:
    """The receivers in a list with commas; raises BadInput."""
    found = []
    for url in filter(None, (one.strip() for one in urls.split(","))):
        try:
            parts = urlsplit(url)
            port = parts.port
        except ValueError as error:
            raise BadInput("webhooks", "addresses such as https://host/path") from error
        if parts.scheme not in schemes or not parts.hostname or parts.username is not None:
            raise BadInput("webhooks", f"addresses of {' or '.join(schemes)} with a host")
        tls = parts.scheme == "https"
        query = f"?{parts.query}" if parts.query else ""
        path = f"{parts.path or '/'}{query}"
        if not path.isascii() or any(letter <= " " for letter in path):
            raise BadInput("webhooks", "a path of plain letters")
        found.append(Target(parts.hostname, port or (443 if tls else 80), path, tls))
    return tuple(found)


def read_networks(text: str) -> tuple[Network, ...]:
    """Networks such as 10.0.0.0/8 in a list with commas; raises BadInput."""
    try:
        return tuple(ip_network(one.strip()) for one in text.split(",") if one.strip())
    except ValueError as error:
        raise BadInput("webhook_networks", "networks such as 10.0.0.0/8") from error


def permitted(address: Address, networks: Iterable[Network]) -> bool:
    """Whether we may go there: into these networks; without any, all but this machine's own."""
    own = address
    if isinstance(own, IPv6Address) and own.ipv4_mapped is not None:
        own = own.ipv4_mapped
    listed = list(networks)
    if listed:
        return any(own in network for network in listed)
    return not (own.is_loopback or own.is_link_local or own.is_multicast or own.is_unspecified)


def signature(secret: str, timestamp: int, body: bytes) -> str:
    """What a receiver compares: HMAC-SHA256 of the time and the body, in hex."""
    return hmac.new(secret.encode(), f"{timestamp}.".encode() + body, hashlib.sha256).hexdigest()


async def deliver(
    target: Target, networks: Iterable[Network], headers: Iterable[tuple[str, str]], body: bytes
) -> None:
    """Post a body; raises NotDelivered unless the answer is a success."""
    try:
        async with asyncio.timeout(DELIVERY_S):
            status = await _post(target, networks, headers, body)
    except (OSError, ssl.SSLError, h11.ProtocolError, TimeoutError) as error:
        raise NotDelivered(f"{target.shown}: {error or 'too slow'}") from error
    if not 200 <= status < 300:
        raise NotDelivered(f"{target.shown}: status {status}")


async def _post(
    target: Target, networks: Iterable[Network], headers: Iterable[tuple[str, str]], body: bytes
) -> int:
    found = await asyncio.get_running_loop().getaddrinfo(target.host, target.port, type=1)
    address = next(
        (one[4][0] for one in found if permitted(ip_address(str(one[4][0])), networks)), None
    )
    if address is None:
        raise NotDelivered(f"{target.shown}: its address is not among those that are allowed")
    reader, writer = await asyncio.open_connection(
        str(address),
        target.port,
        ssl=ssl.create_default_context() if target.tls else None,
        server_hostname=target.host if target.tls else None,
    )
    try:
        return await _exchange(reader, writer, _request(target, headers, body), body)
    finally:
        writer.close()
        with suppress(OSError):  # the other side was quicker
            await writer.wait_closed()


def _request(target: Target, headers: Iterable[tuple[str, str]], body: bytes) -> h11.Request:
    host = f"[{target.host}]" if ":" in target.host else target.host
    always = [
        ("Host", f"{host}:{target.port}"),
        ("Content-Type", "application/json"),
        ("Content-Length", str(len(body))),
        ("Connection", "close"),
    ]
    return h11.Request(method="POST", target=target.path, headers=[*always, *headers])


async def _exchange(
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
    request: h11.Request,
    body: bytes,
) -> int:
    connection = h11.Connection(h11.CLIENT)
    for said in (request, h11.Data(data=body), h11.EndOfMessage()):
        writer.write(connection.send(said) or b"")
    await writer.drain()
    taken = 0
    while True:
        event = connection.next_event()
        if isinstance(event, h11.Response):
            return event.status_code
        if event is h11.NEED_DATA:
            data = await reader.read(4096)
            taken += len(data)
            if taken > MOST_ANSWERED:
                raise NotDelivered("its answer has no end")
            connection.receive_data(data)
        elif isinstance(event, h11.ConnectionClosed):
            raise NotDelivered("it hung up")
