"""ffmpeg as the other side of a codec: how it describes itself, what it sends, how it listens.

What it does not pack, GStreamer packs or unpacks beside it.
"""

import re
import shlex
import socket
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

HOST = "127.0.0.1"
HEAD = f"v=0\r\no=- 1 1 IN IP4 {HOST}\r\ns=peer\r\nc=IN IP4 {HOST}\r\nt=0 0\r\n"
PICTURE_FPS = 15
QUIET = ("ffmpeg", "-hide_banner", "-loglevel", "error", "-nostdin", "-y")
BLINK_HZ = 1
"""How often the mark in the middle of a peer's picture comes and goes."""


@dataclass(frozen=True, slots=True)
class Peer:
    """A codec as ffmpeg has it.

    `codec`: our name of it; `coding`: of the rtpmap line; `number`: payload type; `encode`: what
    ffmpeg is told to code and pack with, nothing where it cannot; `takes`: whether it can listen.
    `gst_send`: elements of GStreamer that code and pack instead; `gst_take`: the element that
    unpacks, and what ffmpeg calls the bare frames. `form`: what tells two peers of a codec apart.
    `bits_per_s`: the most that it takes, 0 for any. `pushed_by`: the encoder in PyAV's wheel that
    sends instead of ffmpeg (codec_pusher). `busy`: its picture has noise, so that it takes bits.
    """

    kind: str
    codec: str
    coding: str
    number: int
    encode: tuple[str, ...] = ()
    fmtp: str = ""
    takes: bool = True
    size: tuple[int, int] = (352, 288)
    rate: int = 8_000
    channels: int = 1
    gst_send: str = ""
    gst_take: tuple[str, str] | None = None
    form: str = ""
    bits_per_s: int = 0
    pushed_by: str = ""
    fps: int = PICTURE_FPS
    busy: bool = False

    @property
    def sends(self) -> bool:
        """Whether there is somebody to send this codec."""
        return bool(self.encode or self.gst_send or self.pushed_by)

    @property
    def name(self) -> str:
        """For the table: codec, and what tells its forms apart."""
        if self.kind == "video":
            return f"{self.codec} {self.form}".strip()
        return self.coding.replace("/8000", "")

    def section(self, port: int) -> str:
        """The part of its description about this codec: what it would send and take at `port`."""
        lines = [f"m={self.kind} {port} RTP/AVP {self.number}"]
        lines.append(f"a=rtpmap:{self.number} {self.coding}")
        if self.bits_per_s:
            lines.insert(1, f"b=TIAS:{self.bits_per_s}")
        if self.fmtp:
            lines.append(f"a=fmtp:{self.number} {self.fmtp}")
        direction = {
            (True, True): "sendrecv",
            (True, False): "sendonly",
            (False, True): "recvonly",
        }[self.sends, self.takes]
        return "\r\n".join([*lines, f"a={direction}", ""])

    def send_picture(self, colour: str, port: int) -> tuple[str, ...]:
        """A command that sends a picture of one colour with a mark that blinks in its middle."""
        width, height = self.size
        if self.pushed_by:
            to = f"rtp://{HOST}:{port}"
            module = ("-m", "benchmarks.codec_pusher")
            return (sys.executable, *module, self.pushed_by, colour, f"{width}x{height}", to)
        source = f"color=c={colour}:size={width}x{height}:rate={self.fps}"
        mark = (
            f"drawbox=x=iw*2/5:y=ih*2/5:w=iw/5:h=ih/5:t=fill:color=white"
            f":enable='lt(mod(t*{BLINK_HZ},1),0.5)'"
        )
        if self.busy:
            mark += ",noise=alls=20:allf=t"
        return (
            *(*QUIET, "-re", "-f", "lavfi", "-i", source, "-vf", mark, "-pix_fmt", "yuv420p"),
            *(
                "-b:v",
                "1M" if self.busy else "300k",
                "-g",
                str(self.fps),
                *self.encode,
                *self._to(port),
            ),
        )

    def send_tone(
        self, hertz: float, at: float, lasting: float, turn: float, port: int
    ) -> tuple[str, ...]:
        """A command that sounds from second `at` on for so long, in each turn of `turn` s."""
        when = f"between(mod(t,{turn}),{at},{at + lasting})"
        source = f"sine=frequency={hertz}:sample_rate=48000,volume='6*{when}':eval=frame"
        if self.gst_send:
            raw = ("-ar", str(self.rate), "-ac", str(self.channels), "-f", "s16le", "-")
            made = shlex.join((*QUIET, "-re", "-f", "lavfi", "-i", source, *raw))
            form = f"format=pcm pcm-format=s16le sample-rate={self.rate}"
            parsed = f"rawaudioparse {form} num-channels={self.channels}"
            sink = f"udpsink host={HOST} port={port}"
            packed = f"gst-launch-1.0 -q fdsrc ! {parsed} ! {self.gst_send} ! {sink}"
            return ("sh", "-c", f"{made} | {packed}")
        return (
            *(*QUIET, "-re", "-f", "lavfi", "-i", source),
            *("-ar", str(self.rate), "-ac", str(self.channels), *self.encode, *self._to(port)),
        )

    def _to(self, port: int) -> tuple[str, ...]:
        where = f"rtp://{HOST}:{port}?pkt_size=1200"
        return ("-payload_type", str(self.number), "-f", "rtp", where)

    def listen(self, description: str, into: str, form: tuple[str, ...]) -> tuple[str, ...]:
        """A command that decodes what comes, by the description in that file."""
        if self.gst_take:
            element, bare = self.gst_take
            port = port_of(Path(description).read_text())
            caps = f"application/x-rtp,media={self.kind},clock-rate={self.rate}"
            caps += f",encoding-name={self.codec},payload={self.number}"
            source = f"gst-launch-1.0 -q udpsrc port={port} caps={caps} ! {element} ! fdsink"
            decoded = shlex.join((*QUIET, "-f", bare, "-i", "-", *form, into))
            return ("sh", "-c", f"{source} | {decoded.replace('-nostdin ', '')}")
        return (
            *(*QUIET, "-protocol_whitelist", "file,udp,rtp", "-fflags", "nobuffer"),
            *("-i", description, *form, "-flush_packets", "1", into),
        )


def offer(parts: Sequence[tuple[Peer, int]]) -> str:
    """What a site of these peers would send and take at these ports."""
    return HEAD + "".join(peer.section(port) for peer, port in parts)


def as_listener(answer: str, kind: str, port: int) -> str:
    """One kind of the engine's answer as a file for a player: "listen on this port"."""
    head, *sections = re.split(r"(?m)^(?=m=)", answer)
    mine = next((one for one in sections if one.startswith(f"m={kind} ")), "")
    text = head + re.sub(r"(?m)^m=(\w+) \d+", rf"m=\1 {port}", mine)
    return re.sub(r"(?m)^a=(sendonly|recvonly|sendrecv|rtcp.*|candidate.*)\r?\n", "", text)


def port_of(answer: str, kind: str = r"\w+") -> int:
    """Where the engine takes packets of that kind; 0 where it takes none."""
    found = re.search(rf"(?m)^m={kind} (\d+)", answer)
    return int(found[1]) if found else 0


def free_port() -> int:
    """An even UDP port that is free now, and the one after it."""
    while True:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as first:
            first.bind((HOST, 0))
            port = int(first.getsockname()[1])
            if port % 2 or port >= 65_535:
                continue
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as second:
                try:
                    second.bind((HOST, port + 1))
                except OSError:
                    continue
                return port


_REALTIME = ("-deadline", "realtime", "-cpu-used", "8", "-lag-in-frames", "0")
_LEVEL = "-preset", "ultrafast", "-tune", "zerolatency"
_CIF = "CIF=1;QCIF=1"


def _picture(codec: str, number: int, *encode: str, fmtp: str = "", **more: object) -> Peer:
    return Peer("video", codec, f"{codec}/90000", number, encode, fmtp, **more)  # type: ignore[arg-type]


def _sound(codec: str, number: int, rate: int, *encode: str, **more: object) -> Peer:
    channels = more.get("channels", 1)
    clock = more.pop("clock", rate)
    coding = f"{codec}/{clock}" + (f"/{channels}" if channels != 1 else "")
    return Peer("audio", codec, coding, number, encode, rate=rate, **more)  # type: ignore[arg-type]


PICTURES = (
    _picture("H264", 96, "-c:v", "libx264", *_LEVEL, "-profile:v", "baseline",
             fmtp="packetization-mode=1;profile-level-id=42e01f", size=(640, 360)),
    _picture("H264", 96, "-c:v", "libx264", *_LEVEL, "-x264-params", "slice-max-size=1100",
             fmtp="packetization-mode=0;profile-level-id=42e01f", size=(640, 360), form="mode 0"),
    _picture("H264", 96, "-c:v", "libx264", "-preset", "veryfast", "-tune", "zerolatency",
             "-profile:v", "main", fmtp="packetization-mode=1;profile-level-id=4d001f",
             size=(640, 360), form="Main", bits_per_s=400_000),
    _picture("H264", 96, "-c:v", "libx264", "-preset", "veryfast", "-tune", "zerolatency",
             "-profile:v", "high", fmtp="packetization-mode=1;profile-level-id=64001f",
             size=(640, 360), form="High", bits_per_s=300_000),
    _picture("VP8", 96, "-c:v", "libvpx", *_REALTIME, size=(640, 360)),
    _picture("H263-2000", 96, "-c:v", "h263p", fmtp=_CIF),
    _picture("H263-1998", 96, "-c:v", "h263p", fmtp=_CIF),
    _picture("H261", 31, "-c:v", "h261", "-strict", "experimental", fmtp=_CIF),
    _picture("VP9", 96, "-c:v", "libvpx-vp9", *_REALTIME, "-strict", "experimental", takes=False),
    _picture("H265", 96, "-c:v", "libx265", *_LEVEL, takes=False),
    _picture("AV1", 96, pushed_by="libsvtav1", takes=False),
    _picture("H263", 34, "-c:v", "h263", "-mb_info", "800", "-rtpflags", "rfc2190", fmtp=_CIF),
)  # fmt: skip

_HIGH = ("-c:v", "libx264", *_LEVEL, "-profile:v", "high")
SITES = (
    (_picture("VP8", 96, "-c:v", "libvpx", *_REALTIME, size=(640, 360), busy=True,
              bits_per_s=600_000), _sound("opus", 97, 48_000, "-c:a", "libopus", channels=2)),
    (_picture("H264", 96, *_HIGH, fmtp="packetization-mode=1;profile-level-id=640028", busy=True,
              size=(1920, 1080), fps=30, form="1080p30", bits_per_s=800_000),
     _sound("mpeg4-generic", 97, 48_000, "-c:a", "aac", channels=2,
            fmtp="mode=AAC-hbr;sizelength=13;indexlength=3;indexdeltalength=3;config=1190")),
    (_picture("H263-1998", 96, "-c:v", "h263p", fmtp=_CIF, busy=True, bits_per_s=256_000),
     _sound("PCMU", 0, 8_000, "-c:a", "pcm_mulaw")),
    (_picture("H264", 96, "-c:v", "libx264", *_LEVEL, size=(704, 576), form="4CIF", busy=True,
              fmtp="packetization-mode=1;profile-level-id=42e01e", bits_per_s=400_000),
     _sound("G722", 9, 16_000, "-c:a", "g722", clock=8_000)),
    (_sound("PCMA", 8, 8_000, "-c:a", "pcm_alaw"),),
)  # fmt: skip
"""Sites of all kinds in one conference, each with its own limit (bar 2, without the browsers)."""

SOUNDS = (
    _sound("opus", 97, 48_000, "-c:a", "libopus", channels=2),
    _sound("L16", 97, 48_000, "-c:a", "pcm_s16be"),
    _sound("L16", 97, 16_000, "-c:a", "pcm_s16be"),
    _sound("mpeg4-generic", 97, 48_000, "-c:a", "aac", "-b:a", "96k", channels=2,
           fmtp="mode=AAC-hbr;sizelength=13;indexlength=3;indexdeltalength=3;config=1190"),
    _sound("MP4A-LATM", 97, 48_000, "-c:a", "aac", "-b:a", "96k", "-rtpflags", "latm", channels=2,
           fmtp="cpresent=0;config=400023203fc0"),
    _sound("G722", 9, 16_000, "-c:a", "g722", clock=8_000),
    _sound("PCMA", 8, 8_000, "-c:a", "pcm_alaw"),
    _sound("PCMU", 0, 8_000, "-c:a", "pcm_mulaw"),
    _sound("G726-32", 97, 8_000, "-c:a", "g726le", "-code_size", "4"),
    _sound("G726-24", 97, 8_000, "-c:a", "g726le", "-code_size", "3"),
    _sound("G726-16", 97, 8_000, "-c:a", "g726le", "-code_size", "2"),
    _sound("GSM", 3, 8_000, gst_send="gsmenc ! rtpgsmpay"),
    _sound("G723", 4, 8_000),
    _sound("G729", 18, 8_000, fmtp="annexb=no", gst_take=("rtpg729depay", "g729")),
)  # fmt: skip
