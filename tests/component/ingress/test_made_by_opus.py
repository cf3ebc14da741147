"""What Opus makes up, in whatever pieces it is asked for."""

import numpy as np
import pytest

from mcu_core.ingress.audio_decoder import OpusFrames
from mcu_core.ingress.concealment import MadeByCodec
from mcu_core.media.codec import OPUS
from mcu_core.media.sound import SAMPLE_RATE
from mcu_core.protocol.payload import opus
from tests.fakes.sound_call import coded
from tests.fakes.tones import largest_step, tone


@pytest.mark.parametrize("lossy", [True, False], ids=["SILK below CELT", "CELT"])
@pytest.mark.parametrize("pieces", [(120, 960), (7, 240, 113, 600)], ids=str)
def test_pieces_of_any_length_go_on_from_each_other(lossy: bool, pieces: tuple[int, ...]) -> None:
    sound = tone(400, 2 * SAMPLE_RATE)
    units = coded(OPUS, sound, lossy=lossy)
    assert opus.has_silk(units[50].data) is lossy
    for last in range(20, 60):
        decoder = OpusFrames()
        for unit in units[: last + 1]:
            heard, _ = decoder.decode(unit.data)
        made_up = MadeByCodec(decoder)
        parts = [heard[-10:], *(made_up.take(count) for count in pieces)]
        joined = np.concatenate(parts)[:, 0].astype(np.float64)
        assert largest_step(joined) < 1.5 * largest_step(sound.astype(np.float64))
