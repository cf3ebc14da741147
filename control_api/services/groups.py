"""Use cases: groups of users (用户组), and who may do what with their recordings."""

from collections.abc import Mapping

from control_api.auth.rights import Right, check_group, enough, right_on
from control_api.auth.roles import Action, Principal, Role
from control_api.persistence.groups import GroupRows
from control_api.persistence.users import UserRows
from control_api.services.picture_views import View
from control_api.services.views import RecordingView
from mcu_core.errors import BadInput, NotFound


class UserGroupView(View):
    """A group of users, and what each of them may do with its recordings."""

    name: str
    members: dict[str, Right]


class Groups:
    """Knows all groups; `open` before use."""

    def __init__(self, rows: GroupRows, users: UserRows) -> None:
        self._rows = rows
        self._users = users
        self._groups: dict[str, dict[str, Right]] = {}

    async def open(self) -> None:
        """Read what is kept."""
        self._groups = await self._rows.all()

    def list(self) -> list[UserGroupView]:
        """All, by name."""
        return [
            UserGroupView(name=name, members=dict(members))
            for name, members in sorted(self._groups.items())
        ]

    async def put(self, name: str, members: Mapping[str, Right]) -> UserGroupView:
        """Keep a group, new or changed; raises BadInput for a name that cannot be one, or of
        somebody who is no user."""
        check_group(name)
        known = {user.name for user in await self._users.users()}
        for user in members:
            if user not in known:
                raise BadInput("members", f"names of users; {user!r} is none")
        await self._rows.put(name, members)
        await self.open()
        return UserGroupView(name=name, members=dict(members))

    async def remove(self, name: str) -> None:
        """Its recordings are everybody's again; raises NotFound."""
        if name not in self._groups:
            raise NotFound("group", name)
        await self._rows.remove(name)
        await self.open()

    async def user_gone(self) -> None:
        """A user was removed, and with it its memberships."""
        await self.open()

    def limits(self, principal: Principal) -> bool:
        """Whether there is anything that groups may keep from the principal."""
        return bool(self._groups) and principal.role is not Role.ADMIN

    def lets(self, principal: Principal, tag: str, action: Action) -> bool:
        """Whether the groups in that tag of a recording let the principal do that with it."""
        return enough(right_on(tag, self._groups, principal), action)

    def sees(self, principal: Principal, tag: str) -> bool:
        """Whether the principal may know of a recording with that tag at all."""
        return right_on(tag, self._groups, principal) is not None

    def shown(self, principal: Principal, view: RecordingView) -> RecordingView:
        """A recording that the principal sees, with what it may do with it."""
        return view.model_copy(update={"may": right_on(view.group, self._groups, principal)})
