"""Who reads which coded picture: one group per view and form, or a source passed through."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

from mcu_core.adaptation.shared_rate import shared_bitrate, worth_changing
from mcu_core.conference.direction import ViewKey
from mcu_core.contract.snapshots import OutputSnapshot
from mcu_core.egress.forward import ForwardGroup
from mcu_core.egress.video_group import VideoGroup
from mcu_core.endpoints.endpoint import Receiver
from mcu_core.engine.sources import Passable
from mcu_core.media.clock import Clock
from mcu_core.media.codec import Codec
from mcu_core.media.units import EncodedUnit, VideoForm
from mcu_core.media.workers import Workers


class OutputKey(NamedTuple):
    """What makes two coded pictures the same; `form` None: the site's own stream as it is, as long
    as it is of `codec`."""

    view: ViewKey
    form: VideoForm | None
    codec: Codec | None = None


class Group(Protocol):
    """What makes the units of an output: VideoGroup or ForwardGroup."""

    units: int
    keyframes: int

    @property
    def dropped(self) -> int:
        """Pictures that did not become units."""

    def request_keyframe(self) -> None:
        """A receiver needs a keyframe."""

    def set_bitrate(self, bitrate_bps: int) -> None:
        """Aim at another bit rate."""

    async def stop(self) -> None:
        """End and wait for it."""


@dataclass(slots=True, eq=False)
class _Output:
    group: Group
    bitrate_bps: int
    readers: dict[str, "_Reader"] = field(default_factory=dict)
    advised_bps: dict[str, int] = field(default_factory=dict)
    source: Passable | None = None


@dataclass(slots=True, eq=False)
class _Reader:
    """`current`: what the endpoint is sent; `wanted`: what takes over at its next keyframe."""

    endpoint: Receiver
    current: OutputKey | None = None
    wanted: OutputKey | None = None


class VideoOutputs:
    """Opens a group for the first reader of an output and closes it after the last.

    A reader that moves is sent its old output until the new one gives a keyframe, so that it never
    sees a gap. All methods are called on the event loop; `changed` is called with the running
    encoder groups whenever there are others, so that the picture tick can take them over whole.
    """

    def __init__(
        self,
        clock: Clock,
        preset: str,
        workers: Workers,
        changed: Callable[[tuple[tuple[ViewKey, VideoGroup], ...]], None],
    ) -> None:
        self._clock = clock
        self._workers = workers
        self._preset = preset
        self._changed = changed
        self._loop = asyncio.get_running_loop()
        self._outputs: dict[OutputKey, _Output] = {}
        self._readers: dict[str, _Reader] = {}
        self._closing: set[asyncio.Task[None]] = set()

    # ------------------------------------------------------------------ who reads what

    def read(self, endpoint: Receiver, key: OutputKey, source: Passable | None = None) -> None:
        """Let an endpoint read an output, from its next keyframe on, which is asked for.

        `source`: the site that is passed through, where `key.form` is None.
        """
        reader = self._readers.setdefault(endpoint.id, _Reader(endpoint))
        if key in (reader.current, reader.wanted):
            if key == reader.current and reader.wanted is not None:
                self._leave(reader.wanted, reader)
                reader.wanted = None
            return
        if reader.wanted is not None:
            self._leave(reader.wanted, reader)
        reader.wanted = key
        output = self._outputs.get(key)
        if output is None:
            output = self._outputs[key] = self._open(key, endpoint, source)
            self._tell()
        output.readers[endpoint.id] = reader
        output.group.request_keyframe()

    def passed_through(self, endpoint: Receiver) -> bool:
        """Whether the endpoint is sent a site's own stream."""
        reader = self._readers.get(endpoint.id)
        return reader is not None and reader.current is not None and reader.current.form is None

    def views_composed(self) -> set[ViewKey]:
        """The views that some encoder needs."""
        return {key.view for key in self._outputs if key.form is not None}

    async def remove(self, endpoint: Receiver) -> None:
        """Let an endpoint read no more; waits for what is closed."""
        self.leave(endpoint)
        await self._closed()

    def leave(self, endpoint: Receiver) -> None:
        """Let an endpoint read no more, for now."""
        reader = self._readers.pop(endpoint.id, None)
        if reader is None:
            return
        for key in (reader.current, reader.wanted):
            if key is not None:
                self._leave(key, reader)

    async def close(self) -> None:
        """Close all outputs and wait for them."""
        self._readers.clear()
        for key in list(self._outputs):
            self._shut(key)
        await self._closed()

    async def _closed(self) -> None:
        await asyncio.gather(*self._closing)

    # ------------------------------------------------------------------ groups

    def _open(self, key: OutputKey, endpoint: Receiver, source: Passable | None) -> _Output:
        def deliver(unit: EncodedUnit) -> None:
            self._loop.call_soon_threadsafe(self._fan_out, key, unit)

        if key.form is not None:
            group = VideoGroup(key.form, self._clock, deliver, self._preset, self._workers)
            group.start()
            return _Output(group, key.form.bitrate_bps)
        assert source is not None
        assert endpoint.video_out is not None
        forward = ForwardGroup(
            endpoint.video_out.codec,
            self._clock,
            source.ask_keyframe,
            deliver,
            source.sound_after_arrival_ns,
        )
        output = _Output(forward, 0, source=source)
        source.video.forward = forward
        return output

    def set_preset(self, preset: str) -> None:
        """Let all encoders use another preset."""
        self._preset = preset
        for group in self.groups():
            group.set_preset(preset)

    def groups(self) -> list[VideoGroup]:
        """The running encoder groups."""
        return [o.group for o in self._outputs.values() if isinstance(o.group, VideoGroup)]

    def _leave(self, key: OutputKey, reader: _Reader) -> None:
        output = self._outputs.get(key)
        if output is None or output.readers.get(reader.endpoint.id) is not reader:
            return
        del output.readers[reader.endpoint.id]
        output.advised_bps.pop(reader.endpoint.id, None)
        if output.readers:
            self._retune(output, key)
        else:
            self._shut(key)

    def _shut(self, key: OutputKey) -> None:
        output = self._outputs.pop(key)
        source, group = output.source, output.group
        # A group of another codec may have taken its place.
        if isinstance(group, ForwardGroup) and source and source.video.forward is group:
            source.video.forward = None
        self._tell()
        task = asyncio.create_task(output.group.stop(), name=f"close {key.view}")
        self._closing.add(task)
        task.add_done_callback(self._closing.discard)

    def _tell(self) -> None:
        self._changed(
            tuple(
                (key.view, output.group)
                for key, output in self._outputs.items()
                if isinstance(output.group, VideoGroup)
            )
        )

    # ------------------------------------------------------------------ what readers ask for

    def keyframe_wanted(self, endpoint: Receiver) -> None:
        """An endpoint's receiver asked for a keyframe."""
        for output in self._outputs_of(endpoint):
            output.group.request_keyframe()

    def bitrate_advised(self, endpoint: Receiver, bitrate_bps: int) -> None:
        """An endpoint's receiver says what it can take."""
        reader = self._readers.get(endpoint.id)
        for key in (reader.current, reader.wanted) if reader is not None else ():
            output = self._outputs.get(key) if key is not None else None
            if key is not None and output is not None:
                output.advised_bps[endpoint.id] = bitrate_bps
                self._retune(output, key)

    def _outputs_of(self, endpoint: Receiver) -> list[_Output]:
        reader = self._readers.get(endpoint.id)
        keys = (reader.current, reader.wanted) if reader is not None else ()
        return [self._outputs[key] for key in keys if key in self._outputs]

    def _retune(self, output: _Output, key: OutputKey) -> None:
        if key.form is None:
            return
        target = shared_bitrate(key.form.bitrate_bps, output.advised_bps.values())
        if worth_changing(output.bitrate_bps, target):
            output.bitrate_bps = target
            output.group.set_bitrate(target)

    # ------------------------------------------------------------------ fan-out

    def _fan_out(self, key: OutputKey, unit: EncodedUnit) -> None:
        output = self._outputs.get(key)
        if output is None:
            return
        for reader in tuple(output.readers.values()):
            if reader.current != key:
                if not unit.keyframe:
                    continue
                self._take_over(reader, key)
            reader.endpoint.send_video(unit)

    def _take_over(self, reader: _Reader, key: OutputKey) -> None:
        old, reader.current, reader.wanted = reader.current, key, None
        if old is not None:
            self._leave(old, reader)

    def snapshots(self) -> tuple[OutputSnapshot, ...]:
        """The running outputs."""
        return tuple(
            OutputSnapshot(
                form=_words(key, output.bitrate_bps),
                readers=len(output.readers),
                units=output.group.units,
                keyframes=output.group.keyframes,
                dropped=output.group.dropped,
                view=f"{key.view.kind} {key.view.name}".strip(),
            )
            for key, output in self._outputs.items()
        )


def _words(key: OutputKey, bitrate_bps: int) -> str:
    form = key.form
    if form is None:
        return f"{key.view.name} passed through"
    return f"{form.codec.name} {form.width}x{form.height}@{form.fps} {bitrate_bps} bit/s"
