"""A certificate by one setting: pages, REST and SOAP over HTTPS, to callers who check it."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from control_api.main import server_for
from tests.component.control.conftest import Control
from tests.fakes.soap_client import SoapCaller
from tests.fakes.waiting import until

PASSWORD = "Passw0rd!demo"


@dataclass(frozen=True)
class Secured:
    """Where it is, and the certificate by which it is known."""

    url: str
    certificate: Path


def self_signed(folder: Path) -> tuple[Path, Path]:
    """Certificate and key of this machine, as `openssl req -x509` makes them."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "mcu.hospital.example")])
    now = datetime.now(UTC)  # noqa: TID251 - what checks it has the machine's clock
    builder = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    certificate = (
        builder.not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), False
        )
        .sign(key, hashes.SHA256())
    )
    files = folder / "cert.pem", folder / "key.pem"
    files[0].write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    files[1].write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return files


@pytest.fixture
async def secured(control: Control, tmp_path: Path) -> AsyncIterator[Secured]:
    certificate, key = self_signed(tmp_path)
    options = {"port": 0, "tls_cert": certificate, "tls_key": key}
    server = server_for(control.settings.model_copy(update=options), control.bridge)
    server.config.lifespan = "off"  # the bridge is the fixture's
    running = asyncio.create_task(server.serve())
    await until(lambda: server.started)
    port = server.servers[0].sockets[0].getsockname()[1]
    yield Secured(f"https://127.0.0.1:{port}", certificate)
    server.end()
    await running


async def test_zeep_logs_in_over_https_by_the_served_description(
    control: Control, secured: Secured, monkeypatch: pytest.MonkeyPatch
) -> None:
    await control.bridge.digests.set("admin", PASSWORD)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(secured.certificate))

    def conversation() -> tuple[int, int, bool]:
        with SoapCaller(secured.url) as caller:
            right = caller.log_in("admin", PASSWORD)
            alive = caller.ask("KeepAlive")
            return right, int(alive), all(cookie.secure for cookie in caller.http.cookies)

    assert await asyncio.to_thread(conversation) == (0, 0, True)


async def test_pages_are_shown_to_who_trusts_the_certificate_alone(secured: Secured) -> None:
    trust = ssl.create_default_context(cafile=str(secured.certificate))
    async with httpx.AsyncClient(verify=trust) as client:
        reply = await client.get(f"{secured.url}/login")
        assert reply.status_code == 200
        assert reply.http_version == "HTTP/1.1"
    async with httpx.AsyncClient() as stranger:
        with pytest.raises(httpx.ConnectError, match="CERTIFICATE_VERIFY_FAILED"):
            await stranger.get(f"{secured.url}/login")
