"""TestPattern: a site that makes its own pictures and sound, for tests, benchmarks, first light."""

from dataclasses import replace

from mcu_core.contract.definition import PatternSource, VideoLimit
from mcu_core.endpoints.endpoint import (
    NOTHING_RECEIVED,
    Abilities,
    CameraLine,
    ContentChannel,
    EndpointStats,
    Feedback,
    Intake,
)
from mcu_core.endpoints.pattern import PatternUnits, check, marker_source
from mcu_core.endpoints.playout import Playout
from mcu_core.ingress.reception_counters import ReceptionCounters
from mcu_core.media.clock import Clock
from mcu_core.media.units import AudioForm, EncodedUnit, VideoForm


class TestPattern:
    """Plays a pattern into its site. `number` is the marker's source, by default made from `id`.

    `video_out`, `audio_out`: forms of what it takes from the conference; it only counts that.
    """

    __test__ = False  # its name is not meant for pytest

    def __init__(
        self,
        id: str,
        intake: Intake,
        source: PatternSource,
        clock: Clock,
        *,
        number: int | None = None,
        video_out: VideoForm | None = None,
        audio_out: AudioForm | None = None,
    ) -> None:
        self.id = id
        self.feedback = Feedback()
        self.stats = EndpointStats()
        self.abilities = Abilities(keyframes_on_request=True)
        self.content: ContentChannel | None = None
        self.camera: CameraLine | None = None
        self.video_out = video_out
        self.audio_out = audio_out
        self._source = source
        self._units = PatternUnits(source, id, marker_source(id) if number is None else number)
        self._playout = Playout(id, clock, intake, self._units, self._ended)

    async def start(self) -> None:
        """Begin to play; raises BadInput naming the field of a pattern that cannot be made."""
        check(self._source)
        self._playout.start()
        self.feedback.state_changed("joined", "")

    async def stop(self) -> None:
        """Stop playing and wait for it; safe twice."""
        await self._playout.stop()

    def send_video(self, unit: EncodedUnit) -> None:
        """Count it."""
        self.stats.packets_out += len(unit.payloads)
        self.stats.bytes_out += len(unit.data)

    def send_audio(self, unit: EncodedUnit) -> None:
        """Count it."""
        self.send_video(unit)

    def set_form(self, form: VideoForm, limit: VideoLimit) -> None:
        """It counts whatever comes."""
        if self.video_out is not None:
            self.video_out = replace(form, codec=self.video_out.codec)

    def reception(self) -> tuple[ReceptionCounters, ReceptionCounters]:
        """It has no packets."""
        return NOTHING_RECEIVED

    def ask_keyframe(self) -> None:
        """Its next picture is a keyframe."""
        self._units.ask_keyframe()

    def ask_rate(self, bitrate_bps: int) -> None:
        """It costs no network."""

    def _ended(self, reason: str) -> None:
        self.feedback.state_changed("away", reason)
