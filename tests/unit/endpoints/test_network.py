"""Addresses and ports of media."""

from contextlib import ExitStack, closing

import pytest

from mcu_core.endpoints.network import NetworkOptions, open_udp, open_udp_pair
from mcu_core.errors import Refused


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
    assert network.told() == "203.0.113.9"
    assert network.addresses() == ("0.0.0.0",)


def test_any_address_means_all_of_the_machine() -> None:
    assert "127.0.0.1" in NetworkOptions(bind="0.0.0.0").addresses()
    assert NetworkOptions().addresses() == ("127.0.0.1",)


@pytest.mark.parametrize("ports", [(5, 4), (-1, 3), (1, 70_000)])
def test_a_range_that_is_none_is_refused(ports: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match="port range"):
        NetworkOptions(port_range=ports)
