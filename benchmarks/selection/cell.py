"""One measurement, in a process of its own: told on standard input, answered line by line in JSON.

Runs under the python of querist for our side, and under that of the peers for theirs; it needs NumPy and
whatever is measured.
"""

from __future__ import annotations

import json
import os
import resource
import sys
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

_SHORT = 1.0  # seconds in which short runs are repeated, since a busy machine disturbs them
_WARM = 60  # rows of the run that compiles and loads, before anything is timed (three batches at least)


def main() -> None:
    """Read what to measure, then say: ready, each run, and how it failed if it did."""
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)  # what a library prints is no answer
    warnings.simplefilter("ignore")

    def say(**what: Any) -> None:
        answers.write(json.dumps(what) + "\n")

    asked = json.loads(sys.stdin.readline())
    resource.setrlimit(resource.RLIMIT_AS, (asked["memory"], asked["memory"]))
    try:
        measure(asked, say)
    except ImportError as error:
        say(failed=f"not installed: {error}"[:200])
    except MemoryError:
        say(failed="out of memory")
    except Exception as error:
        told = f"{type(error).__name__}: {error}".splitlines()[0][:200]
        say(failed="out of memory" if _of_memory(str(error)) else told)


def _of_memory(told: str) -> bool:
    return any(word in told for word in ("allocate", "bad_alloc", "out of memory", "Cannot map"))


def measure(asked: dict[str, Any], say: Callable[..., None]) -> None:
    """Once on a small pool, then up to ``runs`` times on the one asked for, more if they are short."""
    from inputs import Inputs, Shape

    shape = Shape(**asked["shape"])
    made, version = _side(asked["who"])
    least = max(_WARM, 3 * shape.labelled, 3 * shape.batch)
    if asked["n"] > least:
        made(asked["work"], Inputs(least, shape))()
    given = Inputs(asked["n"], shape)
    query = made(asked["work"], given)
    say(ready=True, version=version)
    spent, done, least = 0.0, 0, 0.0
    while done < asked["runs"] or (asked["runs"] > 1 and done * least < _SHORT):
        done += 1
        _forget_peak()
        base = _resident()  # anew each time: code that the first run loads is no memory of the query
        began = time.perf_counter()
        answer = query()
        seconds = time.perf_counter() - began
        say(seconds=seconds, added_mb=max(0.0, (_peak() - base) / 2**20))
        del answer
        spent, least = spent + seconds, seconds if done == 1 else min(least, seconds)  # the first may compile
        if spent > asked["enough"]:
            return


def _side(who: str) -> tuple[Callable[[str, Any], Callable[[], Any]], str]:
    if who == "querist":
        import ours

        import querist

        return ours.query, querist.__version__
    import peers

    return peers.query_of(who), peers.version_of(who)


# ------------------------------------------------------------ memory


def _resident() -> int:
    """Bytes of this process in memory now."""
    try:
        pages = Path("/proc/self/statm").read_text(encoding="ascii").split()[1]
    except OSError:
        return _peak()
    return int(pages) * resource.getpagesize()


def _forget_peak() -> None:
    """Let the kernel count the peak anew (Linux); elsewhere it stays that of the whole life."""
    try:
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
    except OSError:
        return


def _peak() -> int:
    """The most bytes that were in memory at once since :func:`_forget_peak`."""
    try:
        for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    except OSError:
        pass
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


if __name__ == "__main__":
    main()
