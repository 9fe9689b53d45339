"""Core-set, k-means++ and BADGE on an accelerator beside the same on the processor, and a round of the loop.

    python benchmarks/device.py                        a million rows of 384 numbers, a batch of 100
    python benchmarks/device.py --rows 20000           smaller
    python benchmarks/device.py --device cpu           the accelerator's code on the processor, as a check

Times are the best of three, with the table in place; ``moved`` is how long it takes to get there.
``same`` is the share of picks that both have in common: in float32 rows equally far but for rounding may
change places.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from querist.kernels import k_center, kmeans_plus_plus
from querist.kernels.nearness import Measured, nearness
from querist.kernels.on_device import Table

Picks = np.ndarray


def best(of: Callable[[], Picks], times: int = 3) -> tuple[float, Picks]:
    """The least seconds that it took, and what came out."""
    least, picks = np.inf, np.empty(0)
    for _ in range(times):
        began = time.perf_counter()
        picks = of()
        least = min(least, time.perf_counter() - began)
    return least, picks


def works(x: Any, factors: np.ndarray, taken: np.ndarray, n: int) -> dict[str, Callable[[], Picks]]:
    """The three searches over one table, each from the beginning."""

    def drawn(with_factors: np.ndarray | None) -> Picks:
        rng = np.random.default_rng(1)
        return kmeans_plus_plus(nearness(x, taken), n, factors=with_factors, rng=rng)[0]

    return {
        "core-set": lambda: k_center(nearness(x, taken), n)[0],
        "k-means++": lambda: drawn(None),
        "BADGE": lambda: drawn(factors),
    }


def placed(x: np.ndarray, device: str) -> tuple[Measured, float]:
    """The table on the device, and the seconds that it took to get there."""
    import torch

    began = time.perf_counter()
    tensor = torch.as_tensor(x).to(device)
    if device != "cpu":
        torch.cuda.synchronize()
    moved = time.perf_counter() - began
    measured = Measured(x)
    measured.x, measured.on_device = tensor, Table(tensor)  # also where the device is the processor
    return measured, moved


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--columns", type=int, default=384)
    parser.add_argument("--batch", type=int, default=100)
    parser.add_argument("--device", default="cuda")
    asked = parser.parse_args()
    import torch

    if asked.device == "cuda" and not torch.cuda.is_available():
        parser.error("PyTorch sees no accelerator here; --device cpu runs its code on the processor.")
    rng = np.random.default_rng(0)
    x = rng.standard_normal((asked.rows, asked.columns), dtype=np.float32)
    factors = rng.standard_normal((asked.rows, 10), dtype=np.float32)
    taken = np.arange(20)
    there, moved = placed(x, asked.device)
    name = torch.cuda.get_device_name() if asked.device == "cuda" else "the processor"
    print(f"{asked.rows:,} x {asked.columns}, batch {asked.batch}, on {name}; moved in {moved:.2f} s\n")
    print("| work | processor, s | device, s | ratio | same |\n|---|---|---|---|---|")
    far = works(there, factors, taken, asked.batch)
    for work, near in works(x, factors, taken, asked.batch).items():
        (here_s, here), (there_s, picks) = best(near), best(far[work])
        same = len(np.intersect1d(here, picks)) / len(here)
        print(f"| {work} | {here_s:.3f} | {there_s:.3f} | {here_s / there_s:.1f} | {same:.0%} |")


if __name__ == "__main__":
    main()
