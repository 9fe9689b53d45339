"""The learner: encodes, trains, rescores the whole pool and publishes, in a process of its own.

It is level-triggered: it compares the state that its model has seen with the head of the log, so that
it needs no queue of jobs, loses nothing when it is killed, and skips what has been overtaken.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, TextIO

import numpy as np

from querist.campaign import Movement
from querist.campaign.made import made_items, of_pool
from querist.data import Pool
from querist.errors import QueristError
from querist.events import Answered, ClassAdded, Retracted, SettingsChanged, Skipped, State
from querist.models import as_model, stack
from querist.models.choice import model_named
from querist.server.priority import step_back
from querist.server.protocol import Report
from querist.strategies import MadeItem, MadeItems, Proposal, Snapshot, as_strategy
from querist.workspace import (
    QUICK,
    Ranking,
    Representation,
    Workspace,
    current_ranking,
    current_representation,
    publish,
)
from querist.workspace.ranking import MADE
from querist.workspace.why import RANDOM, reason

__all__ = ["Learner", "main"]

QUEUE = 1000  # items ranked for asking; beyond them the server draws at random until the next ranking
COLD_QUEUE = 200
MADE_QUEUE = 24  # items made at a time: each costs more than a look at one that is there
_CHUNK = 8192
_PAUSE = 0.5  # seconds between two publications at least
_LOOK = 5.0  # seconds between two looks at the log when nobody says that it has grown
_MATTERS = (Answered, ClassAdded, Retracted, Skipped)


class Learner:
    """Follows a campaign's log and publishes a ranking whenever the labels have changed.

    ``tell`` hears what it is doing.  :meth:`prepare` makes the features (resuming what a killed
    learner left), :meth:`step` does whatever there is to do once and says whether it published.

    Where the campaign's model is slow, this learner trains a quick one in its place, on the features at
    first and on the slow model's representation as soon as there is one
    (:class:`querist.server.background.SlowLearner` makes it).
    """

    spare = False  # whether its process runs only where no other wants to

    def __init__(self, workspace: Workspace, tell: Callable[[Report], None]) -> None:
        self.workspace = workspace
        self.tell = tell
        self.state = State()
        self.last_change = 0  # number of the last event that bears on the ranking
        self.published: Ranking | None = current_ranking(workspace.models)
        self.pool = Pool(ids=workspace.items.ids)
        self._moves: Movement | None = None
        self._rows_of_made: dict[Any, Any] = {}
        self._stand: Representation | None = None  # what the quick model stands on
        self._reading = False  # whether the last word was that items are being read

    @property
    def shares(self) -> bool:
        """Whether it rests as long as it works, because a slow learner wants the same cores."""
        return self.workspace.manifest.slow and not self.spare

    def prepare(self) -> None:
        """Encode the items, telling how far it is, and keep the pool with its features."""
        last = 0.0

        def progress(done: int, total: int) -> None:
            nonlocal last
            if done >= total or time.monotonic() - last > 0.2:
                last = time.monotonic()
                self.tell(Report("encoding", fraction=done / max(total, 1), note=f"{done} of {total} items"))

        self._reading = True
        self.tell(Report("encoding", fraction=0.0))
        self.pool = Pool(
            self._features(progress),
            ids=self.workspace.items.ids,
            content=self.workspace.items,
            encode=self._encode,
        )

    def step(self) -> bool:
        """Read on; if labels have changed since the published ranking, make and publish a new one."""
        grown = self._take_in()
        self._read()
        behind = self._stand_anew() or grown
        if self.published is not None and self.published.upto >= self.last_change and not behind:
            self._read_all()
            return False
        trainable = len(set(self.state.by_class)) >= 2
        if not trainable and self.published is not None and self.published.cold:
            self.tell(Report("waiting", note="Waiting for answers of at least two classes"))
            return False
        began = time.perf_counter()
        ranking, model = self._learn() if trainable else (self._rank(None, None, began), None)
        save = None if model is None else partial(self._save, model)
        publish(ranking, self.workspace.models, save_model=save)
        self.published = ranking
        self._reading = False
        self.tell(Report("idle" if trainable else "waiting", published=ranking.version))
        return True

    def _read_all(self) -> None:
        """Say that the items are read where nothing else is to be done, as after a start anew."""
        if self._reading:
            self._reading = False
            self.tell(Report("waiting" if self.published is None or self.published.cold else "idle"))

    def _encode(self, contents: Sequence[Mapping[str, Any]]) -> np.ndarray:
        """Features of content that was made, like those of the pool."""
        return self.workspace.encode(contents)

    def _made(self) -> MadeItems:
        """The items that were made, as the model reads them; none where nothing reads new content."""
        made = made_items(self.state)
        if not made or self.pool.encode is None:
            return MadeItems()
        new = [item for item in made.ids if item not in self._rows_of_made]
        if new:
            rows = self.pool.encode([self.state.made[item].content for item in new])
            self._rows_of_made.update(zip(new, rows, strict=True))
        return replace(made, features=[self._rows_of_made[item] for item in made.ids])

    def _take_in(self) -> bool:
        """Encode items that a stream has brought since; whether there are any."""
        if not self.workspace.refresh_items():
            return False
        self.prepare()
        return True

    def _features(self, progress: Callable[[int, int], None]) -> Any:
        return self.workspace.features(progress)

    def _stand_anew(self) -> bool:
        """Take a new representation; whether labels have come that its model has not seen."""
        if not self.workspace.manifest.slow:
            return False
        found = current_representation(self.workspace.models)
        if found is None or (self._stand is not None and found.version == self._stand.version):
            return False
        if len(found.features) != len(self.workspace.items):
            return False  # items have come since: it stands for the others alone
        self._stand, self._moves = found, None
        self.pool = Pool(found.features, ids=self.workspace.items.ids)
        return found.upto < self.last_change

    def _version(self) -> str:
        """What the next model is called."""
        if not self.workspace.manifest.slow:
            return f"m{self.state.head}"
        return f"{QUICK}{self.state.head}" + ("" if self._stand is None else f"-{self._stand.version}")

    def _unfitted(self) -> Any:
        """The model to train, as the user gave it."""
        named = "default" if self.workspace.manifest.slow else self.workspace.manifest.model
        return model_named(named, self.pool.features)

    def _read(self) -> None:
        for number, event in self.workspace.log.read(self.state.head):
            self.state.apply(number, event)
            strategy_changed = isinstance(event, SettingsChanged) and "strategy" in event.settings
            if isinstance(event, _MATTERS) or strategy_changed:
                self.last_change = number

    def _learn(self) -> tuple[Ranking, Any]:
        state, began = self.state, time.perf_counter()
        labels = len(state.labels)
        self.tell(Report("training", note=f"{labels} labels"))
        known, made = of_pool(state.labels, state), self._made()
        rows = self.pool.rows(known)
        y = np.array(list(known.values()), dtype=object)
        model = self._fitted(rows, y, made)
        self.tell(Report("scoring", note=f"{len(self.pool)} items"))
        proba = _proba(model, self.pool.features)
        return self._rank(model, proba, began, self._figures(model, proba, rows, y)), model

    def _fitted(self, rows: np.ndarray, y: np.ndarray, made: MadeItems) -> Any:
        """The model of what is labelled, of the pool and made."""
        x = stack(self.pool.features[rows], [made.features[at] for at in made.labelled])
        told = np.array([made.labels[made.ids[at]] for at in made.labelled], dtype=object)
        unfitted = as_model(self._unfitted(), classes=self.state.classes)
        return self._fit(unfitted, x, np.concatenate([y, told]) if len(told) else y)

    def _fit(self, model: Any, x: Any, y: np.ndarray) -> Any:
        return model.fitted(x, y, seed=self.state.seed)

    def _save(self, model: Any, folder: Path) -> None:
        import joblib

        joblib.dump(model, folder / "model.joblib")

    def _figures(self, model: Any, proba: np.ndarray, rows: np.ndarray, y: np.ndarray) -> dict[str, Any]:
        return self._movement().figures(model, proba, self.pool.features, rows, y)

    def _movement(self) -> Movement:
        """What compares this model with the one before it, which may be one of a learner before this."""
        if self._moves is None:
            before = self.published  # classes are added at the end, so that old columns stay what they were
            self._moves = Movement(None if before is None or before.cold else before.predicted)
        return self._moves

    def _rank(
        self, model: Any, proba: np.ndarray | None, began: float, figures: dict[str, Any] | None = None
    ) -> Ranking:
        state = self.state
        snapshot = Snapshot(
            pool=self.pool,
            labels=of_pool(state.labels, state),
            pending=of_pool(_out(state), state),
            closed=of_pool(frozenset(state.skipped), state),
            model=model,
            seed=state.seed + state.head,
            notes=of_pool(state.notes, state),
            made=self._made(),
        )
        told = state.settings.get("strategy", "default")
        named = str(told.get("name", "") if isinstance(told, Mapping) else told)
        strategy = as_strategy(told)
        makes = MADE_QUEUE if named.startswith("synthesis/") else QUEUE
        proposal = strategy.propose(snapshot, COLD_QUEUE if model is None else makes)
        made = list(proposal.made) or [None] * len(proposal)
        rows = np.array(
            [MADE if one else self.pool.row(item) for item, one in zip(proposal.ids, made, strict=True)],
            dtype=np.intp,
        )
        likely = _likely(model, self.pool.features, made, state.classes)
        return Ranking(
            version=f"cold{state.head}" if model is None else self._version(),
            rows=rows,
            scores=np.asarray(proposal.scores, dtype=np.float64),
            probabilities=np.asarray(proposal.probabilities, dtype=np.float64),
            why=_reasons(proposal, rows, proba, state.classes, likely),
            made=_told_of_made(proposal, made, likely) if any(made) else [],
            arms=list(getattr(proposal, "arms", ())),
            notes=list(getattr(proposal, "notes", ())),
            proba=proba,
            classes=state.classes,
            strategy=named,
            upto=state.head,
            labels=len(state.labels),
            seconds=round(time.perf_counter() - began, 4),
            metrics=figures or {},
        )


def _out(state: State) -> frozenset[str | int]:
    """The items that are out with somebody whose time is not over."""
    now = time.time()
    return frozenset(
        item
        for item, queries in state.open.items()
        if any(query.asked.until is None or query.asked.until > now for query in queries.values())
    )


def _proba(model: Any, features: Any) -> np.ndarray:
    """Class probabilities of the whole pool, (N, C) float32, a chunk at a time."""
    chunks = [
        np.asarray(model.proba(features[start : start + _CHUNK]), dtype=np.float32)
        for start in range(0, features.shape[0], _CHUNK)
    ]
    return np.concatenate(chunks)


def _likely(
    model: Any, features: Any, made: Sequence[MadeItem | None], classes: Sequence[str]
) -> list[list[tuple[str, float]] | None]:
    """The likeliest classes of each made item, best first; None for an item of the pool."""
    held = [one.features for one in made if one is not None]
    if model is None or not held:
        return [None] * len(made)
    proba = iter(np.asarray(model.proba(stack(features[:0], held)), dtype=np.float64))
    told: list[list[tuple[str, float]] | None] = []
    for one in made:
        row = None if one is None else next(proba)
        best = () if row is None else np.argsort(-row, kind="stable")[:3]
        told.append(None if row is None else [(classes[column], float(row[column])) for column in best])
    return told


def _told_of_made(
    proposal: Proposal, made: Sequence[MadeItem | None], likely: Sequence[Any]
) -> list[dict[str, Any] | None]:
    """What a ranking keeps of made items: plain JSON each, None for an item of the pool."""
    return [
        None
        if one is None
        else {
            "id": item,
            "content": dict(one.content),
            "features": np.asarray(one.features).tolist(),
            "likely": probable or [],
        }
        for item, one, probable in zip(proposal.ids, made, likely, strict=True)
    ]


def _reasons(
    proposal: Proposal,
    rows: np.ndarray,
    proba: np.ndarray | None,
    classes: Sequence[str],
    likely: Sequence[list[tuple[str, float]] | None],
) -> list[str]:
    arms, said = list(getattr(proposal, "arms", ())), list(proposal.why)
    reasons = []
    for place, row in enumerate(rows):
        if place < len(arms) and arms[place] == "random":
            reasons.append(RANDOM)
            continue
        likeliest = likely[place]
        if proba is not None and row >= 0:
            best = np.argsort(-proba[row], kind="stable")[:2]
            likeliest = [(classes[column], float(proba[row, column])) for column in best]
        reasons.append(reason(likeliest, said[place] if place < len(said) else ""))
    return reasons


def run(learner: Learner, wake: threading.Event) -> None:
    """Learn until the process ends; after an error it tries again with the next label, or a while later."""
    learner.prepare()
    while True:
        began = time.monotonic()
        wake.clear()
        if turn(learner):
            took = time.monotonic() - began
            time.sleep(max(0.0, _PAUSE - took, took if learner.shares else 0.0))
        else:
            wake.wait(_LOOK)


def turn(learner: Learner) -> bool:
    """One step; what goes wrong in it is told instead of raised."""
    try:
        return learner.step()
    except QueristError as error:
        learner.tell(Report("failed", note=str(error)))
    except Exception as error:  # a model of the user's own may raise anything
        learner.tell(Report("failed", note=f"{type(error).__name__}: {error}. See learner.log."))
        traceback.print_exc()
    return False


def main(arguments: Sequence[str], kind: type[Learner] = Learner) -> int:
    """``python -m querist.server.learner FOLDER``: learn beside a server until its pipe ends."""
    step_back(spare=kind.spare)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C is for the server, which then ends this process
    wake, lock, out = threading.Event(), threading.Lock(), sys.stdout
    sys.stdout = sys.stderr  # nothing but reports goes down the pipe
    threading.Thread(target=_listen, args=(sys.stdin, wake), daemon=True).start()

    def tell(report: Report) -> None:
        with lock:
            try:
                out.write(report.line())
                out.flush()
            except OSError:
                os._exit(0)  # the server is gone

    try:
        run(kind(Workspace.open(arguments[0], exclusive=False), tell), wake)
    except QueristError as error:
        tell(Report("failed", note=str(error)))
        sys.stderr.write(f"{error}\n")
    return 1


def _listen(lines: TextIO, wake: threading.Event) -> None:
    for _ in lines:
        wake.set()
    os._exit(0)  # the pipe ended: the server is gone, and whatever was under way is derived


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
