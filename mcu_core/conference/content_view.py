"""The picture for who has no channel of its own for content: content large, people in a strip.

Content as wide as the canvas or nearly so (from 3:2 on) has 4/5 of its width, with up to five
people beside it, up to nine around two sides of it. What is narrower has 3/4 of the width and all
of the height, with up to four people beside it, up to sixteen in two columns. Further people come
in as they speak, as in any picture.
"""

from functools import lru_cache

from mcu_core.contract.definition import LayoutChoice, LayoutRect, OwnLayout, Pane, View

WIDE = 1.5
"""Width over height from which on content has people around two sides."""

CONTENT_PANE = Pane(kind="content")


@lru_cache(maxsize=64)
def content_view(wide: bool, people: int) -> View:
    """What is shown while there is content of that shape, with so many people to be seen."""
    content, strip = (_around if wide else _beside)(people)
    layout = OwnLayout((content, *strip), "content")
    return View(LayoutChoice(own=layout), (CONTENT_PANE,), show_self=True)


def room_beside(wide: bool, people: int) -> int:
    """How many of so many people have a pane."""
    return min(people, 9 if wide else 16)


def _around(people: int) -> tuple[LayoutRect, list[LayoutRect]]:
    count = room_beside(True, people)
    if not count:
        return LayoutRect(0, 0, 1, 1), []
    if count <= 5:
        strip = [LayoutRect(0.8, 0.1 * (5 - count) + 0.2 * k, 0.2, 0.2) for k in range(count)]
        return LayoutRect(0, 0.1, 0.8, 0.8), strip
    column = [LayoutRect(0.8, 0.2 * k, 0.2, 0.2) for k in range(5)]
    row = [LayoutRect(0.8 - 0.2 * k, 0.8, 0.2, 0.2) for k in range(1, count - 4)]
    return LayoutRect(0, 0, 0.8, 0.8), column + row


def _beside(people: int) -> tuple[LayoutRect, list[LayoutRect]]:
    count = room_beside(False, people)
    if not count:
        return LayoutRect(0, 0, 1, 1), []
    content = LayoutRect(0, 0, 0.75, 1)
    if count <= 4:
        return content, [
            LayoutRect(0.75, 0.125 * (4 - count) + 0.25 * k, 0.25, 0.25) for k in range(count)
        ]
    return content, [
        LayoutRect(0.75 + 0.125 * (k % 2), 0.125 * (k // 2), 0.125, 0.125) for k in range(count)
    ]
