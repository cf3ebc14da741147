"""A second video section for slides (RFC 4796): taken beside the main one, never instead of it."""

from dataclasses import replace

import pytest

from mcu_core.errors import Refused
from mcu_core.media.codec import H264, VP8, Kind
from mcu_core.negotiation.agreement import Agreement
from mcu_core.negotiation.capabilities import Capabilities
from mcu_core.negotiation.rtp_session import answer, listening
from mcu_core.protocol import sdp
from tests.unit.negotiation.test_rtp_session import AUDIO, CAPS, HEAD, LOCAL, VIDEO

HERE = replace(LOCAL, content_port=7004)
SLIDES = "m=video 5008 RTP/AVP 98\na=rtpmap:98 VP8/90000\na=content:slides\n"


def answered(*sections: str, caps: Capabilities = CAPS) -> Agreement:
    return answer(sdp.parse(HEAD + "".join(sections)), caps, HERE)


@pytest.mark.parametrize("order", [(VIDEO, SLIDES, AUDIO), (SLIDES, AUDIO, VIDEO)])
def test_slides_have_a_section_of_their_own(order: tuple[str, ...]) -> None:
    agreement = answered(*order)
    assert agreement.video is not None
    assert agreement.content is not None
    assert (agreement.video.codec, agreement.video.content) == (H264, False)
    assert (agreement.content.codec, agreement.content.content) == (VP8, True)
    assert (agreement.content.send, agreement.content.receive) == (True, True)
    assert agreement.content.remote_port == 5008
    section = agreement.description.media[order.index(SLIDES)]
    assert section.port == 7004
    assert list(section.values("content")) == ["slides"]
    main = agreement.description.media[order.index(VIDEO)]
    assert main.port == 7000
    assert not main.has("content")


def test_a_second_main_section_and_second_slides_are_refused() -> None:
    agreement = answered(VIDEO, SLIDES, SLIDES, VIDEO)
    assert [media.port for media in agreement.description.media] == [7000, 7004, 0, 0]
    assert len(agreement.refusals) == 2


def test_where_none_may_come_in_slides_only_go_out() -> None:
    agreement = answered(VIDEO, SLIDES, caps=replace(CAPS, takes_content=False))
    assert agreement.content is not None
    assert (agreement.content.send, agreement.content.receive) == (True, False)
    with pytest.raises(Refused):
        answered(SLIDES + "a=sendonly\n", caps=replace(CAPS, takes_content=False))


def test_without_a_port_for_them_they_are_refused() -> None:
    agreement = answer(sdp.parse(HEAD + VIDEO + SLIDES), CAPS, LOCAL)
    assert agreement.content is None
    assert [media.port for media in agreement.description.media] == [7000, 0]


def test_slides_alone_are_an_offer() -> None:
    agreement = answered(SLIDES)
    assert agreement.video is None
    assert agreement.content is not None


def test_a_player_listens_on_the_port_of_its_slides() -> None:
    heard = listening(answered(VIDEO, SLIDES))
    assert [media.port for media in heard.media] == [5004, 5008]


def test_other_marks_are_no_slides() -> None:
    agreement = answered(VIDEO.replace("a=rtpmap:96", "a=content:speaker,main\na=rtpmap:96"))
    assert agreement.content is None
    assert agreement.video is not None
    assert agreement.video.codec.kind is Kind.VIDEO
