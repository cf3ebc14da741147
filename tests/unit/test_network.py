"""Addresses and ports of media."""

from contextlib import closing

import pytest

from mcu_core.endpoints.network import NetworkOptions, open_udp
from mcu_core.errors import Refused


def test_a_port_of_the_range_is_taken_and_a_full_range_is_refused() -> None:
    with closing(open_udp(NetworkOptions())) as first:
        port = first.getsockname()[1]
        full = NetworkOptions(port_range=(port, port))
        with pytest.raises(Refused, match=f"{port}..{port}"):
            open_udp(full)
    with closing(open_udp(full)) as again:
        assert again.getsockname() == ("127.0.0.1", port)


def test_the_wanted_port_is_taken_when_free_and_another_when_not() -> None:
    with closing(open_udp(NetworkOptions())) as first:
        port = first.getsockname()[1]
        with closing(open_udp(NetworkOptions(), wanted=port)) as second:
            assert second.getsockname()[1] != port
    with closing(open_udp(NetworkOptions(), wanted=port)) as third:
        assert third.getsockname()[1] == port


def test_the_advertised_address_is_told_and_the_bound_one_used() -> None:
    network = NetworkOptions(bind="0.0.0.0", advertise="203.0.113.9")
    assert network.told() == "203.0.113.9"
    assert network.addresses() == ("0.0.0.0",)


def test_any_address_means_all_of_the_machine() -> None:
    assert "127.0.0.1" in NetworkOptions(bind="0.0.0.0").addresses()
    assert NetworkOptions().addresses() == ("127.0.0.1",)


@pytest.mark.parametrize("ports", [(5, 4), (-1, 3), (1, 70_000)])
def test_a_range_that_is_none_is_refused(ports: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match="port range"):
        NetworkOptions(port_range=ports)
