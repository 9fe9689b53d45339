"""Thompson sampling: ask what one draw of the model thinks best."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from querist.errors import InvalidInput
from querist.kernels import top, uniform
from querist.models import Prediction
from querist.specs import named
from querist.strategies.contract import Proposal, Snapshot
from querist.strategies.scored import Scored, predicted, proposed

__all__ = ["Thompson"]

_STREAM = 211  # of chance, the first of one a draw


@named("thompson")
@dataclass(frozen=True)
class Thompson:
    """Each pick is the candidate that another draw of the model holds for the largest.

    The search for the largest value, in batches: an item is asked as often as it may be the best, and
    the picks of a batch differ because the draws do.  Prefer it to "expected_improvement" for more than
    one question at a time; for one, that wastes fewer.  The draws are members of the committee
    (``Bagging(Ridge())``, a forest); of a model without (a Gaussian process) each number is drawn by
    itself, which explores more than joint draws would.  Needs ``model.draws`` of numbers or
    ``model.mean_std``.  While there is no model it draws uniformly.

    Parameters
    ----------
    members : int
        How many draws there are at most; picks beyond that are their next best.
    lowest : bool
        Whether the smallest value is sought.

    The chances with which it picks are not known, and are told as 1.

    >>> from sklearn.ensemble import RandomForestRegressor
    >>> from querist.data import Pool
    >>> from querist.models import as_model
    >>> x = np.arange(10.0)[:, None]
    >>> model = as_model(RandomForestRegressor(5)).fitted(x[:5], [0.0, 1.0, 2.0, 3.0, 4.0])
    >>> Thompson().propose(Snapshot(Pool(x), labels=dict.fromkeys(range(5), 0.0), model=model), 1).ids[0] > 4
    True

    Thompson 1933; Hernandez-Lobato, Requeima, Pyzer-Knapp & Aspuru-Guzik 2017 (batches).
    """

    members: int = 20
    lowest: bool = False
    name: ClassVar[str] = "thompson"

    def __post_init__(self) -> None:
        if not (isinstance(self.members, int) and self.members >= 1):
            raise InvalidInput(
                f"members must be a whole number of 1 or more; got {self.members!r}.",
                mend="Each is one draw of the model.",
            )

    def propose(self, snapshot: Snapshot, n: int) -> Proposal:
        """``n`` candidates; scores are what their draw says of them, turned so that more is better."""
        if snapshot.model is None:
            return Scored().propose(snapshot, n)
        prediction = predicted(snapshot)
        n = max(0, min(n, len(prediction)))
        if not n:
            return proposed(snapshot, prediction.rows[:0])
        picks, scores = self._dealt(prediction, n)
        why = "One way to read the labels has its number best."
        return proposed(snapshot, prediction.rows[picks], scores=scores, why=why)

    def _dealt(self, prediction: Prediction, n: int) -> tuple[np.ndarray, np.ndarray]:
        """The draws in turn, each its best that is not picked."""
        draws = _draws(prediction, min(n, self.members))
        if self.lowest:
            draws = -draws
        orders = [iter(top(said, n, ties=prediction.chance)) for said in draws]
        picks: list[int] = []
        scores: list[float] = []
        out: set[int] = set()
        while len(picks) < n:
            one = len(picks) % len(draws)
            pick = next(int(row) for row in orders[one] if int(row) not in out)
            out.add(pick)
            picks.append(pick)
            scores.append(float(draws[one, pick]))
        return np.array(picks, dtype=np.intp), np.array(scores)

    @classmethod
    def examples(cls) -> tuple[Any, ...]:
        """Instances on which the laws are checked."""
        return (cls(), cls(members=3, lowest=True))


def _draws(prediction: Prediction, k: int) -> np.ndarray:
    """What ``k`` draws say of each candidate, (k, candidates)."""
    model = prediction.model
    if hasattr(model, "draws") and not hasattr(model, "classes"):
        return prediction.draws(k)
    from scipy.special import ndtri

    mean, std = prediction.mean_std
    lots = np.stack([uniform(prediction.keys, prediction.seed, stream=_STREAM + i) for i in range(k)])
    tiny = np.finfo(np.float64).tiny
    drawn: np.ndarray = mean + std * ndtri(np.maximum(lots, tiny))
    return drawn
