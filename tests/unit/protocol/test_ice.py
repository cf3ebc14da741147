"""ICE candidates in session descriptions (RFC 8839)."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mcu_core.errors import MalformedInput
from mcu_core.protocol.ice import MAX_PRIORITY, IceCandidate, read_candidate

BROWSERS = "842163049 1 UDP 1677729535 203.0.113.9 45664 typ srflx raddr 10.0.0.3 rport 4"


def test_what_follows_the_type_is_passed_over() -> None:
    read = read_candidate(BROWSERS)
    assert read == IceCandidate("842163049", 1, "udp", 1677729535, "203.0.113.9", 45664, "srflx")
    assert read.serialize() == "842163049 1 udp 1677729535 203.0.113.9 45664 typ srflx"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "1 1 udp",
        "1 one udp 1 192.0.2.1 5000 typ host",
        "1 1 udp 1 192.0.2.1 99999 typ host",
        "1 1 udp -1 192.0.2.1 5000 typ host",
        "1 1 udp 99999999999 192.0.2.1 5000 typ host",
        "1 1 udp 1 192.0.2.1 5000 tip host",
    ],
)
def test_what_is_none_is_malformed(text: str) -> None:
    with pytest.raises(MalformedInput) as error:
        read_candidate(text)
    assert error.value.field == "sdp.a.candidate"


@given(st.text(max_size=60) | st.text("0123456789 typhosu.", max_size=60))
def test_any_text_is_a_candidate_or_malformed(text: str) -> None:
    with suppress(MalformedInput):
        read_candidate(text)


@given(
    st.builds(
        IceCandidate,
        st.text("abc019", min_size=1),
        st.integers(0, 256),
        st.sampled_from(["udp", "tcp"]),
        st.integers(0, MAX_PRIORITY),
        st.ip_addresses().map(str),
        st.integers(0, 65_535),
        st.sampled_from(["host", "srflx", "prflx", "relay"]),
    )
)
def test_what_is_written_is_read_as_it_was(one: IceCandidate) -> None:
    assert read_candidate(one.serialize()) == one
