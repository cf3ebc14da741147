"""Which offered format is which codec, and H.264's parameters."""

import pytest

from mcu_core.media.codec import (
    G722,
    H264,
    L16_CD_MONO,
    L16_CD_STEREO,
    L16_MONO,
    L16_STEREO,
    L16_WIDE,
    OPUS,
    PCMA,
    PCMU,
    VP8,
    Codec,
)
from mcu_core.negotiation.capabilities import Capabilities
from mcu_core.negotiation.formats import (
    Format,
    ProfileLevel,
    answer_parameters,
    attributes,
    best_profile,
    formats,
    refusal,
    whole_slices_only,
)
from mcu_core.protocol.sdp import MediaDescription

CAPS = Capabilities()


def section(kind: str, numbers: str, *rtpmaps: str) -> MediaDescription:
    lines = tuple(("rtpmap", text) for text in rtpmaps)
    return MediaDescription(kind, 1, "RTP/AVP", tuple(numbers.split()), attributes=lines)


def test_static_types_need_no_rtpmap() -> None:
    found = formats(section("audio", "0 8 9 13"))
    assert [(one.payload_type, one.codec) for one in found] == [(0, PCMU), (8, PCMA), (9, G722)]


def test_a_static_type_with_another_rtpmap_is_what_that_says() -> None:
    assert formats(section("audio", "0", "0 SIREN/8000")) == []
    (found,) = formats(section("audio", "8", "8 opus/48000/2"))
    assert found.codec is OPUS


def test_names_have_no_case_but_clocks_must_fit() -> None:
    found = formats(
        section("audio", "96 97 98", "96 OPUS/48000/2", "97 pcmu/16000", "98 g722/8000")
    )
    assert [one.codec for one in found] == [OPUS, G722]


def test_a_codec_of_the_other_kind_is_none() -> None:
    assert formats(section("video", "0 96", "96 opus/48000/2")) == []
    assert [one.codec for one in formats(section("video", "96", "96 VP8/90000"))] == [VP8]


def test_formats_that_are_no_payload_types_are_passed_over() -> None:
    assert formats(section("audio", "webrtc-datachannel 128 ٣")) == []


@pytest.mark.parametrize(
    ("fmtp", "reason"),
    [
        ({}, ""),
        ({"profile-level-id": "42e01f", "packetization-mode": "1"}, ""),
        ({"profile-level-id": "64001F", "packetization-mode": "1"}, ""),
        ({"profile-level-id": "F4000D"}, "4:2:0"),
        ({"profile-level-id": "6e001f"}, "4:2:0"),
        ({"profile-level-id": "nonsense"}, "hexadecimal"),
        ({"profile-level-id": "42e0"}, "hexadecimal"),
        ({"packetization-mode": "2"}, "interleaved"),
    ],
)
def test_what_h264_can_be_taken(fmtp: dict[str, str], reason: str) -> None:
    said = refusal(Format(96, H264, fmtp))
    assert bool(said) == bool(reason)
    assert reason in said


def test_only_a_stated_mode_0_forbids_fragments() -> None:
    assert whole_slices_only(H264, {"packetization-mode": "0"})
    assert not whole_slices_only(H264, {})
    assert not whole_slices_only(VP8, {"packetization-mode": "0"})


@pytest.mark.parametrize(
    ("told", "profile"),
    [("42e01f", "baseline"), ("4d001f", "main"), ("640028", "high"), ("58a01f", "baseline")],
)
def test_the_best_profile_that_a_receiver_decodes(told: str, profile: str) -> None:
    assert best_profile({"profile-level-id": told}) == profile
    assert best_profile({}) == "baseline"
    assert best_profile({"profile-level-id": "x"}) == "baseline"


def test_profile_and_mode_of_an_answer_are_the_offers() -> None:
    theirs = {"profile-level-id": "4d0029", "packetization-mode": "1"}
    assert answer_parameters(Format(96, H264, theirs), CAPS) == {
        "profile-level-id": "4d0029",
        "packetization-mode": "1",
    }


def test_the_level_of_an_answer_is_ours_only_where_levels_may_differ() -> None:
    low = {"profile-level-id": "42e00d", "packetization-mode": "1"}
    assert answer_parameters(Format(96, H264, low), CAPS)["profile-level-id"] == "42e00d"
    free = low | {"level-asymmetry-allowed": "1"}
    answered = answer_parameters(Format(96, H264, free), CAPS)
    assert answered["profile-level-id"] == "42e02a"
    assert answered["level-asymmetry-allowed"] == "1"


def test_our_level_takes_1080p60_and_that_of_slides_a_screen_of_1200_lines() -> None:
    free = {"profile-level-id": "64001f", "level-asymmetry-allowed": "1"}
    assert answer_parameters(Format(96, H264, free), CAPS)["profile-level-id"] == "64002a"
    slides = answer_parameters(Format(96, H264, free), CAPS.for_content())
    assert slides["profile-level-id"] == "640032"


def test_where_they_say_nothing_we_say_nothing() -> None:
    assert answer_parameters(Format(96, H264, {}), CAPS) == {}


def test_profile_level_is_three_bytes() -> None:
    level = ProfileLevel.read({"profile-level-id": "42E01F"})
    assert level == ProfileLevel(0x42, 0xE0, 31)
    assert level.serialize() == "42e01f"


def test_l16_is_told_apart_by_clock_and_channels() -> None:
    found = formats(
        section(
            "audio",
            "10 11 96 97 98 99 100",
            "96 L16/48000/2",
            "97 l16/48000",
            "98 L16/16000",
            "99 L16/22050/2",
            "100 L16/48000/6",
        )
    )
    assert [(one.payload_type, one.codec) for one in found] == [
        (10, L16_CD_STEREO),
        (11, L16_CD_MONO),
        (96, L16_STEREO),
        (97, L16_MONO),
        (98, L16_WIDE),
    ]


def test_opus_is_opus_without_its_channels() -> None:
    (found,) = formats(section("audio", "96", "96 opus/48000"))
    assert found.codec is OPUS
    assert formats(section("audio", "96", "96 PCMU/8000/2")) == []


def test_an_answer_takes_silence_unsent_only_where_it_was_offered() -> None:
    plain = answer_parameters(Format(96, OPUS, {"useinbandfec": "1"}), CAPS)
    assert plain["useinbandfec"] == "1"
    assert plain["stereo"] == "1"
    assert "usedtx" not in plain
    assert answer_parameters(Format(96, OPUS, {"usedtx": "1"}), CAPS)["usedtx"] == "1"


@pytest.mark.parametrize(
    ("codec", "rtpmap", "ptime"),
    [
        (OPUS, "96 opus/48000/2", "20"),
        (PCMU, "96 PCMU/8000", "20"),
        (L16_STEREO, "96 L16/48000/2", "5"),
        (L16_MONO, "96 L16/48000", "10"),
        (L16_CD_STEREO, "96 L16/44100/2", "5"),
        (L16_WIDE, "96 L16/16000", "20"),
    ],
    ids=str,
)
def test_what_is_said_of_a_sound_format(codec: Codec, rtpmap: str, ptime: str) -> None:
    lines = dict(attributes(codec, 96, {}, ()))
    assert lines == {"rtpmap": rtpmap, "ptime": ptime}
