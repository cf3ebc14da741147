"""Users and groups of the invented server."""

from fastapi import APIRouter, Response

from control_api.auth.own_roles import GRANTABLE
from tests.fakes.web_data import Json
from tests.fakes.web_world import World


def routes(world: World) -> APIRouter:
    """All in the world's memory."""
    router = APIRouter()

    @router.get("/users")
    def users() -> list[Json]:
        """All."""
        return list(world.users.values())

    @router.post("/users", status_code=201)
    def add(body: Json) -> Json:
        """Without the password."""
        made = {"user": body["name"], "role": body["role"], "organisation": body["organisation"]}
        world.users[body["name"]] = made
        return made

    @router.put("/users/{name}")
    def change(name: str, body: Json) -> Json:
        """Another role."""
        world.users[name] |= body
        return world.users[name]

    @router.put("/users/{name}/password", status_code=204)
    def password(name: str) -> Response:
        """Taken, and forgotten."""
        return Response(status_code=204)

    @router.delete("/users/{name}")
    def drop(name: str) -> Response:
        """Out of all groups, too."""
        world.users.pop(name)
        for members in world.groups.values():
            members.pop(name, None)
        return Response(status_code=204)

    router.include_router(_groups(world))
    return router


def _groups(world: World) -> APIRouter:
    router = APIRouter()

    @router.get("/groups")
    def groups() -> list[Json]:
        """All."""
        return [{"name": name, "members": members} for name, members in world.groups.items()]

    @router.put("/groups/{name}")
    def put(name: str, body: Json) -> Json:
        """Its members."""
        world.groups[name] = body["members"]
        return {"name": name, **body}

    @router.delete("/groups/{name}")
    def drop_group(name: str) -> Response:
        """Gone."""
        world.groups.pop(name)
        return Response(status_code=204)

    return router


def role_routes(world: World) -> APIRouter:
    """Rights, and roles made of them."""
    router = APIRouter()

    @router.get("/rights")
    def rights() -> list[Json]:
        """What roles are made of."""
        return [{"name": name, "allows": action.value} for name, action in GRANTABLE.items()]

    @router.get("/roles")
    def roles() -> list[Json]:
        """Those that were made."""
        return [{"name": name, "rights": own} for name, own in world.roles.items()]

    @router.put("/roles/{name}")
    def put_role(name: str, body: Json) -> Json:
        """Its rights."""
        world.roles[name] = body["rights"]
        return {"name": name, "rights": body["rights"]}

    @router.delete("/roles/{name}")
    def drop_role(name: str) -> Response:
        """Gone."""
        world.roles.pop(name)
        return Response(status_code=204)

    return router
