"""Membership query synthesis beside pools: labels to a given error, made images, walks along the boundary.

    python benchmarks/synthesis                run what is missing, then write docs/benchmarks/synthesis.md
    python benchmarks/synthesis sides          one part: sides, numbers, real or pictures
    python benchmarks/synthesis --draw         only write the page again

QUERIST_DATA names the folder with the data.  Every run is kept in build/synthesis as soon as it is done, so
that what was interrupted goes on where it was; what the page needs is kept in docs/benchmarks/data.
"""

from __future__ import annotations

import argparse
import sys
import time
import warnings

import page
import seen
from sets import KEPT
from works import PARTS


def main() -> int:
    """Run what is missing, keep the numbers, write the page."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("part", nargs="*", choices=[*PARTS, "pictures", []], help="which; all if not given")
    parser.add_argument("--only", action="append", metavar="NAME", help="this data set (may be repeated)")
    parser.add_argument("--seeds", type=int, help="so many, instead of those of the page")
    parser.add_argument("--draw", action="store_true", help="run nothing")
    given = parser.parse_args()
    for name in [] if given.draw else given.part or [*PARTS, "pictures"]:
        if name == "pictures":
            seen.see()
        else:
            run(name, given)
    page.write()
    return 0


def run(name: str, given: argparse.Namespace) -> None:
    """One part, data set by data set."""
    KEPT.mkdir(parents=True, exist_ok=True)
    warnings.filterwarnings("ignore")  # of fits that stopped early, of length scales at their bounds
    seeds = range(given.seeds or PARTS[name].seeds)
    for experiment in PARTS[name].experiments(seeds, given.only):
        began = time.perf_counter()
        curves = experiment.run(KEPT / f"{name}.jsonl", workers=1, progress=_told)
        print(f"\n{curves.table()}\n{time.perf_counter() - began:.0f} s", flush=True)
        page.keep(name, curves)


def _told(done: int, total: int) -> None:
    print(f"\r{done} of {total} runs", end="", flush=True)


if __name__ == "__main__":
    sys.exit(main())
