"""Boxes read back by their own structure."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mcu_core.protocol.h264 import Colour, ParameterSets, SequenceFacts
from recorder import boxes
from recorder.aac import aac_facts

CONTAINERS = {
    b"moov",
    b"trak",
    b"mdia",
    b"minf",
    b"dinf",
    b"stbl",
    b"mvex",
    b"moof",
    b"traf",
    b"edts",
}
SETS = ParameterSets(bytes.fromhex("6742c01f"), bytes.fromhex("68ce3c80"))
FACTS = SequenceFacts(1280, 720, (12, 11), Colour())
ASC = bytes.fromhex("1190")


def tree(data: bytes, path: str = "") -> dict[str, bytes]:
    """Bodies by path, such as moov/trak/tkhd; sizes must add up exactly."""
    found: dict[str, bytes] = {}
    while data:
        size, kind = struct.unpack_from(">I4s", data)
        assert 8 <= size <= len(data)
        name = f"{path}/{kind.decode()}" if path else kind.decode()
        body = data[8:size]
        found[name] = body
        if kind in CONTAINERS:
            found |= tree(body, name)
        data = data[size:]
    return found


def test_an_init_segment_of_pictures() -> None:
    segment = boxes.init_segment(90_000, (1280, 720), boxes.picture_entry(SETS, FACTS))
    found = tree(segment)
    assert found["ftyp"][:4] == b"cmfc"
    assert struct.unpack_from(">I", found["moov/trak/mdia/mdhd"], 20)[0] == 90_000
    assert struct.unpack(">II", found["moov/trak/tkhd"][-8:]) == (1280 << 16, 720 << 16)
    assert found["moov/trak/mdia/hdlr"][8:12] == b"vide"
    entry = boxes.sample_entry(segment)
    assert struct.unpack_from(">HH", entry, 32) == (1280, 720)
    inside = tree(entry[86:])
    assert inside["colr"] == b"nclx" + struct.pack(">HHHB", 1, 1, 1, 0)
    assert inside["pasp"] == struct.pack(">II", 12, 11)
    assert inside["avcC"] == bytes.fromhex("0142c01fffe100046742c01f01000468ce3c80")
    assert "moov/mvex/trex" in found


def test_an_init_segment_of_sound() -> None:
    segment = boxes.init_segment(48_000, (0, 0), boxes.sound_entry(ASC, aac_facts(ASC)))
    found = tree(segment)
    assert found["moov/trak/mdia/hdlr"][8:12] == b"soun"
    assert "moov/trak/mdia/minf/smhd" in found
    entry = boxes.sample_entry(segment)
    assert boxes.sound_channels(entry) == 2
    assert struct.unpack_from(">I", entry, 32)[0] == 48_000 << 16
    assert tree(entry[36:])["esds"].endswith(
        b"\x05\x80\x80\x80\x02" + ASC + b"\x06\x80\x80\x80\x01\x02"
    )


SAMPLES = st.lists(
    st.tuples(st.integers(1, 2**32 - 1), st.booleans(), st.binary(max_size=40)),
    min_size=1,
    max_size=40,
)


@given(SAMPLES, st.integers(0, 2**60), st.integers(1, 2**32 - 1))
def test_a_fragment_is_read_back(
    samples: list[tuple[int, bool, bytes]], time: int, sequence: int
) -> None:
    data = boxes.fragment(sequence, time, samples)
    found = tree(data)
    assert struct.unpack(">4xI", found["moof/mfhd"])[0] == sequence
    assert struct.unpack(">4xQ", found["moof/traf/tfdt"])[0] == time
    read = boxes.fragment_samples(data)
    assert read == [(duration, len(body), sync) for duration, sync, body in samples]
    offset = struct.unpack_from(">i", found["moof/traf/trun"], 8)[0]
    assert data[offset:] == b"".join(body for _, _, body in samples) == found["mdat"]


def test_a_short_head_says_so_and_other_bytes_are_refused() -> None:
    data = boxes.fragment(1, 0, [(10, True, b"x")] * 9)
    with pytest.raises(boxes.HeadTooShort):
        boxes.fragment_samples(data[: boxes.RUN_TABLE_AT + 20])
    with pytest.raises(ValueError, match="not a fragment"):
        boxes.fragment_samples(bytes(200))


def test_chunks_alike_share_a_row() -> None:
    body = tree(boxes.stsc([(7, 1), (7, 1), (6, 1), (7, 2)]))["stsc"]
    assert struct.unpack(">10I", body[4:]) == (3, 1, 7, 1, 3, 6, 1, 4, 7, 2)


def test_an_edit_list_begins_with_nothing() -> None:
    body = tree(boxes.edit_list(720, 1440))["edts/elst"]
    assert struct.unpack(">4xIQqIQqI", body) == (2, 720, -1, 0x10000, 1440, 0, 0x10000)
    assert struct.unpack_from(">4xI", tree(boxes.edit_list(0, 9))["edts/elst"])[0] == 1
