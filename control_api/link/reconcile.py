"""What to tell an engine so that it becomes what is wanted: pure."""

from collections.abc import Mapping, Sequence

from control_api.persistence.conferences import RtpOffer, WantedConference, WantedRecording
from mcu_core.contract.commands import AttachRtp, CloseConference, Command, PutConference
from mcu_core.contract.definition import ConferenceDefinition, Encryption, SiteKind
from mcu_core.contract.snapshots import ConferenceSnapshot, EngineSnapshot
from recorder.contract import RecorderSnapshot, RecordingInfo, RecordingState

CRYPTO = "\na=crypto:"
RUNNING = (RecordingState.RECORDING, RecordingState.PAUSED)


def difference(wanted: Sequence[ConferenceDefinition], snapshot: EngineSnapshot) -> list[Command]:
    """The commands that make the engine's conferences equal to `wanted`; none where they are."""
    there = {conference.id: conference for conference in snapshot.conferences}
    known = {definition.id for definition in wanted}
    closing = [CloseConference(name) for name in there if name not in known]
    putting = [
        PutConference(definition)
        for definition in wanted
        if definition.id not in there or differs(definition, there[definition.id])
    ]
    return [*closing, *putting]


def differs(definition: ConferenceDefinition, there: ConferenceSnapshot) -> bool:
    """Whether a running conference is not (any more) what its definition says.

    The revision alone would do, were it not for a database that was put back to an older state.
    """
    sites = {(site.id, site.name, site.muted, site.quiet) for site in definition.sites}
    running = {(site.id, site.name, site.muted, site.quiet) for site in there.sites}
    return (
        definition.revision != there.revision
        or definition.layout != there.layout
        or sites != running
    )


def lost(wanted: Sequence[ConferenceDefinition], snapshot: EngineSnapshot) -> list[str]:
    """Conferences that the engine does not have: its predecessor died with their connections."""
    there = {conference.id for conference in snapshot.conferences}
    return [definition.id for definition in wanted if definition.id not in there]


def rejoining(definition: ConferenceDefinition) -> list[str]:
    """Sites of a lost conference whose browsers must connect anew."""
    return [site.id for site in definition.sites if site.kind is SiteKind.WEBRTC]


def attaching(
    definition: ConferenceDefinition,
    offers: Mapping[str, RtpOffer],
    snapshot: EngineSnapshot,
) -> list[AttachRtp]:
    """RTP sites that were connected once and are not now: the same offer, the same ports; not those
    that are `keyless`."""
    return [
        AttachRtp(definition.id, site, offer.sdp, offer.ports)
        for site, offer in _parted(definition, offers, snapshot)
        if not _keyed(definition, offer)
    ]


def keyless(
    definition: ConferenceDefinition,
    offers: Mapping[str, RtpOffer],
    snapshot: EngineSnapshot,
) -> list[str]:
    """RTP sites that were connected once and are not now, and whose keys their engine took with it.

    They cannot be taken up again behind their back: they would have to be told our new key, and how
    often their own packets' numbers went round, which is a part of each packet's key (RFC 3711
    3.3.1), nobody knows any more.
    """
    return [
        site for site, offer in _parted(definition, offers, snapshot) if _keyed(definition, offer)
    ]


def _keyed(definition: ConferenceDefinition, offer: RtpOffer) -> bool:
    return definition.encryption is not Encryption.NONE and CRYPTO in offer.sdp


def _parted(
    definition: ConferenceDefinition,
    offers: Mapping[str, RtpOffer],
    snapshot: EngineSnapshot,
) -> list[tuple[str, RtpOffer]]:
    joined = {
        site.id
        for conference in snapshot.conferences
        if conference.id == definition.id
        for site in conference.sites
        if site.endpoint
    }
    sites = {site.id for site in definition.sites if site.kind is SiteKind.RTP}
    return [(site, offer) for site, offer in offers.items() if site in sites and site not in joined]


def unfinished(
    wanted: Sequence[WantedConference], snapshot: RecorderSnapshot
) -> tuple[list[tuple[WantedConference, WantedRecording]], list[WantedConference], list[str]]:
    """What to do about recordings: resume these, give these up, stop these.

    Resumed are those that the recorder does not write (it was restarted, or its disk was full);
    given up those that have ended all the same; stopped those that it writes although nobody wants
    them any more.
    """
    there = {info.id: info for info in snapshot.recordings}
    resume: list[tuple[WantedConference, WantedRecording]] = []
    give_up: list[WantedConference] = []
    for conference in wanted:
        recording = conference.recording
        if recording is None:
            continue
        state = there[recording.id].state if recording.id in there else RecordingState.INTERRUPTED
        if state is RecordingState.DONE:
            give_up.append(conference)
        elif state not in RUNNING:
            resume.append((conference, recording))
    known = {conference.recording.id for conference in wanted if conference.recording is not None}
    return resume, give_up, [info.id for info in there.values() if is_stray(info, known)]


def is_stray(info: RecordingInfo, known: set[str]) -> bool:
    """Whether a recording goes on that nobody wants."""
    return info.state in RUNNING and info.id not in known
