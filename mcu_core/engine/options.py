"""What an engine is started with."""

from dataclasses import dataclass
from pathlib import Path

from mcu_core.egress.video_encoder import DEFAULT_PRESET


@dataclass(frozen=True, slots=True)
class EngineOptions:
    """`preset`: of all video encoders (VideoEncoder). `cores`: how much of the machine conferences
    may take before further sites are refused; None: all that this process may use. `media`: the
    folder that logos are read from; None: there are none.
    """

    preset: str = DEFAULT_PRESET
    cores: float | None = None
    media: Path | None = None


DEFAULT_OPTIONS = EngineOptions()
