"""Opus: one packet per RTP payload (RFC 7587), its length in its first byte (RFC 6716 3.1)."""

MAX_TICKS = 5760
"""120 ms at 48 kHz, the longest packet (RFC 6716 3.2.5, R5)."""

# RFC 6716 table 2: ticks of 48 kHz per frame for each of the 32 configurations.
_SILK = (480, 960, 1920, 2880)
_HYBRID = (480, 960)
_CELT = (120, 240, 480, 960)
_FRAME_TICKS = _SILK * 3 + _HYBRID * 2 + _CELT * 4

_COUNT_IN_BYTE = 3
_FIRST_CELT = 0x80
_STEREO = 0x04
_DTX_BYTES = 2


def packet_ticks(data: bytes) -> int:
    """How long an Opus packet sounds, in ticks of 48 kHz; 0 if it is none.

    The two low bits of the first byte tell the number of frames: 0 one, 1 and 2 two, 3 as many as
    the six low bits of the second byte say (RFC 6716 3.2).
    """
    if not data:
        return 0
    ticks = _FRAME_TICKS[data[0] >> 3]
    code = data[0] & 3
    if code == _COUNT_IN_BYTE:
        if len(data) < 2:
            return 0
        ticks *= data[1] & 0x3F
        return ticks if ticks <= MAX_TICKS else 0
    return ticks if code == 0 else 2 * ticks


def carries_frame_before(data: bytes) -> bool:
    """Whether an Opus packet has the frame before it once more (in-band FEC, RFC 6716 4.2.4).

    SILK's part begins with a bit of voice activity per 20 ms and channel, and one that tells of
    such a copy; the arithmetic coder leaves these as they are.
    """
    if len(data) < 2 or data[0] >= _FIRST_CELT or data[0] & 3:
        return False
    frames = max(1, _FRAME_TICKS[data[0] >> 3] // 960)
    if data[1] >> (7 - frames) & 1:
        return True
    return bool(data[0] & _STEREO) and bool(data[1] >> max(0, 6 - 2 * frames) & 1)


def has_silk(data: bytes) -> bool:
    """Whether SILK makes a packet's sound, or the lower part of it (RFC 6716 table 2)."""
    return bool(data) and data[0] < _FIRST_CELT


def is_silence(data: bytes) -> bool:
    """Whether an Opus packet says, without being decoded, that nothing is heard.

    One of a byte or two is DTX (RFC 6716 2.1.9). CELT begins with a bit for silence, true once in
    32768 as its coder takes it: then the packet's first 15 bits are ones (4.3, table 56).
    """
    if len(data) <= _DTX_BYTES:
        return True
    return data[0] >= _FIRST_CELT and not data[0] & 3 and data[1] == 0xFF and data[2] >= 0xFE
