"""Who may do what: pure, one table."""

from dataclasses import dataclass
from enum import StrEnum

from control_api.errors import Forbidden


class Role(StrEnum):
    """What a person is here. A guest has no account, only an invitation to one seat."""

    ADMIN = "admin"
    OPERATOR = "operator"
    VIEWER = "viewer"
    GUEST = "guest"


class Action(StrEnum):
    """What can be done, as coarse as the roles need it."""

    SEE = "see conferences"
    SEE_ONE = "see the conference of the invitation"
    SEE_SYSTEM = "see engines and metrics"
    WATCH = "watch a conference"
    JOIN = "join as a site"
    CONTROL = "change conferences"
    PLAY = "play recordings"
    PATIENT = "read patients' references"
    RECORD = "record, and delete recordings"
    USERS = "manage users"
    OWN_ACCOUNT = "change one's own password"


_GUEST = {Action.SEE_ONE, Action.JOIN}
_VIEWER = {
    Action.SEE,
    Action.SEE_ONE,
    Action.SEE_SYSTEM,
    Action.WATCH,
    Action.PLAY,
    Action.OWN_ACCOUNT,
}
_OPERATOR = _VIEWER | {Action.JOIN, Action.CONTROL, Action.RECORD, Action.PATIENT}

ALLOWED: dict[Role, frozenset[Action]] = {
    Role.GUEST: frozenset(_GUEST),
    Role.VIEWER: frozenset(_VIEWER),
    Role.OPERATOR: frozenset(_OPERATOR),
    Role.ADMIN: frozenset(Action),
}


@dataclass(frozen=True, slots=True)
class Principal:
    """Who asks. `conference` and `site` bind a guest to one seat; they are empty for users."""

    name: str
    role: Role
    conference: str = ""
    site: str = ""


def allowed(principal: Principal, action: Action) -> bool:
    """Whether the principal's role may do that."""
    return action in ALLOWED[principal.role]


def check(principal: Principal, action: Action, conference: str = "", site: str = "") -> None:
    """Raise Forbidden unless the principal may do that to this conference (and site)."""
    if action not in ALLOWED[principal.role]:
        raise Forbidden(f"a {principal.role} may not {action}")
    if principal.role is not Role.GUEST:
        return
    if conference != principal.conference:
        raise Forbidden("the invitation is for another conference")
    if site and site != principal.site:
        raise Forbidden("the invitation is for another site")
