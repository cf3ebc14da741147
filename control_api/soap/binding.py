"""Between elements of the contract and frozen structs: fields in the order of the schema.

A struct's fields are named as the elements, in camel case or by `name=`. Children are unqualified;
what came in our namespace is taken, too. Only after a message was checked against the schema is it
read; so nothing here can fail but what XML Schema permits and Python does not (the year 0000).
"""

import base64
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from types import UnionType
from typing import Any, TypeVar, get_args, get_origin, get_type_hints
from xml.sax.saxutils import escape

import msgspec

from control_api.soap.envelope import NAMESPACE, PLATFORM, Element, printable
from control_api.soap.faults import SoapFault

T = TypeVar("T", bound=msgspec.Struct)

SUBTYPE = "{http://www.w3.org/2001/XMLSchema-instance}type"
"""Callers with a type of their own for filters say so; what they send are the fields of ours."""

_DURATION = re.compile(
    r"(-)?P(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d*)?|\.\d+)S)?)?"
)
YEARS = range(1970, 2200)
"""Further off no calendar arithmetic with zones is safe."""


class Wire(msgspec.Struct, frozen=True, rename="camel"):
    """The root of all structs that stand on the wire."""


# ---------------------------------------------------------------------- texts of XML Schema


def read_duration(text: str) -> timedelta:
    """An xs:duration; a year counts 365 days, a month 30."""
    found = _DURATION.fullmatch(text.strip())
    if found is None:
        raise ValueError(text)
    sign, years, months, days, hours, minutes, seconds = found.groups()
    length = timedelta(
        days=sum(
            int(number or 0) * each for number, each in ((years, 365), (months, 30), (days, 1))
        ),
        hours=int(hours or 0),
        minutes=int(minutes or 0),
        seconds=float(seconds or 0),
    )
    return -length if sign else length


@lru_cache(maxsize=1024)
def write_duration(length: timedelta) -> str:
    """As `PT1H`, `PT9M41S`, `P1DT2H`."""
    sign = "-" if length < timedelta() else ""
    days, rest = divmod(round(abs(length).total_seconds()), 86400)
    hours, rest = divmod(rest, 3600)
    minutes, seconds = divmod(rest, 60)
    parts = [(hours, "H"), (minutes, "M"), (seconds, "S")]
    time = "".join(f"{number}{letter}" for number, letter in parts if number)
    date = f"{days}D" if days else ""
    return f"{sign}P{date}T{time}" if time else f"{sign}P{date}" if date else "PT0S"


def read_time(text: str) -> datetime:
    """An xs:dateTime, with or without fraction and zone."""
    text = text.strip()
    day, _, clock = text.partition("T")
    late = clock.startswith("24:")
    clock = re.sub(r"(\.\d{6})\d+", r"\1", clock)  # finer than Python's microseconds
    moment = datetime.fromisoformat(f"{day}T{'00' + clock[2:] if late else clock}")
    if moment.year not in YEARS:
        raise ValueError(text)
    return moment + timedelta(days=1) if late else moment


def write_time(moment: datetime) -> str:
    """With milliseconds and the numeric offset of its zone."""
    return moment.isoformat(timespec="milliseconds")


def read_flag(text: str) -> bool:
    """A boolean text of the standard (4.2.3): true if it begins with 1; empty is none."""
    if not text.strip():
        raise ValueError(text)
    return text.strip().startswith("1")


def _read_text(text: str) -> str:
    return text


_READ: dict[object, Callable[[str], Any]] = {
    str: _read_text,
    bool: read_flag,
    int: lambda text: int(text.strip()),
    datetime: read_time,
    timedelta: read_duration,
    bytes: lambda text: base64.b64decode(text),
}


def _write_scalar(value: object) -> str:
    # Answers have tens of thousands of values: the exact type is found at once, its heirs later.
    writer = _WRITE.get(type(value))
    return writer(value) if writer is not None else _write_heir(value)


def _write_heir(value: object) -> str:
    return str(int(value)) if isinstance(value, int) else _write_text(str(value))


def _write_text(text: str) -> str:
    return escape(printable(text))


_WRITE: dict[type, Callable[[Any], str]] = {
    bool: lambda value: "1" if value else "0",
    int: str,
    str: _write_text,
    datetime: lambda value: write_time(value if value.tzinfo else value.replace(tzinfo=UTC)),
    timedelta: write_duration,
    bytes: lambda value: base64.b64encode(value).decode(),
}


# ---------------------------------------------------------------------- structs


class _Field(msgspec.Struct, frozen=True):
    attribute: str
    name: str
    kind: Any
    plural: bool


_FIELDS: dict[type, tuple[_Field, ...]] = {}


def fields_of(kind: type[msgspec.Struct]) -> tuple[_Field, ...]:
    """The fields of a struct in the order of the wire."""
    if kind not in _FIELDS:
        hints = get_type_hints(kind)
        found = []
        for field in msgspec.structs.fields(kind):
            wanted, plural = _bare(hints[field.name])
            found.append(_Field(field.name, field.encode_name, wanted, plural))
        _FIELDS[kind] = tuple(found)
    return _FIELDS[kind]


def _bare(hint: Any) -> tuple[Any, bool]:
    if get_origin(hint) is tuple:
        return get_args(hint)[0], True
    if isinstance(hint, UnionType):
        return next(part for part in get_args(hint) if part is not type(None)), False
    return hint, False


def _is_struct(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, msgspec.Struct)


def local(element: Element) -> str:
    """The name of an element without its namespace."""
    return str(element.tag).rpartition("}")[2]


def tidy(element: Element, kind: type[msgspec.Struct], aliases: Mapping[str, str]) -> None:
    """Bring the children into the schema's form: unqualified, its spelling, its order.

    The standard has misprints and shows no schema; so callers differ in what they send. Where it
    types a duration and says "unit minutes", a bare number is minutes.
    """
    known = {field.name: (k, field) for k, field in enumerate(fields_of(kind))}
    for child in element:
        if not isinstance(child.tag, str):
            continue
        if child.tag.startswith((f"{{{NAMESPACE}}}", f"{{{PLATFORM}}}")):
            child.tag = local(child)
        child.tag = aliases.get(child.tag, child.tag)
        child.attrib.pop(SUBTYPE, None)
        wanted: Any = known[child.tag][1].kind if child.tag in known else None
        if _is_struct(wanted):
            tidy(child, wanted, aliases)
        elif wanted is timedelta and (child.text or "").strip().isdecimal():
            child.text = f"PT{(child.text or '').strip()}M"
    nobody = (len(known), None)
    element[:] = sorted(element, key=lambda child: known.get(child.tag, nobody)[0])


def read(element: Element, kind: type[T]) -> T:
    """The struct in a checked element; raises SoapFault for what no Python value can hold."""
    values: dict[str, Any] = {}
    for field in fields_of(kind):
        found = [_read_one(child, field.kind) for child in element if child.tag == field.name]
        if field.plural:
            values[field.attribute] = tuple(found)
        elif found:
            values[field.attribute] = found[0]
    return kind(**values)


def _read_one(child: Element, kind: Any) -> Any:
    if _is_struct(kind):
        return read(child, kind)
    try:
        return _READ[kind](child.text or "")
    except (ValueError, OverflowError) as error:
        raise SoapFault("Client", f"Unmarshalling Error: {child.tag}: out of range") from error


def write(value: msgspec.Struct, names: Mapping[str, str] = {}) -> str:
    """The children of an element; `names` says what a dialect calls a field otherwise."""
    parts = []
    for field in fields_of(type(value)):
        held = getattr(value, field.attribute)
        if held is None:
            continue
        name = names.get(field.name, field.name)
        for one in held if field.plural else (held,):
            inner = write(one, names) if isinstance(one, msgspec.Struct) else _write_scalar(one)
            parts.append(f"<{name}>{inner}</{name}>")
    return "".join(parts)
