"""Which streams may be sent on as they are."""

from dataclasses import replace

import pytest

from mcu_core.adaptation.passthrough import may_pass
from mcu_core.media.codec import H264, VP8
from mcu_core.media.units import VideoForm
from mcu_core.protocol.stream_facts import StreamFacts

FORM = VideoForm(H264, 1280, 720, 30, 2_000_000)
STREAM = StreamFacts(H264, 1280, 720, bytes.fromhex("42c01f"), 1_900_000, 30.0)
BASELINE_31 = bytes.fromhex("42e01f")


def test_what_fits_passes() -> None:
    assert may_pass(STREAM, FORM, BASELINE_31, None)
    assert may_pass(replace(STREAM, width=640, height=360, fps=15.0), FORM, BASELINE_31, 2_500_000)


@pytest.mark.parametrize(
    "change",
    [
        {"codec": VP8},
        {"width": 1920, "height": 1080},
        {"fps": 60.0},
        {"bitrate_bps": 3_000_000},
        {"bitrate_bps": 0},
        {"profile_level": bytes.fromhex("640028")},
        {"profile_level": bytes.fromhex("42c028")},
    ],
    ids=str,
)
def test_what_a_receiver_cannot_take_does_not(change: dict[str, object]) -> None:
    assert not may_pass(replace(STREAM, **change), FORM, BASELINE_31, None)  # type: ignore[arg-type]


def test_a_thin_link_and_an_unknown_stream_do_not() -> None:
    assert not may_pass(STREAM, FORM, BASELINE_31, 800_000)
    assert not may_pass(None, FORM, BASELINE_31, None)


def test_a_decoder_of_a_higher_profile_takes_the_lower_ones() -> None:
    high = bytes.fromhex("640028")
    for profile in ("42c01f", "4d001f", "64001f"):
        assert may_pass(replace(STREAM, profile_level=bytes.fromhex(profile)), FORM, high, None)
    assert may_pass(replace(STREAM, profile_level=b"\x64\x00\x33"), FORM, b"", None)
