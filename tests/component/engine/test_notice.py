"""Those in a conference see and hear that it is recorded, for a while (REC-05, consent)."""

import msgspec
import numpy as np

from mcu_core.contract.definition import RecordingRules
from mcu_core.engine.notice import NO_NOTICE, notice_of, tones
from mcu_core.media.picture import Picture
from mcu_core.mixer.speech import Speech
from tests.component.engine.test_content import is_color
from tests.component.engine.test_sound_loop import Place, Source
from tests.component.engine.test_views import PINS, definition, room
from tests.fakes.screen import COLORS
from tests.fakes.waiting import until

SHORT = RecordingRules(notice_s=0.5)


async def test_a_line_stands_in_the_picture_for_a_while() -> None:
    async with room("ab", panes=PINS, recording=SHORT) as made:
        covered: list[bool] = []

        def look(picture: Picture) -> None:
            covered.append(not is_color(picture, 0.05, 0.035, COLORS["a"]))

        await made.shows("b", "a", "b", *made.screens["b"].now[2:])
        made.screens["b"].look = look
        await until(lambda: False in covered)
        covered.clear()
        await made.change(recording_runs=True)
        await until(lambda: True in covered and not covered[-1])


def test_a_notice_begins_with_the_recording_and_is_not_repeated_by_other_changes() -> None:
    calm = definition("a")
    runs = msgspec.structs.replace(calm, recording_runs=True)
    assert notice_of(calm, None, NO_NOTICE, 5) == NO_NOTICE
    begun = notice_of(runs, calm, NO_NOTICE, 5)
    assert begun.strip is not None
    assert begun.at(5 + 9_999_999_999) == begun.strip
    assert begun.at(5 + 10_000_000_000) is None
    assert notice_of(msgspec.structs.replace(runs, name="x"), runs, begun, 99) is begun
    assert notice_of(calm, runs, begun, 99) == NO_NOTICE
    silent = msgspec.structs.replace(runs, recording=RecordingRules(notice_s=0))
    assert notice_of(silent, calm, NO_NOTICE, 5) == NO_NOTICE


async def test_two_tones_are_heard_by_all_and_speak_for_nobody() -> None:
    told: list[Speech] = []
    place = Place({"a": Source(), "b": Source()}, told.append)
    await place.ticks(3)
    assert place.viewer.loudness() == 0.0
    runs = msgspec.structs.replace(definition("ab"), recording_runs=True)
    notice = notice_of(runs, None, NO_NOTICE, 1)
    place.loop.announce(notice)
    heard = []
    for _ in range(len(tones())):
        await place.ticks(1)
        heard.append(place.ears["a"].loudness())
    assert max(heard) > 0.05
    assert np.median(heard) > 0.01
    place.loop.announce(notice)
    await place.ticks(2)
    assert place.viewer.loudness() < 0.01, "it is not said twice"
    assert not any(speech.speaker for speech in told)
