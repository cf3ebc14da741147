"""Whether there is room for more, by what the present sites were measured to cost."""

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
class Load:
    """What is to be carried besides. `sites`: so many more, `senders` of them with pictures;
    `coded_pixels_s`: pixels a second of the encoders that it needs and that do not run yet.
    """

    sites: int = 0
    senders: int = 0
    coded_pixels_s: int = 0


def cost_of(spent: Spent, load: Load) -> float:
    """Cores that it takes: decoders, and encoders where no running one makes what it is to get."""
    measured = [cores for cores in spent.decoders if cores > 0]
    decoder = sum(measured) / len(measured) if measured else TYPICAL_DECODE_CORES
    encode_ms = spent.encode_ms or TYPICAL_ENCODE_MS
    encoders = encode_ms * max(0, load.coded_pixels_s) / PIXELS_720P / 1000
    return SOUND_CORES * load.sites + decoder * load.senders + encoders


def refusal(spent: Spent, cost: float, what: str = "one more site") -> str:
    """Why `what`, of that cost, is not to be had now, for people; empty if it is."""
    left = FULL * spent.cores - spent.used_cores
    if spent.step == LAST_STEP and spent.used_cores > OWN_FAULT * spent.cores:
        return "the engine is overloaded and has reduced its pictures as far as it can"
    if cost > left:
        return (
            f"the engine has {max(left, 0):.2f} of {spent.cores:g} cores left,"
            f" {what} takes about {cost:.2f}"
        )
    return ""
