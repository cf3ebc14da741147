"""Every layout in the picture that leaves the engine, read by colour (SOAP-CTRL-05)."""

from collections.abc import Iterator
from functools import cache

import pytest

from mcu_core.layouts.catalogue import MODES
from mcu_core.layouts.model import Layout, PaneRect
from tests.e2e.system import System, until
from tests.fakes.clips import flat_clip
from tests.fakes.rtp_viewer import RtpViewer, rtp_viewer

WIDTH, HEIGHT = 1280, 720
SITES = 24
INSIDE = 3
"""A pane's colour stands from three pixels inside its edge on: the bar is two pixels."""

TOLERANCE = 12
BLACK = (16, 128, 128)
PICTURES_LIMIT = 90

Color = tuple[int, int, int]


def site_color(k: int) -> Color:
    """One of 24 colours, each 40 or more away from any other in some component."""
    return (60 + 60 * (k % 3), 70 + 40 * (k // 3 % 4), 90 + 70 * (k // 12))


@pytest.fixture(scope="module")
def watched(
    system: System,
) -> Iterator[tuple[str, RtpViewer]]:
    """A conference of 24 coloured sites, each in the pane of its number, and who watches it."""
    folder = system.data / "media"
    folder.mkdir(exist_ok=True)
    conference = system.conference(
        "Colours", show_names=False, width=WIDTH, height=HEIGHT, video_bitrate_bps=4_000_000
    )
    panes = []
    for k in range(SITES):
        clip = flat_clip(folder / f"{k}.mp4", site_color(k))
        site = system.site(conference, f"site {k}", "file", file={"path": str(clip)})
        panes.append({"kind": "site", "site": site, "fit": "fill"})
    system.request("PUT", f"/conferences/{conference}/panes", json=panes)
    system.joined(conference, SITES, 60)
    with rtp_viewer() as viewer:
        site = system.site(conference, "viewer", "rtp")
        system.request(
            "POST",
            f"/conferences/{conference}/sites/{site}/rtp",
            content=viewer.offer(),
            headers={"Content-Type": "application/sdp"},
        )
        assert viewer.wait_pictures(5)
        yield conference, viewer
    system.request("DELETE", f"/conferences/{conference}")


@pytest.mark.timeout(120)
@pytest.mark.parametrize("layout", MODES, ids=lambda layout: layout.name)
def test_each_pane_holds_its_site(
    system: System, watched: tuple[str, RtpViewer], layout: Layout
) -> None:
    conference, viewer = watched
    system.request("PUT", f"/conferences/{conference}/layout", json={"mode": layout.id})
    wrong = ["no picture"]
    for _ in range(PICTURES_LIMIT):
        assert viewer.wait_pictures(1)
        wrong = differences(viewer, layout)
        if not wrong:
            return
    pytest.fail("; ".join(wrong[:5]))


@pytest.mark.timeout(120)
def test_a_switch_is_complete_in_one_picture(
    system: System, watched: tuple[str, RtpViewer]
) -> None:
    conference, viewer = watched
    one, other = MODES[12], MODES[30]
    path = f"/conferences/{conference}/layout"
    system.request("PUT", path, json={"mode": one.id})
    while differences(viewer, one):
        assert viewer.wait_pictures(1)
    seen: list[str] = []

    def look() -> None:
        fits = [layout.name for layout in (one, other) if not differences(viewer, layout)]
        seen.append(fits[0] if fits else "torn")

    viewer.on_picture = look
    system.request("PUT", path, json={"mode": other.id})
    until(lambda: other.name in seen, what="the other layout")
    assert viewer.wait_pictures(2)
    viewer.on_picture = lambda: None
    switch = seen.index(other.name)
    assert seen == [one.name] * switch + [other.name] * (len(seen) - switch)


def differences(viewer: RtpViewer, layout: Layout) -> list[str]:
    """The points of the newest picture that do not show what the layout says."""
    wrong = []
    for where, x, y, color in expected(layout.id):
        seen = pixel(viewer, x, y)
        if distance(seen, color) > TOLERANCE:
            wrong.append(f"{where} at ({x}, {y}) shows {seen}, not {color}")
    return wrong


@cache
def expected(mode: int) -> list[tuple[str, int, int, Color]]:
    """Which colour stands where: name of the place, x, y. Worked out once, looked at often."""
    panes = MODES[mode].panes
    found = [("blank", x, y, BLACK) for x, y in blank_points(MODES[mode])]
    for k, pane in enumerate(panes):
        above = [other for other in panes if other.z > pane.z]
        for x, y in points(pane):
            if not any(covers(other, x, y) for other in above):
                found.append((f"pane {k}", x, y, site_color(k)))
    return found


def edges(pane: PaneRect) -> tuple[float, float, float, float]:
    """Left, top, right and bottom in pixels."""
    left, top = float(pane.x * WIDTH), float(pane.y * HEIGHT)
    return left, top, left + float(pane.w * WIDTH), top + float(pane.h * HEIGHT)


def points(pane: PaneRect) -> list[tuple[int, int]]:
    """The centre, and points just inside the middle of each edge and each corner."""
    left, top, right, bottom = edges(pane)
    xs = [int(left) + INSIDE, int((left + right) / 2), int(right) - 1 - INSIDE]
    ys = [int(top) + INSIDE, int((top + bottom) / 2), int(bottom) - 1 - INSIDE]
    return [(x, y) for x in xs for y in ys]


def covers(pane: PaneRect, x: int, y: int) -> bool:
    """Whether the pane, with the same margin, lies over the point."""
    left, top, right, bottom = edges(pane)
    return left - INSIDE <= x <= right + INSIDE and top - INSIDE <= y <= bottom + INSIDE


def blank_points(layout: Layout) -> list[tuple[int, int]]:
    """Points of a coarse net that no pane covers."""
    net = [(x, y) for x in range(8, WIDTH, 76) for y in range(8, HEIGHT, 44)]
    return [(x, y) for x, y in net if not any(covers(pane, x, y) for pane in layout.panes)]


def pixel(viewer: RtpViewer, x: int, y: int) -> Color:
    """Y, U and V of the newest picture at a point."""
    assert viewer.picture is not None
    luma, blue, red = viewer.picture
    return int(luma[y, x]), int(blue[y // 2, x // 2]), int(red[y // 2, x // 2])


def distance(one: Color, other: Color) -> int:
    """The largest difference of a component."""
    return max(abs(a - b) for a, b in zip(one, other, strict=True))
