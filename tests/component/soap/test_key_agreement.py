"""Passwords of conferences, sealed as later clients seal them: by zeep, and by hand."""

import asyncio
import base64
import os
from functools import partial
from typing import Any

import pytest
import requests
import zeep
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.padding import PKCS7

from control_api.soap.faults import Code
from tests.component.soap.conftest import Office


def sealed_for(public_key: str, secret: bytes) -> str:
    """As the vendor's client sends its key: hex text under RSA-OAEP, SHA-512 with SHA-1."""
    key = serialization.load_der_public_key(base64.b64decode(public_key))
    assert isinstance(key, rsa.RSAPublicKey)
    oaep = padding.OAEP(padding.MGF1(hashes.SHA1()), hashes.SHA512(), None)
    return base64.b64encode(key.encrypt(secret.hex().encode(), oaep)).decode()


def sealed(password: str, key: bytes, iv: bytes) -> str:
    """As it sends a password then."""
    padder = PKCS7(128).padder()
    padded = padder.update(password.encode()) + padder.finalize()
    encryptor = Cipher(algorithms.AES(key), modes.CBC(iv)).encryptor()
    return base64.b64encode(encryptor.update(padded) + encryptor.finalize()).decode()


@pytest.mark.parametrize("office", [True], indirect=True, ids=["vendor"])
async def test_a_password_is_sealed_with_the_agreed_key(office: Office) -> None:
    url = f"{office.client.url}/esdk/services/platformKeyMgr?wsdl"
    transport = zeep.Transport(session=office.client.http)
    service = (await asyncio.to_thread(partial(zeep.Client, url, transport=transport))).service

    async def ask(name: str, **fields: Any) -> Any:
        return await asyncio.to_thread(partial(getattr(service, name), **fields))

    key, iv = os.urandom(16), os.urandom(16)
    public = await ask("getPublicKey", secretType="RSA2048")
    assert public.resultCode == 0
    agreed = {
        "secretKey": sealed_for(public.publicKey, key),
        "iv": sealed_for(public.publicKey, iv),
    }
    assert await ask("setSecretKey", secretType="AES128", **agreed) == 0
    answer = await office.book(password=sealed("123456", key, iv))
    assert answer.resultCode == 0
    bookings = office.control.bridge.bookings
    booking = await bookings.get(int(answer.conferenceInfo.confId))
    assert bookings.is_password("123456", booking.password)
    assert not bookings.is_password("123457", booking.password)
    assert "123456" not in repr(booking), "it is kept as a keyed hash"
    for broken in (sealed("12345", key, iv), sealed("123456", iv, key), "no base64 at all"):
        assert (await office.book(password=broken)).resultCode == Code.PASSWORD_UNREADABLE
    garbage = {"secretKey": "AAAA", "iv": "AAAA"}
    assert await ask("setSecretKey", secretType="AES128", **garbage) == Code.RSA_FAILED


async def test_nobody_gets_the_key_without_a_session(office: Office) -> None:
    url = f"{office.client.url}/esdk/services/platformKeyMgr?wsdl"
    with requests.Session() as stranger:
        transport = zeep.Transport(session=stranger)
        client = await asyncio.to_thread(partial(zeep.Client, url, transport=transport))
        ask = partial(client.service.getPublicKey, secretType="RSA2048")
        answer = await asyncio.to_thread(ask)
    assert answer.resultCode == Code.NO_SESSION
