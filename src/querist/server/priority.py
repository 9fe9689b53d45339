"""How a learner's process gives way to the server, and to whatever else the person does meanwhile."""

from __future__ import annotations

import contextlib
import os

__all__ = ["step_back"]


def step_back(*, spare: bool) -> None:
    """Leave one core to the server and the browser alone, and go behind them on the others.

    A request wakes several threads one after the other, and each may find a learner on its core, which is not
    always sent off before its slice is over: on two cores that was most of the longest waits.  ``spare``: run
    only when nobody else wants to, for a training that takes long anyway.
    """
    if hasattr(os, "sched_setaffinity"):
        cores = sorted(os.sched_getaffinity(0))
        with contextlib.suppress(OSError):
            os.sched_setaffinity(0, cores[1:] or cores)
    if hasattr(os, "nice"):
        os.nice(19 if spare else 10)
    if spare and hasattr(os, "SCHED_IDLE"):
        with contextlib.suppress(OSError):  # a sandbox may forbid it
            os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
