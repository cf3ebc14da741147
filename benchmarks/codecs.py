"""codecs: every codec with every other in one conference, ffmpeg on the other side (bar 1).

Each peer sends a colour with a mark that blinks, or a tone in a turn of its own. A cell holds where
the column's peer has seen the row's colour and its mark come and go, or heard the row's tone: then
we decoded the one's codec, and the other decoded ours.
"""

import asyncio
import os
import signal
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.browser_guests import Guests, Tone
from benchmarks.codec_peers import PICTURES, SITES, SOUNDS, Peer, as_listener, offer, port_of
from benchmarks.live import CONFERENCE, rtp_site
from benchmarks.passing import Passing
from benchmarks.report import Report, Row
from benchmarks.rig import COMMAND_S, Rig, running_rig
from benchmarks.scenes import conference, pane_rects
from mcu_core.contract.commands import Attached, AttachRtp
from mcu_core.errors import McuError
from mcu_core.media.codec_table import CodecRow, codec_table

CANVAS = (640, 360)
FPS, BITRATE_BPS = 15, 800_000
SEEN = (320, 180)
"""Every listener scales what it decodes to this size."""

SEEN_FPS, SEEN_S = 5, 4
SAMPLE_RATE = 16_000
SLOT_S, TONE_S = 1.2, 0.8
WINDOW = SAMPLE_RATE // 5
"""200 ms: a tone is heard where such a piece has little else."""

CLEAR = 0.6
LOUD = 0.02
END_S = 3.0
START_S = 3.0
"""By then ffmpeg has probed and the jitter buffers have come to rest."""

MORE_LOOKS = 12
"""A listener that began between two keyframes has its picture up to ten seconds later: it asks for
none."""

COLOURS = (
    "0xC00000", "0x00A000", "0x0000D0", "0xC0C000", "0x00B0B0", "0xC000C0", "0xF08000", "0x606060",
    "0x80E080", "0x181818", "0x7090FF", "0xD08080",
)  # fmt: skip
MARK_STEP = 40
"""How much brighter the middle is while the mark stands there, of 255, at least."""

NO_GUESTS = Guests(())
MANY_CORES = 16.0  # none is refused: what is asked is who understands whom

Cells = dict[tuple[str, str], bool]


@dataclass(slots=True)
class Outcome:
    """Which (sender, listener) held; `refused`: peers that could not join, with the reason."""

    pictures: Cells = field(default_factory=dict)
    sounds: Cells = field(default_factory=dict)
    refused: dict[str, str] = field(default_factory=dict)
    bits_per_s: dict[str, float] = field(default_factory=dict)


@dataclass(slots=True)
class _Joined:
    """A codec of a site. `to`: the engine's port for it; `passing`: what comes for its listener."""

    peer: Peer
    site: str
    to: int
    kept: Path
    passing: Passing


def run(document: Path | None) -> Report:
    """All codecs; the table goes into `document` as Markdown, if so asked."""
    outcome = asyncio.run(measure([(peer,) for peer in (*PICTURES, *SOUNDS)]))
    report = Report("codecs: each with every other in one conference", [])
    report.rows = _understood("picture", outcome.pictures)
    report.rows += _understood("sound", outcome.sounds)
    mixed = asyncio.run(measure(SITES))
    report.rows += _within("codec", mixed)
    report.notes = [
        f"{name}: {why}" for one in (outcome, mixed) for name, why in one.refused.items()
    ]
    if document is not None:
        document.write_text(as_markdown(outcome, mixed, codec_table()), "utf-8")
    return report


def _within(first: str, mixed: Outcome) -> list[Row]:
    """Of each site with a limit: what it was sent, and how many it understood."""
    rows: list[Row] = []
    for peer in (peer for site in SITES for peer in site if peer.bits_per_s):
        held = [held for (_, taker), held in mixed.pictures.items() if taker == peer.name]
        rows.append(
            {
                first: peer.name,
                "kind": "picture of a mixed room",
                "understands": f"{sum(held)} of {len(held)}",
                "limit, kbit/s": peer.bits_per_s // 1000,
                "sent, kbit/s": round(mixed.bits_per_s.get(peer.name, 0.0) / 1000),
            }
        )
    return rows


async def measure(sites: Sequence[tuple[Peer, ...]], guests: Guests = NO_GUESTS) -> Outcome:
    """One conference of sites with these peers, those with pictures first; each has its turn."""
    outcome = Outcome()
    names = [f"s{k}" for k in range(len(sites))]
    peers = [*guests.peers, *(peer for site in sites for peer in site)]
    pictures = [peer for peer in peers if peer.kind == "video"]
    sounds = [peer for peer in peers if peer.kind == "audio"]
    shown = max(1, len(pictures))
    members = [*guests.definitions, *map(rtp_site, names)]
    definition = conference(members, shown, CANVAS, FPS, BITRATE_BPS)
    tones = [Tone(_hertz(k), k * SLOT_S, TONE_S, SLOT_S * len(sounds)) for k in range(len(sounds))]
    with tempfile.TemporaryDirectory(prefix="mcu-codecs-") as folder:
        async with running_rig(cores=MANY_CORES) as rig, guests:
            await rig.put(definition)
            await guests.join(rig, CONFERENCE, COLOURS, tones)
            joined: list[_Joined] = []
            for name, site in zip(names, sites, strict=True):
                try:
                    joined += await _join(rig, name, site, Path(folder))
                except McuError as error:
                    outcome.refused[" ".join(peer.name for peer in site)] = str(error)

            def all_held() -> bool:
                now = Outcome()
                _judge(joined, pictures, sounds, now)
                return all(now.pictures.values()) and all(now.sounds.values())

            await guests.begin(pane_rects(shown, SEEN), tones)
            await _talk(joined, pictures, sounds, all_held)
            await guests.end()
        _judge(joined, pictures, sounds, outcome)
        _judge_guests(guests, pictures, sounds, outcome)
    return outcome


async def _join(rig: Rig, name: str, site: tuple[Peer, ...], folder: Path) -> list[_Joined]:
    ways = [await Passing.open() for _ in site]
    parts = [(peer, way.port) for peer, way in zip(site, ways, strict=True)]
    answer = await rig.caller.call(AttachRtp(CONFERENCE, name, offer(parts)), COMMAND_S)
    if not isinstance(answer, Attached):
        raise McuError(f"the engine answered {answer} to {name}")
    joined = []
    for peer, way in zip(site, ways, strict=True):
        kept = folder / f"{name}-{peer.kind}.raw"
        text = as_listener(answer.sdp, peer.kind, way.listener)
        kept.with_suffix(".sdp").write_text(text)
        joined.append(_Joined(peer, name, port_of(answer.sdp, peer.kind), kept, way))
    return joined


async def _talk(
    joined: list[_Joined],
    pictures: Sequence[Peer],
    sounds: Sequence[Peer],
    all_held: Callable[[], bool],
) -> None:
    """Let all run long enough, and a while longer as long as some cell does not hold."""
    turn = SLOT_S * len(sounds)
    programs = []
    try:
        for one in joined:
            if one.peer.takes:
                programs.append(await _started(_listening(one)))
        for one in joined:
            if one.peer.sends:
                programs.append(await _started(_sending(one, pictures, sounds, turn)))
        lasting_s = max(SEEN_S + START_S, 2 * turn)
        await asyncio.sleep(START_S)
        for one in joined:
            one.passing.begin()
        await asyncio.sleep(lasting_s)
        for _ in range(MORE_LOOKS):
            if await asyncio.to_thread(all_held):
                break
            await asyncio.sleep(1.0)
        for one in joined:
            one.passing.end()
    finally:
        await asyncio.gather(*map(_ended, programs))


def _sending(
    one: _Joined, pictures: Sequence[Peer], sounds: Sequence[Peer], turn: float
) -> tuple[str, ...]:
    if one.peer.kind == "video":
        return one.peer.send_picture(COLOURS[pictures.index(one.peer)], one.to)
    at = sounds.index(one.peer)
    return one.peer.send_tone(_hertz(at), at * SLOT_S, TONE_S, turn, one.to)


def _listening(one: _Joined) -> tuple[str, ...]:
    if one.peer.kind == "video":
        scaled = f"fps={SEEN_FPS},scale={SEEN[0]}:{SEEN[1]}"
        form: tuple[str, ...] = ("-vf", scaled, "-f", "rawvideo", "-pix_fmt", "rgb24")
    else:
        form = ("-ar", str(SAMPLE_RATE), "-ac", "1", "-f", "s16le")
    return one.peer.listen(str(one.kept.with_suffix(".sdp")), str(one.kept), form)


async def _started(command: tuple[str, ...]) -> asyncio.subprocess.Process:
    silent = asyncio.subprocess.DEVNULL
    return await asyncio.create_subprocess_exec(
        *command, stdin=silent, stdout=silent, stderr=silent, start_new_session=True
    )


async def _ended(process: asyncio.subprocess.Process) -> None:
    """Let it write what it has, but not for long."""
    if process.returncode is None:
        os.killpg(process.pid, signal.SIGINT)
        try:
            async with asyncio.timeout(END_S):
                await process.wait()
        except TimeoutError:
            os.killpg(process.pid, signal.SIGKILL)
    await process.wait()


def _hertz(turn: int) -> float:
    """A tone for each; telephone codecs bear all of them."""
    return 400.0 * 1.12**turn


# --------------------------------------------------------------------------------------- judgement


def _judge(
    joined: list[_Joined], pictures: Sequence[Peer], sounds: Sequence[Peer], outcome: Outcome
) -> None:
    for one in joined:
        if not one.peer.takes:
            continue
        data = np.fromfile(one.kept, np.uint8) if one.kept.exists() else np.zeros(0, np.uint8)
        if one.peer.kind == "video":
            outcome.bits_per_s[one.peer.name] = one.passing.bits_per_s
            seen = _seen(data, len(pictures))
            for at, sender in enumerate(pictures):
                if sender.sends:
                    outcome.pictures[sender.name, one.peer.name] = seen[at]
            continue
        heard = _heard(data[: len(data) // 2 * 2].view("<i2"), len(sounds))
        for at, sender in enumerate(sounds):
            if sender.sends and sender is not one.peer:
                outcome.sounds[sender.name, one.peer.name] = heard[at]


def _judge_guests(
    guests: Guests, pictures: Sequence[Peer], sounds: Sequence[Peer], outcome: Outcome
) -> None:
    colours = list(map(_rgb, COLOURS[: len(pictures)]))
    for one in guests.guests:
        name, own = one.picture.name, one.sound
        outcome.bits_per_s[name] = one.bits_per_s
        for sender, held in zip(pictures, one.saw(colours, MARK_STEP), strict=True):
            outcome.pictures[sender.name, name] = held
        for sender, held in zip(sounds, one.heard(CLEAR), strict=True):
            if sender != own:
                outcome.sounds[sender.name, own.name] = held


def _seen(data: NDArray[np.uint8], count: int) -> list[bool]:
    """Of which panes colour and mark were seen, in the last seconds."""
    width, height = SEEN
    frames = data[: len(data) // (3 * width * height) * 3 * width * height]
    frames = frames.reshape(-1, height, width, 3)[-SEEN_FPS * SEEN_S :].astype(np.float32)
    if len(frames) < SEEN_FPS * SEEN_S // 2:
        return [False] * count
    wanted = np.array([_rgb(colour) for colour in COLOURS[:count]])
    found = []
    for at, (x, y, w, h) in enumerate(pane_rects(count, SEEN)):
        middle = frames[:, _part(y, h, 0.45, 0.55), _part(x, w, 0.45, 0.55)].mean((1, 2))
        beside = frames[:, _part(y, h, 0.35, 0.65), _part(x, w, 0.22, 0.32)].mean((0, 1, 2))
        nearest = int(np.square(wanted - beside).sum(1).argmin())
        blinks = np.ptp(middle.min(1)) > MARK_STEP
        found.append(nearest == at and bool(blinks))
    return found


def _part(start: int, length: int, low: float, high: float) -> slice:
    begin = start + round(low * length)
    return slice(begin, max(begin + 1, start + round(high * length)))


def _rgb(colour: str) -> tuple[int, int, int]:
    red, green, blue = bytes.fromhex(colour[2:])
    return red, green, blue


def _heard(samples: NDArray[np.int16], count: int) -> list[bool]:
    """Which tones were heard: in some piece of 200 ms most of the sound is that tone."""
    pieces = samples[len(samples) // 4 :].astype(np.float32) / 32768
    pieces = pieces[: len(pieces) // WINDOW * WINDOW].reshape(-1, WINDOW)
    loud = pieces[np.sqrt(np.square(pieces).mean(1)) > LOUD]
    if not len(loud):
        return [False] * count
    power = np.square(np.abs(np.fft.rfft(loud * np.hanning(WINDOW).astype(np.float32), axis=1)))
    total = power.sum(1)
    found = []
    for at in range(count):
        line = round(_hertz(at) * WINDOW / SAMPLE_RATE)
        share = power[:, line - 2 : line + 3].sum(1) / total
        found.append(bool(share.max() > CLEAR))
    return found


# ------------------------------------------------------------------------------------------- words


def _rows(cells: Cells) -> list[Row]:
    listeners = list(dict.fromkeys(listener for _, listener in cells))
    senders = list(dict.fromkeys(sender for sender, _ in cells))
    rows: list[Row] = []
    for sender in senders:
        row: Row = {"sender": sender}
        row |= {name: _word(cells.get((sender, name))) for name in listeners}
        rows.append(row)
    return rows


def _understood(kind: str, cells: Cells) -> list[Row]:
    """For a console: of each codec, how many understood it and how many it understood."""
    rows: list[Row] = []
    for name in dict.fromkeys(name for cell in cells for name in cell):
        sent = [held for (sender, _), held in cells.items() if sender == name]
        took = [held for (_, taker), held in cells.items() if taker == name]
        by, of = (f"{sum(all_)} of {len(all_)}" if all_ else "-" for all_ in (sent, took))
        rows.append({"codec": name, "kind": kind, "understood by": by, "understands": of})
    return rows


def _word(held: bool | None) -> str:
    return {True: "yes", False: "NO", None: "-"}[held]


def as_markdown(outcome: Outcome, mixed: Outcome, table: Sequence[CodecRow]) -> str:
    """What each codec can do, what is missing and why, and who understood whom."""
    parts = [
        "# Codecs",
        "Written by `mcu bench codecs --document docs/codecs.md`. Received: a decoder is here; "
        "sent: an encoder. Proved: in the conference below we decoded what ffmpeg (for GSM: "
        "GStreamer, for AV1: PyAV's FFmpeg) coded (in), and it decoded what we coded (out).",
        _table(
            ("codec", "kind", "payload format", "received", "sent", "proved", "missing"),
            [_line(row, outcome) for row in table],
        ),
    ]
    for title, cells in (("Pictures", outcome.pictures), ("Sound", outcome.sounds)):
        rows = _rows(cells)
        parts.append(f"## {title}: sender in the row, listener in the column")
        if rows:
            parts.append(_table(tuple(rows[0]), [tuple(map(str, row.values())) for row in rows]))
    parts += [f"{name}: {why}" for name, why in outcome.refused.items()]
    cells = mixed.pictures | mixed.sounds
    parts.append("## A room of all kinds, each site with its own limit")
    parts.append(
        "Sites with picture and sound, one with sound alone: "
        f"{sum(cells.values())} of {len(cells)} times one saw or heard another."
    )
    within = _within("receiver", mixed)
    parts.append(_table(tuple(within[0]), [tuple(map(str, row.values())) for row in within]))
    return "\n\n".join(parts) + "\n"


def _line(row: CodecRow, outcome: Outcome) -> tuple[str, ...]:
    cells = outcome.pictures | outcome.sounds
    into = [held for (sender, _), held in cells.items() if _codec(sender) == row.name]
    out = [held for (_, taker), held in cells.items() if _codec(taker) == row.name]
    proved = [word for word, held in (("in", into), ("out", out)) if held and all(held)]
    yes = {True: "yes", False: "-"}
    return (
        *(row.name, row.kind.value, row.payload_format, yes[row.received], yes[row.sent]),
        *(", ".join(proved) or "-", row.note),
    )


def _codec(name: str) -> str:
    """A codec's name out of a peer's."""
    return name.partition("/")[0].partition(" ")[0]


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)
