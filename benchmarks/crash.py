"""Kill the server at random moments while somebody labels: is every acknowledged answer there?

    python benchmarks/crash.py                 300 rounds
    python benchmarks/crash.py --rounds 20

Each round starts the server on the same folder, labels until a timer kills the server (SIGKILL, at a
random moment, sometimes while it starts), then reads the log.  Checked after every round: the campaign
opens, every answer that was acknowledged in any round is there with its value, and the questions that
were out are still out.  An answer without an acknowledgement is sent again after the restart, as the
page does, and must count once.
"""

from __future__ import annotations

import argparse
import random
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

from serving_parts import CLASSES, Client, Server, right, write_csv

from querist.data import open_source
from querist.events import Answered, fold
from querist.workspace import Workspace

_PACE = 0.01  # seconds between two answers, so that no round labels the whole pool
_LOST_CONTACT = (OSError, RuntimeError)


def rounds(
    folder: Path, n: int, *, seed: int = 0, longest: float = 0.5, items: int = 20_000
) -> dict[str, Any]:
    """Run ``n`` rounds in ``folder``; raises AssertionError as soon as anything is lost."""
    source = open_source(write_csv(folder / "made-up.csv", items), text="text", id="id")
    campaign = folder / "campaign"
    Workspace.create(campaign, source, classes=CLASSES, settings={"strategy": "margin"}).close()
    rng, acknowledged, unsure = random.Random(seed), {}, None
    starts = []
    for k in range(n):
        life = longest if k % 10 != 9 else max(longest, 8.0)  # long enough to train and publish
        server = Server(campaign)
        starts.append(server.start())
        killer = threading.Timer(rng.uniform(0.0, life), server.process.kill)  # type: ignore[union-attr]
        killer.start()
        unsure = _label(server, acknowledged, unsure)
        killer.join()
        server.kill()
        _check(campaign, acknowledged)
    with Workspace.open(campaign, exclusive=False) as workspace:
        models = len(workspace.state.trained)
    told = {"rounds": n, "acknowledged": len(acknowledged), "models": models}
    return {**told, "median start": sorted(starts)[n // 2]}


def _label(
    server: Server, acknowledged: dict[str, str], unsure: dict[str, Any] | None
) -> dict[str, Any] | None:
    """Label until the server is gone; the question whose answer was under way then, if any."""
    try:
        client = Client(server)
        if unsure is not None:
            client.answer(unsure, right(unsure["item"]))  # the outbox: sent again, counted once
            acknowledged[unsure["item"]] = right(unsure["item"])
        while True:
            unsure = None
            for question in client.next(2):
                unsure = question
                client.answer(question, right(question["item"]))
                acknowledged[question["item"]] = right(question["item"])
                unsure = None
                time.sleep(_PACE)
    except _LOST_CONTACT as error:
        if isinstance(error, RuntimeError) and ": 50" not in str(error):
            raise
        return unsure


def _check(campaign: Path, acknowledged: dict[str, str]) -> None:
    began = time.monotonic()
    while True:
        try:
            with Workspace.open(campaign) as workspace:
                events = list(workspace.log.read())
                state = fold(events)
                assert workspace.campaign.state.labels == state.labels
                break
        except OSError:  # the system may take a moment to give back a dead process's lock
            if time.monotonic() - began > 10:
                raise
            time.sleep(0.05)
    missing = {item: value for item, value in acknowledged.items() if state.labels.get(item) != value}
    assert not missing, f"{len(missing)} acknowledged answers are lost: {sorted(missing)[:5]}"
    answered = [event.query for _, event in events if isinstance(event, Answered)]
    assert len(answered) == len(set(answered)), "an answer was counted twice"


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=300)
    parser.add_argument("--seed", type=int, default=0)
    chosen = parser.parse_args()
    began = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        found = rounds(Path(folder), chosen.rounds, seed=chosen.seed)
    found["seconds"] = round(time.perf_counter() - began)
    for name, value in found.items():
        print(f"{name:>14}  {value if isinstance(value, int) else round(value, 2)}")
    print("No acknowledged answer was lost, none was counted twice, and the campaign opened every time.")


if __name__ == "__main__":
    main()
