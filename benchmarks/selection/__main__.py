"""Every kernel of querist and the peers that do the same, side by side, against the machine's own limit.

    python benchmarks/selection --install PATH          make a virtual environment with the peers
    python benchmarks/selection --peers-python PATH     measure what is not measured yet, then write
    python benchmarks/selection --first                 measure what first calls take after an install
    python benchmarks/selection --report                only write docs/performance.md and its picture

Each measurement has a process of its own, with a limit of time and of memory; its record is added to a
file of JSON lines as soon as it is there, so that a run that was ended goes on where it was.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import venv
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cells
import first_call
import machine
import peers
import report
from works import UNTIMED, WORKS, Work, kernels_timed

ROOT = Path(__file__).parents[2]
RESULTS = ROOT / "build" / "selection.jsonl"
SIZES = {"k": 1_000, "M": 1_000_000}


def main() -> int:
    """Measure what is asked for, then write."""
    given = _arguments()
    if given.install:
        return install(given.install)
    if given.list:
        return listed()
    given.results.parent.mkdir(parents=True, exist_ok=True)
    if given.first:
        measure_first(given)
    elif not given.report:
        measure(given)
    records = read(given.results)
    report.write(records, given.out)
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python benchmarks/selection", description=(__doc__ or "").splitlines()[0]
    )
    parser.add_argument(
        "--only", type=_names, default=None, metavar="WORK,...", help="these works (see --list)"
    )
    parser.add_argument(
        "--sizes", type=_sizes, default=None, metavar="10k,1M", help="these of each work's sizes"
    )
    parser.add_argument(
        "--peers-python", metavar="PATH", help="the python that has the peers (--install makes one)"
    )
    parser.add_argument(
        "--peers", action=argparse.BooleanOptionalAction, default=True, help="measure them too"
    )
    parser.add_argument("--ours", action=argparse.BooleanOptionalAction, default=True, help="measure querist")
    parser.add_argument("--seconds", type=float, default=120.0, help="what a run may take")
    parser.add_argument("--memory", type=float, default=16.0, metavar="GB", help="what a process may map")
    parser.add_argument("--quick", action="store_true", help="the least size, one run, 20 seconds: a trial")
    parser.add_argument("--again", action="store_true", help="measure anew what is measured already")
    parser.add_argument("--results", type=Path, default=RESULTS, help="the file of JSON lines")
    parser.add_argument("--out", type=Path, default=ROOT / "docs", help="where page and picture are written")
    parser.add_argument("--first", action="store_true", help="measure first calls after an install instead")
    parser.add_argument("--report", action="store_true", help="measure nothing")
    parser.add_argument("--list", action="store_true", help="the works, and kernels that none of them runs")
    parser.add_argument(
        "--install", type=Path, metavar="PATH", help="make an environment with the peers there"
    )
    given = parser.parse_args()
    if unknown := set(given.only or ()) - set(WORKS):
        parser.error(f"There is no work {', '.join(sorted(unknown))}; --list names them.")
    return given


def _names(text: str) -> list[str]:
    return [name for name in text.split(",") if name]


def _sizes(text: str) -> list[int]:
    """Row numbers as they are said: 10k, 100k, 1M, 5000."""
    return [int(float(one[:-1]) * SIZES[one[-1]]) if one[-1] in SIZES else int(one) for one in _names(text)]


def listed() -> int:
    for work in WORKS.values():
        sizes = ", ".join(report.size(n) for n in work.sizes)
        print(f"{work.name:26} {work.what:40} {sizes:16} {', '.join(work.peers)}")
    from querist import kernels

    if missing := sorted(set(kernels.__all__) - kernels_timed() - set(UNTIMED)):
        print(f"\nkernels that no work runs: {', '.join(missing)}")
    return 0


def install(path: Path) -> int:
    """A virtual environment with every peer that can be had; each failure is told and passed over."""
    venv.create(path, with_pip=True)
    for group in peers.INSTALLED:
        status = subprocess.run(
            [str(path / "bin" / "python"), "-m", "pip", "install", "--quiet", *group]
        ).returncode
        if status:
            print(f"not installed: {' '.join(group)}")
    print(f"Now: python benchmarks/selection --peers-python {path / 'bin' / 'python'}")
    return 0


# ------------------------------------------------------------ measuring


def measure(given: argparse.Namespace) -> None:
    """The machine, then each cell that has no record yet."""
    bounds = cells.Bounds(given.seconds, int(given.memory * 2**30), 3)
    if given.quick:
        bounds = cells.Bounds(min(given.seconds, 20.0), bounds.memory, 1)
    there = [] if given.again else read(given.results)
    if not any("machine" in one for one in there):
        rates = machine.measured()
        add(given.results, {"machine": rates})
        print(f"{rates['what']}: reads {rates['read']:.0f} GB/s, multiplies {rates['gemm']:.0f} GFLOP/s")
    done = {(one["work"], one["n"], one["who"]): one for one in there if "work" in one}
    for work, n, who in planned(given):
        if (work.name, n, who) in done:
            continue
        record = _beaten(work, n, who, done) or run(work, n, who, given.peers_python, bounds)
        done[work.name, n, who] = record
        add(given.results, record)
        print(f"{work.what}, n = {report.size(n)}: {who} {report.told(record)}", flush=True)


def measure_first(given: argparse.Namespace) -> None:
    """Each first call that has no record yet, or those named by --only."""
    done = set() if given.again else {one["first"] for one in read(given.results) if "first" in one}
    for work, n in first_call.CALLED.items():
        if work in done or (given.only and work not in given.only):
            continue
        record = first_call.measured(work, n)
        add(given.results, record)
        print(f"{WORKS[work].what}: {record['new']:.1f} s, then {record['kept']:.1f} s", flush=True)


def run(work: Work, n: int, who: str, peers_python: str | None, bounds: cells.Bounds) -> dict[str, Any]:
    python = sys.executable if who == "querist" else peers_python
    if python is None:
        return {"work": work.name, "n": n, "who": who, "failed": "not run: no --peers-python"}
    return cells.run(python, work, n, who, bounds)


def planned(given: argparse.Namespace) -> Iterator[tuple[Work, int, str]]:
    """Small sizes first, so that what is too slow there need not be tried at a larger one."""
    with_peers = given.peers and given.peers_python is not None
    for name in given.only or WORKS:
        work = WORKS[name]
        sizes = [n for n in work.sizes if given.sizes is None or n in given.sizes]
        for n in sizes[:1] if given.quick else sizes:
            yield from ((work, n, who) for who in (["querist"] if given.ours else []))
            yield from ((work, n, who) for who in (work.peers if with_peers else ()))


def _beaten(
    work: Work, n: int, who: str, done: dict[tuple[str, int, str], dict[str, Any]]
) -> dict[str, Any] | None:
    """The record of a peer that was too slow or too large at a smaller size: it is not tried again."""
    for less in (size for size in work.sizes if size < n):
        failed = done.get((work.name, less, who), {}).get("failed", "")
        if failed and who != "querist":
            told = failed if "at n = " in failed else f"{failed} at n = {report.size(less)}"
            return {"work": work.name, "n": n, "who": who, "failed": told}
    return None


# ------------------------------------------------------------ records


def read(path: Path) -> list[dict[str, Any]]:
    """Every record, the newest of each cell, and the newest machine first."""
    if not path.is_file():
        return []
    newest: dict[tuple[Any, ...], dict[str, Any]] = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        one = json.loads(line)
        newest[_key(one)] = one
    return list(newest.values())


def _key(record: dict[str, Any]) -> tuple[Any, ...]:
    if "machine" in record:
        return ("machine",)
    return ("first", record["first"]) if "first" in record else (record["work"], record["n"], record["who"])


def add(path: Path, record: dict[str, Any]) -> None:
    with path.open("a", encoding="utf-8") as results:
        results.write(json.dumps(record) + "\n")


if __name__ == "__main__":
    sys.exit(main())
