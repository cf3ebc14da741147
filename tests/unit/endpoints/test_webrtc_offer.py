"""What of an offer is let in, and how refused lines come back."""

import pytest

from mcu_core.endpoints.webrtc_offer import (
    MAX_CANDIDATES,
    MAX_OFFER_BYTES,
    MAX_SECTIONS,
    Added,
    read_offer,
)
from mcu_core.errors import MalformedInput

HEAD = "v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE 0 1 2\r\n"
DATA = "m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\na=mid:0\r\n"
AUDIO = "m=audio 9 UDP/TLS/RTP/SAVPF 111 0\r\na=mid:1\r\na=sendrecv\r\n"
VIDEO = "m=video 9 UDP/TLS/RTP/SAVPF 96\r\na=mid:2\r\n"
CONTENT = "m=video 9 UDP/TLS/RTP/SAVPF 97\r\na=mid:3\r\n"


def candidate(host: str = "192.0.2.7", protocol: str = "udp", port: str = "40000") -> str:
    return f"a=candidate:1 1 {protocol} 2122194687 {host} {port} typ host\r\n"


def test_first_audio_and_video_are_carried_the_rest_is_not() -> None:
    offer = read_offer(HEAD + DATA + AUDIO + VIDEO + CONTENT)
    assert offer.carried() == (1, 2)
    text = offer.only((1, 2))
    assert "a=group:BUNDLE 1 2\r\n" in text
    assert "application" not in text
    assert "SAVPF 97" not in text


def test_a_line_that_the_offerer_switched_off_is_not_carried() -> None:
    offer = read_offer(HEAD + "m=video 0 UDP/TLS/RTP/SAVPF 96\r\na=mid:5\r\n" + CONTENT)
    assert offer.carried() == (1,)


def test_the_answer_refuses_what_was_left_out_in_the_order_of_the_offer() -> None:
    offer = read_offer(HEAD + DATA + AUDIO + VIDEO)
    answer = "v=0\r\ns=-\r\nm=audio 5000 UDP/TLS/RTP/SAVPF 111\r\na=mid:1\r\n"
    lines = offer.complete(answer, (1,)).split("\r\n")
    assert [line for line in lines if line.startswith("m=")] == [
        "m=application 0 UDP/DTLS/SCTP webrtc-datachannel",
        "m=audio 5000 UDP/TLS/RTP/SAVPF 111",
        "m=video 0 UDP/TLS/RTP/SAVPF 96",
    ]
    assert [line for line in lines if line.startswith("a=mid:")] == [
        "a=mid:0",
        "a=mid:1",
        "a=mid:2",
    ]


@pytest.mark.parametrize(
    "line",
    [
        candidate("6fba00bf-aa77-4406-8348-8b060599a903.local"),
        candidate(protocol="tcp"),
        candidate("224.0.0.251"),
        candidate("ff02::fb"),
        candidate("::ffff:224.0.0.251"),
        candidate("255.255.255.255"),
        candidate("0.0.0.0"),
        candidate("victim.example"),
        candidate(port="53"),
        candidate(port="99999"),
        candidate(port="0"),
        candidate(port="x"),
        "a=candidate:1 1 udp\r\n",
        "a=end-of-candidates\r\n",
    ],
)
def test_candidates_of_no_use_are_dropped(line: str) -> None:
    text = read_offer(HEAD + AUDIO + line + candidate()).only((0,))
    assert line not in text
    assert candidate() in text


def test_no_offer_makes_us_send_to_many_places() -> None:
    many = "".join(candidate(f"192.0.2.{n}") for n in range(200))
    text = read_offer(HEAD + AUDIO + many).only((0,))
    assert text.count("a=candidate:") == MAX_CANDIDATES


@pytest.mark.parametrize(
    "text",
    [
        "",
        "hello",
        HEAD,
        "m=audio 9 UDP/TLS/RTP/SAVPF 0\r\n",
        HEAD + "a=x\r\n" * MAX_OFFER_BYTES,
        HEAD + AUDIO * (MAX_SECTIONS + 1),
    ],
)
def test_what_is_no_offer_is_refused_by_field(text: str) -> None:
    with pytest.raises(MalformedInput) as error:
        read_offer(text)
    assert error.value.field == "sdp"


def test_a_media_line_without_formats_is_malformed() -> None:
    with pytest.raises(MalformedInput):
        read_offer(HEAD + "m=audio 9\r\n").carried()


def test_two_lines_of_one_name_are_malformed() -> None:
    offer = read_offer(HEAD + AUDIO + VIDEO.replace("mid:2", "mid:1"))
    with pytest.raises(MalformedInput):
        offer.only(offer.carried())


def test_lines_are_added_to_the_sections_that_they_belong_to() -> None:
    offer = read_offer(HEAD + AUDIO + VIDEO)
    answer = offer.only((0, 1))
    completed = offer.complete(answer, (0, 1), {0: Added((97, 98), ("a=extmap:1 urn:x",))})
    assert completed.count("a=extmap:1 urn:x") == 1
    assert completed.index("a=extmap") < completed.index("m=video")
    assert "m=audio 9 UDP/TLS/RTP/SAVPF 111 0 97 98\r\n" in completed


def test_slides_are_carried_beside_the_main_picture() -> None:
    slides = CONTENT + "a=content:slides\r\n"
    assert read_offer(HEAD + AUDIO + VIDEO + slides + slides).carried() == (0, 1, 2)
    assert read_offer(HEAD + slides + AUDIO + VIDEO).carried() == (0, 1, 2)
