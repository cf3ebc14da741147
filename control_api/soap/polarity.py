"""What 0 and 1 mean, call by call: the one place for it (soap_contract.md 6.1).

The call that mutes and the status that tells it use opposite numbers, and that is real. Where
callers were written against the other reading, a deployment flips `mute_on`.
"""

from dataclasses import dataclass

from control_api.soap.faults import Code, ResultError


def flag(value: int, on: int) -> bool:
    """Whether a flag that must be 0 or 1 says on; raises ResultError."""
    if value not in (0, 1):
        raise ResultError(Code.OUT_OF_RANGE, f"{value} is neither 0 nor 1")
    return value == on


def number(on: bool, on_number: int) -> int:
    """The number that tells a state."""
    return on_number if on else 1 - on_number


@dataclass(frozen=True, slots=True)
class Polarity:
    """The number that means "on" (muted, quiet, started, switched on), for each use."""

    mute_on: int = 0
    """setSitesMute.isMute and setSitesQuiet.isQuiet: 0 closes the microphone or loudspeaker."""
    status_muted: int = 1
    """SiteStatus.isMute and isQuiet, as reported: 1 is muted."""
    switch_on: int = 1
    """setAudioSwitch.isSwitch."""
    status_switch_on: int = 0
    """ConferenceStatus.isAudioSwitch, as reported."""
    start: int = 0
    """isBroadcast, action of recording and live, controlCode of content: 0 starts, 1 stops."""
    source_locked: int = 1
    """setVSAttrCtrl.operaTypeParam: 1 locks, as those who call it mostly do; an example says 0."""
    locked: int = 1
    """ConferenceStatus.isLock."""
    running: int = 1
    """BroadInfo: what runs, and what is possible."""
