"""Campaigns whose labels are sets of classes: told, taken back, folded, exported, learned from."""

from __future__ import annotations

import io
import json
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest
from sklearn.datasets import make_multilabel_classification
from sklearn.linear_model import LogisticRegression
from sklearn.svm import LinearSVC

from querist import Campaign, Classification, MultiLabel, Noisy, Oracle, Pool, choose
from querist.campaign import StablePredictions
from querist.errors import AlreadyAnswered, InvalidInput, InvalidLabel
from querist.events import Answered, Asked, decode, encode, fold
from querist.formats import write_annotations, write_labels, write_predictions

TASK = MultiLabel(("sport", "money", "war"))
X, TABLE = make_multilabel_classification(120, n_classes=3, random_state=1)
MODEL = LogisticRegression(max_iter=1000)


def campaign(**given: Any) -> Campaign:
    return Campaign(Pool(X), given.pop("task", TASK), **{"strategy": "random", **given})


def test_sets_are_told_taken_back_and_corrected():
    one = campaign()
    first, second = one.ask(2)
    one.tell(first, {"war", "sport"})
    one.tell(first, ["sport", "war"])  # the same set, told twice, counts once
    one.tell(second, [])
    assert one.labels == {first.item: ("sport", "war"), second.item: ()}
    assert one.state.by_class == {"sport": 1, "war": 1} and one.progress.answers == 2
    with pytest.raises(AlreadyAnswered):
        one.tell(first, ["sport"])
    one.tell({first.item: ["money"]})
    assert one.state.by_class == {"money": 1}
    one.retract(first.item)
    one.retract(second.item)
    assert one.labels == {} and one.state.by_class == {}
    with pytest.raises(InvalidLabel, match="set of classes; got 'war'"):
        one.tell({3: "war"})
    with pytest.raises(InvalidLabel, match="None is no value"):
        one.tell(one.ask()[0], None)


def test_the_log_reads_back_what_was_written(tmp_path):
    place = tmp_path / "campaign.db"
    with campaign(log=place, model=MODEL, random_share=0.5, seed=2) as one:
        oracle = Oracle(TASK.labels(TABLE))
        for _ in range(3):
            for query in one.ask(8):
                one.tell(query, oracle(query.item))
        labels, outcomes, quality = dict(one.labels), one.state.random_outcomes, one.estimates.quality
        assert quality is not None and 0 <= quality.estimate <= 1
        assert any(outcome.right for outcome in outcomes)
    with Campaign(Pool(X), log=place) as again:
        assert dict(again.labels) == labels and again.state.random_outcomes == outcomes
        assert again.state == fold(again.log.read()) and again.task == TASK
    event = Answered(item=1, value=["a", ["b", []]])
    assert event.value == ("a", ("b", ())) and decode(*encode(event)) == event
    asked = Asked(query="q", item=1, suggestion={"value": ["a"], "proba": 0.5})
    assert asked.suggestion == {"value": ("a",), "proba": 0.5} and decode(*encode(asked)) == asked


def test_each_class_is_believed_by_majority():
    one = campaign(overlap=3)
    one.tell({0: ["sport", "war"]}, by="ann")
    one.tell({0: ["money"]}, by="bob")
    assert one.labels[0] == ("money",), "in a tie as the last word has it"
    one.tell({0: ["war", "money"]}, by="cy")
    assert one.labels[0] == ("money", "war"), "what two of three say, though nobody but cy said both"
    one.retract(0, by="cy")
    assert one.labels[0] == ("money",)


def test_new_classes_come_with_the_labels():
    one = campaign(task=MultiLabel(("sport",), open=True), model=MODEL, strategy="default")
    one.tell({0: ["zoo"], 1: ["zoo", "art"], 2: ["art", "sport"]})
    assert one.task.classes == ("sport", "zoo", "art") and one.labels[1] == ("zoo", "art")
    one.add_class("sea")
    one.tell({3: ["sea"]})
    assert one.model.classes == ("sport", "zoo", "art", "sea") and len(one.ask(2)) == 2
    one.configure(open_classes=False)
    with pytest.raises(InvalidLabel, match="not a class"):
        one.tell({4: ["new"]})
    number = Campaign(Pool(X), log=one.log)
    assert number.task.classes[-1] == "sea"
    with pytest.raises(InvalidInput, match="of the kind 'multilabel'; got one of the kind 'classification'"):
        Campaign(Pool(X), Classification(("sport",)), log=one.log)


@pytest.mark.parametrize("model", [MODEL, LinearSVC()])
def test_the_model_is_fitted_and_suggests_sets(model):
    one = campaign(model=model, strategy="default", stopping=StablePredictions())
    one.tell({row: TASK.labels(TABLE)[row] for row in range(30)})
    query = one.ask()[0]
    assert query.suggestion is not None and isinstance(query.suggestion["value"], tuple)
    assert ("proba" in query.suggestion) == (model is MODEL)
    assert "believed" in one.why(query)
    one.tell({row: TASK.labels(TABLE)[row] for row in range(30, 60)})
    one.ask()
    assert 0 < one.state.trained[-1].metrics["stability"] <= 1
    order = np.random.default_rng(0).permutation(60).tolist()
    other = campaign(model=model)
    other.tell({row: TASK.labels(TABLE)[row] for row in order})
    assert (other.model.label_decision(X) == one.model.label_decision(X)).all()


def written(write: Any, format: str, *args: Any, **given: Any) -> bytes:
    file = io.BytesIO()
    write(file, *args, format=format, **given)
    return file.getvalue()


def test_sets_are_exported_as_lists():
    one = Campaign(Pool(ids=["a", "b"]), TASK, strategy="random")
    one.tell({"a": ["war", "sport"], "b": []}, by="ann")
    for write in (write_labels, write_annotations):
        lines = written(write, "jsonl", one.state, one.pool).decode().splitlines()
        column = "label" if write is write_labels else "value"
        assert [json.loads(line)[column] for line in lines] == [["sport", "war"], []]
        rows = written(write, "csv", one.state, one.pool).decode().splitlines()
        assert rows[1].startswith('a,"[""sport"", ""war""]",') and rows[2].startswith("b,[],")
        table = pq.read_table(io.BytesIO(written(write, "parquet", one.state, one.pool)))
        assert table.column(column).to_pylist() == [["sport", "war"], []]
    said = written(
        write_predictions,
        "jsonl",
        one.pool,
        TASK.classes,
        [[0.9, 0.2, 0.8], [0.5, 0.0, 0.0]],
        state=one.state,
    )
    first, second = map(json.loads, said.decode().splitlines())
    assert first["predicted"] == ["sport", "war"] and first["confidence"] == pytest.approx(0.9 * 0.8 * 0.8)
    assert second["predicted"] == [] and second["label"] == [] and first["proba_war"] == 0.8


def test_annotators_err_on_single_classes():
    truth = [("a", "b"), ("c",), ()] * 400
    noisy = Noisy(truth, rate=0.2, seed=1)
    said = [noisy(i) for i in range(len(truth))]
    wrong = [
        (name in one) != (name in other) for one, other in zip(said, truth, strict=True) for name in "abc"
    ]
    assert 0.17 < np.mean(wrong) < 0.23 and said == [noisy(i) for i in range(len(truth))]
    assert [Noisy(truth, rate=0.0)(i) for i in range(3)] == truth[:3]
    assert Noisy([{"a"}, ["b"]], rate=1.0)(0) == ("b",)


def test_choose_takes_sets_and_matrices():
    sets = {row: TASK.labels(TABLE)[row] for row in range(40)}
    table = TABLE.astype(float)
    table[40:] = np.nan
    listed = [sets.get(row) for row in range(120)]
    picks = choose(X, sets, MODEL, strategy="default", n=3)
    assert len(set(picks)) == 3 and min(picks) >= 40
    assert choose(X, listed, MODEL, n=3) == picks == choose(X, table, MODEL, n=3)
    fitted = LogisticRegression(max_iter=1000)
    from sklearn.multiclass import OneVsRestClassifier

    ready = OneVsRestClassifier(fitted).fit(X[:40], TABLE[:40])
    assert choose(X, table, ready, n=3) == picks == choose(X, sets, ready, n=3)
    assert choose(X, {0: ()}, MODEL, n=1) and choose(X, {0: ("war",)}, MODEL, n=1)
    table[50, 0] = 1
    with pytest.raises(InvalidInput, match="Row 50 of the indicator matrix is known of some classes only"):
        choose(X, table, MODEL)
    with pytest.raises(InvalidInput, match="got the array"):
        choose(X, {0: TABLE[0]}, MODEL)


def test_a_data_frame_names_its_classes():
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame(TABLE.astype(float), columns=list(TASK.classes))
    frame.iloc[40:] = np.nan
    assert choose(X, frame, MODEL, n=2) == choose(X, frame.to_numpy(), MODEL, n=2)
