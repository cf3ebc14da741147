"""Slides rendered by us: dense text, figures and a chart, a new page each two seconds."""

from collections.abc import Iterator

import av
import numpy as np
from PIL import Image, ImageDraw, ImageFont

PAGE_S = 2
TEXT = (
    "Case 4: 62-year-old man, chest pain for three hours",
    "ECG: ST elevation V1-V4, troponin I 4.7 ng/ml (ref < 0.04)",
    "BP 148/92 mmHg, HR 96/min, SpO2 95 %, T 36.8 C",
    "Aspirin 300 mg, ticagrelor 180 mg, heparin 5000 IU given 09:42",
    "Question: transfer for primary PCI, or lysis first?",
    "Transport time 74 min by road, 31 min by air",
    "Renal function: creatinine 118 umol/l, eGFR 57",
    "No allergy known; last meal 07:15; no anticoagulant",
)


def slides(width: int, height: int, seconds: int, fps: int) -> Iterator[av.VideoFrame]:
    """Pictures of a talk with slides."""
    for number in range(seconds * fps):
        if number % (PAGE_S * fps) == 0:
            shown = np.asarray(page(number // (PAGE_S * fps), width, height))
        yield av.VideoFrame.from_ndarray(shown, "rgb24").reformat(
            format="yuv420p", dst_colorspace="ITU709", threads=1
        )


def page(number: int, width: int, height: int) -> Image.Image:
    """One page of the talk."""
    image = Image.new("RGB", (width, height), "#ffffff")
    draw = ImageDraw.Draw(image)
    draw.rectangle((0, 0, width, height // 14), fill="#184068")
    title, text = ImageFont.load_default(height / 20), ImageFont.load_default(height / 30)
    draw.text((width * 0.03, height * 0.01), f"Consultation, page {number + 1}", "#ffffff", title)
    for k in range(8):
        line = f"{k + 1}. {TEXT[(k + number) % len(TEXT)]}"
        draw.text((width * 0.04, height * (0.28 + 0.06 * k)), line, "#101010", text)
    beat = np.sin(np.arange(width) / width * 40 + number) ** 31
    points = [(x, height * (0.9 - 0.09 * float(beat[x]))) for x in range(0, width, 2)]
    draw.line(points, "#b02020", 2)
    return image
