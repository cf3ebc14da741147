"""The table of codecs says what this machine can do, and why not."""

import pytest

from mcu_core.media import codec_table as table
from mcu_core.media.codec import AAC, G726_FORMS, H264, OPUS, RTP_CODECS
from mcu_core.media.libraries import library
from mcu_core.protocol.payload.base import sound_ticks


def test_every_codec_has_one_row_and_its_payload_format() -> None:
    rows = table.codec_table()
    assert len({row.name for row in rows}) == len(rows)
    by_name = {row.name: row for row in rows}
    assert by_name[H264.name].whole
    assert by_name["L16"].clocks == (48_000, 44_100, 16_000, 8_000)
    assert not by_name[AAC.name].payload_format
    for codec in RTP_CODECS:
        assert by_name[codec.name].payload_format


def test_what_is_missing_says_why() -> None:
    missing = [row for row in table.codec_table() if not row.whole]
    assert "G719" in {row.name for row in missing}
    assert all(row.note for row in missing)


def test_without_its_library_a_codec_is_not_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(table, "library", lambda name: None)
    table.encodes.cache_clear()
    try:
        row = next(row for row in table.codec_table() if row.name == G726_FORMS[0].name)
        assert (row.received, row.sent) == (True, False)
        assert "libspandsp2" in row.note
        assert not table.sendable_codecs() & set(G726_FORMS)
        assert OPUS in table.sendable_codecs()
        known = table.receivable_codecs()
        one_way = [codec for codec in known if not table.encodes(codec)]
        assert set(G726_FORMS) < set(one_way)
        assert list(known[-len(one_way) :]) == one_way
    finally:
        table.encodes.cache_clear()


def test_a_library_that_is_not_there_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ctypes.util.find_library", lambda name: None)
    assert library.__wrapped__("spandsp") is None


def test_20_ms_of_g726_are_so_many_bytes() -> None:
    assert [sound_ticks(codec, bytes(60)) for codec in G726_FORMS] == [120, 160, 240]
    assert sound_ticks(G726_FORMS[1], bytes(61)) == 0
