"""The learner, turn by turn: what it publishes, and how it tells what goes wrong."""

import signal
import subprocess
import sys
import threading

import pytest
from served import right

from querist.errors import InvalidInput
from querist.server.learner import Learner, run, turn
from querist.server.protocol import Report
from querist.workspace import Workspace, current_ranking


def tell(workspace, n):
    with workspace.journal.durable():
        for question in workspace.campaign.ask(n, to="ann"):
            workspace.campaign.tell(question, right(question.content["text"]), by="ann")


def learner_of(workspace):
    said = []
    learner = Learner(Workspace.open(workspace.folder, exclusive=False), said.append)
    learner.prepare()
    return learner, said


def test_a_model_by_name_is_the_one_that_is_trained(make):
    workspace = make(model="sklearn.ensemble:RandomForestClassifier")
    tell(workspace, 12)
    learner, _ = learner_of(workspace)
    assert turn(learner)
    import joblib

    model = joblib.load(workspace.models / learner.published.version / "model.joblib")
    assert "RandomForestClassifier" in repr(model)
    learner.workspace.close()


@pytest.mark.parametrize(
    ("model", "told"),
    [("forest", "names no model"), ("builtins:dict", "is no model"), ("os:abort_", "abort_")],
)
def test_a_model_that_cannot_be_is_told_and_the_old_ranking_stays(make, model, told):
    workspace = make(model=model)
    learner, said = learner_of(workspace)
    assert turn(learner)  # cold: needs no model
    tell(workspace, 12)
    assert not turn(learner)
    assert said[-1].phase == "failed" and told in said[-1].note
    assert current_ranking(workspace.models).cold
    learner.workspace.close()


def test_whatever_a_model_raises_is_told(make, monkeypatch, capsys):
    workspace = make()
    tell(workspace, 12)
    learner, said = learner_of(workspace)

    def broken(*_):
        raise ZeroDivisionError("by nothing")

    monkeypatch.setattr("querist.server.learner.model_named", broken)
    assert not turn(learner)
    assert said[-1] == Report("failed", note="ZeroDivisionError: by nothing. See learner.log.")
    assert "Traceback" in capsys.readouterr().err
    monkeypatch.undo()
    assert turn(learner)  # the next turn may do better
    learner.workspace.close()


def test_what_keeps_failing_is_tried_again_now_and_then_only():
    class Over(BaseException):
        pass

    waits = []

    class Wake(threading.Event):
        def wait(self, timeout=None):
            waits.append(timeout)
            if len(waits) == 3:
                raise Over

    class Failing:
        published = None

        def prepare(self):
            self.said = []

        def step(self):
            raise InvalidInput("There is no such model.", mend="Name another.")

        def tell(self, report):
            self.said.append(report.phase)

    learner = Failing()
    with pytest.raises(Over):
        run(learner, Wake())
    assert learner.said == ["failed"] * 3 and min(waits) >= 5


def test_a_strategy_may_be_a_spec(make):
    spec = {"name": "scored", "acquisition": {"name": "entropy"}}
    workspace = make(settings={"strategy": spec})
    tell(workspace, 12)
    learner, said = learner_of(workspace)
    assert turn(learner), said
    assert learner.published.strategy == "scored" and not learner.published.cold
    learner.workspace.close()


def test_the_whole_pool_is_scored_and_only_free_items_are_queued(make):
    workspace = make()
    tell(workspace, 12)
    workspace.campaign.ask(3, to="bob")
    for question in workspace.campaign.ask(2, to="eve"):
        workspace.campaign.skip(question)
    workspace.journal.settle(workspace.journal.head())
    learner, said = learner_of(workspace)
    assert turn(learner)
    ranking = current_ranking(workspace.models)
    assert ranking.proba.shape == (40, 2) and len(ranking.rows) == 23
    state = workspace.campaign.state
    taken = {*state.labels, *state.open, *state.skipped}
    assert len(taken) == 17
    assert not {workspace.pool.ids[row] for row in ranking.order} & taken
    assert all("hesitates" in why or why for why in ranking.why)
    assert [one.fraction for one in said if one.phase == "encoding"][-1] == 1.0
    learner.workspace.close()


def test_a_new_strategy_makes_a_new_ranking(make):
    workspace = make()
    tell(workspace, 12)
    learner, _ = learner_of(workspace)
    assert turn(learner) and not turn(learner)
    with workspace.journal.durable():
        workspace.campaign.configure(strategy="entropy")
    assert turn(learner) and learner.published.strategy == "entropy"
    with workspace.journal.durable():
        workspace.campaign.configure(title="no matter")
    assert not turn(learner)
    learner.workspace.close()


@pytest.fixture
def process(make):
    workspace = make()
    workspace.close()
    command = [sys.executable, "-m", "querist.server.learner", str(workspace.folder)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with subprocess.Popen(command, **pipes) as process:
        yield process
        process.kill()


def test_the_process_reports_over_its_pipe_and_ends_with_it(process):
    phases = []
    while "waiting" not in phases:
        phases.append(Report.read(process.stdout.readline()).phase)
    assert set(phases) == {"encoding", "waiting"}
    process.send_signal(signal.SIGINT)  # a terminal's Ctrl+C reaches it too, and is the server's to answer
    process.stdin.close()
    assert process.wait(120) == 0


def test_a_process_that_cannot_open_its_folder_says_so(tmp_path):
    command = [sys.executable, "-m", "querist.server.learner", str(tmp_path / "nothing")]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    with subprocess.Popen(command, **pipes) as process:
        assert "holds no campaign" in Report.read(process.stdout.readline()).note
        assert process.wait(120) == 1
        assert "holds no campaign" in process.stderr.read()


@pytest.mark.parametrize("shares", [False, True])
def test_a_learner_that_shares_its_core_rests_as_long_as_it_works(shares, monkeypatch):
    class Over(BaseException):
        pass

    class Steps:
        def __init__(self):
            self.shares, self.done = shares, 0

        def prepare(self):
            pass

        def step(self):
            self.done += 1
            if self.done == 3:
                raise Over
            clock[0] += 2.0
            return True

    clock, rests = [0.0], []
    monkeypatch.setattr("querist.server.learner.time.monotonic", lambda: clock[0])
    monkeypatch.setattr("querist.server.learner.time.sleep", rests.append)
    with pytest.raises(Over):
        run(Steps(), threading.Event())
    assert rests == [2.0 if shares else 0.0] * 2


def test_a_learner_that_starts_again_says_when_the_items_are_read(make):
    workspace = make()
    tell(workspace, 12)
    learner, said = learner_of(workspace)
    assert turn(learner) and said[-1].phase == "idle"
    again, heard = learner_of(workspace)
    assert not turn(again)  # the ranking is in force already
    assert [report.phase for report in heard][-2:] == ["encoding", "idle"]
    told = len(heard)
    assert not turn(again) and len(heard) == told  # once is enough
    learner.workspace.close()
    again.workspace.close()


def test_a_learner_that_starts_again_before_the_first_labels_says_that_it_waits(make):
    workspace = make()
    learner, _ = learner_of(workspace)
    assert turn(learner)
    again, heard = learner_of(workspace)
    assert not turn(again)
    assert heard[-1].phase == "waiting"
    learner.workspace.close()
    again.workspace.close()
