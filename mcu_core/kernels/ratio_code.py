"""LLVM code that scales down by a ratio known when it is compiled: exact area, no tables.

At a ratio of p : q every q output samples stand on p source samples, with the same small whole
weights each time. A byte times the weights of both axes fits 16 bits, so nothing is lost before the
one rounding. `sum_rows` adds source rows; `mean_columns` turns runs of those sums so that a lane is
a period of the ratio, adds columns, divides and turns back.
"""

from dataclasses import dataclass
from math import gcd
from typing import Any

from llvmlite import ir
from numba import types

from mcu_core.kernels.dispatch import literal_intrinsic
from mcu_core.kernels.lanes import (
    U8,
    U16,
    U32,
    address_of,
    joined,
    transposed,
    vector_load,
    vector_store,
)

STEP = 32
"""Columns that `sum_rows` takes at once."""

Share = dict[int, int]
"""Source sample, counted from the period's first: its weight."""


@dataclass(frozen=True)
class Ratio:
    """`p` source samples to `q` output samples, p > q."""

    p: int
    q: int

    @property
    def periods(self) -> int:
        """How many are turned together as one: eight columns are, used or not."""
        return max(1, min(8 // self.p, 4 // self.q))

    @property
    def squares(self) -> int:
        """How often eight of those make a block: what keeps the sums in registers."""
        return 2 if self.periods * self.q > 2 else 4

    @property
    def block_in(self) -> int:
        """Source columns of a block."""
        return 8 * self.squares * self.periods * self.p

    @property
    def block_out(self) -> int:
        """Output columns of a block."""
        return 8 * self.squares * self.periods * self.q

    def down(self) -> list[Share]:
        """What each of a period's q output rows is made of."""
        return shares(self.p, self.q, cosited=False)

    def across(self, cosited: bool) -> list[Share]:
        """The same for the columns of all `periods`, which may begin left of the first."""
        return [
            {k * self.p + index: weight for index, weight in share.items()}
            for k in range(self.periods)
            for share in shares(self.p, self.q, cosited)
        ]


def shares(p: int, q: int, cosited: bool) -> list[Share]:
    """The least whole weights of a period's outputs.

    Co-sited outputs begin (p - q) / 4q source samples further left (kernels/weights.py).
    """
    # Positions count in 1 / 4q of a source sample.
    sample, shift = 4 * q, p - q if cosited else 0
    begins = [4 * p * x - shift for x in range(q)]
    overlaps = [
        {
            index: min(begin + 4 * p, (index + 1) * sample) - max(begin, index * sample)
            for index in range(begin // sample, -(-(begin + 4 * p) // sample))
        }
        for begin in begins
    ]
    unit = gcd(*(overlap for share in overlaps for overlap in share.values()))
    return [{index: overlap // unit for index, overlap in share.items()} for share in overlaps]


def reciprocal(total: int) -> tuple[int, int]:
    """m, s with (v * m >> 16) >> s == v // total for every sum of bytes plus half of `total`."""
    most = 255 * total + total // 2
    for s in range(9):
        m = -(-(1 << (16 + s)) // total)
        if m < 65536 and all(v * m >> (16 + s) == v // total for v in range(most + 1)):
            return m, s
    raise ValueError(f"no 16-bit reciprocal of {total}")


def _all(value: int, count: int, element: Any = U16) -> Any:
    return ir.Constant(ir.VectorType(element, count), [value] * count)


def lane_mask(lanes: list[int]) -> Any:
    """What a shuffle takes."""
    return ir.Constant(ir.VectorType(U32, len(lanes)), lanes)


def weighted(builder: Any, values: dict[int, Any], share: Share) -> Any:
    """The weighted sum; equal weights are added before they are multiplied."""
    sums: dict[int, Any] = {}
    for index, weight in share.items():
        value = values[index]
        sums[weight] = builder.add(sums[weight], value) if weight in sums else value
    total = None
    for weight, value in sums.items():
        count = value.type.count
        product = value if weight == 1 else builder.mul(value, _all(weight, count))
        total = product if total is None else builder.add(total, product)
    return total


def divided(builder: Any, value: Any, total: int) -> Any:
    """value / total, rounded to the nearest."""
    count = value.type.count
    value = builder.add(value, _all(total // 2, count))
    if total & (total - 1) == 0:
        return builder.lshr(value, _all(total.bit_length() - 1, count))
    m, s = reciprocal(total)
    wide = builder.zext(value, ir.VectorType(U32, count))
    high = builder.lshr(builder.mul(wide, _all(m, count, U32)), _all(16, count, U32))
    return builder.lshr(builder.trunc(high, value.type), _all(s, count))


@literal_intrinsic
def sum_rows(
    _context: Any,
    rows: Any,
    to: Any,
    source: Any,
    row: Any,
    column: Any,
    p: Any,
    q: Any,
) -> Any:
    """rows[k, to:to+STEP] = weighted sum over source[row:row+p, column:column+STEP], k below q."""
    ratio = Ratio(p.literal_value, q.literal_value)

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        kinds, index = signature.args, args[1].type
        values = {}
        for k in range(ratio.p):
            line = builder.add(args[3], ir.Constant(index, k))
            place = address_of(context, builder, kinds[2], args[2], line, args[4])
            octets = vector_load(builder, place, U8, STEP)
            values[k] = builder.zext(octets, ir.VectorType(U16, STEP))
        for k, share in enumerate(ratio.down()):
            place = address_of(context, builder, kinds[0], args[0], ir.Constant(index, k), args[1])
            vector_store(builder, place, weighted(builder, values, share))
        return context.get_dummy_value()

    return types.none(rows, to, source, row, column, p, q), code


@literal_intrinsic
def mean_columns(
    _context: Any,
    target: Any,
    row: Any,
    column: Any,
    rows: Any,
    start: Any,
    p: Any,
    q: Any,
    cosited: Any,
) -> Any:
    """target[row + k, column:column+block_out] out of rows[k, start:start+block_in], k below q.

    `rows` must go on for 8 columns to the right and for what co-sited chroma takes to the left.
    """
    ratio = Ratio(p.literal_value, q.literal_value)
    across = ratio.across(bool(cosited.literal_value))
    total = sum(ratio.down()[0].values()) * sum(across[0].values())

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        kinds, index = signature.args, args[1].type
        for k in range(ratio.q):

            def sums(at: int, k: int = k) -> Any:
                place = builder.add(args[4], ir.Constant(index, at))
                line = ir.Constant(index, k)
                where = address_of(context, builder, kinds[3], args[3], line, place)
                return vector_load(builder, where, U16, 8)

            columns = _turned(builder, across, ratio, sums)
            means = [divided(builder, weighted(builder, columns, share), total) for share in across]
            line = builder.add(args[1], ir.Constant(index, k))
            place = address_of(context, builder, kinds[0], args[0], line, args[2])
            octets = builder.bitcast(place, U8.as_pointer())
            for at, value in _in_line(builder, means):
                vector_store(builder, builder.gep(octets, [ir.Constant(U32, at)]), value)
        return context.get_dummy_value()

    return types.none(target, row, column, rows, start, p, q, cosited), code


def _turned(builder: Any, across: list[Share], ratio: Ratio, sums: Any) -> dict[int, Any]:
    """The columns that a run of periods needs; lane k of each belongs to run k of the block."""
    needed = sorted({index for share in across for index in share})
    run = ratio.p * ratio.periods
    columns: dict[int, Any] = {}
    for first in needed:
        if first in columns:
            continue
        lines = [
            joined(
                builder, [sums(first + (k + 8 * square) * run) for square in range(ratio.squares)]
            )
            for k in range(8)
        ]
        columns |= {first + k: line for k, line in enumerate(transposed(builder, lines))}
    return columns


def _in_line(builder: Any, means: list[Any]) -> list[tuple[int, Any]]:
    """Bytes in the order of the picture and where they go: lane after lane, in each all means."""
    count, size = len(means), means[0].type.count
    octets = ir.VectorType(U8, 2 * size)
    if count == 1:
        return [(0, builder.trunc(means[0], ir.VectorType(U8, size)))]
    pairs = [
        builder.or_(low, builder.shl(high, _all(8, size)))
        for low, high in zip(means[::2], means[1::2], strict=False)
    ]
    if count == 2:
        return [(0, builder.bitcast(pairs[0], octets))]
    if count == 4:
        return _fours(builder, pairs, size)
    if count == 3:
        return _threes(
            builder, builder.bitcast(pairs[0], octets), builder.bitcast(means[2], octets)
        )
    raise ValueError(f"{count} outputs in a run")


def _fours(builder: Any, pairs: list[Any], size: int) -> list[tuple[int, Any]]:
    low = [square + k // 2 + (k % 2) * size for square in range(0, size, 8) for k in range(8)]
    first, last = (
        builder.shuffle_vector(*pairs, lane_mask([lane + half for lane in low])) for half in (0, 4)
    )
    stored = []
    for square in range(0, size, 8):
        lanes = [square + k for k in range(8)]
        mask = lane_mask(lanes + [size + lane for lane in lanes])
        stored.append((square * 4, builder.shuffle_vector(first, last, mask)))
    return stored


def _threes(builder: Any, pairs: Any, last: Any) -> list[tuple[int, Any]]:
    """In each square of 16 bytes: 24 bytes out of eight pairs and eight single ones."""
    size = pairs.type.count

    def place(square: int, k: int) -> int:
        period, index = divmod(k, 3)
        return square + 2 * period + (index if index < 2 else size)

    squares = range(0, size, 16)
    masks = (
        [place(square, k) for square in squares for k in range(16)],
        [place(square, 16 + k % 8) for square in squares for k in range(16)],
    )
    long, short = (builder.shuffle_vector(pairs, last, lane_mask(mask)) for mask in masks)
    stored = []
    for number, square in enumerate(squares):
        for at, value, count in ((0, long, 16), (16, short, 8)):
            part = lane_mask([square + k for k in range(count)])
            stored.append((24 * number + at, builder.shuffle_vector(value, value, part)))
    return stored
