"""How fast the server answers while the learner trains all the time.

    python benchmarks/serving.py                    100,000 items; about three minutes
    python benchmarks/serving.py --items 10000 --seconds 5
    python benchmarks/serving.py --items 10000 --background     while a network trains, and while none does

Everything is measured from outside, over HTTP on the loopback: importing the items, the start until the first
question, one annotator's waits, sixteen annotators at once (and whether any item went to two of them), and
exporting the labels and the predictions of the whole pool.  Beside the figures stand the targets, and how
long this machine takes to put one event on its disk, below which no answer can be both quick and safe.
"""

from __future__ import annotations

import argparse
import contextlib
import multiprocessing
import os
import signal
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from serving_parts import CLASSES, Client, Server, right, write_csv

from querist.data import open_source
from querist.workspace import Workspace

Row = tuple[str, str, str]


def disk(folder: Path, n: int = 200) -> float:
    """Median milliseconds of one durable append to a plain SQLite file."""
    connection = sqlite3.connect(folder / "plain.db", isolation_level=None)
    connection.execute("PRAGMA journal_mode=WAL").fetchall()
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("CREATE TABLE events(number INTEGER PRIMARY KEY, body TEXT)")
    times = []
    for _ in range(n):
        began = time.perf_counter()
        connection.execute("INSERT INTO events(body) VALUES (?)", ("x" * 200,))
        times.append(1e3 * (time.perf_counter() - began))
    connection.close()
    return statistics.median(times)


def one_annotator(server: Server, seconds: float) -> tuple[list[float], list[float], int]:
    """Label for some time; milliseconds of every ``next`` and every answer, and how many models came."""
    client, asked, answered, models = Client(server, "one"), [], [], set()
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        began = time.perf_counter()
        questions = client.next()
        between = time.perf_counter()
        if not questions:
            break  # the pool has run dry: a quick annotator sees some 400 items a second
        question = questions[0]
        client.answer(question, right(question["item"]))
        asked.append(1e3 * (between - began))
        answered.append(1e3 * (time.perf_counter() - between))
        models.add(question["why"]["model"])
    client.close()
    return asked, answered, len(models)


def _crowd(port: int, token: str, name: str, seconds: float, out: Any) -> None:
    server = Server(Path())
    server.port, server.token = port, token
    client, items, waits = Client(server, name), [], []
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        questions = client.next(4)  # the page, too, holds questions in advance
        if not questions:
            break
        for question in questions:
            began = time.perf_counter()
            client.answer(question, right(question["item"]))
            waits.append(1e3 * (time.perf_counter() - began))
            items.append(question["item"])
    out.put((name, items, waits))


def many_annotators(server: Server, n: int, seconds: float) -> tuple[float, int, list[float]]:
    """``n`` annotators, each a process: answers a second in all, items that went to two, waits."""
    out: Any = multiprocessing.Queue()
    began = time.monotonic()
    crowd = [
        multiprocessing.Process(target=_crowd, args=(server.port, server.token, f"a{k}", seconds, out))
        for k in range(n)
    ]
    for one in crowd:
        one.start()
    told = [out.get(timeout=seconds + 60) for _ in crowd]
    took = time.monotonic() - began
    for one in crowd:
        one.join()
    served = Counter(item for _, items, _ in told for item in items)
    twice = sum(count > 1 for count in served.values())
    return sum(served.values()) / took, twice, [wait for _, _, waits in told for wait in waits]


def quantile(times: list[float], share: float) -> float:
    """The time within which that share of the requests was answered."""
    return sorted(times)[min(len(times) - 1, int(share * len(times)))]


def measure(items: int, seconds: float, annotators: int, folder: Path) -> list[Row]:
    """All figures, as rows of a table: what, measured, target."""
    rows: list[Row] = [("one durable append to this disk", f"{disk(folder):.1f} ms", "")]
    path = write_csv(folder / "made-up.csv", items)
    began = time.perf_counter()
    source = open_source(path, text="text", id="id")
    settings = {"strategy": "margin"}
    Workspace.create(folder / "campaign", source, classes=CLASSES, settings=settings).close()
    rows.append((f"import of {items:,} rows", f"{time.perf_counter() - began:.2f} s", "< 10 s"))

    server = Server(folder / "campaign")
    began = time.perf_counter()
    server.start()
    client = Client(server, "first")
    first = client.next(8)
    rows.append(("from the command to the first question", f"{time.perf_counter() - began:.2f} s", "< 5 s"))
    rows.append(("the same question again", f"{_again(client):.1f} ms", ""))
    began = time.monotonic()
    for question in first:
        client.answer(question, right(question["item"]))
    while client.call("GET", "/api/progress")["learner"]["version"] is None:
        for question in client.next(4):
            client.answer(question, right(question["item"]))
        time.sleep(0.3)
    rows.append(("until the first model ranks the pool", f"{time.monotonic() - began:.1f} s", ""))

    asked, answered, models = one_annotator(server, seconds)
    for name, times, target in (("next", asked, "< 20 ms"), ("answer", answered, "< 50 ms")):
        told = f"{quantile(times, 0.5):.1f} / {quantile(times, 0.99):.1f} ms"
        rows.append((f"{name}, p50 / p99 of {len(times)}, learner busy", told, f"p99 {target}"))
    rows.append(("models that took over meanwhile", str(models), ""))

    rate, twice, waits = many_annotators(server, annotators, seconds)
    rows.append((f"{annotators} annotators, answers a second", f"{rate:.0f}", ">= 200"))
    rows.append(("items that went to two of them", str(twice), "0"))
    rows.append(
        ("their answers, p50 / p99", f"{quantile(waits, 0.5):.1f} / {quantile(waits, 0.99):.1f} ms", "")
    )
    client.close()
    server.stop()
    rows += _exports(folder / "campaign", items)
    return rows


def _again(client: Client) -> float:
    began = time.perf_counter()
    client.next(1)
    return 1e3 * (time.perf_counter() - began)


def _exports(campaign: Path, items: int) -> list[Row]:
    """Label everything, then download what there is to download."""
    rows: list[Row] = []
    with Workspace.open(campaign) as workspace:
        rest = {item: right(item) for item in workspace.pool.ids if item not in workspace.campaign.labels}
        began = time.perf_counter()
        with workspace.journal.durable():
            workspace.campaign.tell(rest, by="import")
        rows.append((f"import of {len(rest):,} labels", f"{time.perf_counter() - began:.2f} s", ""))
    server = Server(campaign)
    began = time.perf_counter()
    server.start()
    Client(server).call("GET", "/api/campaign")
    rows.append(
        (f"second start, {items:,} answers in the log", f"{time.perf_counter() - began:.2f} s", "< 3 s")
    )
    client = Client(server)
    for what in ("labels", "predictions"):
        for format in ("csv", "jsonl", "parquet"):
            began = time.perf_counter()
            size = len(client.call("GET", f"/api/export?what={what}&format={format}"))
            took = time.perf_counter() - began
            rows.append((f"export of {what}, {format} ({size / 1e6:.1f} MB)", f"{took:.2f} s", "< 5 s"))
    client.close()
    server.stop()
    return rows


TURN = 2.0  # seconds of a kind at a time: what else the machine does meets all kinds
PARTS = 3  # of the run, told apart: how far figures of one kind are from each other

NETWORK = """
from querist.models.torch import TorchModel, Training
from querist.models.torch.networks import Words


def make():
    model = TorchModel(Words(), training=Training(least_steps=1_000_000, held_back=0.0))  # without end
    model.encoder = "tokens"
    return model
"""


SPIN = """
from querist.server.priority import step_back

step_back(spare=True)
while True:
    pass
"""
KINDS = {"none": "no network trains", "loop": "a loop spins in its place", "network": "a network trains"}


def beside_a_training(items: int, seconds: float, folder: Path) -> list[Row]:
    """One annotator's waits while a network trains in the background, and while it does not, in turns.

    The third kind of turn has a loop that does nothing where the network would train: what is longer by it
    is the price of a core that is busy, and what is longer by the network alone is ours.
    """
    server, client = _labelled_a_little(items, folder)
    while not _settled(client.call("GET", "/api/progress")):
        time.sleep(0.2)
    network = _network_of(server)
    turns: dict[str, list[tuple[list[float], list[float], int]]] = {kind: [] for kind in KINDS}
    rounds = max(PARTS, round(seconds / TURN / len(KINDS)))
    for kind in (*KINDS,) * rounds:
        os.kill(network, signal.SIGCONT if kind == "network" else signal.SIGSTOP)
        with _spinning() if kind == "loop" else contextlib.nullcontext():
            turns[kind].append(one_annotator(server, seconds / rounds / len(KINDS)))
    os.kill(network, signal.SIGCONT)
    client.close()
    server.stop()
    if not all(turn[0] for parts in turns.values() for turn in parts):
        raise SystemExit(f"All {items:,} items were labelled before the time was over: give more --items.")
    return [row for kind in KINDS for row in _of_kind(KINDS[kind], turns[kind])]


def _of_kind(name: str, turns: list[tuple[list[float], list[float], int]]) -> list[Row]:
    """The waits of one kind of turn, and how far its thirds are from each other."""
    rows = []
    for place, what in enumerate(("next", "answer")):
        parts = [[one for turn in turns[k::PARTS] for one in turn[place]] for k in range(PARTS)]
        times = [one for part in parts for one in part]
        figures = f"{quantile(times, 0.5):.2f} / {quantile(times, 0.99):.2f} ms"
        low, *_, high = sorted(quantile(part, 0.99) for part in parts)
        rows.append(
            (f"{what}, p50 / p99 of {len(times)}, {name}", figures, f"p99 of thirds {low:.2f} to {high:.2f}")
        )
    return [*rows, (f"models that took over, {name}", str(sum(turn[2] for turn in turns)), "")]


def _network_of(server: Server) -> int:
    """The process in which the network trains, a child of the server."""
    assert server.process is not None
    children = Path(f"/proc/{server.process.pid}/task").glob("*/children")
    ids = [int(one) for path in children for one in path.read_text().split()]
    return next(one for one in ids if b"background" in Path(f"/proc/{one}/cmdline").read_bytes())


def _labelled_a_little(items: int, folder: Path) -> tuple[Server, Client]:
    """A server of a campaign whose model is a network, with twenty answers."""
    path = write_csv(folder / "made-up.csv", items)
    (folder / "network.py").write_text(NETWORK, encoding="utf-8")
    source = open_source(path, text="text", id="id")
    told = {"settings": {"strategy": "margin"}, "model": f"{folder / 'network.py'}:make", "slow": True}
    Workspace.create(folder / "campaign", source, classes=CLASSES, **told).close()
    server = Server(folder / "campaign")
    server.start()
    client = Client(server, "first")
    for question in client.next(20):
        client.answer(question, right(question["item"]))
    return server, client


@contextlib.contextmanager
def _spinning() -> Iterator[None]:
    """A process that does nothing, as far behind all others as a training is."""
    process = subprocess.Popen([sys.executable, "-c", SPIN])
    time.sleep(0.3)
    try:
        yield
    finally:
        process.kill()
        process.wait()


def _settled(progress: dict[str, Any]) -> bool:
    """Whether a model ranks, and the network is learning."""
    training = ((progress["background"] or {}).get("fraction") or 0) > 0
    return progress["learner"]["version"] is not None and training


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--items", type=int, default=100_000)
    parser.add_argument(
        "--seconds",
        type=float,
        default=20.0,
        help="of labelling, for each of the two crowds; with --background in all",
    )
    parser.add_argument("--annotators", type=int, default=16)
    parser.add_argument(
        "--background", action="store_true", help="only the waits while a network trains, and without"
    )
    chosen = parser.parse_args()
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    with tempfile.TemporaryDirectory() as folder:
        if chosen.background:
            rows = beside_a_training(chosen.items, chosen.seconds, Path(folder))
        else:
            rows = measure(chosen.items, chosen.seconds, chosen.annotators, Path(folder))
    width = max(len(row[0]) for row in rows)
    for what, measured, target in rows:
        print(f"{what:<{width}}  {measured:>16}  {target}")


if __name__ == "__main__":
    main()
