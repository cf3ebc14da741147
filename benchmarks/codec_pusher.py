"""Sends pictures of a codec by RTP with the FFmpeg in PyAV's wheel, for what ffmpeg here cannot.

``python -m benchmarks.codec_pusher libsvtav1 0xC00000 352x288 rtp://127.0.0.1:5004``: a picture of
one colour with a mark that blinks in its middle, as the other peers send, until it is ended.
"""

import os
import sys
import threading
from fractions import Fraction
from itertools import count

import av
import numpy as np

from mcu_core.media.clock import NS_PER_SECOND, MonotonicClock

FPS = 15
OPTIONS = {"libsvtav1": {"preset": "12", "svtav1-params": "pred-struct=1:lookahead=0:rc=2"}}


def picture(colour: str, size: tuple[int, int], marked: bool) -> av.VideoFrame:
    """All of one colour, white in the middle fifth if `marked`."""
    width, height = size
    pixels = np.empty((height, width, 3), np.uint8)
    pixels[:] = np.frombuffer(bytes.fromhex(colour[2:]), np.uint8)
    if marked:
        pixels[height * 2 // 5 : height * 3 // 5, width * 2 // 5 : width * 3 // 5] = 255
    return av.VideoFrame.from_ndarray(pixels, format="rgb24").reformat(format="yuv420p")


def push(encoder: str, colour: str, size: tuple[int, int], to: str) -> None:
    """Send in real time; ends with the process."""
    clock, pause = MonotonicClock(), threading.Event()
    began_ns = clock.now_ns()
    options = {"payload_type": "96", "packetsize": "1200", "strict": "experimental"}
    with av.open(to, "w", format="rtp", options=options) as muxer:
        stream = muxer.add_stream(encoder, rate=FPS, options=OPTIONS.get(encoder, {}))
        assert isinstance(stream, av.VideoStream)
        stream.width, stream.height = size
        stream.pix_fmt, stream.bit_rate = "yuv420p", 300_000
        stream.codec_context.gop_size = FPS
        stream.codec_context.time_base = Fraction(1, FPS)
        policy, parameters = os.sched_getscheduler(0), os.sched_getparam(0)
        stream.codec_context.open(strict=False)
        os.sched_setscheduler(0, policy, parameters)  # SVT-AV1 had put it before all others
        for number in count():
            due_ns = began_ns + number * NS_PER_SECOND // FPS
            pause.wait(max(0, due_ns - clock.now_ns()) / NS_PER_SECOND)
            frame = picture(colour, size, number % FPS < FPS // 2)
            frame.pts, frame.time_base = number, Fraction(1, FPS)
            muxer.mux(stream.encode(frame))


if __name__ == "__main__":
    name, tint, form, where = sys.argv[1:]
    wide, high = map(int, form.split("x"))
    push(name, tint, (wide, high), where)
