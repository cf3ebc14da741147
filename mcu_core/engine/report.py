"""What a conference tells of itself."""

from collections.abc import Mapping

from mcu_core.contract.definition import ConferenceDefinition
from mcu_core.contract.snapshots import ConferenceSnapshot, OutputSnapshot
from mcu_core.engine.pictures import PictureLoop
from mcu_core.engine.planner import Planner
from mcu_core.engine.seat import Seat
from mcu_core.engine.sound import SoundLoop
from mcu_core.engine.video_outputs import VideoOutputs


def conference_snapshot(
    definition: ConferenceDefinition,
    seats: Mapping[str, Seat],
    planner: Planner,
    video: VideoOutputs,
    sound: SoundLoop,
    pictures: PictureLoop,
    *,
    viewers: int,
    now_ns: int,
) -> ConferenceSnapshot:
    """The conference as it is at `now_ns`."""
    return ConferenceSnapshot(
        id=definition.id,
        revision=definition.revision,
        layout=definition.layout,
        mode=planner.mode,
        panes=planner.shown,
        sites=tuple(seat.snapshot(site == planner.speaker, now_ns) for site, seat in seats.items()),
        video_outputs=video.snapshots(),
        audio_outputs=tuple(
            OutputSnapshot(f"{form.codec.name}/{form.channels} mix {mix!r}", readers, units, 0)
            for form, mix, readers, units in sound.outputs()
        ),
        speaker=planner.speaker,
        decoders=sum(bool(seat.video.stats.fps(now_ns)) for seat in seats.values()),
        scalers=pictures.scaled,
        serial=pictures.composed,
        late_ticks=pictures.ticker.late,
        late_audio_ticks=sound.ticker.late,
        viewers=viewers,
    )
