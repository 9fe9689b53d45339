"""What the compiled kernels share: logarithms and powers that run many at a time, threads, intrinsics.

Imported only by a call that is large enough to pay for it; Numba keeps the machine code on disk.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, TypeVar

import numba
import numpy as np
from numba.core import types
from numba.core.cgutils import ir
from numba.extending import intrinsic as numba_intrinsic
from numba.extending import overload

__all__ = ["THREADS", "exponential", "in_place_of", "intrinsic", "logarithm", "power"]

THREADS: int = numba.config.NUMBA_NUM_THREADS
"""How many threads are of use: the cores of this process, or what NUMBA_NUM_THREADS says."""

F = TypeVar("F", bound=Callable[..., Any])


def intrinsic(function: Callable[..., Any]) -> Any:
    return numba_intrinsic(function)


def in_place_of(plain: Any) -> Callable[[F], F]:
    made: Callable[[F], F] = overload(plain)
    return made


@intrinsic
def _bits(context: Any, x: Any) -> Any:
    whole, width = (types.int32, 32) if x == types.float32 else (types.int64, 64)

    def code(_: Any, builder: Any, __: Any, args: Any) -> Any:
        return builder.bitcast(args[0], ir.IntType(width))

    return whole(x), code


@intrinsic
def _number(context: Any, bits: Any) -> Any:
    single = bits == types.int32

    def code(_: Any, builder: Any, __: Any, args: Any) -> Any:
        return builder.bitcast(args[0], ir.FloatType() if single else ir.DoubleType())

    return (types.float32 if single else types.float64)(bits), code


def logarithm(x: Any) -> Any:
    """The natural logarithm of a number above 0; compiled, in a form that runs many at a time."""
    return math.log(x)


@in_place_of(logarithm)
def _logarithm_compiled(x: Any) -> Any:
    """x = 2^e m with m about 1, and log m = 2 atanh(s) = 2 (s + s^3/3 + ...), s = (m - 1)/(m + 1) <= 1/5."""
    single = x == types.float32
    real, whole = (np.float32, np.int32) if single else (np.float64, np.int64)
    terms = 5 if single else 12
    shift = whole(23 if single else 52)
    two_thirds = whole(0x3F2AAAAB if single else 0x3FE5555555555555)
    two = real(math.log(2))

    def code(x: Any) -> Any:
        bits = _bits(x)
        exponent = whole((bits - two_thirds) >> shift)  # Numba would widen to 64 bits
        m = _number(whole(bits - whole(exponent << shift)))
        s = (m - real(1)) / (m + real(1))
        square = s * s
        series = real(0)
        for k in range(terms, 0, -1):
            series = (series + real(1) / real(2 * k + 1)) * square
        return real(exponent) * two + real(2) * s * (real(1) + series)

    return code


def exponential(x: Any) -> Any:
    """e to a number; compiled, in a form that runs many at a time: 0 from -87 down (-708 in float64)."""
    return math.exp(x)


@in_place_of(exponential)
def _exponential_compiled(x: Any) -> Any:
    """2^m e^r with m whole and |r| <= log(2) / 2, and the series of e^r."""
    single = x == types.float32
    real, whole = (np.float32, np.int32) if single else (np.float64, np.int64)
    terms, shift, bias = (7, whole(23), 127) if single else (13, whole(52), 1023)
    least, per_log, log = real(-87 if single else -708), real(1 / math.log(2)), real(math.log(2))
    middle, last = real(bias + 0.5), real(1 / math.factorial(terms))

    def code(x: Any) -> Any:
        small = x if x > least else least
        raised = whole(small * per_log + middle)  # above 0, so what is cut off leaves the nearest
        r = small - real(whole(raised - whole(bias))) * log
        share = last
        series = share
        for k in range(terms, 0, -1):
            share = share * real(k)
            series = share + series * r
        power = series * _number(whole(raised << shift))
        return power if x > least else real(0)

    return code


def power(x: Any) -> Any:
    """As :func:`exponential`, in fewer steps, for what lies from -80 to 80 (-700 to 700 in float64)."""
    return math.exp(x)


@in_place_of(power)
def _power_compiled(x: Any) -> Any:
    """2^m e^r with m whole and |r| <= log(2) / 2, and the polynomial nearest to e^r there."""
    single = x == types.float32
    real, whole = (np.float32, np.int32) if single else (np.float64, np.int64)
    shift, bias = (whole(23), whole(127)) if single else (whole(52), whole(1023))
    per_log, log, middle = real(1 / math.log(2)), real(math.log(2)), real(float(bias) + 0.5)
    half = math.log(2) / 2
    near = np.polynomial.Chebyshev.interpolate(np.exp, 5 if single else 11, domain=[-half, half])
    shares = tuple(real(one) for one in near.convert(kind=np.polynomial.Polynomial).coef[::-1])
    last, terms = shares[0], len(shares)

    def code(x: Any) -> Any:
        raised = whole(x * per_log + middle)  # above 0, so what is cut off leaves the nearest
        r = x - real(whole(raised - bias)) * log
        series = last
        for k in range(1, terms):
            series = series * r + shares[k]
        return series * _number(whole(raised << shift))

    return code
