"""Keys of SRTP in session descriptions (RFC 4568)."""

import base64
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mcu_core.errors import MalformedInput
from mcu_core.protocol.sdes import (
    AES_128_GCM,
    AES_256_GCM,
    AES_CM_32,
    AES_CM_80,
    MAX_TAG_DIGITS,
    SUITES,
    CryptoLine,
    read_crypto,
)

CM_KEY = "WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz"
"""Of RFC 4568 9.1."""

GCM_KEY = base64.b64encode(bytes(range(28))).decode()


@pytest.mark.parametrize(
    ("text", "suite"),
    [
        (f"1 AES_CM_128_HMAC_SHA1_80 inline:{CM_KEY}|2^20|", AES_CM_80),
        (f"1 AES_CM_128_HMAC_SHA1_80 inline:{CM_KEY}|2^20", AES_CM_80),
        (f"1 aes_cm_128_hmac_sha1_32 inline:{CM_KEY}|1048576", AES_CM_32),
        (f"1 AES_CM_128_HMAC_SHA1_32 inline:{CM_KEY} WSH=64", AES_CM_32),
        (f"1 AEAD_AES_128_GCM inline:{GCM_KEY}", AES_128_GCM),
        (f"1 AEAD_AES_128_GCM inline:{GCM_KEY.rstrip('=')}", AES_128_GCM),
    ],
)
def test_lines_are_read(text: str, suite: object) -> None:
    line = read_crypto(text)
    assert line is not None
    assert (line.tag, line.suite, len(line.material)) == (1, suite, line.suite.material_bytes)


@pytest.mark.parametrize(
    "text",
    [
        f"1 F8_128_HMAC_SHA1_80 inline:{CM_KEY}",
        f"1 AES_CM_128_HMAC_SHA1_80 inline:{CM_KEY}|2^20|1:4",
        f"1 AES_CM_128_HMAC_SHA1_80 inline:{CM_KEY}|1:4",
        f"1 AES_CM_128_HMAC_SHA1_80 inline:{CM_KEY}|2^20|1:4;inline:{CM_KEY}|2^20|2:4",
        f"1 AES_CM_128_HMAC_SHA1_80 inline:{CM_KEY} UNENCRYPTED_SRTP",
        f"1 AES_CM_128_HMAC_SHA1_80 inline:{CM_KEY} UNAUTHENTICATED_SRTP WSH=64",
        f"1 AES_CM_128_HMAC_SHA1_80 inline:{CM_KEY} KDR=1",
    ],
)
def test_what_is_not_spoken_is_passed_over(text: str) -> None:
    assert read_crypto(text) is None


@pytest.mark.parametrize(
    "text",
    [
        "",
        "1",
        "1 AES_CM_128_HMAC_SHA1_80",
        f"one AES_CM_128_HMAC_SHA1_80 inline:{CM_KEY}",
        f"{'1' * (MAX_TAG_DIGITS + 1)} AES_CM_128_HMAC_SHA1_80 inline:{CM_KEY}",
        f"1 AES_CM_128_HMAC_SHA1_80 {CM_KEY}",
        "1 AES_CM_128_HMAC_SHA1_80 inline:",
        "1 AES_CM_128_HMAC_SHA1_80 inline:????",
        "1 AES_CM_128_HMAC_SHA1_80 inline:\xe9\xe9",
        f"1 AES_CM_128_HMAC_SHA1_80 inline:{CM_KEY[:-4]}",
        f"1 AEAD_AES_256_GCM inline:{CM_KEY}",
    ],
)
def test_what_cannot_be_read_names_the_line(text: str) -> None:
    with pytest.raises(MalformedInput) as error:
        read_crypto(text)
    assert error.value.field == "sdp.a.crypto"


LINES = st.builds(
    lambda tag, suite, noise: CryptoLine(tag, suite, noise[: suite.material_bytes]),
    st.integers(0, 10**MAX_TAG_DIGITS - 1),
    st.sampled_from(SUITES),
    st.binary(min_size=AES_256_GCM.material_bytes, max_size=AES_256_GCM.material_bytes),
)


@given(LINES)
def test_what_is_written_is_read_as_it_was(line: CryptoLine) -> None:
    assert read_crypto(line.serialize()) == line


@given(LINES, st.data())
def test_any_text_is_a_line_or_malformed(line: CryptoLine, data: st.DataObject) -> None:
    text = line.serialize()
    cut = data.draw(st.integers(0, len(text)))
    with suppress(MalformedInput):
        read_crypto(text[:cut] + data.draw(st.text(max_size=20)) + text[cut:])


def test_keys_are_not_shown() -> None:
    line = read_crypto(f"1 AES_CM_128_HMAC_SHA1_80 inline:{CM_KEY}")
    assert line is not None
    assert repr(line.material) not in repr(line)
