"""Secrets of users who log in by digest (WS/T 546 4.4.3), sealed while they lie in the database.

The digest is SHA-256(hex(SHA-256(password)) + hex(random sequence)): who has the inner hash can log
in, so it is kept under AES-256-GCM, whose key lies in a file of its own beside the database.
"""

import base64
import hashlib
import hmac
import os
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from control_api.auth.own_roles import OwnRoles
from control_api.auth.passwords import check_password
from control_api.auth.roles import Principal
from control_api.errors import NotStored
from control_api.persistence.users import UserRows
from mcu_core.errors import NotFound

KEY_BYTES = 32
NONCE_BYTES = 12


def inner_hash(password: str) -> str:
    """What the server keeps of a password: SHA-256 of its UTF-8 bytes, in small hex letters."""
    return hashlib.sha256(password.encode()).hexdigest()


def digest(inner: str, sequence: bytes) -> bytes:
    """What a client sends who knows the password and was given that random sequence."""
    return hashlib.sha256((inner + sequence.hex()).encode()).digest()


class DigestSecrets:
    """Keeps and checks the secrets; `open` before use."""

    def __init__(self, rows: UserRows, key_file: Path, roles: OwnRoles) -> None:
        self._rows = rows
        self._roles = roles
        self._key_file = key_file
        self._key = b""

    def open(self) -> None:
        """Read the key, or make one at the first start; raises NotStored when it is broken."""
        if not self._key_file.exists():
            fresh = base64.b64encode(os.urandom(KEY_BYTES))
            handle = os.open(self._key_file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(handle, "wb") as file:
                file.write(fresh)
        try:
            self._key = base64.b64decode(self._key_file.read_bytes(), validate=True)
        except ValueError as error:
            raise NotStored(f"{self._key_file} is no key") from error
        if len(self._key) != KEY_BYTES:
            raise NotStored(f"{self._key_file} is no key")

    async def set(self, user: str, password: str) -> None:
        """Give a user a password for the gateway; raises NotFound, BadInput."""
        check_password(password)
        if await self._rows.user(user) is None:
            raise NotFound("user", user)
        nonce = os.urandom(NONCE_BYTES)
        sealed = AESGCM(self._key).encrypt(nonce, inner_hash(password).encode(), user.encode())
        await self._rows.put_gateway_secret(user, base64.b64encode(nonce + sealed).decode())

    async def user_if_right(self, user: str, sequence: bytes, given: bytes) -> Principal | None:
        """Who it is when the digest is right; unknown users take as long as wrong digests."""
        found = await self._rows.gateway_secret(user)
        inner = self._unsealed(user, found.sealed) if found is not None else ""
        right = hmac.compare_digest(digest(inner, sequence), given)
        if found is None or not inner or not right:
            return None
        return self._roles.principal(user, found.role, found.organisation)

    async def user_by_password(self, user: str, password: str) -> Principal | None:
        """Who it is when the password itself is right (WS-Security UsernameToken)."""
        return await self.user_if_right(user, b"", digest(inner_hash(password), b""))

    def _unsealed(self, user: str, sealed: str) -> str:
        raw = base64.b64decode(sealed)
        try:
            inner = AESGCM(self._key).decrypt(raw[:NONCE_BYTES], raw[NONCE_BYTES:], user.encode())
        except InvalidTag:
            return ""  # sealed with another key, which is lost: the password must be set again
        return inner.decode()
