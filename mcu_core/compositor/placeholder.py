"""What a pane shows while its site sends no picture: a disc that says why, and the name."""

from functools import lru_cache
from typing import Literal

from mcu_core.compositor.colors import web_color
from mcu_core.compositor.labels import LEAST_HEIGHT, LEAST_WIDTH, even, text_size
from mcu_core.compositor.lettering import cleaned, initial, shortened, text_width, written
from mcu_core.compositor.overlay import Layer, Overlay, layered
from mcu_core.compositor.shapes import camera_off, disc, microphone
from mcu_core.media.picture import Plane

Reason = Literal["no-video", "camera-off", "audio-only"]

GROUND = web_color("#23282f")
DISC = web_color("#3a434f")
SPEAKING = web_color("#2a8f60")
SIGN = web_color("#cdd5de")
NAME = web_color("#acb6c2")

DISC_SHARE, LARGEST_DISC = 0.34, 240
"""The disc's size: a share of the pane's smaller side, in pixels at most."""
SMALLEST_DISC = 12
"""Below this nothing could be recognised: such a pane stays plain."""
SIGN_SHARE = 0.68
"""The size of what stands in the disc."""


@lru_cache(128)
def placeholder(
    reason: Reason, text: str, pane_w: int, pane_h: int, speaking: bool = False
) -> Overlay | None:
    """The disc and the name, to stand in the middle of a pane of that size on GROUND.

    The disc holds the name's initial ("no-video"), a camera that is struck through ("camera-off")
    or a microphone ("audio-only"); it is green while the site speaks. Small panes show the disc
    alone; None where even that would be too small, or for an initial without a name.
    """
    text = cleaned(text)
    side = min(even(round(min(pane_h, pane_w) * DISC_SHARE)), LARGEST_DISC)
    if side < SMALLEST_DISC or (reason == "no-video" and not text):
        return None
    spot = even(round(side * SIGN_SHARE)) if reason != "no-video" else side
    named = bool(text) and pane_w >= LEAST_WIDTH and pane_h >= LEAST_HEIGHT
    size = round(text_size(pane_w, pane_h) * 1.15)
    line = shortened(text, size, round(pane_w * 0.9)) if named else ""
    gap, below = (even(round(side * 0.16)), even(round(size * 1.4))) if named else (0, 0)
    width = even(max(side, text_width(line, size) + 2))
    middle = (width - side) // 4 * 2
    inset = (side - spot) // 4 * 2
    layers = [
        Layer(disc(side), SPEAKING if speaking else DISC, middle),
        Layer(_sign(reason, text, spot), SIGN, middle + inset, inset),
    ]
    if named:
        layers.append(Layer(written(line, size, width, below), NAME, 0, side + gap))
    return layered(width, side + gap + below, layers)


def _sign(reason: Reason, text: str, size: int) -> Plane:
    """The mask of what stands in the disc."""
    match reason:
        case "no-video":
            return initial(text[0].upper()[0], round(size * 0.46), size)
        case "camera-off":
            return camera_off(size)
        case "audio-only":
            return microphone(size)
