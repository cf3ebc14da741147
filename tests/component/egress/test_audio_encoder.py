"""Sound encoders with the real codecs: one unit per tick, exact stamps, nothing lost on the way."""

from itertools import pairwise

import av
import numpy as np
import pytest
from av.audio.codeccontext import AudioCodecContext

from mcu_core.egress.audio_encoder import AudioEncoder
from mcu_core.errors import BadInput, CodecFailure
from mcu_core.kernels.ratio import DELAYS
from mcu_core.media import libopus
from mcu_core.media.codec import (
    AAC,
    G722,
    H264,
    L16_FORMS,
    L16_STEREO,
    OPUS,
    PCMA,
    PCMU,
    Codec,
)
from mcu_core.media.sound import BLOCK_NS, SAMPLE_RATE, Block, silence
from mcu_core.media.units import AudioForm, EncodedUnit
from mcu_core.protocol.payload.opus import carries_frame_before
from tests.fakes.tones import Mono, blocks, sinad_db, tone, voiced

START_NS = 7_000_000_123
CALL_CODECS = pytest.mark.parametrize(
    "form",
    [
        AudioForm(OPUS, 2, 64_000),
        AudioForm(OPUS, 1, 32_000),
        AudioForm(G722, 1, 64_000),
        AudioForm(PCMA, 1, 64_000),
        AudioForm(PCMU, 1, 64_000),
        *(AudioForm(codec, codec.channels, 64_000) for codec in L16_FORMS),
    ],
    ids=lambda form: f"{form.codec.name}/{form.codec.rtp_clock}/{form.channels}",
)


def coded(form: AudioForm, sound: list[Block]) -> list[EncodedUnit]:
    encoder = AudioEncoder(form)
    units = [encoder.encode(block, START_NS + k * BLOCK_NS) for k, block in enumerate(sound)]
    encoder.close()
    return [unit for unit in units if unit is not None]


def decoded(codec: Codec, units: list[EncodedUnit], config: bytes = b"") -> Mono:
    """Left channel at the codec's own rate, decoded by FFmpeg."""
    context = av.CodecContext.create(codec.decoder, "r")
    assert isinstance(context, AudioCodecContext)
    context.sample_rate = codec.sample_rate
    context.layout = "stereo" if codec.channels == 2 else "mono"
    if config:
        context.extradata = config
    parts = []
    for unit in units:
        for frame in context.decode(av.Packet(unit.data)):
            scale = 32768.0 if frame.format.name.startswith("s16") else 1.0
            sound = frame.to_ndarray().astype(np.float64) / scale
            planar = sound if frame.format.is_planar else sound.reshape(-1, codec.channels).T
            parts.append(planar[0])
    return np.concatenate(parts)


@CALL_CODECS
def test_one_unit_per_block_with_its_stamp(form: AudioForm) -> None:
    units = coded(form, blocks(tone(440, SAMPLE_RATE)))
    first_ns = units[0].stamp_ns
    assert START_NS - 9_000_000 <= first_ns <= START_NS
    assert [unit.stamp_ns for unit in units] == [first_ns + k * BLOCK_NS for k in range(50)]
    ticks = form.codec.rtp_clock // 50
    steps = {(b.rtp_timestamp - a.rtp_timestamp) % 2**32 for a, b in pairwise(units)}
    assert steps == {ticks}
    assert all(unit.duration_ns == BLOCK_NS for unit in units)
    for unit in units:
        assert (len(unit.payloads) - 1) * unit.payload_ticks < ticks
        assert len(unit.payloads) == 1 or form.codec in L16_FORMS


@CALL_CODECS
def test_a_tone_comes_out_clean(form: AudioForm) -> None:
    units = coded(form, blocks(tone(1000, 2 * SAMPLE_RATE)))
    sound = decoded(form.codec, units)
    assert len(sound) == 2 * form.codec.sample_rate
    settled = sound[form.codec.sample_rate :]  # Opus takes some time to see that this is no speech
    assert np.abs(settled).max() == pytest.approx(0.5, rel=0.06)
    # sinad_db knows 48 kHz only: the same wave has a higher number of cycles per sample there.
    assert sinad_db(settled, (1000.0 * SAMPLE_RATE / form.codec.sample_rate,)) > 15


def test_l16_is_what_was_mixed_to_the_last_bit() -> None:
    rng = np.random.default_rng(1)
    sound = (rng.integers(-32768, 32768, (3 * 960, 2)) / 32768).astype(np.float32)
    pieces = b"".join(
        payload
        for unit in coded(AudioForm(L16_STEREO, 2, 64_000), list(sound.reshape(3, 960, 2)))
        for payload in unit.payloads
    )
    assert np.array_equal(np.frombuffer(pieces, ">i2").reshape(-1, 2) / 32768, sound)


def test_on_a_path_that_loses_packets_speech_travels_twice() -> None:
    for lossy in (False, True):
        units = coded(AudioForm(OPUS, 2, 64_000, lossy=lossy), blocks(voiced(2 * SAMPLE_RATE)))
        repeated = sum(carries_frame_before(unit.data) for unit in units)
        assert (repeated > len(units) / 3) == lossy


def test_silence_has_no_payloads_where_dtx_was_agreed() -> None:
    quiet = [silence() for _ in range(60)]
    unsent = [
        unit for unit in coded(AudioForm(OPUS, 2, 64_000, dtx=True), quiet) if not unit.payloads
    ]
    assert len(unsent) > 30
    assert all(unit.payloads for unit in coded(AudioForm(OPUS, 2, 64_000), quiet))


def test_without_libopus_ffmpeg_codes_opus(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(libopus, "library", lambda: None)
    units = coded(AudioForm(OPUS, 2, 64_000, lossy=True), blocks(tone(1000, SAMPLE_RATE)))
    assert len(units) == 50
    assert sinad_db(decoded(OPUS, units)[SAMPLE_RATE // 2 :], (1000.0,)) > 15


@pytest.mark.parametrize("codec", [PCMA, PCMU, G722], ids=lambda codec: codec.name)
def test_narrow_codecs_are_not_folded(codec: Codec) -> None:
    """What lies above half the codec's rate must go, not come back as another tone."""
    above = codec.sample_rate / 2 * 1.5
    sound = decoded(
        codec, coded(AudioForm(codec, 1, 64_000), blocks(tone(above, SAMPLE_RATE // 2)))
    )
    assert np.abs(sound[codec.sample_rate // 10 :]).max() < 0.01


def test_stereo_becomes_mono_by_the_mean() -> None:
    left, right = tone(500, SAMPLE_RATE // 2, 0.4), tone(500, SAMPLE_RATE // 2, 0.2)
    sound = decoded(PCMU, coded(AudioForm(PCMU, 1, 64_000), blocks(left, right)))
    assert np.abs(sound[1000:]).max() == pytest.approx(0.3, rel=0.05)


def test_aac_has_raw_frames_exact_stamps_and_a_config() -> None:
    encoder = AudioEncoder(AudioForm(AAC, 2, 128_000))
    config = encoder.config()
    assert config == bytes.fromhex("1190"), "LC, 48 kHz, stereo"
    units = coded(AudioForm(AAC, 2, 128_000), blocks(tone(1000, SAMPLE_RATE * 2)))
    assert len(units) >= 2 * SAMPLE_RATE // 1024 - 2
    for n, unit in enumerate(units):
        assert abs(unit.stamp_ns - START_NS - n * 1024 * 10**9 / SAMPLE_RATE) < 2
        assert unit.duration_ns == 1024 * 10**9 // SAMPLE_RATE
        assert unit.data[:2] != b"\xff\xf1", "no ADTS header"
        assert unit.payloads == ()
    sound = decoded(AAC, units, config)
    assert sinad_db(sound[4096:], (1000.0,)) > 40


def test_aac_stamps_say_when_a_sound_was_mixed() -> None:
    """A sound that begins at 0.5 s is found at 0.5 s of the recording."""
    mono = tone(1000, SAMPLE_RATE)
    mono[: SAMPLE_RATE // 2] = 0
    units = coded(AudioForm(AAC, 2, 128_000), blocks(mono))
    config = AudioEncoder(AudioForm(AAC, 2, 128_000)).config()
    sound = decoded(AAC, units, config)
    begins = int(np.argmax(np.abs(sound) > 0.25))
    assert abs(begins - SAMPLE_RATE // 2) < 48, "within a millisecond"


@CALL_CODECS
def test_stamps_say_when_a_sound_was_mixed(form: AudioForm) -> None:
    """Whatever resampler and codec delay: a burst at 0.5 s is at 0.5 s where it is decoded."""
    burst = tone(1000, SAMPLE_RATE)
    burst[: SAMPLE_RATE // 2] = 0
    burst[SAMPLE_RATE // 2 :] *= np.hanning(SAMPLE_RATE // 2) ** 2
    units = coded(form, blocks(burst))
    rate = form.codec.sample_rate
    energy = np.square(decoded(form.codec, units))
    middle_s = float((energy * np.arange(len(energy))).sum() / energy.sum()) / rate
    heard_ns = units[0].stamp_ns + middle_s * 1e9
    assert heard_ns - START_NS == pytest.approx(0.75e9, abs=0.5e6)


def test_aac_stamps_follow_a_clock_that_skipped() -> None:
    encoder = AudioEncoder(AudioForm(AAC, 2, 128_000))
    stamps = []
    for k in range(40):
        unit = encoder.encode(silence(), START_NS + k * BLOCK_NS + (10**9 if k >= 20 else 0))
        if unit is not None:
            stamps.append(unit.stamp_ns)
    steps = np.diff(stamps)
    assert (abs(steps - 1024 * 10**9 // SAMPLE_RATE) < 3).sum() == len(steps) - 1
    assert 10**9 < steps.max() < 10**9 + 22_000_000


def test_overload_is_clipped_not_wrapped() -> None:
    sound = decoded(
        PCMU, coded(AudioForm(PCMU, 1, 64_000), blocks(tone(400, SAMPLE_RATE // 2, 3.0)))
    )
    expected = np.clip(tone(400, SAMPLE_RATE // 2, 3.0), -1, 1)[:: SAMPLE_RATE // 8000]
    delay = DELAYS[6]
    assert np.corrcoef(sound[1000:3000], expected[1000 - delay : 3000 - delay])[0, 1] > 0.95


@pytest.mark.parametrize(
    ("form", "field"), [(AudioForm(H264, 1, 1), "codec"), (AudioForm(OPUS, 3, 64_000), "channels")]
)
def test_refuses_what_cannot_be_coded(form: AudioForm, field: str) -> None:
    with pytest.raises(BadInput) as error:
        AudioEncoder(form)
    assert error.value.field == field


def test_a_closed_encoder_says_so() -> None:
    encoder = AudioEncoder(AudioForm(PCMU, 1, 64_000))
    encoder.close()
    encoder.close()
    with pytest.raises(CodecFailure):
        encoder.encode(silence(), 0)
