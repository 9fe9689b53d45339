"""Published tables of active learning, each remade by one command.

    python benchmarks/tables digits      MNIST-VAE, logistic regression
    python benchmarks/tables texts       frozen sentence vectors, logistic regression (extra "text")
    python benchmarks/tables cold        the same texts from no label
    python benchmarks/tables numbers     regression by a small neural network
    python benchmarks/tables --draw      only write docs/benchmarks/tables.md and its pictures again

QUERIST_DATA names the folder with the data.  Every run is kept in build/tables, so that one that was
interrupted goes on where it was; what the page needs is kept in docs/benchmarks/data.  Vectors of texts
are kept below QUERIST_CACHE (~/.cache/querist/benchmarks if that is not set).
"""

from __future__ import annotations

import argparse
import sys
import time

import kept
import page
from works import WORKS


def main() -> int:
    """Run what is missing, keep the numbers, write the page."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("table", nargs="*", choices=[*WORKS, []], help="which; none draws alone")
    parser.add_argument("--only", action="append", metavar="NAME", help="this data set (may be repeated)")
    parser.add_argument("--seeds", type=int, help="so many, instead of those of the page")
    parser.add_argument("--first", type=int, default=0, help="the first seed (say others while you search)")
    parser.add_argument("--workers", type=int, default=1, help="processes")
    parser.add_argument("--draw", action="store_true", help="run nothing")
    given = parser.parse_args()
    for name in [] if given.draw else given.table:
        run(name, range(given.first, given.first + (given.seeds or WORKS[name].seeds)), given)
    page.write()
    return 0


def run(name: str, seeds: range, given: argparse.Namespace) -> None:
    """One table, data set by data set; what is there is kept after each."""
    results = kept.RUNS / f"{name}.jsonl"
    results.parent.mkdir(parents=True, exist_ok=True)
    for experiment in WORKS[name].experiments(seeds, given.only):
        began = time.perf_counter()
        curves = experiment.run(results, workers=given.workers, progress=_told)
        print(f"\n{curves.table()}\n{time.perf_counter() - began:.0f} s", flush=True)
        kept.keep(name, curves)


def _told(done: int, total: int) -> None:
    print(f"\r{done} of {total} runs", end="", flush=True)


if __name__ == "__main__":
    sys.exit(main())
