"""What control alone keeps of a running conference: no engine needs to know it."""

import msgspec


class Rules(msgspec.Struct, frozen=True):
    """Who may come in, and who may watch.

    Who was not invited gives the `access_code` and, where there is one, the `password`; the
    `chair_password` lets run the conference. Passwords are keyed hashes. `anonymous`: sites that
    nobody named may come, too. `locked`: only `members`, who have been in. `live`: whether the
    live page shows it. `hands`: the sites that have raised theirs, first come first.
    """

    access_code: str = ""
    password: str = ""
    chair_password: str = ""
    anonymous: bool = True
    locked: bool = False
    members: tuple[str, ...] = ()
    live: bool = True
    hands: tuple[str, ...] = ()


OPEN = Rules()
"""Of a conference that nobody booked."""
