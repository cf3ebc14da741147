"""WS-Security UsernameToken with a plain password, as some integrators' tools send (SOAP-GEN-10).

Its digest form would need the plain password kept, which we do not do; such a token is a fault.
"""

from dataclasses import dataclass

from control_api.soap.envelope import Element
from control_api.soap.faults import SoapFault

_OASIS = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-"
WSSE = f"{{{_OASIS}wssecurity-secext-1.0.xsd}}"
SECURITY = frozenset({f"{WSSE}Security"})


@dataclass(frozen=True, slots=True)
class UsernameToken:
    """Who asks, and the password."""

    user: str
    password: str


def username_token(headers: tuple[Element, ...]) -> UsernameToken | None:
    """The token in a message's headers, if there is one; raises SoapFault."""
    for header in headers:
        if header.tag not in SECURITY:
            continue
        token = header.find(f"{WSSE}UsernameToken")
        if token is None:
            raise SoapFault("Client", "of WS-Security only a UsernameToken is taken")
        password = token.find(f"{WSSE}Password")
        if password is None or password.get("Type", "#PasswordText").endswith("#PasswordDigest"):
            raise SoapFault("Client", "a UsernameToken with a password as text is expected")
        return UsernameToken(token.findtext(f"{WSSE}Username", ""), password.text or "")
    return None
