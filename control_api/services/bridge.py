"""Everything that control does, put together: the use cases, and the life of what they stand on."""

import asyncio
import secrets
from collections.abc import Callable

import structlog

from control_api.auth.digests import DigestSecrets
from control_api.auth.own_roles import OwnRoles
from control_api.auth.password_rule import Rule
from control_api.auth.passwords import Passwords
from control_api.auth.seal import Seal
from control_api.auth.sessions import Sessions
from control_api.persistence.alarms import AlarmRows
from control_api.persistence.audience import AudienceRows
from control_api.persistence.audit import AuditRows
from control_api.persistence.bookings import BookingRows
from control_api.persistence.conferences import ConferenceRows
from control_api.persistence.consultations import ConsultationRows
from control_api.persistence.database import Database
from control_api.persistence.groups import GroupRows
from control_api.persistence.hooks import HookRows
from control_api.persistence.library import LibraryRows
from control_api.persistence.moments import MomentRows
from control_api.persistence.pacs import PacsRows
from control_api.persistence.presets import PresetRows
from control_api.persistence.pushes import PushRows
from control_api.persistence.register import RegisterRows
from control_api.persistence.roles import RoleRows
from control_api.persistence.rules import Rules
from control_api.persistence.territory import TerritoryRows
from control_api.persistence.users import UserRows
from control_api.services.access_codes import AccessCodes
from control_api.services.adhoc import Adhoc
from control_api.services.alarms import Alarms, Processes
from control_api.services.archiver import Archiver
from control_api.services.audience import Audience
from control_api.services.audit import Audit
from control_api.services.booking import Bookings
from control_api.services.calling import Calling
from control_api.services.calls import Calls
from control_api.services.captures import Captures
from control_api.services.chairs import Chairs
from control_api.services.conferences import Conferences
from control_api.services.configured import limits_of, mail_of, webhooks_of
from control_api.services.consents import Consents
from control_api.services.consultations import Consultations
from control_api.services.contents import Contents
from control_api.services.demo import read_clips, try_demo
from control_api.services.door import Door
from control_api.services.feed import Feed
from control_api.services.films import Films
from control_api.services.groups import Groups
from control_api.services.inputs import Inputs
from control_api.services.keeper import Keeper
from control_api.services.keypad import Keypad
from control_api.services.live import Live
from control_api.services.machine import Machine
from control_api.services.moments import Moments
from control_api.services.moving import Moving
from control_api.services.observed import Observed
from control_api.services.organisations import Organisations
from control_api.services.pacs import Pacs
from control_api.services.presentation import Presentation
from control_api.services.presets import Presets
from control_api.services.pushes import Pushes
from control_api.services.recordings import Recordings
from control_api.services.register import Register
from control_api.services.retention import Retention
from control_api.services.rooms import Rooms
from control_api.services.sidecars import Sidecars
from control_api.services.sites import Sites
from control_api.services.steering import Steering
from control_api.services.territory import Territory
from control_api.services.timed import TimedData
from control_api.services.timetable import Timetable
from control_api.services.wanted import Wanted
from control_api.services.watchers import Watchers
from control_api.settings import Settings
from mcu_core.errors import McuError
from mcu_core.media.clock import Clock, MonotonicClock, wall_time_s
from recorder.catalogue import Catalogue

log = structlog.get_logger()

FIRST_ENGINE_S = 600.0


class Bridge:
    """The conference bridge; `open` and `close` are its life. Engines outlive it."""

    def __init__(
        self,
        settings: Settings,
        clock: Clock | None = None,
        passwords: Passwords | None = None,
        wall_s: Callable[[], float] = wall_time_s,
    ) -> None:
        self.clock = clock = clock or MonotonicClock()
        self.settings = settings
        self._database = Database(settings.data / "mcu.sqlite3", settings.database)
        self.feed = Feed()
        self.wanted = Wanted(ConferenceRows(self._database))
        self.observed = Observed(self.wanted, self.feed, clock)
        self.keeper = Keeper(
            settings.engines,
            self.wanted,
            self.observed,
            self.feed,
            settings.engine_patience_s,
            settings.snapshot_every_s,
        )
        self.conferences = Conferences(self.wanted, self.observed, self.keeper, self.feed)
        self.presentation = Presentation(self.conferences)
        self.steering = Steering(self.conferences)
        self.sites = Sites(self.wanted, self.observed, self.keeper, self.conferences)
        self.recordings = Recordings(
            settings.recorder,
            settings.recordings,
            self.wanted,
            self.observed,
            self.keeper,
            self.feed,
            LibraryRows(self._database),
        )
        self.timed = TimedData(
            self.wanted, Catalogue(settings.recordings), clock, self.recordings.call
        )
        self.contents = Contents(
            settings.data / "content", self.wanted, self.keeper, self.conferences
        )
        self._heed()
        self.consents = Consents(self.conferences, self.recordings)
        self.live = Live(self.wanted, self.keeper, clock)
        self.pushes = Pushes(
            PushRows(self._database), self.wanted, self.live, settings.push_local, clock
        )
        self.register = Register(RegisterRows(self._database))
        bookings = BookingRows(self._database)
        self.timetable = Timetable(
            bookings, self.register, self.wanted, self.conferences, self.sites, wall_s
        )
        self.timetable.record = self.consents.record_soon
        self.audit = Audit(AuditRows(self._database), wall_s)
        self.bookings = Bookings(
            bookings,
            self.timetable,
            settings.port_units,
            (settings.prolong_least_min * 60, settings.prolong_most_min * 60),
            wall_s,
        )
        self._set_watches(wall_s)
        self._set_ways()
        self.door = Door(
            self.wanted,
            self.observed,
            self.conferences,
            self.sites,
            self.bookings.kept,
            self.bookings.is_password,
            clock,
            self.rooms.open,
            self.adhoc.open,
            self.codes.check_running,
        )
        self.calling = Calling(
            self.wanted,
            self.observed,
            self.keeper,
            self.feed,
            self.sites,
            self.register,
            self.bookings,
            self.timetable,
            self.door.admit,
            clock,
            self.contents,
        )
        self._users = users = UserRows(self._database)
        roles = OwnRoles(RoleRows(self._database))
        self.digests = DigestSecrets(users, settings.data / "gateway-key", roles)
        self.retention = Retention(
            settings.keep_days, self.recordings.library.find, self.recordings.delete
        )
        self.films = Films(settings.data / "films", Catalogue(settings.recordings), clock)
        self.archiver = Archiver(
            settings.archive,
            settings.archive_after_days,
            Catalogue(settings.recordings),
            self.recordings.library.find,
            self.recordings.library.put,
            wall_s,
        )
        self.pacs = Pacs(
            PacsRows(self._database),
            Catalogue(settings.recordings),
            settings.pacs,
            settings.pacs_title,
            settings.data / "archive",
            self.audit.note,
            wall_s,
        )
        self.audience = Audience(AudienceRows(self._database))
        self.captures = Captures(
            Catalogue(settings.recordings), self.live, self.wanted, self.keeper
        )
        self.sessions = Sessions(
            users,
            passwords or Passwords(),
            clock,
            settings.data,
            settings.session_hours,
            roles,
            Rule(settings.password_days, settings.password_history),
            wall_s,
        )
        self.watchers = Watchers(self.sites, self.sessions, self.wanted, self.territory)
        self._demo: asyncio.Task[None] | None = None

    def _set_ways(self) -> None:
        """What is done to sites of conferences beside calling them."""
        self.keypad = Keypad(self.conferences, self.observed)
        self.chairs = Chairs(self.conferences, self.steering)
        self.inputs = Inputs(self.wanted)
        kept, registered = PresetRows(self._database), RegisterRows(self._database)
        self.presets = Presets(kept)
        self.moving = Moving(
            self.wanted,
            self.observed,
            self.keeper,
            self.conferences,
            self.sites,
            self.feed,
            self.bookings.moved,
        )
        self.codes = AccessCodes(BookingRows(self._database), registered, kept, self.wanted)
        self.bookings.check_code = self.codes.check_times
        self.rooms = Rooms(
            registered,
            self.register,
            self.bookings,
            self.wanted,
            self.codes,
            self.territory.give,
        )

        own = self.territory.give
        self.adhoc = Adhoc(kept, self.bookings, self.codes, self.wanted, own)
        self.mail = mail_of(self.settings)
        self.bookings.told = self.mail.tell

    def _set_watches(self, wall_s: Callable[[], float]) -> None:
        """What writes down and tells how everything goes, and whose it is."""
        self.begun_ns = self.clock.now_ns()
        rows = ConsultationRows(self._database)
        self.consultations = Consultations(rows)
        self.calls = Calls(
            rows,
            self.wanted,
            self._extra_of_call,
            self.settings.zone,
            self.settings.keep_calls_days,
            wall_s,
        )
        self.observed.site_seen = self.calls.see
        self.alarms = Alarms(
            AlarmRows(self._database),
            self.feed,
            self.clock,
            Machine(self.settings.data),
            limits_of(self.settings),
            self._processes,
            self.observed.connected,
            wall_s,
        )
        self.webhooks = webhooks_of(self.settings, HookRows(self._database), self.feed)
        self.territory = Territory(TerritoryRows(self._database))
        self.user_groups = Groups(GroupRows(self._database), UserRows(self._database))
        self.sidecars = Sidecars(Catalogue(self.settings.recordings), self.recordings.library.find)
        self.organisations = Organisations(UserRows(self._database), RegisterRows(self._database))
        self.moments = Moments(
            MomentRows(self._database),
            Catalogue(self.settings.recordings),
            self.recordings.library.find,
            self.territory.of,
            self.settings.read_slides,
        )

    async def open(self) -> None:
        """Read what is kept, then connect; raises McuError when the data cannot be used."""
        await asyncio.to_thread(self.settings.data.mkdir, parents=True, exist_ok=True)
        await self._database.open()
        await self.wanted.load()
        await self.territory.open()
        await self.user_groups.open()
        await self.audit.open()
        await self.sessions.open(self.settings.admin_password_file)
        self.digests.open()
        await self.contents.tidy()
        await self.films.open()
        fresh = secrets.token_hex(32)
        kept = await self._users.secret("conference passwords", fresh)
        self.bookings.secret = bytes.fromhex(kept)
        self.recordings.seal = self.pacs.seal = Seal(await self.sessions.secret("patients"))
        await self.calls.open()
        self.adhoc.seal = Seal(await self.sessions.secret("adhoc"))
        self.pushes.seal = Seal(await self.sessions.secret("pushes"))
        self.keeper.start()
        await self.alarms.open()
        await self.webhooks.open()
        self.calls.start()
        self.alarms.start()
        self.webhooks.start()
        self.recordings.start()
        await self.pushes.open()
        self.watchers.start()
        self.timetable.start()
        self.keypad.start()
        self.mail.start()
        self.retention.start()
        self.archiver.start()
        self.sidecars.start()
        self.pacs.start()
        self.moments.start()
        if self.settings.demo is not None:
            self._demo = asyncio.create_task(self._make_demo(), name="demo")

    async def close(self) -> None:
        """End everything of ours and wait for it; safe twice. Conferences and recordings go on."""
        self.feed.close()
        if self._demo is not None:
            self._demo.cancel()
            await asyncio.gather(self._demo, return_exceptions=True)
        await self.watchers.stop()
        await self.pushes.stop()
        await self.live.stop()
        await self.timetable.stop()
        await self.keypad.stop()
        await self.mail.stop()
        await self.retention.stop()
        await self.archiver.stop()
        await self.sidecars.stop()
        await self.pacs.stop()
        await self.moments.stop()
        await self.films.stop()
        await self.recordings.stop()
        await self.alarms.stop()
        await self.webhooks.stop()
        await self.calls.stop()  # before nothing is heard of who goes on being there
        await self.keeper.stop()
        self.sessions.close()
        await self._database.close()

    async def _before_end(self, conference: str) -> None:
        await self.pushes.before_end(conference)
        await self.recordings.before_end(conference)
        await self.contents.before_end(conference)

    def _heed(self) -> None:
        """Hear of conferences that end, and of their rules."""
        self.conferences.before_end = self._before_end
        self.conferences.ruled = self._ruled

    def _ruled(self, conference: str, rules: Rules) -> None:
        if not rules.live:
            self.live.shut(conference)

    def _processes(self) -> Processes:
        """Which processes there should be, and whether each answers."""
        members = self.keeper.fleet.members.items()
        engines = {name: member.link.up for name, member in members}
        recorder = self.recordings.up if self.settings.recorder is not None else None
        return Processes(engines, recorder)

    async def _extra_of_call(self, conference: str, site: str) -> tuple[str, str]:
        """Billing code and organisation."""
        booking = await self.bookings.find(conference)
        known = (await self.register.known([site])).get(site)
        return (
            booking.bill_code if booking is not None else "",
            known.organisation if known is not None else "",
        )

    async def _make_demo(self) -> None:
        assert self.settings.demo is not None
        try:
            clips = await asyncio.to_thread(read_clips, self.settings.demo)
            async with asyncio.timeout(FIRST_ENGINE_S):
                await self.keeper.engine_ready.wait()
        except TimeoutError:
            log.error("no demo conference", reason="no engine came up")
            return
        except McuError as error:
            log.error("no demo conference", reason=str(error))
            return
        await try_demo(clips, self.wanted, self.conferences, self.sites)
