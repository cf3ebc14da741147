"""Use case: which organisations there are (分级分权): those that anybody or anything is of."""

from control_api.auth.organisations import within
from control_api.persistence.register import RegisterRows
from control_api.persistence.users import UserRows


class Organisations:
    """The tree of organisations, found in what users, sites and limits name."""

    def __init__(self, users: UserRows, register: RegisterRows) -> None:
        self._users = users
        self._register = register

    async def within(self, above: str) -> list[str]:
        """Paths in order, each after those above it; only `above` itself and what is below it."""
        named = {user.organisation for user in await self._users.users()}
        named |= {site.organisation for site in await self._register.all()}
        named |= set(await self._register.limits()) | {above}
        found = {part for path in named if path for part in _with_above(path)}
        return sorted(
            (path for path in found if within(path, above)), key=lambda one: one.split("/")
        )


def _with_above(path: str) -> list[str]:
    parts = path.split("/")
    return ["/".join(parts[: k + 1]) for k in range(len(parts))]
