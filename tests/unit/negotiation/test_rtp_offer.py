"""Our own offers: repeats, slides, events."""

from dataclasses import replace

import pytest

from mcu_core.contract.definition import Encryption, VideoLimit
from mcu_core.errors import Refused
from mcu_core.media.codec import H264, VP8, Kind
from mcu_core.media.units import VideoForm
from mcu_core.negotiation.agreement import Agreement
from mcu_core.negotiation.capabilities import Capabilities, LocalAddress
from mcu_core.negotiation.receivable import receivable
from mcu_core.negotiation.rtp_offer import offer, read_answer
from mcu_core.negotiation.rtp_session import answer
from mcu_core.protocol.sdes import MOST_MATERIAL_BYTES

CAPS = Capabilities()


def test_our_offer_says_how_lost_packets_come_again() -> None:
    local = LocalAddress("192.0.2.9", {Kind.VIDEO: 7000, Kind.AUDIO: 7002}, content_port=7004)
    audio, video, slides = offer(CAPS, local).media
    for section, codec, clock in ((video, H264, 90_000), (slides, VP8, 90_000)):
        (number,) = [one for one, name in section.rtpmaps.items() if name.name == codec.name]
        repeats = [one for one, name in section.rtpmaps.items() if name.name == "rtx"]
        assert {"apt": str(number)} in [section.fmtp(one) for one in repeats]
        assert all(section.rtpmaps[one].clock == clock for one in repeats)
    assert "red" in [one.name for one in audio.rtpmaps.values()]
    events = [one.clock for one in audio.rtpmaps.values() if one.name == "telephone-event"]
    assert events == [8000, 48_000]
    assert list(slides.values("content")) == ["slides"]
    assert list(video.values("content")) == ["main"]
    numbers = [int(one) for section in (audio, video, slides) for one in section.formats]
    assert max(numbers) < 128


def test_two_of_us_agree_on_slides_and_repeats() -> None:
    theirs = LocalAddress("198.51.100.7", {Kind.VIDEO: 5004, Kind.AUDIO: 5006}, content_port=5008)
    offered = offer(CAPS, theirs)
    here = LocalAddress("192.0.2.9", {Kind.VIDEO: 7000, Kind.AUDIO: 7002}, content_port=7004)
    settled = read_answer(offered, answer(offered, CAPS, here).description, CAPS)
    assert settled.content is not None
    assert settled.video is not None
    assert settled.audio is not None
    assert (settled.content.remote_port, settled.content.content) == (7004, True)
    assert settled.video.protection.rtx
    assert settled.audio.protection.red


def there(host: str, byte: int) -> LocalAddress:
    key = bytes((byte,)) * MOST_MATERIAL_BYTES
    ports = {Kind.VIDEO: 7000, Kind.AUDIO: 7002}
    keys = dict.fromkeys(ports, key)
    return LocalAddress(
        host, ports, content_port=7004, camera_port=7006, keys=keys, content_key=key, camera_key=key
    )


def called(caps: Capabilities = CAPS) -> tuple[Agreement, Agreement]:
    """What both of two of us have agreed on: who answered, and who offered."""
    offered = offer(caps, there("192.0.2.9", 1))
    theirs = answer(offered, caps, there("198.51.100.7", 2))
    return theirs, read_answer(offered, theirs.description, caps)


def test_two_of_us_agree_on_ulpfec_in_red_for_both_pictures() -> None:
    for agreed in called():
        for media in (agreed.video, agreed.content):
            assert media is not None
            assert media.protection.ulpfec
            assert media.protection.red
            assert media.protection.red != media.protection.ulpfec
    theirs, ours = called()
    assert theirs.video is not None
    assert ours.video is not None
    assert theirs.video.protection == ours.video.protection


def test_two_of_us_agree_on_a_line_for_cameras_as_the_conference_is_encrypted() -> None:
    for policy in Encryption:
        for agreed in called(replace(CAPS, encryption=policy)):
            assert agreed.camera is not None
            assert (agreed.camera.send, agreed.camera.receive) == (True, True)
            assert agreed.camera.remote_port == 7006
            assert (agreed.camera.keys is None) is (policy is Encryption.NONE)
    theirs, ours = called()
    assert theirs.camera is not None
    assert ours.camera is not None
    assert theirs.camera.keys is not None
    assert ours.camera.keys is not None
    assert theirs.camera.keys.ours == ours.camera.keys.theirs


def test_who_wants_no_camera_line_has_the_rest_and_it_alone_is_no_call() -> None:
    offered = offer(CAPS, there("192.0.2.9", 1))
    theirs = answer(offered, CAPS, there("198.51.100.7", 2)).description
    *media, camera = theirs.media
    without = replace(theirs, media=(*media, replace(camera, port=0)))
    settled = read_answer(offered, without, CAPS)
    assert settled.camera is None
    assert settled.video is not None
    alone = replace(theirs, media=(*(replace(one, port=0) for one in media), camera))
    with pytest.raises(Refused):
        read_answer(offered, alone, CAPS)
    forced = replace(CAPS, encryption=Encryption.FORCED)
    bare = replace(camera, proto="RTP/AVP", attributes=(("rtpmap", "122 H224/4800"),))
    secret = offer(forced, there("192.0.2.9", 1))
    locked = answer(secret, forced, there("198.51.100.7", 2)).description
    settled = read_answer(secret, replace(locked, media=(*locked.media[:-1], bare)), forced)
    assert settled.camera is None


def test_sizes_and_level_of_our_offer_let_1080p60_through_and_a_screen_beside_it() -> None:
    full = VideoForm(H264, 1920, 1080, 60, 6_000_000)
    screen = VideoForm(H264, 1920, 1200, 15, 2_000_000, sharp=True)
    for agreed in called():
        assert agreed.video is not None
        assert agreed.content is not None
        assert receivable(full, agreed.video, VideoLimit()) == full
        assert receivable(screen, agreed.content, VideoLimit()) == screen
    answerer, _ = called()
    assert answerer.video is not None
    assert answerer.content is not None
    assert (answerer.video.max_width, answerer.video.max_height) == (1920, 1080)
    assert (answerer.content.max_width, answerer.content.max_height) == (1920, 1200)


def test_each_section_has_a_label_and_an_answer_has_one_where_the_offer_had() -> None:
    offered = offer(CAPS, there("192.0.2.9", 1))
    labels = [["sound"], ["people"], ["slides"], ["camera"]]
    assert [list(media.values("label")) for media in offered.media] == labels
    answered = answer(offered, CAPS, there("198.51.100.7", 2)).description
    assert [list(media.values("label")) for media in answered.media] == labels
    bare = replace(
        offered,
        media=tuple(
            replace(media, attributes=tuple(one for one in media.attributes if one[0] != "label"))
            for media in offered.media
        ),
    )
    silent = answer(bare, CAPS, there("198.51.100.7", 2)).description
    assert not any(media.has("label") for media in silent.media)


def test_sizes_are_answered_where_they_are_told() -> None:
    offered = offer(CAPS, there("192.0.2.9", 1))
    answered = answer(offered, CAPS, there("198.51.100.7", 2)).description
    _, video, slides, _ = answered.media
    assert list(video.values("imageattr")) == [
        f"{video.formats[0]} send * recv [x=[128:2:1920],y=[96:2:1080]]"
    ]
    assert list(slides.values("imageattr")) == [
        f"{slides.formats[0]} send * recv [x=[128:2:1920],y=[96:2:1200]]"
    ]
