"""What the first call of a compiled kernel takes after a fresh install, in a process of its own.

Runs under the python of querist, told by its arguments: ``first_call.py WORK N``.  It draws the inputs, makes
a small call, and prints in JSON what the first large call takes and what a later one does, in seconds of
processor time: a compiler has one thread, and what else the machine does has no say.  Where NUMBA_CACHE_DIR
is an empty folder the first call compiles; where it is one that such a process left behind, it loads.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import machine

HERE = Path(__file__).parent

# Works that together call every compiled function, at sizes that are just large enough.
CALLED = {
    "margin": 450_000,
    "entropy": 450_000,
    "least-confidence": 450_000,
    "vote-entropy": 45_000,
    "bald": 22_000,
    "core-set": 12_000,
    "igs": 60_000,
    "k-means-plus-plus": 12_000,
    "badge": 12_000,
    "k-means": 12_000,
    "typiclust": 12_000,
    "contrast": 100_000,
    "lcmd": 12_000,
    "bait": 10_000,
    "falcun": 10_000,
    "facility-location": 10_000,
    "max-herding": 10_000,
    "prob-cover": 10_000,
    "pure-radius": 10_000,
    "euclidean-density": 10_000,
    "eer-parzen": 1_000,
    "eer-logistic": 800,
}


def measured(work: str, n: int) -> dict[str, Any]:
    """Seconds of a call with nothing compiled, of the first one in a later process, and of one after that."""
    with tempfile.TemporaryDirectory() as folder:
        new = _told(work, n, folder)
        kept = _told(work, n, folder)
    seconds = {"new": new["first"], "kept": kept["first"], "later": kept["later"]}
    return {"first": work, "n": n, "on": machine.processor(), **seconds}


def _told(work: str, n: int, folder: str) -> dict[str, float]:
    paths = [str(HERE.parents[1] / "src"), os.environ.get("PYTHONPATH", "")]
    around = {**os.environ, "NUMBA_CACHE_DIR": folder, "PYTHONPATH": os.pathsep.join(p for p in paths if p)}
    command = [sys.executable, str(HERE / "first_call.py"), work, str(n)]
    done = subprocess.run(command, env=around, capture_output=True, text=True, check=True)
    return dict(json.loads(done.stdout.splitlines()[-1]))


def main() -> None:
    """One process: the first call and the least of two later ones."""
    import ours
    from inputs import Inputs
    from works import WORKS

    work, n = sys.argv[1], int(sys.argv[2])
    ours.query(work, Inputs(60, WORKS[work].shape))()  # NumPy, BLAS and what a small call loads
    query = ours.query(work, Inputs(n, WORKS[work].shape))
    seconds = []
    for _ in range(3):
        began = time.process_time()
        query()
        seconds.append(time.process_time() - began)
    print(json.dumps({"first": seconds[0], "later": min(seconds[1:])}))


if __name__ == "__main__":
    main()
