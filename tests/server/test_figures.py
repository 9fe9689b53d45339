"""The figures on the page: what is left to do, and how old an estimate may be."""

import threading

import numpy as np
from served import client_of, csv_of

from querist.campaign.quality import Quality
from querist.data import open_source
from querist.events import Answered, Flagged, Outcome, Retracted, Skipped, State
from querist.server import figures
from querist.server.figures import _labels_to
from querist.workspace import Ranking, Tally


def state_of(rights):
    outcomes = {
        f"q{k}": Outcome(
            query=f"q{k}",
            number=k,
            item=k,
            arm="random",
            suggested="a",
            answered="a" if right else "b",
            hidden=True,
            labels=k,
            at=0.0,
        )
        for k, right in enumerate(rights)
    }
    return State(outcomes=outcomes, spent=10 * len(rights))


def test_the_labels_left_shrink_as_the_target_comes_nearer():
    early = _labels_to(0.8, state_of([True] * 20 + [False] * 2 + [True] * 18))
    late = _labels_to(0.8, state_of([True] * 60 + [False] * 4 + [True] * 56))
    assert early > late >= 0
    assert _labels_to(0.8, state_of([True] * 2000)) == 0


def test_what_cannot_be_foretold_is_none():
    assert _labels_to(0.9, State()) is None
    assert _labels_to(0.9, state_of([True] * 10)) is None  # too few to say
    assert _labels_to(0.9, state_of([True, False] * 50)) is None  # not on the way there


def test_what_is_left_of_a_budget_and_the_time_it_takes(make):
    with client_of(make(settings={"budget": 10})) as client:
        for question in client.post("/api/next", json={"n": 4}).json()["questions"]:
            body = {"query": question["query"], "value": "sport", "seconds": 3}
            progress = client.post("/api/answers", json=body).json()["progress"]
        assert (progress["left"], progress["seconds_left"], progress["budget"]) == (6, 18.0, 10)
        progress = client.get("/api/progress").json()
        assert progress["verdict"]["reason"]


def test_what_is_spent_of_a_budget_are_answers_to_questions(make):
    with client_of(make(settings={"budget": 10, "overlap": 2}, labels={"t3": "sport"})) as client:
        for by in ("ann", "bob"):
            question = client.post("/api/next", json={}, headers={"x-annotator": by}).json()["questions"][0]
            body = {"query": question["query"], "value": "sport"}
            progress = client.post("/api/answers", json=body, headers={"x-annotator": by}).json()["progress"]
    assert (progress["spent"], progress["labelled"], progress["left"]) == (2, 2, 8)


def test_a_budget_may_be_a_fraction(make):
    with client_of(make(settings={"budget": 2.5})) as client:
        assert client.get("/api/campaign").json()["settings"]["budget"] == 3
        assert client.get("/api/progress").json()["left"] == 3


def test_what_is_left_to_a_target_is_counted_while_no_answer_comes_in(make, monkeypatch):
    """Counting walks through the outcomes, which another request may be adding to."""
    workspace = make(settings={"target": 0.8})
    held = []

    def counted(target, state):
        held.append((target, workspace.campaign.lock._is_owned()))
        return 7

    monkeypatch.setattr(figures, "_labels_to", counted)
    monkeypatch.setattr(figures, "quality", lambda state: Quality(0.5, 0.1, 0.9, 10))
    with client_of(workspace) as client:
        assert client.get("/api/progress").json()["left"] == 7
        assert client.get("/api/progress").json()["left"] == 7
    assert held == [(0.8, True)]


def test_the_model_of_now_is_shown_beside_the_mean(make, monkeypatch):
    monkeypatch.setattr(figures, "watched_quality", lambda state: Quality(0.9, 0.8, 0.95, 40))
    with client_of(make()) as client:
        assert client.get("/api/progress").json()["now"]["estimate"] == 0.9


def test_a_log_that_is_read_anew_is_counted_anew():
    tally = Tally()
    told = [Flagged(item="a"), Answered(item="a", value="x", query="q1", by="ann", seconds=2.0, at=0.0)]
    for number, event in enumerate(told, start=1):
        tally.hear(number, event)
    assert [one.answers for one in tally.days()] == [1]
    tally.hear(1, told[0])  # the answer never reached the disk
    assert tally.days() == [] and tally.typical_seconds is None and list(tally.newest_first()) == ["a"]


def test_a_tally_counts_days_people_and_typical_times():
    tally = Tally()
    day = 86400.0 * 20000 + 43200
    for k in range(6):
        by = "ann" if k % 2 else "bob"
        tally.hear(k + 2, Answered(item=k, value="x", query=f"q{k}", by=by, seconds=float(k), at=day))
    tally.hear(9, Answered(item="import", value="x", by="import", at=day))  # no question: no pace
    assert [(one.answers, one.seconds) for one in tally.days()] == [(6, 2.5)]
    tally.hear(10, Answered(item=1, value="y", query="q9", by="ann", at=day + 3 * 86400))
    assert [one.answers for one in tally.days()] == [5, 1]  # answered anew: counts on its last day
    tally.hear(11, Retracted(item=1))
    tally.hear(12, Skipped(item=7, by="ann", at=day))
    assert [one.answers for one in tally.days()] == [5]
    assert list(tally.newest_first())[:3] == [7, 1, "import"]
    assert tally.typical_seconds == 2.5 and tally.today("ann") == 0


def test_nobody_answers_while_the_labelled_items_are_counted(make, monkeypatch):
    workspace = make(labels={"t3": "sport"})
    workspace.ranking = Ranking(
        "m1", np.arange(40), np.ones(40), proba=np.full((40, 2), 0.5), classes=("sport", "money")
    )
    free = []

    def counted(labels, state):
        def answering():
            free.append(workspace.campaign.lock.acquire(blocking=False))

        another = threading.Thread(target=answering)
        another.start()
        another.join()
        return labels

    monkeypatch.setattr(figures, "of_pool", counted)
    assert figures.Figures(workspace)._predicted() == {"sport": 39, "money": 0}
    assert free == [False]


def test_a_search_does_not_mind_items_that_have_just_come(make, tmp_path):
    workspace = make(labels={"t3": "sport"})
    with client_of(workspace) as client:
        workspace.items.append(open_source(csv_of(tmp_path / "more.csv", 50), text="text", id="id"))
        assert len(workspace.pool) == 40 and len(workspace.items) == 50
        assert [one["item"] for one in client.get("/api/answers?q=number 3").json()["answers"]] == ["t3"]


def test_an_answer_that_comes_while_the_answers_are_listed_is_no_error(make):
    workspace = make(labels={"t3": "sport"})
    said = workspace.campaign.state.items["t3"].annotations

    class Answered:
        by, at, number, seconds, query = "ann", 0.0, 9, None, None

        @property
        def value(self):
            said[f"p{len(said)}"] = said["import"]
            return "money"

    said["ann"] = Answered()
    with client_of(workspace) as client:
        for state in ("disputed", "labelled"):
            (one,) = client.get(f"/api/answers?state={state}").json()["answers"]
            assert one["item"] == "t3"
