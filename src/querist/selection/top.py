"""The best by score."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from querist.kernels import top
from querist.selection.contract import Selection, Selector
from querist.specs import named

__all__ = ["Top"]


@named("top")
@dataclass(frozen=True)
class Top(Selector):
    """The ``n`` candidates of the highest score; equal scores are drawn by lot.

    Right for one question at a time.  For batches prefer a selector that spreads: the best ten by
    score tend to be ten times the same question.
    """

    def select(self, scores: np.ndarray, prediction: Any, n: int) -> Selection:
        picks = top(scores, n, ties=prediction.chance)
        return Selection(picks, _chances(scores, scores[picks]))


def _chances(scores: np.ndarray, picked: np.ndarray) -> np.ndarray:
    """1 where a pick was certain; among g equals the first has the chance 1/g, the next 1/(g - 1) ..."""
    chances = np.ones(len(picked))
    if not len(picked):
        return chances
    _, first, count = np.unique(-picked, return_index=True, return_counts=True)  # picked is sorted
    # only the last group can be larger than what was picked of it
    groups = count.copy()
    groups[-1] = np.count_nonzero(scores == picked[-1])
    for start, taken, group in zip(first, count, groups, strict=True):
        if group > 1:
            chances[start : start + taken] = 1 / (group - np.arange(taken))
    return chances
