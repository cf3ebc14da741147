"""Every word of the pages exists in both languages, and none is left over."""

import re
from inspect import getsource
from typing import get_args

import pytest

from control_api.auth.own_roles import GRANTABLE
from control_api.auth.rights import Right
from control_api.rest.pacs import JobView
from control_api.services.films import State
from control_api.services.thresholds import SEVERITIES
from mcu_core.adaptation.overload import STEPS
from mcu_core.contract.definition import Encryption, PaneFit, SiteKind
from mcu_core.engine.trace import verdict
from tests.unit.web.files import sources, texts

LITERAL = re.compile(r'"([a-z]+\.[a-z][a-z0-9_.]*|error\.\d+)"')
TEMPLATE = re.compile(r"`([a-z]+\.[a-z_]*)\$\{")
PLACEHOLDER = re.compile(r"\{(\w+)\}")
NOT_TEXTS = ("mcu.", "download.")

REASON = re.compile(r'"([a-z][^"]+)"(?=[,\n)])')
NO_LETTERS = re.compile(r"[^a-z]+")
"""The engine's reasons for a still picture, and how the pages make a key of one."""

DEVICE_PROBLEMS = ("denied", "missing", "busy", "insecure")
LINK_STATES = ("idle", "connecting", "live", "waiting", "failed")
MARKS = ("chat", "content", "join", "layout", "leave", "operator", "slide", "speaker")
FAMILIES = {
    "alarms.kind_": tuple(SEVERITIES),
    "alarms.severity_": tuple(sorted(set(SEVERITIES.values()))),
    "bookings.repeat_": ("never", "daily", "weekly", "monthly"),
    "bookings.earlier_": ("week", "month"),
    "bookings.later_": ("week", "month"),
    "bookings.view_": ("week", "month", "adhoc"),
    "bookings.state_": ("booked", "running", "ended"),
    "call.": LINK_STATES,
    "check.": (
        *("audio", "video", "reached", "rate_there", "rate_back", "loss_there", "loss_back"),
        *("round_trip", "jitter", "pictures"),
    ),
    "connection.": ("connecting", "open", "lost"),
    "door.": ("code", "password", "chair_password", "locked", "no_place"),
    "device.": tuple(f"{kind}_{why}" for kind in ("audio", "video") for why in DEVICE_PROBLEMS),
    "error.": (
        "0",
        "400",
        "401",
        "403",
        "404",
        "409",
        "413",
        "422",
        "429",
        "500",
        "502",
        "503",
        "504",
    ),
    "encryption.": tuple(Encryption),
    "fit.": tuple(PaneFit),
    "kind.": tuple(f"{kind}{end}" for kind in SiteKind for end in ("", "_hint")),
    "corner.": ("top_left", "top_right", "bottom_left", "bottom_right"),
    "lead.": ("broadcast", "lecture", "voice"),
    "marks.": (
        *("content", "continue", "layout", "operator", "pause", "slide"),
        *(f"{kind}_text" for kind in MARKS),
    ),
    "users.role_": ("viewer", "operator", "admin"),
    "users.right_": tuple(Right),
    "work.": (
        *(f"film_{state}" for state in get_args(State)),
        *(f"job_{state}" for state in get_args(JobView.model_fields["state"].annotation)),
    ),
    "data.": ("heart_rate", "pulse", "spo2", "resp_rate", "temperature", "nibp", "etco2"),
    "dicom.": (
        *("patient_name", "patient_id", "study_uid", "study_id", "accession", "description"),
        *("physician", "institution", "series_description"),
    ),
    "dicom.sex_": ("none", "F", "M", "O"),
    "dicom.kind_": ("photographic", "endoscopic", "microscopic"),
    "dicom.track_": ("main", "content"),
    "tags.": ("doctor", "department", "patient"),
    "mark.": (
        *("encrypted", "readable", "broadcast", "lecture", "video_off", "watch", "own", "hand"),
    ),
    "pane.kind_": ("auto", "site", "voice", "poll", "content", "empty", "broadcast", "lecture"),
    "push.": ("connecting", "pushing", "waiting", "failed"),
    "reduced.step_": tuple(str(effort.step) for effort in STEPS[1:]),
    "record.consent_": ("free", "asked", "refused"),
    "record.of_": ("conference", "content", "own"),
    "recordings.state_": ("recording", "paused", "done", "failed"),
    "reports.of_": ("day", "organisation", "site"),
    "rights.": tuple(sorted(GRANTABLE)),
    "stage.": (*LINK_STATES, "empty"),
    "state.": ("away", "joining", "joined"),
    "theme.": ("auto", "light", "dark"),
    "trace.": ("packets", "lost", "repaired", "delay", "wait", "concealed"),
    "why.": tuple(NO_LETTERS.sub("_", reason) for reason in REASON.findall(getsource(verdict))),
}
"""Keys that the scripts put together at run time, by their beginning."""


def computed() -> set[str]:
    return {start + end for start, ends in FAMILIES.items() for end in ends}


def named() -> set[str]:
    """Keys written out in pages and scripts (of a namespace that has texts)."""
    spaces = {key.split(".")[0] for key in texts("en")}
    found = {key for key in LITERAL.findall(sources()) if not key.startswith(NOT_TEXTS)}
    return {key for key in found if key.split(".")[0] in spaces}


@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_key_that_is_used_has_a_text(language: str) -> None:
    assert not (named() | computed()) - set(texts(language))


def test_no_text_is_left_over() -> None:
    assert not set(texts("en")) - named() - computed()


def test_both_languages_have_the_same_keys_and_placeholders() -> None:
    en, zh = texts("en"), texts("zh")
    assert list(en) == list(zh)
    for key, text in en.items():
        assert set(PLACEHOLDER.findall(text)) == set(PLACEHOLDER.findall(zh[key])), key
        assert text, key
        assert zh[key], key


def test_keys_put_together_are_known_here() -> None:
    assert set(TEMPLATE.findall(sources())) - {"mcu.seat."} <= set(FAMILIES)


def test_mute_and_quiet_keep_the_standards_words() -> None:
    """WS/T 546: 闭音 closes the microphone, 静音 the loudspeaker."""
    zh = texts("zh")
    assert "闭音" in zh["site.mute"]
    assert "静音" in zh["site.quiet"]
    assert "闭音" in zh["call.muted"]
    assert "静音" in zh["call.quiet"]
