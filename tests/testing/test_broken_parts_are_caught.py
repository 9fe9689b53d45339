"""The checks find what they are for: each fault seen in a published library, made on purpose here."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import GaussianNB

from querist.acquisition import Acquisition, Density, Entropy, Margin, Random
from querist.models import ScikitClassifier, ScikitRegressor, as_model
from querist.selection import Selection, Selector, Top
from querist.specs import named
from querist.strategies import Proposal, Scored, as_strategy, predicted, proposed
from querist.testing import (
    MODEL_LAWS,
    STRATEGY_LAWS,
    check_acquisition,
    check_model,
    check_selector,
    check_strategy,
)

GOOD = Scored(Margin())


def test_a_sound_strategy_of_a_users_passes():
    class Mine:
        def propose(self, snapshot, n):
            return GOOD.propose(snapshot, n)

    check_strategy(Mine())


def _with(**columns):
    """A strategy that proposes as a sound one, with some columns replaced."""

    class Broken:
        def propose(self, snapshot, n):
            sound = GOOD.propose(snapshot, n)
            return replace(sound, **{name: make(sound) for name, make in columns.items()})

    return Broken()


class Twice:  # BatchBALD, BADGE, TypiClust (scikit-activeml)
    def propose(self, snapshot, n):
        sound = GOOD.propose(snapshot, n)
        return replace(sound, ids=[sound.ids[0]] * len(sound)) if len(sound) else sound


class More:  # lightweight core-set (small-text)
    def propose(self, snapshot, n):
        return GOOD.propose(snapshot, n + 1)


class Fewer:
    def propose(self, snapshot, n):
        return GOOD.propose(snapshot, max(0, n - 1))


class Warm:  # crashes on an empty labelled set
    def propose(self, snapshot, n):
        assert len(snapshot.labels)
        return GOOD.propose(snapshot, n)


class OneClass:  # crashes on one class
    def propose(self, snapshot, n):
        if snapshot.model is not None:
            predicted(snapshot).proba[:, 1]
        return GOOD.propose(snapshot, n)


class Constant:  # core-set (DISTIL) divides by the spread
    def propose(self, snapshot, n):
        sound = GOOD.propose(snapshot, n)
        spread = np.ptp(np.asarray(snapshot.pool.features[:, [0]].sum(axis=1)).ravel())
        return replace(sound, scores=sound.scores / spread if spread > 0 else sound.scores * np.nan)


class NotANumber:  # 0 log 0 (libact)
    def propose(self, snapshot, n):
        if snapshot.model is None:
            return GOOD.propose(snapshot, n)
        proba = predicted(snapshot).proba
        with np.errstate(all="ignore"):
            scores = -(proba * np.log(proba)).sum(axis=1)
        order = np.argsort(-scores, kind="stable")[:n]
        return proposed(snapshot, snapshot.candidates[order], scores=scores[order])


class RowNumbers:  # rows where ids belong
    def propose(self, snapshot, n):
        sound = GOOD.propose(snapshot, n)
        return replace(sound, ids=[snapshot.pool.row(item) for item in sound.ids])


class AnyRow:  # candidates taken for the whole pool
    def propose(self, snapshot, n):
        sound = GOOD.propose(snapshot, n)
        return replace(sound, ids=list(snapshot.pool.ids[: len(sound)]))


class Trains:  # refits inside the query (scikit-activeml's default)
    def propose(self, snapshot, n):
        if snapshot.model is not None:
            snapshot.model.fitted(snapshot.pool.features, ["a"] * len(snapshot.pool))
        return GOOD.propose(snapshot, n)


class Writes:  # an input array changed (simple_batch)
    def propose(self, snapshot, n):
        if isinstance(snapshot.pool.features, np.ndarray):
            snapshot.pool.features[0] += 1
        return GOOD.propose(snapshot, n)


class Relabels:
    def propose(self, snapshot, n):
        sound = GOOD.propose(snapshot, n)
        for item in sound.ids:
            snapshot.labels[item] = "a"
        return sound


class Remembers:
    def propose(self, snapshot, n):
        if snapshot.model is not None:
            snapshot.model.asked = True
        return GOOD.propose(snapshot, n)


class GlobalChance:  # modAL, small-text, deep-active-learning
    def propose(self, snapshot, n):
        rows = np.random.permutation(snapshot.candidates)[:n]
        return proposed(snapshot, rows)


@dataclass
class Moods:  # another answer each time
    asked: int = 0

    def propose(self, snapshot, n):
        self.asked += 1
        return GOOD.propose(replace(snapshot, seed=self.asked, model=None), n)


class DenseOnly:  # sparse refused
    def propose(self, snapshot, n):
        if snapshot.pool.features is not None:
            np.linalg.norm(np.asarray(snapshot.pool.features, dtype=float), axis=1)
        return GOOD.propose(snapshot, n)


class DoubleOnly:  # float32 refused, or another answer for it
    def propose(self, snapshot, n):
        if snapshot.pool.features.dtype == np.float32:
            return Scored(Random()).propose(snapshot, n)
        return GOOD.propose(snapshot, n)


class FirstRows:  # the order of rows decides, and it says it was certain
    def propose(self, snapshot, n):
        return proposed(snapshot, snapshot.candidates[:n])


class Square:  # n x n (ProbCover, MaxHerding, core-set)
    def propose(self, snapshot, n):
        size = len(snapshot.candidates)
        np.empty((size, size), dtype=np.float32).fill(0)
        return GOOD.propose(snapshot, n)


@named("example/forgets")
@dataclass(frozen=True)
class Forgets:  # a parameter that JSON does not keep
    share: float = 0.5
    hidden: dict = field(default_factory=dict, compare=False)

    def propose(self, snapshot, n):
        inner = Scored(Density()) if self.hidden else GOOD
        return inner.propose(snapshot, n)

    def __eq__(self, other):
        return self is other

    __hash__ = None


BROKEN = [
    (Twice(), "distinct candidates", "the same item twice"),
    (More(), "distinct candidates", "items for n = 0"),
    (Fewer(), "distinct candidates", "0 items for n = 1"),
    (Warm(), "works cold", ""),
    (OneClass(), "works cold", "IndexError"),
    (Constant(), "works cold|constant features", "scores"),
    (NotANumber(), "works cold|certain or torn", "scores"),
    (RowNumbers(), "distinct candidates", "may not be asked"),
    (AnyRow(), "distinct candidates", "may not be asked"),
    (Trains(), "distinct candidates", "never trains"),
    (Writes(), "distinct candidates", "read-only"),
    (Relabels(), "changes nothing|distinct candidates", "labels|candidates"),
    (Remembers(), "changes nothing", "changed the model"),
    (GlobalChance(), "function of the snapshot", "global random state"),
    (Moods(), "function of the snapshot", "asked twice with one seed"),
    (DenseOnly(), "sparse", "TypeError|ValueError"),
    (DoubleOnly(), "float32", "given float32"),
    (FirstRows(), "order of rows", "another order"),
    (Square(), "little memory", "n x n"),
    (Forgets(), "JSON", "reads back"),
    (_with(scores=lambda sound: sound.scores[:-1]), "distinct candidates", "scores"),
    (_with(probabilities=lambda sound: sound.probabilities * 0), "distinct candidates", "no chances"),
    (_with(probabilities=lambda sound: np.ones(99)), "distinct candidates", "probabilities for"),
    (_with(why=lambda sound: ("because",) * 77), "distinct candidates", "of why"),
    (_with(arms=lambda sound: ("lucky",) * len(sound)), "distinct candidates", "arms"),
]


@pytest.mark.parametrize(
    ("strategy", "law", "told"), BROKEN, ids=lambda one: getattr(type(one), "__name__", one)
)
def test_a_broken_strategy_is_caught_by_its_law(strategy, law, told):
    with pytest.raises(AssertionError, match=rf"(?s)breaks the law '[^']*({law}).*({told})"):
        check_strategy(strategy)


def test_every_law_of_strategies_catches_something():
    """But one: an emptied pool, and candidates that are a subset, are caught by others first."""
    told = set()
    for strategy, _, _ in BROKEN:
        for law, check in STRATEGY_LAWS.items():
            try:
                check_strategy(strategy, laws={law: check})
            except AssertionError:
                told.add(law)
    assert told == set(STRATEGY_LAWS)


def _acquisition(scores, *, needs=frozenset({"proba"})):
    @dataclass(frozen=True)
    class Broken(Acquisition):
        def __call__(self, prediction):
            return scores(prediction)

    Broken.needs = needs
    return Broken()


def _plain_entropy(prediction):
    with np.errstate(all="ignore"):
        return -(prediction.proba * np.log(prediction.proba)).sum(axis=1)


def _writes(prediction):
    prediction.proba[:] = 0.5
    return prediction.proba[:, 0]


@pytest.mark.parametrize(
    ("scores", "told"),
    [
        (lambda prediction: prediction.proba, "one number a row.*shape"),
        (lambda prediction: np.full(len(prediction), np.inf), "one number a row.*not all finite"),
        (_plain_entropy, "certain or torn.*not all finite"),
        (
            lambda prediction: (
                Margin()(prediction) - Margin()(prediction).mean() if len(prediction) else np.empty(0)
            ),
            "alone as in company",
        ),
        (lambda prediction: np.arange(len(prediction)) * 1.0, "equal rows|alone as in company"),
        (lambda prediction: np.random.random(len(prediction)), "equal rows"),
        (_writes, "read-only|alone|changes"),
        (lambda prediction: np.asarray(prediction.x)[prediction.rows].sum(axis=1), "sparse"),
        (lambda prediction: prediction.proba[:, 0] + (prediction.x.dtype == np.float32), "float32"),
        (lambda prediction: (np.empty((len(prediction), len(prediction))), Margin()(prediction))[1], "n x n"),
    ],
)
def test_a_broken_acquisition_is_caught(scores, told):
    with pytest.raises(AssertionError, match=f"(?s)breaks the law.*({told})"):
        check_acquisition(_acquisition(scores))


def _selector(select):
    class Broken(Selector):
        def select(self, scores, prediction, n):
            return select(scores, prediction, min(n, len(prediction)))

    return Broken()


def _first(n):
    return Selection(np.arange(n), np.ones(n))


@pytest.mark.parametrize(
    ("select", "told"),
    [
        (lambda scores, prediction, n: Selection(np.zeros(n, dtype=int), np.ones(n)), "twice"),
        (lambda scores, prediction, n: _first(max(0, n - 1)), "for n ="),
        (lambda scores, prediction, n: Selection(np.arange(n) + 1, np.ones(n)), "no candidates"),
        (lambda scores, prediction, n: Selection(np.arange(n), np.ones((n, 1))), "chances for"),
        (lambda scores, prediction, n: Selection(np.arange(n), np.zeros(n)), "no chances"),
        (
            lambda scores, prediction, n: Selection(np.random.permutation(len(scores))[:n], np.ones(n)),
            "differs",
        ),
        (lambda scores, prediction, n: (scores.sort(), _first(n))[1], "read-only"),
        (lambda scores, prediction, n: (np.ones((len(scores),) * 2), _first(n))[1], "n x n"),
        (lambda scores, prediction, n: (np.asarray(prediction.x)[0], _first(n))[1], "sparse"),
    ],
)
def test_a_broken_selector_is_caught(select, told):
    with pytest.raises(AssertionError, match=f"(?s)breaks the law.*({told})"):
        check_selector(_selector(select))


class InPlace(ScikitClassifier):
    def fitted(self, x, y, *, seed=0):
        self.estimator.fit(x, y)
        return self


class Reseeds(ScikitClassifier):
    def fitted(self, x, y, *, seed=0):
        rng = np.random.default_rng()
        return Noise(super().fitted(x, y, seed=seed), rng.random())


@dataclass
class Noise:
    inner: object
    level: float

    def fitted(self, x, y, *, seed=0):
        return self.inner.fitted(x, y, seed=seed)

    @property
    def classes(self):
        return self.inner.classes

    def predict(self, x):
        return self.inner.predict(x)

    def proba(self, x):
        return (1 - self.level) * self.inner.proba(x) + self.level / len(self.classes)


class Unnormalised(ScikitClassifier):
    def proba(self, x):
        return super().proba(x) * 2

    def fitted(self, x, y, *, seed=0):
        return Unnormalised(super().fitted(x, y, seed=seed).estimator, self._classes)


class Alphabetical(ScikitClassifier):
    """Columns in the estimator's order, whatever the campaign's (the fault of most)."""

    def with_classes(self, classes):
        return Alphabetical(self.estimator, classes)

    def fitted(self, x, y, *, seed=0):
        return Alphabetical(super().fitted(x, y, seed=seed).estimator, self._classes)

    def proba(self, x):
        return self.estimator.predict_proba(x)


class Standardises(ScikitClassifier):
    def fitted(self, x, y, *, seed=0):
        x -= x.mean(axis=0)
        return super().fitted(x, y, seed=seed)


class Negative(ScikitRegressor):
    def fitted(self, x, y, *, seed=0):
        return Negative(super().fitted(x, y, seed=seed).estimator)

    def mean_std(self, x):
        return np.zeros(len(x)), -np.ones(len(x))


@pytest.mark.parametrize(
    ("model", "told"),
    [
        (InPlace(GaussianNB()), "returned itself"),
        (Reseeds(GaussianNB()), "differs with seed"),
        (Unnormalised(GaussianNB()), "no distributions"),
        (Alphabetical(GaussianNB()), "held in place"),
        (Standardises(GaussianNB()), "changed what it was given|not in the order"),
        (Negative(LogisticRegression()), "breaks the law"),
    ],
    ids=lambda one: type(one).__name__,
)
def test_a_broken_model_is_caught(model, told):
    with pytest.raises(AssertionError, match=f"(?s){told}"):
        check_model(model)


def test_the_law_of_inputs_alone_catches_the_one_that_writes():
    law = "inputs stay as they are"
    with pytest.raises(AssertionError, match="changed what it was given"):
        check_model(Standardises(GaussianNB()), laws={law: MODEL_LAWS[law]})


def test_what_has_no_name_need_not_be_written():
    check_selector(_selector(lambda scores, prediction, n: Top().select(scores, prediction, n)))
    check_acquisition(_acquisition(Entropy()))


@named("example/loses")
@dataclass(frozen=True)
class Loses(Acquisition):
    """Reads back as something else."""

    share: float = 0.5

    def __post_init__(self):
        object.__setattr__(self, "share", self.share / 2)

    def __call__(self, prediction):
        return Margin()(prediction)


def test_what_has_a_name_must_read_back():
    with pytest.raises(AssertionError, match=r"JSON.*reads back as"):
        check_acquisition(Loses())


def test_a_name_is_enough():
    check_strategy("entropy", laws={})
    assert as_strategy("entropy") == Scored(Entropy())
    assert isinstance(Proposal([], np.empty(0), np.empty(0)), Proposal) and as_model(GaussianNB())
