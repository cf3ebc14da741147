"""Whether there is room for one more site, by what the present ones were measured to cost."""

from collections.abc import Sequence
from dataclasses import dataclass

from mcu_core.adaptation.overload import STEPS

PIXELS_720P = 1280 * 720

LAST_STEP = len(STEPS) - 1

TYPICAL_DECODE_CORES = 0.05
"""720p at 30 pictures a second, H.264, where nothing has been measured yet (media.md 4)."""

TYPICAL_ENCODE_MS = 5.5
"""One 720p mosaic, x264 superfast, where nothing has been measured yet."""

SOUND_CORES = 0.004
"""A site's sound: decoding it, and its share of the mix and of encoding (media.md 4)."""

OWN_FAULT = 0.5
"""Using less than this share, it is others on the machine who overload it, for how long nobody
knows: then pictures stay reduced, but nobody is turned away."""

FULL = 0.95
"""The share of the cores that may be given away: the rest is for what comes unexpectedly."""


@dataclass(frozen=True, slots=True)
class Spent:
    """What an engine uses. `used_cores` of `cores`; `decoders`: cores that each decoder uses;
    `encode_ms`: per 720p picture, as measured, 0 before; `step`: of the overload order.
    """

    used_cores: float
    cores: float
    decoders: Sequence[float] = ()
    encode_ms: float = 0.0
    step: int = 0


@dataclass(frozen=True, slots=True)
class Newcomer:
    """A site that wants to join. `sends_video`; `own_pixels`: of each picture composed for it
    alone, `own_fps` times a second; 0 where it shares one.
    """

    sends_video: bool = True
    own_pixels: int = 0
    own_fps: int = 0


def cost_of_site(spent: Spent, site: Newcomer) -> float:
    """Cores that one more site takes: decoders, and an encoder where it gets its own picture."""
    cost = SOUND_CORES
    if site.sends_video:
        measured = [cores for cores in spent.decoders if cores > 0]
        cost += sum(measured) / len(measured) if measured else TYPICAL_DECODE_CORES
    if site.own_pixels:
        encode_ms = spent.encode_ms or TYPICAL_ENCODE_MS
        cost += encode_ms * site.own_pixels / PIXELS_720P * site.own_fps / 1000
    return cost


def refusal(spent: Spent, cost: float) -> str:
    """Why a site of that cost cannot be let in now, for people; empty if it can."""
    left = FULL * spent.cores - spent.used_cores
    if spent.step == LAST_STEP and spent.used_cores > OWN_FAULT * spent.cores:
        return "the engine is overloaded and has reduced its pictures as far as it can"
    if cost > left:
        return (
            f"the engine has {max(left, 0):.2f} of {spent.cores:g} cores left,"
            f" one more site takes about {cost:.2f}"
        )
    return ""
