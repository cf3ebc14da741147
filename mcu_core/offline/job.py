"""What is to be mixed offline, checked before the work begins, and what was done."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from mcu_core.contract.definition import PaneFit
from mcu_core.errors import BadInput
from mcu_core.offline.inputs import InputInfo, look_into
from mcu_core.offline.wanted import Change
from mcu_core.offline.writer import PRESETS, FileForm

SMALLEST, LARGEST = (128, 96), (3840, 2160)
MOST_FPS = 60
MOST_INPUTS = 100
MOST_THREADS = 64
WORST_CRF = 51


@dataclass(frozen=True, slots=True)
class MixJob:
    """What is to be mixed. `changes`: what is wanted when, the first at 0; none: all automatic.

    `output` None composes and mixes without writing; `decisions` is the file of the decision log;
    `hashed` asks for the digests. `fit` is how pictures meet panes that do not say so. `threads`
    decode, 0: one for each core that there is. `seen_by`: the number of the input whose picture and
    sound are made, 0: what viewers get.
    """

    inputs: tuple[Path, ...]
    output: Path | None
    form: FileForm
    changes: tuple[Change, ...] = ()
    fit: PaneFit = PaneFit.AUTO
    decisions: Path | None = None
    hashed: bool = False
    threads: int = 0
    seen_by: int = 0


@dataclass(slots=True)
class MixStats:
    """What a mix did. Digests are SHA-256 in hex, empty unless asked for; `all` covers the others.

    `decoded` pictures, `scaled` ones made of them, `damaged` inputs by their numbers.
    """

    frames: int = 0
    seconds: float = 0.0
    sound_blocks: int = 0
    decoded: int = 0
    scaled: int = 0
    output_bytes: int = 0
    damaged: list[str] = field(default_factory=list)
    sha256_pictures: str = ""
    sha256_sound: str = ""
    sha256_decisions: str = ""
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
    for name, value, least, most in (
        ("fps", form.fps, 1, MOST_FPS),
        ("crf", form.crf, 0, WORST_CRF),
        ("threads", job.threads, 0, MOST_THREADS),
        ("seen_by", job.seen_by, 0, len(job.inputs)),
    ):
        if not least <= value <= most:
            raise BadInput(name, f"{least}..{most}, not {value}")
    if form.preset not in PRESETS:
        raise BadInput("preset", f"one of {', '.join(PRESETS)}")
    if form.bitrate_bps is not None and not 16_000 <= form.bitrate_bps <= 100_000_000:
        raise BadInput("bitrate", "16 kbit/s..100 Mbit/s")
    if job.output is not None and job.output.resolve() in [path.resolve() for path in job.inputs]:
        raise BadInput("output", "another file than the inputs")
    return tuple(look_into(path, f"inputs[{k}]") for k, path in enumerate(job.inputs))
