"""Scaling down to a half or more by a ratio known when it is compiled: columns first, in pairs.

Every two source columns of an output lie side by side, so a shuffle of bytes puts them into one
16-bit lane, and one instruction of x86 (pmaddubsw) weighs and adds them. What is left is half as
wide or less before rows are added. Larger ratios want more columns than a shuffle reaches: see
kernels/ratio_code.py, whose weights and division these are.
"""

from typing import Any

from llvmlite import ir
from numba import types

from mcu_core.kernels.dispatch import literal_intrinsic
from mcu_core.kernels.lanes import (
    U8,
    U16,
    address_of,
    joined,
    vector_load,
    vector_store,
)
from mcu_core.kernels.ratio_code import Share, divided, lane_mask, shares, weighted

GROUP = 8
"""Outputs made of one run of WINDOW source bytes."""
WINDOW = 16
LANES = 2 * GROUP
"""Outputs that are worked on at once."""

Taps = list[tuple[int, int]]


def block_out(q: int) -> int:
    """Output columns of a block: whole periods, whole vectors."""
    return LANES * max(q, 2)


@literal_intrinsic
def mean_pairs(
    _context: Any,
    target: Any,
    row: Any,
    column: Any,
    source: Any,
    source_row: Any,
    source_column: Any,
    p: Any,
    q: Any,
    cosited: Any,
    first: Any,
) -> Any:
    """target[row:row+q, column:column+block_out(q)] out of p source rows from `source_column`.

    `first`: nothing lies left of the source column; what would counts as that column.
    """
    ratio = p.literal_value, q.literal_value
    across = shares(*ratio, bool(cosited.literal_value))
    down = shares(*ratio, cosited=False)
    total = sum(across[0].values()) * sum(down[0].values())
    left = 0 if first.literal_value else min(index for share in across for index in share)
    outputs = [_moved(across, *ratio, x) for x in range(block_out(ratio[1]))]
    width = block_out(ratio[1]) // ratio[1] * ratio[0]

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        kinds, index = signature.args, args[1].type

        def octets(line: int, at: int) -> Any:
            place = builder.add(args[5], ir.Constant(index, at))
            down = builder.add(args[4], ir.Constant(index, line))
            where = address_of(context, builder, kinds[3], args[3], down, place)
            return vector_load(builder, where, U8, WINDOW)

        for begin in range(0, len(outputs), LANES):
            part = outputs[begin : begin + LANES]
            lines = {
                line: _line(context, builder, part, (left, width), lambda at, k=line: octets(k, at))
                for line in range(ratio[0])
            }
            for k, share in enumerate(down):
                mean = divided(builder, weighted(builder, lines, share), total)
                to = builder.add(args[1], ir.Constant(index, k))
                at = builder.add(args[2], ir.Constant(index, begin))
                place = address_of(context, builder, kinds[0], args[0], to, at)
                vector_store(builder, place, builder.trunc(mean, ir.VectorType(U8, LANES)))
        return context.get_dummy_value()

    kinds = (target, row, column, source, source_row, source_column, p, q, cosited, first)
    return types.none(*kinds), code


def _moved(across: list[Share], p: int, q: int, x: int) -> Taps:
    """The source columns of output x of a block, and their weights: an even number of them."""
    taps = sorted((x // q * p + index, weight) for index, weight in across[x % q].items())
    return taps


def _line(
    context: Any, builder: Any, outputs: list[Taps], ends: tuple[int, int], octets: Any
) -> Any:
    """One source line's part in LANES outputs: weighted sums of 16 bits."""
    total = None
    for pair in range((max(map(len, outputs)) + 1) // 2):
        vectors, mask, weights = [], [], []
        for start in range(0, LANES, GROUP):
            group = [_pair(taps, pair) for taps in outputs[start : start + GROUP]]
            inside = [max(index, ends[0]) for index, _, _ in group]
            at = min(min(inside), ends[1] - WINDOW)
            vectors.append(octets(at))
            for index, low, high in group:
                both = (max(index, ends[0]) - at, max(index + 1, ends[0]) - at)
                mask += [start * 2 + place for place in both]
                weights += [low, high]
        value = joined(builder, vectors)
        value = builder.shuffle_vector(value, value, lane_mask(mask))
        sums = _pair_sums(context, builder, value, weights)
        total = sums if total is None else builder.add(total, sums)
    return total


def _pair(taps: Taps, number: int) -> tuple[int, int, int]:
    """Column of the pair's first, and both weights; a tap alone has one beside it that is 0."""
    part = taps[2 * number : 2 * number + 2]
    if len(part) == 2:
        return part[0][0], part[0][1], part[1][1]
    if part:
        return part[0][0] - 1, 0, part[0][1]
    return taps[0][0], 0, 0


def _pair_sums(context: Any, builder: Any, value: Any, weights: list[int]) -> Any:
    """value[2k] * weights[2k] + value[2k + 1] * weights[2k + 1]: of bytes, sums below 32768."""
    features = context.codegen().magic_tuple()[2]
    count = value.type.count
    if "+avx2" in features:
        return _multiplied(builder, value, weights, "llvm.x86.avx2.pmadd.ub.sw")
    if any(f"+{name}" in features for name in ("ssse3", "sse4.1", "sse4.2", "avx")):
        halves = []
        for start in range(0, count, WINDOW):
            lanes = list(range(start, start + WINDOW))
            half = builder.shuffle_vector(value, value, lane_mask(lanes))
            part = weights[start : start + WINDOW]
            halves.append(_multiplied(builder, half, part, "llvm.x86.ssse3.pmadd.ub.sw.128"))
        return joined(builder, halves)
    kind = ir.VectorType(U16, count // 2)
    low, high = (
        builder.mul(
            builder.zext(
                builder.shuffle_vector(value, value, lane_mask(list(range(odd, count, 2)))), kind
            ),
            ir.Constant(kind, weights[odd::2]),
        )
        for odd in (0, 1)
    )
    return builder.add(low, high)


def _multiplied(builder: Any, value: Any, weights: list[int], name: str) -> Any:
    result = ir.VectorType(U16, value.type.count // 2)
    kind = ir.FunctionType(result, [value.type, value.type])
    function = builder.module.declare_intrinsic(name, fnty=kind)
    return builder.call(function, [value, ir.Constant(value.type, weights)])
