"""Who sees what, carried out: decisions become picture plans, encoders and watched sources."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple

from mcu_core.adaptation.overload import Effort
from mcu_core.conference.direction import (
    CONFERENCE,
    ONLY_CONTENT,
    RECORDER,
    VIEWERS,
    VIEWERS_BESIDE,
    Direction,
    Director,
    Roster,
    Shown,
    ViewKey,
)
from mcu_core.contract.content import CONTENT
from mcu_core.contract.definition import ConferenceDefinition, PaneFit
from mcu_core.contract.snapshots import ViewSnapshot
from mcu_core.egress.video_encoder import FASTEST_PRESET
from mcu_core.endpoints.endpoint import Endpoint, Receiver
from mcu_core.engine.coding import coded, pixels_per_second
from mcu_core.engine.content import Content, SiteContent
from mcu_core.engine.content_channels import (
    Outlet,
    channels,
    outlets,
    watched_by,
    without_content,
)
from mcu_core.engine.dressing import Dressing
from mcu_core.engine.passing import passable, passable_content
from mcu_core.engine.pictures import Outputs, PictureLoop, PicturePlan, PlannedPane, ViewPlan
from mcu_core.engine.rungs import Rungs, shared
from mcu_core.engine.seat import Seat
from mcu_core.engine.sender_wishes import SenderWishes, largest_tiles
from mcu_core.engine.tap import ConferenceTap
from mcu_core.engine.threads import Threads
from mcu_core.engine.video_outputs import OutputKey, VideoOutputs
from mcu_core.layouts.automatic import layout_for
from mcu_core.media.clock import NS_PER_SECOND, Clock
from mcu_core.media.units import VideoForm

Readers = Sequence[tuple[str, Endpoint]]
"""Every endpoint that takes pictures, with the site that it belongs to (VIEWERS for none)."""


def senders(seats: Mapping[str, Seat]) -> frozenset[str]:
    """The joined sites that have sent picture or sound."""
    return frozenset(site for site, seat in seats.items() if seat.joined_ns and seat.sends)


NOBODY = PlannedPane(None, PaneFit.FIT, "")
NO_SITES = (VIEWERS, VIEWERS_BESIDE, RECORDER)


class _Wanted(NamedTuple):
    """What an endpoint is to be sent: a view, or its one site's own stream."""

    endpoint: Receiver
    view: ViewKey
    source: Seat | SiteContent | None


class Views:
    """The pictures of one conference and their receivers; all methods run on the event loop.

    `again` is called when time alone changes what is to be seen (polling, a layout that shrinks);
    `affords` says whether encoders of so many pixels a second more may run.
    """

    def __init__(
        self,
        definition: ConferenceDefinition,
        clock: Clock,
        *,
        content: Content,
        preset: str,
        threads: Threads,
        shown: Callable[[PicturePlan], None],
        failed: Callable[[Exception], None],
        again: Callable[[], None],
        affords: Callable[[int], bool] = lambda pixels_s: True,
    ) -> None:
        self.dressing = Dressing()
        self.speaker = self.floor = self.previous = ""
        self.senders: frozenset[str] = frozenset()
        self._content = content
        self._clock = clock
        self._preset = preset
        self._loop = asyncio.get_running_loop()
        self._again = again
        self._affords = affords
        self._director = Director()
        self._spoke_ns: dict[str, int] = {}
        self._rungs = Rungs(clock)
        self._wishes = SenderWishes()
        self._beside: frozenset[str] = frozenset()
        """The connections that get content beside the picture."""
        self._wake: asyncio.TimerHandle | None = None
        self._refreshing = False
        self.direction = Direction({}, {}, None)
        self._shown = shown
        self._seats: Mapping[str, Seat] = {}
        plan = PicturePlan(definition.revision, MappingProxyType({}))
        self.pictures = PictureLoop(
            definition.id,
            clock,
            threads.pictures,
            definition.fps,
            plan,
            self._plan_shown,
            failed,
        )
        self.outputs = VideoOutputs(clock, preset, threads.workers, self._outputs_changed)
        self.outputs.spares = self.pictures.effort.spares

    def start(self) -> None:
        """Begin to compose."""
        self.pictures.start()

    async def stop(self) -> None:
        """End the tick and all encoders, and wait for them."""
        self._cancel_wake()
        await self.pictures.stop()
        await self.outputs.close()

    def _outputs_changed(self, outputs: Outputs) -> None:
        self.pictures.outputs = outputs
        if not self._refreshing:  # what was composed may be passed through now: decode no more
            self._loop.call_soon(self._again)

    def _plan_shown(self, plan: PicturePlan) -> None:
        self._watch()  # what the plan before it showed is seen no more
        self._shown(plan)

    # ------------------------------------------------------------------ what is known

    def hear(self, speaker: str, floor: str, previous: str) -> None:
        """Who speaks, who has the floor, and who had it before; each may be empty."""
        self.speaker, self.floor, self.previous = speaker, floor, previous
        for site in (speaker, floor):
            if site in self._seats:  # it may have gone since the sound's tick
                self._spoke_ns[site] = self._clock.now_ns()

    def forget(self, site: str) -> None:
        """A site is no longer part of the conference."""
        self._spoke_ns.pop(site, None)
        if site == self.speaker:
            self.speaker = ""

    def advise(self, endpoint: Receiver, bitrate_bps: int) -> None:
        """A receiver's path bears so much of pictures."""
        if self._rungs.advise(endpoint, bitrate_bps):
            self._again()

    async def drop(self, endpoint: Endpoint) -> None:
        """A receiver is gone; waits for what only it has read."""
        self._forget(endpoint)
        if endpoint.content is not None:
            self.leave(endpoint.content)
        if isinstance(endpoint, ConferenceTap):
            self.outputs.leave(endpoint.small)
        await self.outputs.remove(endpoint)

    def leave(self, channel: Receiver) -> None:
        """A connection's channel for content is gone."""
        self._forget(channel)
        self.outputs.leave(channel)

    def _forget(self, receiver: Receiver) -> None:
        receiver.feedback.bitrate_advised = lambda bps: None  # it may tell until it has stopped
        self._rungs.forget(receiver)

    def set_effort(self, effort: Effort) -> None:
        """How much work pictures are given from now on (overload)."""
        self.pictures.effort = effort
        self.outputs.set_preset(FASTEST_PRESET if effort.fast_preset else self._preset)
        self.outputs.spares = 0 if effort.merged_classes else effort.spares

    # ------------------------------------------------------------------ deciding

    def refresh(
        self, definition: ConferenceDefinition, seats: Mapping[str, Seat], readers: Readers
    ) -> None:
        """Decide anew, and give ticks, encoders and decoders what follows from it."""
        now_ns = self._clock.now_ns()
        self._seats = seats
        given = outlets(definition, self._content, seats, readers)
        self._beside = frozenset(one.endpoint.id for one in given if one.beside)
        beside = without_content(given, self._content)
        roster = self._roster(seats, beside, any(one.site == RECORDER for one in given))
        self.direction = self._director.decide(definition, roster, now_ns)
        self._refreshing = True
        dressed = definition.show_names or not self.dressing.at(now_ns).bare
        wanted = [self._wanted(outlet, seats, dressed) for outlet in given]
        wanted += self._small(wanted)
        for channel, used in channels(given):
            if used:
                own = passable_content(channel, self._content, self._advice(channel))
                wanted.append(_Wanted(channel, ONLY_CONTENT, own))
            else:
                self.outputs.leave(channel)
        self._read(wanted)
        self._watch()
        self._refreshing = False
        self.pictures.plan = self._plan(definition, seats)
        self._cancel_wake()
        if self.direction.next_change_ns is not None:
            delay_s = max(0, self.direction.next_change_ns - now_ns) / NS_PER_SECOND
            self._wake = self._loop.call_later(delay_s, self._again)

    def _cancel_wake(self) -> None:
        if self._wake is not None:
            self._wake.cancel()
            self._wake = None

    def coding(
        self,
        definition: ConferenceDefinition,
        seats: Mapping[str, Seat],
        readers: Readers,
        before: VideoForm,
    ) -> int:
        """Pixels a second that encoders would have to make of a definition for these connections
        (`engine/coding.py`)."""
        given = [Outlet(site, one, one.id in self._beside) for site, one in readers]
        recorded = any(site == RECORDER for site, _ in readers)
        roster = self._roster(seats, without_content(given, self._content), recorded)
        direction = Director().decide(definition, roster, self._clock.now_ns())
        dressed = definition.show_names or not self.dressing.at(self._clock.now_ns()).bare
        made = coded(
            definition, direction, given, seats, self.outputs, before=before, dressed=dressed
        )
        return pixels_per_second(made)

    def _roster(self, seats: Mapping[str, Seat], beside: frozenset[str], recorded: bool) -> Roster:
        self.senders = senders(seats)
        joined = sorted(
            (site for site, seat in seats.items() if seat.joined_ns),
            key=lambda site: seats[site].joined_ns,
        )
        return Roster(
            present=tuple(site for site in joined if site in self.senders),
            joined=tuple(joined),
            camera_off=frozenset(s for s in joined if seats[s].definition.video_off),
            audio_only=frozenset(s for s in joined if seats[s].shows_nothing),
            speaker=self.speaker,
            floor=self.floor,
            previous=self.previous,
            spoke_ns=dict(self._spoke_ns),
            content=self._content.shape,
            beside=beside,
            recorded=recorded,
        )

    def _plan(self, definition: ConferenceDefinition, seats: Mapping[str, Seat]) -> PicturePlan:
        dressing = self.dressing.at(self._clock.now_ns())
        views = {
            key: ViewPlan(
                shown.layout,
                tuple(
                    PlannedPane(
                        self._content.source if site == CONTENT else seats.get(site),
                        fit,
                        _label(definition, seats.get(site)),
                    )
                    for site, fit in zip(shown.panes, shown.fits, strict=True)
                ),
            )
            for key, shown in self.direction.views.items()
        }
        if content := self._content.sources:
            layout = layout_for(len(content))
            panes = [PlannedPane(source, PaneFit.FIT, "") for source in content]
            panes += [NOBODY] * (len(layout.panes) - len(panes))
            views[ONLY_CONTENT] = ViewPlan(layout, tuple(panes), bare=True)
        return PicturePlan(definition.revision, MappingProxyType(views), self.speaker, dressing)

    # ------------------------------------------------------------------ encoders and decoders

    def _wanted(self, outlet: Outlet, seats: Mapping[str, Seat], dressed: bool) -> _Wanted:
        endpoint = outlet.endpoint
        # A site that is just being taken out has no view of its own any more.
        view = self.direction.watching.get(watched_by(outlet), self.viewers_see)
        shown, advised_bps = self.direction.views[view], self._advice(endpoint)
        source = None if dressed else passable(endpoint, shown, seats, advised_bps)
        return _Wanted(endpoint, view, source)

    def _small(self, wanted: Sequence[_Wanted]) -> list[_Wanted]:
        """What is recorded once more, where a small coding is wanted."""
        small = []
        for one in wanted:
            if isinstance(one.endpoint, ConferenceTap):
                if one.endpoint.small.video_out is None:
                    self.outputs.leave(one.endpoint.small)
                else:
                    small.append(_Wanted(one.endpoint.small, one.view, None))
        return small

    def _read(self, wanted: Sequence[_Wanted]) -> None:
        rungs = self._given_rungs(wanted)
        for endpoint, view, source in wanted:
            form = endpoint.video_out
            if form is None:
                continue
            if source is not None:
                own = ViewKey("full", source.id)
                key = OutputKey(own, None, form.codec, sender=source.sender)
                self.outputs.read(endpoint, key, source)
            else:
                falling = self._rungs.falling(endpoint, self.outputs.sent(endpoint))
                key = OutputKey(view, rungs.get(endpoint.id, form))
                self.outputs.read(endpoint, key, falling=falling)

    def _given_rungs(self, wanted: Sequence[_Wanted]) -> dict[str, VideoForm]:
        """By receiver, what it is sent of composed pictures; taps take the whole."""
        ladder = [
            (one, form)
            for one in wanted
            if (form := one.endpoint.video_out) is not None
            and one.source is None
            and not isinstance(one.endpoint, ConferenceTap)
        ]
        return shared(
            (
                (one.endpoint.id, one.view, self._rungs.of(one.endpoint, form))
                for one, form in ladder
            ),
            self.pictures.effort,
            {(one.view, sent) for one, _ in ladder if (sent := self.outputs.sent(one.endpoint))},
            self._affords,
        )

    def _advice(self, endpoint: Receiver) -> int:
        form = endpoint.video_out
        return self._rungs.of(endpoint, form).bitrate_bps if form is not None else 0

    def _watch(self) -> None:
        """Decode what composed pictures show, or showed just now, and what cannot be resumed; ask
        senders for as much as is shown of them."""
        composed = self.outputs.views_composed()
        seen = {
            site
            for key, shown in self.direction.views.items()
            if key in composed
            for site in shown.panes
        }
        still = self.pictures.sources_shown()
        beside = ONLY_CONTENT in composed or any(one in still for one in self._content.sources)
        self._content.watch(CONTENT in seen, beside)
        for site, seat in self._seats.items():
            visible = (site in seen or seat in still) and not seat.definition.video_off
            seat.video.watch(visible or not seat.can_resume)
        tiles = largest_tiles(self.direction.views, self.outputs.coded())
        self._wishes.look(self._seats, tiles, self.outputs.passed(), self._clock.now_ns())

    # ------------------------------------------------------------------ what it tells

    @property
    def viewers_see(self) -> ViewKey:
        """Which picture viewers and the recorder get."""
        return self.direction.watching.get(VIEWERS, CONFERENCE)

    @property
    def shown(self) -> Shown | None:
        """What viewers see."""
        return self.direction.views.get(self.viewers_see)

    def snapshots(self) -> tuple[ViewSnapshot, ...]:
        """Every picture that somebody watches."""
        watching: dict[ViewKey, list[str]] = {}
        for site, key in self.direction.watching.items():
            watching.setdefault(key, []).append(site)
        return tuple(
            ViewSnapshot(
                kind=key.kind,
                name=key.name,
                mode=shown.layout.id,
                panes=shown.panes,
                watched_by=tuple(site for site in watching.get(key, []) if site not in NO_SITES),
            )
            for key, shown in self.direction.views.items()
        )


def _label(definition: ConferenceDefinition, seat: Seat | None) -> str:
    return seat.definition.name if seat is not None and definition.show_names else ""
