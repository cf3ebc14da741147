"""Words in a picture, by Debian's Tesseract (tesseract-ocr, tesseract-ocr-chi-sim)."""

import os
import shutil
import subprocess
from functools import cache

import cv2
import numpy as np
from numpy.typing import NDArray

from recorder.errors import RecorderError

PROGRAM = "tesseract"
LANGUAGES = ("chi_sim", "eng")
HEIGHTS = (720, 480)
"""Lines at which a slide is read: signs of 20 to 40 of them are read best, large slides badly."""

LONGEST_S = 60.0
SEGMENTATION = "3"
"""Automatic: blocks wherever they are, light on dark, too; as one block (6) titles on colour get
lost."""


class NoReader(RecorderError):
    """Tesseract, or its data for any of our languages, is not installed."""


@cache
def languages() -> str:
    """Those of ours that are installed, as Tesseract wants them; raises NoReader."""
    if shutil.which(PROGRAM) is None:
        raise NoReader("Debian's tesseract-ocr is not installed")
    told = subprocess.run(
        [PROGRAM, "--list-langs"], capture_output=True, text=True, check=False, timeout=LONGEST_S
    )
    there = told.stdout.split()
    found = [one for one in LANGUAGES if one in there]
    if not found:
        raise NoReader("Tesseract has no data for Chinese or English")
    return "+".join(found)


def words_in(grey: NDArray[np.uint8]) -> str:
    """The lines of a picture, each once, as read at all HEIGHTS; empty where nothing was read.

    Raises NoReader.
    """
    lines: dict[str, None] = {}
    for height in HEIGHTS:
        width = round(grey.shape[1] * height / grey.shape[0])
        scaled = cv2.resize(grey, (width, height), interpolation=cv2.INTER_AREA)
        for line in _read(scaled).splitlines():
            tidied = " ".join(line.split())
            if tidied:
                lines.setdefault(tidied)
    return "\n".join(lines)


def _read(grey: NDArray[np.uint8]) -> str:
    _, png = cv2.imencode(".png", grey)
    words = [PROGRAM, "stdin", "stdout", "-l", languages(), "--psm", SEGMENTATION]
    try:
        told = subprocess.run(
            words,
            input=png.tobytes(),
            capture_output=True,
            check=False,
            timeout=LONGEST_S,
            # Its threads wait for each other more than they do: one is three times as quick.
            env={**os.environ, "OMP_THREAD_LIMIT": "1"},
        )
    except subprocess.TimeoutExpired:
        return ""
    return told.stdout.decode(errors="replace")
