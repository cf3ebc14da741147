"""The contract: schema files, which decide, and the WSDL that follows from them.

Each service has a schema; an element `X` in it that has an `XResponse` beside it is an operation.
"""

from dataclasses import dataclass
from functools import cache, lru_cache
from importlib import resources
from pathlib import Path
from xml.sax.saxutils import quoteattr

from lxml import etree

from control_api.soap.envelope import NAMESPACE, PLATFORM, SHOWN, Element, parse_xml
from control_api.soap.faults import SoapFault

XS = "{http://www.w3.org/2001/XMLSchema}"
ANSWER = "Response"
VENDOR = "Ex"
PLAIN = {"LoginRequest", "Authenticate", "Logout", "KeepAlive", "getPublicKey", "setSecretKey"}
"""Operations that have one name in both dialects."""


@dataclass(frozen=True, slots=True)
class Service:
    """One service: its name, its schema, and whether it has the vendor's names (`...Ex`)."""

    name: str
    schema: str
    vendor: bool

    @property
    def namespace(self) -> str:
        """Of its operations."""
        return PLATFORM if self.schema == KEYS else NAMESPACE


DESCRIPTIONS = 64
"""Kept at once: anybody may ask under any name of ours (Host), without having logged in."""

KEYS = "platformKeyMgr"
_SCHEMAS = ("common", "confMgr", "confCtrl", "siteMgr", "mcuMgr", "orgaMgr", KEYS)
_VENDOR = {
    "tpCommon": "common",
    "tpProfessionalConfMgr": "confMgr",
    "tpProfessionalConfCtrl": "confCtrl",
    "tpProfessionalTerminalConfCtr": "confCtrl",
    "tpProfessionalSiteMgr": "siteMgr",
    "tpProfessionalMCUMgr": "mcuMgr",
    "tpProfessionalOrgaMgr": "orgaMgr",
    KEYS: KEYS,
}
SERVICES = {
    **{f"/services/{name}": Service(name, name, False) for name in _SCHEMAS if name != KEYS},
    **{f"/esdk/services/{name}": Service(name, of, True) for name, of in _VENDOR.items()},
}
"""By path, as WS/T 546 table 2 and the vendor's gateway have them."""


def _folder() -> Path:
    with resources.as_file(resources.files("control_api.soap").joinpath("contract")) as folder:
        return folder


@cache
def schema_file(name: str) -> bytes:
    """The text of a schema file; raises KeyError for what is none."""
    if name.removesuffix(".xsd") not in {*_SCHEMAS, "types"}:
        raise KeyError(name)
    return (_folder() / f"{name.removesuffix('.xsd')}.xsd").read_bytes()


@cache
def operations_of(schema: str) -> tuple[str, ...]:
    """The names of the operations in a schema file, in its order."""
    names = [str(one.get("name")) for one in parse_xml(schema_file(schema)).findall(f"{XS}element")]
    return tuple(name for name in names if name + ANSWER in names)


@cache
def element_names() -> dict[str, str]:
    """All operations by their names in small letters, as callers differ in capitals."""
    return {name.lower(): name for schema in _SCHEMAS for name in operations_of(schema)}


@cache
def _schema(namespace: str) -> etree.XMLSchema:
    name = KEYS if namespace == PLATFORM else "gateway"
    return etree.XMLSchema(etree.parse(_folder() / f"{name}.xsd"))


def check(element: Element) -> None:
    """Raise SoapFault unless the element is as the schema says; on the event loop only.

    The schema object keeps its last errors, so two threads would read each other's.
    """
    schema = _schema(str(element.tag)[1:].partition("}")[0])
    if not schema.validate(element):
        error = schema.error_log.last_error
        reason = error.message if error is not None else "not as the schema says"
        raise SoapFault("Client", f"Unmarshalling Error: {reason[:SHOWN]}")


@lru_cache(DESCRIPTIONS)
def wsdl(path: str, origin: str) -> bytes:
    """The description of the service at a path, for callers who reach us at `origin`."""
    service = SERVICES[path]
    names = [
        name
        for name in operations_of(service.schema)
        if name in PLAIN or name.endswith(VENDOR) == service.vendor
    ]
    parts = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        '<wsdl:definitions xmlns:wsdl="http://schemas.xmlsoap.org/wsdl/"'
        ' xmlns:xs="http://www.w3.org/2001/XMLSchema"'
        ' xmlns:soap="http://schemas.xmlsoap.org/wsdl/soap/"'
        ' xmlns:soap12="http://schemas.xmlsoap.org/wsdl/soap12/"'
        f' xmlns:tns="{service.namespace}" name="{service.name}"'
        f' targetNamespace="{service.namespace}">',
        f'<wsdl:types><xs:schema targetNamespace="{service.namespace}">'
        f'<xs:include schemaLocation="xsd/{service.schema}.xsd"/></xs:schema></wsdl:types>',
    ]
    for name in names:
        for message in (name, name + ANSWER):
            parts.append(
                f'<wsdl:message name="{message}">'
                f'<wsdl:part name="parameters" element="tns:{message}"/></wsdl:message>'
            )
    parts.append(f'<wsdl:portType name="{service.name}">')
    parts += [
        f'<wsdl:operation name="{name}"><wsdl:input message="tns:{name}"/>'
        f'<wsdl:output message="tns:{name}{ANSWER}"/></wsdl:operation>'
        for name in names
    ]
    parts.append("</wsdl:portType>")
    for prefix in ("soap", "soap12"):
        parts += _binding(service, names, prefix)
    address = quoteattr(origin + path)
    parts.append(f'<wsdl:service name="{service.name}">')
    for prefix in ("soap", "soap12"):
        parts.append(
            f'<wsdl:port name="{service.name}_{prefix}" binding="tns:{service.name}_{prefix}">'
            f"<{prefix}:address location={address}/></wsdl:port>"
        )
    parts.append("</wsdl:service></wsdl:definitions>")
    return "\n".join(parts).encode()


def _binding(service: Service, names: list[str], prefix: str) -> list[str]:
    parts = [
        f'<wsdl:binding name="{service.name}_{prefix}" type="tns:{service.name}">'
        f'<{prefix}:binding style="document" transport="http://schemas.xmlsoap.org/soap/http"/>'
    ]
    body = f'<{prefix}:body use="literal"/>'
    action = f"{prefix}:operation soapAction="
    parts += [
        f'<wsdl:operation name="{name}"><{action}"{service.namespace}{name}"/>'
        f"<wsdl:input>{body}</wsdl:input><wsdl:output>{body}</wsdl:output></wsdl:operation>"
        for name in names
    ]
    return [*parts, "</wsdl:binding>"]
