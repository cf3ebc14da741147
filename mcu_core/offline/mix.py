"""The offline mixer: files in, one composed file out, by the engine's own plan, canvas and mixer.

    decode threads, one per input ─┐
    decode of sound, on demand ────┴─ the director's loop: mix, plan, compose ── encode thread

Nothing in it reads a clock: what is composed depends on the inputs and the events only, so the same
inputs and events give the same pictures, bit for bit, on any machine and at any load (M19).
"""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from mcu_core.compositor.canvas import Canvas, PaneView, Scene
from mcu_core.compositor.scene import PaneState
from mcu_core.contract.definition import Pane, PaneFit
from mcu_core.errors import BadInput
from mcu_core.layouts.model import Layout
from mcu_core.media.clock import NS_PER_SECOND
from mcu_core.media.picture import Picture
from mcu_core.media.sound import BLOCK_NS, Block
from mcu_core.mixer.bus import Bus
from mcu_core.offline.director import Director, Shown
from mcu_core.offline.events import TimedAction
from mcu_core.offline.inputs import InputInfo, PictureReader, SoundReader, look_into
from mcu_core.offline.writer import PRESETS, FileForm, Writer

SMALLEST, LARGEST = (128, 96), (3840, 2160)
MOST_FPS = 60
MOST_INPUTS = 100


@dataclass(frozen=True, slots=True)
class MixJob:
    """What is to be mixed. `layout` None: automatic; `names` are labels, none where empty.

    `output` None composes and mixes without writing; `hashed` asks for the digests.
    """

    inputs: tuple[Path, ...]
    output: Path | None
    form: FileForm
    layout: Layout | None = None
    names: tuple[str, ...] = ()
    panes: tuple[Pane, ...] = ()
    events: tuple[TimedAction, ...] = ()
    fit: PaneFit = PaneFit.AUTO
    hashed: bool = False


@dataclass(slots=True)
class MixStats:
    """What a mix did. Digests are SHA-256 in hex, empty unless asked for; `all` covers both."""

    frames: int = 0
    seconds: float = 0.0
    sound_blocks: int = 0
    decoded: int = 0
    scaled: int = 0
    output_bytes: int = 0
    damaged: list[str] = field(default_factory=list)
    sha256_pictures: str = ""
    sha256_sound: str = ""
    sha256_all: str = ""


Report = Callable[[float, float], None]
"""Called with the seconds composed so far, and how many there will be."""


def check(job: MixJob) -> tuple[InputInfo, ...]:
    """Look at everything before the work begins; raises BadInput naming the field."""
    form = job.form
    if not 1 <= len(job.inputs) <= MOST_INPUTS:
        raise BadInput("inputs", f"1..{MOST_INPUTS} files, not {len(job.inputs)}")
    for name, value, least, most in (
        ("width", form.width, SMALLEST[0], LARGEST[0]),
        ("height", form.height, SMALLEST[1], LARGEST[1]),
    ):
        if value % 2 or not least <= value <= most:
            raise BadInput(f"size.{name}", f"an even number {least}..{most}, not {value}")
    if not 1 <= form.fps <= MOST_FPS:
        raise BadInput("fps", f"1..{MOST_FPS}, not {form.fps}")
    if form.preset not in PRESETS:
        raise BadInput("preset", f"one of {', '.join(PRESETS)}")
    if not 0 <= form.crf <= 51:
        raise BadInput("crf", f"0..51, not {form.crf}")
    if form.bitrate_bps is not None and not 16_000 <= form.bitrate_bps <= 100_000_000:
        raise BadInput("bitrate", "16 kbit/s..100 Mbit/s")
    if len(job.names) > len(job.inputs):
        raise BadInput("names", f"at most one name for each of {len(job.inputs)} inputs")
    if job.output is not None and job.output.resolve() in [path.resolve() for path in job.inputs]:
        raise BadInput("output", "another file than the inputs")
    return tuple(look_into(path, f"inputs[{k}]") for k, path in enumerate(job.inputs))


def mix(job: MixJob, report: Report = lambda done, total: None) -> MixStats:
    """Do it; raises McuError, and leaves no half-written file behind then."""
    infos = check(job)
    with ExitStack() as owned:
        sites = [_Site(str(k), info, job.names, owned) for k, info in enumerate(infos, 1)]
        writer = None
        if job.output is not None:
            writer = Writer(job.output, _form_for(job, infos))
            owned.callback(writer.abandon)
        run = _Run(job, sites, writer)
        total = max(info.length_ns for info in infos) / NS_PER_SECOND
        while run.step():
            report(run.stats.frames / job.form.fps, total)
        return run.finish()


def _form_for(job: MixJob, infos: Sequence[InputInfo]) -> FileForm:
    form = job.form
    sound = form.sound and any(info.has_audio for info in infos)
    return FileForm(
        form.width, form.height, form.fps, form.preset, form.crf, form.bitrate_bps, sound
    )


class _Site:
    """One input on its way through the mix."""

    def __init__(self, id: str, info: InputInfo, names: tuple[str, ...], owned: ExitStack) -> None:
        self.id = id
        number = int(id) - 1
        self.name = names[number] if number < len(names) else ""
        self.pictures = PictureReader(info)
        self.sound = SoundReader(info)
        owned.callback(self.pictures.close)
        owned.callback(self.sound.close)
        self.pictures.start()

    def ended(self, time_ns: int) -> bool:
        """Whether nothing more comes of it."""
        return self.sound.ended and self.pictures.ended(time_ns)


class _Run:
    """One mix while it runs: step by step, one output picture each."""

    def __init__(self, job: MixJob, sites: Sequence[_Site], writer: Writer | None) -> None:
        self.stats = MixStats()
        self._job = job
        self._sites = {site.id: site for site in sites}
        self._writer = writer
        self._director = Director(job.layout, job.panes, job.events, job.fit)
        self._bus = Bus()
        self._canvas = Canvas(job.form.width, job.form.height)
        self._picture_digest = hashlib.sha256()
        self._sound_digest = hashlib.sha256()

    def step(self) -> bool:
        """Make the next picture and the sound up to its end; False when all inputs have ended."""
        fps, number = self._job.form.fps, self.stats.frames
        time_ns, end_ns = number * NS_PER_SECOND // fps, (number + 1) * NS_PER_SECOND // fps
        blocks = self._mix_until(end_ns)
        self._director.advance(time_ns)
        seen = {site.id: site.pictures.at(time_ns) for site in self._sites.values()}
        present = [site for site in self._sites.values() if not site.ended(time_ns)]
        if not present and not blocks:
            return False
        picture = self._compose([site.id for site in present], seen, time_ns) if present else None
        if picture is not None:
            self.stats.frames += 1
        if self._job.hashed:
            self._digest(picture, blocks)
        if self._writer is not None:
            self._writer.write(picture, blocks)
        return picture is not None

    def finish(self) -> MixStats:
        """Complete the file; what was done."""
        stats, sites = self.stats, self._sites.values()
        stats.seconds = stats.frames / self._job.form.fps
        stats.decoded = sum(site.pictures.pictures for site in sites)
        stats.scaled = self._canvas.scaled
        stats.damaged = [site.id for site in sites if site.pictures.damage]
        if self._writer is not None:
            stats.output_bytes = self._writer.finish()
        if self._job.hashed:
            both = self._picture_digest.digest() + self._sound_digest.digest()
            stats.sha256_pictures = self._picture_digest.hexdigest()
            stats.sha256_sound = self._sound_digest.hexdigest()
            stats.sha256_all = hashlib.sha256(both).hexdigest()
        return stats

    def _mix_until(self, time_ns: int) -> list[Block]:
        """The mixed blocks that begin before that time."""
        mixed = []
        while self.stats.sound_blocks * BLOCK_NS < time_ns:
            begin_ns = self.stats.sound_blocks * BLOCK_NS
            blocks = {
                site.id: block
                for site in self._sites.values()
                if (block := site.sound.next_block()) is not None
            }
            if not blocks and all(site.ended(begin_ns) for site in self._sites.values()):
                break
            self._director.advance(begin_ns)
            result = self._bus.mix(blocks, self._director.gains(blocks))
            self._director.hear(result.levels, begin_ns)
            mixed.append(result.total.copy())
            self.stats.sound_blocks += 1
        return mixed

    def _compose(
        self, present: Sequence[str], seen: Mapping[str, Picture | None], time_ns: int
    ) -> Picture:
        layout, shown = self._director.scene(present)
        views = tuple(
            self._view(pane, seen[pane.site] if pane.site in present else None) for pane in shown
        )
        return self._canvas.compose(Scene(layout, views), time_ns)

    def _view(self, shown: Shown, picture: Picture | None) -> PaneView:
        if not shown.site:
            return PaneView("", None, shown.fit, "", False, "empty")
        name = self._sites[shown.site].name
        state: PaneState = "no-video" if picture is None else "live"
        return PaneView(shown.site, picture, shown.fit, name, shown.speaking, state)

    def _digest(self, picture: Picture | None, blocks: Sequence[Block]) -> None:
        if picture is not None:
            for plane in (picture.y, picture.u, picture.v):
                self._picture_digest.update(plane.tobytes())
        for block in blocks:
            self._sound_digest.update(np.rint(block * 32767).astype("<i2").tobytes())
