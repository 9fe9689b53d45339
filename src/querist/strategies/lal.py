"""Learning active learning: ask where a forest trained on past questions foresees the largest gain."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from querist.acquisition import Random
from querist.errors import InvalidInput
from querist.kernels import Forest, top
from querist.models import Prediction, require
from querist.specs import named
from querist.strategies.contract import Proposal, Snapshot
from querist.strategies.scored import Scored, predicted, proposed

__all__ = ["LAL", "lal_features"]

SHIPPED = Path(__file__).with_name("lal.npz")
_MEMBERS = 20  # of a committee, as in training
_PARTS = ("features", "limits", "rights", "values", "roots")


@named("lal")
@dataclass(frozen=True)
class LAL:
    """Asks what has helped most before: a trained forest foresees the fall of error from model and item.

    A regression forest has seen some 6,400 questions, put to forests of 50 trees and logistic
    regressions with 2 to 50 labels of two classes, clouds of points and made-up tables, and what each did
    to the error on points kept apart; how sure the model is of an item, how far its committee is apart
    about it, and six numbers of the state of the model are what it goes by.  Prefer it with few labels
    and a model that is not good yet.  Do not expect much: single outcomes are mostly noise, and what it
    learned is to ask of unsure items (a likelier class below .8) about alike, and rather not where
    members of a committee contradict each other outright.  On two tables that it never saw, 6 seeds, from
    10 to 100 labels, its mean accuracy less that of random was +.038 (margin: +.042) and +.043 (+.041)
    for spam by forest and logistic regression, +.005 (+.014) and -.006 (-.023) for six kinds of
    ground: no difference from margin that 6 seeds could show.  With several classes the two likeliest of
    each item count, of which the training knew nothing.

    It needs ``model.proba``, and ``model.draws`` where there is a committee.  The out-of-bag error, depth and
    importances of the paper's forest are left out, which only a forest has.  A batch is the n best.
    ``benchmarks/train_lal.py`` trains it anew, in ten minutes, and compares.  Until two classes are known
    it draws uniformly.

    Parameters
    ----------
    forest : str, optional
        The file of another forest, as ``benchmarks/train_lal.py`` writes it; the one that is shipped if not
        given.

    Konyushkova, Sznitman & Fua 2017.
    """

    forest: str | None = None
    name: ClassVar[str] = "lal"

    def __post_init__(self) -> None:
        if self.forest is not None:
            _forest(self.forest)  # which checks it

    def propose(self, snapshot: Snapshot, n: int) -> Proposal:
        """``n`` candidates; scores are the falls of error foreseen, above that of an average candidate."""
        known = {str(value) for value in snapshot.labels.values()}
        if snapshot.model is None or len(known) < 2 or n <= 0:
            return Scored(Random()).propose(snapshot, n)
        prediction = predicted(snapshot)
        if not len(prediction):
            return proposed(snapshot, prediction.rows)
        state, lead, apart = lal_features(snapshot, prediction)
        scores = _forest(self.forest).surface(state, lead, apart)
        picks = top(scores, n, ties=prediction.chance)
        why = "Items like it have helped models like this most."
        return proposed(snapshot, prediction.rows[picks], scores=scores[picks], why=why)

    @classmethod
    def examples(cls) -> tuple[Any, ...]:
        """Instances on which the laws are checked."""
        return (cls(), cls(str(SHIPPED)))


def lal_features(snapshot: Snapshot, prediction: Prediction) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """What the forest is asked of: six numbers of the state, and two of each candidate.

    Of an item: ``lead``, the likelier of its two likeliest classes as a share of both, and ``apart``, how
    far the members of a committee are apart about its likeliest class (0 for a model that is none).  Of
    the state: how many labels there are (log 2); the share of the second most frequent class in the two
    most frequent; mean and standard deviation of ``lead``, and mean of ``apart``, over the candidates;
    mean of ``lead`` over the labelled items.
    """
    require(prediction.model, "proba", by="LAL")
    lead = _lead(prediction.proba)
    apart = np.zeros(len(prediction))
    if hasattr(prediction.model, "draws"):
        apart = prediction.from_draws(_apart, _MEMBERS)
    known = snapshot.labelled
    told = Prediction(prediction.model, prediction.x, known)
    seen = _lead(told.proba)
    counts = np.sort(np.unique([str(one) for one in snapshot.labels.values()], return_counts=True)[1])[::-1]
    balance = counts[1] / (counts[0] + counts[1]) if len(counts) > 1 else 0.0
    state = [np.log2(len(known)), balance, lead.mean(), lead.std(), apart.mean(), seen.mean()]
    return np.array(state), lead, apart


def _lead(proba: np.ndarray) -> np.ndarray:
    """The likeliest class of each row as a share of the two likeliest, (k,), from 1/2 to 1."""
    if proba.shape[1] < 2:
        return np.ones(len(proba))
    leaders = np.partition(proba, proba.shape[1] - 2, axis=1)[:, -2:].astype(np.float64)
    return np.asarray(leaders[:, 1] / leaders.sum(axis=1))


def _apart(draws: np.ndarray) -> np.ndarray:
    """The standard deviation of what the members say of the class that they hold for likeliest, (k,)."""
    best = draws.mean(axis=0).argmax(axis=1)
    said: np.ndarray = draws[:, np.arange(draws.shape[1]), best].std(axis=0)
    return said


@cache
def _forest(path: str | None) -> Forest:
    try:
        with np.load(path or SHIPPED, allow_pickle=False) as held:
            return Forest(*(held[name] for name in _PARTS))
    except (OSError, KeyError, ValueError) as error:
        raise InvalidInput(
            f"{path!r} holds no forest: {error}.", mend="Write one with benchmarks/train_lal.py --out."
        ) from error
