"""SOAP 1.1 and 1.2 envelopes: strangers' bytes in, answers with the prefixes clients look for.

Envelopes are written as text: one real client finds elements by the literal prefixes `soap` and
`ns2`, which an XML library is free to choose otherwise (soap_contract.md 2).
"""

import re
from dataclasses import dataclass
from enum import Enum
from typing import TypeAlias
from xml.sax.saxutils import escape

from lxml import etree

from control_api.soap.faults import SoapFault

NAMESPACE = "http://smc.huawei.com/"
PLATFORM = "esdk_platform"
"""Of the key agreement alone."""

Element: TypeAlias = etree._Element
SHOWN = 300
"""Of what a stranger sent, at most so many characters are said back."""


class Version(Enum):
    """The two versions of SOAP: their namespaces."""

    V11 = "http://schemas.xmlsoap.org/soap/envelope/"
    V12 = "http://www.w3.org/2003/05/soap-envelope"

    @property
    def media_type(self) -> str:
        """The Content-Type of messages in this version."""
        return "text/xml" if self is Version.V11 else "application/soap+xml"


@dataclass(frozen=True, slots=True)
class Message:
    """One request: its version, and the only child of its body."""

    version: Version
    body: Element
    headers: tuple[Element, ...] = ()


def parse_xml(data: bytes) -> Element:
    """The root of a document without entities, DTD, comments and instructions; raises SoapFault.

    Depth (256) and the size of texts are limited by libxml2 itself; the body's size before this.
    """
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        root: Element = etree.fromstring(data, parser)
    except (etree.XMLSyntaxError, ValueError, LookupError) as error:
        raise SoapFault("Client", f"Unmarshalling Error: not XML: {str(error)[:SHOWN]}") from error
    info = root.getroottree().docinfo
    if info.internalDTD is not None or info.doctype:
        raise SoapFault("Client", "Unmarshalling Error: a document type is not allowed")
    return root


def read_message(data: bytes, understood: frozenset[str] = frozenset()) -> Message:
    """The message in these bytes; raises SoapFault.

    `understood`: names ({namespace}local) of headers that may be marked mustUnderstand.
    """
    root = parse_xml(data)
    version = next((one for one in Version if root.tag == f"{{{one.value}}}Envelope"), None)
    if version is None:
        raise SoapFault("VersionMismatch", "neither a SOAP 1.1 nor a SOAP 1.2 envelope")
    header, body = (root.find(f"{{{version.value}}}{part}") for part in ("Header", "Body"))
    headers = tuple(_elements(header)) if header is not None else ()
    for one in headers:
        needed = one.get(f"{{{version.value}}}mustUnderstand", "0").strip()
        if needed in {"1", "true"} and one.tag not in understood:
            raise SoapFault("MustUnderstand", "a header that must be understood is not")
    children = _elements(body) if body is not None else []
    if len(children) != 1:
        raise SoapFault("Client", "Unmarshalling Error: a body with one element is expected")
    return Message(version, children[0], headers)


def _elements(parent: Element) -> list[Element]:
    return [child for child in parent if isinstance(child.tag, str)]


def envelope(version: Version, body: str) -> bytes:
    """An envelope around a rendered body."""
    return (
        f'<soap:Envelope xmlns:soap="{version.value}"><soap:Body>{body}</soap:Body></soap:Envelope>'
    ).encode()


_CODES_12 = {"Client": "Sender", "Server": "Receiver"}


def fault(version: Version, code: str, text: str) -> bytes:
    """A fault with a code of SOAP 1.1 (Client, Server, VersionMismatch, MustUnderstand)."""
    said = escape(printable(text))
    if version is Version.V11:
        inner = f"<faultcode>soap:{code}</faultcode><faultstring>{said}</faultstring>"
    else:
        inner = (
            f"<soap:Code><soap:Value>soap:{_CODES_12.get(code, code)}</soap:Value></soap:Code>"
            f'<soap:Reason><soap:Text xml:lang="en">{said}</soap:Text></soap:Reason>'
        )
    return envelope(version, f"<soap:Fault>{inner}</soap:Fault>")


def fault_status(version: Version, code: str) -> int:
    """The HTTP status of a fault: 500 in SOAP 1.1; in 1.2 400 where the caller is at fault."""
    return 400 if version is Version.V12 and code == "Client" else 500


_UNPRINTABLE = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def printable(text: str) -> str:
    """The text without characters that XML 1.0 cannot hold."""
    return _UNPRINTABLE.sub("", text)
