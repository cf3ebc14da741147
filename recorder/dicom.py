"""DICOM video objects (PS3.3 A.32.5 to A.32.7): a part of a recording as the hospital keeps it.

The stream stands in Pixel Data as one fragment, a plain MP4 (PS3.5 8.2.7, A.4): what is recorded
and nothing coded anew. All before it is small; the stream itself is copied block by block.
"""

import hashlib
import io
import struct
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from pydicom import dcmwrite
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import MPEG4HP41, MPEG4HP422D, UID

from recorder import boxes
from recorder.dicom_cut import Part
from recorder.dicom_order import Kind
from recorder.dicom_study import Study
from recorder.export import Export, Piece, export_of

CLASSES: dict[Kind, tuple[UID, str]] = {
    "photographic": (UID("1.2.840.10008.5.1.4.1.1.77.1.4.1"), "XC"),
    "endoscopic": (UID("1.2.840.10008.5.1.4.1.1.77.1.1.1"), "ES"),
    "microscopic": (UID("1.2.840.10008.5.1.4.1.1.77.1.2.1"), "GM"),
}
"""SOP class and modality (PS3.4 B.5, PS3.3 C.7.3.1.1.1)."""

SYNTAXES = {41: MPEG4HP41, 42: MPEG4HP422D}
"""Transfer syntaxes of High at levels 4.1 and 4.2, by level_idc. The Blu-ray one (…4.103) promises
what only an encoder made for it keeps."""

IMPLEMENTATION = UID("2.25.243106286164163285402936205017935906189")
PIXEL_DATA = struct.pack("<HH2s2xI", 0x7FE0, 0x0010, b"OB", 0xFFFFFFFF)
ITEM = struct.Struct("<HHI")
NO_OFFSETS = ITEM.pack(0xFFFE, 0xE000, 0)
END = ITEM.pack(0xFFFE, 0xE0DD, 0)
UNCODED_BITS = 12
"""Of a pixel in 4:2:0."""


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a part comes from: the recording's beginning (with zone), its title, the object's
    place in its series, from 1 on."""

    started: datetime
    title: str
    series_uid: str
    instance_uid: str
    number: int


@dataclass(frozen=True, slots=True)
class Written:
    """A file that was written: its syntax, and the digest (SHA-256) of the stream in it."""

    syntax: str
    digest: str
    size: int


def stream_of(part: Part) -> Export:
    """The MP4 of a part, of an even number of bytes as Pixel Data wants it."""
    export = export_of(part.tracks)
    if export.size % 2:
        free = boxes.box(b"free", b"\x00")
        export = Export((*export.pieces, Piece(None, 0, len(free), free)), export.size + len(free))
    return export


def dataset_of(part: Part, kind: Kind, study: Study, origin: Origin) -> Dataset:
    """All of the object but its Pixel Data."""
    made = Dataset()
    made.SpecificCharacterSet = "ISO_IR 192"
    made.SOPClassUID = CLASSES[kind][0]
    made.SOPInstanceUID = origin.instance_uid
    _patient_and_study(made, study, origin.started)
    _series_and_equipment(made, kind, study, origin)
    _times(made, part, origin)
    _pixels(made, part)
    _cine(made, part)
    return made


def write(path: Path, part: Part, kind: Kind, study: Study, origin: Origin) -> Written:
    """Write the object as a file, block by block; raises OSError, BrokenRecording."""
    stream = stream_of(part)
    made = dataset_of(part, kind, study, origin)
    made.file_meta = FileMetaDataset()
    made.file_meta.TransferSyntaxUID = SYNTAXES[part.level.idc]
    made.file_meta.ImplementationClassUID = IMPLEMENTATION
    head = io.BytesIO()
    dcmwrite(head, made, enforce_file_format=True)
    digest = hashlib.sha256()
    with path.open("wb") as file:
        path.chmod(0o600)
        file.write(head.getvalue())
        file.write(PIXEL_DATA + NO_OFFSETS + ITEM.pack(0xFFFE, 0xE000, stream.size))
        for block in stream.blocks():
            digest.update(block)
            file.write(block)
        file.write(END)
        size = file.tell()
    return Written(str(SYNTAXES[part.level.idc]), digest.hexdigest(), size)


def _patient_and_study(made: Dataset, study: Study, started: datetime) -> None:
    made.PatientName = study.patient_name
    made.PatientID = study.patient_id
    made.PatientBirthDate = study.birth_date
    made.PatientSex = study.sex
    made.StudyInstanceUID = study.study_uid
    made.StudyDate, made.StudyTime = f"{started:%Y%m%d}", f"{started:%H%M%S}"
    made.StudyID = study.study_id
    made.AccessionNumber = study.accession
    made.ReferringPhysicianName = study.physician
    if study.description:
        made.StudyDescription = study.description


def _series_and_equipment(made: Dataset, kind: Kind, study: Study, origin: Origin) -> None:
    made.Modality = CLASSES[kind][1]
    made.SeriesInstanceUID = origin.series_uid
    made.SeriesNumber = None
    made.SeriesDescription = study.series_description or origin.title[:64].replace("\\", "/")
    made.Manufacturer = "MCU"
    made.InstitutionName = study.institution
    made.InstanceNumber = origin.number


def _times(made: Dataset, part: Part, origin: Origin) -> None:
    begun = origin.started + timedelta(seconds=part.begin_s)
    made.ContentDate, made.ContentTime = f"{begun:%Y%m%d}", f"{begun:%H%M%S.%f}"
    made.AcquisitionDateTime = f"{begun:%Y%m%d%H%M%S.%f}"
    made.TimezoneOffsetFromUTC = f"{begun:%z}"


def _pixels(made: Dataset, part: Part) -> None:
    facts, stored = part.facts, part.pictures.media_bytes
    made.ImageType = ["ORIGINAL", "PRIMARY"]
    made.PatientOrientation = None
    made.SamplesPerPixel = 3
    made.PhotometricInterpretation = "YBR_PARTIAL_420"
    made.PlanarConfiguration = 0
    made.Rows, made.Columns = facts.height, facts.width
    made.BitsAllocated, made.BitsStored, made.HighBit = 8, 8, 7
    made.PixelRepresentation = 0
    made.NumberOfFrames = part.pictures.samples
    uncoded = facts.width * facts.height * UNCODED_BITS / 8 * part.pictures.samples
    made.LossyImageCompression = "01"
    made.LossyImageCompressionRatio = f"{uncoded / max(stored, 1):.4g}"[:16]
    made.LossyImageCompressionMethod = "ISO_14496_10"
    made.AcquisitionContextSequence = []


def _cine(made: Dataset, part: Part) -> None:
    """How the pictures follow (PS3.3 C.7.6.5): on the mean, for each has its own time in the MP4;
    and what the sound is (PS3.16 CID 3000)."""
    frame_s = part.pictures.duration_s / part.pictures.samples
    made.FrameIncrementPointer = 0x00181063
    made.FrameTime = f"{frame_s * 1000:.6f}"
    made.CineRate = made.RecommendedDisplayFrameRate = max(1, round(1 / frame_s))
    made.MultiplexedAudioChannelsDescriptionCodeSequence = [
        _channel(number, track_channels)
        for track in part.tracks[1:]
        for track_channels in (boxes.sound_channels(track.entries[-1]),)
        for number in range(1, track_channels + 1)
    ]


def _channel(number: int, channels: int) -> Dataset:
    source = Dataset()
    source.CodeValue, source.CodingSchemeDesignator = "109112", "DCM"
    source.CodeMeaning = "Ambient room environment"
    made = Dataset()
    made.ChannelIdentificationCode = number
    made.ChannelMode = "STEREO" if channels == 2 else "MONO"
    made.ChannelSourceSequence = [source]
    return made
