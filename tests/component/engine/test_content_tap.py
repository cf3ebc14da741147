"""Content at the tap: a track for who asks for it, in the main picture for who does not."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from mcu_core.contract.events import TapMessage, TapTrack, TapUnit
from mcu_core.contract.line import Door, Line, dial
from mcu_core.contract.wire import ENGINE_FRAMING, Message, Tapped
from mcu_core.ingress.video_decoder import VideoDecoder
from mcu_core.media.codec import H264
from mcu_core.media.picture import Picture
from mcu_core.media.units import AccessUnit
from tests.component.engine.test_content import MAGENTA, is_color, still
from tests.component.engine.test_views import PINS, Room, room
from tests.fakes.screen import quarters
from tests.fakes.waiting import until

TEAL = "#108060"


class Recorder:
    """Reads a tap."""

    def __init__(self) -> None:
        self.tracks: list[TapTrack] = []
        self.pictures: dict[str, Picture] = {}
        self.stamps: dict[str, list[int]] = {}
        self._decoders: dict[str, VideoDecoder] = {}

        self.unannounced = 0

    async def read(self, line: Line[Message]) -> None:
        while True:
            message = await line.receive()
            assert isinstance(message, Tapped)
            self._take(message.body)

    def shows_people(self) -> bool:
        """Whether its main picture is that of a and b."""
        return "main" in self.pictures and quarters(self.pictures["main"])[:2] == ("a", "b")

    def _take(self, message: TapMessage) -> None:
        match message:
            case TapTrack():
                self.tracks.append(message)
            case TapUnit(name=name) if name not in {track.name for track in self.tracks}:
                self.unannounced += 1
            case TapUnit(name=name) if name != "sound":
                self.stamps.setdefault(name, []).append(message.stamp_ns)
                decoder = self._decoders.setdefault(name, VideoDecoder(H264))
                unit = AccessUnit(H264, message.data, message.stamp_ns, message.keyframe)
                for picture in decoder.decode(unit):
                    self.pictures[name] = picture


@asynccontextmanager
async def recorder(
    made: Room, folder: Path, *, content: bool, since_ns: int = 0, recorded: bool = False
) -> AsyncIterator[Recorder]:
    tap = await made.conference.tap(recorded=recorded)

    async def serve(line: Line[Message]) -> None:
        await tap.serve(line, since_ns, content=content)

    door: Door[Message] = Door(folder / "tap.sock", ENGINE_FRAMING, serve)
    await door.open()
    line = await dial(folder / "tap.sock", ENGINE_FRAMING)
    made_one = Recorder()
    reading = asyncio.create_task(made_one.read(line))
    try:
        yield made_one
    finally:
        reading.cancel()
        await asyncio.gather(reading, return_exceptions=True)
        await line.close()
        await door.close()


async def test_who_asks_gets_content_as_a_track_and_the_people_in_the_picture(
    tmp_path: Path,
) -> None:
    async with room("ab", panes=PINS) as made, recorder(made, tmp_path, content=True) as one:
        await until(one.shows_people)
        await made.change(content=still(tmp_path))
        await until(lambda: is_color(one.pictures.get("content"), 0.5, 0.5, MAGENTA))
        track = next(track for track in one.tracks if track.name == "content")
        assert (track.codec, track.width, track.height) == ("H264", 320, 180)
        assert quarters(one.pictures["main"])[:2] == ("a", "b")


async def test_who_does_not_ask_sees_it_in_the_picture(tmp_path: Path) -> None:
    async with room("ab", panes=PINS) as made, recorder(made, tmp_path, content=False) as one:
        await made.change(content=still(tmp_path))
        await until(lambda: is_color(one.pictures.get("main"), 0.4, 0.5, MAGENTA))
        assert {track.name for track in one.tracks} == {"main", "sound"}
        assert "content" not in one.pictures


async def test_content_that_is_there_already_leaves_the_picture_for_who_asks(
    tmp_path: Path,
) -> None:
    async with room("ab", panes=PINS) as made:
        await made.change(content=still(tmp_path))
        await until(lambda: is_color(made.screens["a"].picture, 0.4, 0.5, MAGENTA))
        async with recorder(made, tmp_path, content=True) as one:
            await until(lambda: is_color(one.pictures.get("content"), 0.5, 0.5, MAGENTA))
            await until(lambda: one.shows_people())


async def test_a_recorder_that_comes_back_gets_the_content_that_it_missed(tmp_path: Path) -> None:
    async with room("ab", panes=PINS) as made:
        async with recorder(made, tmp_path, content=True) as one:
            await made.change(content=still(tmp_path))
            await until(lambda: len(one.stamps.get("content", ())) > 3)
        begin_ns = one.stamps["content"][0] - 1
        await made.change(content=still(tmp_path, TEAL, "next.png"))  # while nobody reads
        async with recorder(made, tmp_path, content=True, since_ns=begin_ns) as again:
            await until(lambda: is_color(again.pictures.get("content"), 0.5, 0.5, TEAL))
            await until(lambda: again.shows_people())
        assert again.stamps["content"][0] == begin_ns + 1, "from where it was"
        assert not again.unannounced
