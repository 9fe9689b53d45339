"""The table of Lu, Li & Lin (2023), made again: ten strategies on nineteen data sets, by their own splits.

    QUERIST_DATA=... python benchmarks/lu2023              run what is missing, then write the report
    python benchmarks/lu2023 --report                      only write docs/benchmarks/lu-2023.md

Every run is added to build/lu2023.jsonl as soon as it is done, and the processor's seconds that it took to
build/lu2023.seconds.csv; what was ended goes on where it was.
--datasets, --strategies and --seeds choose less; --workers N spreads the seeds over N processes.
"""

from __future__ import annotations

import argparse
import sys
import time
from itertools import groupby
from pathlib import Path

import report
from campaigns import case, digest, made, spec
from joblib import Parallel, delayed
from readings import READINGS
from splits import LARGE, SMALL, counted, dataset, protocol
from threadpoolctl import threadpool_limits

from querist.evaluation import Results, Run

ROOT = Path(__file__).parents[2]
RUNS = ROOT / "build" / "lu2023.jsonl"
CHEAP = ("Uniform", "US-C", "US-NC", "MCM", "Core-Set", "Graph", "Hier")
SMALL_SEEDS, LARGE_SEEDS = 100, 10  # as many as the published means are of


def main() -> int:
    """Run what is asked for and not there yet, then write the report."""
    given = _arguments()
    if not given.report:
        given.runs.parent.mkdir(exist_ok=True)
        run(given)
    if not given.no_report:
        report.write(given.runs, ROOT)
    return 0


def run(given: argparse.Namespace) -> None:
    """Make the runs, data set by data set and seed by seed."""
    with Results(given.runs) as kept:
        for name in given.datasets:
            began, number = time.perf_counter(), 0
            todo = _todo(given, name, kept)
            jobs = Parallel(n_jobs=given.workers, return_as="generator_unordered")
            for runs in jobs(delayed(_seed)(name, seed, names) for seed, names in todo):
                for one, seconds in runs:
                    kept.add(one)
                    report.note_seconds(given.runs, one, seconds)
                    number += 1
            print(f"{name}: {number} runs in {time.perf_counter() - began:.1f} s", flush=True)


def _todo(given: argparse.Namespace, name: str, kept: Results) -> list[tuple[int, list[str]]]:
    """The seeds of a data set that the table counts, each with the strategies that are not run yet."""
    data, rules = dataset(name), protocol()
    wanted = given.seeds or (LARGE_SEEDS if name in LARGE else SMALL_SEEDS)
    pairs = [(seed, one) for seed in counted(data, wanted) for one in given.strategies]
    missing = [(seed, one) for seed, one in pairs if digest(spec(data, one, seed, rules)) not in kept.runs]
    return [(seed, [one for _, one in some]) for seed, some in groupby(missing, key=lambda pair: pair[0])]


def _seed(name: str, seed: int, strategies: list[str]) -> list[tuple[Run, float]]:
    """All runs of a seed, which have the kernel in common, each with the processor's seconds."""
    data, rules = dataset(name), protocol()
    found = []
    with threadpool_limits(1):
        shared = case(data, rules.split(data, seed), seed)
        for one in strategies:
            began = time.process_time()
            found.append((made(data, one, seed, rules, shared), time.process_time() - began))
    return found


def _names(given: str) -> list[str]:
    return [one for one in given.split(",") if one]


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--datasets", type=_names, default=[*SMALL, *LARGE], help="names, with commas")
    parser.add_argument("--strategies", type=_names, default=list(CHEAP), help=", ".join(READINGS))
    parser.add_argument("--seeds", type=int, default=0, help="so many (100; of the large sets 10)")
    parser.add_argument("--workers", type=int, default=-1, help="processes; all cores")
    parser.add_argument("--runs", type=Path, default=RUNS, help="the results file")
    parser.add_argument("--report", action="store_true", help="only write the report")
    parser.add_argument("--no-report", action="store_true", help="only run")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
