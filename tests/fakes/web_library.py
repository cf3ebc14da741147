"""Recording and the library of the invented server."""

import io

from fastapi import APIRouter, Response
from PIL import Image

from tests.fakes.web_data import Json, recordings
from tests.fakes.web_world import World

posters = APIRouter()


@posters.get("/recordings/{rid}/poster.jpg")
def poster(rid: str) -> Response:
    """A field of one colour; none of the oldest."""
    if rid == "r5":
        return Response(status_code=404)
    drawn = io.BytesIO()
    Image.new("RGB", (320, 180), "#2d6a8a").save(drawn, "JPEG")
    return Response(drawn.getvalue(), media_type="image/jpeg")


def routes(world: World) -> APIRouter:
    """What the pages ask for, out of the world's memory."""
    router = APIRouter()

    @router.post("/conferences/{cid}/recording", status_code=201)
    def record(cid: str) -> Json:
        """Start."""
        conference = world.conferences[cid]
        made = {
            **recordings()[1],
            "id": world.next_id("r"),
            "title": conference["name"],
            "state": "recording",
            "duration_s": 0.0,
        }
        world.recordings[made["id"]] = made
        conference["recording"] = {"id": made["id"], "state": "recording"}
        world.arrange(conference)
        world.tell("recording", made)
        return made

    @router.delete("/conferences/{cid}/recording")
    def stop_recording(cid: str) -> Json:
        """Stop."""
        made = world.recordings[world.conferences[cid]["recording"]["id"]]
        made["state"] = "done"
        world.conferences[cid]["recording"] = None
        world.arrange(world.conferences[cid])
        world.tell("recording", made)
        return made

    @router.get("/recordings")
    def all_recordings(response: Response, q: str = "") -> list[Json]:
        """Those whose titles have all words."""
        found = [
            one
            for one in world.recordings.values()
            if all(word.lower() in one["title"].lower() for word in q.split())
        ]
        response.headers["X-Total-Count"] = str(len(found))
        response.headers["X-Total-Bytes"] = str(sum(one["size_bytes"] for one in found))
        return found

    @router.patch("/recordings/{rid}")
    def tag_recording(rid: str, body: Json) -> Json:
        """Its tags."""
        world.recordings[rid].update(body)
        return world.recordings[rid]

    @router.post("/recordings/{rid}/marks", status_code=204)
    def mark_recording(rid: str, body: Json) -> Response:
        """Nothing is kept."""
        return Response(status_code=204)

    @router.post("/conferences/{cid}/recording/{step}")
    def hold_recording(cid: str, step: str) -> Json:
        """Paused, or going on."""
        conference = world.conferences[cid]
        recording = conference["recording"]
        recording["state"] = "paused" if step == "pause" else "recording"
        world.recordings[recording["id"]]["state"] = recording["state"]
        world.arrange(conference)
        return world.recordings[recording["id"]]

    @router.get("/recordings/{rid}")
    def one_recording(rid: str) -> Json:
        """One."""
        return world.recordings[rid]

    @router.delete("/recordings/{rid}")
    def delete_recording(rid: str) -> Response:
        """Gone."""
        world.recordings.pop(rid)
        world.tell("recording", {"id": rid, "state": "deleted"})
        return Response(status_code=204)

    return router
