"""What control alone keeps of a running conference: no engine needs to know it."""

import msgspec


class Came(msgspec.Struct, frozen=True):
    """A seat of another conference, from which a site moved here.

    `left` and `found`: which password (door.py, `mark_of`) that conference and this one had then.
    """

    conference: str
    site: str
    left: str = ""
    found: str = ""


class Rules(msgspec.Struct, frozen=True):
    """Who may come in, and who may watch.

    Who was not invited gives the `access_code` and, where there is one, the `password`; the
    `chair_password` lets run the conference. Passwords are keyed hashes. `anonymous`: sites that
    nobody named may come, too. `locked`: only `members`, who have been in. `live`: whether the
    live page shows it. `hands`: the sites that have raised theirs, first come first. `came`: sites
    that moved here, with where they were, whose invitations hold on. `room`:
    the site that opened it as its room.
    """

    access_code: str = ""
    password: str = ""
    chair_password: str = ""
    anonymous: bool = True
    locked: bool = False
    members: tuple[str, ...] = ()
    live: bool = True
    hands: tuple[str, ...] = ()
    came: tuple[Came, ...] = ()
    room: str = ""


OPEN = Rules()
"""Of a conference that nobody booked."""
