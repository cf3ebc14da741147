"""Test pattern and file player with real codecs, files and threads."""

from fractions import Fraction
from itertools import islice
from pathlib import Path
from typing import Any, cast

import av
import numpy as np
import pytest

from mcu_core.contract.definition import FileSource, PatternSource
from mcu_core.endpoints.clip import Clip
from mcu_core.endpoints.endpoint import Intake
from mcu_core.endpoints.file_player import FilePlayer
from mcu_core.endpoints.pattern import PatternUnits
from mcu_core.endpoints.test_pattern import TestPattern
from mcu_core.errors import BadInput
from mcu_core.media import marker
from mcu_core.media.clock import NS_PER_MS, NS_PER_SECOND, MonotonicClock
from mcu_core.media.codec import AAC, G722, H264, OPUS, PCMA, PCMU, VP8, Codec
from mcu_core.media.units import AccessUnit
from tests.fakes.waiting import until


class Sink:
    """Stands for an ingress: keeps what is pushed."""

    def __init__(self) -> None:
        self.units: list[AccessUnit] = []

    def push(self, unit: AccessUnit) -> None:
        self.units.append(unit)


def sinks() -> tuple[Sink, Sink, Intake]:
    video, audio = Sink(), Sink()
    return video, audio, Intake(cast("Any", video), cast("Any", audio))


def decoded_markers(units: list[AccessUnit]) -> list[int | None]:
    decoder = av.CodecContext.create(units[0].codec.decoder, "r")
    assert isinstance(decoder, av.VideoCodecContext)
    decoder.thread_count = 1
    frames = [frame for unit in units for frame in decoder.decode(av.Packet(unit.data))]
    frames += decoder.decode(None)
    found = [marker.read(frame.to_ndarray()[: frame.height].astype(np.uint8)) for frame in frames]
    return [mark.counter if mark else None for mark in found]


def write_clip(
    path: Path, frames: int = 15, audio: Codec | None = OPUS, *, b_frames: int = 0
) -> Path:
    """A clip of 30 pictures a second, picture n with marker n; the sound is as long."""
    with av.open(str(path), "w") as container:
        video_codec = "libvpx" if path.suffix == ".webm" else "libx264"
        video: Any = container.add_stream(video_codec, rate=30)
        video.width, video.height, video.pix_fmt = 320, 180, "yuv420p"
        video.bit_rate = 400_000
        if video_codec == "libx264":
            video.codec_context.max_b_frames = b_frames
            video.options = {"g": "10", "preset": "ultrafast", "bf": str(b_frames)}
        sound: Any = None
        if audio is not None:
            sound = container.add_stream(audio.encoder, rate=audio.sample_rate)
            sound.layout = "mono" if audio.channels == 1 else "stereo"
        for number in range(frames):
            planes = np.full((270, 320), 128, np.uint8)
            chroma = np.zeros((90, 160), np.uint8)
            marker.draw((planes[:180], chroma, chroma), number, 1)
            frame = av.VideoFrame.from_ndarray(planes, "yuv420p")
            frame.pts, frame.time_base = number, Fraction(1, 30)
            container.mux(video.encode(frame))
        container.mux(video.encode(None))
        if sound is not None and audio is not None:
            write_tone(container, sound, audio, frames / 30)
    return path


def write_tone(container: Any, stream: Any, codec: Codec, seconds: float) -> None:
    count = int(seconds * codec.sample_rate)
    tone = (np.sin(np.arange(count) / 20) * 8000).astype(np.int16)
    frame = av.AudioFrame.from_ndarray(
        tone[None].repeat(codec.channels, 1), "s16", "mono" if codec.channels == 1 else "stereo"
    )
    frame.sample_rate, frame.pts = codec.sample_rate, 0
    resampler = av.AudioResampler(
        stream.codec_context.format, stream.layout, codec.sample_rate,
        frame_size=stream.codec_context.frame_size or 0,
    )  # fmt: skip
    for part in [*resampler.resample(frame), *resampler.resample(None)]:
        container.mux(stream.encode(part))
    container.mux(stream.encode(None))


def test_pattern_units_are_in_order_and_the_counter_advances() -> None:
    units = list(islice(PatternUnits(PatternSource(), "a", 5).units(), 180))
    assert [unit.stamp_ns for unit in units] == sorted(unit.stamp_ns for unit in units)
    pictures = [unit for unit in units if unit.codec is H264]
    sound = [unit for unit in units if unit.codec is OPUS]
    assert decoded_markers(pictures) == list(range(len(pictures)))
    assert [n for n, unit in enumerate(pictures) if unit.keyframe] == [0, 60]
    assert [unit.stamp_ns for unit in sound[:3]] == [0, 20 * NS_PER_MS, 40 * NS_PER_MS]
    assert len(pictures) == pytest.approx(len(sound) * 30 / 50, abs=1)


def test_a_keyframe_comes_when_asked_for() -> None:
    pattern = PatternUnits(PatternSource(), "a", 5)
    units = pattern.units()
    for _ in islice(units, 20):
        pass
    pattern.ask_keyframe()
    assert any(unit.keyframe for unit in islice(units, 3) if unit.codec is H264)


async def test_pattern_plays_in_time_and_stops() -> None:
    video, audio, intake = sinks()
    pattern = TestPattern("a", intake, PatternSource(width=320, height=180), MonotonicClock())
    changes: list[tuple[str, str]] = []
    pattern.feedback.state_changed = lambda state, reason: changes.append((state, reason))
    await pattern.start()
    await until(lambda: len(video.units) >= 20)
    await pattern.stop()
    await pattern.stop()
    stamps = [unit.stamp_ns for unit in video.units]
    assert stamps[-1] - stamps[0] == pytest.approx((len(stamps) - 1) * NS_PER_SECOND / 30, abs=99)
    assert len(audio.units) == pytest.approx(len(video.units) * 50 / 30, abs=4)
    assert changes == [("joined", "")]


async def test_a_wrong_pattern_does_not_start() -> None:
    pattern = TestPattern("a", sinks()[2], PatternSource(fps=1000), MonotonicClock())
    with pytest.raises(BadInput, match=r"pattern\.fps"):
        await pattern.start()
    await pattern.stop()


@pytest.mark.parametrize(
    ("name", "audio", "video"),
    [
        ("a.mp4", OPUS, H264),
        ("a.mp4", AAC, H264),
        ("a.mov", PCMA, H264),
        ("a.mov", PCMU, H264),
        ("a.mkv", AAC, H264),
        ("a.webm", OPUS, VP8),
        ("a.ts", AAC, H264),
        ("a.mp4", None, H264),
    ],
)
def test_a_clip_comes_out_as_units(
    tmp_path: Path, name: str, audio: Codec | None, video: Codec
) -> None:
    clip = Clip(write_clip(tmp_path / name, audio=audio), loop=False)
    clip.check()
    units = list(clip.units())
    stamps = [unit.stamp_ns for unit in units]
    assert stamps == sorted(stamps)
    assert stamps[0] == 0
    pictures = [unit for unit in units if unit.codec is video]
    assert decoded_markers(pictures) == list(range(15))
    assert {unit.codec for unit in units} == {video} | ({audio} if audio else set())
    if audio is not None:
        check_sound([unit for unit in units if unit.codec is audio])


def check_sound(units: list[AccessUnit]) -> None:
    """Half a second of tone comes out of a decoder that was told nothing but the codec."""
    codec = units[0].codec
    decoder = av.CodecContext.create(codec.decoder, "r")
    assert isinstance(decoder, av.AudioCodecContext)
    if codec is not AAC:
        decoder.sample_rate, decoder.layout = codec.sample_rate, "mono"
    samples = sum(f.samples for unit in units for f in decoder.decode(av.Packet(unit.data)))
    assert samples / codec.sample_rate == pytest.approx(0.5, abs=0.06)


def test_a_loop_is_seamless_and_in_step(tmp_path: Path) -> None:
    clip = Clip(write_clip(tmp_path / "a.mp4"))
    units = list(islice(clip.units(), 130))
    pictures = [unit for unit in units if unit.codec is H264]
    sound = [unit for unit in units if unit.codec is OPUS]
    assert decoded_markers(pictures) == [n % 15 for n in range(len(pictures))]
    gaps = np.diff([unit.stamp_ns for unit in pictures]) / NS_PER_MS
    assert gaps.min() > 20
    assert gaps.max() < 60
    drift = pictures[45].stamp_ns - sound[75].stamp_ns
    assert abs(drift) < 100 * NS_PER_MS
    assert [unit.stamp_ns for unit in units] == sorted(unit.stamp_ns for unit in units)


def test_b_frames_leave_stamps_monotone(tmp_path: Path) -> None:
    clip = Clip(write_clip(tmp_path / "a.mp4", b_frames=2), loop=False)
    pictures = [unit for unit in clip.units() if unit.codec is H264]
    assert decoded_markers(pictures) == list(range(15))
    assert np.diff([unit.stamp_ns for unit in pictures]).min() > 0


def test_a_clip_of_one_picture_loops(tmp_path: Path) -> None:
    clip = Clip(write_clip(tmp_path / "a.mp4", frames=1, audio=None))
    assert len(list(islice(clip.units(), 5))) == 5


@pytest.mark.parametrize("content", [None, b"", b"no media at all" * 100, b"\0" * 5000])
async def test_what_is_no_media_file_is_refused(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "broken.mp4"
    if content is not None:
        path.write_bytes(content)
    player = FilePlayer("a", sinks()[2], FileSource(str(path)), MonotonicClock())
    with pytest.raises(BadInput) as caught:
        await player.start()
    assert caught.value.field == "file.path"
    await player.stop()


@pytest.mark.parametrize("codec", [G722, PCMA, PCMU])
def test_a_wav_plays_in_blocks_of_20_ms(tmp_path: Path, codec: Codec) -> None:
    path = tmp_path / "a.wav"
    with av.open(str(path), "w") as container:
        stream: Any = container.add_stream(codec.encoder, rate=codec.sample_rate)
        stream.layout = "mono"
        write_tone(container, stream, codec, 0.5)
    units = list(Clip(path, loop=False).units())
    assert [unit.stamp_ns for unit in units] == [20 * NS_PER_MS * n for n in range(25)]
    assert {len(unit.data) for unit in units} == {160}
    check_sound(units)


def test_another_codec_is_refused_by_name(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    with av.open(str(path), "w") as container:
        stream: Any = container.add_stream("pcm_s16le", rate=8000)
        stream.layout = "mono"
        write_tone(container, stream, PCMA, 0.1)
    with pytest.raises(BadInput, match="pcm_s16le"):
        Clip(path).check()


def test_a_cut_file_plays_as_far_as_it_goes(tmp_path: Path) -> None:
    whole = write_clip(tmp_path / "a.ts", frames=60, audio=None)
    cut = tmp_path / "cut.ts"
    cut.write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])
    assert len(list(islice(Clip(cut).units(), 100))) == 100


async def test_player_plays_a_loop_in_time_and_stops(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "a.mp4", frames=9)
    video, audio, intake = sinks()
    player = FilePlayer("a", intake, FileSource(str(path)), MonotonicClock())
    await player.start()
    player.ask_keyframe()
    await until(lambda: len(video.units) >= 24)
    await player.stop()
    assert decoded_markers(video.units)[:24] == [n % 9 for n in range(24)]
    assert len(audio.units) >= 35


async def test_player_says_when_the_file_is_at_its_end(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "a.mp4", frames=3)
    player = FilePlayer("a", sinks()[2], FileSource(str(path), loop=False), MonotonicClock())
    changes: list[tuple[str, str]] = []
    player.feedback.state_changed = lambda state, reason: changes.append((state, reason))
    await player.start()
    await until(lambda: len(changes) == 2)
    await player.stop()
    assert [state for state, _ in changes] == ["joined", "away"]
