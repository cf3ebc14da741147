"""Groups of users and what they may do with recordings that belong to them; pure.

A recording belongs to the groups that its tag `group` names. One that belongs to none of the known
groups is everybody's, as far as roles and organisations let them; others are their members'.
"""

import re
from collections.abc import Mapping
from enum import StrEnum

from control_api.auth.roles import Action, Principal, Role, allowed
from mcu_core.errors import BadInput

LONGEST = 64
PARTED = re.compile(r"[,，、;；]")
CONTROL = re.compile(r"[\x00-\x1f\x7f/]")


class Right(StrEnum):
    """What a member may do with a group's recordings: each right contains those before it."""

    WATCH = "watch"
    DOWNLOAD = "download"
    MANAGE = "manage"


ORDER = tuple(Right)
NEEDED = {Action.TAKE: Right.DOWNLOAD, Action.RECORD: Right.MANAGE}
"""What an action needs within the recording's groups; any other one needs to watch."""

Members = Mapping[str, Right]


def groups_of(tag: str) -> tuple[str, ...]:
    """The names in a recording's tag `group`, parted by commas."""
    return tuple(dict.fromkeys(name for part in PARTED.split(tag) if (name := part.strip())))


def check_group(name: str) -> str:
    """The name, unless a tag could not name it; raises BadInput."""
    if groups_of(name) != (name,) or len(name) > LONGEST or CONTROL.search(name):
        raise BadInput("name", f"1 to {LONGEST} characters, no commas and no /")
    return name


def right_on(tag: str, groups: Mapping[str, Members], principal: Principal) -> Right | None:
    """What groups and role let the principal do with a recording of that tag; None: nothing."""
    if principal.role is Role.ADMIN:
        return Right.MANAGE
    known = [groups[name] for name in groups_of(tag) if name in groups]
    most = Right.DOWNLOAD if allowed(principal, Action.TAKE) else Right.WATCH
    if allowed(principal, Action.RECORD):
        most = Right.MANAGE
    if not known:
        return most
    own = [members[principal.name] for members in known if principal.name in members]
    best = max(own, key=ORDER.index, default=None)
    return best and min(best, most, key=ORDER.index)


def enough(right: Right | None, action: Action) -> bool:
    """Whether that right is enough for the action."""
    needed = NEEDED.get(action, Right.WATCH)
    return right is not None and ORDER.index(right) >= ORDER.index(needed)
