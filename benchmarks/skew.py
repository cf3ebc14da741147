"""What was on a screen, judged: how late, and how far picture, content and sound are apart."""

from collections.abc import Callable, Sequence
from itertools import pairwise

from benchmarks.screen import Shown
from benchmarks.tapes import FPS
from mcu_core.media.clock import NS_PER_MS, NS_PER_SECOND

FAR_NS = NS_PER_SECOND
"""Further apart than this it is another turn of the loop."""

Pictures = Sequence[tuple[int, int]]


def first_shown(pictures: Pictures) -> list[tuple[int, int]]:
    """Each counter when it came to the screen first, as (ns, counter)."""
    firsts = [pictures[0]] if pictures else []
    return firsts + [then for now, then in pairwise(pictures) if then[1] != now[1]]


def delays_ms(pictures: Pictures, left_ns: Callable[[int, int], int | None]) -> list[float]:
    """How late each picture was on the screen; `left_ns(counter, before_ns)` is when it left."""
    delays = []
    for at_ns, counter in first_shown(pictures):
        left = left_ns(counter, at_ns)
        if left is not None:
            delays.append((at_ns - left) / NS_PER_MS)
    return delays


def content_skews(shown: Shown) -> list[tuple[int, float]]:
    """When, and how many ms later than the same moment of the main picture, content was shown."""
    moments: dict[int, list[int]] = {}
    for at_ns, counter in first_shown(shown.main):
        moments.setdefault(counter, []).append(at_ns)
    skews = []
    for at_ns, counter in first_shown(shown.content):
        apart = [at_ns - main_ns for main_ns in moments.get(counter, [])]
        nearest = min(apart, key=abs, default=FAR_NS)
        if abs(nearest) < FAR_NS:
            skews.append((at_ns, nearest / NS_PER_MS))
    return skews


def sound_skews(shown: Shown, fps: int = FPS) -> list[tuple[int, float]]:
    """When, and how many ms later than its picture, each chirp was heard: one begins with each
    second. Where that picture was not shown, the one before tells when it would have been."""
    skews = []
    firsts = first_shown(shown.main)
    for heard_ns in shown.chirps_ns:
        offsets = []
        for at_ns, counter in firsts:
            late = (counter + fps // 2) % fps - fps // 2  # frames since the whole second
            if abs(late) <= 1:
                due_ns = at_ns - late * NS_PER_SECOND // fps
                offsets.append((heard_ns - due_ns) / NS_PER_MS)
        nearest = min(offsets, key=abs, default=FAR_NS)
        if abs(nearest) < FAR_NS / NS_PER_MS / 2:
            skews.append((heard_ns, nearest))
    return skews


def settled(
    skews: Sequence[tuple[int, float]], events_ns: Sequence[int], after_ns: int = NS_PER_SECOND
) -> tuple[list[float], list[float]]:
    """The skews' sizes in ms: in the second that begins `after_ns` after an event, and all others.

    What lies within `after_ns` of an event is in neither.
    """
    soon: list[float] = []
    else_: list[float] = []
    for at_ns, skew in skews:
        since = min((at_ns - event for event in events_ns if event <= at_ns), default=1 << 62)
        if since < after_ns:
            continue
        (soon if since < 2 * after_ns else else_).append(abs(skew))
    return soon, else_
