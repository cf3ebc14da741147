"""The structs, the table of operations and the schema files say the same."""

from functools import cache
from typing import Any

import msgspec
import pytest
from lxml import etree

from control_api.soap import messages as m
from control_api.soap.binding import fields_of
from control_api.soap.contract import ANSWER, PLAIN, SERVICES, operations_of, schema_file, wsdl
from control_api.soap.gateway import _SESSION_REQUESTS
from control_api.soap.operations import OPERATIONS, STANDARD_NAMES

XS = "{http://www.w3.org/2001/XMLSchema}"
SCHEMAS = ("common", "confMgr", "confCtrl", "siteMgr", "mcuMgr", "orgaMgr", "platformKeyMgr")
WSDL = "{http://schemas.xmlsoap.org/wsdl/}"
Children = list[tuple[str, str]]


@cache
def schema() -> tuple[dict[str, str], dict[str, Children]]:
    """Of all files: elements with their types, and types with their children in order."""
    roots = [etree.fromstring(schema_file(name)) for name in ("types", *SCHEMAS)]
    found = {one.get("name"): one for root in roots for one in root.findall(f"{XS}complexType")}
    elements = {
        one.get("name"): one.get("type").removeprefix("tns:")
        for root in roots
        for one in root.findall(f"{XS}element")
    }

    def children(name: str) -> Children:
        base = found[name].find(f".//{XS}extension")
        before = children(base.get("base").removeprefix("tns:")) if base is not None else []
        own = found[name].findall(f".//{XS}element")
        return before + [(one.get("name"), one.get("type").removeprefix("tns:")) for one in own]

    return elements, {name: children(name) for name in found}


def asks() -> dict[str, type[msgspec.Struct]]:
    """The struct of every request, by its operation."""
    rows = {name: row.request for name, row in OPERATIONS.items()}
    return {**rows, **_SESSION_REQUESTS}


def compare(kind: Any, of_type: str, left_out: frozenset[str] = frozenset()) -> None:
    """A struct has the children of a type, in its order, and so do the structs within."""
    _, types = schema()
    expected = [(name, of) for name, of in types[of_type] if name not in left_out]
    assert [field.name for field in fields_of(kind)] == [name for name, _ in expected]
    for field, (_, of) in zip(fields_of(kind), expected, strict=True):
        if of in types:
            compare(field.kind, of, left_out)


@pytest.mark.parametrize("name", sorted(asks()))
def test_a_request_is_what_the_schema_says(name: str) -> None:
    elements, _ = schema()
    compare(asks()[name], elements[name], frozenset({"sitesAccessInfo"}))


@pytest.mark.parametrize(
    ("kind", "of_type"),
    [
        (m.ConferenceAnswer, "ScheduleConfOutput"),
        (m.RecurrenceAnswer, "ScheduleRecurrenceConferenceOutput"),
        (m.SitesAnswer, "QuerySitesOutput"),
        (m.SitesPageAnswer, "QuerySitesByConditionOutput"),
        (m.ConferencesPageAnswer, "QueryScheduleConferencesOutput"),
        (m.FreeBusyAnswer, "QuerySiteStatusOutput"),
        (m.ConferencesStatusAnswer, "QueryConferencesStatusOutput"),
        (m.SitesStatusAnswer, "QueryConfSitesStatusOutput"),
        (m.AccessAnswer, "AddSiteToConfOutput"),
        (m.PresenceInfoAnswer, "GetContinuousPresenceInfoOutput"),
        (m.PresenceParamAnswer, "GetContinuousPresenceParamOutput"),
        (m.BroadAnswer, "QueryBroadInfoOutput"),
        (m.VideoSourcesAnswer, "QueryVideoOutSrcStateOutput"),
        (m.AuxStreamsAnswer, "QueryAuxStreamSourcesOutput"),
        (m.NumberAnswer, "NumberResult"),
        (m.LoginAnswer, "LoginRequestOutput"),
        (m.PublicKeyAnswer, "GetPublicKeyOutput"),
    ],
)
def test_an_answer_is_what_the_schema_says(kind: Any, of_type: str) -> None:
    compare(kind, of_type, frozenset({"sitesAccessInfo", "sourcesID"}))


def test_every_operation_is_in_the_table_in_both_dialects() -> None:
    named = {name for one in SCHEMAS for name in operations_of(one)}
    both = {name for row in OPERATIONS for name in (row, f"{row}Ex")}
    assert named == both | PLAIN
    assert set(_SESSION_REQUESTS) == PLAIN


@pytest.mark.parametrize("name", sorted(STANDARD_NAMES))
def test_the_standards_spelling_is_in_its_answers(name: str) -> None:
    elements, types = schema()
    renamed = STANDARD_NAMES[name]
    known = {child for child, _ in types[elements[name + ANSWER]]}
    within = {child for _, of in types[elements[name + ANSWER]] for child, _ in types.get(of, [])}
    assert set(renamed.values()) <= known | within
    vendors = {child for child, _ in types[elements[f"{name}Ex{ANSWER}"]]}
    assert set(renamed) <= vendors | within


@pytest.mark.parametrize("path", sorted(SERVICES))
def test_a_description_names_the_operations_of_its_dialect(path: str) -> None:
    root = etree.fromstring(wsdl(path, 'http://h"<&'))
    names = [one.get("name") for one in root.findall(f"{WSDL}portType/{WSDL}operation")]
    assert names
    assert all(name in PLAIN or name.endswith("Ex") == SERVICES[path].vendor for name in names)
    assert len(root.findall(f"{WSDL}binding")) == 2, "SOAP 1.1 and 1.2"
