"""Domains whose points are contents, not numbers: they are read by the model through an encoder."""

from __future__ import annotations

import abc
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from querist.data import Domain, Pool
from querist.errors import InvalidInput
from querist.models import take

__all__ = ["ContentDomain", "contents_of", "encoder_of"]

_ROWS = 2000  # real items that a domain is learned from
_SEED = 17
_MOST = 20_000  # features that are kept, so that none is encoded twice

Encode = Callable[[Sequence[Mapping[str, Any]]], Any]


class ContentDomain(Domain):
    """What domains of texts, table rows and pictures share: points are contents, ``encode`` reads them.

    Places are the features by their own spread over real items, so that distances mean what they mean to the
    model; there are none where features are raw values.
    """

    def __init__(self, encode: Encode, features: Any) -> None:
        self._encode = encode
        self._kept: dict[str, Any] = {}
        self._scale = _spread(features)

    @abc.abstractmethod
    def content(self, points: Any) -> list[Mapping[str, Any]]:
        """What an annotator is shown of each point."""

    def features(self, points: Any) -> Any:
        """What the encoder makes of the points; of each only once."""
        contents = self.content(points)
        names = [json.dumps(one, sort_keys=True) for one in contents]
        new = {name: one for name, one in zip(names, contents, strict=True) if name not in self._kept}
        if len(self._kept) + len(new) > _MOST:
            self._kept = {name: self._kept[name] for name in names if name in self._kept}
        if new:
            rows = self._encode(list(new.values()))
            self._kept.update(zip(new, rows, strict=True))
        rows = [self._kept[name] for name in names]
        if rows and isinstance(rows[0], np.ndarray):
            return np.stack(rows)
        told = np.empty(len(rows), dtype=object)
        told[:] = rows
        return told

    def places(self, points: Any) -> np.ndarray | None:
        """The features by their spread."""
        return None if self._scale is None else self.places_of(self.features(points))

    def places_of(self, features: Any) -> np.ndarray | None:
        """The same of features that are there."""
        if self._scale is None:
            return None
        dense = features.toarray() if hasattr(features, "toarray") else features
        return np.asarray(dense, dtype=np.float64).reshape(len(dense), -1) / self._scale


def contents_of(pool: Pool, kind: str) -> list[Mapping[str, Any]]:
    """The contents of real items of this kind, the same ones at every question."""
    rows = np.sort(np.random.default_rng(_SEED).permutation(len(pool))[:_ROWS])
    if pool.content is not None:
        found = [pool.content[int(row)] for row in rows]
    elif kind == "text" and getattr(getattr(pool.features, "dtype", None), "kind", "") == "O":
        found = [{"kind": "text", "text": str(text)} for text in take(pool.features, rows)]
    else:
        found = []
    if not found or any(one.get("kind", kind) != kind for one in found):
        raise InvalidInput(
            f"Items of the kind {kind!r} are made from those of the pool; it has "
            f"{'no content' if not found else 'content of another kind'}.",
            mend=f"Give Pool(..., content=[{{'kind': {kind!r}, ...}}, ...]).",
        )
    return found


def encoder_of(pool: Pool) -> Encode:
    """What turns new content into features like those of the pool."""
    if pool.encode is not None:
        return pool.encode
    if getattr(getattr(pool.features, "dtype", None), "kind", "") == "O":
        return lambda contents: [one.get("text", one) for one in contents]  # a pipeline takes texts raw
    raise InvalidInput(
        "New content must become features like those of the pool, and nothing is known that does so.",
        mend="Give Pool(features, content=..., encode=function from contents to rows of features).",
    )


def _spread(features: Any) -> float | None:
    """Four standard deviations of all columns together: about the width of the real items."""
    kind = getattr(getattr(features, "dtype", None), "kind", "O")
    if features is None or kind not in "fiub" or not features.shape[0]:
        return None
    rows = take(features, np.sort(np.random.default_rng(_SEED).permutation(features.shape[0])[:_ROWS]))
    dense = np.asarray(rows.toarray() if hasattr(rows, "toarray") else rows, dtype=np.float64)
    return float(4 * np.sqrt(dense.var(axis=0).sum())) or 1.0
