"""What a model believes of every item of a pool, as a table."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from querist.data import Pool
from querist.errors import InvalidInput
from querist.events import State
from querist.formats.columns import CHUNK, Column, ContentColumns, Table, Type
from querist.formats.labels import id_type, state_of
from querist.formats.write import Target, write_table
from querist.tasks import label_sets

__all__ = ["write_predictions"]


def write_predictions(
    target: Target,
    pool: Pool,
    classes: Sequence[str],
    proba: Any,
    *,
    state: State | None = None,
    model: str = "",
    format: str | None = None,
    spreadsheet_safe: bool = False,
) -> int:
    """Write one row for every item of the pool: what the model predicts, how surely, and what people said.

    Columns: ``id``, ``predicted``, ``confidence`` (the probability of that class), ``label`` and
    ``state`` (from ``state``), ``model``, ``proba_<class>`` for each class, and the content.  Where
    ``state`` is one of a :class:`~querist.tasks.MultiLabel` task, ``predicted`` lists the classes above one
    half, and ``confidence`` is the chance that all of that is right, were the classes independent.

    Parameters
    ----------
    target : path or binary file
        As for :func:`~querist.formats.write_labels`.
    classes : sequence of C str
        In the order of the columns of ``proba``.
    proba : array (n, C)
        A row of probabilities (or of marginals) for each item of the pool, in its order; may be
        memory-mapped.

    >>> import io
    >>> from querist.data import Pool
    >>> file = io.BytesIO()
    >>> write_predictions(file, Pool(ids=["a"]), ["no", "yes"], [[0.25, 0.75]], format="jsonl")
    1
    >>> print(file.getvalue().decode().split(',"label"')[0])
    {"id":"a","predicted":"yes","confidence":0.75
    """
    proba = proba if hasattr(proba, "shape") else np.asarray(proba, dtype=np.float64)
    if tuple(proba.shape) != (len(pool), len(classes)):
        raise InvalidInput(
            f"The predictions have the shape {tuple(proba.shape)}, but there are {len(pool)} items "
            f"and {len(classes)} classes.",
            mend="Wait for the next model: it predicts for every item and class that there is now.",
        )
    state = state or State()
    value: Type = "words" if state.task.get("name") == "multilabel" else "text"
    own = [
        Column("id", id_type(pool.ids)),
        Column("predicted", value),
        Column("confidence", "number"),
        Column("label", value),
        Column("state"),
        Column("model"),
        *(Column(f"proba_{name}", "number") for name in classes),
    ]
    content = ContentColumns(pool, taken=[column.name for column in own])
    table = Table([*own, *content.columns], _rows(pool, classes, proba, state, model, content))
    return write_table(table, target, format, spreadsheet_safe=spreadsheet_safe)


def _rows(
    pool: Pool, classes: Sequence[str], proba: Any, state: State, model: str, content: ContentColumns
) -> Iterator[Sequence[Any]]:
    names = np.asarray([str(name) for name in classes], dtype=object)
    says = _sets if state.task.get("name") == "multilabel" else _leaders
    for start, cells in content.chunks():
        block = np.asarray(proba[start : start + CHUNK], dtype=np.float64)
        predicted, confidence = says(block, names)
        shares = block.round(6).tolist()
        for i, said in enumerate(cells):
            item = pool.ids[start + i]
            label = state.labels.get(item)
            yield [
                item,
                predicted[i],
                confidence[i],
                label,
                state_of(item, state),
                model or None,
                *shares[i],
                *said,
            ]


def _leaders(block: np.ndarray, names: np.ndarray) -> tuple[list[Any], list[float]]:
    """The likeliest class of each row, with its probability."""
    best = block.argmax(axis=1)
    return names[best].tolist(), block[np.arange(len(block)), best].round(6).tolist()


def _sets(block: np.ndarray, names: np.ndarray) -> tuple[list[Any], list[float]]:
    """The classes of each row that are likelier than not, with the chance that all of it is right."""
    sure = np.maximum(block, 1 - block).prod(axis=1)
    return label_sets(block > 0.5, names.tolist()), sure.round(6).tolist()
