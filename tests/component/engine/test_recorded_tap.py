"""What a recorder is given: the picture that was chosen for it, and a small coding of it."""

from pathlib import Path

import msgspec

from mcu_core.contract.definition import Pane, RecordedPicture, View
from tests.component.engine.test_content import MAGENTA, is_color, still
from tests.component.engine.test_content_tap import recorder
from tests.component.engine.test_views import FULL, PINS, room
from tests.fakes.screen import quarters
from tests.fakes.waiting import until

SITE = RecordedPicture("site", "b")
SWAPPED = RecordedPicture("own", view=View(FULL, (Pane("site", "a"),)), small=False)


async def test_what_is_recorded_is_chosen_while_viewers_see_the_conference(tmp_path: Path) -> None:
    async with (
        room("ab", panes=PINS) as made,
        recorder(made, tmp_path, content=True, recorded=True) as one,
    ):

        def shows(name: str) -> bool:
            return "main" in one.pictures and set(quarters(one.pictures["main"])) == {name}

        await until(one.shows_people)
        await made.change(recorded=SITE)
        await until(lambda: shows("b"))
        await made.change(recorded=SWAPPED)
        await until(lambda: shows("a"))
        await made.shows("a", "a", "b", *made.screens["a"].now[2:])
        await made.change(recorded=RecordedPicture("content"), content=still(tmp_path))
        await until(lambda: is_color(one.pictures.get("main"), 0.5, 0.5, MAGENTA))
        assert "content" not in one.pictures, "it is in the main picture"
        await made.change(recorded=RecordedPicture())
        await until(one.shows_people)
        await until(lambda: is_color(one.pictures.get("content"), 0.5, 0.5, MAGENTA))


async def test_a_recording_has_a_form_of_its_own_and_a_small_coding_beside(tmp_path: Path) -> None:
    chosen = RecordedPicture(width=480, height=400, bitrate_bps=600_000)
    async with (
        room("ab", panes=PINS, recorded=chosen) as made,
        recorder(made, tmp_path, content=True, recorded=True) as one,
    ):
        await until(lambda: "sd" in one.pictures and one.shows_people())
        sizes = {name: (one.width, one.height) for name, one in one.pictures.items()}
        assert sizes == {"main": (480, 400), "sd": (432, 360)}
        await until(lambda: quarters(one.pictures["sd"])[:2] == ("a", "b"))
        assert [track.name for track in one.tracks] == ["main", "sound", "sd"]
        await until(lambda: len(one.stamps["sd"]) > 30)
        assert set(one.stamps["sd"]) & set(one.stamps["main"]), "both are of one clock"
        await made.change(recorded=msgspec.structs.replace(chosen, small=False))
        await until(lambda: len(made.conference.snapshot().video_outputs) == 2)
