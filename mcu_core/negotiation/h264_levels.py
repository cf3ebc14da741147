"""What H.264's levels bear (table A-1 and A.3.1). Pure."""

from typing import NamedTuple

PIXELS = 16
"""Side of a macroblock."""


class Level(NamedTuple):
    """Macroblocks per second, macroblocks per picture, kbit/s."""

    per_second: int
    per_picture: int
    kbps: int

    def holds(self, width: int, height: int) -> bool:
        """Whether a picture of so many pixels is within it: in number of macroblocks, and in
        neither direction more of them than A.3.1 allows."""
        longest = max(-(-side // PIXELS) for side in (width, height))
        fits = macroblocks(width, height) <= self.per_picture
        return fits and longest**2 <= 8 * self.per_picture


LEVELS = {
    9: Level(1_485, 99, 128),  # 1b in the High profiles
    10: Level(1_485, 99, 64),
    11: Level(3_000, 396, 192),
    12: Level(6_000, 396, 384),
    13: Level(11_880, 396, 768),
    20: Level(11_880, 396, 2_000),
    21: Level(19_800, 792, 4_000),
    22: Level(20_250, 1_620, 4_000),
    30: Level(40_500, 1_620, 10_000),
    31: Level(108_000, 3_600, 14_000),
    32: Level(216_000, 5_120, 20_000),
    40: Level(245_760, 8_192, 20_000),
    41: Level(245_760, 8_192, 50_000),
    42: Level(522_240, 8_704, 50_000),
    50: Level(589_824, 22_080, 135_000),
    51: Level(983_040, 36_864, 240_000),
    52: Level(2_073_600, 36_864, 240_000),
}
"""By level_idc: ten times the level's number."""

HIGHEST = max(LEVELS)


def macroblocks(width: int, height: int) -> int:
    """Of a picture of so many pixels."""
    return -(-width // PIXELS) * -(-height // PIXELS)


def level_for(width: int, height: int, fps: int) -> int:
    """The level_idc, 10 at least, of the lowest level with such pictures; the highest for more."""
    per_second = fps * macroblocks(width, height)
    for number, level in LEVELS.items():
        if number >= 10 and level.holds(width, height) and per_second <= level.per_second:
            return number
    return HIGHEST
