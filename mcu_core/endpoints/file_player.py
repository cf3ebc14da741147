"""FilePlayer: a site whose pictures and sound come out of a file, through the door of all sites."""

import asyncio
from pathlib import Path

from mcu_core.contract.definition import FileSource, VideoLimit
from mcu_core.endpoints.clip import Clip
from mcu_core.endpoints.endpoint import (
    NOTHING_RECEIVED,
    Abilities,
    CameraLine,
    ContentChannel,
    EndpointStats,
    Feedback,
    Intake,
)
from mcu_core.endpoints.playout import Playout
from mcu_core.ingress.reception_counters import ReceptionCounters
from mcu_core.media.clock import Clock
from mcu_core.media.units import AudioForm, EncodedUnit, VideoForm


class FilePlayer:
    """Plays a clip into its site, looped or once; it takes nothing out of the conference.

    The file's units go in as they are, so the file must hold what Clip reads.
    """

    def __init__(self, id: str, intake: Intake, source: FileSource, clock: Clock) -> None:
        self.id = id
        self.feedback = Feedback()
        self.stats = EndpointStats()
        self.abilities = Abilities()
        self.content: ContentChannel | None = None
        self.camera: CameraLine | None = None
        self.video_out: VideoForm | None = None
        self.audio_out: AudioForm | None = None
        self._clip = Clip(Path(source.path), source.loop)
        self._playout = Playout(id, clock, intake, self._clip, self._ended)

    async def start(self) -> None:
        """Look into the file and begin to play; raises BadInput for one that cannot be played."""
        await asyncio.to_thread(self._clip.check)
        self._playout.start()
        self.feedback.state_changed("joined", "")

    async def stop(self) -> None:
        """Stop playing and wait for it; safe twice."""
        await self._playout.stop()

    def send_video(self, unit: EncodedUnit) -> None:
        """It takes no pictures."""

    def send_audio(self, unit: EncodedUnit) -> None:
        """It takes no sound."""

    def set_form(self, form: VideoForm, limit: VideoLimit) -> None:
        """It takes no pictures."""

    def reception(self) -> tuple[ReceptionCounters, ReceptionCounters]:
        """It has no packets."""
        return NOTHING_RECEIVED

    def ask_keyframe(self) -> None:
        """A file has its keyframes where it has them; the next one comes by itself."""

    def ask_rate(self, bitrate_bps: int) -> None:
        """A file is what it is."""

    def _ended(self, reason: str) -> None:
        self.feedback.state_changed("away", reason or "the file is at its end")
