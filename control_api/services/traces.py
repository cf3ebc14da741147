"""Use case: why a site's pane stood still, out of the engine's last minute of it."""

from pydantic import BaseModel

from control_api.services.keeper import Keeper
from control_api.services.wanted import Wanted
from mcu_core.contract.commands import GetTrace
from mcu_core.contract.snapshots import SiteTrace, TraceSample
from mcu_core.errors import McuError, NotFound
from mcu_core.media.clock import NS_PER_SECOND


class SecondView(BaseModel):
    """One second of one site; `ago_s` before the newest. Counts are of that second.

    Network: `packets`, `lost`, `repaired`. Coded pictures: `units`, `broken`, `skipped`,
    `keyframes_asked`. Decoder: `decoded`, `decode_ms`, `backlog`. Composed pictures: `watched`,
    `shown`, `longest_still_ms`, `delay_ms`. Sound: `sound_frames`, `concealed_ms`, `sound_late`,
    `sound_wait_ms`, `level_dbov`. `effort`: step of the overload order, 0 for none. `verdict`: why
    the picture stood still, empty if it moved.
    """

    ago_s: float
    packets: int
    lost: int
    repaired: int
    units: int
    broken: int
    skipped: int
    keyframes_asked: int
    decoded: int
    decode_ms: float
    backlog: int
    watched: bool
    shown: int
    longest_still_ms: float
    delay_ms: float
    sound_frames: int
    concealed_ms: float
    sound_late: int
    sound_wait_ms: float
    level_dbov: float
    effort: int
    verdict: str


class TraceView(BaseModel):
    """The last minute, oldest second first."""

    conference: str
    site: str
    seconds: list[SecondView]


async def trace(wanted: Wanted, keeper: Keeper, conference: str, site: str) -> TraceView:
    """Ask the engine; raises NotFound, or McuError where the engine is away."""
    carried = wanted[conference]
    if all(defined.id != site for defined in carried.definition.sites):
        raise NotFound("site", site)
    answer = await keeper.fleet.call(carried.engine, GetTrace(conference, site))
    if not isinstance(answer, SiteTrace):
        raise McuError("the engine gave no trace")
    newest_ns = answer.samples[-1].time_ns if answer.samples else 0
    return TraceView(
        conference=conference,
        site=site,
        seconds=[_second(sample, newest_ns) for sample in answer.samples],
    )


def _second(sample: TraceSample, newest_ns: int) -> SecondView:
    values = {name: getattr(sample, name) for name in SecondView.model_fields if name != "ago_s"}
    ago_s = round((newest_ns - sample.time_ns) / NS_PER_SECOND, 1)
    return SecondView(ago_s=ago_s, **values)
