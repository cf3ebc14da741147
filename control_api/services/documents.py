"""A page of a PDF file or a frame of a DICOM image as PNG, in a process of its own.

The libraries that read these are large and take what strangers wrote: the process that runs them
has MOST_MEMORY, MOST_CPU_S and nothing of ours. `python -m control_api.services.documents TYPE
NUMBER [CENTER WIDTH]` reads the file from its standard input and writes PNG, or says on standard
error what was wrong.
"""

import asyncio
import io
import os
import resource
import sys
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from control_api.errors import TooLarge
from control_api.services.stills import FIELD, LARGEST_FILE, MOST_PIXELS, png_of
from mcu_core.contract.content import LARGEST_STILL
from mcu_core.errors import BadInput, McuError, Refused

PDF, DICOM = "application/pdf", "application/dicom"

MOST_MEMORY = 2 << 30
MOST_CPU_S = 10
PATIENCE_S = 30.0
AT_ONCE = 2
WRONG, MISSING = 3, 4
"""Exit codes: the file is not right; the library for it is not installed."""


@dataclass(frozen=True, slots=True)
class Part:
    """Which part of a document, and how its greys are spread.

    `number` of the page or frame, from 1 on. `center` and `width` of the window in the image's own
    units (DICOM PS3.3 C.11.2.1.2), width 0: as the image says, else from its darkest to its
    lightest.
    """

    number: int = 1
    center: float = 0.0
    width: float = 0.0


FIRST = Part()
_slots = asyncio.Semaphore(AT_ONCE)

LEFT_TO_IT = ("PATH", "PYTHONPATH", "LANG", "LC_ALL", "LD_LIBRARY_PATH", "VIRTUAL_ENV")
"""Of our environment, in which settings and secrets stand, the process has these."""


async def converted(data: bytes, media_type: str, part: Part) -> bytes:
    """The part as a PNG file; raises BadInput, TooLarge, and Refused where it takes too long."""
    if len(data) > LARGEST_FILE:
        raise TooLarge(f"a document has at most {LARGEST_FILE // 1_000_000} MB")
    words = [media_type, str(part.number), repr(part.center), repr(part.width)]
    async with _slots:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "control_api.services.documents", *words),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env={name: os.environ[name] for name in LEFT_TO_IT if name in os.environ},
        )
        try:
            async with asyncio.timeout(PATIENCE_S):
                png, said = await process.communicate(data)
        except TimeoutError:
            raise Refused("the document takes too long to read") from None
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
    reason = said.decode(errors="replace").strip()[-200:]
    if process.returncode == MISSING:
        raise Refused(reason)
    if process.returncode == WRONG:
        raise BadInput(FIELD, reason)
    if process.returncode or not png:
        raise BadInput(FIELD, f"a whole document of type {media_type} of usual size")
    return png


# ---------------------------------------------------------------------- in the process of its own


def page_of(data: bytes, part: Part) -> Image.Image:
    """A page of a PDF file, as large as a screen shows it; raises BadInput."""
    import pypdfium2

    try:
        document = pypdfium2.PdfDocument(data)
        if not 1 <= part.number <= len(document):
            raise BadInput("page", f"1 to {len(document)}")
        page = document[part.number - 1]
        width, height = page.get_size()
        scale = min(LARGEST_STILL[0] / max(width, 1), LARGEST_STILL[1] / max(height, 1))
        image: Image.Image = page.render(scale=scale).to_pil().convert("RGB")
    except pypdfium2.PdfiumError as error:
        raise BadInput(FIELD, "a whole PDF file without a password") from error
    return image


def frame_of(data: bytes, part: Part) -> Image.Image:
    """A frame of a DICOM image, its greys in the window; raises BadInput."""
    from pydicom import dcmread
    from pydicom.pixels.processing import apply_modality_lut
    from pydicom.pixels.utils import pixel_array

    try:
        dataset: Any = dcmread(io.BytesIO(data))
        rows, columns = int(dataset.Rows), int(dataset.Columns)
        frames = int(dataset.get("NumberOfFrames", 1) or 1)
        if rows * columns > MOST_PIXELS:
            raise BadInput(FIELD, f"at most {MOST_PIXELS // 1_000_000} million pixels")
        if not 1 <= part.number <= frames:
            raise BadInput("page", f"1 to {frames}")
        pixels = pixel_array(dataset, index=part.number - 1)
        if pixels.ndim == 2:
            values = np.asarray(apply_modality_lut(pixels, dataset), np.float64)
            pixels = windowed(values, *_window(dataset, part, values))
            if dataset.PhotometricInterpretation == "MONOCHROME1":
                pixels = 255 - pixels
    except McuError:
        raise
    except Exception as error:
        raise BadInput(FIELD, "a whole DICOM image of a usual coding") from error
    return _square(Image.fromarray(pixels.astype(np.uint8)), dataset)


def windowed(values: NDArray[np.float64], center: float, width: float) -> NDArray[np.uint8]:
    """Values as grey 0..255 by the linear window of DICOM PS3.3 C.11.2.1.2.1; width over 1."""
    spread = (values - (center - 0.5)) / (width - 1) + 0.5
    return np.round(np.clip(spread, 0, 1) * 255).astype(np.uint8)


def _window(dataset: Any, part: Part, values: NDArray[np.float64]) -> tuple[float, float]:
    if part.width > 1:
        return part.center, part.width
    center, width = dataset.get("WindowCenter"), dataset.get("WindowWidth")
    if center is not None and width is not None:
        first = [float(np.atleast_1d(np.asarray(one, np.float64))[0]) for one in (center, width)]
        if first[1] > 1:
            return first[0], first[1]
    low, high = float(values.min()), float(values.max())
    return (low + high + 1) / 2, max(high - low + 1, 2.0)


def _square(image: Image.Image, dataset: Any) -> Image.Image:
    """The image with pixels as high as they are wide."""
    high, wide = (float(one) for one in dataset.get("PixelSpacing") or (1, 1))
    if high > 0 and wide > 0 and abs(high / wide - 1) > 0.01:
        height = max(2, min(4 * image.height, round(image.height * high / wide)))
        image = image.resize((image.width, height), Image.Resampling.LANCZOS)
    return image


READERS = {PDF: page_of, DICOM: frame_of}


def main() -> int:
    """Convert what comes in; an exit code."""
    kind, number, center, width = sys.argv[1:5]
    resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (MOST_CPU_S, MOST_CPU_S))
    try:
        part = Part(int(number), float(center), float(width))
        png = png_of(READERS[kind](sys.stdin.buffer.read(), part))
    except ImportError as error:
        sys.stderr.write(f"documents of this type need {error.name}, which is not installed here")
        return MISSING
    except BadInput as error:
        sys.stderr.write(error.expected)
        return WRONG
    sys.stdout.buffer.write(png)
    return 0


if __name__ == "__main__":
    sys.exit(main())
