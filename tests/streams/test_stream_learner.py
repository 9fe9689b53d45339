"""The stream learner: rows, labels and blocks; models of other makes; twins of what is compiled."""

from __future__ import annotations

import math
import subprocess
import sys
from typing import Any

import numpy as np
import pytest

from querist.errors import InvalidInput, InvalidLabel, MissingCapability, NotFitted
from querist.kernels.stream_density import density_state, local_density
from querist.kernels.stream_scores import SCORES, gain_ahead, score_one
from querist.models import Incremental, OnlineBagging, OnlineSoftmax, RiverModel, WindowModel, as_online
from querist.streams import QuantileFilter, StreamLearner, as_stream_strategy


def _stream(n: int = 2_000, width: int = 4, classes: int = 2, seed: int = 0) -> tuple[Any, Any]:
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n, width)) * 10 + 100
    weights = rng.normal(size=(width, classes))
    return x, ((x - 100) @ weights).argmax(axis=1)


def _accuracy(learner: StreamLearner, x: Any, y: Any) -> float:
    right = 0
    for row, label in zip(x, y, strict=True):
        one = learner.see(row)
        right += one.predicted == label
        if one.ask:
            learner.tell(one, label)
    return right / len(x)


@pytest.mark.parametrize("members", [1, 5])
@pytest.mark.parametrize("hidden", [0, 20])
@pytest.mark.parametrize("classes", [2, 4])
def test_a_softmax_learns_along_a_stream(members: int, hidden: int, classes: int) -> None:
    x, y = _stream(classes=classes)
    learner = StreamLearner(OnlineSoftmax(members=members, hidden=hidden), budget=0.2)
    assert _accuracy(learner, x, y) > (0.8 if classes == 2 else 0.6)
    assert learner.asked <= 400


def test_margins_are_worth_more_than_chance() -> None:
    gains = []
    for seed in range(8):
        x, y = _stream(3_000, 8, seed=seed)
        by_margin = _accuracy(StreamLearner(OnlineSoftmax(seed=seed), budget=0.05), x, y)
        by_chance = _accuracy(StreamLearner(OnlineSoftmax(seed=seed), "random", budget=0.05), x, y)
        gains.append(by_margin - by_chance)
    assert np.mean(gains) > 0


def test_classes_may_be_anything_and_come_on_the_way() -> None:
    x, y = _stream(classes=3)
    names = np.array(["b", "a", "c"], dtype=object)
    learner = StreamLearner(OnlineSoftmax(), budget=1.0)
    for i, row in enumerate(x[:600]):
        label = names[y[i] if i > 200 else min(y[i], 1)]  # the third class comes later
        learner.tell(learner.see(row), label)
    assert set(learner.model.classes) == {"a", "b", "c"}
    right = [learner.predict(row) == names[label] for row, label in zip(x[600:], y[600:], strict=True)]
    assert np.mean(right) > 0.6
    assert learner.model.proba(x[:5]).shape == (5, 3)


def test_what_was_learned_stays_when_a_class_is_added() -> None:
    x, y = _stream()
    model = OnlineSoftmax(members=3, hidden=4)
    for row, label in zip(x[:300], y, strict=False):
        model.learn_one(row, int(label))
    before = model.draws_many(x[:20])
    model.column("new")
    after = model.draws_many(x[:20])
    assert after.shape == (3, 20, 3)
    assert np.allclose(after[:, :, 0] / after[:, :, 1], before[:, :, 0] / before[:, :, 1])


def test_given_classes_are_all_there_are() -> None:
    learner = StreamLearner(OnlineSoftmax(classes=["a", "b"]), budget=1.0)
    one = learner.see([1.0])
    with pytest.raises(InvalidLabel, match="none of the classes 'a', 'b'"):
        learner.tell(one, "c")
    learner.tell(one, "a")
    assert learner.model.classes == ("a", "b")


@pytest.mark.parametrize("kind", [float, np.float32, int, "list", "readonly", "strided"])
def test_rows_of_any_kind_are_the_same(kind: Any) -> None:
    x = np.round(_stream(300)[0])
    told = []
    for make in (np.array, _as(kind)):
        learner = StreamLearner(OnlineSoftmax(), budget=0.3)
        some = []
        for i, row in enumerate(x):
            one = learner.see(make(row))
            some.append(str(one))
            if one.ask:
                learner.tell(one, i % 2)
        told.append(some)
    assert told[0] == told[1]


def _as(kind: Any) -> Any:
    def readonly(row: Any) -> Any:
        row = np.array(row)
        row.flags.writeable = False
        return row

    ways = {"list": lambda row: row.tolist(), "readonly": readonly, "strided": lambda row: row.repeat(2)[::2]}
    return ways.get(kind, lambda row: row.astype(kind))


def test_the_rows_held_are_copies() -> None:
    learner = StreamLearner(OnlineSoftmax(), budget=1.0)
    row = np.array([1.0, 2.0])
    one = learner.see(row)
    row[:] = -1.0
    assert dict(learner.pending)[one.id].row.tolist() == [1.0, 2.0]


def test_a_model_that_learned_before_is_believed_at_once() -> None:
    x, y = _stream()
    model = OnlineSoftmax()
    for row, label in zip(x[:300], y, strict=False):
        model.learn_one(row, int(label))
    learner = StreamLearner(model, budget=0.1)
    assert not learner.cold and learner.predict(x[400]) is not None
    assert StreamLearner(OnlineSoftmax()).cold
    with pytest.raises(InvalidInput, match="has 2 numbers; those before it had 4"):
        learner.see([1.0, 2.0])


def test_labels_that_matter_more_weigh_more() -> None:
    x, y = _stream(1_500)
    learner = StreamLearner(OnlineSoftmax(members=3), "iwal", budget=0.2)
    assert _accuracy(learner, x, y) > 0.8
    chances = [held.chance for _, held in learner.pending]
    assert all(0 < chance <= 1 for chance in chances)


def test_scores_that_need_the_rows_kept_need_a_softmax() -> None:
    from sklearn.naive_bayes import GaussianNB

    with pytest.raises(InvalidInput, match="reads labelled rows nearby"):
        StreamLearner(GaussianNB(), "pal")


def test_blocks_of_millions_are_read_in_pieces() -> None:
    x, y = _stream(100)
    learner = StreamLearner(OnlineSoftmax(), budget=0.1)
    for row, label in zip(x, y, strict=True):
        if (one := learner.see(row)).ask:
            learner.tell(one, int(label))
    block = np.random.default_rng(0).normal(size=(50_000, 4)).astype(np.float32)
    decisions = learner.see_many(block)
    assert len(decisions) == 50_000 and learner.seen == 50_100 and decisions.first == 100
    assert 4_900 <= decisions.ask.sum() <= 5_010
    assert decisions.asked[0].ask and bool(decisions.asked[0])
    assert str(decisions).startswith("Decisions(50000 items from 100")
    assert decisions[3].predicted in learner.model.classes
    assert len(learner.see_many(np.zeros((0, 4)))) == 0
    with pytest.raises(InvalidInput, match="table"):
        learner.see_many(np.zeros(4))


# ---- models of other makes


def _makes() -> dict[str, Any]:
    from river import linear_model, multiclass, preprocessing, tree
    from sklearn.ensemble import RandomForestClassifier
    from sklearn.linear_model import SGDClassifier
    from sklearn.naive_bayes import GaussianNB

    logistic = preprocessing.StandardScaler() | linear_model.LogisticRegression()
    return {
        "naive bayes": GaussianNB(),
        "gradient": SGDClassifier(loss="log_loss", random_state=0),
        "forest on a window": WindowModel(RandomForestClassifier(10, random_state=0), kept=200, every=50),
        "hoeffding tree": tree.HoeffdingTreeClassifier(),
        "one against the rest": multiclass.OneVsRestClassifier(logistic),
        "bagged": OnlineBagging(GaussianNB(), 3),
        "bagged softmax": OnlineBagging(OnlineSoftmax(), 3),
        "given classes": Incremental(GaussianNB(), classes=[0, 1]),
        "river's with classes": RiverModel(tree.HoeffdingTreeClassifier(), classes=[0, 1]),
    }


@pytest.mark.parametrize("name", _makes())
def test_models_of_other_makes_learn(name: str) -> None:
    x, y = _stream(600)
    x = (x - 100) / 10
    learner = StreamLearner(_makes()[name], "minimum_margin", budget=0.3)
    assert _accuracy(learner, x, y.tolist()) > 0.65
    assert 100 < learner.asked <= 180
    assert repr(learner.model)
    draws = learner.model.draws_many(x[:7])
    assert np.allclose(draws.sum(axis=2), 1)
    assert np.allclose(draws[:, 3], learner.model.draws_one(x[3]))
    learner.model.forget(30)
    assert learner.model.draws_one(x[0]).shape == (len(draws), 2)
    learner.model.forget()
    assert np.isfinite(learner.model.draws_one(x[0])).all()


@pytest.mark.parametrize("name", _makes())
def test_a_model_that_was_told_nothing_says_so(name: str) -> None:
    model = as_online(_makes()[name])
    if not model.classes:
        with pytest.raises(NotFitted):
            model.draws_one(np.zeros(3))
    with pytest.raises(InvalidLabel):
        model.learn_one(np.zeros(3), None)


def test_weights_go_to_whoever_takes_them() -> None:
    for name in ("naive bayes", "hoeffding tree", "one against the rest"):
        model = as_online(_makes()[name])
        for i in range(60):
            model.learn_one(np.array([i % 2 + 0.1 * math.sin(i)]), i % 2, 2.5)
            model.draws_one(np.array([0.5]))
        assert model.draws_one(np.array([1.0]))[0, 1] > 0.5


def test_what_learns_nothing_is_refused() -> None:
    with pytest.raises(MissingCapability, match="learns neither"):
        as_online("a model")


# ---- twins: the compiled source beside plain formulas


def test_scores_are_their_formulas() -> None:
    rng = np.random.default_rng(1)
    for classes in (2, 5):
        draws = rng.dirichlet(np.ones(classes), 4)
        draws[0, 0], draws[0, 1:] = 1.0, 0.0
        mean = draws.mean(axis=0)

        def entropy(p: Any) -> float:
            return -sum(one * math.log(one) for one in p if one > 0) / math.log(len(p))

        ordered = np.sort(draws, axis=1)
        votes = np.bincount(draws.argmax(axis=1), minlength=classes) / 4
        vote = -sum(one * math.log(one) for one in votes if one) / math.log(min(4, classes))
        wanted = {
            "least_confidence": 1 - mean.max(),
            "margin": 1 - np.diff(np.sort(mean)[-2:])[0],
            "entropy": entropy(mean),
            "minimum_margin": 1 - (ordered[:, -1] - ordered[:, -2]).min(),
            "vote_entropy": vote,
            "disagreement": entropy(mean) - np.mean([entropy(one) for one in draws]),
            "loss_range": (draws.max(axis=0) - draws.min(axis=0)).max(),
            "random": 0.0,
        }
        for name, value in wanted.items():
            assert score_one(SCORES[name], mean, draws) == pytest.approx(value), name


def test_the_gain_ahead_is_that_of_the_pool_strategy() -> None:
    from querist.kernels import probabilistic_gain

    weights = np.random.default_rng(2).gamma(1.0, 2.0, size=(50, 3)) + 1e-3
    ours = [gain_ahead(np.array(row)) for row in weights]
    assert ours == pytest.approx(probabilistic_gain(weights, ahead=2).tolist())


def test_density_counts_whose_nearest_neighbour_a_row_is() -> None:
    rng = np.random.default_rng(3)
    x = rng.normal(size=(60, 3))
    window, state = 10, density_state(3, 10, 0.0)
    kept: list[tuple[int, float]] = []  # row and distance to its nearest so far
    for i, row in enumerate(x):
        spread = x[: i + 1].var(axis=0) + 1e-12
        apart = {j: float((((x[j] - row) ** 2) / spread).sum()) for j, _ in kept}
        wanted = sum(apart[j] < nearest for j, nearest in kept)
        assert local_density(state, row) == wanted
        kept = [(j, min(nearest, apart[j])) for j, nearest in kept]
        kept = [*kept, (i, min(apart.values(), default=math.inf))][-window:]


def test_memory_keeps_what_was_of_use() -> None:
    state = density_state(1, 2, 10.0)
    for value in (0.0, 100.0, 0.1, -0.1, 0.05):  # the far row is refreshed by nobody, and leaves first
        local_density(state, np.array([value]))
    rows = state[6 + 2 : 6 + 2 + 2]
    assert 100.0 not in rows


def test_the_quantile_filter_is_its_paper() -> None:
    """Ask where the score reaches the quantile of the window, less the balance over the tolerance."""
    rng = np.random.default_rng(4)
    scores, budget = rng.random(400), 0.2
    gate = QuantileFilter(budget, start=0, window=50, tolerance=3.0, share=0.0, rarest=0.0).begin()
    asked = 0
    for t, score in enumerate(scores, start=1):
        window = scores[max(0, t - 50) : t]
        bar = np.quantile(window, 1 - budget) - np.ptp(window) * (budget * t - asked) / 30.0
        wanted = bool(score >= bar and asked + 1 <= math.floor(budget * t + 1e-9))
        ask, told, _ = gate(float(score))
        assert ask == wanted
        assert math.isinf(told) or told == pytest.approx(bar)
        asked += ask


def test_a_random_rate_gives_every_item_the_same_chance() -> None:
    counts = np.zeros(40)
    strategy = as_stream_strategy("random", budget=0.25)
    for seed in range(800):
        gate = strategy.manager.begin(seed)
        told = [gate(0.0)[0] for _ in range(240)]
        counts += np.array(told[200:])
        assert 58 <= sum(told) <= 60
    assert np.abs(counts / 800 - 0.25).max() < 0.07


def test_the_same_source_runs_without_a_compiler() -> None:
    code = """
import sys
import numpy as np
from querist.models.online import OnlineSoftmax
from querist.streams import StreamLearner
learner = StreamLearner(OnlineSoftmax(members=2), budget=0.3)
rng = np.random.default_rng(0)
for i in range(150):
    x = rng.normal(size=3)
    one = learner.see(x)
    if one.ask:
        learner.tell(one, bool(x[0] > 0))
print([round(one, 9) for one in learner.model.proba(rng.normal(size=(3, 3)))[:, 0].tolist()], learner.asked)
print("numba" in sys.modules, "sklearn" in sys.modules)
"""
    told = []
    for plain in ("", "1"):
        import os

        done = subprocess.run(
            [sys.executable, "-W", "error", "-c", code],
            env={**os.environ, "QUERIST_PLAIN": plain},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        told.append(done.stdout.splitlines())
    assert told[0][0] == told[1][0]
    assert told[0][1] == "True False" and told[1][1] == "False False"
