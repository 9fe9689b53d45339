"""Where scikit-activeml is right we say the same, strategy by strategy.

Scores are compared wherever it gives them, and picks where no lot is drawn.  Not compared, because there it
does another thing: BADGE, ranked batches and discriminative learning (other draws or other models), DropQuery
(its lots belong to the call, ours to the items), expected average precision (where its numbers exceed
the 1 a class that is the most there can be), its regression strategies that integrate over answers, and
FourDS and cost embedding, which querist does not have.
"""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest

from querist.kernels import (
    Clusters,
    ParzenWindow,
    bald,
    batch_bald,
    contrast,
    cost_margin,
    entropy,
    epistemic,
    expected_cost,
    expected_error_reduction,
    expected_model_change,
    falcun,
    greedy_coverage,
    greedy_sampling,
    k_center,
    least_confidence,
    margin,
    probabilistic_gain,
    quire,
    representatives,
    typical_of_clusters,
    variation_ratio,
    vote_entropy,
)

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    pytest.importorskip("skactiveml", reason="scikit-activeml is not installed, and only compared with")
    from skactiveml import pool
    from skactiveml.base import SkactivemlClassifier, SkactivemlRegressor
    from skactiveml.classifier import ParzenWindowClassifier
    from skactiveml.pool import _bald, _epistemic_uncertainty_sampling, _query_by_committee
    from skactiveml.pool import _expected_model_change_maximization as model_change
    from skactiveml.pool import _uncertainty_sampling as uncertainty

RNG = np.random.default_rng(0)
DRAWS = RNG.dirichlet(np.full(4, 0.5), (5, 200))
PROBA = DRAWS[0]
X = RNG.standard_normal((200, 3))
KNOWN, FREE = np.arange(8), np.arange(8, 200)
CLASSES = np.array([0, 1, 2, 0, 1, 2, 0, 1])
LABELS = np.concatenate([CLASSES, np.full(192, np.nan)])
NUMBERS = RNG.standard_normal(200)


class Told(SkactivemlClassifier):
    """A classifier of theirs that says what PROBA says of the rows of X."""

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Any:
        return self

    def predict_proba(self, X: Any) -> Any:
        return PROBA[-len(X) :].copy() if len(X) > len(KNOWN) else PROBA[: len(X)].copy()


class ToldNumbers(SkactivemlRegressor):
    """A regressor of theirs that says NUMBERS of the rows without a label."""

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Any:
        return self

    def predict(self, X: Any) -> Any:
        return NUMBERS[-len(X) :]


def told() -> Any:
    return Told(classes=np.arange(4), random_state=0).fit(X, LABELS)


def asked(strategy: Any, n: int = 1, y: Any = LABELS, **named: Any) -> tuple[list[int], Any]:
    """Rows in order, and the utilities of every row at every turn."""
    rows, utilities = strategy.query(X, y, batch_size=n, return_utilities=True, **named)
    return rows.tolist(), utilities


def test_uncertainty():
    scores = uncertainty.uncertainty_scores
    assert np.allclose(scores(PROBA, method="least_confident"), least_confidence(PROBA))
    assert np.allclose(scores(PROBA, method="entropy"), entropy(PROBA))
    assert np.allclose(np.ptp(scores(PROBA, method="margin_sampling") - margin(PROBA)), 0)
    costs = RNG.integers(0, 9, (4, 4)) * (1.0 - np.eye(4))
    assert np.allclose(scores(PROBA, costs, "least_confident"), expected_cost(PROBA, costs))
    assert np.allclose(scores(PROBA, costs, "margin_sampling"), cost_margin(PROBA, costs))


def test_committees():
    votes = DRAWS.argmax(axis=2).T
    assert np.allclose(_query_by_committee.average_kl_divergence(DRAWS), bald(DRAWS))
    assert np.allclose(_query_by_committee.vote_entropy(votes, classes=np.arange(4)), vote_entropy(DRAWS))
    assert np.allclose(_query_by_committee.variation_ratios(votes), variation_ratio(DRAWS))


def test_epistemic_uncertainty():
    frequencies = np.abs(RNG.standard_normal((60, 2))) * 5
    theirs, _ = _epistemic_uncertainty_sampling._epistemic_uncertainty_pwc(frequencies)
    assert np.allclose(theirs, epistemic(frequencies), atol=1e-4)  # theirs is a search on a scalar


def test_batches():
    """Two rows: from the third on theirs is drawn, and passes what five members can tell at most."""
    rows, gains = batch_bald(DRAWS[:, :40], 2)
    theirs = _bald.batch_bald(DRAWS[:, :40], 2, random_state=0)
    assert np.nanargmax(theirs, axis=1).tolist() == rows.tolist()
    assert np.allclose(np.nanmax(theirs, axis=1), np.cumsum(gains))


def test_scores_through_a_query():
    """The whole way through: the rows without label, in their order."""
    for method, ours in (
        ("margin_sampling", margin),
        ("entropy", entropy),
        ("least_confident", least_confidence),
    ):
        strategy = pool.UncertaintySampling(method=method, random_state=0)
        rows, utilities = asked(strategy, clf=told(), fit_clf=False)
        assert rows == [8 + int(ours(PROBA[8:]).argmax())]
        assert np.allclose(np.ptp(utilities[0, 8:] - ours(PROBA[8:])), 0)


def test_core_set_and_greedy_sampling():
    for strategy in (pool.CoreSet(random_state=0), pool.GreedySamplingX(random_state=0)):
        theirs, utilities = asked(strategy, 12)
        rows, distances = k_center(X, 12, taken=KNOWN, rows=FREE)
        assert rows.tolist() == theirs
        assert np.allclose(np.nanmax(utilities, axis=1), distances)


def test_greedy_sampling_of_outputs():
    outputs = np.concatenate([CLASSES.astype(float), NUMBERS[8:]])[:, None]
    for method, ours in (
        ("GSi", greedy_sampling(X, outputs, 12, taken=KNOWN, rows=FREE)),
        ("GSy", k_center(outputs, 12, taken=KNOWN, rows=FREE)),
    ):
        strategy = pool.GreedySamplingTarget(method=method, random_state=0)
        theirs, utilities = asked(strategy, 12, reg=ToldNumbers(), fit_reg=False)
        assert ours[0].tolist() == theirs
        assert np.allclose(np.nanmax(utilities, axis=1), ours[1])


def window(radius: float, prior: float) -> tuple[ParzenWindow, Any]:
    """One Parzen window classifier, ours and theirs."""
    theirs = ParzenWindowClassifier(
        classes=np.arange(3), class_prior=prior, metric_dict={"gamma": 1 / (2 * radius**2)}, random_state=0
    )
    return ParzenWindow(X, KNOWN, CLASSES, classes=3, radius=radius, prior=prior), theirs


@pytest.mark.parametrize("loss, method", [("log", "log_loss"), ("zero_one", "misclassification_loss")])
def test_expected_error_reduction(loss: str, method: str):
    ours, theirs = window(0.8, 0.1)
    strategy = pool.MonteCarloEER(method=method, subtract_current=True, random_state=0)
    candidates, targets = np.arange(8, 30), np.arange(30, 80)
    _, utilities = asked(strategy, clf=theirs, candidates=candidates, X_eval=X[targets])
    mine = expected_error_reduction(ours, candidates, targets, loss=loss)
    assert np.allclose(utilities[0, candidates] / len(targets), mine)


def test_value_of_information():
    ours, theirs = window(0.8, 0.1)
    costs = RNG.integers(1, 9, (3, 3)) * (1.0 - np.eye(3))
    strategy = pool.ValueOfInformationEER(
        cost_matrix=costs,
        consider_labeled=False,
        candidate_to_labeled=False,
        subtract_current=True,
        random_state=0,
    )
    candidates = np.arange(8, 20)
    _, utilities = asked(strategy, clf=theirs, candidates=candidates)
    mine = expected_error_reduction(ours, candidates, FREE, loss="costs", costs=costs)
    assert np.allclose(utilities[0, candidates] / len(FREE), mine)


def test_probabilistic_gain():
    seen = np.abs(RNG.standard_normal((40, 3))) * 3
    for ahead in (1, 2, 3):
        theirs = pool.cost_reduction(seen, m_max=ahead, prior=0.5)
        assert np.allclose(theirs, probabilistic_gain(seen + 0.5, ahead=ahead))


class Given:
    """A clustering that is given: labels, and distances to centres."""

    def __init__(self, clusters: Any, seen: Any = None, n_clusters: int = 0) -> None:
        self.clusters, self.seen = clusters, seen

    def fit_predict(self, x: Any) -> Any:
        return self.clusters

    def fit_transform(self, x: Any, y: Any = None, sample_weight: Any = None) -> Any:
        self.seen.append(sample_weight)
        return np.linalg.norm(x[:, None] - self.clusters, axis=2)


def test_typical_items_of_clusters():
    """Clusters of different sizes, and no more picks than there are without a label."""
    clusters = np.repeat(np.arange(7), [8, 20, 24, 30, 35, 40, 43])
    strategy = pool.TypiClust(
        cluster_algo=Given, cluster_algo_dict={"clusters": clusters}, k=5, random_state=0
    )
    theirs, _ = asked(strategy, 6)
    rows, _ = typical_of_clusters(X, clusters, 6, taken=KNOWN, rows=FREE, neighbours=5)
    assert rows.tolist() == theirs


def test_clusters_weighted_by_entropy():
    centres, seen = X[[20, 60, 100, 140]] + 0.01, []
    strategy = pool.Clue(
        cluster_algo=Given, cluster_algo_dict={"clusters": centres, "seen": seen}, random_state=0
    )
    theirs, _ = asked(strategy, 4, estimator=told(), fit_estimator=False)
    squared = ((X[8:, None] - centres) ** 2).sum(axis=2)
    clusters = Clusters(squared.argmin(axis=1), squared.min(axis=1), centres)
    assert (8 + representatives(clusters)).tolist() == theirs
    assert np.allclose(seen[0], entropy(PROBA[8:]))


def test_contrast():
    strategy = pool.ContrastiveAL(nearest_neighbors_dict={"n_neighbors": 3}, eps=1e-12, random_state=0)
    _, utilities = asked(strategy, clf=told(), fit_clf=False)
    mine = contrast(X, PROBA[8:], PROBA[:8], known=KNOWN, rows=FREE, neighbours=3)
    assert np.allclose(utilities[0, 8:], mine)


def test_falcun():
    """The chances of the first draw, and those of the second once theirs was drawn first."""
    doubt = 1 + margin(PROBA[8:])
    theirs, chances = asked(pool.Falcun(gamma=3, random_state=0), 2, clf=told(), fit_clf=False)
    rows, mine = falcun(PROBA[8:], doubt, 1, gamma=3, rng=np.random.default_rng(0))
    assert mine[0] == pytest.approx(chances[0, 8 + rows[0]])
    first = theirs[0] - 8
    left = np.delete(np.arange(192), first)
    rows, mine = falcun(
        PROBA[8:][left], doubt[left], 1, gamma=3, out=PROBA[8:][[first]], rng=np.random.default_rng(0)
    )
    assert mine[0] == pytest.approx(chances[1, 8 + left[rows[0]]])


def test_max_herding():
    strategy = pool.MaxHerding(normalize_samples=False, metric_dict={"gamma": 0.5}, random_state=0)
    theirs, utilities = asked(strategy, 10)
    rows, gains = greedy_coverage(X, 10, radius=1.0, rows=FREE, taken=KNOWN, witnesses=FREE)
    assert rows.tolist() == theirs
    assert np.allclose(np.nanmax(utilities, axis=1), gains)


@pytest.mark.filterwarnings("ignore:The maximum purity was")  # a single radius is never tried
def test_coverage_by_balls():
    """Ties go by lot there: the gains of one pick are compared, whatever is picked."""
    strategy = pool.ProbCover(deltas=[0.7], n_classes=3, random_state=0)
    _, utilities = asked(strategy, 1)
    for row in FREE[:40]:
        _, gains = greedy_coverage(X, 1, similarity="ball", radius=0.7, rows=[row], taken=KNOWN)
        assert gains[0] == pytest.approx(utilities[0, row] / len(X))


def test_expected_model_change(monkeypatch: pytest.MonkeyPatch):
    numbers = RNG.standard_normal((4, 192))

    class Member:
        def __init__(self, said: Any) -> None:
            self.said = said

        def predict(self, x: Any) -> Any:
            return self.said

    class Mean(ToldNumbers):
        def predict(self, X: Any) -> Any:
            return numbers.mean(axis=0)

    monkeypatch.setattr(
        model_change, "_bootstrap_estimators", lambda *_, **__: [Member(one) for one in numbers]
    )
    strategy = pool.ExpectedModelChangeMaximization(random_state=0)
    _, utilities = asked(strategy, reg=Mean(), fit_reg=False)
    mine = expected_model_change(numbers, X, rows=FREE, bias=False)
    assert np.allclose(utilities[0, 8:], mine)


def test_quire():
    """Their objective is ours but for a constant: what is the same for every row."""
    two = np.where(CLASSES == 1, 1.0, 0.0)
    strategy = pool.Quire(classes=[0, 1], lmbda=0.5, metric_dict={"gamma": 0.5}, random_state=0)
    _, utilities = asked(strategy, y=np.concatenate([two, np.full(192, np.nan)]))
    targets = np.where(two == 1, 1.0, -1.0)[:, None]
    mine = [
        quire(X, 1, labelled=KNOWN, targets=targets, rows=[row], radius=1.0, noise=0.5)[1][0] for row in FREE
    ]
    assert np.ptp(-utilities[0, 8:] - 1 / np.array(mine)) < 1e-6
