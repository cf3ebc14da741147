"""Repair packets (RFC 5109) of GStreamer's encoder: what they protect is mended."""

import shutil
import subprocess
from pathlib import Path

import pytest

from mcu_core.ingress.protected import ProtectedPictures
from mcu_core.protocol import rtp

KIND, REPAIR, SSRC = 96, 117, 7
LAUNCH = shutil.which("gst-launch-1.0")
pytestmark = pytest.mark.skipif(LAUNCH is None, reason="needs GStreamer")


def framed(path: Path) -> list[bytes]:
    """The packets of a file, each behind its length (RFC 4571)."""
    data, at, found = path.read_bytes(), 0, []
    while at < len(data):
        end = at + 2 + int.from_bytes(data[at : at + 2], "big")
        found.append(data[at + 2 : end])
        at = end
    return [one for one in found if one[1] & 0x7F in (KIND, REPAIR)]


@pytest.mark.parametrize("several", ["true", "false"])
def test_what_gstreamer_protects_is_mended(tmp_path: Path, several: str) -> None:
    assert LAUNCH is not None
    path = tmp_path / "packets"
    command = (
        "videotestsrc num-buffers=60 pattern=ball ! video/x-raw,width=320,height=240,framerate=30/1"
        " ! x264enc tune=zerolatency bitrate=800 key-int-max=300"
        f" ! rtph264pay pt={KIND} mtu=400 seqnum-offset=65500 ssrc={SSRC}"
        f" ! rtpulpfecenc pt={REPAIR} percentage=50 multipacket={several}"
        f" ! rtpstreampay ! filesink location={path}"
    )
    subprocess.run([LAUNCH, "-q", *command.split()], check=True, timeout=60)
    packets = framed(path)
    pictures = ProtectedPictures(KIND, REPAIR, 0)
    lost: set[bytes] = set()
    got: dict[int, bytes] = {}
    for at, data in enumerate(packets):
        if data[1] & 0x7F == KIND and at > 40 and at % 11 == 0:
            lost.add(data)
            continue
        packet, made = pictures.take(rtp.parse(data), data, 0)
        got |= {one.sequence: one.serialize() for one in (packet, *made) if one.payload}
    back = lost & set(got.values())
    assert len(lost) > 10
    assert set(got.values()) <= set(packets), "what is made is what was sent"
    assert len(back) > 0.3 * len(lost), "with some pictures it sends no repair packet"
