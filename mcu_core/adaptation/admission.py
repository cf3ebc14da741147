"""Whether there is room for one more site, by what the present ones were measured to cost."""

from collections.abc import Sequence
from dataclasses import dataclass

PIXELS_720P = 1280 * 720

TYPICAL_DECODE_CORES = 0.05
"""720p at 30 pictures a second, H.264, where nothing has been measured yet (media.md 4)."""

TYPICAL_ENCODE_MS = 7.0
"""One 720p picture, x264 superfast, where nothing has been measured yet."""

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


def cost_of_site(spent: Spent, own_picture: bool, pixels: int, fps: int) -> float:
    """Cores that one more site takes: its decoder, and an encoder where it gets its own picture.

    `pixels` and `fps`: of the picture that it would get.
    """
    measured = [cores for cores in spent.decoders if cores > 0]
    decode = sum(measured) / len(measured) if measured else TYPICAL_DECODE_CORES
    if not own_picture:
        return decode
    encode_ms = spent.encode_ms or TYPICAL_ENCODE_MS
    return decode + encode_ms * pixels / PIXELS_720P * fps / 1000


def refusal(spent: Spent, cost: float) -> str:
    """Why a site of that cost cannot be let in now, for people; empty if it can."""
    left = FULL * spent.cores - spent.used_cores
    if spent.step:
        return "the engine is overloaded and shows reduced pictures already"
    if cost > left:
        return (
            f"the engine has {max(left, 0):.2f} of {spent.cores:g} cores left,"
            f" one more site takes about {cost:.2f}"
        )
    return ""
