"""What a file site must not open: it would wait for ever, or reach for what others named."""

import os
import socket
from pathlib import Path

import pytest

from mcu_core.endpoints.clip import Clip
from mcu_core.errors import BadInput

SDP = (
    "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\n"
    "m=video 9 RTP/AVP 96\na=rtpmap:96 H264/90000\n"
)
PLAYLISTS = {
    "list.m3u8": "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nfile.ts\n#EXT-X-ENDLIST\n",
    "list.ffconcat": "ffconcat version 1.0\nfile clip.mp4\n",
    "session.sdp": SDP,
}


def refused(path: Path) -> str:
    with pytest.raises(BadInput) as error:
        Clip(path).check()
    assert error.value.field == "file.path"
    return str(error.value)


def test_a_pipe_is_refused_at_once(tmp_path: Path) -> None:
    """To open one waits for a writer: ten of them took all threads of the engine's pool."""
    pipe = tmp_path / "pipe.mp4"
    os.mkfifo(pipe)
    assert "a regular file" in refused(pipe)


def test_devices_sockets_and_folders_are_refused(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(tmp_path / "socket.mp4"))
        for path in (Path("/dev/zero"), tmp_path / "socket.mp4", tmp_path):
            assert "a regular file" in refused(path)


@pytest.mark.parametrize("name", PLAYLISTS)
def test_forms_that_name_other_files_or_hosts_are_refused(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_text(PLAYLISTS[name])
    assert "Invalid argument" in refused(path)  # not in the list of forms; nothing was opened


def test_a_name_that_is_none_is_refused(tmp_path: Path) -> None:
    refused(tmp_path / "a\0b")
    refused(tmp_path / "missing.mp4")
