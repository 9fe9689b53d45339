"""Experiments: paired, resumable after a kill, repeatable from their records."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.datasets import dump_svmlight_file, load_iris
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier

from querist.acquisition import Margin
from querist.campaign import Campaign
from querist.data import Box
from querist.errors import CampaignInUse, InvalidInput, MissingCapability
from querist.evaluation import Arm, Curves, Dataset, Experiment, Protocol, Results, read_runs, replay
from querist.evaluation.arms import estimator_of, estimator_spec
from querist.strategies import Proposal, Scored, Snapshot
from querist.synthesis import Latent, Synthesised

X, Y = load_iris(return_X_y=True)


def quick(**changes: Any) -> Experiment:
    told: dict[str, Any] = {
        "datasets": "iris",
        "strategies": ["margin"],
        "models": "naive_bayes",
        "seeds": 2,
        "budget": 30,
        "start": 10,
    }
    return Experiment.of(**{**told, **changes})


def by_name(curves: Curves, strategy: str) -> list[Any]:
    return [run for run in curves.runs if run.strategy == strategy]


def test_a_run_that_is_ended_early_is_that_of_a_smaller_budget() -> None:
    plan = quick(seeds=[3]).plans()[1]
    ended = plan.run(lambda: True)
    short = quick(seeds=[3], budget=20).plans()[1].run()
    assert ended.labels.tolist() == [10, 20] and ended.picks == short.picks
    assert (ended.id, ended.plan) == (short.id, short.plan)
    assert ended.values["accuracy"].tolist() == short.values["accuracy"].tolist()
    assert plan.run(lambda: False).id == plan.id


# ---------------------------------------------------------------- pairs


def test_all_strategies_of_a_seed_have_the_same_split_and_first_labels() -> None:
    curves = quick(strategies=["margin", "k_center"], batches=[5, 10], seeds=3).run(workers=1)
    for seed in range(3):
        runs = [run for run in curves.runs if run.seed == seed]
        assert len(runs) == 3 * 2
        assert len({run.picks[:10] for run in runs}) == 1 and {run.start for run in runs} == {10}
        assert len({run.values["accuracy"][0] for run in runs}) == 1
    assert len({run.picks[:10] for run in curves.runs}) == 3
    assert curves.datasets == ("iris, batch 5", "iris, batch 10")


def test_a_split_holds_back_what_the_pool_does_not_have() -> None:
    data = Dataset("iris", X, Y)
    for stratified in (True, False):
        split = Protocol(test=0.4, start=5, stratified=stratified).split(data, seed=3)
        assert sorted([*split.held, *split.pool]) == list(range(150))
        assert abs(len(split.held) - 60) <= 3
    assert np.bincount(Y[Protocol(test=0.4).split(data, 3).held]).tolist() == [20, 20, 20]
    official = Dataset("iris", X, Y, test=(X[:9], Y[:9]))
    assert len(Protocol().split(official, 0).pool) == 150


@pytest.mark.parametrize(
    ("rule", "expected"), [("allow", 3), ("redraw", 3), ("drop", 3)], ids=["allow", "redraw", "drop"]
)
def test_first_labels_that_lack_a_class(rule: str, expected: int) -> None:
    data = Dataset("iris", X, Y)
    splits = [Protocol(start=3, missing=rule).split(data, seed) for seed in range(12)]
    seen = [len({data.y[split.pool[row]] for row in split.first}) for split in splits]
    left_out = [bool(split.left_out) for split in splits]
    if rule == "redraw":
        assert set(seen) == {expected} and not any(left_out)
    else:
        assert min(seen) < 3
        assert left_out == [rule == "drop" and one < 3 for one in seen]


def test_dropped_seeds_are_kept_as_such_and_not_compared(tmp_path: Path) -> None:
    experiment = quick(start=3, missing="drop", seeds=6, budget=13)
    curves = experiment.run(tmp_path / "runs.jsonl", workers=1)
    dropped = {run.seed for run in curves.runs if run.left_out}
    assert dropped and set(curves.seeds_of(None)) == set(range(6)) - dropped
    assert len(Curves.read(tmp_path / "runs.jsonl").runs) == 12


def test_one_label_of_each_class_to_begin_with() -> None:
    data = Dataset("iris", X, Y)
    for start, expected in ((0, 3), (3, 3), (7, 7)):
        split = Protocol(start=start, start_by="class").split(data, 1)
        assert len(split.first) == expected == len(set(split.first.tolist()))
        assert len(set(data.y[split.pool[split.first]].tolist())) == 3


def test_a_class_too_rare_to_be_drawn_is_told() -> None:
    rare = Dataset("rare", np.zeros((4000, 1)), ["a"] * 2000 + ["b"] * 1998 + ["c", "d"])
    with pytest.raises(InvalidInput, match="never held all 4 classes"):
        Protocol(start=4, missing="redraw", test=0.01).split(rare, 0)


def test_features_are_scaled_by_the_pool_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    from sklearn.preprocessing import StandardScaler

    fitted: list[Any] = []
    fit = StandardScaler.fit

    def watched(self: Any, x: Any, *rest: Any) -> Any:
        fitted.append(x)
        return fit(self, x, *rest)

    monkeypatch.setattr(StandardScaler, "fit", watched)
    experiment = quick(strategies=[], seeds=1)
    run = experiment.run(workers=1).runs[0]
    pool = experiment.protocol.split(experiment.plans()[0].dataset, run.seed).pool
    assert (fitted[0] == X[pool]).all()
    fitted.clear()
    quick(strategies=[], seeds=1, scale=False).run(workers=1)
    assert not fitted


# ---------------------------------------------------------------- what runs


def test_a_run_to_the_end_asks_every_item_once() -> None:
    run = quick(budget=None, batches=7, strategies=[], seeds=1).run(workers=1).runs[0]
    assert len(run.picks) == len(set(run.picks)) == 105 == run.labels[-1]


def test_measuring_less_often_changes_no_pick() -> None:
    often, seldom = (quick(measure=n, batches=2).run(workers=1) for n in (1, 4))
    assert [run.picks for run in often.runs] == [run.picks for run in seldom.runs]
    assert seldom.budgets == (10, 18, 26, 30)


def test_numbers_are_measured_as_numbers() -> None:
    experiment = Experiment.of("diabetes", ["gsx", "igs"], seeds=1, budget=40, start=20)
    curves = experiment.run(workers=1)
    assert curves.measures_of(None)[:2] == ("rmse", "log_rmse")
    run = curves.runs[0]
    assert np.log(run.values["rmse"]) == pytest.approx(run.values["log_rmse"])
    best = curves.area("igs")[0] - curves.area("random")[0]
    assert curves.summary()[2]["gain"] == pytest.approx(-best), "less error is a gain"


def test_costs_are_counted_and_bound() -> None:
    costs = np.where(Y == 0, 1.0, 3.0)
    data = Dataset("priced", X, Y, costs=costs, unit="seconds")
    whole = Experiment.of(data, [], "naive_bayes", 5, 1, budget=30).run(workers=1).runs[0]
    assert whole.values["cost"][-1] == costs[list(whole.picks)].sum()
    bound = Experiment.of(data, [], "naive_bayes", 5, 1, spend=30, start=4).run(workers=1).runs[0]
    assert 27 < costs[list(bound.picks[4:])].sum() <= 30
    assert len(bound.picks) == bound.labels[-1]


def test_an_arm_may_ask_by_another_model_than_the_one_measured() -> None:
    curves = quick(strategies=["margin", "margin@neighbours"], seeds=1).run(workers=1)
    own, other = by_name(curves, "margin")[0], by_name(curves, "margin@neighbours")[0]
    alone = quick(strategies=["margin"], models="neighbours", seeds=1).run(workers=1)
    assert other.picks == by_name(alone, "margin")[0].picks != own.picks
    assert other.values["accuracy"][0] == own.values["accuracy"][0]


def test_what_is_watched_is_noted() -> None:
    watch = {"answers": lambda campaign: campaign.state.answers}
    run = quick(watch=watch, strategies=[], seeds=1).run(workers=1).runs[0]
    assert run.values["answers"].tolist() == run.labels.tolist()


def test_the_error_of_a_run_names_it() -> None:
    with pytest.raises(MissingCapability, match=r"'margin' with the model 'svm' on 'iris'.*proba"):
        quick(models="svm").run(workers=1)


def test_others_go_on_where_a_run_fails(tmp_path: Path) -> None:
    failures: list[Any] = []
    experiment = quick(models="svm", strategies=["margin", "boundary"])
    for workers in (1, 2):
        failures.clear()
        told = experiment.run(
            tmp_path / "runs.jsonl",
            workers=workers,
            failed=lambda plan, error: failures.append((plan.title, error)),
        )
        assert told.strategies == ("random", "boundary") and told.seeds_of(None) == (0, 1)
        assert [name for name, _ in failures] == ["margin", "margin"]
        assert all(isinstance(error, MissingCapability) for _, error in failures)
    with pytest.raises(InvalidInput, match="without a measurement"):
        quick(models="svm", datasets="iris", strategies=["margin"], metrics=["log_loss"]).run(
            workers=1, failed=lambda plan, error: None
        )


# ---------------------------------------------------------------- the file


def measured(curves: Curves) -> list[Any]:
    return [{name: one for name, one in row.items() if "seconds" not in name} for row in curves.rows]


def test_the_same_experiment_makes_no_run_twice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "runs.jsonl"
    first = quick().run(path, workers=1)
    monkeypatch.setattr(Campaign, "ask", None)
    again = quick().run(path, workers=1)
    assert list(again.rows) == list(first.rows)
    assert [run.picks for run in again.runs] == [run.picks for run in first.runs]
    with pytest.raises(TypeError):
        quick(seeds=3).run(path, workers=1)


SCRIPT = """
import sys, time
from querist.evaluation import Experiment
import querist.evaluation.replaying as replaying
run, begun = replaying.Plan.run, []
def stuck(self):
    begun.append(self)
    time.sleep(600 if len(begun) > 4 else 0)
    return run(self)
replaying.Plan.run = stuck
Experiment.of("iris", ["margin"], "naive_bayes", 10, 10, budget=30, start=10).run(sys.argv[1], workers=1)
"""


def test_killed_in_the_middle_and_gone_on_with_it_is_the_same(tmp_path: Path) -> None:
    path = tmp_path / "runs.jsonl"
    process = subprocess.Popen([sys.executable, "-c", SCRIPT, str(path)])
    until = time.monotonic() + 300
    while time.monotonic() < until and (not path.exists() or path.read_bytes().count(b"\n") < 3):
        time.sleep(0.02)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    held = path.read_bytes()
    assert 3 <= held.count(b"\n") <= 4
    path.write_bytes(held + held[: len(held) // held.count(b"\n") // 2])  # and a line was torn
    assert len(read_runs(path)) == held.count(b"\n")
    curves = quick(seeds=10).run(path, workers=2)
    assert measured(curves) == measured(quick(seeds=10).run(workers=1))
    assert path.read_bytes().startswith(held) and path.read_bytes().count(b"\n") == 20
    assert measured(Curves.read(path)) != [] and len(read_runs(path)) == 20


PARENT = """
import subprocess, sys
worker = "import os, time; from querist.evaluation.experiment import _end_with; _end_with(os.getppid()); " \\
    "print(os.getpid(), flush=True); time.sleep(120)"
subprocess.run([sys.executable, "-c", worker])
"""


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="looks for the process in /proc")
def test_a_worker_ends_with_a_parent_that_was_killed() -> None:
    parent = subprocess.Popen([sys.executable, "-c", PARENT], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    worker = Path("/proc") / parent.stdout.readline().strip()
    assert worker.is_dir()
    parent.kill()
    parent.wait()
    until = time.monotonic() + 120
    while time.monotonic() < until and (worker / "cmdline").exists() and (worker / "cmdline").read_bytes():
        time.sleep(0.1)
    assert not (worker.exists() and (worker / "cmdline").read_bytes()), "it is gone, or nobody's to reap"
    parent.stdout.close()


def test_a_file_that_holds_something_else_is_told(tmp_path: Path) -> None:
    path = tmp_path / "runs.jsonl"
    quick(seeds=1).run(path, workers=1)
    lines = path.read_text().splitlines()
    path.write_text("\n".join([lines[0], '{"torn": ', lines[1]]) + "\n")
    with pytest.raises(InvalidInput, match=r"Line 2 of .* is no run.*delete the line"):
        read_runs(path)
    path.write_text(json.dumps({**json.loads(lines[0]), "querist_run": 99}) + "\n")
    with pytest.raises(InvalidInput, match=r"Line 1 of .* format 99; this version reads 1\. Read it with"):
        quick().run(path, workers=1)
    with pytest.raises(InvalidInput, match="no results file"):
        read_runs(tmp_path / "none.jsonl")
    with pytest.raises(InvalidInput, match="no folder"):
        Results(tmp_path / "none" / "runs.jsonl")


def test_runs_that_are_no_pairs_are_not_compared(tmp_path: Path) -> None:
    path = tmp_path / "runs.jsonl"
    quick().run(path, workers=1)
    noisy = quick(strategies=["entropy"], noise=0.3).run(path, workers=1)
    quick(start=5, seeds=1).run(path, workers=1)
    both = Curves.read(path)
    names = ("iris, start 10", "iris, start 10, noise 0.3", "iris, start 5")
    assert both.datasets == names and noisy.datasets == ("iris",)
    assert [both.strategies_of(one) for one in names] == [
        ("random", "margin"), ("random", "entropy"), ("random", "margin")
    ]  # fmt: skip
    assert both.area("random", dataset=names[1]).tolist() == noisy.area("random").tolist()
    again = Curves.read_csv(both.write_csv(tmp_path / "all.csv"))
    assert again.datasets == names
    for one in names:
        assert again.area("random", dataset=one).tolist() == both.area("random", dataset=one).tolist()


def test_of_runs_that_are_called_alike_the_last_count(tmp_path: Path) -> None:
    path = tmp_path / "runs.jsonl"
    quick(strategies={"mine": "entropy"}).run(path, workers=1)
    last = quick(strategies={"mine": "margin"}, seeds=1, budget=40).run(path, workers=1)
    both = Curves.read(path)
    assert both.datasets == ("iris",) and both.seeds_of("iris") == (0,)
    assert both.budgets == last.budgets == (10, 20, 30, 40)
    assert both.area("mine").tolist() == last.area("mine").tolist()
    assert Curves.read_csv(both.write_csv(tmp_path / "all.csv")).budgets == both.budgets


def test_nothing_but_a_torn_run_is_cut_off(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("one line of mine")
    with pytest.raises(InvalidInput, match="it begins 'one line of mine'"):
        Results(tmp_path / "notes.txt")
    assert (tmp_path / "notes.txt").read_text() == "one line of mine"
    for torn in (b"{", b'{"querist_run":1,"id":"a74'):
        (tmp_path / "runs.jsonl").write_bytes(torn)
        Results(tmp_path / "runs.jsonl").close()
        assert (tmp_path / "runs.jsonl").read_bytes() == b""


@pytest.mark.skipif(sys.platform == "win32", reason="files are locked by fcntl")
def test_one_process_writes_at_a_time(tmp_path: Path) -> None:
    with Results(tmp_path / "runs.jsonl"), pytest.raises(CampaignInUse, match="Another process"):
        Results(tmp_path / "runs.jsonl")


# ---------------------------------------------------------------- again from the record


def test_every_run_is_made_again_from_its_record(tmp_path: Path) -> None:
    strategies = ["margin", "margin@logistic", {"name": "default", "patience": 3.0}, Scored(Margin())]
    path = tmp_path / "runs.jsonl"
    quick(strategies=strategies, seeds=1, models=["naive_bayes"]).run(path, workers=1)
    for run in read_runs(path):
        again = replay(run)
        assert again.picks == run.picks and again.id == run.id
        assert again.values["accuracy"].tolist() == run.values["accuracy"].tolist()


def test_what_has_no_name_is_made_again_by_its_experiment(tmp_path: Path) -> None:
    class First:
        def propose(self, snapshot: Snapshot, n: int) -> Proposal:
            ids = [snapshot.pool.ids[row] for row in snapshot.candidates[:n]]
            return Proposal(ids=ids, scores=np.ones(len(ids)), probabilities=np.ones(len(ids)))

        def __repr__(self) -> str:
            return "First()"

    experiment = quick(strategies={"first": First()}, seeds=1, datasets=Dataset("mine", X, Y))
    run = by_name(experiment.run(workers=1), "first")[0]
    with pytest.raises(InvalidInput, match="given as arrays"):
        replay(run)
    again, _ = experiment.replay(run.id[:8])
    assert again.picks == run.picks
    named = by_name(quick(strategies={"first": First()}, seeds=1).run(workers=1), "first")[0]
    with pytest.raises(InvalidInput, match=r"First\(\) has no name"):
        replay(named)
    with pytest.raises(InvalidInput, match="No runs"):
        experiment.replay("zzz")


def test_a_data_set_that_changed_is_not_taken_for_what_it_was(tmp_path: Path) -> None:
    np.savez(tmp_path / "points.npz", x=X, y=Y)
    run = quick(datasets=str(tmp_path / "points.npz"), seeds=1).run(workers=1).runs[0]
    assert replay(run).picks == run.picks
    np.savez(tmp_path / "points.npz", x=X + 1, y=Y)
    from querist.evaluation import readers

    readers._loaded.cache_clear()
    with pytest.raises(InvalidInput, match="is not what it was"):
        replay(run)


def test_estimators_are_told_and_built_again() -> None:
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    for one in (KNeighborsClassifier(3), make_pipeline(StandardScaler(), GaussianNB())):
        told = json.loads(json.dumps(estimator_spec(one)))
        assert repr(estimator_of(told)) == repr(one)
    with pytest.raises(InvalidInput, match="no scikit-learn estimator"):
        estimator_of({"class": "subprocess:Popen", "parameters": {"args": "true"}})
    with pytest.raises(InvalidInput, match="no name by which it is found"):
        estimator_of(estimator_spec(object()))


# ---------------------------------------------------------------- data sets and names


def test_files_are_read_by_their_kind(tmp_path: Path) -> None:
    from querist.evaluation import load_dataset

    dump_svmlight_file(X, Y, str(tmp_path / "points.libsvm"))
    told = load_dataset(tmp_path / "points.libsvm")
    assert told.classes == ("0", "1", "2") and told.x.shape == (150, 4) and told.scale
    (tmp_path / "points.csv").write_text(
        "a,b,price,y\n" + "".join(f"{row[0]},{row[1]},2,{y}\n" for row, y in zip(X, Y, strict=True))
    )
    table = load_dataset(
        {"data": str(tmp_path / "points.csv"), "label": "y", "kind": "row", "costs": "price"}
    )
    assert len(table) == 150 and table.costs.tolist() == [2.0] * 150
    np.savez(tmp_path / "arrays.npz", x_train=X, y_train=X[:, 0], x_test=X[:5], y_test=X[:5, 0])
    arrays = load_dataset(str(tmp_path / "arrays.npz"))
    assert arrays.task == "number" and arrays.test is not None and len(arrays.test[1]) == 5
    part = load_dataset({"data": "digits", "rows": 100, "name": "few"})
    assert len(part) == 100 and part.name == "few"


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"datasets": "digts"}, "Did you mean 'digits'"),
        ({"datasets": ["iris", "iris"]}, "Two data sets are called 'iris'"),
        ({"models": "swm"}, "No model is called 'swm'"),
        ({"models": "ridge"}, "does not learn classes"),
        ({"models": ["svm", "svm"]}, "called alike"),
        ({"strategies": ["margn"]}, "Did you mean 'margin'"),
        ({"metrics": ["rmse"]}, "None of rmse measures classes"),
        ({"metrics": ["acuracy"]}, "No measure is called"),
        ({"seeds": [1, 1]}, "each is given once"),
        ({"batches": 0}, "whole number of 1 or more"),
        ({"start_by": "luck"}, "one of random, class"),
        ({"datasets": {"data": "iris", "label": "y"}}, "takes no option 'label'"),
    ],
)
def test_what_cannot_be_compared_is_told_with_the_mend(wrong: dict[str, Any], told: str) -> None:
    with pytest.raises(InvalidInput, match=told):
        quick(**wrong).plans()


def test_options_of_a_data_set_go_into_records_and_back(tmp_path: Path) -> None:
    rows = "".join(f"well {i},and good {i % 3},{'xyz'[i % 3]}\n" for i in range(60))
    (tmp_path / "texts.csv").write_text("one,two,y\n" + rows)
    spec = {"data": str(tmp_path / "texts.csv"), "label": "y", "text": ["one", "two"], "kind": "text"}
    run = quick(datasets=spec, models="default", seeds=1).run(workers=1).runs[0]
    told = type(run).from_json(json.loads(json.dumps(run.as_json())))
    assert replay(told).picks == run.picks
    with pytest.raises(InvalidInput, match="which no record can hold"):
        quick(datasets={**spec, "encoder": len}).plans()


def test_arms_have_titles() -> None:
    assert Arm("margin", GaussianNB()).title == "margin@GaussianNB"
    assert Arm({"name": "default", "patience": 3.0}).title == "default(patience=3.0)"


@pytest.mark.skipif("QUERIST_DATA" not in os.environ, reason="QUERIST_DATA names no folder of data sets")
def test_collections_are_found() -> None:
    from querist.evaluation import dataset_names, load_dataset

    shapes = {
        "tab_al_benchmark/sonar": (208, 60),
        "tab_mlbench/Glass": (214, 9),
        "tab_uci_regression/airfoil": (1503, 5),
        "tab_r_regression/concrete": (1030, 8),
        "image_mnist_vae": (60000, 10),
    }
    there = set(dataset_names())
    for name, shape in shapes.items():
        if name in there:
            assert load_dataset(name).x.shape == shape


def _threshold(rows):
    return np.where(np.asarray(rows)[:, 0] > 4.2, "hot", "cold")


@pytest.mark.parametrize("scale", [False, True])
def test_made_items_are_answered_by_the_oracle_of_the_data_set(scale):
    x = np.linspace(0, 10, 120)[:, None]
    data = Dataset("line", x, _threshold(x), oracle=_threshold)
    box = Box(((0.0, 10.0),)) if not scale else Latent(1)
    arms = {
        "made": Synthesised(Margin(), box),
        "made by another": Arm(Synthesised(Margin(), box), "naive_bayes"),
    }
    told = {"start": 4, "start_by": "class", "budget": 24, "scale": scale}
    curves = Experiment.of(data, arms, "logistic", 2, 2, **told).run(workers=1)
    assert curves.budgets[-1] == 24 and curves.mean("made")[-1] > 0.95
    made = next(run for run in curves.runs if run.strategy == "made")
    assert len(made.picks) < 24, "what was made is no row of the data set"
    assert made.values["cost"][-1] == 24
    small = Experiment.of(data, {"made": arms["made"]}, "logistic", 2, 1, **{**told, "pool": 10}).run(
        workers=1
    )
    ends = {run.strategy: run.labels[-1] for run in small.runs}
    assert ends == {"random": 10, "made": 24}, "a pool that runs dry ends the arm that has nothing else"
    silent = Dataset("line", x, _threshold(x))
    with pytest.raises(InvalidInput, match="answers for its own rows only"):
        Experiment.of(silent, {"made": Synthesised(Margin(), box)}, "logistic", 2, 1, **told).run(workers=1)
