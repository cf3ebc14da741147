"""Streams of simpler H.264 profiles said to be what they also are: High, at a level of archives.

All that Constrained Baseline and Main may use, High may use, too (H.264 A.2.4): such a stream is
made a stream of High by its sequence parameter set alone, whose fields that only High has say what
was implied before. No picture is touched.
"""

from dataclasses import dataclass

from mcu_core.errors import MalformedInput
from mcu_core.protocol.h264 import BitReader, SequenceFacts, sequence_facts

BASELINE, MAIN, EXTENDED, HIGH = 66, 77, 88, 100
CONSTRAINT_SET1 = 0x40
"""The stream obeys Main, whatever profile it names: no flexible order of macroblocks, no redundant
slices (H.264 A.2.2)."""

IMPLIED = "0101100"
"""chroma_format_idc 1, both depths 8, no transform bypass, no scaling matrix (7.3.2.1.1)."""

ID_BITS = 64
"""No seq_parameter_set_id, 0..31, is longer."""


@dataclass(frozen=True, slots=True)
class Level:
    """A row of H.264 table A-1: macroblocks a second, in a picture and in all kept ones, and bits a
    second of High (1.25 times the table's)."""

    idc: int
    macroblocks_s: int
    macroblocks: int
    kept: int
    bits_s: int

    def takes(self, facts: SequenceFacts, rate: float, bits_s: float) -> bool:
        """Whether pictures of that kind, `rate` a second, obey it."""
        macroblocks = -(-facts.width // 16) * -(-facts.height // 16)
        return (
            macroblocks <= self.macroblocks
            and macroblocks * rate <= self.macroblocks_s
            and macroblocks * facts.references <= self.kept
            and bits_s <= self.bits_s
        )


LEVEL_41 = Level(41, 245_760, 8_192, 32_768, 62_500_000)
LEVEL_42 = Level(42, 522_240, 8_704, 34_816, 62_500_000)


def why_not_high(sps: bytes) -> str:
    """Why a stream cannot be called High; empty when it can. Raises MalformedInput."""
    facts = sequence_facts(sps)
    profile, flags = sps[1], sps[2]
    if profile in (BASELINE, EXTENDED) and not flags & CONSTRAINT_SET1:
        return "the stream may use what High has not (plain Baseline or Extended profile)"
    if profile not in (BASELINE, MAIN, EXTENDED, HIGH):
        return f"a stream of profile {profile} is more than High"
    if facts.chroma != 1:
        return "the stream's colours are not 4:2:0"
    return ""


def as_high(sps: bytes, level: int) -> bytes:
    """The sequence parameter set of the same stream as High, at `level` (41 for 4.1).

    That the stream obeys the level is the caller's to know. Raises MalformedInput, also where
    `why_not_high` says why.
    """
    reason = why_not_high(sps)
    if reason:
        raise MalformedInput("sps", f"a stream that is High, too: {reason}")
    if sps[1] == HIGH:
        return bytes((sps[0], HIGH, sps[2], level)) + sps[4:]
    payload = sps[4:].replace(b"\x00\x00\x03", b"\x00\x00")
    bits = "".join(f"{one:08b}" for one in payload).rstrip("0")[:-1]  # without the stop bit
    reader = BitReader(sps[4 : 4 + ID_BITS // 8])
    before = reader.left
    reader.unsigned()  # seq_parameter_set_id
    end = before - reader.left
    bits = bits[:end] + IMPLIED + bits[end:] + "1"
    bits += "0" * (-len(bits) % 8)
    made = int(bits, 2).to_bytes(len(bits) // 8, "big")
    return bytes((sps[0], HIGH, 0, level)) + _protected(made)


def _protected(payload: bytes) -> bytes:
    """With emulation prevention bytes (7.4.1)."""
    out = bytearray()
    zeros = 0
    for byte in payload:
        if zeros == 2 and byte <= 3:
            out.append(3)
            zeros = 0
        out.append(byte)
        zeros = zeros + 1 if byte == 0 else 0
    return bytes(out)
