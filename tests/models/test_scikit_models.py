"""scikit-learn estimators and pipelines keep the laws of models, as they are."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.ensemble import (
    AdaBoostClassifier,
    BaggingClassifier,
    BaggingRegressor,
    ExtraTreesClassifier,
    GradientBoostingClassifier,
    GradientBoostingRegressor,
    HistGradientBoostingClassifier,
    RandomForestClassifier,
    RandomForestRegressor,
    VotingClassifier,
    VotingRegressor,
)
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.gaussian_process import GaussianProcessClassifier, GaussianProcessRegressor
from sklearn.linear_model import BayesianRidge, LinearRegression, LogisticRegression, Ridge, SGDClassifier
from sklearn.multiclass import OneVsRestClassifier
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC, LinearSVC
from sklearn.tree import DecisionTreeClassifier

from querist.errors import InvalidInput, MissingCapability, NotFitted
from querist.models import Model, as_model, capabilities, is_fitted, require, take
from querist.testing import MODEL_LAWS, blobs, check_model

CLASSIFIERS = [
    LogisticRegression(),
    make_pipeline(StandardScaler(), LogisticRegression()),
    GaussianNB(),
    KNeighborsClassifier(3),
    DecisionTreeClassifier(),
    RandomForestClassifier(5),
    make_pipeline(StandardScaler(), ExtraTreesClassifier(5)),
    BaggingClassifier(n_estimators=4, max_samples=6),  # members that miss classes
    BaggingClassifier(KNeighborsClassifier(1), n_estimators=4, max_features=0.5, max_samples=4),
    BaggingClassifier(n_estimators=3, bootstrap_features=True),
    AdaBoostClassifier(n_estimators=3),
    GradientBoostingClassifier(n_estimators=3),
    HistGradientBoostingClassifier(max_iter=3),
    GaussianProcessClassifier(),
    OneVsRestClassifier(LogisticRegression()),
    CalibratedClassifierCV(LinearSVC(), cv=2),
    SGDClassifier(loss="log_loss"),
    VotingClassifier([("a", GaussianNB()), ("b", DecisionTreeClassifier())], voting="soft"),
    LinearSVC(),
    SVC(),
]

REGRESSORS = [
    LinearRegression(),
    Ridge(),
    BayesianRidge(),
    make_pipeline(StandardScaler(), BayesianRidge()),
    GaussianProcessRegressor(alpha=1e-3, optimizer=None),
    RandomForestRegressor(5),
    BaggingRegressor(n_estimators=4, max_features=0.5),
    GradientBoostingRegressor(n_estimators=3),
    KNeighborsRegressor(2),
    VotingRegressor([("a", Ridge()), ("b", KNeighborsRegressor(2))]),
]


@pytest.mark.parametrize("law", MODEL_LAWS)
@pytest.mark.parametrize("estimator", CLASSIFIERS + REGRESSORS, ids=lambda one: str(one).replace("\n", ""))
def test_estimators_keep_the_laws(estimator, law):
    check_model(estimator, laws={law: MODEL_LAWS[law]})


def test_texts_go_through_a_pipeline():
    texts = np.array(["good film", "bad film", "good", "bad", "so good", "so bad"] * 8, dtype=object)
    answers = ["yes", "no"] * 24
    check_model(make_pipeline(TfidfVectorizer(), LogisticRegression()), texts, answers)
    check_model(make_pipeline(TfidfVectorizer(), LogisticRegression()), list(texts), answers)


@pytest.mark.parametrize("values", [[False, True], [3, 1], ["b", "a"]])
def test_any_kind_of_class(values):
    x, _ = blobs(40)
    check_model(GaussianNB(), x, values * 20)


def test_capabilities_are_what_the_estimator_can_do():
    x, y = blobs(30)
    can = {
        "LogisticRegression": ({"proba", "predict", "decision", "head"}, LogisticRegression()),
        "forest": ({"proba", "predict", "draws"}, RandomForestClassifier(3)),
        "pipeline": (
            {"proba", "predict", "draws", "embed"},
            make_pipeline(StandardScaler(), BaggingClassifier()),
        ),
        "svm": ({"predict", "decision", "head"}, LinearSVC()),
        "one against rest": (
            {"proba", "predict", "decision"},
            OneVsRestClassifier(LogisticRegression()),
        ),
        "boosting": ({"proba", "predict", "decision"}, GradientBoostingClassifier(n_estimators=2)),
    }
    for name, (expected, estimator) in can.items():
        assert capabilities(as_model(estimator).fitted(x, y)) == expected, name
    numbers = x[:, 0]
    assert capabilities(as_model(BayesianRidge()).fitted(x, numbers)) == {"predict", "mean_std"}
    assert capabilities(as_model(Ridge()).fitted(x, numbers)) == {"predict"}
    forest = as_model(RandomForestRegressor(3)).fitted(x, numbers)
    assert capabilities(forest) == {"predict", "mean_std", "draws"}
    assert capabilities(as_model(GradientBoostingRegressor(n_estimators=2)).fitted(x, numbers)) == {"predict"}


def test_decisions_have_a_column_a_class():
    x, y = blobs(60)
    svm = LinearSVC(random_state=0).fit(x, y)
    told = as_model(svm, classes=["z", "c", "b", "a"]).decision(x)
    assert (told[:, 0] == -np.inf).all()
    assert np.allclose(told[:, :0:-1], svm.decision_function(x))
    two = as_model(LogisticRegression()).fitted(x, np.where(y == "a", "a", "b"))
    signed = two.estimator.decision_function(x)
    assert np.allclose(two.decision(x), np.column_stack([-signed, signed]))
    only = as_model(LinearSVC(), classes=["a", "b"]).fitted(x[:3], ["b"] * 3)
    assert only.decision(x[:1]).tolist() == [[-np.inf, np.inf]]
    pairs = as_model(SVC(decision_function_shape="ovo"), classes=list("abcd")).fitted(
        np.vstack([x, x[:4] + 9]), [*y, *"dddd"]
    )
    with pytest.raises(InvalidInput, match="6 columns for 4 classes"):
        pairs.decision(x)


def test_draws_average_to_the_forest():
    x, y = blobs(60)
    model = as_model(RandomForestClassifier(8), classes=["x", "c", "b", "a"]).fitted(x, y)
    drawn = model.draws(x, 8, np.random.default_rng(0))
    assert np.allclose(drawn.mean(axis=0), model.proba(x))


def test_draws_of_bagging_average_to_its_probabilities():
    x, y = blobs(60)
    for estimator in (
        BaggingClassifier(KNeighborsClassifier(1), n_estimators=6, max_samples=4, max_features=2),
        BaggingClassifier(GaussianNB(), n_estimators=6, bootstrap_features=True),
    ):
        model = as_model(estimator).fitted(x, y)
        assert np.allclose(model.draws(x, 6, np.random.default_rng(0)).mean(axis=0), model.proba(x))


def test_a_forest_of_regressors_spreads_as_its_trees_do():
    x, _ = blobs(60)
    model = as_model(RandomForestRegressor(6)).fitted(x, x.sum(axis=1))
    mean, std = model.mean_std(x)
    trees = np.stack([tree.predict(x) for tree in model.estimator.estimators_])
    assert np.allclose(std, trees.std(axis=0)) and np.allclose(mean, trees.mean(axis=0))
    assert np.allclose(np.sort(model.draws(x, 6, np.random.default_rng(1)), axis=0), np.sort(trees, axis=0))


def test_a_gaussian_process_tells_its_own_spread():
    x, _ = blobs(30)
    model = as_model(GaussianProcessRegressor(alpha=1e-4)).fitted(x[:10], x[:10, 0])
    _, std = model.mean_std(np.vstack([x[:1], np.full((1, 4), 100.0)]))
    assert std[0] < 0.1 < std[1]


def test_every_random_state_is_the_seed():
    estimator = BaggingClassifier(make_pipeline(StandardScaler(), DecisionTreeClassifier(random_state=7)))
    x, y = blobs(30)
    fitted = as_model(estimator).fitted(x, y, seed=11)
    told = fitted.estimator.get_params()
    assert told["random_state"] == 11 and told["estimator__decisiontreeclassifier__random_state"] == 11
    assert estimator.get_params()["estimator__decisiontreeclassifier__random_state"] == 7
    assert as_model(estimator).fitted(x, y, seed=2**40 + 5).estimator.random_state == 5


def test_an_estimator_fitted_already_predicts_at_once():
    x, y = blobs(30)
    estimator = GaussianNB().fit(x, y)
    assert as_model(estimator).classes == ("a", "b", "c")
    assert np.allclose(as_model(estimator, ["c", "b", "a"]).proba(x), estimator.predict_proba(x)[:, ::-1])
    with pytest.raises(InvalidInput, match="predicts 'c'"):
        as_model(estimator, ["a", "b"]).proba(x)


def test_one_class_answers_without_an_estimator():
    x, _ = blobs(30)
    model = as_model(RandomForestClassifier(2), classes=["a", "b"]).fitted(x[:2], ["b", "b"])
    assert model.proba(x).tolist() == [[0.0, 1.0]] * 30
    assert model.draws(x[:4], 3, np.random.default_rng(0)).shape == (3, 4, 2)
    assert as_model(GaussianNB()).fitted([[1.0]], ["b"]).predict([[1.0], [2.0]]).tolist() == ["b", "b"]
    with pytest.raises(NotFitted):
        as_model(GaussianNB()).classes  # noqa: B018


def test_what_is_no_model_is_refused_with_the_mend():
    with pytest.raises(MissingCapability, match="LogisticRegression"):
        as_model(object())
    with pytest.raises(MissingCapability):
        as_model(LogisticRegression)  # the class instead of an instance
    with pytest.raises(MissingCapability):
        as_model(StandardScaler())


def test_errors_name_the_mend():
    x, y = blobs(30)
    for estimator in (GaussianNB(), Ridge()):
        model = as_model(estimator)
        with pytest.raises(NotFitted, match=r"model\.fitted"):
            model.predict(x)
        with pytest.raises(InvalidInput, match="No labels"):
            model.fitted(x[:0], [])
    with pytest.raises(NotFitted):
        as_model(GaussianNB()).proba(x)
    with pytest.raises(InvalidInput, match="'c', which is none of the 2 classes"):
        as_model(GaussianNB(), ["a", "b"]).fitted(x, y)
    with pytest.raises(InvalidInput, match="distinct"):
        as_model(GaussianNB(), ["a", "a"])
    with pytest.raises(
        MissingCapability, match=r"Bald needs model\.draws\(x\), which GaussianNB cannot give\. Use an"
    ):
        require(as_model(GaussianNB()), "draws", by="Bald")
    require(as_model(GaussianNB()), "proba", by="Margin")


def test_a_model_is_a_model():
    model = as_model(clone(GaussianNB()))
    assert isinstance(model, Model) and as_model(model) is model
    assert as_model(model, ["a"]).classes == ("a",)
    assert "GaussianNB" in repr(model) and model.describes == "GaussianNB"
    assert not is_fitted(object())

    class Mine:
        def fitted(self, x, y, *, seed=0):
            return self

    mine = Mine()
    assert as_model(mine, classes=["a"]) is mine


def test_take_from_anything():
    from scipy.sparse import coo_array

    x, _ = blobs(5)
    assert (take(x, [4, 0]) == x[[4, 0]]).all()
    assert (take(coo_array(x), [4, 0]).toarray() == x[[4, 0]]).all()
    assert take("abc", [2, 0]) == ["c", "a"]


def test_data_frames_stay_data_frames():
    pandas = pytest.importorskip("pandas", reason="pandas is not installed")
    x, y = blobs(30)
    frame = pandas.DataFrame(x, columns=list("abcd"))
    assert take(frame, [3, 1])["a"].tolist() == x[[3, 1], 0].tolist()
    check_model(make_pipeline(StandardScaler(), LogisticRegression()), frame, list(y))


class Nearest:
    """Like an estimator, and none of scikit-learn's: no get_params, no classes_."""

    def fit(self, x, y):
        self.x_, self.y_ = np.asarray(x), np.asarray(y)

    def predict(self, x):
        return self.y_[((np.asarray(x)[:, None] - self.x_) ** 2).sum(axis=2).argmin(axis=1)]

    def predict_proba(self, x):
        return (self.predict(x)[:, None] == np.unique(self.y_)).astype(float)


class NearestNumber(Nearest):
    _estimator_type = "regressor"
    predict_proba = None


def test_what_is_like_an_estimator_is_taken_for_one():
    check_model(Nearest())
    check_model(NearestNumber())
    x, y = blobs(30)
    mine = Nearest()
    assert not is_fitted(mine)
    with pytest.raises(NotFitted):
        as_model(mine).classes  # noqa: B018
    mine.fit(x, y)
    assert is_fitted(mine) and as_model(mine).predict(x[:1]).tolist() == [y[0]]


def test_probabilities_of_another_shape_are_refused():
    class Short(LogisticRegression):
        def predict_proba(self, x):
            return super().predict_proba(x)[:, :2]

    x = np.arange(12.0).reshape(6, 2)
    model = as_model(Short()).fitted(x, list("abcabc"))
    with pytest.raises(InvalidInput, match=r"shape \(6, 2\) for 6 rows and 3 classes"):
        model.proba(x)
