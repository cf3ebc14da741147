"""lowest: the least rates of calls, coded as the engine codes them, over links that are no wider.

In moved time: pictures of a clip at their rate, the form that a call of that rate is given, the
engine's encoder, and a link that lets just the call's rate through, its sound first (bar 8).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

from benchmarks.report import Report, Row
from mcu_core.adaptation.ladder import rung
from mcu_core.contract.definition import VideoLimit
from mcu_core.egress.video_encoder import VideoEncoder
from mcu_core.ingress.video_decoder import VideoDecoder
from mcu_core.media.clock import NS_PER_MS, NS_PER_SECOND
from mcu_core.media.codec import H264
from mcu_core.media.picture import Picture, Plane
from mcu_core.media.units import AccessUnit, VideoForm
from mcu_core.negotiation.agreement import MediaAgreement
from mcu_core.negotiation.rate_shares import picture_limit, sound_share
from mcu_core.negotiation.receivable import receivable

STILL_NS = 200 * NS_PER_MS
CALLS = (
    (VideoForm(H264, 1920, 1080, 60, 6_000_000), 768_000),
    (VideoForm(H264, 1920, 1080, 30, 4_000_000), 512_000),
    (VideoForm(H264, 1280, 720, 30, 2_000_000), 384_000),
    (VideoForm(H264, 352, 288, 30, 768_000), 64_000),
)
"""What the conference would send, and the rate of the whole call."""

THEIRS = MediaAgreement(
    H264, 96, 96, "192.0.2.1", 5004, 5005, True, True, True,
    {"profile-level-id": "64002a", "packetization-mode": "1"}, None,
)  # fmt: skip


@dataclass(slots=True)
class Seen:
    """`shown_ns`: when each picture was whole behind the link; `errors`: mean squares of luma."""

    shown_ns: list[int]
    errors: list[float]
    bits: int = 0


def run(seconds: int, clips: Path) -> Report:
    """So many seconds of a clip for each call."""
    rows = [_row(full, call_bps, seconds, clips) for full, call_bps in CALLS]
    return Report("lowest", rows, notes=["no libvmaf here: PSNR of luma"])


def given(full: VideoForm, call_bps: int) -> tuple[VideoForm, int]:
    """The form of pictures in such a call, and its sound's bit rate."""
    sound = sound_share(call_bps)
    limit = picture_limit(VideoLimit(rate_bps=call_bps), sound)
    form = receivable(full, THEIRS, limit)
    return rung(form, form.bitrate_bps), sound


def _row(full: VideoForm, call_bps: int, seconds: int, clips: Path) -> Row:
    form, sound = given(full, call_bps)
    seen = _sent(form, call_bps - sound, seconds, clips)
    gaps = [b - a for a, b in pairwise(seen.shown_ns)]
    mse = float(np.mean(seen.errors))
    return {
        "call, kbit/s": call_bps // 1000,
        "sound, kbit/s": sound // 1000,
        "pictures": f"{form.width}x{form.height}@{form.fps}",
        "kbit/s": round(seen.bits / seconds / 1000),
        "came, %": round(100 * len(seen.shown_ns) / (seconds * form.fps), 1),
        "longest gap, ms": round(max(gaps) / NS_PER_MS),
        "over 200 ms": sum(gap > STILL_NS for gap in gaps),
        "PSNR, dB": round(10 * np.log10(255**2 / mse), 1),
    }


def _sent(form: VideoForm, link_bps: int, seconds: int, clips: Path) -> Seen:
    encoder, decoder = VideoEncoder(form), VideoDecoder(H264)
    seen, free_ns = Seen([], []), 0
    for number, picture in enumerate(_pictures(form, seconds, clips)):
        unit = encoder.encode(picture, number == 0)
        free_ns = max(free_ns, picture.stamp_ns) + len(unit.data) * 8 * NS_PER_SECOND // link_bps
        seen.bits += len(unit.data) * 8
        for shown in decoder.decode(AccessUnit(H264, unit.data, unit.stamp_ns, unit.keyframe)):
            seen.shown_ns.append(free_ns)
            difference = shown.y[::4, ::4].astype(np.float32) - picture.y[::4, ::4]
            seen.errors.append(float(np.mean(difference**2)))
    return seen


def _pictures(form: VideoForm, seconds: int, clips: Path) -> Iterator[Picture]:
    """Of a clip that begins again where it ends, each as often as the rates differ."""
    shown, wanted = 0, seconds * form.fps
    while shown < wanted:
        with av.open(str(clips / "campus.mp4")) as file:
            rate = float(file.streams.video[0].average_rate or 30)
            for frame in file.decode(video=0):
                made = frame.reformat(form.width, form.height, "yuv420p").to_ndarray()
                y, u, v = _planes(made.astype(np.uint8, copy=False), form)
                for _ in range(max(1, round(form.fps / rate))):
                    if shown < wanted:
                        stamp_ns = 1 + shown * NS_PER_SECOND // form.fps
                        yield Picture(y, u, v, stamp_ns, shown)
                        shown += 1


def _planes(stacked: NDArray[np.uint8], form: VideoForm) -> tuple[Plane, Plane, Plane]:
    """The three planes of a picture that stand one below the other, as PyAV gives them."""
    height, width = form.height, form.width
    flat = stacked.reshape(-1)
    size, quarter = height * width, height * width // 4
    u, v = (
        flat[size + k * quarter : size + (k + 1) * quarter].reshape(height // 2, width // 2)
        for k in (0, 1)
    )
    return flat[:size].reshape(height, width), u, v
