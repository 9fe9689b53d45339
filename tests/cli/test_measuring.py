"""``querist test``: a campaign's model held still and measured through its own questions."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result

from querist.cli import main
from querist.data import open_source
from querist.errors import CampaignError, NotFitted
from querist.evaluation import CampaignTest
from querist.server.learner import Learner
from querist.workspace import Workspace


def querist(*words: str) -> Result:
    return CliRunner().invoke(main, list(words), catch_exceptions=False)


def learn(folder: Path) -> None:
    with Workspace.open(folder, exclusive=False) as workspace:
        learner = Learner(workspace, lambda report: None)
        learner.prepare()
        learner.step()


@pytest.fixture
def truth() -> dict[str, str]:
    rng = np.random.default_rng(0)
    return {f"p{i}": "high" if rng.random() < (0.9 if i % 2 else 0.15) else "low" for i in range(160)}


@pytest.fixture
def folder(tmp_path: Path, truth: dict[str, str]) -> Path:
    """A campaign on rows of numbers, with a model trained on 30 labels."""
    rng = np.random.default_rng(1)
    rows = ["id,a,b,answer"]
    for i, (item, label) in enumerate(truth.items()):
        a = (1.0 if label == "high" else -1.0) + rng.normal()
        rows.append(f"{item},{a:.3f},{rng.normal():.3f},{label if i < 30 else ''}")
    (tmp_path / "points.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    source = open_source(tmp_path / "points.csv", label="answer", id="id")
    Workspace.create(tmp_path / "points.querist", source, labels=source.labels).close()
    learn(tmp_path / "points.querist")
    return tmp_path / "points.querist"


def answer(folder: Path, truth: dict[str, str], questions: int) -> None:
    """Answer some questions as the page would put them, with a new model in between."""
    for _ in range(questions // 5):
        with Workspace.open(folder) as workspace:
            workspace.adopt()
            for query in workspace.campaign.ask(5, to="ann"):
                assert query.probability is not None
                workspace.campaign.tell(query, truth[str(query.item)])
        learn(folder)


def wrong(folder: Path, truth: dict[str, str]) -> float:
    """How often the model that is held still is wrong on the items of the test."""
    with Workspace.open(folder, exclusive=False) as workspace:
        test = CampaignTest.open(workspace)
        assert test is not None
        said = np.array(test.classes)[test.proba.argmax(axis=1)]
        told = np.array([truth[str(workspace.pool.ids[row])] for row in test.rows])
        return float((said != told).mean())


def test_a_test_begins_tells_and_ends(folder: Path, truth: dict[str, str]) -> None:
    begun = querist("test", str(folder), "--begin")
    assert begun.exit_code == 0 and "130 items" in begun.output
    assert "nothing is known yet" in querist("test", str(folder)).output
    answer(folder, truth, 60)
    with Workspace.open(folder, exclusive=False) as workspace:
        asked = [query.asked for query in workspace.state.queries.values()]
    assert {one.strategy for one in asked[:5]} == {""}, "fair draws until the learner has ranked"
    assert {one.strategy for one in asked[5:]} == {"active_testing"}
    assert all(one.hidden or one.suggestion is None for one in asked)
    told = json.loads(querist("test", str(folder), "--json").output)["test"]
    right = 1 - wrong(folder, truth)
    assert told["labels"] == 60 and told["trained_on"] == 30
    assert told["low"] <= right <= told["high"] and told["high"] - told["low"] < 0.3
    assert told["any_low"] <= right <= told["any_high"]
    assert "at any look" in querist("test", str(folder)).output
    assert "ended" in querist("test", str(folder), "--end").output
    with Workspace.open(folder) as workspace:
        assert workspace.settings.strategy == "default"
        assert (workspace.settings.random_share, workspace.settings.hide_share) == (0.1, 0.1)


def test_a_test_takes_nothing_away_that_was_known(folder: Path, truth: dict[str, str]) -> None:
    begun = querist("test", str(folder), "--begin")
    assert begun.exit_code == 0
    told = json.loads(querist("status", str(folder), "--json").output)
    assert told["model"]["labels"] == 30, "no server ran since it was trained"
    written = querist("export", str(folder), "--what", "predictions", "-o", str(folder / "all.csv"))
    assert written.exit_code == 0 and "160 rows" in written.output
    answer(folder, truth, 5)
    told = json.loads(querist("status", str(folder), "--json").output)
    assert told["quality"]["n"] == 5, "fair draws tell of the model in force as well"


def test_answers_that_the_test_did_not_ask_for_do_not_count(folder: Path, truth: dict[str, str]) -> None:
    querist("test", str(folder), "--begin")
    with Workspace.open(folder) as workspace:
        workspace.campaign.tell({"p100": "low", "p101": "high"})
        query = workspace.campaign.ask(1)[0]
        workspace.campaign.skip(query)
        test = CampaignTest.open(workspace)
        assert test is not None and test.measured(workspace).labels == 0
        with pytest.raises(CampaignError, match="runs already"):
            CampaignTest.begin(workspace)


def test_a_test_may_be_killed_as_it_begins_and_as_it_ends(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with Workspace.open(folder) as workspace:
        with monkeypatch.context() as begins, pytest.raises(KeyboardInterrupt):
            begins.setattr(np, "savez", killed)
            CampaignTest.begin(workspace)
        assert CampaignTest.open(workspace) is None
        test = CampaignTest.begin(workspace)
        assert CampaignTest.open(workspace) is not None
        with monkeypatch.context() as ends, pytest.raises(KeyboardInterrupt):
            ends.setattr("shutil.rmtree", killed)
            test.end(workspace)
        assert CampaignTest.open(workspace) is None
        assert workspace.settings.strategy != "active_testing"
        CampaignTest.begin(workspace)


def test_without_a_test_the_random_questions_tell(folder: Path, truth: dict[str, str]) -> None:
    assert "Unknown" in querist("test", str(folder)).output
    with Workspace.open(folder) as workspace:
        workspace.campaign.configure(random_share=1.0)
    answer(folder, truth, 20)
    told = querist("test", str(folder)).output
    assert "the model of now" in told and "--begin" in told
    assert querist("test", str(folder), "--end").exit_code == 2


def test_there_is_nothing_to_test_before_a_model(tmp_path: Path) -> None:
    (tmp_path / "few.csv").write_text("text\nhello\nbye\n", encoding="utf-8")
    with (
        Workspace.create(
            tmp_path / "few", open_source(tmp_path / "few.csv"), classes=["a", "b"]
        ) as workspace,
        pytest.raises(NotFitted),
    ):
        CampaignTest.begin(workspace)
