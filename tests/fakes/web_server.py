"""A server for looking at the web pages without engine, recorder or database: invented data only.

Run it with ``python -m tests.fakes.web_server [port]``. It speaks the REST and events that the
pages use, keeps everything in memory, and puts `web_media.js` into the pages, which stands in for
WebRTC with drawn pictures. POST /mock/reset?empty=true takes the conferences away,
?signed_in=false ends the session.
"""

import sys
from pathlib import Path
from typing import Any

import uvicorn
from fastapi import FastAPI, Request
from fastapi.responses import FileResponse, HTMLResponse, JSONResponse, Response, StreamingResponse

from mcu_core.errors import BadInput
from mcu_core.layouts.catalogue import MODES
from mcu_core.layouts.model import Layout
from mcu_core.layouts.own import read_layout
from tests.fakes import web_export, web_library, web_users
from tests.fakes.web_data import Json, conferences, site, trace
from tests.fakes.web_world import World

WEB = Path(__file__).parents[2] / "control_api" / "web"
MEDIA = Path(__file__).with_name("web_media.js")
PAGES = {"": "index", "login": "login", "recordings": "recordings"}
ANSWER = "\r\n".join(
    [
        "v=0",
        "o=- 1 1 IN IP4 127.0.0.1",
        "s=mcu",
        "c=IN IP4 127.0.0.1",
        "t=0 0",
        "m=video 42000 RTP/AVP 96",
        "a=rtpmap:96 H264/90000",
        "",
    ]
)

app = FastAPI()
api = FastAPI()


world = World()


def problem(status: int, detail: str, field: str = "") -> JSONResponse:
    """An RFC 9457 answer."""
    body = {
        "type": "about:blank",
        "title": "refused",
        "status": status,
        "detail": detail,
        "field": field,
    }
    return JSONResponse(body, status, media_type="application/problem+json")


@api.exception_handler(BadInput)
def _bad_input(request: Request, error: BadInput) -> JSONResponse:
    return problem(422, f"expected {error.expected}", error.field)


@api.exception_handler(KeyError)
def _missing(request: Request, error: KeyError) -> JSONResponse:
    return problem(404, f"no {error.args[0]}")


@api.middleware("http")
async def _session(request: Request, forward: Any) -> Any:
    if not world.signed_in and not request.url.path.endswith("/session"):
        return problem(401, "not signed in")
    return await forward(request)


@api.get("/site-groups")
def site_groups() -> Any:
    """Groups of sites that join together."""
    return [{"name": "Stroke team", "sites": ["s1", "s2"]}]


@api.get("/session")
def who() -> Any:
    """Who is signed in."""
    return {"user": "admin", "role": "admin"} if world.signed_in else problem(401, "not signed in")


@api.post("/session")
def sign_in(body: Json) -> Any:
    """Any password but 'wrong'."""
    if body.get("password") == "wrong":
        return problem(401, "wrong user or password")
    world.signed_in = True
    return {"user": "admin", "role": "admin"}


@api.delete("/session")
def sign_out() -> Response:
    """Forget it."""
    world.signed_in = False
    return Response(status_code=204)


@api.get("/layouts")
def layouts() -> list[Json]:
    """The 50 modes."""
    return [_layout(layout) for layout in MODES]


def _layout(layout: Layout) -> Json:
    panes = [
        {"x": float(p.x), "y": float(p.y), "w": float(p.w), "h": float(p.h), "z": p.z}
        for p in layout.panes
    ]
    return {"id": layout.id, "name": layout.name, "main": layout.main, "panes": panes}


@api.get("/conferences")
def all_conferences() -> list[Json]:
    """All."""
    return list(world.conferences.values())


@api.post("/conferences", status_code=201)
def new_conference(body: Json) -> Json:
    """An empty one."""
    made = {
        **conferences()[0], "id": world.next_id("c"), "name": body["name"], "sites": [],
        "panes": [], "layout": {"mode": None, "own": None, "policy": "equal"},
        "speaker": "", "recording": None, "revision": 0,
        "width": body.get("width", 1280), "height": body.get("height", 720),
    }  # fmt: skip
    world.conferences[made["id"]] = made
    world.arrange(made)
    return made


@api.get("/conferences/{cid}")
def one_conference(cid: str) -> Json:
    """One."""
    return world.conferences[cid]


@api.patch("/conferences/{cid}")
def change_conference(cid: str, body: Json) -> Any:
    """Any field; of texts and voice switching what is named only."""
    conference = world.conferences[cid]
    if (body.get("logo") or {"path": "x"})["path"].startswith("/"):
        return problem(422, "logo.path: expected a path within the media folder", "logo.path")
    for name, value in body.items():
        parts = name in ("voice", "banner", "caption")
        conference[name] = {**conference[name], **value} if parts else value
    world.arrange(world.conferences[cid])
    return world.conferences[cid]


@api.delete("/conferences/{cid}")
def end_conference(cid: str) -> Response:
    """Gone."""
    world.conferences.pop(cid)
    world.tell("gone", {"conference": cid})
    return Response(status_code=204)


@api.put("/conferences/{cid}/layout")
def set_layout(cid: str, body: Json) -> Json:
    """A mode, an own layout, or automatic."""
    if body.get("own"):
        read_layout(body["own"], "own")
    policy = body.get("policy", "equal")
    layout = {"mode": body.get("mode"), "own": body.get("own"), "policy": policy}
    world.conferences[cid]["layout"] = layout
    world.arrange(world.conferences[cid])
    return world.conferences[cid]


@api.put("/conferences/{cid}/panes")
def set_panes(cid: str, body: list[Json]) -> Json:
    """What stands in them."""
    world.conferences[cid]["panes"] = body
    world.arrange(world.conferences[cid])
    return world.conferences[cid]


@api.post("/conferences/{cid}/sites", status_code=201)
def add_site(cid: str, body: Json) -> Any:
    """A site; it joins at once unless it is a browser or RTP."""
    if body.get("file") and not body["file"]["path"].endswith(".mp4"):
        return problem(422, "no such file", "file.path")
    made = site(world.next_id("s"), body["name"], body["kind"])
    world.conferences[cid]["sites"].append(made)
    world.arrange(world.conferences[cid])
    return made


def _find(cid: str, sid: str) -> Json:
    return next(s for s in world.conferences[cid]["sites"] if s["id"] == sid)


@api.patch("/conferences/{cid}/sites/{sid}")
def change_site(cid: str, sid: str, body: Json) -> Json:
    """Name, mute, quiet, gain."""
    _find(cid, sid).update(body)
    world.arrange(world.conferences[cid])
    return _find(cid, sid)


@api.get("/conferences/{cid}/sites/{sid}/trace")
def last_minute(cid: str, sid: str) -> Json:
    """Why its picture stood still."""
    return trace(cid, sid)


@api.put("/conferences/{cid}/sites/{sid}/view")
def set_view(cid: str, sid: str, body: Json) -> Json:
    """Its own picture."""
    _find(cid, sid)["view"] = body
    world.arrange(world.conferences[cid])
    return _find(cid, sid)


@api.delete("/conferences/{cid}/sites/{sid}/view")
def release_view(cid: str, sid: str) -> Json:
    """The picture of the others again."""
    _find(cid, sid)["view"] = None
    world.arrange(world.conferences[cid])
    return _find(cid, sid)


@api.post("/conferences/{cid}/sites/{sid}/invitation", status_code=201)
def invite(cid: str, sid: str, request: Request) -> Json:
    """A link that looks like one."""
    host = request.headers["host"]
    return {
        "url": f"http://{host}/join/{cid}?site={sid}&invite=v1.b2s.c2lnbmF0dXJl",
        "token": "v1.",
    }


@api.delete("/conferences/{cid}/sites/{sid}")
def remove_site(cid: str, sid: str) -> Response:
    """Gone."""
    world.conferences[cid]["sites"].remove(_find(cid, sid))
    world.arrange(world.conferences[cid])
    return Response(status_code=204)


@api.post("/conferences/{cid}/watch")
@api.post("/conferences/{cid}/sites/{sid}/webrtc")
def attach(cid: str, body: Json, sid: str = "") -> Json:
    """An answer that the stand-in of web_media.js takes."""
    if sid:
        _find(cid, sid)["state"] = "joined"
    world.arrange(world.conferences[cid])
    return {"type": "answer", "sdp": ANSWER, "endpoint": world.next_id("e")}


@api.post("/conferences/{cid}/sites/{sid}/rtp")
async def attach_rtp(cid: str, sid: str, request: Request) -> Response:
    """An SDP answer, or a refusal for what is not SDP."""
    if not (await request.body()).startswith(b"v=0"):
        return problem(422, "expected a session description beginning with v=0", "sdp")
    return Response(ANSWER, media_type="application/sdp")


@api.delete("/conferences/{cid}/endpoints/{eid}")
def detach(cid: str, eid: str) -> Response:
    """Gone."""
    return Response(status_code=204)


@api.get("/events")
def events() -> StreamingResponse:
    """Server-sent events."""
    return StreamingResponse(world.heard(), media_type="text/event-stream")


@app.post("/mock/reset")
def reset(empty: bool = False, signed_in: bool = True) -> None:
    """First data again (or none), signed in or out."""
    world.reset(empty)
    world.signed_in = signed_in


@app.post("/mock/event/{name}")
def inject(name: str, body: Json) -> None:
    """Send any event to the pages; what it says of a conference is so when they ask, too."""
    told = world.conferences.get(body.get("conference", ""), {})
    if name == "reduced":
        told["reduced"] = body["step"]
    if name == "muted_talkers":
        for one in told["sites"]:
            one["talks_muted"] = one["id"] in body["sites"]
    world.tell(name, body)


@app.get("/mock/media.js")
def media() -> FileResponse:
    """The stand-in for WebRTC."""
    return FileResponse(MEDIA, media_type="text/javascript")


@app.get("/static/player.js")
def player() -> Response:
    """No tracks here to play: the stand-in's player."""
    return Response(
        "export const openPlayer = window.inventedPlayer;", media_type="text/javascript"
    )


@app.get("/static/liveplayer.js")
def live_player() -> Response:
    """Nothing is pushed here: the stand-in's pictures."""
    return Response("export const openLive = window.inventedLive;", media_type="text/javascript")


@app.get("/static/{path:path}")
def static(path: str) -> Response:
    """The pages' files."""
    return FileResponse(WEB / "static" / path, headers={"Cache-Control": "no-store"})


api.include_router(web_library.routes(world))
api.include_router(web_library.posters)
api.include_router(web_export.routes(world))
api.include_router(web_users.routes(world))
api.include_router(web_users.role_routes(world))
app.mount("/api/v1", api)


@app.get("/")
@app.get("/{page}")
@app.get("/{page}/{rest}")
def page(page: str = "", rest: str = "") -> HTMLResponse:
    """A page, under the policy of the real server, with the stand-in put in."""
    text = (WEB / f"{PAGES.get(page, page)}.html").read_text("utf-8")
    text = text.replace("</title>", '</title><script src="/mock/media.js"></script>', 1)
    policy = "default-src 'self'; media-src 'self' blob:"
    return HTMLResponse(
        text, headers={"Content-Security-Policy": policy, "Cache-Control": "no-store"}
    )


if __name__ == "__main__":
    uvicorn.run(
        app,
        host="127.0.0.1",
        port=int(sys.argv[1]) if len(sys.argv) > 1 else 8123,
        log_level="warning",
    )
