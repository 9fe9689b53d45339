"""The machine's own limits, measured before anything else: what reading, multiplying, and logarithms cost."""

from __future__ import annotations

import platform
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

_READ = 64 << 20  # float32 numbers, 256 MB: far beyond any cache
_LOGS = 1 << 14  # numbers that stay in the nearest cache


@dataclass(frozen=True)
class Rates:
    """Numbers a second: GB read, GFLOP in products, billions of logarithms."""

    read_1: float
    read: float
    gemm_1: float
    gemm: float
    skinny_1: float
    skinny: float
    thin: float
    logs: float
    threads: int
    what: str

    def reading(self, numbers: float) -> float:
        """Seconds to read so many float32 numbers once."""
        return 4 * numbers / (self.read * 1e9)

    def products(self, multiplications: float, *, skinny: bool = False) -> float:
        """Seconds for so many multiplications and additions in float32."""
        return 2 * multiplications / ((self.skinny if skinny else self.gemm) * 1e9)

    def logarithms(self, numbers: float) -> float:
        return numbers / (self.logs * 1e9)


def measured() -> dict[str, Any]:
    """The rates of this machine with one thread and with all; some seconds."""
    from threadpoolctl import threadpool_info, threadpool_limits

    threads = _cores()
    x = np.ones(_READ, dtype=np.float32)
    pool = np.ones((200_000, 384), dtype=np.float32)
    square = np.ones((3_000, 3_000), dtype=np.float32)
    few, fewer = np.ones((384, 100), dtype=np.float32), np.ones((384, 10), dtype=np.float32)
    with threadpool_limits(1):
        read_1, read = _reading(x, 1), _reading(x, threads)
        gemm_1, skinny_1 = _multiplying(square, square), _multiplying(pool, few)
        logs = _logarithms(threads)
    with threadpool_limits(threads):
        gemm, skinny, thin = (
            _multiplying(square, square),
            _multiplying(pool, few),
            _multiplying(pool, fewer),
        )
        blas = sorted({f"{one['internal_api']} {one.get('architecture', '')}" for one in threadpool_info()})
    what = f"{processor()}, {threads} cores, {', '.join(blas)}, NumPy {np.__version__}"
    return asdict(Rates(read_1, read, gemm_1, gemm, skinny_1, skinny, thin, logs, threads, what))


def _cores() -> int:
    import os

    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else (os.cpu_count() or 1)


def processor() -> str:
    """What the processor is called."""
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as told:
            return next(line.split(":", 1)[1].strip() for line in told if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()


def _best(work: Callable[[], Any], times: int = 5) -> float:
    seconds = []
    for _ in range(times):
        began = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - began)
    return min(seconds)


def _reading(x: Any, threads: int) -> float:
    """GB/s of dot products, each thread on a part of its own (the lock is let go inside)."""
    parts = np.array_split(x, threads)
    with ThreadPoolExecutor(threads) as pool:
        seconds = _best(lambda: list(pool.map(lambda part: np.dot(part, part), parts)))
    return float(x.nbytes / seconds / 1e9)


def _multiplying(left: Any, right: Any) -> float:
    out = np.empty((len(left), right.shape[1]), dtype=np.float32)
    seconds = _best(lambda: np.matmul(left, right, out=out))
    return float(2 * left.shape[0] * left.shape[1] * right.shape[1] / seconds / 1e9)


def _logarithms(threads: int) -> float:
    """Billions of NumPy's float32 logarithms a second, in the cache."""
    values = [np.linspace(0.1, 1, _LOGS, dtype=np.float32) for _ in range(threads)]
    rounds = 200

    def work(part: Any) -> None:
        out = np.empty_like(part)
        for _ in range(rounds):
            np.log(part, out=out)

    with ThreadPoolExecutor(threads) as pool:
        seconds = _best(lambda: list(pool.map(work, values)))
    return float(threads * rounds * _LOGS / seconds / 1e9)
