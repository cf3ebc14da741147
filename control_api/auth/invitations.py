"""Invitations: signed links that let one guest take one seat, without an account.

`v1.<body>.<signature>`: body is JSON in base64url, the signature HMAC-SHA256 over all before it.
"""

import base64
import hashlib
import hmac
from dataclasses import dataclass

import msgspec

from control_api.errors import NotLoggedIn

LONGEST = 1024
HOURS = 24.0
PREFIX = "v1."


class _Body(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    c: str
    s: str
    e: float
    p: str = ""
    k: str | bool = ""


@dataclass(frozen=True, slots=True)
class Invitation:
    """The seat that an invitation is for, and until when (Unix seconds).

    `passed`: which password of the conference its holder gave; `chair`: which one of the chair.
    """

    conference: str
    site: str
    expires_s: float
    passed: str = ""
    chair: str = ""


def looks_like_invitation(token: str) -> bool:
    """Whether a bearer token is an invitation rather than a session's."""
    return token.startswith(PREFIX)


def invite(secret: str, invitation: Invitation) -> str:
    """The token for that seat."""
    body = msgspec.json.encode(
        _Body(
            invitation.conference,
            invitation.site,
            invitation.expires_s,
            invitation.passed,
            invitation.chair,
        )
    )
    signed = PREFIX + _text(body)
    return f"{signed}.{_text(_signature(secret, signed))}"


def read_invitation(secret: str, token: str, now_s: float) -> Invitation:
    """The seat that a token is for; raises NotLoggedIn when it is forged, broken or expired."""
    signed, _, signature = token.rpartition(".")
    try:
        if len(token) > LONGEST or not hmac.compare_digest(
            _text(_signature(secret, signed)).encode(), signature.encode()
        ):
            raise NotLoggedIn("this invitation is not valid")
        encoded = signed.removeprefix(PREFIX)
        raw = base64.urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4))
        body = msgspec.json.decode(raw, type=_Body)
    except (msgspec.MsgspecError, ValueError) as error:
        raise NotLoggedIn("this invitation is not valid") from error
    if body.e <= now_s:
        raise NotLoggedIn("this invitation has expired")
    chair = body.k if isinstance(body.k, str) else ""  # earlier ones did not say which password
    return Invitation(body.c, body.s, body.e, body.p, chair)


def _signature(secret: str, signed: str) -> bytes:
    return hmac.new(secret.encode(), signed.encode(), hashlib.sha256).digest()


def _text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
