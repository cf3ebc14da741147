"""The owner of one conference: its seats, its picture, its sound, its readers."""

import asyncio
import secrets
from collections.abc import Callable, Collection
from functools import partial

import structlog

from mcu_core.conference.direction import VIEWERS, Director, Roster
from mcu_core.conference.placing import pans
from mcu_core.contract.check import check
from mcu_core.contract.definition import ConferenceDefinition, SiteDefinition, VideoLimit
from mcu_core.contract.events import Event
from mcu_core.contract.snapshots import ConferenceSnapshot
from mcu_core.endpoints.endpoint import Endpoint
from mcu_core.engine.admission import EVERYBODY, Admission
from mcu_core.engine.cameras import Cameras
from mcu_core.engine.content import Content
from mcu_core.engine.doors import has_own_source, play
from mcu_core.engine.dressing import Dresser
from mcu_core.engine.forms import main_form
from mcu_core.engine.named_tasks import NamedTasks
from mcu_core.engine.options import DEFAULT_OPTIONS, EngineOptions
from mcu_core.engine.pictures import PicturePlan
from mcu_core.engine.report import conference_snapshot
from mcu_core.engine.seat import Seat
from mcu_core.engine.soon import Soon
from mcu_core.engine.sound import Listener, SoundLoop
from mcu_core.engine.tap import ConferenceTap
from mcu_core.engine.tap_keeper import TapKeeper
from mcu_core.engine.teller import Teller
from mcu_core.engine.threads import Threads
from mcu_core.engine.views import Views, senders
from mcu_core.errors import McuError, NotFound, Refused
from mcu_core.media.clock import NS_PER_SECOND, Clock
from mcu_core.media.units import VideoForm
from mcu_core.mixer.speech import Speech
from mcu_core.negotiation.rate_shares import narrower
from mcu_core.negotiation.receivable import NO_LIMIT

log = structlog.get_logger()

MAX_VIEWERS = 200
SOON_S = 0.004  # large rooms join all at once
LOOK_AGAIN_NS = NS_PER_SECOND


class Conference:
    """Carries out a ConferenceDefinition; all methods run on the event loop.

    `admission` is asked before anything that takes more of the machine. `threads` do the work; they
    run before it starts and until it has stopped.
    """

    def __init__(
        self,
        definition: ConferenceDefinition,
        clock: Clock,
        tell: Callable[[Event], None],
        threads: Threads,
        *,
        admission: Admission = EVERYBODY,
        options: EngineOptions = DEFAULT_OPTIONS,
    ) -> None:
        self.definition = definition
        self._clock = clock
        self._teller = Teller(definition.id, tell)
        self._admission = admission
        self._lock = asyncio.Lock()
        self._on_loop = asyncio.get_running_loop().call_soon_threadsafe
        self._seats: dict[str, Seat] = {}
        self._viewers: dict[str, Endpoint] = {}
        self._tasks = NamedTasks()
        come = partial(admission.expect, self)
        self._taps = TapKeeper(clock, self._tasks, come, self._tap_opened, self._tap_closed)
        self.failed = False
        self._publish = Soon(SOON_S, self._give)
        self._workers = threads.workers
        self._dresser = Dresser(options.media)
        self.content = Content(self._publish.now)
        self._look_ns = 0
        self.views = Views(
            definition,
            clock,
            content=self.content,
            preset=options.preset,
            threads=threads,
            shown=self._plan_shown,
            failed=self._broke,
            again=self._publish.soon,
            affords=admission.affords,
        )
        self.cameras = Cameras(self._seats, lambda: (self.definition, self.views.direction), tell)
        self._sound = SoundLoop(
            definition.id, clock, threads.sound, self._speech_changed, self._heard, self._broke
        )

    async def start(self) -> None:
        """Start the ticks and seat the sites."""
        self.views.start()
        self._sound.start()
        await self.apply(self.definition)

    async def stop(self) -> None:
        """End everything of this conference and wait for it; safe twice."""
        async with self._lock:
            await self._taps.stop()
            await asyncio.gather(*(self._unseat(site) for site in list(self._seats)))
            await asyncio.gather(*(self._drop_viewer(viewer) for viewer in list(self._viewers)))
            await self._tasks.end_all()
            self._publish.stop()
            await self.views.stop()
            await self._sound.stop()

    # ------------------------------------------------------------------ what control wants

    async def apply(self, definition: ConferenceDefinition, *, settled: bool = False) -> None:
        """Become this definition with the next tick; `settled`: whatever it takes, else refused
        where there is no room for the encoders that it needs."""
        async with self._lock:
            check(definition)  # what is wrong is refused before anything changes
            Director().decide(definition, Roster((), ()), 0)
            if not settled:
                self._admission.admit_change(self, definition)
            self.views.dressing = await self._dresser.dress(
                definition, self.views.dressing, self._clock.now_ns()
            )
            self._sound.announce(self.views.dressing.notice)
            still = await self.content.prepare(definition, self._clock.now_ns())
            before, self.definition = self.definition, definition
            self.content.apply(definition, still)
            wanted = {site.id: site for site in definition.sites}
            for site in [site for site in self._seats if site not in wanted]:
                await self._unseat(site)
            for site_definition in definition.sites:
                await self._seat(site_definition)
            await self._reform(main_form(before), main_form(definition))
            self._sound.set_voice(definition.voice)
            self._publish.now()

    async def _seat(self, definition: SiteDefinition) -> None:
        seat = self._seats.get(definition.id)
        if seat is None:
            self._seats[definition.id] = seat = Seat.make(definition, self._clock, self._workers)
            self._run_source(seat)
            return
        source_changed = (seat.definition.file, seat.definition.pattern) != (
            definition.file,
            definition.pattern,
        )
        seat.definition = definition
        if source_changed:
            await self._tasks.end(f"source {definition.id}")
            self._run_source(seat)

    async def _unseat(self, site: str) -> None:
        await self._tasks.end(f"source {site}")
        seat = self._seats.pop(site)
        self._publish.now()
        if seat.endpoint is not None:
            await self.views.drop(seat.endpoint)
        await seat.close()
        self.views.forget(site)

    async def _reform(self, before: VideoForm, form: VideoForm) -> None:
        """Another size, rate or limit: calls change over at a keyframe, the recorder at once."""
        if form != before:
            self.views.pictures.set_fps(form.fps)
        for site, endpoint in self._readers():
            if not isinstance(endpoint, ConferenceTap):
                endpoint.set_form(form, self.limit(site))
        # All forms first: dropping waits, and others decide anew.
        for tap in self._taps.reform(self.definition):
            await self.views.drop(tap)

    # ------------------------------------------------------------------ sites with own sources

    def _run_source(self, seat: Seat) -> None:
        if has_own_source(seat.definition):
            self._tasks.run(
                f"source {seat.definition.id}", play(seat, self._clock, self._new_id, self.connect)
            )

    # ------------------------------------------------------------------ connections

    def seat(self, site: str) -> Seat:
        """The seat of a defined site; raises NotFound."""
        if site not in self._seats:
            raise NotFound("site", site)
        return self._seats[site]

    def seats(self) -> Collection[Seat]:
        """All seats."""
        return self._seats.values()

    def form(self) -> VideoForm:
        """The coded form of the conference picture that calls get by default."""
        return main_form(self.definition)

    def limit(self, site: str) -> VideoLimit:
        """What a receiver may be sent at most, of a site or a viewer (empty)."""
        own = self._seats[site].definition.limit if site in self._seats else NO_LIMIT
        return narrower(own, self.definition.limit)

    def new_endpoint_id(self, site: str) -> str:
        """A name for a new connection, never used before in this conference."""
        if not site and len(self._viewers) >= MAX_VIEWERS:
            raise Refused(f"this conference has {MAX_VIEWERS} viewers already")
        return self._new_id(site or "viewer")

    def _new_id(self, stem: str) -> str:
        # Who knows a connection's name may end it (RFC 9725 4.2): it must not be guessed.
        return f"{stem}-{secrets.token_hex(8)}"

    async def connect(self, site: str, endpoint: Endpoint) -> None:
        """Start an endpoint and give it the seat, whose old connection ends; pane and mute stay.

        `site` empty: a viewer. Raises McuError when the endpoint cannot start.
        """
        endpoint.feedback.state_changed = partial(self._endpoint_state, site, endpoint)
        if site:
            if self.seat(site).is_newcomer(self._clock.now_ns()):
                self._admission.admit(self, site, endpoint)
            seat = await self._vacate(site)
            seat.sit(endpoint, self._on_loop)
            self.cameras.listen(site, endpoint)
            endpoint.feedback.key_pressed = partial(self._teller.key_pressed, site)
            self._teller.site(seat, "joining", "")
        else:
            self._admission.admit(self, VIEWERS, endpoint)
            self._viewers[endpoint.id] = endpoint
        self.listen(endpoint)
        self._publish.soon()
        try:
            await endpoint.start()
        except McuError as error:
            await self.disconnect(endpoint.id, str(error))
            raise

    async def _vacate(self, site: str) -> Seat:
        """The seat, once nobody sits there: two may come for it at the same moment."""
        seat = self.seat(site)
        await self._release(seat)
        while seat.endpoint is not None:
            await self._release(seat)
        return self.seat(site)

    async def _release(self, seat: Seat) -> None:
        """End the seat's connection; somebody else may sit there by the time that it is gone."""
        old, seat.endpoint = seat.endpoint, None
        if old is not None:
            old.feedback.state_changed = lambda state, reason: None
            seat.left_ns = self._clock.now_ns()
            await self.views.drop(old)
            await old.stop()
        if seat.endpoint is None:
            seat.empty()

    async def disconnect(self, endpoint_id: str, reason: str = "left") -> None:
        """End a connection; unknown ones have ended already."""
        if endpoint_id in self._viewers:
            await self._drop_viewer(endpoint_id)
        for seat in list(self._seats.values()):
            if seat.endpoint is not None and seat.endpoint.id == endpoint_id:
                await self._away(seat, reason)

    async def _away(self, seat: Seat, reason: str) -> None:
        await self._release(seat)
        if seat.endpoint is not None:
            return
        seat.joined_ns = 0
        self._teller.site(seat, "away", reason)
        self._publish.now()

    async def _drop_viewer(self, endpoint_id: str) -> None:
        endpoint = self._viewers.pop(endpoint_id)
        self._publish.now()
        await self.views.drop(endpoint)
        await endpoint.stop()

    def _endpoint_state(self, site: str, endpoint: Endpoint, state: str, reason: str) -> None:
        seat = self._seats.get(site)
        if state == "joined":
            if seat is not None and seat.endpoint is endpoint:
                seat.joined_ns = seat.joined_ns or self._clock.now_ns()
                self._teller.site(seat, "joined", "")
                self._publish.soon()
            return
        log.info("connection lost", conference=self.definition.id, endpoint=endpoint.id)
        self._tasks.run(f"lost {endpoint.id}", self._lost(site, endpoint, reason))

    async def _lost(self, site: str, endpoint: Endpoint, reason: str) -> None:
        if endpoint.id in self._viewers:
            await self._drop_viewer(endpoint.id)
        seat = self._seats.get(site)
        if seat is not None and seat.endpoint is endpoint:
            await self._away(seat, reason)
            if self._seats.get(site) is seat:
                self._run_source(seat)

    # ------------------------------------------------------------------ who reads what

    def _readers(self) -> list[tuple[str, Endpoint]]:
        """All who take something out of the conference, with their sites."""
        seated = [
            (site, seat.endpoint) for site, seat in self._seats.items() if seat.endpoint is not None
        ]
        return seated + [(VIEWERS, one) for one in self._viewers.values()] + self._taps.readers

    def coding(
        self,
        definition: ConferenceDefinition | None = None,
        also: tuple[tuple[str, Endpoint], ...] = (),
    ) -> int:
        """Pixels a second that its encoders make: of another definition, with `also` others."""
        wanted, readers = definition or self.definition, [*self._readers(), *also]
        return self.views.coding(wanted, self._seats, readers, main_form(self.definition))

    def listen(self, endpoint: Endpoint) -> None:
        """Let the wishes of an endpoint's receiver reach the encoder that it reads."""
        for one in (endpoint, endpoint.content):
            if one is not None:
                one.feedback.keyframe_wanted = partial(self.views.outputs.keyframe_wanted, one)
                one.feedback.bitrate_advised = partial(self.views.advise, one)

    async def tap(self, *, recorded: bool = False) -> ConferenceTap:
        """The tap of what viewers see, or of what is recorded."""
        return self._taps.open(self.definition, recorded=recorded)

    def _tap_opened(self, tap: ConferenceTap) -> None:
        self.listen(tap)
        tap.small.feedback.keyframe_wanted = partial(self.views.outputs.keyframe_wanted, tap.small)
        tap.wishes_changed = self._publish.now
        self._publish.now()

    async def _tap_closed(self, tap: ConferenceTap) -> None:
        self._publish.now()
        await self.views.drop(tap)

    # ------------------------------------------------------------------ what the ticks work from

    def _give(self) -> None:
        """Give both ticks the present state, each as one new value."""
        readers = self._readers()
        self._sound.seats = tuple(self._seats.values())
        self._sound.listeners = tuple(
            Listener(endpoint, endpoint.audio_out, self._seats.get(site))
            for site, endpoint in readers
            if endpoint.audio_out is not None
        )
        self.views.refresh(self.definition, self._seats, readers)
        self._teller.content(self.content.snapshot())
        shown = self.views.shown if self.definition.pan_by_pane else None
        self._sound.pans = pans(shown) if shown is not None else {}
        self._sound.loudest = self.definition.loudest

    # ------------------------------------------------------------------ what the ticks tell

    def _plan_shown(self, plan: PicturePlan) -> None:
        view = plan.views.get(self.views.viewers_see)
        if view is not None:
            self._teller.shown(plan.revision, view)

    def _speech_changed(self, speech: Speech) -> None:
        self.views.hear(speech.speaker, speech.floor, speech.previous)
        self._teller.speech(speech)
        self._publish.soon()

    def _heard(self) -> None:
        """Ten times a second: tell levels, and each second look whether something is different."""
        now_ns = self._clock.now_ns()
        if now_ns >= self._look_ns:
            for seat in self._seats.values():
                seat.note_second(self.views.pictures.effort.step, now_ns)
        other = self.content.look(self._seats, now_ns)
        if other or self.views.senders != senders(self._seats) or now_ns >= self._look_ns:
            self.look_again()
        self._teller.levels(self._seats)

    def look_again(self) -> None:
        """Decide anew: a first picture gives a pane, a measured rate allows passing through."""
        self._look_ns = self._clock.now_ns() + LOOK_AGAIN_NS
        self._publish.now()

    def _broke(self, error: Exception) -> None:
        self.failed = True
        self._teller.failed(str(error))

    def snapshot(self) -> ConferenceSnapshot:
        """The conference as it is now."""
        return conference_snapshot(
            self.definition,
            self._seats,
            self.views,
            self._sound,
            self.content,
            viewers=len(self._viewers),
            now_ns=self._clock.now_ns(),
        )
