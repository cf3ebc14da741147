"""ISO base media boxes as bytes (ISO 14496-12), those that CMAF tracks and downloads share.

Every function gives a whole box. Nothing here knows of files, clocks or the network.
"""

import struct

from mcu_core.protocol.h264 import ParameterSets, SequenceFacts
from recorder.aac import AacFacts

IDENTITY_MATRIX = struct.pack(">9I", 0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)
UNDETERMINED_LANGUAGE = 0x55C4  # "und", 5 bits a letter
MOVIE_TIMESCALE = 720_000
"""Ticks that both 90 000 and 48 000 a second divide into: edits are exact for picture and sound."""
DPI_72 = 0x480000
MEDIA_RATE_1 = 0x10000


def box(kind: bytes, *parts: bytes) -> bytes:
    """A box of that four-letter kind (4.2)."""
    size = 8 + sum(map(len, parts))
    return b"".join((struct.pack(">I4s", size, kind), *parts))


def full_box(kind: bytes, version: int, flags: int, *parts: bytes) -> bytes:
    """A box with version and flags (4.2)."""
    return box(kind, struct.pack(">I", version << 24 | flags), *parts)


def ftyp(major: bytes, *compatible: bytes) -> bytes:
    """File type (4.3)."""
    return box(b"ftyp", major, bytes(4), *compatible)


# ------------------------------------------------------------------------------- sample entries


def _avcc(sets: ParameterSets) -> bytes:
    """Decoder configuration (ISO 14496-15 5.3.3.1.2); 4-byte lengths, one set of each kind."""
    extension = b""
    if sets.sps[1] in (100, 110, 122, 144):
        extension = bytes((0xFD, 0xF8, 0xF8, 0))  # 4:2:0, 8 bits, no SPS extension
    return box(
        b"avcC",
        bytes((1, *sets.sps[1:4], 0xFF, 0xE1)),
        struct.pack(">H", len(sets.sps)),
        sets.sps,
        b"\x01",
        struct.pack(">H", len(sets.pps)),
        sets.pps,
        extension,
    )


def picture_entry(sets: ParameterSets, facts: SequenceFacts) -> bytes:
    """avc1 with its configuration, colour (12.1.5) and pixel aspect (12.1.4)."""
    colour = facts.colour
    return box(
        b"avc1",
        struct.pack(">6xH16x", 1),
        struct.pack(">HHIIIH", facts.width, facts.height, DPI_72, DPI_72, 0, 1),
        struct.pack(">32xHh", 24, -1),
        _avcc(sets),
        box(
            b"colr",
            struct.pack(
                ">4sHHHB",
                b"nclx",
                colour.primaries,
                colour.transfer,
                colour.matrix,
                colour.full_range << 7,
            ),
        ),
        box(b"pasp", struct.pack(">II", *facts.pixel_aspect)),
    )


def _descriptor(tag: int, body: bytes) -> bytes:
    """One descriptor with its length in 4 bytes of 7 bits (ISO 14496-1 8.3.3)."""
    size = len(body)
    length = bytes((0x80 | size >> 21 & 0x7F, 0x80 | size >> 14 & 0x7F, 0x80 | size >> 7 & 0x7F))
    return bytes((tag,)) + length + bytes((size & 0x7F,)) + body


def sound_entry(config: bytes, facts: AacFacts) -> bytes:
    """mp4a with its elementary stream descriptor (ISO 14496-14 5.6)."""
    decoder = _descriptor(4, struct.pack(">BB3xII", 0x40, 0x15, 0, 0) + _descriptor(5, config))
    stream = _descriptor(3, struct.pack(">HB", 0, 0) + decoder + _descriptor(6, b"\x02"))
    return box(
        b"mp4a",
        struct.pack(">6xH8x", 1),
        struct.pack(">HH4xI", facts.channels, 16, facts.sample_rate << 16),
        full_box(b"esds", 0, 0, stream),
    )


# ---------------------------------------------------------------------------------------- movie


def mvhd(duration: int, next_track: int) -> bytes:
    """Movie header (8.2.2); `duration` in MOVIE_TIMESCALE."""
    return full_box(
        b"mvhd",
        1,
        0,
        struct.pack(">QQIQ", 0, 0, MOVIE_TIMESCALE, duration),
        struct.pack(">IH10x", 0x10000, 0x100),
        IDENTITY_MATRIX,
        struct.pack(">24xI", next_track),
    )


def trak(
    track_id: int,
    timescale: int,
    size: tuple[int, int],
    tables: bytes,
    duration: int = 0,
    shown: int = 0,
    edits: bytes = b"",
    enabled: bool = True,
) -> bytes:
    """One track (8.3); `size` in pixels, (0, 0) for sound; `tables` is its stbl.

    One that is not `enabled` is there to be chosen, and not played by itself.

    `duration` counts in `timescale`, `shown` (with its edits) in MOVIE_TIMESCALE; `edits` is an
    edts box or nothing.
    """
    picture = size != (0, 0)
    header = full_box(
        b"tkhd",
        1,
        3 if enabled else 2,  # in the movie
        struct.pack(">QQI4xQ8x", 0, 0, track_id, shown),
        struct.pack(">hhhH", 0, 0 if picture else 1, 0 if picture else 0x100, 0),
        IDENTITY_MATRIX,
        struct.pack(">II", size[0] << 16, size[1] << 16),
    )
    handler = full_box(
        b"hdlr", 0, 0, struct.pack(">4x4s12x", b"vide" if picture else b"soun"), b"mcu\x00"
    )
    media_header = full_box(
        b"mdhd", 1, 0, struct.pack(">QQIQHH", 0, 0, timescale, duration, UNDETERMINED_LANGUAGE, 0)
    )
    kind_header = (
        full_box(b"vmhd", 0, 1, bytes(8)) if picture else full_box(b"smhd", 0, 0, bytes(4))
    )
    in_this_file = box(
        b"dinf", full_box(b"dref", 0, 0, struct.pack(">I", 1), full_box(b"url ", 0, 1))
    )
    information = box(b"minf", kind_header, in_this_file, tables)
    return box(b"trak", header, edits, box(b"mdia", media_header, handler, information))


def stsd(*entries: bytes) -> bytes:
    """Sample descriptions (8.5.2)."""
    return full_box(b"stsd", 0, 0, struct.pack(">I", len(entries)), *entries)


# ------------------------------------------------------------------------------------ plain MP4


def edit_list(begin: int, length: int, skipped: int = 0) -> bytes:
    """Nothing for `begin`, then the media for `length` (8.6.6), both in MOVIE_TIMESCALE.

    The first `skipped` ticks of the media are not shown.
    """
    edits = [struct.pack(">QqI", length, skipped, MEDIA_RATE_1)]
    if begin:
        edits.insert(0, struct.pack(">QqI", begin, -1, MEDIA_RATE_1))
    return box(b"edts", full_box(b"elst", 1, 0, struct.pack(">I", len(edits)), *edits))


def stts(runs: list[tuple[int, int]]) -> bytes:
    """Durations as (how many samples, ticks of each) (8.6.1.2)."""
    return _table(b"stts", len(runs), *(struct.pack(">II", *run) for run in runs))


def stsc(chunks: list[tuple[int, int]]) -> bytes:
    """(samples, number of the sample entry) of each chunk; equal neighbours share a row (8.7.4)."""
    rows: list[bytes] = []
    before: tuple[int, int] | None = None
    for number, chunk in enumerate(chunks, 1):
        if chunk != before:
            rows.append(struct.pack(">III", number, *chunk))
        before = chunk
    return _table(b"stsc", len(rows), *rows)


def stsz(sizes: list[int]) -> bytes:
    """Sample sizes (8.7.3)."""
    return full_box(
        b"stsz", 0, 0, struct.pack(">II", 0, len(sizes)), struct.pack(f">{len(sizes)}I", *sizes)
    )


def co64(offsets: list[int]) -> bytes:
    """Where chunks stand in the file (8.7.5)."""
    return _table(b"co64", len(offsets), struct.pack(f">{len(offsets)}Q", *offsets))


def stss(numbers: list[int]) -> bytes:
    """Which samples, from 1, can be decoded on their own (8.6.2)."""
    return _table(b"stss", len(numbers), struct.pack(f">{len(numbers)}I", *numbers))


def mdat_head(size: int) -> bytes:
    """The beginning of a media data box of that many bytes, with a 64-bit size (8.1.1)."""
    return struct.pack(">I4sQ", 1, b"mdat", size + 16)


def _table(kind: bytes, count: int, *rows: bytes) -> bytes:
    return full_box(kind, 0, 0, struct.pack(">I", count), *rows)


# ------------------------------------------------------------------------------------ CMAF track


def init_segment(timescale: int, size: tuple[int, int], entry: bytes) -> bytes:
    """What a player needs before the fragments of a track: ftyp and a moov without samples."""
    tables = box(
        b"stbl",
        stsd(entry),
        full_box(b"stts", 0, 0, bytes(4)),
        full_box(b"stsc", 0, 0, bytes(4)),
        full_box(b"stsz", 0, 0, bytes(8)),
        full_box(b"stco", 0, 0, bytes(4)),
    )
    defaults = full_box(b"trex", 0, 0, struct.pack(">5I", 1, 1, 0, 0, 0))
    return ftyp(b"cmfc", b"iso6", b"cmfc", b"mp41") + box(
        b"moov", mvhd(0, 2), trak(1, timescale, size, tables), box(b"mvex", defaults)
    )


TFHD_BASE_IS_MOOF = 0x020000
TRUN_OFFSET, TRUN_DURATION, TRUN_SIZE, TRUN_FLAGS = 0x1, 0x100, 0x200, 0x400
SAMPLE_SYNC = 0x02000000  # depends on no other
SAMPLE_NON_SYNC = 0x01010000  # depends on others, is no sync sample


def fragment(sequence: int, decode_time: int, samples: list[tuple[int, bool, bytes]]) -> bytes:
    """moof and mdat of consecutive samples (8.8), each (duration in ticks, sync, data)."""
    table = b"".join(
        struct.pack(">III", duration, len(data), SAMPLE_SYNC if sync else SAMPLE_NON_SYNC)
        for duration, sync, data in samples
    )
    flags = TRUN_OFFSET | TRUN_DURATION | TRUN_SIZE | TRUN_FLAGS
    header = full_box(b"mfhd", 0, 0, struct.pack(">I", sequence))
    track = full_box(b"tfhd", 0, TFHD_BASE_IS_MOOF, struct.pack(">I", 1))
    time = full_box(b"tfdt", 1, 0, struct.pack(">Q", decode_time))
    run_size = 12 + 8 + len(table)
    moof_size = 8 + len(header) + 8 + len(track) + len(time) + run_size
    run = full_box(b"trun", 0, flags, struct.pack(">Ii", len(samples), moof_size + 8), table)
    moof = box(b"moof", header, box(b"traf", track, time, run))
    return moof + box(b"mdat", *(data for _, _, data in samples))


class HeadTooShort(ValueError):
    """More bytes of a fragment are needed to read its samples."""


def sample_entry(segment: bytes) -> bytes:
    """The sample entry in an init segment that `init_segment` made; raises ValueError."""
    at = segment.index(b"stsd") - 4
    (size,) = struct.unpack_from(">I", segment, at)
    return segment[at + 16 : at + size]


def parameter_sets(entry: bytes) -> ParameterSets:
    """What an avc1 sample entry that `picture_entry` made holds; raises ValueError."""
    at = entry.index(b"avcC") + 4 + 6
    sps = _counted(entry, at)
    return ParameterSets(sps, _counted(entry, at + 2 + len(sps) + 1))


def _counted(data: bytes, at: int) -> bytes:
    size = int.from_bytes(data[at : at + 2], "big")
    if len(data) < at + 2 + size:
        raise ValueError("a box is cut off")
    return data[at + 2 : at + 2 + size]


def sound_channels(entry: bytes) -> int:
    """The channels that an mp4a sample entry tells."""
    channels: int = struct.unpack_from(">H", entry, 24)[0]
    return channels


# Where the run of samples stands in what `fragment` makes: its sizes are all fixed.
RUN_COUNT_AT = 8 + 16 + 8 + 16 + 20 + 12
RUN_TABLE_AT = RUN_COUNT_AT + 8
RUN_ENTRY = struct.Struct(">III")


def fragment_samples(head: bytes) -> list[tuple[int, int, bool]]:
    """(duration, size, sync) of each sample of a fragment that `fragment` made.

    Raises HeadTooShort when `head` does not hold all of its moof, ValueError for anything else.
    """
    if head[4:8] != b"moof" or head[RUN_COUNT_AT - 8 : RUN_COUNT_AT - 4] != b"trun":
        raise ValueError("not a fragment of ours")
    (count,) = struct.unpack_from(">I", head, RUN_COUNT_AT)
    end = RUN_TABLE_AT + count * RUN_ENTRY.size
    if len(head) < end:
        raise HeadTooShort("the fragment's header is longer")
    return [
        (duration, size, flags == SAMPLE_SYNC)
        for duration, size, flags in RUN_ENTRY.iter_unpack(head[RUN_TABLE_AT:end])
    ]
