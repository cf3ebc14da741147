"""Recordings as DICOM video: read back by pydicom, decoded by Debian's ffmpeg, bit for bit."""

import hashlib
import io
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import av
import pytest
from pydicom import dcmread
from pydicom.dataset import Dataset
from pydicom.encaps import generate_frames

from recorder.dicom import Origin, Written, write
from recorder.dicom_cut import Bounds, cut, part_spans
from recorder.dicom_study import Study, uid_of
from recorder.errors import NotLegal
from recorder.export import plan_export
from recorder.index import RecordingIndex, read_index
from tests.component.control.stored import WALL, stored_clip
from tests.fakes.recorder_bench import faultless

STUDY = Study(patient_name="Wang^XiaoDong=王^小东", patient_id="P-1", study_uid="1.2.3", sex="M")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    data = tmp_path_factory.mktemp("dicom")
    files = stored_clip(data)
    yield data / "recordings" / "r1"
    files.close()


@pytest.fixture(scope="module")
def index(folder: Path) -> RecordingIndex:
    return read_index(folder)


def _written(folder: Path, index: RecordingIndex, path: Path, number: int = 1) -> Written:
    spans = part_spans(index, "main", None, Bounds(seconds=3) if number > 1 else Bounds())
    part = cut(folder, index, "main", spans[number - 1], True)
    uid = uid_of("2.25.9", number)
    origin = Origin(datetime.fromisoformat(WALL), "Ward", "2.25.9", uid, number)
    return write(path, part, "photographic", STUDY, origin)


def _video(made: Dataset) -> bytes:
    (stream,) = generate_frames(made.PixelData, number_of_frames=1)
    return stream


def _packets(mp4: bytes) -> str:
    digest = hashlib.sha256()
    with av.open(io.BytesIO(mp4), "r") as container:
        for packet in container.demux(video=0):
            digest.update(bytes(packet))
    return digest.hexdigest()


def _pictures(mp4: bytes) -> str:
    digest = hashlib.sha256()
    with av.open(io.BytesIO(mp4), "r") as container:
        for frame in container.decode(video=0):
            digest.update(frame.to_ndarray().tobytes())
    return digest.hexdigest()


def test_the_object_holds_what_was_recorded_and_no_other_coding(
    folder: Path, index: RecordingIndex, tmp_path: Path
) -> None:
    written = _written(folder, index, tmp_path / "one.dcm")
    made = dcmread(tmp_path / "one.dcm")
    assert made.file_meta.TransferSyntaxUID == "1.2.840.10008.1.2.4.102" == written.syntax
    assert made.SOPClassUID == "1.2.840.10008.5.1.4.1.1.77.1.4.1"
    assert made.PatientName.ideographic == "王^小东"
    assert (made.Rows, made.Columns, made.NumberOfFrames) == (180, 320, 150)
    assert float(made.FrameTime) == pytest.approx(1000 / 30, abs=0.01)
    assert made.CineRate == 30
    assert len(made.MultiplexedAudioChannelsDescriptionCodeSequence) == 2
    stream = _video(made)
    assert hashlib.sha256(stream).hexdigest() == written.digest
    recorded = b"".join(plan_export(folder, index).blocks())
    assert _packets(stream) == _packets(recorded)
    assert _pictures(stream) == _pictures(recorded)


def test_the_stream_is_a_high_one_that_plays(
    folder: Path, index: RecordingIndex, tmp_path: Path
) -> None:
    _written(folder, index, tmp_path / "one.dcm")
    (tmp_path / "one.mp4").write_bytes(_video(dcmread(tmp_path / "one.dcm")))
    picture, sound = faultless(tmp_path / "one.mp4")
    assert (picture["profile"], picture["level"], picture["nb_frames"]) == ("High", 41, "150")
    assert sound["codec_name"] == "aac"


def test_a_long_one_becomes_several_that_each_begin_with_a_keyframe(
    folder: Path, index: RecordingIndex, tmp_path: Path
) -> None:
    assert len(part_spans(index, "main", None, Bounds(seconds=3))) == 2
    _written(folder, index, tmp_path / "two.dcm", 2)
    made = dcmread(tmp_path / "two.dcm")
    assert made.InstanceNumber == 2
    assert made.NumberOfFrames == 60
    assert made.AcquisitionDateTime == "20261121080003.000000"
    with av.open(io.BytesIO(_video(made)), "r") as container:
        first = next(container.decode(video=0))
        assert first.key_frame
        assert first.time == 0


def test_a_clip_begins_with_the_keyframe_before_it(index: RecordingIndex) -> None:
    (fragments,) = part_spans(index, "main", (2.4, 3.5))
    assert fragments[0].time == 2 * 90_000
    assert fragments[-1].time < 3.5 * 90_000


def test_nothing_to_export_is_refused(folder: Path, index: RecordingIndex) -> None:
    with pytest.raises(NotLegal, match="no picture"):
        part_spans(index, "content", None)
    with pytest.raises(NotLegal, match="no picture"):
        part_spans(index, "main", (90, 95))
