"""What a conference tells of itself."""

from collections.abc import Mapping

from mcu_core.contract.definition import ConferenceDefinition
from mcu_core.contract.snapshots import ConferenceSnapshot, OutputSnapshot
from mcu_core.engine.content import Content
from mcu_core.engine.seat import Seat
from mcu_core.engine.sound import SoundLoop
from mcu_core.engine.views import Views


def conference_snapshot(
    definition: ConferenceDefinition,
    seats: Mapping[str, Seat],
    views: Views,
    sound: SoundLoop,
    content: Content,
    *,
    viewers: int,
    now_ns: int,
) -> ConferenceSnapshot:
    """The conference as it is at `now_ns`."""
    shown = views.shown
    return ConferenceSnapshot(
        id=definition.id,
        revision=definition.revision,
        layout=definition.layout,
        mode=shown.layout.id if shown else None,
        panes=shown.panes if shown else (),
        sites=tuple(seat.snapshot(site == views.speaker, now_ns) for site, seat in seats.items()),
        video_outputs=views.outputs.snapshots(),
        audio_outputs=tuple(
            OutputSnapshot(f"{form.codec.name}/{form.channels} mix {mix!r}", readers, units, 0)
            for form, mix, readers, units in sound.outputs()
        ),
        speaker=views.speaker,
        decoders=sum(bool(seat.video.stats.fps(now_ns)) for seat in seats.values()),
        scalers=views.pictures.scaled,
        serial=views.pictures.composed,
        late_ticks=views.pictures.ticker.late,
        late_audio_ticks=sound.ticker.late,
        viewers=viewers,
        views=views.snapshots(),
        floor=views.floor,
        content=content.snapshot(),
    )
