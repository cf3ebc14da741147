"""One composed picture over time: its layout and who stands where."""

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec

from mcu_core.conference.panes import AUTO, assign
from mcu_core.conference.polling import PolledPanes, Rotation, interval_ns
from mcu_core.conference.roster import Roster
from mcu_core.conference.sizing import Sizing
from mcu_core.contract.check_views import chosen_layout
from mcu_core.contract.content import CONTENT
from mcu_core.contract.definition import Pane, PaneFit, View
from mcu_core.layouts.automatic import large_panes
from mcu_core.layouts.model import Layout


@dataclass(frozen=True, slots=True)
class Shown:
    """One picture: `panes[k]` is the site in pane k of the layout (empty: none), `fits[k]` how."""

    layout: Layout
    panes: tuple[str, ...]
    fits: tuple[PaneFit, ...]


class ComposedPicture:
    """Remembers who was shown, whose turn it is and how large the automatic layout was.

    Panes are given away in this order, nobody standing twice: those that name a site; voice;
    polling with a list, whose sites stand nowhere else; automatic ones; polling of the rest.
    """

    def __init__(self) -> None:
        self._sizing = Sizing()
        self._shown: tuple[str, ...] = ()
        self._pages: Rotation | None = None
        self._listed = PolledPanes()
        self._unlisted = PolledPanes()

    @property
    def next_ns(self) -> int | None:
        """When the picture changes though nothing else does; None: never."""
        pages = None if self._pages is None else self._pages.next_ns
        times = (self._sizing.next_ns, self._listed.next_ns, self._unlisted.next_ns, pages)
        return min((time for time in times if time is not None), default=None)

    def show(
        self, view: View, hidden: str, roster: Roster, follow: Sequence[str], now_ns: int
    ) -> Shown:
        """What `view` shows now; times never go back.

        `hidden` is the site that must not stand in it (empty: none), `follow` whom pictures
        follow: who has the floor, then who had it.
        """
        there = [site for site in roster.present if site != hidden]
        free = [site for site in there if not view.sources or site in view.sources]
        panes = [_with_content(_unless(hidden, pane), roster) for pane in view.panes]
        layout = self._sizing.layout(view.layout, _places(panes, free), now_ns)
        count = len(layout.panes)
        panes = [*panes, *[AUTO] * (count - len(panes))][:count]
        if view.layout.policy == "speaker" and chosen_layout(view.layout) is None:
            panes = [
                _voice(pane) if k in large_panes(layout) else pane for k, pane in enumerate(panes)
            ]

        panes = self._with_voice(panes, [site for site in follow if site in free], roster)
        pinned = {pane.site for pane in panes if pane.kind == "site"}
        listed = {k: pane for k, pane in enumerate(panes) if pane.kind == "poll" and pane.sites}
        unlisted = {
            k: pane for k, pane in enumerate(panes) if pane.kind == "poll" and not pane.sites
        }
        reserved = pinned.union(*(pane.sites for pane in listed.values()))

        polled = self._listed.take(listed, [site for site in there if site not in pinned], now_ns)
        free = [site for site in free if site not in reserved]
        filled = self._fill(view, panes, free, roster, follow, now_ns)
        seated = frozenset(filled)
        rest = [site for site in free if site not in seated]
        pictured = [site for site in rest if site not in roster.audio_only]
        polled |= self._unlisted.take(unlisted, pictured or rest, now_ns)
        self._shown = tuple(polled.get(k, site) for k, site in enumerate(filled))
        return Shown(layout, self._shown, tuple(pane.fit for pane in panes))

    def _with_voice(
        self, panes: Sequence[Pane], follow: Sequence[str], roster: Roster
    ) -> list[Pane]:
        """Voice panes turned into panes of the sites that they follow, or into automatic ones.

        Of several voice panes the one of who had the floor before the last is given to who has it
        now, so that the others do not jump.
        """
        result = list(panes)
        pinned = {pane.site for pane in panes if pane.kind == "site"}
        unseen = pinned | roster.camera_off | roster.audio_only
        voices = [k for k, pane in enumerate(panes) if pane.kind == "voice"]
        heard = [site for site in follow if site not in unseen][: len(voices)]
        stood = {site: k for k in reversed(voices) for site in self._shown[k : k + 1]}
        places = {stood[site]: site for site in heard if site in stood}
        coming = iter([site for site in heard if site not in stood])
        for k in voices:
            site = places.get(k) or next(coming, "")
            kind = "site" if site else "auto"
            result[k] = msgspec.structs.replace(panes[k], kind=kind, site=site)
        return result

    def _fill(
        self,
        view: View,
        panes: Sequence[Pane],
        free: Sequence[str],
        roster: Roster,
        follow: Sequence[str],
        now_ns: int,
    ) -> tuple[str, ...]:
        """The panes that name a site and the automatic ones; the whole picture may be polled."""
        if view.poll_s > 0:
            self._pages = self._pages or Rotation(self._shown)
            automatic = sum(pane.kind == "auto" for pane in panes)
            pictured = [site for site in free if site not in roster.audio_only]
            page = self._pages.turn(pictured, automatic, interval_ns(view.poll_s), now_ns)
            if self._pages.next_ns is not None:
                free, follow = page, ()
        else:
            self._pages = None
        return assign(
            len(panes),
            panes,
            free,
            roster.spoke_ns,
            self._shown,
            follow=follow,
            audio_only=roster.audio_only,
        )


def _unless(hidden: str, pane: Pane) -> Pane:
    """The pane, automatic if it names the hidden site."""
    if pane.kind == "site" and pane.site == hidden:
        return msgspec.structs.replace(pane, kind="auto")
    return pane


def _with_content(pane: Pane, roster: Roster) -> Pane:
    """A pane for content as one of that name, not stretched; automatic while there is none."""
    if pane.kind != "content":
        return pane
    if not roster.content:
        return msgspec.structs.replace(pane, kind="auto")
    fit = PaneFit.FIT if pane.fit is PaneFit.AUTO else pane.fit
    return msgspec.structs.replace(pane, kind="site", site=CONTENT, fit=fit)


def _voice(pane: Pane) -> Pane:
    return msgspec.structs.replace(pane, kind="voice") if pane.kind == "auto" else pane


def _places(panes: Sequence[Pane], free: Sequence[str]) -> int:
    """How many panes an automatic layout needs to show everybody, and all that was set by hand."""
    by_hand = [pane for pane in panes if pane.kind not in ("auto", "voice")]
    own = {pane.site for pane in by_hand}.union(*(pane.sites for pane in by_hand))
    # A polling pane without a list takes one of those who stand in no other pane.
    kept = sum(pane.kind != "poll" or bool(pane.sites) for pane in by_hand)
    others = sum(site not in own for site in free)
    last = max((k for k, pane in enumerate(panes) if pane.kind != "auto"), default=-1)
    return max(last + 1, kept + others)
