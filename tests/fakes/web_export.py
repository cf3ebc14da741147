"""Films, archives, moments and stills of the invented server."""

from typing import Any

from fastapi import APIRouter, Response
from fastapi.responses import JSONResponse

from tests.fakes.web_data import Json
from tests.fakes.web_world import World

SLIDES = (
    ("r3", "slide", 95.0, "胸痛中心 : 心电图 ST 段抬高，立即启动导管室"),
    ("r3", "operator", 640.0, "冠脉造影 · angiogram, ST elevation"),
    ("r2", "slide", 1210.5, "Staging: T2 N1 M0, angiogram of the hepatic artery"),
)


def routes(world: World) -> APIRouter:
    """What is made of recordings, and found in them."""
    router = APIRouter()

    @router.get("/moments")
    def moments(q: str, recording: str = "") -> Json:
        """Those that have all the words."""
        names = ("recording", "kind", "at_s", "text")
        found = [dict(zip(names, row, strict=True)) for row in SLIDES if recording in ("", row[0])]
        for one in found:
            whole = world.recordings[str(one["recording"])]
            one |= {"title": whole["title"], "started_at": whole["started_at"]}
        words = q.lower().split()
        hits = [one for one in found if all(word in str(one["text"]).lower() for word in words)]
        return {"moments": hits, "next": 0}

    @router.get("/conferences/{cid}/still.{kind}")
    def still_now(cid: str, kind: str, site: str = "", content: bool = False) -> Response:
        """Whose it is, for want of a picture."""
        if site == "s2":
            return JSONResponse({"detail": "the picture of this site is switched off"}, 409)
        return Response(f"{cid} {site} {content}", 200, {}, f"image/{kind}")

    @router.get("/recordings/{rid}/still.{kind}")
    def still_then(rid: str, kind: str, at_s: float, track: str) -> Response:
        """Of when."""
        return Response(f"{rid} {track} {at_s:.1f}", 200, {}, f"image/{kind}")

    @router.get("/recordings/{rid}/data")
    def data(rid: str, after: int = 0) -> Json:
        """A patient's monitor, in one of them."""
        if after or rid != "r3":
            return {"next": after, "items": []}
        vitals = {"heart_rate": 72, "spo2": 98.333}
        items = [
            {"at_ms": 0.0, "kind": "vitals", "value": vitals},
            {"at_ms": 400.0, "kind": "pump_rate", "value": 4.5},
            {"at_ms": 60_000.0, "kind": "vitals", "value": {"heart_rate": 140}},
        ]
        return {"next": 300, "items": items}

    @router.get("/recordings/{rid}/slides")
    def slides(rid: str) -> list[Json]:
        """Those of it."""
        return [
            {"at_s": at_s, "until_s": at_s + 30, "text": text}
            for recording, kind, at_s, text in SLIDES
            if recording == rid and kind == "slide"
        ]

    router.include_router(_films(world))
    router.include_router(_archive(world))
    return router


def _begin(world: World, kind: str, rid: str, **more: Any) -> Json:
    one: Json = {"id": world.next_id(kind), "recording": rid, "progress": 0.0, "reason": ""}
    one |= {"title": world.recordings[rid]["title"], "by": "admin", "state": "waiting", **more}
    world.works[one["id"]] = one
    return one


def _told(world: World, sign: str) -> list[Json]:
    return [one for one in reversed(world.works.values()) if sign in one]


def _films(world: World) -> APIRouter:
    router = APIRouter()

    @router.post("/recordings/{rid}/films", status_code=202)
    def film(rid: str) -> Json:
        """Waits."""
        return _begin(world, "f", rid, size_bytes=0)

    @router.get("/films")
    def films() -> list[Json]:
        """A third further at each look."""
        found = _told(world, "size_bytes")
        for one in found:
            one["progress"] = min(1.0, one["progress"] + 0.34)
            one["state"] = "done" if one["progress"] == 1.0 else "running"
            one["size_bytes"] = 48_200_000
        return found

    @router.delete("/films/{film}")
    def drop(film: str) -> Response:
        """Gone."""
        world.works.pop(film)
        return Response(status_code=204)

    return router


def _archive(world: World) -> APIRouter:
    router = APIRouter()

    @router.get("/pacs")
    def archives() -> list[Json]:
        """One of two is away."""
        row = {"host": "10.0.0.5", "port": 4242, "own_title": "MCU"}
        names = (("main", "ORTHANC"), ("away", "OLD"))
        return [{"name": name, "title": title, **row} for name, title in names]

    @router.post("/pacs/{name}/echo")
    def echo(name: str) -> Response:
        """Whether it is there."""
        if name == "main":
            return Response(status_code=204)
        body = {"title": "away", "status": 503, "detail": "OLD does not answer"}
        return JSONResponse(body, 503, media_type="application/problem+json")

    @router.post("/recordings/{rid}/dicom", status_code=202)
    def dicom(rid: str, body: Json) -> Json:
        """Waits for an archive that is away."""
        job = _begin(world, "d", rid, pacs=body["pacs"], asked=body)
        job |= {"reason": "ORTHANC does not answer", "attempts": 2, "stored": [], "objects": 3}
        job["next_try"] = "2026-11-21T09:00:00+00:00"
        return job

    @router.get("/dicom-jobs")
    def jobs(recording: str = "") -> list[Json]:
        """Newest first."""
        return [one for one in _told(world, "pacs") if recording in ("", one["recording"])]

    @router.post("/dicom-jobs/{jid}/retry")
    def retry(jid: str) -> Json:
        """The archive is back."""
        world.works[jid] |= {"state": "sending", "reason": "", "progress": 0.4}
        return world.works[jid]

    @router.delete("/dicom-jobs/{jid}")
    def cancel(jid: str) -> Json:
        """Sent no further."""
        world.works[jid]["state"] = "cancelled"
        return world.works[jid]

    return router
