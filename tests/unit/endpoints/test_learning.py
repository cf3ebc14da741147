"""Whose a packet is that comes to a shared port from a new address."""

from dataclasses import dataclass, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mcu_core.endpoints.learning import Mark, confusable, is_hidden, line_of
from mcu_core.endpoints.socket_names import Address

HERE: Address = ("192.0.2.1", 5000)
THERE: Address = ("192.0.2.2", 7000)


@dataclass
class Waiting:
    """A line that waits for anybody, or for nobody."""

    mark: Mark
    waits: bool = True

    def waits_for(self, address: Address, ssrc: int) -> bool:
        return self.waits


VIDEO = Mark(*HERE, frozenset((96, 97)))


def of_host(host: str, **others: object) -> Waiting:
    return Waiting(replace(VIDEO, host=host, **others))  # type: ignore[arg-type] # fields of Mark


def test_one_that_is_alone_gets_what_has_its_payload_type_from_anywhere() -> None:
    line = Waiting(VIDEO)
    assert line_of([line], THERE, 96, 1) is line
    assert line_of([line], THERE, 98, 1) is None
    line.waits = False
    assert line_of([line], HERE, 96, 1) is None


def test_the_host_that_an_offer_named_decides_between_two() -> None:
    here, there = of_host(HERE[0]), of_host(THERE[0])
    assert line_of([here, there], (HERE[0], 1), 96, 1) is here
    assert line_of([here, there], (THERE[0], 1), 96, 1) is there
    assert line_of([here, there], ("192.0.2.3", 1), 96, 1) is None


def test_of_two_on_a_host_the_port_decides_and_before_it_the_ssrc() -> None:
    one, other = of_host(HERE[0]), of_host(HERE[0], port=5002)
    assert line_of([one, other], HERE, 96, 1) is one
    assert line_of([one, other], (HERE[0], 9), 96, 1) is None
    other.mark = replace(other.mark, sources=frozenset((1,)))
    assert line_of([one, other], HERE, 96, 1) is other
    other.waits = False
    assert line_of([one, other], (HERE[0], 9), 96, 1) is one


marks = st.builds(
    Mark,
    st.sampled_from(("192.0.2.1", "192.0.2.2", "10.0.0.1", "10.0.0.2")),
    st.sampled_from((5000, 5002)),
    st.frozensets(st.integers(95, 98), min_size=1),
    st.frozensets(st.integers(1, 3)),
    st.booleans(),
)


@given(st.lists(marks, min_size=1, max_size=5), st.data())
def test_lines_that_cannot_be_confused_get_what_is_theirs_or_nothing(
    several: list[Mark], data: st.DataObject
) -> None:
    """As `Ports` puts them on one port: each sender is heard by its own line alone, whether it
    comes from where it said, or from behind a NAT."""
    kept: list[Mark] = []
    for mark in several:
        if not any(confusable(mark, other) for other in kept):
            kept.append(mark)
    lines = [Waiting(mark) for mark in kept]
    owner = data.draw(st.sampled_from(lines))
    host = "203.0.113.9" if owner.mark.hidden else owner.mark.host
    number = data.draw(st.sampled_from(sorted(owner.mark.payload_types)))
    ssrc = data.draw(st.sampled_from(sorted(owner.mark.sources) or [77]))
    port = data.draw(st.sampled_from((owner.mark.port, 40_000)))
    found = line_of(lines, (host, port), number, ssrc)
    rivals = [
        line
        for line in lines
        if line is not owner and not line.mark.payload_types.isdisjoint(owner.mark.payload_types)
    ]
    if not owner.mark.hidden and not any(ssrc in line.mark.sources for line in rivals):
        same = [one for one in rivals if one.mark.host == owner.mark.host]
        assert found is owner or (same and found is None)
    elif not rivals:
        assert found is owner


@pytest.mark.parametrize(
    ("host", "ours", "hidden"),
    [
        ("192.168.1.2", "203.0.113.1", True),
        ("192.168.1.2", "10.0.0.1", False),
        ("192.168.1.2", "127.0.0.1", False),
        ("198.51.100.2", "203.0.113.1", False),
        ("fd00::2", "2001:db8::1", True),
        ("camera.example", "203.0.113.1", False),
    ],
)
def test_a_private_address_is_hidden_from_a_public_one(host: str, ours: str, hidden: bool) -> None:
    assert is_hidden(host, ours) == hidden


def test_what_can_be_confused_has_payload_types_and_a_host_in_common() -> None:
    assert confusable(VIDEO, VIDEO)
    assert not confusable(VIDEO, replace(VIDEO, payload_types=frozenset((98,))))
    assert not confusable(VIDEO, replace(VIDEO, host=THERE[0]))
    named = [replace(VIDEO, sources=frozenset((ssrc,))) for ssrc in (1, 2)]
    assert not confusable(*named)
    assert confusable(named[0], VIDEO)
    hidden = [replace(VIDEO, host=f"10.0.0.{k}", hidden=True) for k in (1, 2)]
    assert confusable(*hidden)
