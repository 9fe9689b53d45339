"""The ranking: what one model says of the whole pool, and whom to ask about next, on disk."""

from __future__ import annotations

import json
import os
import shutil
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np

from querist.errors import InvalidInput
from querist.workspace.atomic import read_json, write_json

__all__ = ["QUICK", "Ranking", "current_ranking", "publish", "unrank"]

QUICK = "quick"
"""How the versions begin of models that stand in for a slow one."""

MADE = -1
"""Stands for the row of an item that was made: no row of the pool."""

_KEPT = 2  # a reader may still be opening the one before the current one
_DRAFT = ".draft-"
_STALE = 3600.0  # seconds after which a draft is what a killed writer left
_MOST, _BYTES = 24, 96 << 20  # what may lie about until it pays to clear it away


@dataclass(frozen=True)
class Ranking:
    """One published answer to "what next?", with the predictions it rests on.

    ``rows`` are pool rows, best first, shape (k,); ``scores`` and ``probabilities`` go with them, and
    ``why`` holds a sentence for each and ``notes`` what the strategy noted.  ``proba`` is (N, C) over the
    *whole* pool in the order of ``classes``, or None while no model is trained.  ``upto`` is the event
    that the model has seen.  An item that was made stands with the row -1, and ``made`` holds for its place
    the id, the content, the features and what the model believes of it (``likely``); None for others.

    >>> cold = Ranking("cold-1", rows=np.array([2, 0]), scores=np.array([.9, .1]))
    >>> cold.why_of(0), cold.suggestion(2) is None
    ('', True)
    """

    version: str
    rows: np.ndarray
    scores: np.ndarray
    probabilities: np.ndarray | None = None
    why: Sequence[str] = ()
    arms: Sequence[str] = ()
    notes: Sequence[Any] = ()
    made: Sequence[Mapping[str, Any] | None] = ()
    proba: np.ndarray | None = None
    classes: Sequence[str] = ()
    strategy: str = ""
    upto: int = 0
    labels: int = 0
    seconds: float | None = None
    metrics: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if len(self.rows) != len(self.scores):
            raise InvalidInput(
                f"A ranking of {len(self.rows)} rows came with {len(self.scores)} scores.",
                mend="Give one score a row.",
            )
        if self.proba is not None and self.proba.shape[1] != len(self.classes):
            raise InvalidInput(
                f"A ranking knows {len(self.classes)} classes, but its probabilities have "
                f"{self.proba.shape[1]} columns.",
                mend="Give one column a class.",
            )

    def unranked(self) -> Ranking:
        """The predictions alone: whom to ask about next is not said."""
        none = np.empty(0)
        return replace(
            self,
            rows=none.astype(np.int64),
            scores=none,
            probabilities=None,
            why=(),
            arms=(),
            notes=(),
            made=(),
        )

    @property
    def cold(self) -> bool:
        """True while no model stands behind the ranking."""
        return self.proba is None

    def why_of(self, rank: int) -> str:
        """The sentence for the item at ``rank``, or an empty one."""
        return self.why[rank] if rank < len(self.why) else ""

    def arm_of(self, rank: int) -> str:
        """How the item at ``rank`` was chosen: "active" unless the strategy says otherwise."""
        return self.arms[rank] if rank < len(self.arms) else "active"

    def note_of(self, rank: int) -> Any:
        """What the strategy noted of the item at ``rank``, or None."""
        return self.notes[rank] if rank < len(self.notes) else None

    def made_at(self, rank: int) -> Mapping[str, Any] | None:
        """What was made for the place ``rank``; None where an item of the pool stands."""
        return self.made[rank] if rank < len(self.made) else None

    @cached_property
    def likely_of_made(self) -> dict[str, list[tuple[str, float]]]:
        """The likeliest classes of each made item by its id."""
        return {
            str(one["id"]): [(str(name), float(proba)) for name, proba in one["likely"]]
            for one in self.made
            if one is not None and one["likely"]
        }

    def suggestion(self, row: int, most: int = 3) -> list[tuple[str, float]] | None:
        """The likeliest classes of one row with their probabilities, or None if nothing is known."""
        if self.proba is None or row >= len(self.proba):
            return None  # an item that came after the model
        likely = np.asarray(self.proba[row], dtype=np.float64)
        best = np.argsort(-likely, kind="stable")[:most]
        return [(self.classes[int(column)], float(likely[column])) for column in best]

    @cached_property
    def predicted(self) -> np.ndarray:
        """The likeliest class of every row as a column number, shape (N,); empty while cold."""
        if self.proba is None:
            return np.empty(0, dtype=np.int32)
        return np.asarray(self.proba.argmax(axis=1), dtype=np.int32)

    @cached_property
    def order(self) -> list[int]:
        """The rows as plain numbers, best first."""
        return [int(row) for row in self.rows]


def publish(
    ranking: Ranking,
    folder: Path,
    *,
    save_model: Callable[[Path], None] | None = None,
    slow: bool = False,
) -> Path:
    """Write a ranking to ``folder``/<version> and make it the current one, in one step.

    Readers see the old ranking or the new one, whole.  Nothing waits for the disk here: a ranking is
    derived, and one torn by a power cut is noticed on opening and made anew.
    ``save_model`` is called with the folder, to put the fitted model beside the ranking.
    That of a ``slow`` model is kept until the next of them, whatever is published meanwhile.
    """
    folder.mkdir(parents=True, exist_ok=True)
    draft = folder / f"{_DRAFT}{uuid.uuid4().hex}"
    draft.mkdir()
    try:
        np.savez(draft / "queue.npz", **_queue(ranking))
        if ranking.proba is not None:
            np.save(draft / "proba.npy", np.asarray(ranking.proba, dtype=np.float32))
        if save_model is not None:
            save_model(draft)
        (draft / "meta.json").write_text(json.dumps(_meta(ranking), ensure_ascii=False), encoding="utf-8")
        final = folder / ranking.version
        if slow:  # before it is there: the quick learner sweeps meanwhile, and this one may wait for its turn
            write_json(folder / "coming.json", {"version": ranking.version}, durable=False)
        if final.exists():
            shutil.rmtree(final)
        os.replace(draft, final)
    except BaseException:
        shutil.rmtree(draft, ignore_errors=True)
        raise
    for pointer in ("slow", "current") if slow else ("current",):
        write_json(folder / f"{pointer}.json", {"version": ranking.version}, durable=False)
    _sweep(folder)
    return final


def current_ranking(folder: Path, *, slow: bool = False) -> Ranking | None:
    """The ranking that was published last, memory-mapped; None if there is none that can be read.

    With ``slow`` the last one of a slow model.
    """
    try:
        pointer = read_json(folder / f"{'slow' if slow else 'current'}.json")
        ranking = _load(folder / str(pointer["version"]))
        return ranking if pointer.get("ranked", True) else ranking.unranked()
    except (OSError, ValueError, KeyError, TypeError, EOFError, BadZipFile, InvalidInput):
        return None


def unrank(folder: Path) -> None:
    """Keep the predictions that are current, and not their order: questions are fair draws till the next."""
    pointer = folder / "current.json"
    if pointer.exists():
        write_json(pointer, {**read_json(pointer), "ranked": False}, durable=False)


def _load(folder: Path) -> Ranking:
    meta = read_json(folder / "meta.json")
    # opened here, for NumPy leaves a torn file open
    with open(folder / "queue.npz", "rb") as file, np.load(file, allow_pickle=False) as held:
        queue = dict(held)
    path = folder / "proba.npy"
    return Ranking(proba=np.load(path, mmap_mode="r") if path.exists() else None, **queue, **meta)


def _queue(ranking: Ranking) -> dict[str, Any]:
    columns: dict[str, Any] = {
        "rows": np.asarray(ranking.rows, dtype=np.int64),
        "scores": np.asarray(ranking.scores, dtype=np.float64),
    }
    if ranking.probabilities is not None:
        columns["probabilities"] = np.asarray(ranking.probabilities, dtype=np.float64)
    return columns


def _meta(ranking: Ranking) -> dict[str, Any]:
    lists = {name: list(getattr(ranking, name)) for name in ("classes", "why", "arms", "notes", "made")}
    names = ("version", "strategy", "upto", "labels", "seconds", "metrics")
    meta = {name: getattr(ranking, name) for name in names}
    told: dict[str, Any] = json.loads(json.dumps({**meta, **lists}))
    return told


def _sweep(folder: Path) -> None:
    """Drop the rankings that nobody needs any more, many at once.

    Deleting makes the next wait for the disk a long one on many file systems, and that wait is an
    annotator's: so not after every publication.
    """
    found = list(folder.iterdir())  # first: a pointer may come before what it points to, and not after
    wanted = {str(read_json(pointer).get("version")) for pointer in folder.glob("*.json")}
    old = sorted((path for path in found if _is_old(path, wanted)), key=_modified)
    old = old[: -(_KEPT - 1)]
    size = sum(_size(path) for path in old[-1:])
    if len(old) >= _MOST or size * len(old) > _BYTES:
        for path in old:
            shutil.rmtree(path, ignore_errors=True)


def _is_old(path: Path, wanted: set[str]) -> bool:
    """Whether a folder may go: no pointer names it, and nobody is writing it."""
    if not path.is_dir() or path.name in wanted:
        return False
    return not path.name.startswith(_DRAFT) or time.time() - _modified(path) > _STALE


def _modified(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except FileNotFoundError:  # another writer swept it away
        return 0.0


def _size(path: Path) -> int:
    try:
        return sum(file.stat().st_size for file in path.iterdir())
    except FileNotFoundError:
        return 0
