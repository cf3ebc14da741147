"""Who reads which coded picture: one group per view and form, or a source passed through."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count
from typing import NamedTuple, Protocol

from mcu_core.adaptation.ladder import follows_in_place
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
    """What makes two coded pictures the same; `form` None: the own stream of site `sender` as it
    is, as long as it is of `codec`. `spare`: not 0 for one beside another that is alike, for who
    cannot wait for that one's keyframe."""

    view: ViewKey
    form: VideoForm | None
    codec: Codec | None = None
    spare: int = 0
    sender: str = ""


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
    """`opened_bps`: the rate that its encoder was opened for."""

    key: OutputKey
    group: Group
    opened_bps: int = 0
    readers: dict[str, "_Reader"] = field(default_factory=dict)
    source: Passable | None = None


@dataclass(slots=True, eq=False)
class _Reader:
    """`current`: what the endpoint is sent; `wanted`: what takes over at its next keyframe, and
    `bridge` until then."""

    endpoint: Receiver
    current: OutputKey | None = None
    wanted: OutputKey | None = None
    bridge: OutputKey | None = None

    def read(self) -> tuple[OutputKey, ...]:
        """All that it reads or waits for."""
        return tuple(key for key in (self.current, self.bridge, self.wanted) if key is not None)

    def asked(self) -> tuple[OutputKey, ...]:
        """Those whose keyframe it needs."""
        if self.bridge is not None or (self.current is not None and self.current.spare):
            return tuple(key for key in (self.current, self.bridge) if key is not None)
        return self.read()


class VideoOutputs:
    """Opens a group for the first reader of an output and closes it after the last.

    A reader that moves is sent its old output until the new one gives a keyframe, so that it never
    sees a gap. `spares`: how many encoders may run beside one that is alike. All methods are called
    on the event loop; `changed` is called with the running encoder groups whenever there are
    others, so that the picture tick can take them over whole.
    """

    def __init__(
        self,
        clock: Clock,
        preset: str,
        workers: Workers,
        changed: Callable[[tuple[tuple[ViewKey, VideoGroup], ...]], None],
    ) -> None:
        self.spares = 0
        self._clock = clock
        self._workers = workers
        self._preset = preset
        self._changed = changed
        self._loop = asyncio.get_running_loop()
        self._outputs: dict[OutputKey, _Output] = {}
        self._readers: dict[str, _Reader] = {}
        self._closing: set[asyncio.Task[None]] = set()
        self._numbers = count(1)

    # ------------------------------------------------------------------ who reads what

    def read(
        self,
        endpoint: Receiver,
        key: OutputKey,
        source: Passable | None = None,
        *,
        falling: bool = False,
    ) -> None:
        """Let an endpoint read an output, from its next keyframe on, which is asked for.

        Who only goes over to another rung of the same picture costs those there no keyframe: it has
        a spare encoder until they have one anyway, if there is one to spare. `falling`: its path
        is so full that what it is sent now must end at once. `source`: the site that is passed
        through, where `key.form` is None.
        """
        reader = self._readers.setdefault(endpoint.id, _Reader(endpoint))
        if key in (reader.current, reader.wanted):
            if key == reader.current:
                self._stop_waiting(reader)
            return
        self._stop_waiting(reader)
        if reader.current is not None and self._goes_along(reader.current, key):
            return
        same_picture = reader.current is not None and reader.current.view == key.view
        output = self._outputs.get(key)
        reader.wanted = key
        if output is None:
            output = self._open(key, endpoint, source)
        elif (
            same_picture
            and key.form is not None
            and output.group.units  # else its first picture is a keyframe, and on its way
            and self._spares() < self.spares
        ):
            reader.bridge = key._replace(spare=next(self._numbers))
            self._open(reader.bridge, endpoint, None).readers[endpoint.id] = reader
        output.readers[endpoint.id] = reader
        if reader.bridge is None:
            output.group.request_keyframe()
        if falling and reader.current is not None:
            old, reader.current = reader.current, None
            self._leave(old, reader)

    def _stop_waiting(self, reader: _Reader) -> None:
        for key in (reader.wanted, reader.bridge):
            if key is not None:
                self._leave(key, reader)
        reader.wanted = reader.bridge = None

    def _spares(self) -> int:
        return sum(1 for key in self._outputs if key.spare)

    def _goes_along(self, old: OutputKey, new: OutputKey) -> bool:
        """Let the encoder of a receiver that is alone with it change its rate; False if not."""
        output = self._outputs.get(old)
        if (
            output is None
            or len(output.readers) > 1
            or new in self._outputs
            or old.view != new.view
            or old.form is None
            or new.form is None
            or not follows_in_place(old.form, new.form, output.opened_bps)
        ):
            return False
        self._outputs[new] = self._outputs.pop(old)
        output.key = new
        for reader in output.readers.values():
            reader.current = new
        output.group.set_bitrate(new.form.bitrate_bps)
        return True

    def passed_through(self, endpoint: Receiver) -> bool:
        """Whether the endpoint is sent a site's own stream."""
        reader = self._readers.get(endpoint.id)
        return reader is not None and reader.current is not None and reader.current.form is None

    def sent(self, endpoint: Receiver) -> VideoForm | None:
        """What the endpoint is sent of composed pictures now."""
        reader = self._readers.get(endpoint.id)
        return reader.current.form if reader is not None and reader.current is not None else None

    def views_composed(self) -> set[ViewKey]:
        """The views that some encoder needs."""
        return {key.view for key in self._outputs if key.form is not None}

    def coded(self) -> list[tuple[ViewKey, VideoForm]]:
        """What encoders make: of which view, in which form."""
        return [(key.view, key.form) for key in self._outputs if key.form is not None]

    def passed(self) -> dict[str, float]:
        """The sites whose own streams are sent on as they are, with the pixels of the largest
        picture that is taken so."""
        found: dict[str, float] = {}
        for key, output in self._outputs.items():
            if key.form is None:
                forms = [reader.endpoint.video_out for reader in output.readers.values()]
                pixels = (float(form.width * form.height) for form in forms if form is not None)
                found[key.view.name] = max(pixels, default=0.0)
        return found

    async def remove(self, endpoint: Receiver) -> None:
        """Let an endpoint read no more; waits for what is closed."""
        self.leave(endpoint)
        await self._closed()

    def leave(self, endpoint: Receiver) -> None:
        """Let an endpoint read no more, for now."""
        reader = self._readers.pop(endpoint.id, None)
        if reader is None:
            return
        for key in reader.read():
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
            self._loop.call_soon_threadsafe(self._fan_out, output, unit)

        output: _Output
        if key.form is not None:
            group = VideoGroup(key.form, self._clock, deliver, self._preset, self._workers)
            output = _Output(key, group, key.form.bitrate_bps)
            group.start()
        else:
            assert source is not None
            assert endpoint.video_out is not None
            forward = ForwardGroup(
                endpoint.video_out.codec,
                self._clock,
                source.ask_keyframe,
                deliver,
                source.sound_after_arrival_ns,
            )
            output = _Output(key, forward, source=source)
            source.video.forward = forward
        self._outputs[key] = output
        self._tell()
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
        if not output.readers:
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
        reader = self._readers.get(endpoint.id)
        for key in reader.asked() if reader is not None else ():
            if key in self._outputs:
                self._outputs[key].group.request_keyframe()

    # ------------------------------------------------------------------ fan-out

    def _fan_out(self, output: _Output, unit: EncodedUnit) -> None:
        key = output.key
        if self._outputs.get(key) is not output:
            return
        for reader in tuple(output.readers.values()):
            if reader.current != key:
                if not unit.keyframe:
                    continue
                self._take_over(reader, key)
            reader.endpoint.send_video(unit)

    def _take_over(self, reader: _Reader, key: OutputKey) -> None:
        old, reader.current = reader.current, key
        if key == reader.wanted:
            bridge, reader.wanted, reader.bridge = reader.bridge, None, None
            if bridge is not None:
                self._leave(bridge, reader)
        else:
            reader.bridge = None
        if old is not None:
            self._leave(old, reader)

    def snapshots(self) -> tuple[OutputSnapshot, ...]:
        """The running outputs."""
        return tuple(
            OutputSnapshot(
                form=_words(key),
                readers=len(output.readers),
                units=output.group.units,
                keyframes=output.group.keyframes,
                dropped=output.group.dropped,
                view=f"{key.view.kind} {key.view.name}".strip(),
            )
            for key, output in self._outputs.items()
        )


def _words(key: OutputKey) -> str:
    form = key.form
    if form is None:
        return f"{key.view.name} passed through"
    return f"{form.codec.name} {form.width}x{form.height}@{form.fps} {form.bitrate_bps} bit/s"
