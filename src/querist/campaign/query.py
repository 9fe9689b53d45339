"""A question, as it is handed to an annotator."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from querist.data import ItemId, Pool
from querist.events import Asked, Made

__all__ = ["Query", "describe", "query_of"]


@dataclass(frozen=True, kw_only=True)
class Query:
    """An item put to an annotator, with the lease and the reason.

    ``suggestion`` is what the model believed when it asked, {"value": ..., "proba": ...}; where
    ``hidden`` is True the annotator must not see it.  ``until`` is the end of the lease in seconds
    since 1970 (None: for ever); an answer that comes later is still welcome.  Of an item that was ``made``
    for this question, and that no pool holds, ``features`` are what the model reads of it.
    """

    id: str
    item: ItemId
    content: Mapping[str, Any] | None = field(default=None, repr=False, compare=False)
    to: str | None = None
    until: float | None = None
    arm: str = "active"
    strategy: str = ""
    why: str = ""
    rank: int | None = None
    score: float | None = None
    probability: float | None = None
    model: str | None = None
    suggestion: Mapping[str, Any] | None = None
    hidden: bool = False
    made: bool = False
    features: Any = field(default=None, repr=False, compare=False)


def query_of(asked: Asked, pool: Pool, made: Mapping[ItemId, Made]) -> Query:
    """The question that the event put."""
    own = made.get(asked.item)
    if own is not None:
        content: Mapping[str, Any] | None = own.content
    else:
        content = None if pool.content is None else pool.content[pool.row(asked.item)]
    return Query(
        id=asked.query,
        item=asked.item,
        content=content,
        to=asked.to,
        until=asked.until,
        arm=asked.arm,
        strategy=asked.strategy,
        why=asked.why,
        rank=asked.rank,
        score=asked.score,
        probability=asked.probability,
        model=asked.model,
        suggestion=asked.suggestion,
        hidden=asked.hidden,
        made=own is not None,
        features=None if own is None else own.features,
    )


def describe(asked: Asked) -> str:
    """Why this item, in a sentence or two."""
    reasons = {
        "random": "Drawn at random, so that the quality of the model can be told without bias.",
        "overlap": "Asked for a further opinion: another annotator has answered it.",
        "reopened": "Opened again on request.",
    }
    figures = []
    if asked.rank is not None:
        figures.append(f"rank {asked.rank}")
    if asked.score is not None:
        figures.append(f"score {asked.score:.4g}")
    if asked.probability is not None:
        figures.append(f"selected with probability {asked.probability:.3g}")
    told = f" ({', '.join(figures)})" if figures else ""
    chosen = f"Chosen by the strategy {asked.strategy!r}{told}."
    sentences = [reasons.get(asked.arm, chosen)]
    if asked.why:
        sentences.append(f"{asked.why[0].upper()}{asked.why[1:]}.".replace("..", "."))
    if asked.suggestion is not None:
        model = f"The model {asked.model}" if asked.model else "The model"
        proba = asked.suggestion.get("proba")
        sure = f" ({proba:.0%})" if proba is not None else ""
        sentences.append(f"{model} believed {asked.suggestion['value']!r}{sure}.")
    return " ".join(sentences)
