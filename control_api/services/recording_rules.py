"""What a recording must meet before it begins, and what its tags must look like: pure."""

import secrets
from collections.abc import Mapping

from control_api.auth.seal import Seal
from control_api.persistence.conferences import WantedConference, WantedRecording
from control_api.services.names import clean_name
from mcu_core.contract.definition import RecordingRules
from mcu_core.errors import Refused
from mcu_core.media.clock import wall_time


def check_consent(rules: RecordingRules) -> None:
    """Raise Refused unless a conference with these rules may be recorded."""
    if rules.consent == "refused":
        raise Refused("this conference is not to be recorded")
    if rules.consent == "asked" and not rules.agreed:
        raise Refused("the chair has not agreed to being recorded yet")


def new_recording(wanted: WantedConference, title: str) -> WantedRecording:
    """A recording that may be begun, by default named as its conference.

    Raises Refused, or BadInput for the title.
    """
    if wanted.recording is not None:
        raise Refused("this conference is being recorded already")
    check_consent(wanted.definition.recording)
    cleaned = clean_name(title, "title") if title.strip() else wanted.definition.name
    return WantedRecording(f"{wall_time():%Y%m%d-%H%M%S}-{secrets.token_hex(3)}", cleaned)


def cleaned_tags(changes: Mapping[str, object], seal: Seal) -> dict[str, object]:
    """The changes as tags keep them, the patient's reference sealed; raises BadInput."""
    cleaned: dict[str, object] = {}
    for name, value in changes.items():
        if isinstance(value, str):
            text = clean_name(value, name) if value.strip() else ""
            cleaned[name] = seal.closed(text) if name == "patient" else text
        elif isinstance(value, list):
            words = (clean_name(word, f"{name}[{k}]") for k, word in enumerate(value))
            cleaned[name] = tuple(words)
        else:
            cleaned[name] = value
    return cleaned
