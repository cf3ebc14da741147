"""The picture kernels again, as slow and plain as they can be said."""

from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

Octets = NDArray[np.uint8]
Exact = NDArray[np.float64]


def scaled(
    source: Octets,
    size: tuple[int, int],
    ratio: tuple[Fraction, Fraction],
    cosited: tuple[bool, bool] = (False, False),
) -> Exact:
    """`source` scaled to `size` (h, w), unrounded; `ratio` (y, x) is source over target.

    Downwards the mean of the area under the output sample, upwards a straight line between the two
    neighbours, the edge repeated beyond itself. `cosited` axes (chroma along x): samples stand a
    quarter into their place, half a luma sample.
    """
    down = _matrix(source.shape[0], size[0], ratio[0], cosited[0])
    across = _matrix(source.shape[1], size[1], ratio[1], cosited[1])
    return down @ source.astype(np.float64) @ across.T


def _matrix(source: int, target: int, ratio: Fraction, cosited: bool) -> Exact:
    """Row t says how much of each source sample output sample t is."""
    result = np.zeros((target, source))
    for t in range(target):
        if cosited:
            # In luma samples of the target, then of the source, then in chroma of the source.
            luma = (2 * t + Fraction(1, 2)) * ratio
            centre = (luma - Fraction(1, 2)) / 2 + Fraction(1, 2)
        else:
            centre = (t + Fraction(1, 2)) * ratio
        for index, share in _shares(centre, ratio):
            result[t, min(max(index, 0), source - 1)] += float(share)
    return result


def _shares(centre: Fraction, ratio: Fraction) -> list[tuple[int, Fraction]]:
    if ratio < 1:
        before = (centre - Fraction(1, 2)) // 1
        part = centre - Fraction(1, 2) - before
        return [(int(before), 1 - part), (int(before) + 1, part)]
    begin, end = centre - ratio / 2, centre + ratio / 2
    shares = []
    for index in range(int(begin // 1), int(-(-end // 1))):
        overlap = min(end, Fraction(index + 1)) - max(begin, Fraction(index))
        shares.append((index, overlap / ratio))
    return shares


def blended(target: Octets, paint: Octets, alpha: Octets) -> Octets:
    """Each sample on its own, rounded to the nearest."""
    result = np.empty_like(target)
    for at in np.ndindex(target.shape):
        a = int(alpha[at])
        mixed = Fraction(int(target[at]) * (255 - a) + int(paint[at]) * a, 255)
        result[at] = int(mixed + Fraction(1, 2))
    return result


def turned(source: Octets, quarters: int) -> Octets:
    """Clockwise, by hand."""
    for _ in range(quarters):
        height, width = source.shape
        result = np.empty((width, height), np.uint8)
        for y, x in np.ndindex(height, width):
            result[x, height - 1 - y] = source[y, x]
        source = result
    return source


def recolored(
    y: Octets, u: Octets, v: Octets, coefficients: list[int]
) -> tuple[Octets, Octets, Octets]:
    """Luma and chroma through the ten coefficients, one sample at a time."""
    c = coefficients
    new_y, new_u, new_v = y.copy(), u.copy(), v.copy()
    for row, column in np.ndindex(y.shape):
        at = row // 2, column // 2
        total = c[0] * int(y[row, column]) + c[1] * int(u[at]) + c[2] * int(v[at]) + c[3]
        new_y[row, column] = min(max(total // 2**14, 0), 255)
    for at in np.ndindex(u.shape):
        blue, red = int(u[at]), int(v[at])
        new_u[at] = min(max((c[4] * blue + c[5] * red + c[6]) // 2**14, 0), 255)
        new_v[at] = min(max((c[7] * blue + c[8] * red + c[9]) // 2**14, 0), 255)
    return new_y, new_u, new_v
