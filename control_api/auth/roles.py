"""Who may do what: pure, one table."""

from dataclasses import dataclass
from enum import StrEnum

from control_api.errors import Forbidden


class Role(StrEnum):
    """What a person is here. A guest has no account, only an invitation to one seat.

    Nor has a chair: a guest who gave the chair's password of the conference.
    """

    ADMIN = "admin"
    OPERATOR = "operator"
    VIEWER = "viewer"
    GUEST = "guest"
    CHAIR = "chair"


class Action(StrEnum):
    """What can be done, as coarse as the roles need it."""

    SEE = "see conferences"
    SEE_ONE = "see the conference of the invitation"
    SEE_SYSTEM = "see engines and metrics"
    WATCH = "watch a conference"
    JOIN = "join as a site"
    SEAT = "choose what the own site sees"
    RUN = "run a conference"
    CONTROL = "change conferences"
    PLAY = "play recordings"
    TAKE = "download recordings"
    PATIENT = "read patients' references"
    RECORD = "record, and delete recordings"
    REPORTS = "read call records and reports"
    INVITE = "book sites of other organisations"
    USERS = "manage users"
    OWN_ACCOUNT = "change one's own password"


_GUEST = {Action.SEE_ONE, Action.JOIN, Action.SEAT}
_CHAIR = _GUEST | {Action.RUN}
_VIEWER = {
    Action.SEE,
    Action.SEE_ONE,
    Action.SEE_SYSTEM,
    Action.WATCH,
    Action.PLAY,
    Action.TAKE,
    Action.OWN_ACCOUNT,
}
_OPERATOR = _VIEWER | _CHAIR | {Action.CONTROL, Action.RECORD, Action.PATIENT, Action.REPORTS}

ALLOWED: dict[Role, frozenset[Action]] = {
    Role.GUEST: frozenset(_GUEST),
    Role.CHAIR: frozenset(_CHAIR),
    Role.VIEWER: frozenset(_VIEWER),
    Role.OPERATOR: frozenset(_OPERATOR),
    Role.ADMIN: frozenset(Action),
}


@dataclass(frozen=True, slots=True)
class Principal:
    """Who asks. `conference` and `site` bind a guest to one seat; they are empty for users.

    `passed`: which password of the conference a guest gave, `chaired`: which one of its chair.
    `organisation`: what a user is bound to, with all below it; empty: to nothing. `rights`: those
    of a role that an administrator has made, named `title`; None: those of `role`.
    """

    name: str
    role: Role
    conference: str = ""
    site: str = ""
    passed: str = ""
    organisation: str = ""
    chaired: str = ""
    title: str = ""
    rights: frozenset[Action] | None = None

    @property
    def bound(self) -> bool:
        """Whether this is no user, but the holder of an invitation."""
        return self.role in (Role.GUEST, Role.CHAIR)


def allowed(principal: Principal, action: Action) -> bool:
    """Whether the principal's role may do that."""
    rights = ALLOWED[principal.role] if principal.rights is None else principal.rights
    return action in rights


def check(principal: Principal, action: Action, conference: str = "", site: str = "") -> None:
    """Raise Forbidden unless the principal may do that to this conference (and site)."""
    if not allowed(principal, action):
        raise Forbidden(f"a {principal.title or principal.role} may not {action}")
    if not principal.bound:
        return
    if conference != principal.conference:
        raise Forbidden("the invitation is for another conference")
    chairs = principal.role is Role.CHAIR and action is not Action.JOIN
    if site and site != principal.site and not chairs:
        raise Forbidden("the invitation is for another site")
