"""`mcu bench content`: slides at 512 kbit/s, as three receivers could read them (bar 6).

One has a channel for content of 1080p, one of 720p, one sees it in its picture. Each decodes what
it is sent when a link of its rate would have delivered it. Words are read by tesseract; what it
reads in the picture is measured against what it reads in the uncompressed slide at that size.
"""

import asyncio
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from pathlib import Path
from statistics import median

import msgspec
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from benchmarks.figures import figure
from benchmarks.report import Report, Row
from benchmarks.slides import page
from mcu_core.contract.content import ContentRules, StillSource
from mcu_core.contract.definition import (
    ConferenceDefinition,
    PatternSource,
    SiteDefinition,
    SiteKind,
    VideoLimit,
)
from mcu_core.endpoints.endpoint import Abilities, Feedback
from mcu_core.endpoints.test_pattern import TestPattern
from mcu_core.engine.conference import Conference
from mcu_core.engine.threads import Threads
from mcu_core.errors import Refused
from mcu_core.ingress.video_decoder import VideoDecoder
from mcu_core.media.clock import NS_PER_MS, NS_PER_SECOND, Clock, MonotonicClock
from mcu_core.media.codec import H264
from mcu_core.media.picture import Plane
from mcu_core.media.units import AccessUnit, EncodedUnit, VideoForm

RATE_BPS = 512_000
SHOW_S = 5.0
SHARP_NS = 3 * NS_PER_SECOND
PEOPLE = "bcd"
ROOM = ConferenceDefinition(
    "c",
    "Slides",
    width=1280,
    height=720,
    video_bitrate_bps=2 * RATE_BPS,
    show_names=False,
    sites=tuple(SiteDefinition(name, name, SiteKind.RTP) for name in ("a", *PEOPLE)),
    revision=1,
)


@dataclass(slots=True)
class Delivered:
    """A coded picture and when a link of the receiver's rate would have brought all of it."""

    unit: EncodedUnit
    at_ns: int


class Taker:
    """Takes content, of at most a size, over a link of RATE_BPS."""

    def __init__(self, name: str, clock: Clock, largest: tuple[int, int]) -> None:
        self.id = f"{name} content"
        self.feedback = Feedback()
        self.abilities = Abilities(True)
        self.video_out: VideoForm | None = None
        self.got: list[Delivered] = []
        self._clock = clock
        self._largest = largest
        self._free_ns = 0

    def set_form(self, form: VideoForm, limit: VideoLimit) -> None:
        """As large as it takes."""
        share = min(1.0, self._largest[0] / form.width, self._largest[1] / form.height)
        width, height = (int(side * share) // 2 * 2 for side in (form.width, form.height))
        self.video_out = replace(form, width=width, height=height)

    def send_video(self, unit: EncodedUnit) -> None:
        """Keep it."""
        now_ns = self._clock.now_ns()
        taken_ns = len(unit.data) * 8 * NS_PER_SECOND // RATE_BPS
        self._free_ns = max(self._free_ns, now_ns) + taken_ns
        self.got.append(Delivered(unit, self._free_ns))

    def ask_keyframe(self) -> None:
        """It sends nothing."""


class Person(TestPattern):
    """A site with a picture; keeps its main picture's units too, as over its own link."""

    def __init__(self, name: str, room: Conference, clock: Clock, main: VideoForm) -> None:
        source = PatternSource(width=640, height=360, fps=30)
        super().__init__(name, room.seat(name).intake, source, clock, video_out=main)
        self.main = Taker(name, clock, (main.width, main.height))

    def send_video(self, unit: EncodedUnit) -> None:
        """Keep it."""
        self.main.send_video(unit)

    def set_form(self, form: VideoForm, limit: VideoLimit) -> None:
        """Its rate is that of its link."""
        rate = min(form.bitrate_bps, RATE_BPS)
        super().set_form(replace(form, bitrate_bps=rate), limit)


@dataclass(slots=True)
class Show:
    """One slide's time: when it was shown, and until when."""

    number: int
    at_ns: int
    end_ns: int


Outcome = tuple[list[Show], dict[str, Taker], list[Person], float]


async def _run(pages: int, folder: Path) -> Outcome:
    clock = MonotonicClock()
    threads = Threads(clock)
    threads.start()
    room = Conference(ROOM, clock, lambda event: None, threads)
    await room.start()
    people: list[Person] = []
    takers = {"1080p": Taker("b", clock, (1920, 1080)), "720p": Taker("c", clock, (1280, 720))}
    try:
        form = replace(room.form(), bitrate_bps=RATE_BPS)
        for name in ("a", *PEOPLE):
            person = Person(name, room, clock, form)
            person.content = {"b": takers["1080p"], "c": takers["720p"]}.get(name)
            people.append(person)
            await room.connect(name, person)
        await asyncio.sleep(3.0)
        shows, busy_ms = [], 0.0
        for number in range(pages):
            still = StillSource(str(folder / f"{number}.png"))
            wanted = msgspec.structs.replace(
                ROOM, content=ContentRules(still=still), revision=number + 2
            )
            began_ns = clock.now_ns()
            before = {group: group.units for group in room.views.outputs.groups()}
            await room.apply(wanted)
            await asyncio.sleep(SHOW_S)
            shows.append(Show(number, began_ns, clock.now_ns()))
            for group in room.views.outputs.groups():
                if group.form.sharp:
                    coded = group.units - before.get(group, 0)
                    busy_ms = max(busy_ms, coded * group.encoding_ms / SHOW_S)
        takers["in the picture"] = people[-1].main
        return shows, takers, people, busy_ms
    finally:
        await room.stop()
        await asyncio.to_thread(threads.stop)


# ------------------------------------------------------------------------------------------ reading


def decoded(got: Sequence[Delivered], until_ns: int) -> Plane | None:
    """The luma of the last picture that had come by then."""
    decoder, last = VideoDecoder(H264), None
    for one in got:
        unit = one.unit
        coded = AccessUnit(H264, unit.data, unit.stamp_ns, unit.keyframe)
        if one.at_ns <= until_ns:
            for picture in decoder.decode(coded):
                last = picture.y.copy()
    return last


def read(grey: NDArray[np.uint8], folder: Path) -> str:
    """What tesseract reads."""
    path = folder / "seen.png"
    Image.fromarray(grey).save(path)
    try:
        done = subprocess.run(
            ["tesseract", str(path), "-", "--psm", "6"], capture_output=True, check=True, timeout=60
        )
    except (OSError, subprocess.SubprocessError) as error:
        raise Refused(f"Debian's tesseract-ocr could not be run: {error}") from error
    return " ".join(done.stdout.decode().split())


def likeness(read_here: str, text: str) -> float:
    """How much of a text stands in what was read, 0..1."""
    return SequenceMatcher(None, read_here, text, autojunk=False).ratio()


def first_ms(got: Sequence[Delivered], show: Show) -> float:
    """From showing a slide to the first picture of it: the first one of more than a few bytes."""
    came = [one for one in got if show.at_ns < one.unit.stamp_ns <= show.end_ns]
    large = [one for one in came if len(one.unit.data) > 2000]
    return (large[0].at_ns - show.at_ns) / NS_PER_MS if large else float("inf")


def _levels(grey: Image.Image, size: tuple[int, int]) -> NDArray[np.uint8]:
    small = grey if grey.size == size else grey.resize(size, Image.Resampling.LANCZOS)
    return np.asarray(small)


def _shown(name: str, luma: Plane) -> Plane:
    """The part of a picture where content stands."""
    if name != "in the picture":
        return luma
    height, width = luma.shape
    return luma[: int(height * 0.9), : int(width * 0.8)][int(height * 0.1) :]


def _rows(
    name: str,
    bar: float,
    taker: Taker,
    shows: Sequence[Show],
    slides: Sequence[Image.Image],
    folder: Path,
) -> list[Row]:
    shares, firsts = [], []
    for show in shows:
        luma = decoded(taker.got, show.at_ns + SHARP_NS)
        if luma is None:
            raise Refused(f"nothing came: {name}")
        seen = _shown(name, luma)
        grey = slides[show.number].convert("L")
        wanted = _levels(grey, (seen.shape[1], seen.shape[0]))
        text = read(np.asarray(grey), folder)
        best = likeness(read(wanted, folder), text)
        stretched = np.clip((seen.astype(np.float64) - 16) * 255 / 219, 0, 255).astype(np.uint8)
        shares.append(likeness(read(stretched, folder), text) / best)
        firsts.append(first_ms(taker.got, show))
    return [
        figure(f"{name}: first picture, slowest ms", max(firsts), "600"),
        figure(f"{name}: first picture, median ms", median(firsts)),
        figure(f"{name}: words after 3 s, worst slide", min(shares), f"{bar}"),
        figure(f"{name}: words after 3 s, median", median(shares)),
    ]


def run(pages: int) -> Report:
    """Show so many slides, then read them."""
    slides = [page(number, 1920, 1080) for number in range(pages)]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for number, slide in enumerate(slides):
            slide.save(folder / f"{number}.png")
        shows, takers, people, busy_ms = asyncio.run(_run(pages, folder))
        rows: list[Row] = []
        for (what, taker), bar in zip(takers.items(), (0.99, 0.99, 0.97), strict=True):
            rows += _rows(what, bar, taker, shows, slides, folder)
    seconds = (shows[-1].end_ns - shows[0].at_ns) / NS_PER_SECOND
    pictures = [
        sum(shows[0].at_ns < one.unit.stamp_ns for one in person.main.got) / seconds
        for person in people
    ]
    rows.append(figure("people's picture, fewest a second", min(pictures), "15"))
    rows.append(figure("dearest content class, cores", busy_ms / 1000, "0.25"))
    return Report("content", rows)
