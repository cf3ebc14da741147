"""Addresses that we may be made to send to."""

import pytest

from mcu_core.endpoints.remote import media_address, one_host
from mcu_core.errors import BadInput


@pytest.mark.parametrize("host", ["192.0.2.7", "127.0.0.1", "2001:db8::1", "10.0.0.255"])
def test_one_host(host: str) -> None:
    assert str(one_host(host)) == host


@pytest.mark.parametrize(
    "host",
    [
        "",
        "host.example",
        "239.1.1.1",
        "ff02::1",
        "::ffff:239.1.1.1",
        "255.255.255.255",
        "240.0.0.1",
        "0.0.0.0",
        "::",
        "1.2.3.4/127",
    ],
)
def test_not_one_host(host: str) -> None:
    assert one_host(host) is None
    with pytest.raises(BadInput, match=r"^sdp\.c: "):
        media_address(host, 5004, "0.0.0.0")


def test_media_goes_to_an_address_of_the_sockets_own_kind() -> None:
    assert media_address("192.0.2.7", 5004, "0.0.0.0") == ("192.0.2.7", 5004)
    assert media_address("::ffff:192.0.2.7", 5004, "127.0.0.1") == ("192.0.2.7", 5004)
    assert media_address("2001:db8::1", 5004, "::") == ("2001:db8::1", 5004)
    for host, bind in (("2001:db8::1", "0.0.0.0"), ("192.0.2.7", "::1")):
        with pytest.raises(BadInput, match=r"^sdp\.c: expected an IPv"):
            media_address(host, 5004, bind)


@pytest.mark.parametrize("port", [0, 53, 123, 1023, 65_536])
def test_media_does_not_go_to_other_services(port: int) -> None:
    with pytest.raises(BadInput, match=r"^sdp\.m: "):
        media_address("192.0.2.7", port, "0.0.0.0")
