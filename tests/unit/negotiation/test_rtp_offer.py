"""Our own offers: repeats, slides, events."""

from mcu_core.media.codec import H264, VP8, Kind
from mcu_core.negotiation.capabilities import Capabilities, LocalAddress
from mcu_core.negotiation.rtp_offer import offer, read_answer
from mcu_core.negotiation.rtp_session import answer

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
    assert not video.has("content")
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
