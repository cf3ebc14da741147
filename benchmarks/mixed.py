"""mixed: browsers, rooms and telephones in one conference, each within its own rate (bar 2).

Chromium with VP8 and with H.264 in 640x360, H.264 High in 1080p30 that was coded before, H.263 in
CIF with G.711 by GStreamer, H.264 in 4CIF with G.722, and a site with sound alone. Each sends a
colour with a mark that blinks and a tone in a turn of its own, all pictures are full of noise, and
each receiver says what it saw and heard.
"""

import asyncio
import shlex
import subprocess
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path

from benchmarks.browser_guests import Guest, Guests
from benchmarks.codec_peers import BLINK_HZ, HOST, QUIET, SITES, Peer
from benchmarks.codecs import Outcome, measure
from benchmarks.figures import figure
from benchmarks.report import Report, Row

LIMITS = {"VP8": 512_000, "H264": 768_000}
"""Of pictures sent to the browsers, bit/s."""

ROOMS = {"H264 1080p30": 768_000, "H263-1998": 256_000, "H264 4CIF": 384_000}
"""The same of the rooms."""

LOOP_S = 10


def _source(peer: Peer, colour: str) -> tuple[str, ...]:
    """Its picture, raw, with noise."""
    width, height = peer.size
    mark = (
        f"drawbox=x=iw*2/5:y=ih*2/5:w=iw/5:h=ih/5:t=fill:color=white"
        f":enable='lt(mod(t*{BLINK_HZ},1),0.5)',noise=alls=30:allf=t"
    )
    source = f"color=c={colour}:size={width}x{height}:rate={peer.fps}"
    return ("-f", "lavfi", "-i", source, "-vf", mark, "-pix_fmt", "yuv420p")


@dataclass(frozen=True, slots=True)
class Recorded(Peer):
    """Sends a file that was coded before, over and over."""

    folder: str = ""

    def send_picture(self, colour: str, port: int) -> tuple[str, ...]:
        """A command that reads the file, which is made here, and packs it."""
        file = Path(self.folder) / "coded.ts"
        coded = ("-c:v", "libx264", "-preset", "ultrafast", "-profile:v", "high", "-b:v", "2M")
        made = (*QUIET, *_source(self, colour), "-t", str(LOOP_S), *coded, "-g", "30")
        subprocess.run((*made, "-coder", "1", "-8x8dct", "1", str(file)), check=True)
        played = (*QUIET, "-re", "-stream_loop", "-1", "-i", str(file), "-c", "copy")
        to = f"rtp://{HOST}:{port}?pkt_size=1200"
        return (*played, "-payload_type", str(self.number), "-f", "rtp", to)


@dataclass(frozen=True, slots=True)
class Room(Peer):
    """Codes and packs by GStreamer."""

    def send_picture(self, colour: str, port: int) -> tuple[str, ...]:
        """ffmpeg draws, GStreamer codes and packs."""
        width, height = self.size
        made = shlex.join((*QUIET, "-re", *_source(self, colour), "-f", "rawvideo", "-"))
        raw = f"rawvideoparse format=i420 width={width} height={height} framerate={self.fps}/1"
        coded = f"avenc_h263p bitrate=600000 ! rtph263ppay pt={self.number} mtu=1200"
        sink = f"udpsink host={HOST} port={port}"
        return ("sh", "-c", f"{made} | gst-launch-1.0 -q fdsrc ! {raw} ! {coded} ! {sink}")


def _peers(folder: str) -> list[tuple[Peer, ...]]:
    """The rooms: SITES without its VP8, which browsers have here, by other programs."""
    sites = []
    for site in SITES[1:]:
        picture, *others = site
        if picture.kind == "video":
            picture = replace(picture, bits_per_s=ROOMS[picture.name])
        fields = {name: getattr(picture, name) for name in Peer.__dataclass_fields__}
        if picture.form == "1080p30":
            picture = Recorded(**fields, folder=folder)
        elif picture.codec.startswith("H263"):
            picture = Room(**fields)
        sites.append((picture, *others))
    return sites


def run() -> Report:
    """One conference of all."""
    guests = Guests([Guest(codec, limit) for codec, limit in LIMITS.items()])
    with tempfile.TemporaryDirectory(prefix="mcu-mixed-") as folder:
        outcome = asyncio.run(measure(_peers(folder), guests))
    report = Report("all kinds in one conference", [])
    for what, cells in (("see", outcome.pictures), ("hear", outcome.sounds)):
        held = sum(cells.values())
        report.rows.append(
            figure(f"{what} each other: {held} of {len(cells)}", held, str(len(cells)))
        )
        report.notes += [f"{a} -> {b}: NOT" for (a, b), good in cells.items() if not good]
    limits = {f"Chromium {codec}": limit for codec, limit in LIMITS.items()} | ROOMS
    report.rows += [_own_rate(outcome, name, limit) for name, limit in limits.items()]
    report.notes += [f"{name}: {why}" for name, why in outcome.refused.items()]
    return report


def _own_rate(outcome: Outcome, name: str, limit: int) -> Row:
    sent = outcome.bits_per_s.get(name, 0.0)
    what = f"{name}: sent {sent / 1000:.0f} of {limit / 1000:.0f} kbit/s"
    return figure(what, sent / limit, "0.9 to 1.1")
