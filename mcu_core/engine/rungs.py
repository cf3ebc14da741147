"""Which form each receiver is sent: its rung of the ladder, as far as encoders may be had."""

from collections.abc import Callable, Collection, Iterable
from dataclasses import replace

from mcu_core.adaptation.climber import Climber
from mcu_core.adaptation.ladder import merged
from mcu_core.adaptation.overload import Effort
from mcu_core.adaptation.path_rate import UNLIMITED_BPS
from mcu_core.conference.direction import ViewKey
from mcu_core.endpoints.endpoint import Receiver
from mcu_core.media.clock import Clock
from mcu_core.media.codec import Codec
from mcu_core.media.units import VideoForm

FALLING = 0.7
"""A limit below this share of what is sent: the path is full, and not only nearly."""


class Rungs:
    """Follows the receivers of one conference; on the event loop."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._climbers: dict[str, Climber] = {}
        self._limits: dict[str, int] = {}

    def advise(self, endpoint: Receiver, bitrate_bps: int) -> bool:
        """A receiver's path bears so much of pictures; whether it is to be sent another form."""
        self._limits[endpoint.id] = bitrate_bps
        if endpoint.video_out is None:
            return False
        before = self._climber(endpoint).form
        return self.of(endpoint, endpoint.video_out) != before

    def forget(self, endpoint: Receiver) -> None:
        """A receiver is gone."""
        self._climbers.pop(endpoint.id, None)
        self._limits.pop(endpoint.id, None)

    def of(self, endpoint: Receiver, full: VideoForm) -> VideoForm:
        """The rung on which a receiver that takes `full` stands now."""
        limit = self._limits.get(endpoint.id, UNLIMITED_BPS)
        return self._climber(endpoint).settle(full, limit, self._clock.now_ns())

    def falling(self, endpoint: Receiver, sent: VideoForm | None) -> bool:
        """Whether what it is sent is far more than its path bears."""
        limit = self._limits.get(endpoint.id, UNLIMITED_BPS)
        return sent is not None and limit < FALLING * sent.bitrate_bps

    def _climber(self, endpoint: Receiver) -> Climber:
        return self._climbers.setdefault(endpoint.id, Climber())


def shared(
    wanted: Iterable[tuple[str, ViewKey, VideoForm]],
    effort: Effort,
    running: Collection[tuple[ViewKey, VideoForm]] = (),
    affords: Callable[[int], bool] = lambda pixels_s: True,
) -> dict[str, VideoForm]:
    """What receivers (by id, with view and rung) are given with so much effort.

    `running`: what is coded now. A rung beside the others of its view is opened where `affords`
    says that there is room for as many pixels a second more; else those who want it stand on what
    their view has, so that one conference's bad paths are not paid for by all others.
    """
    views: dict[tuple[ViewKey, Codec], dict[str, VideoForm]] = {}
    for name, view, form in wanted:
        views.setdefault((view, form.codec), {})[name] = form
    given: dict[str, VideoForm] = {}
    for (view, codec), forms in views.items():
        now = {form for key, form in running if key == view and form.codec == codec}
        allowed = merged(forms, effort.rungs)
        if not _room(set(allowed.values()), now, affords):
            allowed = merged(forms, min(effort.rungs, max(1, len(now))))
        given |= allowed
        if effort.merged_classes:
            given |= _one_a_size({name: given[name] for name in forms})
    return given


def _room(wanted: set[VideoForm], now: set[VideoForm], affords: Callable[[int], bool]) -> bool:
    """Whether a view may have these rungs; it may, where they are no more than it has."""
    if not now or len(wanted) <= len(now):
        return True
    new = sorted(form.width * form.height * form.fps for form in wanted - now)
    return affords(sum(new[: len(wanted) - len(now)]))


def _one_a_size(forms: dict[str, VideoForm]) -> dict[str, VideoForm]:
    sizes: dict[VideoForm, dict[str, VideoForm]] = {}
    for name, form in forms.items():
        sizes.setdefault(replace(form, bitrate_bps=0), {})[name] = form
    given: dict[str, VideoForm] = {}
    for alike in sizes.values():
        given |= merged(alike, 1)
    return given
