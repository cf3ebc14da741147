"""Keys of telephones and room terminals: 2 and 8 step through layouts, 4 and 6 through sites.

A terminal without a page of ours chooses so what it sees (RFC 4733); 5: what the others see.
"""

import asyncio
from collections.abc import Collection, Sequence

import msgspec
import structlog

from control_api.services.conferences import Conferences
from control_api.services.observed import Observed
from control_api.services.own_tasks import OwnTasks
from mcu_core.contract.content import CONTENT
from mcu_core.contract.definition import (
    ConferenceDefinition,
    LayoutChoice,
    Pane,
    SiteDefinition,
    View,
)
from mcu_core.errors import McuError
from mcu_core.layouts.catalogue import MODES

log = structlog.get_logger()

MOST_WAITING = 64
LAYOUT_STEPS = {"2": 1, "8": -1}
SITE_STEPS = {"6": 1, "4": -1}
BACK = "5"
KEYS = {*LAYOUT_STEPS, *SITE_STEPS, BACK}
CONTENT_ALONE = View(LayoutChoice(mode=1), (Pane("content"),))


def layouts_for(sites: int) -> tuple[int | None, ...]:
    """What 2 and 8 go through: what the number of sites decides, then one mode of each size."""
    first: dict[int, int] = {}
    for number, mode in enumerate(MODES[1:], 1):
        first.setdefault(len(mode.panes), number)
    sizes = sorted(size for size in first if size < max(2, sites) * 2)
    return (None, *(first[size] for size in sizes))


def after(key: str, site: SiteDefinition, others: Sequence[str], content: bool) -> SiteDefinition:
    """The site as it is after a press; `others` may be watched, `content` is shown by somebody.

    A locked one stays as it is.
    """
    if site.source_locked:
        return site
    if key == BACK:
        return msgspec.structs.replace(site, watch="", view=None)
    if key in LAYOUT_STEPS:
        steps = layouts_for(len(others) + 1)
        now = site.view.layout.mode if site.view is not None and not site.watch else None
        # None as a view of its own, and no view at all, look alike: the first press goes on.
        at = steps.index(now) if now in steps else 0
        mode = steps[(at + LAYOUT_STEPS[key]) % len(steps)]
        view = View(LayoutChoice(mode=mode)) if mode is not None else None
        return msgspec.structs.replace(site, watch="", view=view)
    choices = ["", *others, *([CONTENT] if content else [])]
    shown = CONTENT if site.view == CONTENT_ALONE and not site.watch else site.watch
    at = choices.index(shown) if shown in choices else 0
    chosen = choices[(at + SITE_STEPS[key]) % len(choices)]
    if chosen == CONTENT:
        return msgspec.structs.replace(site, watch="", view=CONTENT_ALONE)
    return msgspec.structs.replace(site, watch=chosen, view=None)


class Keypad:
    """Carries out what keys mean, one by one; `start` and `stop` are its life."""

    def __init__(self, conferences: Conferences, observed: Observed) -> None:
        self._conferences = conferences
        self._observed = observed
        self._pressed: asyncio.Queue[tuple[str, str, str]] = asyncio.Queue(MOST_WAITING)
        self._tasks = OwnTasks()
        self.dropped = 0
        """Presses that came faster than they could be carried out."""
        observed.pressed = self.press

    def press(self, conference: str, site: str, key: str) -> None:
        """Somebody at a site pressed a key; what no key of ours is, is passed over."""
        if key not in KEYS:
            return
        try:
            self._pressed.put_nowait((conference, site, key))
        except asyncio.QueueFull:
            self.dropped += 1

    def start(self) -> None:
        """Begin to carry out."""
        self._tasks.start(self._run(), "keypad")

    async def stop(self) -> None:
        """Stop, and wait for it; safe twice."""
        await self._tasks.stop()

    async def _run(self) -> None:
        while True:
            conference, site, key = await self._pressed.get()
            try:
                await self._carry_out(conference, site, key)
            except McuError as error:
                log.info("key without effect", conference=conference, site=site, reason=str(error))
            except Exception:  # else no key would do anything any more
                log.exception("carrying out a key broke", conference=conference, site=site)

    async def _carry_out(self, conference: str, site: str, key: str) -> None:
        view = self._observed.view(conference)
        here = {one.id for one in view.sites if one.state == "joined"}
        content = view.content.shown is not None

        def edit(now: ConferenceDefinition) -> ConferenceDefinition:
            others = _others(now, site, here)
            sites = tuple(
                after(key, one, others, content) if one.id == site else one for one in now.sites
            )
            return msgspec.structs.replace(now, sites=sites)

        await self._conferences.amend(conference, edit)


def _others(now: ConferenceDefinition, site: str, here: Collection[str]) -> list[str]:
    return [one.id for one in now.sites if one.id != site and one.id in here]
