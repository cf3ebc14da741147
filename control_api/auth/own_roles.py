"""Roles that an administrator makes out of rights (SEC-14), and what a user may do by any role."""

import re
from collections.abc import Collection

from control_api.auth.roles import Action, Principal, Role
from control_api.persistence.roles import OwnRole, RoleRows
from mcu_core.errors import BadInput, NotFound, Refused

NAME = re.compile(r"[\w .-]{1,64}")
MOST = 100

GIVEN = {
    Action.SEE_ONE,
    Action.SEAT,
    Action.OWN_ACCOUNT,
}
"""What every user may."""

GRANTABLE = {
    action.name.lower(): action for action in Action if action not in {*GIVEN, Action.USERS}
}
"""Rights by their names. Who manages users could give himself any: only administrators do."""


class OwnRoles:
    """Knows the roles; `open` before use."""

    def __init__(self, rows: RoleRows) -> None:
        self._rows = rows
        self._rights: dict[str, frozenset[Action]] = {}

    async def open(self) -> None:
        """Read what an earlier process of ours kept; rights that are none any more are left out."""
        self._rights = {role.name: _rights(role.rights) for role in await self._rows.all()}

    def all(self) -> dict[str, list[str]]:
        """The names of the rights of each."""
        names = {action: name for name, action in GRANTABLE.items()}
        return {
            role: sorted(names[action] for action in rights if action in names)
            for role, rights in sorted(self._rights.items())
        }

    def check(self, role: str) -> str:
        """The role, if it is one that users have; raises BadInput."""
        if role not in self._rights and role not in {Role.ADMIN, Role.OPERATOR, Role.VIEWER}:
            raise BadInput("role", "admin, operator, viewer, or a role that was made")
        return role

    async def put(self, name: str, rights: Collection[str]) -> None:
        """Make or change a role: users who have it have these rights at once. Raises BadInput."""
        if not NAME.fullmatch(name) or name != name.strip() or name.lower() in set(Role):
            raise BadInput("name", "1..64 letters, digits or . _ - and blanks, no role of ours")
        unknown = sorted(set(rights) - set(GRANTABLE))
        if unknown:
            raise BadInput("rights", f"of {', '.join(sorted(GRANTABLE))}; not {unknown[0]}")
        if name not in self._rights and len(self._rights) >= MOST:
            raise Refused(f"there are {MOST} roles already")
        await self._rows.put(OwnRole(name, tuple(sorted(rights))))
        self._rights[name] = _rights(rights)

    async def remove(self, name: str) -> None:
        """Forget a role; raises NotFound. Who has it may no more than change his password."""
        if name not in self._rights:
            raise NotFound("role", name)
        await self._rows.remove(name)
        del self._rights[name]

    def principal(self, name: str, role: str, organisation: str) -> Principal:
        """Who that user is. To pages, one with an own role is an operator if he may steer."""
        if role in set(Role):
            return Principal(name, Role(role), organisation=organisation)
        rights = self._rights.get(role, frozenset(GIVEN))
        base = Role.OPERATOR if Action.CONTROL in rights else Role.VIEWER
        return Principal(name, base, organisation=organisation, title=role, rights=rights)


def _rights(names: Collection[str]) -> frozenset[Action]:
    return frozenset({GRANTABLE[name] for name in names if name in GRANTABLE} | GIVEN)
