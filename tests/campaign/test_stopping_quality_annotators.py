"""Stopping criteria, estimates of quality, simulated annotators and settings."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest

from querist.campaign import (
    Anchoring,
    AnyOf,
    Budget,
    ClassificationChange,
    DeltaF,
    ErrorStability,
    KappaAverage,
    LittleToGain,
    Noisy,
    Oracle,
    OverallUncertainty,
    Settings,
    StablePredictions,
    StoppingCriterion,
    TargetQuality,
    Verdict,
    anchoring,
    curve,
    estimates,
    quality,
    usual_stopping,
)
from querist.errors import InvalidInput, UnknownItem
from querist.events import Answered, Asked, State, Trained, fold
from querist.specs import named, parts
from querist.testing import STOPPING_LAWS, check_stopping

EXAMPLES = [
    Budget(100),
    Budget(1),
    TargetQuality(0.9),
    TargetQuality(0.5, confidence=0.8),
    StablePredictions(),
    StablePredictions(window=1, threshold=0.5),
    KappaAverage(),
    KappaAverage(window=1, threshold=0.9),
    OverallUncertainty(),
    OverallUncertainty(0.5),
    ClassificationChange(),
    ClassificationChange(window=1),
    DeltaF(),
    DeltaF(window=1, threshold=0.1),
    ErrorStability(),
    ErrorStability(0.5),
    LittleToGain(),
    LittleToGain(0.05, delta=0.2, window=1),
    AnyOf(),
    Budget(50) | TargetQuality(0.8) | StablePredictions(),
]


def told(*right, arm="random", hidden=False, start=0):
    """The events of answers to suggestions that were right or wrong."""
    for i, one in enumerate(right, start=start):
        yield Asked(query=f"{arm}{i}", item=f"{arm}{i}", arm=arm, suggestion={"value": "a"}, hidden=hidden)
        yield Answered(query=f"{arm}{i}", item=f"{arm}{i}", value="a" if one else "b")


def state(*runs):
    return fold(enumerate((event for run in runs for event in run), start=1))


# ---------------------------------------------------------------- stopping


@pytest.mark.parametrize("criterion", EXAMPLES, ids=str)
@pytest.mark.parametrize("law", STOPPING_LAWS)
def test_laws_of_stopping(criterion, law):
    check_stopping(criterion, laws={law: STOPPING_LAWS[law]})


def test_every_criterion_of_the_registry_is_an_example():
    registered = {kind for name, kind in parts(StoppingCriterion).items() if not name.startswith("test/")}
    assert registered == {type(one) for one in EXAMPLES}


@named("test/faulty")
@dataclass(frozen=True)
class Faulty(StoppingCriterion):
    fault: str = ""

    def __call__(self, state):
        if self.fault == "changes":
            state.settings["seen"] = True
        if self.fault == "stability":
            return Verdict(False, float(any("stability" in one.metrics for one in state.trained)), "metrics")
        progress = {"beyond": 1.5, "early": 0.5}.get(self.fault, 1.0)
        return Verdict(
            self.fault in ("early", "at once"), progress, " " if self.fault == "mute" else "because"
        )


@pytest.mark.parametrize(
    ("fault", "law"),
    [
        ("beyond", "gives a verdict"),
        ("mute", "gives a verdict"),
        ("early", "stops at full progress only"),
        ("at once", "goes on when nothing happened"),
        ("changes", "changes nothing"),
        ("stability", "tells what it looks at"),
    ],
)
def test_the_laws_find_what_is_broken(fault, law):
    with pytest.raises(AssertionError, match=f"breaks the law '{law}'"):
        check_stopping(Faulty(fault), laws={law: STOPPING_LAWS[law]})


def test_a_criterion_must_say_when():
    with pytest.raises(NotImplementedError, match=r"define __call__\(state\)"):
        StoppingCriterion()(State())


def test_budget():
    assert Budget(4)(state(told(1, 0, 1))) == Verdict(False, 0.75, "3 of 4 labels")
    assert Budget(3)(state(told(1, 0, 1))).stop


def test_target_quality_looks_at_the_lower_end():
    right = state(told(*[True] * 200))
    found = quality(right)
    assert TargetQuality(found.low)(right).stop
    verdict = TargetQuality(found.low + 0.01)(right)
    assert not verdict.stop and 0.9 < verdict.progress < 1
    assert verdict.reason.startswith(f"{found.low:.1%} to 100.0% right on 200 random questions")


def test_active_answers_say_nothing_of_quality():
    assert TargetQuality(0.1)(state(told(*[True] * 200, arm="active"))).reason.startswith("no randomly")


def test_stable_predictions_count_the_last_models():
    def models(*stability):
        return State(
            trained=[Trained(version="m", upto=1, labels=1, metrics={"stability": one}) for one in stability]
        )

    criterion = StablePredictions(window=2, threshold=0.9)
    assert criterion(models(0.95, 0.5, 0.9)) == Verdict(
        False, 0.5, "90.0% of the predictions stayed the same; 1 of 2 models are stable"
    )
    assert criterion(models(0.5, 0.9, 1.0)).stop
    assert criterion(models(1.0, 1.0, 0.89)).progress == 0


def models(**figures):
    """A state whose models told so much of each figure, one after the other."""
    length = len(next(iter(figures.values())))
    return State(
        trained=[
            Trained(version="m", upto=1, labels=1, metrics={name: one[i] for name, one in figures.items()})
            for i in range(length)
        ]
    )


def test_kappa_average_is_over_the_last_models():
    criterion = KappaAverage(window=2, threshold=0.9)
    assert not criterion(models(kappa=[0.95])).stop, "one model is no window"
    assert criterion(models(kappa=[0.2, 0.85, 0.97])) == Verdict(
        True, 1.0, "kappa between models is 0.910 over the last 2; wanted 0.9"
    )
    assert criterion(models(kappa=[0.97, 0.7])).progress == pytest.approx(0.1 / 0.165)


def test_overall_uncertainty_looks_at_the_last_model():
    criterion = OverallUncertainty(0.1)
    assert criterion(models(uncertainty=[0.05, 0.2])).progress == 0.5
    assert criterion(models(uncertainty=[0.2, 0.1])) == Verdict(
        True, 1.0, "the model's uncertainty of the rest is 10.0%; wanted 10.0%"
    )


def test_classification_change_wants_none_at_all():
    criterion = ClassificationChange(window=2)
    assert criterion(models(changed=[0.1, 0.0])) == Verdict(
        False, 0.5, "0.0% of the rest changed class; 1 of 2 trainings changed none"
    )
    assert criterion(models(changed=[0.1, 0.0, 0.0])).stop
    assert criterion(models(changed=[0.0, 0.0, 0.001])).progress == 0


def test_delta_f_wants_every_change_of_the_window_small():
    criterion = DeltaF(window=2, threshold=0.02)
    assert criterion(models(delta_f=[0.3, 0.01, 0.02])).stop
    assert criterion(models(delta_f=[0.04, 0.01])).progress == 0.5
    assert not criterion(models(delta_f=[0.0])).stop


def test_error_stability_is_relative_to_the_first_change():
    criterion = ErrorStability(0.1)
    assert criterion(models(error_change=[0.8, 0.4])).progress == pytest.approx(0.2)
    assert criterion(models(error_change=[0.8, 0.08])).stop
    assert criterion(models(error_change=[0.0])).stop, "nothing has ever changed"


def told_gains(*bounds, curve, stability=None):
    """Models that tell a quantile at 95 % of each of ``bounds``, and kept all predictions if not said."""
    quantiles = [[one / 8, one / 4, one / 2, one, 2 * one] for one in bounds]
    return models(gains=quantiles, curve=curve, stability=stability or [1.0] * len(bounds))


def test_little_to_gain_joins_both_forecasts_over_the_window():
    criterion = LittleToGain(0.01)
    verdict = criterion(told_gains(0.04, curve=[0.03]))
    assert verdict.progress == pytest.approx(0.2 / 2), "a fifth of the way, with one model of two"
    assert verdict.reason == (
        "all the rest would make it right at most 5.0 points more often (95% sure, wanted 1.0 points)"
    )
    assert not criterion(told_gains(0.008, 0.004, curve=[0.007, 0.004])).stop
    assert criterion(told_gains(0.004, 0.006, curve=[0.004, 0.007])).stop
    assert criterion(told_gains(0.0, curve=[0.0])).reason == "there is nothing left to gain"


def test_what_moves_now_is_not_promised_to_rest():
    verdict = LittleToGain(0.01)(told_gains(0.004, 0.004, curve=[0.0, 0.0], stability=[1.0, 0.98]))
    assert verdict.progress == pytest.approx(0.5)
    assert "but the last training changed 2.0% of the predictions" in verdict.reason
    assert not LittleToGain(0.01)(told_gains(0.004, 0.004, curve=[0.0, 0.0], stability=[0.98, 1.0])).stop
    assert LittleToGain(0.03)(told_gains(0.004, 0.004, curve=[0.0, 0.0], stability=[0.98, 1.0])).stop


def test_the_chance_chooses_the_quantile():
    told = told_gains(0.008, curve=[0.0])
    assert LittleToGain(0.01, delta=0.05, window=1)(told).stop
    assert not LittleToGain(0.01, delta=0.01, window=1)(told).stop
    assert LittleToGain(0.005, delta=0.1, window=1)(told).stop
    assert not LittleToGain(0.005, delta=0.06, window=1)(told).stop, "the next level that is sure enough"


def test_a_model_that_is_too_sure_of_itself_has_more_to_gain():
    def asked(right, proba):
        for i in range(100):
            suggestion = {"value": "a", "proba": proba}
            yield Asked(query=f"q{i}", item=i, arm="random", suggestion=suggestion)
            yield Answered(query=f"q{i}", item=i, value="a" if i < right else "b")
        yield from told_gains(0.004, 0.004, curve=[0.0, 0.0]).trained

    honest, sure = (state(asked(70, proba)) for proba in (0.7, 0.99))
    assert LittleToGain()(honest).stop
    verdict = LittleToGain()(sure)
    assert not verdict.stop and verdict.reason.endswith("too sure of itself")
    errs = 1 - quality(sure).high
    assert verdict.progress == pytest.approx(0.01 / (0.004 * errs / 0.01))


def test_the_usual_stopping_knows_what_was_set_and_what_models_tell():
    told = told_gains(0.004, curve=[0.0])
    assert usual_stopping(Settings(), State()) == AnyOf((LittleToGain(),))  # it waits for a model
    assert usual_stopping(Settings(), told) == AnyOf((LittleToGain(),))
    both = usual_stopping(Settings(budget=5, target=0.9), told)
    assert both == Budget(5) | TargetQuality(0.9) | LittleToGain()


def test_any_of_joins_and_tells_the_one_that_stops():
    joined = Budget(10) | (TargetQuality(0.9) | StablePredictions())
    assert [type(one) for one in joined.criteria] == [Budget, TargetQuality, StablePredictions]
    assert joined.needs == {"stability"} and not (Budget(1) | Budget(2)).needs
    going = (Budget(10) | TargetQuality(0.9))(state(told(1)))
    assert not going.stop and going.reason.startswith("1 of 10 labels; ")
    stopped = (Budget(1) | TargetQuality(0.9))(state(told(1)))
    assert stopped == Verdict(True, 1.0, "1 of 1 labels")


@pytest.mark.parametrize(
    "make",
    [
        lambda: Budget(0),
        lambda: TargetQuality(0),
        lambda: TargetQuality(1),
        lambda: TargetQuality(0.9, confidence=1),
        lambda: StablePredictions(window=0),
        lambda: StablePredictions(threshold=0),
        lambda: StablePredictions(threshold=1.1),
        lambda: KappaAverage(window=True),
        lambda: OverallUncertainty(0),
        lambda: ClassificationChange(0),
        lambda: DeltaF(threshold=2),
        lambda: ErrorStability(-1),
        lambda: LittleToGain(0),
        lambda: LittleToGain(delta=0.001),
        lambda: LittleToGain(delta=0.6),
        lambda: LittleToGain(window=0),
    ],
)
def test_criteria_that_cannot_be(make):
    with pytest.raises(InvalidInput):
        make()


# ---------------------------------------------------------------- quality


def test_quality_counts_random_answers_only():
    found = quality(state(told(1, 1, 0, 1), told(0, 0, arm="active")))
    assert (found.estimate, found.n, found.confidence) == (0.75, 4, 0.95)
    assert 0 <= found.low < 0.75 < found.high <= 1


def test_a_higher_confidence_is_wider():
    answers = state(told(*[True, False] * 50))
    narrow, wide = quality(answers, confidence=0.8), quality(answers, confidence=0.99)
    assert wide.low < narrow.low < 0.5 < narrow.high < wide.high


def test_the_curve_ends_where_quality_stands_and_has_few_points():
    answers = state(told(*[i % 3 > 0 for i in range(250)]), told(1, 0, arm="active", start=1))
    points, found = curve(answers, points=20), quality(answers)
    assert len(points) <= 21 and points[0].n == 1
    assert (points[-1].estimate, points[-1].n) == (found.estimate, 250)
    assert (points[-1].low, points[-1].high) == pytest.approx((found.low, found.high))
    assert [point.labels for point in points] == sorted(point.labels for point in points)
    assert [point.n for point in curve(answers, "active")] == [1, 2]
    assert curve(State()) == []


def test_there_are_two_arms():
    with pytest.raises(InvalidInput, match="no arm 'overlap'"):
        curve(State(), "overlap")


@pytest.mark.parametrize("confidence", [0, 1, 95])
def test_a_confidence_that_cannot_be(confidence):
    with pytest.raises(InvalidInput, match=r"Write 0\.95"):
        quality(state(told(1)), confidence=confidence)


def test_anchoring_compares_shown_with_hidden():
    wrong = told(*[False] * 300, arm="active", hidden=True, start=300)
    answers = state(told(*[True] * 300, arm="active"), wrong, told(0, 0, hidden=True))
    found = anchoring(answers)
    assert (found.shown, found.shown_n, found.hidden, found.hidden_n) == (1.0, 300, 0.0, 300)
    assert 0.9 < found.low < found.high == 1.0
    assert anchoring(State()) == Anchoring()
    one_side = anchoring(state(told(1, arm="active")))
    assert (one_side.shown, one_side.hidden, one_side.low, one_side.high) == (1.0, None, None, None)


def test_estimates_are_all_of_it():
    answers = state(told(1, 0), told(1, arm="active"))
    found = estimates(answers)
    assert found.quality == quality(answers) and found.active.estimate == 1.0
    assert found.anchoring == anchoring(answers)
    assert estimates(State()).active is None


def test_the_interval_holds_at_every_look_for_a_model_that_learns():
    """Of 200 campaigns at 90 %, at most the fair share (and three deviations) is ever wrong."""
    rng, missed = np.random.default_rng(1), 0
    from querist.kernels import interval_at_any_look

    looks = np.arange(1, 301)
    chance = 0.5 + 0.45 * looks / 300
    mean = np.cumsum(chance) / looks
    for _ in range(200):
        hits = np.cumsum(rng.random(300) < chance)
        low, high = interval_at_any_look(hits, looks, 0.1)
        missed += bool(((mean < low) | (mean > high)).any())
    assert missed <= 200 * 0.1 + 3 * np.sqrt(200 * 0.09)


# ---------------------------------------------------------------- annotators


def test_an_oracle_is_right():
    assert Oracle({"a": "x"})("a") == "x" and Oracle(["x", "y"])(1) == "y"


@pytest.mark.parametrize("labels", [{"a": "x"}, ["x"]])
@pytest.mark.parametrize("item", ["b", 7])
def test_an_oracle_that_does_not_know(labels, item):
    with pytest.raises(UnknownItem, match="no label for the item"):
        Oracle(labels)(item)


def test_noise_has_its_rate_and_its_own_items():
    truth = [str(i % 4) for i in range(2000)]
    one, other = Noisy(truth, rate=0.2, seed=1), Noisy(truth, rate=0.2, seed=2)
    wrong = [{i for i in range(2000) if annotator(i) != truth[i]} for annotator in (one, other)]
    assert 330 < len(wrong[0]) < 470 and 330 < len(wrong[1]) < 470
    assert len(wrong[0] & wrong[1]) < 140, "different seeds err on different items"
    assert [one(i) for i in range(50)] == [one(i) for i in range(50)]


def test_noise_at_its_ends():
    truth = {"a": "x", "b": "y"}
    assert all(Noisy(truth, rate=0)(item) == truth[item] for item in truth)
    assert all(Noisy(truth, rate=1)(item) != truth[item] for item in truth)
    assert Noisy({"a": "x"}, rate=1)("a") == "x", "with one value there is no other to say"


def test_confusion_has_its_chances():
    annotator = Noisy(["x"] * 2000, confusion={"x": {"x": 0.7, "y": 0.3}}, seed=3)
    assert 0.25 < sum(annotator(i) == "y" for i in range(2000)) / 2000 < 0.35
    assert Noisy(["z"], confusion={"x": {"y": 1.0}})(0) == "z", "a value without a row is kept"


@pytest.mark.parametrize(
    "given",
    [{"rate": -0.1}, {"rate": 2}, {"confusion": {"x": {"x": 0.5}}}, {"confusion": {"x": {"x": 2, "y": -1}}}],
)
def test_noise_that_cannot_be(given):
    with pytest.raises(InvalidInput):
        Noisy(["x"], **given)


# ---------------------------------------------------------------- settings


def test_settings_survive_json():
    settings = Settings(title="Leaves", budget=50, lease=900.0, class_descriptions={"a": "an a"})
    assert Settings.from_json(settings.as_json()) == settings


def test_a_description_is_of_the_class_that_looks_the_same():
    settings = Settings().with_changes(class_descriptions={"cafe\u0301 ": "coffee"})
    assert settings.class_descriptions == {"caf\u00e9": "coffee"}
    with pytest.raises(InvalidInput, match="A class needs a name"):
        Settings(class_descriptions={" ": "nothing"})
    with pytest.raises(InvalidInput, match="what each class means"):
        Settings(class_descriptions=["coffee"])


def test_a_setting_that_is_none():
    with pytest.raises(InvalidInput, match=r"Did you mean 'budget'\?"):
        Settings().with_changes(budgt=1)
    with pytest.raises(InvalidInput, match="The settings are"):
        Settings().with_changes(zzz=1)


@pytest.mark.parametrize(
    "given",
    [
        {"random_share": 1.5},
        {"random_share": -0.1},
        {"hide_share": "all"},
        {"overlap": 0},
        {"overlap": 1.5},
        {"overlap": True},
        {"lease": 0},
        {"budget": -1},
        {"budget": float("nan")},
        {"budget": float("inf")},
        {"budget": 10**400},
        {"lease": -(10**400)},
        {"random_share": 10**400},
        {"target": 0},
        {"target": 90},
        {"skipped": "away"},
    ],
)
def test_settings_that_cannot_be(given):
    with pytest.raises(InvalidInput):
        Settings(**given)
