"""Pages of PDF files and DICOM images: the greys that they show, and what is refused."""

import io

import numpy as np
import pypdfium2
import pytest
from numpy.typing import NDArray
from PIL import Image
from pydicom.dataset import FileDataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian, SecondaryCaptureImageStorage, generate_uid

from control_api.errors import TooLarge
from control_api.services.documents import DICOM, PDF, Part, converted, windowed
from control_api.services.stills import LARGEST_FILE
from mcu_core.errors import BadInput


def grey(png: bytes) -> NDArray[np.uint8]:
    with Image.open(io.BytesIO(png), formats=["PNG"]) as image:
        return np.asarray(image.convert("L"))


def pdf(*sizes: tuple[float, float]) -> bytes:
    document = pypdfium2.PdfDocument.new()
    for width, height in sizes:
        document.new_page(width, height)
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def dicom(pixels: NDArray[np.uint16], **fields: object) -> bytes:
    """A computed tomography slice whose values are those of `pixels` less 1024."""
    meta = FileMetaDataset()
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    meta.MediaStorageSOPClassUID = SecondaryCaptureImageStorage
    meta.MediaStorageSOPInstanceUID = generate_uid()
    made = FileDataset("", {}, file_meta=meta, preamble=bytes(128))
    made.Rows, made.Columns = pixels.shape
    made.SamplesPerPixel, made.PhotometricInterpretation = 1, "MONOCHROME2"
    made.BitsAllocated = made.BitsStored = 16
    made.HighBit, made.PixelRepresentation = 15, 0
    made.RescaleSlope, made.RescaleIntercept = 1, -1024
    made.PixelData = pixels.tobytes()
    for name, value in fields.items():
        setattr(made, name, value)
    out = io.BytesIO()
    made.save_as(out, enforce_file_format=True)
    return out.getvalue()


RAMP = np.tile(np.arange(0, 2048, 8, dtype=np.uint16), (64, 1))


async def test_a_page_of_a_pdf_fills_a_screen_in_its_own_shape() -> None:
    data = pdf((595, 842), (960, 540))
    assert grey(await converted(data, PDF, Part(1))).shape == (1200, 848)
    assert grey(await converted(data, PDF, Part(2))).shape == (1080, 1920)
    for page in (0, 3):
        with pytest.raises(BadInput, match="1 to 2"):
            await converted(data, PDF, Part(page))


async def test_the_window_chooses_which_greys_are_told_apart() -> None:
    image = dicom(RAMP)
    lung = grey(await converted(image, DICOM, Part(center=-600, width=1500)))
    bone = grey(await converted(image, DICOM, Part(center=300, width=1500)))
    values = RAMP[0].astype(np.float64) - 1024
    assert np.array_equal(lung[5], windowed(values, -600, 1500))
    assert np.array_equal(bone[5], windowed(values, 300, 1500))
    assert lung[5].mean() > bone[5].mean() + 60


async def test_the_images_own_window_holds_where_none_is_given() -> None:
    own = dicom(RAMP, WindowCenter=40, WindowWidth=400)
    values = RAMP[0].astype(np.float64) - 1024
    assert np.array_equal(grey(await converted(own, DICOM, Part()))[0], windowed(values, 40, 400))
    whole = grey(await converted(dicom(RAMP), DICOM, Part()))[0]
    assert (whole[0], whole[-1]) == (0, 255)
    inverted = dicom(RAMP, PhotometricInterpretation="MONOCHROME1")
    assert np.array_equal(grey(await converted(inverted, DICOM, Part()))[0], 255 - whole)


async def test_pixels_that_are_not_square_come_out_square() -> None:
    tall = dicom(RAMP, PixelSpacing=[2.0, 1.0])
    assert grey(await converted(tall, DICOM, Part())).shape == (128, 256)


async def test_what_is_no_such_document_is_refused() -> None:
    good = pdf((100, 100))
    for data, kind in ((b"", PDF), (good[:200], PDF), (good, DICOM), (dicom(RAMP)[:500], DICOM)):
        with pytest.raises(BadInput):
            await converted(data, kind, Part())
    with pytest.raises(TooLarge):
        await converted(bytes(LARGEST_FILE + 1), PDF, Part())


def test_a_window_is_that_of_the_standard() -> None:
    # PS3.3 C.11.2.1.2.1, center 2048, width 4096: 0..255 over 0..4095.
    values = np.array([-1.0, 0.0, 2047.5, 4095.0, 5000.0])
    assert windowed(values, 2048, 4096).tolist() == [0, 0, 128, 255, 255]
