"""What a snapshot makes us send: a table."""

import msgspec
import pytest

from control_api.link.placement import least_loaded
from control_api.link.reconcile import attaching, difference, keyless, lost, rejoining, unfinished
from control_api.persistence.conferences import RtpOffer, WantedConference, WantedRecording
from mcu_core.contract.commands import AttachRtp, CloseConference, Command, PutConference
from mcu_core.contract.definition import (
    ConferenceDefinition,
    Encryption,
    LayoutChoice,
    SiteDefinition,
    SiteKind,
)
from mcu_core.contract.snapshots import ConferenceSnapshot, EngineSnapshot, SiteSnapshot
from mcu_core.errors import Refused
from recorder.contract import RecorderSnapshot, RecordingInfo, RecordingState

RTP = SiteDefinition("r", "RTP", SiteKind.RTP)
WEB = SiteDefinition("w", "Browser", SiteKind.WEBRTC)
FILE = SiteDefinition("f", "Clip", SiteKind.FILE)
A = ConferenceDefinition("a", "A", sites=(RTP, WEB, FILE), revision=3)
B = ConferenceDefinition("b", "B", revision=1)


def running(definition: ConferenceDefinition, **changes: object) -> ConferenceSnapshot:
    snapshot = ConferenceSnapshot(
        id=definition.id,
        revision=definition.revision,
        layout=definition.layout,
        mode=0,
        panes=(),
        sites=tuple(
            SiteSnapshot(site.id, site.name, muted=site.muted, quiet=site.quiet)
            for site in definition.sites
        ),
        video_outputs=(),
        audio_outputs=(),
    )
    return msgspec.structs.replace(snapshot, **changes)


def snapshot(*conferences: ConferenceSnapshot) -> EngineSnapshot:
    return EngineSnapshot("e", 1, 1, 1, conferences)


@pytest.mark.parametrize(
    ("wanted", "there", "commands"),
    [
        ([], [], []),
        ([A, B], [running(A), running(B)], []),
        ([A, B], [], [PutConference(A), PutConference(B)]),
        ([A], [running(A), running(B)], [CloseConference("b")]),
        ([A], [running(A, revision=2)], [PutConference(A)]),
        ([A], [running(A, revision=4)], [PutConference(A)]),
        ([A], [running(A, layout=LayoutChoice(mode=1))], [PutConference(A)]),
        ([A], [running(A, sites=())], [PutConference(A)]),
        ([A], [running(B)], [CloseConference("b"), PutConference(A)]),
    ],
    ids=["idle", "equal", "new", "stray", "older", "newer", "layout", "sites", "both"],
)
def test_difference(
    wanted: list[ConferenceDefinition], there: list[ConferenceSnapshot], commands: list[Command]
) -> None:
    assert difference(wanted, snapshot(*there)) == commands


def test_a_muted_site_is_a_difference() -> None:
    muted = msgspec.structs.replace(A, sites=(msgspec.structs.replace(RTP, muted=True), WEB, FILE))
    assert difference([muted], snapshot(running(A))) == [PutConference(muted)]


def test_lost_are_those_that_a_new_engine_does_not_have() -> None:
    assert lost([A, B], snapshot(running(B))) == ["a"]
    assert rejoining(A) == ["w"]


def test_rtp_sites_are_attached_again_unless_they_are_there() -> None:
    offers = {"r": RtpOffer("v=0", (40, 42)), "gone": RtpOffer("v=0", (1, 2))}
    assert attaching(A, offers, snapshot(running(A))) == [AttachRtp("a", "r", "v=0", (40, 42))]
    there = running(A, sites=(SiteSnapshot("r", "RTP", endpoint="r-1"),))
    assert attaching(A, offers, snapshot(there)) == []


def test_sites_whose_keys_are_gone_are_not() -> None:
    offers = {"r": RtpOffer("v=0\r\na=crypto:1 AEAD_AES_128_GCM inline:x\r\n", (40, 42))}
    assert attaching(A, offers, snapshot(running(A))) == []
    assert keyless(A, offers, snapshot(running(A))) == ["r"]
    there = running(A, sites=(SiteSnapshot("r", "RTP", endpoint="r-1"),))
    assert keyless(A, offers, snapshot(there)) == []
    plain = msgspec.structs.replace(A, encryption=Encryption.NONE)
    assert len(attaching(plain, offers, snapshot(running(plain)))) == 1
    assert keyless(plain, offers, snapshot(running(plain))) == []


def info(name: str, state: RecordingState) -> RecordingInfo:
    return RecordingInfo(name, "a", "t", state, "")


@pytest.mark.parametrize(
    ("state", "resumes", "gives_up"),
    [
        (None, True, False),
        (RecordingState.INTERRUPTED, True, False),
        (RecordingState.RECORDING, False, False),
        (RecordingState.DONE, False, True),
        (RecordingState.FAILED, True, False),
        (RecordingState.PAUSED, False, False),
    ],
)
def test_recordings(state: RecordingState | None, resumes: bool, gives_up: bool) -> None:
    wanted = WantedConference(A, "e", recording=WantedRecording("one", "t"))
    there = () if state is None else (info("one", state),)
    resume, give_up, stray = unfinished([wanted], RecorderSnapshot(1, 1, 1, there))
    assert [recording.id for _, recording in resume] == ["one"] * resumes
    assert give_up == [wanted] * gives_up
    assert stray == []


def test_a_recording_that_nobody_wants_is_stopped() -> None:
    there = (info("x", RecordingState.RECORDING), info("y", RecordingState.DONE))
    assert unfinished([], RecorderSnapshot(1, 1, 1, there))[2] == ["x"]


def test_placement_takes_the_lightest_engine() -> None:
    wanted = [WantedConference(A, "e0"), WantedConference(B, "e1"), WantedConference(B, "e1")]
    assert least_loaded(["e0", "e1"], wanted) == "e1"
    assert least_loaded(["e0", "e1", "e2"], wanted) == "e2"
    assert least_loaded(["e0", "e1"], []) == "e0"
    with pytest.raises(Refused):
        least_loaded([], wanted)
