"""Scaling down by a ratio known when it is compiled: columns first, by shuffles of bytes.

The two source columns of an output, or its four, are brought side by side, so that one instruction
of x86 (pmaddubsw) weighs and adds pairs of them. What is left is half as wide or less before rows
are added. How far a shuffle reaches decides which ratios this is for; for the others there is
kernels/ratio_code.py, whose weights and division these are.
"""

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

from llvmlite import ir
from numba import types

from mcu_core.kernels.dispatch import literal_intrinsic, machine_has
from mcu_core.kernels.lanes import U8, U16, U32, address_of, joined, vector_load, vector_store
from mcu_core.kernels.ratio_code import Share, divided, lane_mask, shares, weighted

LANES = 16
"""Outputs that are worked on at once."""


class Reach(NamedTuple):
    """A shuffle makes `outputs` of `window` source bytes, each out of `taps` columns."""

    taps: int
    outputs: int
    window: int


PAIRS = Reach(2, 8, 16)
"""Any machine; up to two source columns for an output."""
QUADS = Reach(4, 16, 64)
"""Machines with a shuffle of 64 bytes; up to four."""
FAR = machine_has("avx512vbmi") and machine_has("avx512bw")
"""Whether this one has."""


def block_out(q: int) -> int:
    """Output columns of a block: whole periods, whole vectors."""
    return LANES * max(q, 2)


@literal_intrinsic
def mean_runs(
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
    ends = left, len(outputs) // ratio[1] * ratio[0]
    reach = PAIRS if ratio[0] <= 2 * ratio[1] else QUADS

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        kinds, index = signature.args, args[1].type

        def octets(line: int, at: int) -> Any:
            place = builder.add(args[5], ir.Constant(index, at))
            below = builder.add(args[4], ir.Constant(index, line))
            where = address_of(context, builder, kinds[3], args[3], below, place)
            return vector_load(builder, where, U8, reach.window)

        for begin in range(0, len(outputs), LANES):
            part = outputs[begin : begin + LANES]
            lines = {
                line: _line(builder, part, ends, reach, partial(octets, line))
                for line in range(ratio[0])
            }
            for k, share in enumerate(down):
                mean = _mean(builder, weighted(builder, lines, share), total)
                to = builder.add(args[1], ir.Constant(index, k))
                at = builder.add(args[2], ir.Constant(index, begin))
                vector_store(builder, address_of(context, builder, kinds[0], args[0], to, at), mean)
        return context.get_dummy_value()

    kinds = (target, row, column, source, source_row, source_column, p, q, cosited, first)
    return types.none(*kinds), code


Taps = list[tuple[int, int]]
"""Source columns, counted from the block's first, and their weights."""


def _moved(across: list[Share], p: int, q: int, x: int) -> Taps:
    """What output x of a block is made of."""
    return sorted((x // q * p + index, weight) for index, weight in across[x % q].items())


def _mean(builder: Any, value: Any, total: int) -> Any:
    """Bytes out of the sums of LANES outputs, or of their halves side by side."""
    if value.type.count > LANES:
        whole = builder.bitcast(value, ir.VectorType(U32, LANES))
        upper = builder.lshr(whole, ir.Constant(whole.type, [16] * LANES))
        value = builder.bitcast(builder.add(whole, upper), value.type)
    mean = divided(builder, value, total)
    if value.type.count > LANES:
        mean = builder.bitcast(mean, ir.VectorType(U32, LANES))
    return builder.trunc(mean, ir.VectorType(U8, LANES))


def _line(
    builder: Any,
    outputs: list[Taps],
    ends: tuple[int, int],
    reach: Reach,
    octets: Callable[[int], Any],
) -> Any:
    """One source line's part in LANES outputs: weighted sums of pairs, 16 bits each."""
    total = None
    for begin in range(0, max(map(len, outputs)), reach.taps):
        vectors: list[Any] = []
        mask: list[int] = []
        weights: list[int] = []
        for start in range(0, LANES, reach.outputs):
            group = [
                tap
                for taps in outputs[start : start + reach.outputs]
                for tap in _part(taps, begin, reach.taps)
            ]
            inside = [max(index, ends[0]) for index, _ in group]
            at = min(*inside, ends[1] - reach.window)
            mask += [len(vectors) * reach.window + index - at for index in inside]
            weights += [weight for _, weight in group]
            vectors.append(octets(at))
        value = joined(builder, vectors)
        value = builder.shuffle_vector(value, value, lane_mask(mask))
        sums = _pair_sums(builder, value, weights)
        total = sums if total is None else builder.add(total, sums)
    return total


def _part(taps: Taps, begin: int, count: int) -> Taps:
    """Some of the taps; where there are not so many left, the last one without weight."""
    part = taps[begin : begin + count]
    return part + [(taps[-1][0], 0)] * (count - len(part))


def _pair_sums(builder: Any, value: Any, weights: list[int]) -> Any:
    """value[2k] * weights[2k] + value[2k + 1] * weights[2k + 1]: of bytes, sums below 32768."""
    count = value.type.count
    if count == 64:
        return _multiplied(builder, value, weights, "llvm.x86.avx512.pmaddubs.w.512")
    if machine_has("avx2"):
        return _multiplied(builder, value, weights, "llvm.x86.avx2.pmadd.ub.sw")
    if machine_has("ssse3", "sse4.1", "sse4.2", "avx"):
        halves = []
        for start in range(0, count, 16):
            half = builder.shuffle_vector(value, value, lane_mask(list(range(start, start + 16))))
            part = weights[start : start + 16]
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
