"""Packets find their layer by the name that they carry, else by their SSRC."""

from hypothesis import given
from hypothesis import strategies as st

from mcu_core.errors import MalformedInput
from mcu_core.ingress.layer_sort import MOST_SOURCES, LayerSort
from mcu_core.protocol import rtp

RID, REPEATED = 10, 11
RIDS = ("l", "m", "h")


def packet(ssrc: int, extensions: dict[int, bytes] | None = None) -> rtp.RtpPacket:
    return rtp.RtpPacket(96, 1, 0, ssrc, False, b"x", extensions or {})


def test_a_name_binds_its_source() -> None:
    sort = LayerSort(RIDS, RID, REPEATED)
    assert sort.place(packet(1)) is None
    assert sort.place(packet(1, {RID: b"m"})) == 1
    assert sort.place(packet(1)) == 1
    assert sort.place(packet(2, {REPEATED: b"h"})) == 2
    assert sort.place(packet(2)) == 2
    assert sort.place(packet(1, {RID: b"h"})) == 2, "its sender changed its mind"
    assert sort.place(packet(1)) == 2


def test_what_nobody_offered_is_no_layer() -> None:
    sort = LayerSort(RIDS, RID)
    assert sort.place(packet(1, {RID: b"ghost"})) is None
    assert sort.place(packet(1, {REPEATED: b"m"})) is None
    assert sort.place(packet(1)) is None


names = st.one_of(st.sampled_from([rid.encode() for rid in RIDS]), st.binary(max_size=16))
steps = st.tuples(
    st.integers(0, 60), st.dictionaries(st.sampled_from([RID, REPEATED, 3]), names, max_size=3)
)


@given(st.lists(steps, max_size=200))
def test_whatever_comes_each_source_has_one_layer_and_few_are_kept(
    told: list[tuple[int, dict[int, bytes]]],
) -> None:
    sort = LayerSort(RIDS, RID, REPEATED)
    for ssrc, extensions in told:
        place = sort.place(packet(ssrc, extensions))
        assert place is None or 0 <= place < len(RIDS)
        if place is not None:
            assert sort.place(packet(ssrc)) == place
        assert len(sort._by_source) <= MOST_SOURCES


@given(st.binary(max_size=80))
def test_no_packet_is_too_broken(data: bytes) -> None:
    sort = LayerSort(RIDS, RID, REPEATED)
    try:
        read = rtp.parse(b"\x90" + data)
    except MalformedInput:
        return
    assert sort.place(read) in (None, 0, 1, 2)
