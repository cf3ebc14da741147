"""Routes: recordings into the hospital's archive (DICOM)."""

from contextlib import suppress
from datetime import UTC, datetime
from typing import Annotated, Literal

import msgspec
from fastapi import APIRouter, Depends, Query
from pydantic import Field, StrictBool, StrictStr

from control_api.auth.roles import Action, Principal
from control_api.persistence.pacs import Job, Wish
from control_api.rest.guard import BridgeOf, PrincipalOf, check_recording, may
from control_api.rest.json_body import Body, Number
from control_api.rest.schemas import LONGEST_S
from control_api.services.bridge import Bridge
from control_api.services.picture_views import View
from mcu_core.errors import McuError, NotFound
from recorder.dicom_study import Study, new_uid

router = APIRouter(
    tags=["archive"], dependencies=[Depends(may(Action.RECORD)), Depends(may(Action.PATIENT))]
)

Text = Annotated[StrictStr, Field(max_length=200)]
Seconds = Annotated[Number, Field(ge=0, le=LONGEST_S)]


class StudyBody(Body):
    """Patient and study as the hospital knows them. Names are `Family^Given`, ways of writing with
    `=` between; `birth_date` YYYYMMDD. Without `study_uid` it is a study of its own."""

    patient_name: Text = Field("", examples=["Wang^XiaoDong=王^小东"])
    patient_id: Text = Field("", description="else the recording's patient reference")
    birth_date: Text = ""
    sex: Literal["", "F", "M", "O"] = ""
    study_uid: Text = ""
    study_id: Text = ""
    accession: Text = ""
    description: Text = ""
    physician: Text = ""
    institution: Text = ""
    series_description: Text = ""


class DicomBody(Body):
    """What to send where; `to_s` null is the end. A clip begins with the keyframe before `from_s`.

    `kind` is what the picture shows: a room (photographic), an endoscope's or a microscope's view.
    """

    pacs: Annotated[StrictStr, Field(max_length=64)]
    study: StudyBody = StudyBody()
    track: Literal["main", "content"] = "main"
    kind: Literal["photographic", "endoscopic", "microscopic"] = "photographic"
    sound: StrictBool = True
    from_s: Seconds = 0.0
    to_s: Annotated[Seconds | None, Field(gt=0)] = None


class PacsView(View):
    """An archive of the settings."""

    name: str
    title: str
    host: str
    port: int
    own_title: str


class ReceiptView(View):
    """An object that the archive has; `digest` is the SHA-256 of the stream in it."""

    number: int
    uid: str
    syntax: str
    digest: str
    size: int


class JobView(View):
    """A recording on its way. `progress` 0..1; patients' data is never shown."""

    id: str
    recording: str
    title: str
    pacs: str
    state: Literal["waiting", "sending", "done", "failed", "cancelled"]
    progress: float
    objects: int
    stored: list[ReceiptView]
    attempts: int
    next_try: str | None
    reason: str
    created: str
    by: str


async def _view(bridge: Bridge, job: Job) -> JobView:
    title = ""
    with suppress(McuError):  # it may have been deleted since
        title = (await bridge.recordings.get(job.recording)).title
    part = (len(job.receipts) + bridge.pacs.sent(job)) / job.objects if job.objects else 0.0
    return JobView.model_validate(
        {
            "id": job.id,
            "recording": job.recording,
            "title": title,
            "pacs": job.peer,
            "state": job.state,
            "progress": round(1.0 if job.state == "done" else part, 3),
            "objects": job.objects,
            "stored": [msgspec.structs.asdict(one) for one in job.receipts],
            "attempts": job.attempts,
            "next_try": _time(job.due_s) if job.state == "waiting" else None,
            "reason": job.reason,
            "created": _time(job.created_s),
            "by": job.user_name,
        }
    )


def _time(at_s: float) -> str:
    return datetime.fromtimestamp(at_s, UTC).isoformat(timespec="seconds")


@router.get("/pacs", summary="Archives")
async def archives(bridge: BridgeOf) -> list[PacsView]:
    """Those of the settings (MCU_CONTROL_PACS)."""
    return [
        PacsView(name=name, title=one.title, host=one.host, port=one.port, own_title=one.own)
        for name, one in bridge.pacs.peers.items()
    ]


@router.post("/pacs/{name}/echo", status_code=204, summary="Whether an archive answers")
async def echo(name: str, bridge: BridgeOf) -> None:
    """C-ECHO; 503 with the reason when it does not."""
    await bridge.pacs.echo(name)


@router.post("/recordings/{rid}/dicom", status_code=202, summary="Into the archive")
async def send(rid: str, body: DicomBody, bridge: BridgeOf, principal: PrincipalOf) -> JobView:
    """Sent as recorded, nothing coded anew; tried until the archive has it, a week at most."""
    recording = await bridge.recordings.get(rid, True)
    given = body.study.model_dump()
    given["patient_id"] = given["patient_id"] or recording.patient
    wish = Wish(
        series_uid=new_uid(),
        track=body.track,
        kind=body.kind,
        sound=body.sound,
        since_s=body.from_s,
        until_s=body.to_s or 0.0,
    )
    job = await bridge.pacs.send(rid, body.pacs, wish, Study(**given), principal.name)
    await bridge.audience.note(principal.name, "archive", rid)
    return await _view(bridge, job)


async def _check_theirs(
    bridge: Bridge, principal: Principal, job: Job, action: Action = Action.PLAY
) -> None:
    """Raise NotFound for a job of a recording that is another organisation's or group's, Forbidden
    for what its groups do not let the principal do with it."""
    await check_recording(bridge, principal, job.recording, action)


@router.get("/dicom-jobs", summary="What is on its way to archives")
async def jobs(
    bridge: BridgeOf,
    principal: PrincipalOf,
    recording: Annotated[str, Query(max_length=64)] = "",
    limit: Annotated[int, Query(ge=1, le=1000)] = 200,
) -> list[JobView]:
    """Newest first; those that have ended are kept for half a year."""
    views = []
    for job in await bridge.pacs.find(recording, limit):
        with suppress(NotFound):
            await _check_theirs(bridge, principal, job)
            views.append(await _view(bridge, job))
    return views


@router.get("/dicom-jobs/{jid}", summary="One of them")
async def job(jid: str, bridge: BridgeOf, principal: PrincipalOf) -> JobView:
    """How far it is."""
    found = await bridge.pacs.get(jid)
    await _check_theirs(bridge, principal, found)
    return await _view(bridge, found)


@router.delete("/dicom-jobs/{jid}", summary="Cancel")
async def cancel(jid: str, bridge: BridgeOf, principal: PrincipalOf) -> JobView:
    """What the archive has already it keeps."""
    await _check_theirs(bridge, principal, await bridge.pacs.get(jid), Action.RECORD)
    return await _view(bridge, await bridge.pacs.cancel(jid))


@router.post("/dicom-jobs/{jid}/retry", summary="Try now")
async def retry(jid: str, bridge: BridgeOf, principal: PrincipalOf) -> JobView:
    """One that waits for its archive to be back is sent at once."""
    await _check_theirs(bridge, principal, await bridge.pacs.get(jid), Action.RECORD)
    return await _view(bridge, await bridge.pacs.retry(jid))
