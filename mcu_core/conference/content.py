"""The content token (辅流令牌): who may show content now. A pure state machine (MCU-X-06, T4, T8).

    event            | nobody has it | has it itself | another has it
    -----------------+---------------+---------------+-----------------------------
    ask, admitted    | has it        | -             | takes it, the other waits
    ask, else        | waits         | -             | waits
    give             | has it        | by hand now   | takes it, the other waits
    end              | waits no more | next in line  | waits no more
    settle           | next in line  | kept, unless the rules shut it out: next in line

Who asks is admitted if the rules let it send, and, while the token is locked, if it had the token
last. A site asks when its content begins to come and ends when it stops or its connection is lost;
what an operator gives by hand is subject to no rule and goes only to an operator's next choice.
The next in line is of those who wait and are admitted the one who had or asked for it last.
"""

from dataclasses import dataclass, replace

from mcu_core.contract.content import CONTENT
from mcu_core.contract.definition import ConferenceDefinition

MOST_SENDERS = 9

OWN = CONTENT
"""Holds the token while the conference shows an image or a clip of its own."""


@dataclass(frozen=True, slots=True)
class Rules:
    """Who may have the token: `only` that site (empty: none), None all; `locked` as above."""

    only: str | None = None
    locked: bool = False


def rules_of(definition: ConferenceDefinition) -> Rules:
    """The rules as the conference has them."""
    content = definition.content
    only = {"anybody": None, "chair": definition.chair, "site": content.site}.get(
        content.senders, ""
    )
    return Rules(only, content.locked)


@dataclass(frozen=True, slots=True)
class Token:
    """Who has it (empty: nobody), who had it last, and who else sends content, the newest last."""

    holder: str = ""
    by_hand: bool = False
    last: str = ""
    waiting: tuple[str, ...] = ()


def ask(token: Token, site: str, rules: Rules) -> Token:
    """A site begins to send content; nothing changes where it has the token already."""
    if site == token.holder:
        return token
    line = (*_without(token.waiting, site), site)
    if token.by_hand or not _admitted(token, site, rules):
        return replace(token, waiting=line)
    return _held(replace(token, waiting=line), site)


def give(token: Token, holder: str) -> Token:
    """An operator gives it to a site that sends, or to what the conference shows itself (OWN)."""
    return replace(_held(token, holder), by_hand=True)


def end(token: Token, site: str, rules: Rules) -> Token:
    """A site sends no more, its connection is lost, or an operator ends it."""
    token = replace(token, waiting=_without(token.waiting, site))
    if site != token.holder:
        return token
    return _next(replace(token, holder="", by_hand=False), rules)


def settle(token: Token, rules: Rules) -> Token:
    """The rules are others: who may send no more loses it, and who waits may come in."""
    if token.by_hand or (token.holder and _permitted(token.holder, rules)):
        return token
    waiting = (token.holder, *token.waiting) if token.holder else token.waiting
    return _next(replace(token, holder="", waiting=waiting), rules)


def senders(token: Token, rules: Rules, several: bool) -> tuple[str, ...]:
    """Whose content is shown, the newest first: who has the token, and where `several` may send
    who waits for it and would be admitted, MOST_SENDERS in all."""
    if token.holder in ("", OWN):
        return ()
    others = reversed(token.waiting) if several else ()
    admitted = (site for site in others if _admitted(token, site, rules))
    return (token.holder, *admitted)[:MOST_SENDERS]


def _held(token: Token, holder: str) -> Token:
    waiting = _without(token.waiting, holder)
    if token.holder not in ("", OWN, holder):
        waiting = (*waiting, token.holder)
    last = token.last if holder == OWN else holder
    return Token(holder, False, last, waiting)


def _next(token: Token, rules: Rules) -> Token:
    for site in reversed(token.waiting):
        if _admitted(token, site, rules):
            return _held(token, site)
    return token


def _admitted(token: Token, site: str, rules: Rules) -> bool:
    return _permitted(site, rules) and (not rules.locked or site == token.last)


def _permitted(site: str, rules: Rules) -> bool:
    return rules.only is None or site == rules.only


def _without(sites: tuple[str, ...], site: str) -> tuple[str, ...]:
    return tuple(other for other in sites if other != site)
