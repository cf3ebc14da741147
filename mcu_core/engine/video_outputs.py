"""The encoders of one conference's picture: one per distinct form, with whoever reads it."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

from mcu_core.adaptation.shared_rate import shared_bitrate, worth_changing
from mcu_core.contract.snapshots import OutputSnapshot
from mcu_core.egress.video_group import VideoGroup
from mcu_core.endpoints.endpoint import Endpoint
from mcu_core.media.clock import Clock
from mcu_core.media.units import EncodedUnit, VideoForm


@dataclass(slots=True)
class _Output:
    group: VideoGroup
    bitrate_bps: int
    readers: dict[str, Endpoint] = field(default_factory=dict)
    advised_bps: dict[str, int] = field(default_factory=dict)


class VideoOutputs:
    """Opens an encoder group for the first reader of a form and closes it after the last.

    All methods are called on the event loop; `changed` is called with the running groups whenever
    there are others, so that the picture tick can take them over whole.
    """

    def __init__(self, clock: Clock, changed: Callable[[tuple[VideoGroup, ...]], None]) -> None:
        self._clock = clock
        self._changed = changed
        self._loop = asyncio.get_running_loop()
        self._outputs: dict[VideoForm, _Output] = {}

    def add(self, endpoint: Endpoint, form: VideoForm) -> None:
        """Let an endpoint read a form; it gets a keyframe as soon as the encoder may give one."""
        output = self._outputs.get(form)
        if output is None:
            output = self._outputs[form] = self._open(form)
            output.group.start()
            self._changed(self._groups())
        output.readers[endpoint.id] = endpoint
        output.group.request_keyframe()

    def _open(self, form: VideoForm) -> _Output:
        def deliver(unit: EncodedUnit) -> None:
            self._loop.call_soon_threadsafe(self._fan_out, form, unit)

        return _Output(VideoGroup(form, self._clock, deliver), form.bitrate_bps)

    async def remove(self, endpoint: Endpoint) -> None:
        """Let an endpoint read no more; closes what nobody reads, and waits for that."""
        for form, output in list(self._outputs.items()):
            output.advised_bps.pop(endpoint.id, None)
            if output.readers.pop(endpoint.id, None) is None:
                continue
            if output.readers:
                self._retune(output, form)
                continue
            del self._outputs[form]
            self._changed(self._groups())
            await output.group.stop()

    async def close(self) -> None:
        """Close all encoders and wait for them."""
        outputs = list(self._outputs.values())
        self._outputs.clear()
        self._changed(())
        for output in outputs:
            await output.group.stop()

    def keyframe_wanted(self, form: VideoForm) -> None:
        """A reader of this form asked for a keyframe."""
        if form in self._outputs:
            self._outputs[form].group.request_keyframe()

    def bitrate_advised(self, endpoint: Endpoint, form: VideoForm, bitrate_bps: int) -> None:
        """A reader of this form says what it can take."""
        output = self._outputs.get(form)
        if output is not None and endpoint.id in output.readers:
            output.advised_bps[endpoint.id] = bitrate_bps
            self._retune(output, form)

    def snapshots(self) -> tuple[OutputSnapshot, ...]:
        """The running encoders."""
        return tuple(
            OutputSnapshot(
                form=_words(form, output.bitrate_bps),
                readers=len(output.readers),
                units=output.group.units,
                keyframes=output.group.keyframes,
                dropped=output.group.dropped,
            )
            for form, output in self._outputs.items()
        )

    def _groups(self) -> tuple[VideoGroup, ...]:
        return tuple(output.group for output in self._outputs.values())

    def _retune(self, output: _Output, form: VideoForm) -> None:
        target = shared_bitrate(form.bitrate_bps, output.advised_bps.values())
        if worth_changing(output.bitrate_bps, target):
            output.bitrate_bps = target
            output.group.set_bitrate(target)

    def _fan_out(self, form: VideoForm, unit: EncodedUnit) -> None:
        output = self._outputs.get(form)
        if output is not None:
            for endpoint in tuple(output.readers.values()):
                endpoint.send_video(unit)


def _words(form: VideoForm, bitrate_bps: int) -> str:
    return f"{form.codec.name} {form.width}x{form.height}@{form.fps} {bitrate_bps} bit/s"
