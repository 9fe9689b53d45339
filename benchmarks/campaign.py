"""What the campaign itself costs, without a server, a strategy that thinks, or a model.

    python benchmarks/campaign.py [--items 100000]

Prints the median and the 99th percentile of ``ask`` and ``tell`` on a pool of that size, on a log in
memory and on one in SQLite, where each call waits for the disk once; and how long it takes to fold a log,
to import labels and to open a campaign again.  The disk's own share is measured beside it.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from querist.campaign import Campaign
from querist.data import Pool
from querist.events import MemoryLog, fold, open_log
from querist.strategies import Proposal, Snapshot
from querist.tasks import Classification


class InOrder:
    """The cheapest strategy there is: the next item that is free."""

    def __init__(self) -> None:
        self.start = 0

    def propose(self, snapshot: Snapshot, n: int) -> Proposal:
        found: list[str | int] = []
        for row in range(self.start, len(snapshot.pool)):
            self.start, item = row, snapshot.pool.ids[row]
            taken = item in snapshot.labels or item in snapshot.pending or item in snapshot.closed
            if not taken:
                found.append(item)
            if len(found) == n:
                break
        return Proposal(found, np.zeros(len(found)), np.ones(len(found)))


def seconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def told(times: list[float]) -> str:
    return f"median {np.median(times) * 1e3:7.3f} ms   p99 {np.percentile(times, 99) * 1e3:7.3f} ms"


def rounds(campaign: Campaign, n: int) -> None:
    asks, tells = [], []
    for _ in range(n):
        began = time.perf_counter()
        query = campaign.ask(to="ann")[0]
        asks.append(time.perf_counter() - began)
        tells.append(seconds(lambda query=query: campaign.tell(query, "a")))  # type: ignore[misc]
    print(f"  ask   {told(asks)}\n  tell  {told(tells)}")


def disk(folder: Path) -> str:
    """What it costs to append 200 bytes to a file and wait until they are on the disk."""
    times = []
    with open(folder / "probe", "wb", buffering=0) as probe:
        for _ in range(100):
            probe.write(b"x" * 200)
            times.append(seconds(lambda: os.fsync(probe.fileno())))
    return told(times)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--items", type=int, default=100_000)
    items = parser.parse_args().items
    pool = Pool(ids=[f"item {i}" for i in range(items)])
    task = Classification(("a", "b"))
    print(f"{items} items\nlog in memory")
    rounds(Campaign(pool, task, strategy=InOrder(), log=MemoryLog(), lease=900), 2000)
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "campaign.db"
        log = open_log(path)
        campaign = Campaign(pool, task, strategy=InOrder(), log=log, lease=900)
        print("log in SQLite, each answer on the disk before it is acknowledged")
        rounds(campaign, 200)
        print(f"  fsync {disk(Path(name))}   (the disk alone)")
        labels = {item: "ab"[row % 2] for row, item in enumerate(pool.ids)}
        print(f"import {items} labels  {seconds(lambda: campaign.tell(labels, by='import')):.2f} s")
        events = list(log.read())
        print(f"read {len(events)} events    {seconds(lambda: list(log.read())):.2f} s")
        print(f"fold {len(events)} events    {seconds(lambda: fold(events)):.2f} s")
        print(f"open the campaign again  {seconds(lambda: Campaign(pool, log=open_log(path))):.2f} s")
        campaign.close()


if __name__ == "__main__":
    main()
