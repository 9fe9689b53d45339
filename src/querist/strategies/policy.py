"""A query policy learnt by reinforcement from simulated campaigns: how things stand says which rule asks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from querist.acquisition import Margin
from querist.kernels import margin
from querist.models import Prediction
from querist.models.estimator import plain
from querist.selection import KCenter
from querist.specs import named
from querist.strategies.advice import answered, said_of
from querist.strategies.contract import Proposal, Snapshot, Strategy
from querist.strategies.default import Default
from querist.strategies.registry import as_strategy
from querist.strategies.scored import Scored, predicted

__all__ = ["ACTIONS", "FEATURES", "LearnedPolicy", "standing"]

ACTIONS: Mapping[str, Strategy] = {
    "default": Default(),
    "sooner": Default(patience=1.0),
    "finer": Default(patience=2.0, radius=0.5),
    "margin": Scored(Margin()),
    "spread": as_strategy(KCenter()),
    "random": as_strategy("random"),
}
FEATURES = (
    "one",
    "labels a class",
    "share labelled",
    "evenness of labels",
    "evenness of predictions",
    "mean margin",
    "least margins",
    "share in doubt",
    "news of late",
    "columns",
)
_COLUMNS = FEATURES.index("columns")
_TRAINED_CLASSES = 2
_WEIGHTS = Path(__file__).with_name("policy.npz")
_LATE = 10  # answers that count as late


@named("learned_policy")
@dataclass(frozen=True)
class LearnedPolicy:
    """Chooses by the state of the campaign which rule asks next, as learnt from simulated campaigns.

    The rules are the default strategy with three settings of its parameters, margin, k-center and a random
    draw; which of them asks is decided by a linear estimate of what each would bring from here on (Q), from
    ten numbers: labels a class, the share labelled, how even labels and predictions are, margins, how often
    the model was wrong of late, and how many columns there are.  Prefer it to :class:`Albl` and its kin: it
    brings its experience with it, where a bandit spends your answers to gain its own.  Prefer the default
    strategy for tasks unlike those that it was trained on (two classes, up to a hundred labels, tables
    of numbers; the manual, page "Automatic choice, measured", tells how it does elsewhere).

    With more classes than two, with more columns than any task of its training had (50), and without a model
    that has ``proba`` it asks by the default strategy.  Its notes say what the model believed
    of each question; without them (``choose``) the model counts as wrong half of the time of late.

    >>> from querist.data import Pool
    >>> LearnedPolicy().propose(Snapshot(Pool([[0.0], [0.1], [5.0]])), 1).ids
    [0]

    Fitted Q iteration (Ernst, Geurts & Wehenkel 2005) over acquisitions; learnt acquisition as in Fang, Li &
    Cohn 2017 and Konyushkova, Sznitman & Fua 2018.  ``benchmarks/train_policy.py`` trains it anew.
    """

    name: ClassVar[str] = "learned_policy"

    def propose(self, snapshot: Snapshot, n: int) -> Proposal:
        """``n`` candidates by the rule that should bring most; scores are that rule's."""
        action = self.action(snapshot)
        proposal = ACTIONS[action].propose(snapshot, n)
        said = said_of(snapshot, proposal.ids)
        note = [{"learned_policy": {"arms": len(ACTIONS), "action": action, "said": one}} for one in said]
        return replace(proposal, notes=tuple(note))

    def action(self, snapshot: Snapshot) -> str:
        """The name of the rule that asks now."""
        if not len(snapshot.candidates) or not hasattr(snapshot.model, "proba"):
            return "default"
        names, weights, widest = _learnt()
        state = standing(snapshot, predicted(snapshot))
        if len(snapshot.model.classes) > _TRAINED_CLASSES or state[_COLUMNS] > widest:
            return "default"
        return names[int(np.argmax(weights @ state))]

    @classmethod
    def examples(cls) -> tuple[Any, ...]:
        """Instances on which the laws are checked."""
        return (cls(),)


def standing(snapshot: Snapshot, prediction: Prediction) -> np.ndarray:
    """How a campaign stands, (len(FEATURES),), each number about from 0 to 1."""
    proba = np.asarray(prediction.proba, dtype=np.float64)
    classes, labels = max(2, proba.shape[1]), len(snapshot.labels)
    counts: dict[Any, int] = {}
    for value in snapshot.labels.values():
        counts[value] = counts.get(value, 0) + 1
    sure = -np.asarray(margin(proba), dtype=np.float64)
    least = np.sort(sure)[: max(1, len(sure) // 10)]
    shape: tuple[int, ...] = getattr(prediction.x, "shape", ())
    return np.array(
        [
            1.0,
            np.log2(1 + labels / classes) / 8,
            labels / (labels + len(proba)),
            _evenness(list(counts.values()), classes),
            _evenness(np.bincount(proba.argmax(axis=1)).tolist(), classes),
            sure.mean(),
            least.mean(),
            (sure < 0.2).mean(),
            _news(snapshot),
            np.log2(1 + (shape[1] if len(shape) > 1 else 1)) / 8,
        ]
    )


def _evenness(counts: list[int], classes: int) -> float:
    """The entropy of some counts in units of the largest that there could be."""
    shares = np.array([one for one in counts if one], dtype=np.float64)
    shares /= max(1.0, shares.sum())
    return float(-(shares * np.log(np.maximum(shares, 1e-300))).sum() / np.log(classes))


def _news(snapshot: Snapshot) -> float:
    """How often the model was wrong about the last answers, with one right and one wrong for a start."""
    late = answered(snapshot, LearnedPolicy.name, len(ACTIONS))[-_LATE:]
    wrong = sum(note["said"] != plain(snapshot.labels[item]) for item, note in late)
    return float((1 + wrong) / (2 + len(late)))


@cache
def _learnt() -> tuple[list[str], np.ndarray, float]:
    """The rules' names, the weights of each, (rules, features), and the most columns of the training."""
    with np.load(_WEIGHTS, allow_pickle=False) as held:
        names, weights = held["actions"], held["weights"]
        return [str(one) for one in names], np.asarray(weights, dtype=np.float64), float(held["widest"])
