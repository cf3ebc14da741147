"""Sealing what only some may read: AES-256-GCM, the key one of this installation's secrets."""

import base64
import hashlib
import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

NONCE_BYTES = 12


class Seal:
    """Makes texts unreadable to whoever does not have the key; the same text differs each time."""

    def __init__(self, secret: str) -> None:
        self._cipher = AESGCM(hashlib.sha256(secret.encode()).digest())

    def closed(self, text: str) -> str:
        """The text sealed, in letters of base64; empty stays empty."""
        if not text:
            return ""
        nonce = os.urandom(NONCE_BYTES)
        return base64.b64encode(nonce + self._cipher.encrypt(nonce, text.encode(), None)).decode()

    def opened(self, sealed: str) -> str:
        """The text in it; empty for what was not sealed with this key."""
        try:
            data = base64.b64decode(sealed, validate=True)
            return self._cipher.decrypt(data[:NONCE_BYTES], data[NONCE_BYTES:], None).decode()
        except (ValueError, InvalidTag):
            return ""
