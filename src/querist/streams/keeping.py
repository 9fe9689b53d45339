"""A stream learner on disk: numbers and JSON in one file, written whole or not at all; no pickles."""

from __future__ import annotations

import io
import json
import os
from collections.abc import Mapping
from typing import Any
from zipfile import BadZipFile

import numpy as np

from querist.data.files import atomic_write
from querist.errors import InvalidInput, SourceError
from querist.models.online import OnlineSoftmax
from querist.specs import from_spec, to_spec
from querist.streams.contract import CompiledGate
from querist.streams.learner import StreamLearner
from querist.streams.pending import Held

__all__ = ["load_learner", "save_learner"]

_FORMAT = 2


def save_learner(
    learner: StreamLearner, path: str | os.PathLike[str], *, more: Mapping[str, Any] | None = None
) -> None:
    """Write a learner into a file, with ``more`` (plain JSON) beside it.

    The file is on the disk when this returns, whole; the one before it stays until then.  A learner with
    a model of another make than ``OnlineSoftmax``, or a gate of your own, is pickled instead (``pickle``).

    Raises
    ------
    InvalidInput
        What cannot be written so.

    >>> import pathlib, tempfile
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "stream.npz"
    >>> learner = StreamLearner(OnlineSoftmax(), budget=0.2)
    >>> _ = learner.see([1.0, 2.0])
    >>> save_learner(learner, path)
    >>> load_learner(path)[0]
    StreamLearner(1 seen, 1 asked, 1 out, cold)
    """
    if not isinstance(learner.model, OnlineSoftmax) or not isinstance(learner.gate, CompiledGate):
        raise InvalidInput(
            f"{learner.model!r} with {type(learner.gate).__name__} cannot be written as numbers.",
            mend="Use OnlineSoftmax and a budget manager of querist's, or pickle the learner.",
        )
    model = learner.model.arrays()
    pending = list(learner.pending)
    told = {
        "format": _FORMAT,
        "strategy": to_spec(learner.strategy),
        "drift": to_spec(learner.drift),
        "seed": learner.seed,
        "opening": learner.opening,
        "holds": learner.pending.limit,
        "seen": learner.seen,
        "asked": learner.asked,
        "drifts": learner.drifts,
        "cold": learner.cold,
        "until": learner.until,
        "classes_told": list(learner.classes_told.items()),
        "lost": learner.pending.lost,
        "told": list(learner.pending.told.items()),
        "predicted": [held.predicted for _, held in pending],
        "model": model["own"],
        "more": dict(more or {}),
    }
    arrays = {
        "gate": learner.gate.state,
        "numbers": np.array([number for number, _ in pending], dtype=np.int64),
        "chances": np.array([held.chance for _, held in pending]),
        "sure": np.array([held.sure for _, held in pending]),
        "rows": np.array([held.row for _, held in pending]),
    }
    if model["vector"] is not None:
        arrays |= {"shape": model["shape"], "vector": model["vector"]}
    if learner.near is not None:
        arrays["near"] = learner.near.state
    if learner.watch is not None:
        arrays["heard"] = np.array(learner.watch.heard, dtype=np.bool_)
    whole = io.BytesIO()
    np.savez(whole, told=np.frombuffer(_json(told).encode(), dtype=np.uint8), **arrays)  # type: ignore[arg-type]
    with atomic_write(path) as file:
        file.write(whole.getbuffer())


def load_learner(path: str | os.PathLike[str]) -> tuple[StreamLearner, dict[str, Any]]:
    """The learner in a file, as it was, and what was written beside it."""
    try:
        with open(path, "rb") as file, np.load(file, allow_pickle=False) as held:
            arrays = dict(held)
        told = json.loads(arrays["told"].tobytes())
    except (OSError, ValueError, KeyError, EOFError, BadZipFile) as error:
        raise SourceError(
            f"{os.fspath(path)} holds no stream that can be read ({error}).",
            mend="Give a file that save_learner wrote, or begin anew.",
        ) from error
    if told["format"] != _FORMAT:
        raise SourceError(
            f"{os.fspath(path)} has the format {told['format']!r}; known is {_FORMAT}.",
            mend="Read it with the version of querist that wrote it.",
        )
    model = {"own": told["model"], "shape": arrays.get("shape"), "vector": arrays.get("vector")}
    drift = told["drift"]
    learner = StreamLearner(
        OnlineSoftmax.from_arrays(model),
        from_spec(told["strategy"]),
        drift=None if drift is None else from_spec(drift),
        opening=told["opening"],
        holds=told["holds"],
        seed=told["seed"],
    )
    for name in ("seen", "asked", "drifts", "cold", "until"):
        setattr(learner, name, told[name])
    learner.classes_told = dict(told["classes_told"])
    learner.gate.state = arrays["gate"]
    if "near" in arrays:
        learner.near.state = arrays["near"]
    if learner.drift is not None:
        learner.watch = learner.drift.begin(arrays["heard"].tolist())
    chances, sure = arrays["chances"].tolist(), arrays["sure"].tolist()
    held_out = map(Held, map(np.array, arrays["rows"]), told["predicted"], chances, sure)
    for number, out in zip(arrays["numbers"].tolist(), held_out, strict=True):
        learner.pending.put_back(number, out)
    learner.pending.lost = told["lost"]
    learner.pending.told = dict(told["told"])
    return learner, told["more"]


def _json(told: Mapping[str, Any]) -> str:
    try:
        return json.dumps(told, ensure_ascii=False)
    except TypeError as error:
        raise InvalidInput(
            f"The stream cannot be written: {error}.", mend="Use classes that are words, numbers or bools."
        ) from error
