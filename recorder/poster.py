"""The small picture that stands for a recording in lists: made once it has ended, then kept."""

import io
import threading
from pathlib import Path

from recorder.manifest import Manifest
from recorder.stills import told_still

POSTER_NAME = "poster.jpg"
POSTER_SIZE = (320, 180)
POSTER_QUALITY = 70
"""Of JPEG: some 10 kB."""

INTO = 0.1
"""Of the duration: at the very beginning people still come in."""

LATEST_S = 60.0


def kept_poster(folder: Path) -> bytes:
    """The one that was made before; empty where there is none, or a power cut left no more."""
    try:
        return (folder / POSTER_NAME).read_bytes()
    except OSError:
        return b""


def poster(folder: Path, told: Manifest, duration_s: float) -> bytes:
    """A JPEG of at most POSTER_SIZE out of the main track; raises NotFound, BrokenRecording."""
    picture = told_still(folder, told, "main", min(duration_s * INTO, LATEST_S))
    picture.thumbnail(POSTER_SIZE)
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=POSTER_QUALITY)
    made = out.getvalue()
    fresh = folder / f"{POSTER_NAME}.{threading.get_native_id()}"
    try:
        fresh.write_bytes(made)
        fresh.replace(folder / POSTER_NAME)
    except OSError:
        fresh.unlink(missing_ok=True)  # a full disk: it is made again when it is wanted
    return made
