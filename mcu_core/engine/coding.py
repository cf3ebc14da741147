"""Which encoders a definition needs for given connections: a prediction, carried out by nobody."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from mcu_core.conference.direction import CONFERENCE, ONLY_CONTENT, RECORDER, Direction, ViewKey
from mcu_core.contract.definition import ConferenceDefinition
from mcu_core.engine.content_channels import Outlet, watched_by
from mcu_core.engine.forms import gone_along, main_form
from mcu_core.engine.passing import passable
from mcu_core.engine.seat import Seat
from mcu_core.engine.tap import ConferenceTap
from mcu_core.engine.tap_forms import small_form, tapped_form
from mcu_core.engine.video_outputs import VideoOutputs
from mcu_core.media.units import VideoForm

Coded = tuple[ViewKey, VideoForm]
"""What one encoder makes: of which view, in which form."""


def coded(
    definition: ConferenceDefinition,
    direction: Direction,
    given: Sequence[Outlet],
    seats: Mapping[str, Seat],
    outputs: VideoOutputs,
    *,
    before: VideoForm,
    dressed: bool,
) -> set[Coded]:
    """What would be coded of a definition that is directed so.

    Who takes all of the picture `before` takes all of the definition's, too; the others take what
    they take now, on the rung where they stand. Taps take what the definition gives them.
    `dressed`: something lies over each picture, so that none can be passed through.
    """
    made: set[Coded] = set()
    for outlet in given:
        view = direction.watching.get(watched_by(outlet), CONFERENCE)
        endpoint = outlet.endpoint
        if isinstance(endpoint, ConferenceTap):
            made.update((view, form) for form in _tapped(definition, outlet.site))
        else:
            form = outputs.sent(endpoint) or endpoint.video_out
            shown = direction.views[view]
            if form is not None and (
                dressed or passable(endpoint, shown, seats, form.bitrate_bps) is None
            ):
                made.add((view, gone_along(form, before, main_form(definition))))
        made.update(_beside(outlet, outputs))
    return made


def _tapped(definition: ConferenceDefinition, site: str) -> Iterator[VideoForm]:
    """What a tap takes: a recorder's has a small coding beside."""
    recorded = site == RECORDER
    yield tapped_form(definition, recorded=recorded)
    small = small_form(definition) if recorded else None
    if small is not None:
        yield small


def _beside(outlet: Outlet, outputs: VideoOutputs) -> Iterator[Coded]:
    """Content, where a connection gets it by a channel of its own, and not passed through."""
    channel = outlet.endpoint.content
    if outlet.beside and channel is not None and not outputs.passed_through(channel):
        form = outputs.sent(channel) or channel.video_out
        if form is not None:
            yield ONLY_CONTENT, form


def pixels_per_second(made: Iterable[Coded]) -> int:
    """How many pixels a second these encoders make."""
    return sum(form.width * form.height * form.fps for _, form in made)
