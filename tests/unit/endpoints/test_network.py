"""Addresses and ports of media."""

from contextlib import ExitStack, closing

import pytest

from mcu_core.endpoints.network import (
    NetworkOptions,
    Place,
    open_udp,
    open_udp_pair,
    read_networks,
    share_ports,
)
from mcu_core.errors import BadInput, Refused


def test_a_port_of_the_range_is_taken_and_a_full_range_is_refused() -> None:
    with closing(open_udp(NetworkOptions())) as first:
        port = first.getsockname()[1]
        full = NetworkOptions(port_range=(port, port))
        with pytest.raises(Refused, match=f"{port}..{port}"):
            open_udp(full)
    with closing(open_udp(full)) as again:
        assert again.getsockname() == ("127.0.0.1", port)


def test_a_pair_is_even_and_the_next_and_the_wanted_one_where_free() -> None:
    with ExitStack() as stack:
        rtp, rtcp = (stack.enter_context(closing(one)) for one in open_udp_pair(NetworkOptions()))
        port = rtp.getsockname()[1]
        assert port % 2 == 0
        assert rtcp.getsockname()[1] == port + 1
        for one in open_udp_pair(NetworkOptions(), wanted=port):
            stack.enter_context(closing(one))
            assert one.getsockname()[1] not in (port, port + 1)
        with pytest.raises(Refused):
            open_udp_pair(NetworkOptions(port_range=(port, port + 1)))
    with ExitStack() as stack:
        for one in open_udp_pair(NetworkOptions(), wanted=port):
            stack.enter_context(closing(one))
        assert one.getsockname()[1] == port + 1


def test_the_advertised_address_is_told_and_the_bound_one_used() -> None:
    network = NetworkOptions(bind="0.0.0.0", advertise="203.0.113.9")
    assert network.places() == {"0.0.0.0": ("203.0.113.9",)}
    assert network.place_for("192.0.2.1") == Place("0.0.0.0", "203.0.113.9")


HOSPITAL = "bind=10.1.2.3,for=10.0.0.0/8"
SAME_MACHINE_OUTSIDE = "bind=10.1.2.3,advertise=203.0.113.9"
PUBLIC6 = "2001:db8::5"


def test_each_site_is_told_the_address_of_its_network() -> None:
    networks = read_networks([HOSPITAL, SAME_MACHINE_OUTSIDE, PUBLIC6], (5004, 5005))
    assert networks.places() == {"10.1.2.3": ("10.1.2.3", "203.0.113.9"), PUBLIC6: (PUBLIC6,)}
    assert networks.place_for("10.200.1.1") == Place("10.1.2.3", "10.1.2.3")
    assert networks.place_for("198.51.100.1") == Place("10.1.2.3", "203.0.113.9")
    assert networks.place_for("::ffff:198.51.100.1") == Place("10.1.2.3", "203.0.113.9")
    assert networks.place_for("2001:db8:1::1") == Place(PUBLIC6, PUBLIC6)
    for unknown in ("", "0.0.0.0", "camera.example"):
        assert networks.place_for(unknown) == Place("10.1.2.3", "10.1.2.3")
    assert networks.others[1].port_range == (5004, 5005)


def test_the_narrower_network_decides() -> None:
    ward = "bind=10.9.0.1,for=10.9.0.0/16"
    networks = read_networks([HOSPITAL, ward], (0, 0))
    assert networks.place_for("10.9.1.1").bind == "10.9.0.1"
    assert networks.place_for("10.8.1.1").bind == "10.1.2.3"


def test_where_nothing_is_said_the_system_s_way_decides() -> None:
    networks = read_networks(["192.0.2.1", "127.0.0.1"], (0, 0))
    assert networks.place_for("127.0.0.9") == Place("127.0.0.1", "127.0.0.1")
    anywhere = read_networks(["0.0.0.0"], (0, 0))
    assert anywhere.place_for("127.0.0.9") == Place("127.0.0.1", "127.0.0.1")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "localhost",
        "advertise=192.0.2.1",
        "bind=10.0.0.1,bind=10.0.0.2",
        "bind=10.0.0.1,advertise=2001:db8::1",
        "bind=10.0.0.1,for=10.0.0.1/8",
        "bind=10.0.0.1,port=5",
        "bind=10.0.0.1,advertise=1.1.1.1,advertise=2.2.2.2",
    ],
)
def test_what_is_no_network_is_refused(text: str) -> None:
    with pytest.raises(BadInput, match="--network"):
        read_networks([text], (0, 0))


def test_any_address_means_all_of_the_machine() -> None:
    assert "127.0.0.1" in NetworkOptions(bind="0.0.0.0").addresses()
    assert NetworkOptions().addresses() == ("127.0.0.1",)


@pytest.mark.parametrize("ports", [(5, 4), (-1, 3), (1, 70_000)])
def test_a_range_that_is_none_is_refused(ports: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match="port range"):
        NetworkOptions(port_range=ports)


@pytest.mark.parametrize(
    ("ports", "count", "shares"),
    [
        ((5004, 5005), 1, [(5004, 5005)]),
        ((0, 0), 2, [(0, 0), (0, 0)]),
        ((5004, 5005), 2, [(5004, 5004), (5005, 5005)]),
        ((5004, 5010), 2, [(5004, 5005), (5006, 5007)]),
        ((5004, 5011), 2, [(5004, 5007), (5008, 5011)]),
    ],
)
def test_engines_share_a_range_in_pairs(
    ports: tuple[int, int], count: int, shares: list[tuple[int, int]]
) -> None:
    assert share_ports(ports, count) == shares


def test_fewer_ports_than_engines_are_refused() -> None:
    with pytest.raises(BadInput, match="3 engines"):
        share_ports((5004, 5005), 3)
