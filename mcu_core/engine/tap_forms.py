"""The coded forms that taps are given: good enough to keep, and small enough for anybody."""

from dataclasses import replace

from mcu_core.contract.definition import ConferenceDefinition
from mcu_core.engine.forms import main_form
from mcu_core.media.units import VideoForm

OWN_CLASS_BPS = 2_000_000
"""From this rate on the recorder shares the calls' encoder; below it has one of its own."""

SMALL_HEIGHT, SMALL_BPS = 360, 500_000


def tapped_form(definition: ConferenceDefinition, *, recorded: bool) -> VideoForm:
    """What a tap takes: the calls' H.264 if it is good enough, a recorder's as it was chosen."""
    calls = main_form(definition)
    kept = replace(calls, bitrate_bps=max(calls.bitrate_bps, OWN_CLASS_BPS))
    if not recorded:
        return kept
    chosen = definition.recorded
    return replace(
        kept,
        width=chosen.width or kept.width,
        height=chosen.height or kept.height,
        fps=chosen.fps or kept.fps,
        bitrate_bps=chosen.bitrate_bps or kept.bitrate_bps,
    )


def small_form(definition: ConferenceDefinition) -> VideoForm | None:
    """The recorder's picture for those with little bandwidth; None where that is small itself."""
    form = tapped_form(definition, recorded=True)
    if not definition.recorded.small or form.height <= SMALL_HEIGHT:
        return None
    width = max(16, form.width * SMALL_HEIGHT // form.height // 2 * 2)
    rate = min(SMALL_BPS, form.bitrate_bps)
    return replace(form, width=width, height=SMALL_HEIGHT, bitrate_bps=rate)
