"""One site as the engine would hold it: where its media goes in, and what its endpoint told."""

import asyncio
from dataclasses import dataclass, field

from mcu_core.endpoints.endpoint import Endpoint, Intake
from mcu_core.ingress.audio import AudioIngress
from mcu_core.ingress.video import VideoIngress
from mcu_core.media.clock import MonotonicClock

CLOCK = MonotonicClock()


@dataclass
class Site:
    """Real ingresses, and a note of all feedback. Its owner starts it and closes it."""

    video: VideoIngress = field(default_factory=lambda: VideoIngress(CLOCK, "site"))
    audio: AudioIngress = field(default_factory=lambda: AudioIngress(CLOCK, "site"))
    states: list[tuple[str, str]] = field(default_factory=list)
    keyframes_wanted: int = 0
    advised: list[int] = field(default_factory=list)

    @property
    def intake(self) -> Intake:
        """Where its endpoint pushes."""
        return Intake(self.video, self.audio)

    def listen(self, endpoint: Endpoint) -> None:
        """Note what the endpoint tells."""
        endpoint.feedback.state_changed = lambda state, reason: self.states.append((state, reason))
        endpoint.feedback.keyframe_wanted = self._keyframe_wanted
        endpoint.feedback.bitrate_advised = self.advised.append

    def ask_through(self, endpoint: Endpoint) -> None:
        """Hand the decoder's wishes for keyframes to the endpoint, on the running loop."""
        loop = asyncio.get_running_loop()

        def keyframe_needed() -> None:
            loop.call_soon_threadsafe(endpoint.ask_keyframe)

        self.video.on_keyframe_needed = keyframe_needed

    def _keyframe_wanted(self) -> None:
        self.keyframes_wanted += 1

    @property
    def joined(self) -> bool:
        """Whether its endpoint said so."""
        return ("joined", "") in self.states

    @property
    def away(self) -> str:
        """Why its endpoint said that it is away; empty while it did not."""
        return next((reason for state, reason in self.states if state == "away"), "")

    def start(self) -> None:
        """Begin to decode."""
        self.video.start()

    async def close(self) -> None:
        """End the decoders."""
        await self.video.stop()
        self.audio.close()
