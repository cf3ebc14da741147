"""Who is directed to be seen, in the picture that a site receives, read by colour (MCU-V-08)."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from mcu_core.layouts.catalogue import MODES
from tests.e2e.system import System, until
from tests.fakes.clips import flat_clip
from tests.fakes.rtp_viewer import RtpViewer, rtp_viewer

WIDTH, HEIGHT = 640, 360
COLORS = {"a": (70, 90, 200), "b": (120, 200, 90), "c": (180, 60, 110), "d": (110, 140, 60)}
TOLERANCE = 14
QUARTERS, HALVES = 11, 4

pytestmark = pytest.mark.timeout(120)


@dataclass
class Room:
    """Four coloured sites in a 2 x 2 picture, and one that watches."""

    system: System
    conference: str
    sites: dict[str, str]
    watcher: str
    viewer: RtpViewer

    def change(self, method: str, path: str, body: Any = None) -> None:
        """A change of the conference (path behind it), or of the watching site."""
        path = path.replace("/watcher", f"/sites/{self.watcher}")
        self.system.request(method, f"/conferences/{self.conference}{path}", json=body)

    def colors(self, mode: int) -> str:
        """Whose colour is in the middle of each pane of a layout; ? for nobody's."""
        picture = self.viewer.picture
        if picture is None:
            return ""
        luma, blue, red = picture
        found = ""
        for pane in MODES[mode].panes:
            x, y = (int((pane.x + pane.w / 2) * WIDTH), int((pane.y + pane.h / 2) * HEIGHT))
            seen = (int(luma[y, x]), int(blue[y // 2, x // 2]), int(red[y // 2, x // 2]))
            near = (
                name
                for name, color in COLORS.items()
                if max(abs(p - q) for p, q in zip(seen, color, strict=True)) <= TOLERANCE
            )
            found += next(near, "?")
        return found

    def sees(self, names: str, mode: int = QUARTERS) -> None:
        """Wait until the panes of that layout show these sites."""
        until(lambda: self.colors(mode) == names, what=f"{names} in mode {mode}")


@pytest.fixture(scope="module")
def living_room(system: System) -> Iterator[Room]:
    folder = system.data / "media"
    folder.mkdir(exist_ok=True)
    conference = system.conference(
        "Directed", show_names=False, width=WIDTH, height=HEIGHT, layout={"mode": QUARTERS}
    )
    sites = {}
    for name, color in COLORS.items():
        clip = flat_clip(folder / f"directed-{name}.mp4", color)
        file = {"path": str(clip)}
        sites[name] = system.site(conference, f"site {name}", "file", file=file)
    system.joined(conference, len(COLORS), 60)
    with rtp_viewer() as viewer:
        watcher = system.site(conference, "watcher", "rtp")
        system.request(
            "POST",
            f"/conferences/{conference}/sites/{watcher}/rtp",
            content=viewer.offer(),
            headers={"Content-Type": "application/sdp"},
        )
        yield Room(system, conference, sites, watcher, viewer)
    system.request("DELETE", f"/conferences/{conference}")


@pytest.fixture
def room(living_room: Room) -> Room:
    """The room with every site in its quarter and nobody preferred."""
    room = living_room
    panes = [{"kind": "site", "site": site, "fit": "fill"} for site in room.sites.values()]
    room.change("PUT", "/panes", panes)
    room.change("PATCH", "", {"broadcast": "", "lecturer": "", "poll_s": 0})
    room.change("PATCH", "/watcher", {"watch": ""})
    room.change("DELETE", "/watcher/view")
    room.sees("abcd")
    return room


def test_a_broadcast_site_is_seen_by_all_until_it_is_released(room: Room) -> None:
    room.change("PATCH", "/watcher", {"watch": room.sites["a"]})
    room.sees("aaaa")
    room.change("PATCH", "", {"broadcast": room.sites["c"]})
    room.sees("cccc")
    room.change("PATCH", "", {"broadcast": ""})
    room.sees("aaaa")
    room.change("PATCH", "/watcher", {"watch": ""})
    room.sees("abcd")


def test_a_lecturer_is_seen(room: Room) -> None:
    room.change("PATCH", "", {"lecturer": room.sites["d"]})
    room.sees("dddd")


def test_a_site_has_a_picture_of_its_own(room: Room) -> None:
    panes = [{"kind": "site", "site": room.sites[name], "fit": "fill"} for name in "db"]
    room.change("PUT", "/watcher/view", {"layout": {"mode": HALVES}, "panes": panes})
    room.sees("db", HALVES)


def test_a_group_has_a_picture_of_its_own(room: Room) -> None:
    view = {"layout": {"mode": 1}, "panes": [{"kind": "site", "site": room.sites["b"]}]}
    room.change("PUT", "/groups/1", {"sites": [room.watcher], "view": view})
    room.sees("bbbb")
    room.change("DELETE", "/groups/1")
    room.sees("abcd")


def test_a_pane_takes_turns(room: Room) -> None:
    turns = [room.sites["b"], room.sites["d"]]
    panes = [{"kind": "poll", "sites": turns, "interval_s": 1, "fit": "fill"}]
    panes += [{"kind": "empty"}] * 3
    room.change("PUT", "/panes", panes)
    for name in "bdb":
        room.sees(f"{name}???")


def test_the_whole_picture_takes_turns(room: Room) -> None:
    room.change("PUT", "/panes", [{"kind": "auto", "fit": "fill"}] * 2 + [{"kind": "empty"}] * 2)
    room.change("PATCH", "", {"poll_s": 1})
    until(lambda: room.colors(QUARTERS).endswith("??"), what="two panes are empty")
    pages: set[str] = set()

    def all_had_a_turn() -> bool:
        pages.add(room.colors(QUARTERS))
        return set("".join(pages)) >= set("abcd")

    until(all_had_a_turn, what="everybody has had a turn")
    assert len(pages) >= 2
