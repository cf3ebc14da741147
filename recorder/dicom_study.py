"""Whom a DICOM object is about: what a caller says of patient and study, checked (PS3.5 6.2)."""

import re
import unicodedata
import uuid
from collections.abc import Callable
from datetime import datetime

import msgspec

from mcu_core.errors import BadInput

UID_PATTERN = re.compile(r"(?:0|[1-9][0-9]*)(?:\.(?:0|[1-9][0-9]*))+")
LONGEST_UID = 64
SEXES = ("", "F", "M", "O")


class Study(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Patient and study as the hospital knows them; empty is unknown.

    Names are `Family^Given^Middle^Prefix^Suffix`, in up to three ways of writing with `=` between
    (letters, characters, sound): `Wang^XiaoDong=王^小东`. `birth_date` is YYYYMMDD.
    """

    patient_name: str = ""
    patient_id: str = ""
    birth_date: str = ""
    sex: str = ""
    study_uid: str = ""
    study_id: str = ""
    accession: str = ""
    description: str = ""
    physician: str = ""
    institution: str = ""
    series_description: str = ""


def checked_study(study: Study) -> Study:
    """The study with blanks around its values removed; raises BadInput naming the field."""
    values = {name: getattr(study, name).strip() for name in study.__struct_fields__}
    for name, check in CHECKS.items():
        if values[name]:
            check(values[name], name)
    if values["sex"] not in SEXES:
        raise BadInput("sex", "F, M, O or nothing")
    return Study(**values)


def new_uid() -> str:
    """A UID of nobody's root: a random UUID as a number (PS3.5 B.2)."""
    return f"2.25.{uuid.uuid4().int}"


def uid_of(base: str, number: int) -> str:
    """The UID of the `number`-th of a series: the same again whenever it is asked for."""
    return f"2.25.{uuid.uuid5(uuid.NAMESPACE_OID, f'{base}/{number}').int}"


def is_uid(text: str) -> bool:
    """Whether that is a UID as PS3.5 9.1 wants it."""
    return len(text) <= LONGEST_UID and UID_PATTERN.fullmatch(text) is not None


def _uid(value: str, field: str) -> None:
    if not is_uid(value):
        raise BadInput(field, "numbers with dots between, at most 64 signs (a DICOM UID)")


def _date(value: str, field: str) -> None:
    try:
        fine = re.fullmatch(r"[0-9]{8}", value) and datetime.strptime(value, "%Y%m%d")  # noqa: DTZ007 # a day has no zone
    except ValueError:
        fine = None
    if not fine:
        raise BadInput(field, "a day as YYYYMMDD")


def _text(longest: int) -> Callable[[str, str], None]:
    """SH, LO: so many characters, none that controls, no backslash (which parts values)."""

    def check(value: str, field: str) -> None:
        if len(value) > longest or "\\" in value or not _printable(value):
            raise BadInput(field, f"at most {longest} characters, no backslash, one line")

    return check


def _name(value: str, field: str) -> None:
    """PN: up to three groups of 64 characters, of up to five parts each (PS3.5 6.2.1)."""
    groups = value.split("=")
    fits = len(groups) <= 3 and all(len(one) <= 64 and one.count("^") <= 4 for one in groups)
    if not fits or "\\" in value or not _printable(value):
        raise BadInput(
            field,
            "at most three ways of writing with = between, each of at most 64 characters and five "
            "parts with ^ between, no backslash",
        )


def _printable(value: str) -> bool:
    return not any(unicodedata.category(sign) in ("Cc", "Cs", "Zl", "Zp") for sign in value)


CHECKS: dict[str, Callable[[str, str], None]] = {
    "patient_name": _name,
    "patient_id": _text(64),
    "birth_date": _date,
    "study_uid": _uid,
    "study_id": _text(16),
    "accession": _text(16),
    "description": _text(64),
    "physician": _name,
    "institution": _text(64),
    "series_description": _text(64),
}
