"""Several sizes of one picture (RFC 8853), of which one at a time goes into the ingress.

A change waits for the other layer's keyframe, and the picture before it goes on until then. Each
layer has a clock of its own (RFC 3550 5.1): their moments are brought to one, by what their sender
tells of them, else by when they came. Everything is called on the event loop.
"""

from dataclasses import replace
from typing import Protocol

from msgspec.structs import replace as replace_field

from mcu_core.adaptation.layer_choice import GONE_NS, LayerChoice, LayerSeen
from mcu_core.ingress.video import VideoIngress
from mcu_core.media.clock import NS_PER_MS, NS_PER_SECOND, Clock
from mcu_core.media.units import AccessUnit
from mcu_core.protocol.stream_facts import StreamFacts, StreamMeter

ASK_AGAIN_NS, LONGEST_WAIT_NS = 500 * NS_PER_MS, 4 * NS_PER_SECOND
"""A layer's keyframe is asked for again after that, and ever more seldom: its sender may make one
for all layers, and the one that is shown is not to pay for what does not come."""

DOUBTFUL_NS = NS_PER_SECOND
"""What a sender tells of two layers' moments is not believed if it is that far from arrival."""

MOST_ASKED_UNSEEN = 4
"""A layer that never tells its size is asked so often for a keyframe."""


class PictureSink(Protocol):
    """What takes the units of one stream of pictures."""

    wall_less_media_ns: int | None

    def push(self, unit: AccessUnit) -> None:
        """The next unit."""

    def expect_repairs(self, late_ns: int, now_ns: int) -> None:
        """Units are to be expected to come that late for a while."""


class Layer:
    """One of them, as its receiver sees it."""

    def __init__(self, rid: str, owner: "LayerSwitch", clock: Clock) -> None:
        self.rid = rid
        self._owner = owner
        self._clock = clock
        self.shift_ns = 0
        """Its media time plus this is the ingress's."""
        self.asked_unseen = 0
        self._forget()

    def _forget(self) -> None:
        self.seen = LayerSeen()
        self._wall: int | None = None
        self._meter = StreamMeter()

    @property
    def facts(self) -> StreamFacts | None:
        """Size and rates of what comes; None before its first keyframe."""
        return self._meter.facts

    @property
    def wall_less_media_ns(self) -> int | None:
        """The sender's time of day less this layer's media time; None until it has told."""
        return self._wall

    @wall_less_media_ns.setter
    def wall_less_media_ns(self, value: int | None) -> None:
        self._wall = value
        self._owner.tell_time(self)

    def push(self, unit: AccessUnit) -> None:
        """The next unit of this layer."""
        now_ns = self._clock.now_ns()
        self._meter.push(unit, now_ns)
        before_ns, facts = self.seen.came_ns, self._meter.facts
        paused = before_ns is None or now_ns - before_ns >= GONE_NS
        self.seen = LayerSeen(
            facts.width * facts.height if facts is not None else 0,
            now_ns if paused else self.seen.since_ns,
            now_ns,
            self.seen.heard_ns,
        )
        self._owner.came(self, unit)

    def heard(self, heard_ns: int) -> None:
        """When its latest packet came, whatever became of it."""
        if heard_ns != self.seen.heard_ns:
            self.seen = replace(self.seen, heard_ns=heard_ns)

    def expect_repairs(self, late_ns: int, now_ns: int) -> None:
        """Its units are to be expected to come that late for a while."""
        self._owner.expect_repairs(self, late_ns, now_ns)

    def restart(self) -> None:
        """Another source sends it."""
        self._forget()
        self._owner.restarted(self)


class LayerSwitch:
    """The layers of one sender. `layers`: in the order of `rids`; `current`: what is decoded."""

    def __init__(self, rids: tuple[str, ...], ingress: VideoIngress, clock: Clock) -> None:
        self.layers = tuple(Layer(rid, self, clock) for rid in rids)
        self.current: Layer | None = None
        self.switches = 0
        self._ingress = ingress
        self._choice = LayerChoice()
        self._target: Layer | None = None
        self._last: AccessUnit | None = None
        self._ask_ns = 0
        self._wait_ns = ASK_AGAIN_NS

    def came(self, layer: Layer, unit: AccessUnit) -> None:
        """A unit of a layer: into the ingress, if it is the one that is shown."""
        enters = unit.keyframe and not unit.broken and layer is not self.current
        if enters and (self.current is None or layer is self._target):
            self._go_over(layer, unit)
        if layer is self.current:
            self._last = unit = self._moved(unit, layer.shift_ns)
            self._ingress.push(unit)

    def _moved(self, unit: AccessUnit, shift_ns: int) -> AccessUnit:
        """The unit with its moment on the ingress's clock."""
        if unit.media_ns is None:
            return unit
        return replace_field(unit, media_ns=unit.media_ns + shift_ns)

    def _go_over(self, layer: Layer, unit: AccessUnit) -> None:
        layer.shift_ns = self._shift_of(layer, unit)
        self.current = layer
        self.switches += 1
        self.tell_time(layer)

    def _shift_of(self, layer: Layer, unit: AccessUnit) -> int:
        """What brings a layer's media time to that of the one before it."""
        last, before = self._last, self.current
        if last is None or last.media_ns is None or unit.media_ns is None:
            return 0
        by_arrival = last.media_ns + unit.stamp_ns - last.stamp_ns - unit.media_ns
        if before is None or before.wall_less_media_ns is None or layer.wall_less_media_ns is None:
            return by_arrival
        told = before.shift_ns + layer.wall_less_media_ns - before.wall_less_media_ns
        return told if abs(told - by_arrival) < DOUBTFUL_NS else by_arrival

    def tell_time(self, layer: Layer) -> None:
        """A layer's sender has told its time of day."""
        if layer is self.current and layer.wall_less_media_ns is not None:
            self._ingress.wall_less_media_ns = layer.wall_less_media_ns - layer.shift_ns

    def expect_repairs(self, layer: Layer, late_ns: int, now_ns: int) -> None:
        """A layer's units are to be expected to come that late for a while."""
        if layer is self.current:
            self._ingress.expect_repairs(late_ns, now_ns)

    def restarted(self, layer: Layer) -> None:
        """Another source sends a layer: where it is the current one the next keyframe of any goes
        on, and the picture stays until then."""
        if layer is self.current:
            self.current = None

    def tick(self, now_ns: int) -> list[Layer]:
        """Choose anew; the layers to be asked for a keyframe now. Call it every 20 ms or so."""
        seen = [layer.seen for layer in self.layers]
        place = self._choice.look(seen, self._ingress.shown_pixels, now_ns)
        target = self.layers[place] if place is not None else None
        if target is not self._target:
            self._target, self._ask_ns, self._wait_ns = target, now_ns, ASK_AGAIN_NS
        waiting = [] if target in (None, self.current) else [target]
        unseen = [one for one in self.layers if one.seen.came_ns is not None and not one.facts]
        waiting += [one for one in unseen if one.asked_unseen < MOST_ASKED_UNSEEN]
        if not waiting or now_ns < self._ask_ns:
            return []
        self._ask_ns = now_ns + self._wait_ns
        self._wait_ns = min(2 * self._wait_ns, LONGEST_WAIT_NS)
        for one in unseen:
            one.asked_unseen += 1
        return waiting

    def needed(self) -> list[Layer]:
        """The layers whose keyframe would bring the picture back: the one that is shown and the one
        that is to be; all while there is none."""
        found = [one for one in (self.current, self._target) if one is not None]
        return list(dict.fromkeys(found)) or list(self.layers)
