"""Codecs in one conference, ffmpeg on the other side: the quick part of `mcu bench codecs`."""

import shutil

import pytest

from benchmarks.codec_peers import PICTURES, SOUNDS, Peer
from benchmarks.codecs import measure
from mcu_core.media.codec import codec_named
from mcu_core.media.codec_table import encodes

pytestmark = pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="no ffmpeg here")


def chosen(peers: tuple[Peer, ...], *codecs: str) -> list[Peer]:
    return [peer for peer in peers if peer.codec in codecs and encodes(codec_named(peer.codec))]


async def test_each_sees_the_colours_and_hears_the_tones_of_the_others() -> None:
    pictures = chosen(PICTURES, "H264", "VP8", "H263-1998", "H263")
    sounds = chosen(SOUNDS, "opus", "mpeg4-generic", "MP4A-LATM", "G726-32")
    found = await measure(pictures, sounds)
    assert found.refused == {}
    assert [cell for cell, held in found.pictures.items() if not held] == []
    assert [cell for cell, held in found.sounds.items() if not held] == []
    assert len(found.pictures) == len(pictures) ** 2
    assert len(found.sounds) == len(sounds) * (len(sounds) - 1)
