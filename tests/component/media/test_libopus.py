"""The binding to libopus, with the library itself."""

import ctypes.util
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from mcu_core.errors import CodecFailure
from mcu_core.media import libopus
from mcu_core.media.libopus import DTX_BYTES, LOOKAHEAD_SAMPLES, OpusDecoder, OpusEncoder
from mcu_core.media.sound import SAMPLE_RATE, Block, silence
from mcu_core.protocol.payload.opus import carries_frame_before, is_silence
from tests.fakes.tones import blocks, share_of, sinad_db, tone, voiced


def packets(sound: list[Block], lossy: bool = False, dtx: bool = False) -> list[bytes]:
    encoder = OpusEncoder(2, 64_000, 7, dtx)
    encoder.expect_loss(10 if lossy else 0)
    return [encoder.encode(block) for block in sound]


def test_there_is_a_library_and_it_says_which() -> None:
    assert libopus.version().startswith("libopus 1.")


def test_a_tone_goes_through_later_by_the_lookahead() -> None:
    mono = tone(1000, 2 * SAMPLE_RATE)
    decoder = OpusDecoder()
    out = np.concatenate([decoder.decode(packet) for packet in packets(blocks(mono))])
    assert out.shape == (2 * SAMPLE_RATE, 2)
    assert out.dtype == np.float32
    assert sinad_db(out[SAMPLE_RATE:, 0].astype(np.float64), (1000.0,)) > 30
    late = out[LOOKAHEAD_SAMPLES:, 0]
    assert share_of(mono[: len(late)], late.astype(np.float64)) > 0.97


def test_stereo_stays_apart_and_mono_packets_are_on_both_sides() -> None:
    decoder = OpusDecoder()
    pair = [decoder.decode(p) for p in packets(blocks(tone(500, 9600), tone(900, 9600)))][-1]
    left, right = pair.astype(np.float64).T
    assert share_of(left, right) < 0.3
    encoder = OpusEncoder(1, 32_000, 7)
    for block in blocks(tone(500, 9600)):
        both = decoder.decode(encoder.encode(block[:, :1]))
    assert np.array_equal(both[:, 0], both[:, 1])


def test_the_packet_after_a_lost_one_has_it_once_more() -> None:
    """Speech, one packet in ten lost: FEC brings back what concealment only guesses."""
    sent = packets(blocks(voiced(6 * SAMPLE_RATE)), lossy=True)
    assert sum(carries_frame_before(packet) for packet in sent) > 0.5 * len(sent)
    whole = OpusDecoder()
    wanted = [whole.decode(packet) for packet in sent]
    errors = []
    for repaired in (True, False):
        decoder = OpusDecoder()
        error = 0.0
        for n, packet in enumerate(sent):
            if n % 10 == 8 and n > 20:
                made = decoder.recover(sent[n + 1], 960) if repaired else decoder.conceal(960)
                error += float(np.square(made - wanted[n]).sum())
            else:
                decoder.decode(packet)
        errors.append(error)
    assert errors[0] < 0.5 * errors[1]


def test_without_loss_nothing_is_sent_twice() -> None:
    assert not any(carries_frame_before(p) for p in packets(blocks(voiced(2 * SAMPLE_RATE))))


def test_what_is_made_up_goes_on_without_a_step_and_gets_quieter() -> None:
    decoder = OpusDecoder()
    for packet in packets(blocks(tone(300, SAMPLE_RATE)), lossy=True):
        heard = decoder.decode(packet)
    made = np.concatenate([heard, *(decoder.conceal(960) for _ in range(30))])[:, 0]
    assert np.abs(np.diff(made)).max() < 0.05
    assert np.abs(made[-960:]).max() < 0.1 * np.abs(made[:960]).max()


def test_silence_need_not_be_sent_where_that_was_agreed() -> None:
    quiet = [silence() for _ in range(100)]
    assert sum(len(packet) <= DTX_BYTES for packet in packets(quiet, dtx=True)[20:]) >= 70
    assert all(len(packet) > DTX_BYTES for packet in packets(blocks(voiced(SAMPLE_RATE)), dtx=True))


def test_packets_that_say_they_are_silence_are() -> None:
    quiet = packets([silence() for _ in range(20)])
    assert all(is_silence(packet) for packet in quiet)
    loud = packets(blocks(voiced(SAMPLE_RATE)))
    assert not any(is_silence(packet) for packet in loud)
    decoder = OpusDecoder()
    for packet in [*loud, *quiet]:
        heard = decoder.decode(packet)
    assert np.abs(heard).max() < 1e-20


def test_a_decoder_that_was_reset_is_as_new() -> None:
    sent = packets(blocks(voiced(SAMPLE_RATE)))
    used, new = OpusDecoder(), OpusDecoder()
    for packet in sent[:20]:
        used.decode(packet)
    used.reset()
    for packet in sent[20:24]:
        assert np.array_equal(used.decode(packet), new.decode(packet))


@pytest.mark.parametrize("data", [b"", b"\xff\xff\xff", bytes(3) + b"\x07" * 2000])
def test_what_is_no_packet_is_refused(data: bytes) -> None:
    with pytest.raises(CodecFailure):
        OpusDecoder().decode(b"\x03" + data[1:] if len(data) > 100 else data)


@pytest.mark.parametrize("samples", [0, 7, 5761, -120])
def test_wrong_lengths_are_refused(samples: int) -> None:
    with pytest.raises(CodecFailure):
        OpusDecoder().conceal(samples)


@pytest.mark.parametrize(("channels", "complexity"), [(3, 7), (0, 7), (2, 11)])
def test_wrong_settings_are_refused(channels: int, complexity: int) -> None:
    with pytest.raises(CodecFailure):
        OpusEncoder(channels, 64_000, complexity)


def test_sound_of_another_shape_is_refused() -> None:
    with pytest.raises(CodecFailure):
        OpusEncoder(1, 32_000, 7).encode(silence())
    with pytest.raises(CodecFailure):
        OpusEncoder(2, 32_000, 7).encode(silence()[:950])


def test_a_machine_without_it_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(libopus, "_wheel_paths", list)
    monkeypatch.setattr(ctypes.util, "find_library", lambda name: None)
    libopus.library.cache_clear()
    try:
        assert libopus.version() == ""
        with pytest.raises(CodecFailure, match="no libopus"):
            OpusDecoder()
    finally:
        libopus.library.cache_clear()


def test_what_is_no_opus_is_passed_over(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A broken or foreign library in its place does not stop the search."""
    garbage = tmp_path / "libopus-0.so"
    garbage.write_bytes(b"no library")
    monkeypatch.setattr(libopus, "_wheel_paths", lambda: [str(garbage), "libm.so.6"])
    libopus.library.cache_clear()
    try:
        found = libopus.version()
        assert found == "" or found.startswith("libopus")
    finally:
        libopus.library.cache_clear()


def test_bit_rates_are_kept_within_what_the_codec_has() -> None:
    sizes = [len(OpusEncoder(2, rate, 7).encode(silence())) for rate in (1, 64_000, 10**9)]
    assert all(size > 0 for size in sizes)
    loud = blocks(voiced(SAMPLE_RATE))
    lengths = [
        np.mean([len(OpusEncoder(2, rate, 7).encode(block)) for block in loud[:5]])
        for rate in (16_000, 64_000)
    ]
    assert all(less < more for less, more in pairwise(lengths))
