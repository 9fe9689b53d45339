"""Core-set, k-means++ and BADGE on an accelerator beside the same on the processor, and a round of the loop.

    python benchmarks/device.py                        both; a million rows of 384 numbers, a batch of 100
    python benchmarks/device.py --parts round          a round of the loop alone; or kernels
    python benchmarks/device.py --rows 20000           smaller
    python benchmarks/device.py --device cpu           the accelerator's code on the processor, as a check

Kernels: times are the best of three, with the table in place; ``moved`` is how long it takes to get there.
``same`` is the share of picks that both have in common: in float32 rows equally far but for rounding may
change places.

A round: a campaign whose network is trained on 300 labels, reads the pool (*scoring*) and has a batch chosen
of it (*choosing*: all else that the question takes), on data that are made here.  Each place has a process of
its own, in which a small round goes before the one that is measured.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
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


def kernels(asked: argparse.Namespace) -> None:
    """A table of the searches, on the processor and on the device."""
    import torch

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
    print(flush=True)


# ---------------------------------------------------------------- a round of the loop

LABELS, CLASSES, SIDE = 300, 10, 28
SMALL = {"pictures": 5_000, "vectors": 20_000}  # whose searches are compiled, as those of large tables are
PARTS = ("training", "scoring", "choosing", "round")
ROUNDS: dict[str, tuple[str, Any]] = {
    "BALD, pictures": ("pictures", {"name": "bald", "members": 100}),
    "BADGE, vectors": ("vectors", "badge"),
    "core-set, vectors": ("vectors", "k_center"),
}


def heaps(n: int, columns: int) -> tuple[np.ndarray, np.ndarray]:
    """Rows around ten points, and which they are about; the heaps reach into each other."""
    rng = np.random.default_rng(0)
    y = rng.integers(0, CLASSES, n)
    x = rng.standard_normal((n, columns), dtype=np.float32)
    x += rng.standard_normal((CLASSES, columns), dtype=np.float32)[y] / 3
    return x, y


def pictures(n: int) -> tuple[np.ndarray, np.ndarray]:
    """The same as pictures of 28 x 28 in grey, as the encoder ``pixels`` gives them."""
    x, y = heaps(n, SIDE * SIDE)
    return np.clip(x / 6 + 0.5, 0, 1), y


def networks(device: str, *, quick: bool = False) -> dict[str, Any]:
    """A convolutional network for the pictures, and a perceptron on the vectors, both with dropout."""
    from querist.models.torch import TorchModel, Training
    from querist.models.torch.networks import Convolutional, Perceptron

    how = {"training": Training(epochs=1, least_steps=20) if quick else Training(), "device": device}
    return {
        "pictures": TorchModel(Convolutional(), **how),
        "vectors": TorchModel(Perceptron(), embed_on_device=device != "cpu", **how),
    }


@contextmanager
def clocked(device: str) -> Iterator[list[float]]:
    """How long each call takes by which a strategy reads the pool through a network."""
    import torch

    from querist.models.torch import TorchModel

    spent: list[float] = []
    reads = ("proba", "draws", "embed")  # which it has of its base

    def timed(name: str) -> Callable[..., Any]:
        def read(model: Any, *given: Any) -> Any:
            began = time.perf_counter()
            told = getattr(super(TorchModel, model), name)(*given)
            if device != "cpu":
                torch.cuda.synchronize()
            spent.append(time.perf_counter() - began)
            return told

        return read

    for name in reads:
        setattr(TorchModel, name, timed(name))
    try:
        yield spent
    finally:
        for name in reads:
            delattr(TorchModel, name)


def one_round(x: np.ndarray, y: np.ndarray, model: Any, strategy: Any, batch: int) -> dict[str, float]:
    """Seconds of the parts of a round: of a campaign that holds its labels, to the answers it is told."""
    from querist import Campaign
    from querist.data import Pool
    from querist.tasks import Classification

    names = [str(one) for one in y]
    campaign = Campaign(Pool(x), Classification(sorted(set(names))), strategy=strategy, model=model, seed=0)
    labelled = np.random.default_rng(1).permutation(len(x))[: min(LABELS, len(x) // 4)]
    campaign.tell({int(row): names[row] for row in labelled})
    with clocked(model.device) as spent:
        began = time.perf_counter()
        _ = campaign.model
        trained = time.perf_counter()
        queries = campaign.ask(batch)
        asked = time.perf_counter()
        campaign.tell({query.item: names[int(query.item)] for query in queries})
    scoring = sum(spent)
    return {
        "training": trained - began,
        "scoring": scoring,
        "choosing": asked - trained - scoring,
        "round": time.perf_counter() - began,
    }


def rounds(asked: argparse.Namespace) -> dict[str, dict[str, float]]:
    """The seconds of all rounds in this process."""
    told = {}
    for name, (kind, strategy) in ROUNDS.items():
        n = asked.pictures if kind == "pictures" else asked.rows
        x, y = pictures(n) if kind == "pictures" else heaps(n, asked.columns)
        few, quick = SMALL[kind], networks(asked.device, quick=True)[kind]
        one_round(x[:few], y[:few], quick, strategy, 10)  # what is compiled and loaded at first use
        told[name] = one_round(x, y, networks(asked.device)[kind], strategy, asked.batch)
    return told


def in_a_process(asked: argparse.Namespace, device: str, cores: int | None) -> dict[str, dict[str, float]]:
    """The same in a process of its own, with so many cores."""
    size = [f"--{one}={getattr(asked, one)}" for one in ("rows", "columns", "batch", "pictures")]
    call = [sys.executable, __file__, "--parts", "seconds", "--device", device, *size]
    there = sorted(os.sched_getaffinity(0))[:cores]
    done = subprocess.run(
        call, check=True, capture_output=True, text=True, preexec_fn=lambda: os.sched_setaffinity(0, there)
    )
    told: dict[str, dict[str, float]] = json.loads(done.stdout.splitlines()[-1])
    return told


def table(places: dict[str, dict[str, dict[str, float]]]) -> str:
    """A row for each round and place, in seconds."""
    lines = [f"| of | on | {', s | '.join(PARTS)}, s |", "|---|---|" + "---:|" * len(PARTS)]
    for name in ROUNDS:
        for place, told in places.items():
            cells = " | ".join(f"{told[name][part]:.2f}" for part in PARTS)
            lines.append(f"| {name} | {place} | {cells} |")
    return "\n".join(lines)


def a_round(asked: argparse.Namespace) -> None:
    """A table of the rounds, on the processor and on the device."""
    import torch

    all_cores = len(os.sched_getaffinity(0))
    few = {f"{asked.cores} cores": ("cpu", asked.cores)} if asked.cores < all_cores else {}
    places = {**few, f"{all_cores} cores": ("cpu", None)}
    if asked.device != "cpu":
        places[torch.cuda.get_device_name()] = (asked.device, None)
    print(f"{LABELS} labels; {asked.pictures:,} pictures, {asked.rows:,} x {asked.columns} vectors\n")
    print(table({place: in_a_process(asked, *where) for place, where in places.items()}), flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--parts", nargs="+", default=["kernels", "round"])
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--columns", type=int, default=384)
    parser.add_argument("--pictures", type=int, default=10_000)
    parser.add_argument("--batch", type=int, default=100)
    parser.add_argument("--device", default="cuda")
    parser.add_argument("--cores", type=int, default=2, help="a few cores beside all of them, in a round")
    asked = parser.parse_args()
    import torch

    if asked.device == "cuda" and not torch.cuda.is_available():
        parser.error("PyTorch sees no accelerator here; --device cpu runs its code on the processor.")
    for part in asked.parts:
        if part == "seconds":  # of this process alone, for the one that made it
            print(json.dumps(rounds(asked)))
        else:
            {"kernels": kernels, "round": a_round}[part](asked)


if __name__ == "__main__":
    main()
