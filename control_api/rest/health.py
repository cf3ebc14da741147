"""Routes: how the whole system is, for people; what it tells others, and what nobody took."""

from dataclasses import asdict
from importlib.metadata import version

from fastapi import APIRouter, Depends

from control_api.auth.roles import Action
from control_api.rest.guard import BridgeOf, may
from control_api.services.picture_views import View
from mcu_core.media.clock import NS_PER_SECOND

router = APIRouter(
    prefix="/system", tags=["system"], dependencies=[Depends(may(Action.SEE_SYSTEM))]
)


class MachineView(View):
    """How full the machine was at the last look: shares, 0..1."""

    cpu: float
    memory: float
    disk: float


class EngineView(View):
    """An engine. `cpu_cores`: what it used of the processor in the last second; `reduced`: by how
    many steps its pictures give way to the load; `restarts` seen since control started."""

    name: str
    up: bool
    up_s: float
    restarts: int
    conferences: int
    sites: int
    cpu_cores: float
    reduced: int


class HookView(View):
    """A receiver of webhooks, without what may be secret in its address; events by what became of
    them since the start, those that wait, and those that were given up and are kept."""

    to: str
    waiting: int
    delivered: int
    failed: int
    dropped: int
    dead: int


class HealthView(View):
    """The system as it is now. `machine` none: it does not tell. `alarms` that are on."""

    version: str
    up_s: float
    database: str
    machine: MachineView | None
    engines: list[EngineView]
    recorder: bool | None
    recording: int
    conferences: int
    sites: int
    viewers: int
    alarms: int
    webhooks: list[HookView]


@router.get("/health", summary="How the system is")
async def health(bridge: BridgeOf) -> HealthView:
    """From what was measured last; costs nothing."""
    full = bridge.alarms.full
    return HealthView(
        version=version("mcu"),
        up_s=round((bridge.clock.now_ns() - bridge.begun_ns) / NS_PER_SECOND, 1),
        database="PostgreSQL" if bridge.settings.database else "SQLite",
        machine=MachineView(**asdict(full)) if full is not None else None,
        engines=_engines(bridge),
        recorder=bridge.recordings.up if bridge.settings.recorder is not None else None,
        recording=sum(one.recording is not None for one in bridge.wanted.all()),
        conferences=len(bridge.wanted.all()),
        sites=bridge.observed.joined(),
        viewers=bridge.live.viewers,
        alarms=len(bridge.alarms.active),
        webhooks=_hooks(bridge),
    )


@router.post(
    "/webhooks/retry",
    summary="Tell again what was given up",
    dependencies=[Depends(may(Action.USERS))],
)
async def retry(bridge: BridgeOf) -> list[HookView]:
    """All that is kept of it."""
    await bridge.webhooks.revive()
    return _hooks(bridge)


def _engines(bridge: BridgeOf) -> list[EngineView]:
    rows = []
    for name, member in bridge.keeper.fleet.members.items():
        now = member.snapshot if member.link.up else None
        conferences = now.conferences if now is not None else ()
        joined = [site for one in conferences for site in one.sites if site.state == "joined"]
        counters = now.counters if now is not None else {}
        rows.append(
            EngineView(
                name=name,
                up=member.link.up,
                up_s=round((now.now_ns - now.started_ns) / NS_PER_SECOND, 1) if now else 0.0,
                restarts=member.restarts,
                conferences=len(conferences),
                sites=len(joined),
                cpu_cores=round(counters.get("cpu_share", 0.0), 2),
                reduced=int(counters.get("overload_step", 0)),
            )
        )
    return rows


def _hooks(bridge: BridgeOf) -> list[HookView]:
    return [
        HookView(
            to=queue.target.shown,
            waiting=len(queue.waiting) + bool(queue.under_way),
            delivered=queue.delivered,
            failed=queue.failed,
            dropped=queue.dropped,
            dead=queue.dead,
        )
        for queue in bridge.webhooks.queues
    ]
