"""A model is exported from a campaign and run on new data, as a person does it."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from querist.cli import main
from querist.data import open_source
from querist.server.learner import Learner
from querist.workspace import Workspace

SAID = {"praise": ["The crew was kind", "A smooth flight"], "blame": ["Two hours late", "My bag never came"]}


def querist(*words: str) -> Result:
    return CliRunner().invoke(main, list(words), catch_exceptions=False)


def write_reviews(path: Path, n: int, *, labelled: bool) -> None:
    rows = ["text,topic" if labelled else "text"]
    for i in range(n):
        topic = "praise" if i % 2 else "blame"
        rows.append(
            f'"{SAID[topic][i // 2 % 2]} again, on trip {i} of the year."{f",{topic}" if labelled else ""}'
        )
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "110")
    write_reviews(tmp_path / "reviews.csv", 40, labelled=True)
    write_reviews(tmp_path / "new.csv", 10, labelled=False)
    return tmp_path


def trained(home: Path, model: str = "default") -> None:
    source = open_source(home / "reviews.csv", text="text", label="topic")
    Workspace.create(
        home / "reviews.querist", source, classes=["blame", "praise"], labels=source.labels, model=model
    ).close()
    with Workspace.open(home / "reviews.querist", exclusive=False) as workspace:
        learner = Learner(workspace, lambda report: None)
        learner.prepare()
        assert learner.step()


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def check(rows: list[dict[str, str]]) -> None:
    assert len(rows) == 10
    assert [row["predicted"] for row in rows] == ["praise" if i % 2 else "blame" for i in range(10)]
    assert all(0.5 <= float(row["confidence"]) <= 1 for row in rows) and rows[0]["text"]


def test_an_estimator_is_exported_and_predicts(home: Path) -> None:
    trained(home)
    assert "reviews-model" in querist("export", "reviews.querist", "--what", "model").output
    told = json.loads((home / "reviews-model" / "model.json").read_text("utf-8"))
    assert (
        told["runs"] == "model.joblib" and told["classes"] == ["blame", "praise"] and told["kind"] == "text"
    )
    done = querist("predict", "reviews-model", "new.csv")
    assert done.exit_code == 0 and "10 rows in new-predictions.csv" in done.output
    check(rows_of(home / "new-predictions.csv"))
    printed = querist("predict", "reviews-model", "new.csv", "-o", "-", "--format", "jsonl")
    assert len(printed.stdout.strip().splitlines()) == 10
    assert "Exported" in (home / "reviews-model" / "README.md").read_text("utf-8")


def test_the_data_may_be_read_otherwise(home: Path) -> None:
    trained(home)
    querist("export", "reviews.querist", "--what", "model")
    text = (home / "new.csv").read_text("utf-8").replace("text\n", "said\n", 1)
    (home / "other.csv").write_text(text, encoding="utf-8")
    lost = querist("predict", "reviews-model", "other.csv")
    assert lost.exit_code == 2 and "text" in lost.output
    assert querist("predict", "reviews-model", "other.csv", "--text", "said").exit_code == 0
    wrong = querist("predict", "reviews-model", "other.csv", "--kind", "row", "--text", "")
    assert wrong.exit_code == 2 and "kind 'row'" in wrong.output


def test_an_estimator_is_no_network(home: Path) -> None:
    trained(home)
    done = querist("export", "reviews.querist", "--what", "model", "--as", "onnx")
    assert done.exit_code == 2 and "is no network" in done.output


def test_a_network_leaves_pytorch_behind(home: Path) -> None:
    torch = pytest.importorskip("torch")
    pytest.importorskip("onnx")
    torch.set_num_threads(1)
    trained(home, "torch:mlp")
    for form, file in (("onnx", "model.onnx"), ("torchscript", "model.pt"), ("safetensors", "")):
        done = querist("export", "reviews.querist", "--what", "model", "--as", form, "-o", form)
        assert done.exit_code == 0, done.output
        card = (home / form / "README.md").read_text("utf-8")
        assert "pickle" not in card and not (home / form / "model.joblib").exists()
        if file:
            assert file in card
            assert querist("predict", form, "new.csv", "-o", f"{form}.csv").exit_code == 0
            check(rows_of(home / f"{form}.csv"))
        else:
            assert "weights.safetensors" in card
            assert "nothing that runs" in querist("predict", form, "new.csv").output


def test_a_folder_without_a_model(home: Path) -> None:
    (home / "empty").mkdir()
    assert "holds no model.json" in querist("predict", "empty", "new.csv").output
