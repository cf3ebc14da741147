"""Codecs in one conference, ffmpeg on the other side: the quick part of `mcu bench codecs`."""

import shutil

import pytest

from benchmarks.codec_peers import PICTURES, SOUNDS, Peer
from benchmarks.codecs import measure
from mcu_core.media.codec import codec_named
from mcu_core.media.codec_table import encodes

pytestmark = pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="no ffmpeg here")


PICTURES_OF = ("H264 mode 0", "VP8", "H263-1998", "H261")
SOUNDS_OF = ("opus/48000/2", "mpeg4-generic/48000/2", "MP4A-LATM/48000/2", "G726-32")


def chosen(peers: tuple[Peer, ...], names: tuple[str, ...]) -> list[Peer]:
    return [one for one in peers if one.name in names and encodes(codec_named(one.codec))]


async def test_each_sees_the_colours_and_hears_the_tones_of_the_others() -> None:
    """Sites with both; where a machine lacks an encoder of sound, one has pictures alone."""
    pictures, sounds = chosen(PICTURES, PICTURES_OF), chosen(SOUNDS, SOUNDS_OF)
    assert len(pictures) == len(PICTURES_OF)
    sites = [(picture, *sounds[at : at + 1]) for at, picture in enumerate(pictures)]
    found = await measure(sites)
    assert found.refused == {}
    assert [cell for cell, held in found.pictures.items() if not held] == []
    assert [cell for cell, held in found.sounds.items() if not held] == []
    assert len(found.pictures) == len(pictures) ** 2
    assert len(found.sounds) == len(sounds) * (len(sounds) - 1)
