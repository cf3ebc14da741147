"""A key for conference passwords, agreed after login, as later clients insist on (contract 3).

RSA-OAEP has SHA-512 with SHA-1 for its mask, and carries the hex text of 16 bytes; a password is
AES-128-CBC with PKCS#7. Measured on the vendor's own client; older ones send six plain digits.
"""

import asyncio
import base64

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.padding import PKCS7

from control_api.soap.faults import Code, ResultError

RSA_BITS = 2048
KEY_BYTES = 16
LONGEST = 1000
_MASK = padding.MGF1(hashes.SHA1())  # the clients' choice
_OAEP = padding.OAEP(mgf=_MASK, algorithm=hashes.SHA512(), label=None)


class KeyAgreement:
    """The bridge's own pair of keys, made when the first caller asks and never written down."""

    def __init__(self) -> None:
        self._making = asyncio.Lock()
        self._key: rsa.RSAPrivateKey | None = None

    async def public_key(self) -> str:
        """The public half: base64 of its X.509 form."""
        async with self._making:
            if self._key is None:
                self._key = await asyncio.to_thread(
                    rsa.generate_private_key, public_exponent=65537, key_size=RSA_BITS
                )
        der = self._key.public_key().public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        return base64.b64encode(der).decode()

    def agreed(self, secret_key: str, iv: str) -> tuple[bytes, bytes]:
        """The key and initial vector that a caller sent for us alone; raises ResultError."""
        return self._opened(secret_key), self._opened(iv)

    def _opened(self, text: str) -> bytes:
        if self._key is None:
            raise ResultError(Code.RSA_FAILED, "getPublicKey comes first")
        try:
            opened = bytes.fromhex(self._key.decrypt(base64.b64decode(text), _OAEP).decode())
        except ValueError as error:
            raise ResultError(Code.RSA_FAILED) from error
        if len(opened) != KEY_BYTES:
            raise ResultError(Code.RSA_FAILED)
        return opened


def opened_password(text: str, key: tuple[bytes, bytes] | None) -> str:
    """The password in a field: plain digits, or sealed with the agreed key; raises ResultError."""
    if not text or (text.isascii() and text.isdecimal()):
        return text
    if key is None or len(text) > LONGEST:
        raise ResultError(Code.PASSWORD_UNREADABLE)
    try:
        sealed = base64.b64decode(text)
        opener = Cipher(algorithms.AES(key[0]), modes.CBC(key[1])).decryptor()
        padded = opener.update(sealed) + opener.finalize()
        stripper = PKCS7(KEY_BYTES * 8).unpadder()
        return (stripper.update(padded) + stripper.finalize()).decode()
    except ValueError as error:
        raise ResultError(Code.PASSWORD_UNREADABLE) from error
