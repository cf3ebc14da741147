"""What engines tell of conferences and sites, and the events that callers get of it."""

from collections.abc import Callable
from typing import Literal

import msgspec

from control_api.services.feed import LEVELS, Feed, Pace
from control_api.services.happenings import happening
from control_api.services.line_rates import lines_between
from control_api.services.views import (
    ConferenceView,
    SeenConference,
    SeenSite,
    SiteView,
    conference_view,
    public_site,
    public_view,
    shown_content,
    site_view,
)
from control_api.services.wanted import Wanted
from mcu_core.contract.camera import CameraOrder
from mcu_core.contract.events import (
    CameraWanted,
    ContentChanged,
    Event,
    KeyPressed,
    LayoutShown,
    Levels,
    MutedTalkers,
    SiteChanged,
    SpeakerChanged,
)
from mcu_core.contract.snapshots import (
    ConferenceSnapshot,
    ContentSnapshot,
    EngineSnapshot,
    SiteSnapshot,
)
from mcu_core.errors import NotFound
from mcu_core.media.clock import Clock


class Observed:
    """Remembers what was last seen of each wanted conference; all methods on the event loop."""

    def __init__(self, wanted: Wanted, feed: Feed, clock: Clock) -> None:
        self._wanted = wanted
        self._feed = feed
        self._clock = clock
        self._seen: dict[str, SeenConference] = {}
        self._paces: dict[str, Pace] = {}
        self.pressed: Callable[[str, str, str], None] = lambda conference, site, key: None
        self.camera_wanted: Callable[[str, str, CameraOrder], None] = lambda conf, site, order: None
        """Told (conference, site, key) of keys of telephones."""
        self.happened: Callable[[str, str, str], None] = lambda conference, kind, text: None
        """Told (conference, kind, whom) of what a recording marks: journal.MARK_KINDS."""
        self.site_seen: Callable[[str, SiteSnapshot, str], None] = lambda conference, site, _: None
        """Told (conference, site, reason) of each site whenever something is heard of it."""

    # ------------------------------------------------------------------ what is shown

    def view(self, conference: str) -> ConferenceView:
        """A conference for callers; raises NotFound."""
        return conference_view(self._wanted[conference], self._of(conference))

    def site(self, conference: str, site: str) -> SiteView:
        """A site for callers; raises NotFound."""
        for view in self.view(conference).sites:
            if view.id == site:
                return view
        raise NotFound("site", site)

    def site_of(self, conference: str, endpoint: str) -> str:
        """The site that this connection belongs to; empty for a viewer's or an unknown one."""
        for site, seen in self._of(conference).sites.items():
            if endpoint and seen.snapshot.endpoint == endpoint:
                return site
        return ""

    def endpoint_of(self, conference: str, site: str) -> str:
        """The connection of a site; empty when it has none."""
        seen = self._of(conference).sites.get(site)
        return seen.snapshot.endpoint if seen is not None else ""

    def been(self, conference: str) -> set[str]:
        """The sites that have been connected, as far as this process has seen."""
        return self._of(conference).been

    def publish(self, conference: str) -> ConferenceView:
        """Tell everybody how a conference is now."""
        view = self.view(conference)
        self._feed.publish(
            "conference", conference, view.model_dump(), public_view(view).model_dump()
        )
        return view

    def recording_is(
        self, conference: str, state: Literal["recording", "paused", "failed"]
    ) -> None:
        """What the recording of a conference does now."""
        seen = self._of(conference)
        if seen.recording != state:
            seen.recording = state
            self.publish(conference)

    def connected(self) -> list[tuple[str, SiteSnapshot]]:
        """All sites that are connected, each with its conference."""
        return [
            (conference, site.snapshot)
            for conference, seen in self._seen.items()
            for site in seen.sites.values()
            if site.snapshot.state == "joined"
        ]

    def joined(self) -> int:
        """How many sites are connected."""
        return sum(
            seen.snapshot.state == "joined"
            for conference in self._seen.values()
            for seen in conference.sites.values()
        )

    def forget(self, conference: str) -> None:
        """A conference has ended."""
        self._seen.pop(conference, None)
        self._paces.pop(conference, None)

    def _of(self, conference: str) -> SeenConference:
        return self._seen.setdefault(conference, SeenConference())

    def _carries(self, engine: str, conference: str) -> bool:
        return conference in self._wanted and self._wanted[conference].engine == engine

    def explain(self, conference: str, site: str, reason: str) -> None:
        """Why a site is away, for people."""
        seen = self._of(conference).sites.get(site)
        snapshot = seen.snapshot if seen is not None else SiteSnapshot(site, "")
        if snapshot.state == "away":
            self._see_site(conference, snapshot, reason)

    # ------------------------------------------------------------------ what engines tell

    def engine_gone(self, engine: str) -> None:
        """Nothing is known any more of the conferences of an engine."""
        for definition in self._wanted.on_engine(engine):
            seen = self._of(definition.id)
            seen.speaker = ""
            seen.muted_talkers = frozenset()
            self._see_content(definition.id, None)
            self._see_reduced(definition.id, 0)
            for site in definition.sites:
                self._see_site(
                    definition.id, SiteSnapshot(site.id, site.name), "the media engine is away"
                )

    def snapshot(self, engine: str, snapshot: EngineSnapshot) -> None:
        """Take a snapshot; what changed is told as events."""
        for conference in snapshot.conferences:
            if self._carries(engine, conference.id):
                self._see_lines(conference, snapshot.now_ns)
                self._take(conference)
                self._see_reduced(conference.id, int(snapshot.counters.get("overload_step", 0)))

    def _see_lines(self, snapshot: ConferenceSnapshot, now_ns: int) -> None:
        """Tell the rates and losses that have changed; guests learn nothing of them."""
        seen = self._of(snapshot.id)
        known = {site: one.snapshot for site, one in seen.sites.items()}
        lines = lines_between(known, snapshot.sites, now_ns - seen.looked_ns)
        changed = {
            site: line.model_dump() for site, line in lines.items() if seen.lines.get(site) != line
        }
        seen.lines, seen.looked_ns = lines, now_ns
        if changed:
            told = {"conference": snapshot.id, "lines": changed}
            self._feed.publish("lines", snapshot.id, told, told | {"lines": {}})

    def _take(self, snapshot: ConferenceSnapshot) -> None:
        seen = self._of(snapshot.id)
        for site in snapshot.sites:
            known = seen.sites.get(site.id)
            reason = known.reason if known is not None and site.state == "away" else ""
            self._see_site(snapshot.id, site, reason)
        for gone in set(seen.sites) - {site.id for site in snapshot.sites}:
            del seen.sites[gone]
        if (seen.mode, seen.panes) != (snapshot.mode, snapshot.panes):
            self._see_layout(snapshot.id, snapshot.mode, snapshot.panes)
        self._see_content(snapshot.id, snapshot.content)
        if seen.speaker != snapshot.speaker:
            self._see_speaker(snapshot.id, snapshot.speaker)

    def event(self, engine: str, event: Event) -> None:
        """Take an event of an engine; those about conferences it shall not carry are ignored."""
        if not self._carries(engine, event.conference):
            return
        self._mark(event)
        match event:
            case SiteChanged():
                self._site_changed(event)
            case SpeakerChanged():
                self._see_speaker(event.conference, event.site)
            case MutedTalkers():
                self._of(event.conference).muted_talkers = frozenset(event.sites)
                told = {"conference": event.conference, "sites": event.sites}
                self._feed.publish("muted_talkers", event.conference, told)
            case LayoutShown():
                self._see_layout(event.conference, event.mode, event.panes)
            case ContentChanged():
                self._see_content(event.conference, event.content)
            case KeyPressed(conference, site, key):
                public = {"conference": conference, "site": site}
                self._feed.publish("key", conference, public | {"key": key}, public)
                self.pressed(conference, site, key)
            case CameraWanted(conference, site, _, order):
                self.camera_wanted(conference, site, order)
            case Levels():
                self._levels(event)
            case _:
                pass  # ConferenceFailed is the keeper's; newer engines may tell more

    def _mark(self, event: Event) -> None:
        """Tell whoever keeps marks what an event means, before it is taken."""
        sites = self._wanted[event.conference].definition.sites
        names = {site.id: site.name for site in sites}
        found = happening(event, self._of(event.conference), names)
        if found is not None:
            self.happened(event.conference, *found)

    def _site_changed(self, event: SiteChanged) -> None:
        known = self._of(event.conference).sites.get(event.site)
        before = known.snapshot if known is not None else SiteSnapshot(event.site, "")
        if event.state == "joined" and event.endpoint != before.endpoint:
            before = SiteSnapshot(event.site, before.name)  # counted anew on each connection
        now = msgspec.structs.replace(before, state=event.state, endpoint=event.endpoint)
        self._see_site(event.conference, now, event.reason)

    def _see_site(self, conference: str, snapshot: SiteSnapshot, reason: str) -> None:
        """Remember a site, and tell it when callers would see a difference beyond its level."""
        seen = self._of(conference)
        definition = self._wanted[conference].definition
        wanted = next((site for site in definition.sites if site.id == snapshot.id), None)
        if wanted is None:
            return
        before = site_view(wanted, seen)
        seen.sites[snapshot.id] = SeenSite(snapshot, reason)
        if snapshot.state == "joined":
            seen.been.add(snapshot.id)
        self.site_seen(conference, snapshot, reason)
        after = site_view(wanted, seen)
        if before.model_copy(update={"level_dbov": after.level_dbov}) != after:
            self._feed.publish(
                "site",
                conference,
                {"conference": conference, "site": after.model_dump()},
                {"conference": conference, "site": public_site(after).model_dump()},
            )

    def _see_layout(self, conference: str, mode: int | None, panes: tuple[str, ...]) -> None:
        seen = self._of(conference)
        seen.mode, seen.panes = mode, panes
        self._feed.publish(
            "layout", conference, {"conference": conference, "mode": mode, "panes": panes}
        )

    def _see_content(self, conference: str, content: ContentSnapshot | None) -> None:
        seen = self._of(conference)
        if seen.content != content:
            seen.content = content
            shown = shown_content(content)
            self._feed.publish(
                "content",
                conference,
                {"conference": conference, "content": shown.model_dump() if shown else None},
            )

    def _see_reduced(self, conference: str, step: int) -> None:
        seen = self._of(conference)
        if seen.reduced != step:
            seen.reduced = step
            self._feed.publish("reduced", conference, {"conference": conference, "step": step})

    def _see_speaker(self, conference: str, site: str) -> None:
        self._of(conference).speaker = site
        self._feed.publish("speaker", conference, {"conference": conference, "site": site})

    def _levels(self, event: Levels) -> None:
        if self._paces.setdefault(event.conference, Pace()).passes(self._clock.now_ns()):
            self._feed.publish(
                LEVELS, event.conference, {"conference": event.conference, "levels": event.levels}
            )
