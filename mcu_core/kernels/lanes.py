"""Vectors of 16-bit lanes for kernels, and the operations on them, written as LLVM code.

Numba promotes integers to 64 bits, which costs most of what vector units can do. These operations
say the width: LLVM lowers them to the vector instructions of the machine, whichever these are. A
`Lanes` value exists only inside a kernel. Planes must have a column stride of one item; nothing
here checks bounds.
"""

from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import models, register_model

from mcu_core.kernels.dispatch import intrinsic

WIDE = 64
"""Columns that one step of the vertical pass takes."""
TALL = 32
"""Rows that one step of the horizontal pass takes."""

U8, U16, U32 = ir.IntType(8), ir.IntType(16), ir.IntType(32)


class Lanes(types.Type):  # type: ignore[misc]  # numba is untyped
    """`count` unsigned 16-bit numbers in vector registers."""

    def __init__(self, count: int) -> None:
        self.count = count
        super().__init__(name=f"Lanes({count})")


@register_model(Lanes)
class LanesModel(models.PrimitiveModel):  # type: ignore[misc]  # numba is untyped
    """Lanes are one LLVM vector value."""

    def __init__(self, manager: Any, lanes: Any) -> None:
        super().__init__(manager, lanes, ir.VectorType(U16, lanes.count))


WIDE_LANES = Lanes(WIDE)
TALL_LANES = Lanes(TALL)


def _splat(builder: Any, value: Any, count: int) -> Any:
    """All lanes equal to one scalar."""
    kind = ir.VectorType(value.type, count)
    first = builder.insert_element(ir.Constant(kind, ir.Undefined), value, ir.Constant(U32, 0))
    mask = ir.Constant(ir.VectorType(U32, count), [0] * count)
    return builder.shuffle_vector(first, ir.Constant(kind, ir.Undefined), mask)


def address_of(context: Any, builder: Any, kind: Any, array: Any, row: Any, column: Any) -> Any:
    """The address of array[row, column]; the column stride is one item."""
    struct = context.make_array(kind)(context, builder, array)
    stride = cgutils.unpack_tuple(builder, struct.strides)[0]
    offset = builder.mul(row, stride)
    start = builder.bitcast(struct.data, ir.IntType(8).as_pointer())
    line = builder.bitcast(builder.gep(start, [offset]), struct.data.type)
    return builder.gep(line, [column])


def vector_load(builder: Any, pointer: Any, element: Any, count: int) -> Any:
    kind = ir.VectorType(element, count)
    return builder.load(builder.bitcast(pointer, kind.as_pointer()), align=1)


def vector_store(builder: Any, pointer: Any, value: Any) -> None:
    builder.store(value, builder.bitcast(pointer, value.type.as_pointer()), align=1)


def _weighted(builder: Any, total: Any, value: Any, weight: Any, count: int) -> Any:
    """total + (value * weight >> 16) in every lane: one multiply that keeps the high half."""
    double = ir.VectorType(U32, count)
    factor = builder.zext(_splat(builder, weight, count), double)
    product = builder.mul(builder.zext(value, double), factor)
    high = builder.lshr(product, _splat(builder, ir.Constant(U32, 16), count))
    return builder.add(total, builder.trunc(high, ir.VectorType(U16, count)))


def _start(count: int) -> Any:
    def typed(_context: Any, value: Any) -> Any:
        def code(_context: Any, builder: Any, _signature: Any, args: Any) -> Any:
            return _splat(builder, builder.trunc(args[0], U16), count)

        return Lanes(count)(value), code

    return typed


@intrinsic
def wide_start(_context: Any, value: Any) -> Any:
    """WIDE lanes, all equal to an integer below 65536."""
    return _start(WIDE)(_context, value)


@intrinsic
def tall_start(_context: Any, value: Any) -> Any:
    """TALL lanes, all equal to an integer below 65536."""
    return _start(TALL)(_context, value)


@intrinsic
def add_bytes(_context: Any, total: Any, plane: Any, row: Any, column: Any, weight: Any) -> Any:
    """total + (256 * plane[row, column:column+WIDE] * weight >> 16)."""

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        pointer = address_of(context, builder, signature.args[1], args[1], args[2], args[3])
        octets = vector_load(builder, pointer, U8, WIDE)
        value = builder.zext(octets, ir.VectorType(U16, WIDE))
        value = builder.shl(value, _splat(builder, ir.Constant(U16, 8), WIDE))
        return _weighted(builder, args[0], value, args[4], WIDE)

    return WIDE_LANES(total, plane, row, column, types.uint16), code


@intrinsic
def add_tall(_context: Any, total: Any, rows: Any, row: Any, column: Any, weight: Any) -> Any:
    """total + (rows[row, column:column+TALL] * weight >> 16); `rows` holds 16-bit numbers."""

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        pointer = address_of(context, builder, signature.args[1], args[1], args[2], args[3])
        value = vector_load(builder, pointer, U16, TALL)
        return _weighted(builder, args[0], value, args[4], TALL)

    return TALL_LANES(total, rows, row, column, types.uint16), code


@intrinsic
def store_wide(_context: Any, value: Any, rows: Any, row: Any, column: Any) -> Any:
    """rows[row, column:column+WIDE] = value."""

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        pointer = address_of(context, builder, signature.args[1], args[1], args[2], args[3])
        vector_store(builder, pointer, args[0])
        return context.get_dummy_value()

    return types.none(value, rows, row, column), code


@intrinsic
def store_rounded(_context: Any, value: Any, plane: Any, row: Any, column: Any) -> Any:
    """plane[row, column:column+TALL] = (value + 128) >> 8."""

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        pointer = address_of(context, builder, signature.args[1], args[1], args[2], args[3])
        raised = builder.add(args[0], _splat(builder, ir.Constant(U16, 128), TALL))
        high = builder.lshr(raised, _splat(builder, ir.Constant(U16, 8), TALL))
        vector_store(builder, pointer, builder.trunc(high, ir.VectorType(U8, TALL)))
        return context.get_dummy_value()

    return types.none(value, plane, row, column), code


def joined(builder: Any, parts: list[Any]) -> Any:
    """Vectors of equal length, one behind the other."""
    while len(parts) > 1:
        count = 2 * parts[0].type.count
        mask = ir.Constant(ir.VectorType(U32, count), list(range(count)))
        pairs = zip(parts[::2], parts[1::2], strict=True)
        parts = [builder.shuffle_vector(a, b, mask) for a, b in pairs]
    return parts[0]


def transposed(builder: Any, rows: list[Any]) -> list[Any]:
    """Transpose the squares that stand side by side in `rows`, each as wide as there are rows.

    Every round interleaves rows half a square apart, inside their square: with squares of 128 bits
    that is one unpack instruction for each vector, on any x86 and on ARM.
    """
    size, width = len(rows), rows[0].type.count
    low = [
        square + k // 2 + (k % 2) * width for square in range(0, width, size) for k in range(size)
    ]
    masks = [
        ir.Constant(ir.VectorType(U32, width), lanes)
        for lanes in (low, [lane + size // 2 for lane in low])
    ]
    for _ in range(size.bit_length() - 1):
        pairs = list(zip(rows[: size // 2], rows[size // 2 :], strict=True))
        rows = [builder.shuffle_vector(a, b, mask) for a, b in pairs for mask in masks]
    return rows


def _turn(element: Any, size: int, squares: int) -> Any:
    """Code that transposes `squares` squares below each other into as many side by side."""

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        kinds = signature.args

        def address(array: int, k: int) -> Any:
            row = builder.add(args[array + 1], ir.Constant(ir.IntType(64), k))
            return address_of(context, builder, kinds[array], args[array], row, args[array + 2])

        rows = [
            joined(
                builder,
                [
                    vector_load(builder, address(3, k + size * square), element, size)
                    for square in range(squares)
                ],
            )
            for k in range(size)
        ]
        for k, value in enumerate(transposed(builder, rows)):
            vector_store(builder, address(0, k), value)
        return context.get_dummy_value()

    return code


@intrinsic
def turn_numbers(
    _context: Any, to: Any, to_row: Any, to_column: Any, source: Any, row: Any, column: Any
) -> Any:
    """Transpose TALL rows x 8 columns of 16-bit numbers from `source` into `to`."""
    return types.none(to, to_row, to_column, source, row, column), _turn(U16, 8, TALL // 8)


@intrinsic
def turn_bytes(
    _context: Any, to: Any, to_row: Any, to_column: Any, source: Any, row: Any, column: Any
) -> Any:
    """Transpose 32 rows x 16 columns of bytes from `source` into `to`."""
    return types.none(to, to_row, to_column, source, row, column), _turn(U8, 16, 2)


@intrinsic
def prefetch(_context: Any, plane: Any, row: Any, column: Any) -> Any:
    """Ask for the cache line of plane[row, column], into L2; harmless wherever that is."""

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        pointer = address_of(context, builder, signature.args[0], *args)
        kind = ir.FunctionType(ir.VoidType(), [pointer.type, U32, U32, U32])
        name = "llvm.prefetch.p0i8"
        function = cgutils.get_or_insert_function(builder.module, kind, name)
        read, second_level, data = (ir.Constant(U32, value) for value in (0, 2, 1))
        builder.call(function, [pointer, read, second_level, data])
        return context.get_dummy_value()

    return types.none(plane, row, column), code
