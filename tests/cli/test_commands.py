"""The commands, as a person calls them: what they write, what they tell, and how they fail."""

from __future__ import annotations

import contextlib
import io
import json
import math
import os
import sys
import time
from pathlib import Path

import click
import numpy as np
import pytest
from click.testing import CliRunner, Result

from querist.campaign import Quality
from querist.cli import main
from querist.cli.console import table
from querist.cli.label import create
from querist.data import open_source
from querist.errors import MissingExtra
from querist.evaluation import Curves
from querist.server.learner import Learner
from querist.strategies import Default, as_strategy
from querist.workspace import Workspace

PRAISE = ["The crew was kind", "A smooth flight", "Lovely food on board", "Boarding went like a dream"]
BLAME = ["Two hours late again", "My bag never came", "Nobody answered the phone", "The seat was broken"]


def querist(*words: str) -> Result:
    return CliRunner().invoke(main, list(words), catch_exceptions=False)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a table of 60 reviews, 20 of them labelled."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "110")
    rows = ["id,text,topic"]
    for i in range(60):
        topic, told = ("praise", PRAISE) if i % 2 else ("blame", BLAME)
        rows.append(f'r{i},"{told[i // 2 % 4]}, on trip {i} of the year.",{topic if i < 20 else ""}')
    (tmp_path / "reviews.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    return tmp_path


@pytest.fixture
def campaign(home: Path) -> Path:
    source = open_source(home / "reviews.csv", text="text", label="topic")
    Workspace.create(
        home / "reviews.querist", source, classes=["blame", "praise"], labels=source.labels,
        settings={"title": "Topics", "target": 0.9, "budget": 50},
    ).close()  # fmt: skip
    return home / "reviews.querist"


@pytest.fixture
def trained(campaign: Path) -> Path:
    with Workspace.open(campaign, exclusive=False) as workspace:
        learner = Learner(workspace, lambda report: None)
        learner.prepare()
        assert learner.step()
    with Workspace.open(campaign) as workspace:
        workspace.adopt()  # as the server does, which tells the log
    return campaign


# ---------------------------------------------------------------- help and errors


def test_help_teaches_by_example() -> None:
    assert "querist label reviews.csv" in querist("--help").output
    for name in main.list_commands(click.Context(main)):
        told = querist(name, "--help")
        assert told.exit_code == 0
        assert "Examples:" in told.output and f"querist {name} " in told.output


def test_a_misspelt_command_is_guessed() -> None:
    done = querist("lable", "x.csv")
    assert done.exit_code == 2
    assert "Did you mean `querist label`?" in done.output
    assert "Commands: label, demo" in querist("xyz").output


@pytest.mark.parametrize(
    ("text", "words", "told"),
    [
        ("", (), "is empty"),
        ("text\n", (), "holds a header"),
        ("a,b\n1,2\n", ("--text", "c"), "has no column 'c'"),
        ("id,text\n1,a fine day\n1,a bad day\n", ("--id", "id"), "stands twice"),
        ("id,text\n1,a fine day\n2,a bad day\n", ("--strategy", "magrin"), "Did you mean 'margin'"),
        ("id,text\n1,a fine day\n2,a bad day\n", ("--strategy", "{default}"), "is no JSON"),
        ("id,text\n1,a fine day\n2,a bad day\n", ("--model", "nothing"), "names no model"),
        ("id,text\n1,a fine day\n2,a bad day\n", ("--encoder", "nothing"), "No part is named"),
        ("id,text\n1,a fine day\n2,a bad day\n", ("--encoder", "pixels"), "these are texts"),
        ("id,text\n1,a fine day\n2,a bad day\n", ("--budget", "0"), "0 is not in the range"),
        ("id,text\n1,a fine day\n2,a bad day\n", ("--strategy", "wishes"), "No strategy is named 'wishes'"),
        ("id,text\n1,a fine day\n2,a bad day\n", ("--closed",), "Name them: --classes yes,no"),
        ("id,text\n1,a fine day\n2,a bad day\n", ("--closed", "--classes", "a"), "nothing to tell apart"),
        ("id,text\n1,a fine day\n2,a bad day\n", ("--log", "mysql://x/y"), "lives in SQLite or PostgreSQL"),
        ("id,text\n1,a fine day\n", ("--strategy", "magrin"), "bad.csv: 1 text Error"),
        ("id,text\n1,a fine day\n1,a bad day\n", (), "or none (--id '')"),
    ],
)
def test_bad_input_is_told_with_the_mend(home: Path, text: str, words: tuple[str, ...], told: str) -> None:
    (home / "bad.csv").write_text(text, encoding="utf-8")
    done = querist("label", "bad.csv", *words)
    assert done.exit_code == 2
    assert told in " ".join(done.output.split())
    assert "Traceback" not in done.output
    assert not (home / "bad.querist").exists(), "nothing is half-made"


def test_a_column_of_numbers_is_not_taken_for_classes(home: Path) -> None:
    rows = "".join(f"a fine day of number {i},{i * 3}\n" for i in range(80))
    (home / "priced.csv").write_text(f"text,price\n{rows}", encoding="utf-8")
    for words in (("label", "priced.csv", "--no-browser"), ("simulate", "priced.csv")):
        done = querist(*words, "--label", "price")
        assert done.exit_code == 2
        assert "80 different values on 80 items" in done.output and "(--label)" in done.output
    assert not (home / "priced.querist").exists()


def test_a_place_that_cannot_be_written_is_told_before_the_work(home: Path, campaign: Path) -> None:
    for words in (("simulate", "reviews.csv", "--label", "topic"), ("bench", "iris")):
        done = querist(*words, "-o", "none/out")
        assert done.exit_code == 2 and "There is no folder 'none'" in done.output
        assert "Comparing" not in done.output and "Simulating" not in done.output
    done = querist("export", str(campaign), "-o", "reviews.csv/labels.csv")
    assert done.exit_code == 2 and "Traceback" not in done.output


def test_a_report_that_cannot_be_made_is_told_before_the_runs(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "jinja2", None)
    done = querist("bench", "iris", "--report", "page.html")
    assert done.exit_code == 2 and "querist[plots]" in done.output and not (home / "bench.jsonl").exists()


def test_a_table_for_a_file_is_not_broken_at_80_characters(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("COLUMNS", raising=False)
    table(("a", "b"), [("x" * 60, "y" * 60)])
    assert "y" * 60 in capsys.readouterr().out


def test_what_is_no_campaign_is_refused(home: Path) -> None:
    (home / "empty").mkdir()
    for words in (["status"], ["export"], ["serve"], ["import"]):
        done = querist(*words, "empty", *(["reviews.csv"] if words == ["import"] else []))
        assert done.exit_code == 2
        assert "holds no campaign" in done.output


def test_a_folder_of_data_given_for_that_of_its_campaign_is_mended(campaign: Path) -> None:
    (campaign.parent / campaign.stem).mkdir()
    for words in (["status"], ["export"], ["serve"]):
        done = querist(*words, campaign.stem)
        assert done.exit_code == 2
        assert f"holds no campaign. Did you mean {campaign.name}?" in " ".join(done.output.split())


def test_data_given_for_a_folder_are_mended(campaign: Path) -> None:
    for words in (["status"], ["export"], ["serve"]):
        done = querist(*words, "reviews.csv")
        assert done.exit_code == 2
        assert "reviews.csv is no folder. Did you mean reviews.querist?" in " ".join(done.output.split())
    assert "nothing does not exist. Give a campaign's folder." in querist("status", "nothing").output


def test_a_full_disk_is_told(campaign: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(fd: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    done = querist("export", str(campaign), "-o", "out.csv")
    assert done.exit_code == 2
    assert "Free some space" in done.output
    assert not Path("out.csv").exists()


# ---------------------------------------------------------------- status


def test_status_tells_how_far_it_is(trained: Path) -> None:
    told = querist("status", str(trained)).output
    for words in (
        "Topics",
        "20 of 60 items labelled",
        "trained on 20 labels",
        "blame",
        "import",
        "target 90%",
        "Stop?     Not yet, ",
    ):
        assert words in told


def test_status_as_json(campaign: Path) -> None:
    told = json.loads(querist("status", str(campaign), "--json").output)
    assert told["items"] == 60 and told["labelled"] == 20
    assert told["classes"] == {"blame": 10, "praise": 10}
    assert told["model"] is None and told["quality"] is None
    assert told["verdict"]["stop"] is False and told["verdict"]["reason"]
    assert "none yet" in querist("status", str(campaign)).output


def test_status_reads_beside_a_running_server(campaign: Path) -> None:
    with Workspace.open(campaign) as workspace:
        workspace.campaign.tell({"r30": "blame"}, by="ann")
        assert workspace.journal is not None
        workspace.journal.settle(workspace.campaign.state.head)
        assert "21 of 60" in querist("status", str(campaign)).output


# ---------------------------------------------------------------- export and import


def test_labels_out_and_in_again(campaign: Path, home: Path) -> None:
    assert "20 rows in reviews-labels.csv" in querist("export", str(campaign)).output
    source = open_source(home / "reviews.csv", text="text")
    Workspace.create(home / "other", source).close()
    done = querist("import", "other", "reviews-labels.csv", "--by", "ann")
    assert "20 labels from reviews-labels.csv, 20 of them for items that had none" in done.output
    with Workspace.open(home / "other", exclusive=False) as workspace:
        assert workspace.state.by_annotator == {"ann": 20}
        assert workspace.state.labels["r3"] == "praise"
    again = querist("import", "other", "reviews-labels.csv", "--by", "ann")
    assert "0 of them for items that had none" in again.output


def test_unknown_ids_are_told_and_can_be_left_out(campaign: Path) -> None:
    Path("more.csv").write_text("id,label\nr40,blame\nnobody,praise\n", encoding="utf-8")
    done = querist("import", str(campaign), "more.csv")
    assert done.exit_code == 2
    assert "1 of 2 ids" in done.output and "'nobody'" in done.output and "--skip-unknown" in done.output
    done = querist("import", str(campaign), "more.csv", "--skip-unknown")
    assert "1 label from more.csv" in done.output and "1 with unknown ids left out" in done.output


def test_importing_beside_a_server_is_refused(campaign: Path) -> None:
    Path("more.csv").write_text("id,label\nr40,blame\n", encoding="utf-8")
    with Workspace.open(campaign):
        done = querist("import", str(campaign), "more.csv")
    assert done.exit_code == 2
    assert "open in another process" in done.output or "is open" in done.output


@pytest.mark.parametrize("format", ["csv", "jsonl", "parquet"])
def test_predictions_for_the_whole_pool(trained: Path, format: str) -> None:
    done = querist("export", str(trained), "--what", "predictions", "-o", f"out.{format}")
    assert "60 rows" in done.output
    assert len(open_source(f"out.{format}", id="id", kind="row")) == 60


def test_an_export_can_be_printed(campaign: Path) -> None:
    lines = querist(
        "export", str(campaign), "--what", "answers", "--format", "jsonl", "-o", "-"
    ).output.splitlines()
    assert len(lines) == 20
    assert json.loads(lines[0])["by"] == "import"


def test_there_is_nothing_to_export_before_a_model(campaign: Path) -> None:
    for what in ("predictions", "model"):
        done = querist("export", str(campaign), "--what", what)
        assert done.exit_code == 2
        assert "No model has been trained" in done.output


def test_the_exported_model_works_as_its_card_says(trained: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert querist("export", str(trained), "--what", "model", "-o", "model").exit_code == 0
    card = Path("model/README.md").read_text(encoding="utf-8")
    assert "# Topics" in card and "| praise | 10 |" in card
    code = card.split("```python\n")[1].split("```")[0]
    monkeypatch.chdir("model")
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile(code, "README.md", "exec"), {})
    assert "blame" in printed.getvalue()  # of "late again"


# ---------------------------------------------------------------- label


@pytest.fixture
def unserved(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Stands in for the server, and notes what it would have served."""
    served: list[str] = []

    def serve(workspace: Workspace, **page: object) -> None:
        served.append(workspace.folder.name)
        workspace.close()

    monkeypatch.setattr("querist.server.serve", serve)
    return served


def test_label_makes_a_campaign_and_opens_it_again(home: Path, unserved: list[str]) -> None:
    Path("how.md").write_text("Be fair.", encoding="utf-8")
    first = querist(
        "label", "reviews.csv", "--label", "topic", "--classes", "praise, other", "--guidelines", "how.md",
        "--target", "0.9",
    )  # fmt: skip
    assert first.exit_code == 0, first.output
    assert "60 texts, 20 of them labelled" in first.output
    again = querist("label", "reviews.csv", "--budget", "30", "--classes", "question", "--strategy", "margin")
    assert "Going on with reviews.querist: 20 of 60 items labelled" in again.output
    assert "new beside the classes that were there: question\n" in again.output
    assert unserved == ["reviews.querist", "reviews.querist"]
    with Workspace.open(home / "reviews.querist") as workspace:
        settings = workspace.campaign.settings
        assert workspace.campaign.state.classes == ("praise", "other", "blame", "question")
        assert (settings.title, settings.guidelines, settings.target) == ("reviews", "Be fair.", 0.9)
        assert (settings.budget, settings.strategy, settings.random_share) == (30, "margin", 0.1)


def test_a_strategy_may_have_parameters(campaign: Path, unserved: list[str]) -> None:
    spec = '{"name": "default", "patience": null}'
    done = querist("label", "reviews.csv", "--strategy", spec)
    assert done.exit_code == 0, done.output
    with Workspace.open(campaign) as workspace:
        assert workspace.campaign.settings.strategy == spec
        assert as_strategy(spec) == Default(patience=None)


def test_a_campaign_keeps_its_encoder(campaign: Path, unserved: list[str]) -> None:
    done = querist("label", "reviews.csv", "--encoder", "minilm")
    assert done.exit_code == 2
    assert "was made with --encoder auto, not minilm" in done.output
    assert unserved == []
    Workspace.open(campaign).close()  # and its lock was given back


def test_a_campaign_keeps_its_items_and_says_so(campaign: Path, unserved: list[str]) -> None:
    assert "note" not in querist("label", "reviews.csv").output
    assert (
        "--text, --id is for a new --folder"
        in querist("label", "reviews.csv", "--text", "x", "--id", "y").output
    )
    later = time.time() + 60
    os.utime("reviews.csv", (later, later))
    assert "has been written since" in querist("label", "reviews.csv").output


def test_data_of_another_name_are_another_campaign(campaign: Path, unserved: list[str]) -> None:
    Path("reviews.parquet").write_bytes(b"no table at all")
    done = querist("label", "reviews.parquet")
    assert done.exit_code == 2 and unserved == []
    assert "was made from reviews.csv, not from reviews.parquet" in done.output
    assert "another --folder for reviews.parquet" in done.output
    Workspace.open(campaign).close()  # and its lock was given back
    moved = campaign.parent / "moved"
    moved.mkdir()
    for name in ("reviews.csv", "reviews.querist"):
        Path(name).rename(moved / name)
    assert "Going on with" in querist("label", str(moved / "reviews.csv")).output  # both were moved
    assert "Going on with" in querist("label", str(moved / "reviews.querist")).output


def test_a_slow_model_and_made_items_do_not_go_together(home: Path, unserved: list[str]) -> None:
    Path("takes_long.py").write_text(
        "from sklearn.naive_bayes import GaussianNB\n\n\nclass Slow(GaussianNB):\n    slow = True\n"
    )
    words = ("label", "reviews.csv", "--model", "takes_long.py:Slow")
    done = querist(*words, "--strategy", "synthesis/like_pool")
    assert done.exit_code == 2 and "which the stand-in of a slow model cannot rank" in done.output
    assert not Path("reviews.querist").exists()
    assert querist(*words).exit_code == 0
    assert "cannot rank" in querist("label", "reviews.csv", "--strategy", "synthesis/like_pool").output


def test_an_encoding_is_mended_by_an_option(home: Path) -> None:
    (home / "latin.csv").write_bytes("id,text\n1,caf\xe9 cr\xe8me\n".encode("latin-1"))
    assert "pass --encoding cp1252" in querist("label", "latin.csv").output


def test_a_column_of_the_classes_is_told(home: Path, unserved: list[str]) -> None:
    rows = "".join(f"some words of text number {i},{'yes' if i % 2 else 'no'}\n" for i in range(12))
    (home / "given.csv").write_text("text,answered\n" + rows, encoding="utf-8")
    told = querist("label", "given.csv", "--classes", "yes,no").output
    assert "note: column 'answered': it holds the classes" in told and "--label answered takes them" in told
    all_given = querist("label", "given.csv", "--label", "answered", "--folder", "other").output
    assert "nothing is left to ask" in all_given


def test_a_campaigns_folder_can_be_labelled_itself(campaign: Path, unserved: list[str]) -> None:
    assert querist("label", "reviews.querist").exit_code == 0
    assert querist("serve", "reviews.querist").exit_code == 0
    assert unserved == ["reviews.querist", "reviews.querist"]


def test_problems_in_the_data_are_told(home: Path, unserved: list[str]) -> None:
    rows = "".join(f"{i},{'a text of some length' if i % 2 else ''}\n" for i in range(12))
    (home / "gaps.csv").write_text("id,text\n" + rows, encoding="utf-8")
    told = querist("label", "gaps.csv").output
    assert "left out: line 2: the text is empty" in told
    assert "and 3 more" in told
    assert "the text is empty" in querist("status", "gaps.querist").output


def test_items_that_the_model_cannot_read_are_told(trained: Path) -> None:
    held = next(trained.glob("features/*/manifest.json"))
    held.write_text(json.dumps(json.loads(held.read_text()) | {"problems": {"3": "the file is gone"}}))
    assert "r3: the model cannot read it: the file is gone" in querist("status", str(trained)).output


def test_an_interval_that_tells_nothing_is_not_told(campaign: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one = Quality(estimate=1.0, low=0.0, high=1.0, n=1)
    monkeypatch.setattr("querist.campaign.quality", lambda state: one)
    told = querist("status", str(campaign)).output
    assert "too early to tell: 1 random question was" in told and "100.0%" not in told


def test_the_model_of_now_is_told_once_its_interval_holds(
    campaign: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mean = Quality(estimate=0.7, low=0.6, high=0.8, n=40)
    monkeypatch.setattr("querist.campaign.quality", lambda state: mean)
    assert (
        "70.0% right on 40 random questions, between 60.0% and 80.0%"
        in querist("status", str(campaign)).output
    )
    now = Quality(estimate=0.9, low=0.8, high=0.95, n=40)
    monkeypatch.setattr("querist.campaign.watched_quality", lambda state: now)
    assert (
        "90.0% right now, going by 40 random questions, between 80.0% and 95.0%"
        in querist("status", str(campaign)).output
    )
    told = json.loads(querist("status", str(campaign), "--json").output)
    assert told["now"]["estimate"] == 0.9 and told["quality"]["estimate"] == 0.7, "a target goes by the mean"


def test_the_demo_keeps_what_it_is_told_to_keep(home: Path, unserved: list[str]) -> None:
    assert querist("demo", "--folder", "kept").exit_code == 0
    assert unserved == ["digits.querist"]
    with Workspace.open(home / "kept" / "digits.querist", exclusive=False) as workspace:
        assert len(workspace.items) == 1797
        assert workspace.manifest.kind == "image"
        assert workspace.state.classes == tuple("0123456789")


# ---------------------------------------------------------------- simulate


def test_simulate_compares_strategies(home: Path) -> None:
    rows = ["a,b,label", *(f"{i % 7},{i % 5},{'x' if i % 7 > 3 else 'y'}" for i in range(80))]
    (home / "points.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    words = ("--label", "label", "--kind", "row", "--strategies", "margin", "--seeds", "2", "--budget", "20")
    done = querist("simulate", "points.csv", *words)
    assert done.exit_code == 0, done.output
    assert "margin" in done.output and "over random" in done.output
    assert Path("points-curves.svg").read_text(encoding="utf-8").startswith("<?xml")
    assert "| random |" in Path("points-curves.md").read_text(encoding="utf-8")
    assert len(Path("points-curves.csv").read_text(encoding="utf-8").splitlines()) == 1 + 2 * 2 * 2


def test_simulate_without_matplotlib_is_no_failure(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(self: object, *_: object, **__: object) -> None:
        raise MissingExtra("Pictures need matplotlib.", mend="Install it.")

    monkeypatch.setattr("querist.evaluation.Curves.picture", missing)
    rows = ["a,label", *(f"{i % 7},{'x' if i % 7 > 3 else 'y'}" for i in range(60))]
    (home / "points.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    words = ("--label", "label", "--kind", "row", "--strategies", "margin", "--seeds", "2", "--budget", "10")
    done = querist("simulate", "points.csv", *words)
    assert done.exit_code == 0, done.output
    assert "There is no picture: Pictures need matplotlib. Install it." in done.output
    assert "Error" not in done.output and "nothing is left to ask" not in done.output
    assert "Wrote points-curves.csv, points-curves.md" in done.output


def test_simulate_takes_a_campaign(campaign: Path) -> None:
    words = ("--strategies", "margin", "--seeds", "1", "--budget", "8", "--batch", "4", "-o", "mine")
    done = querist("simulate", str(campaign), *words)
    assert done.exit_code == 0, done.output
    assert Path("mine.csv").exists()


def test_simulate_needs_labels(home: Path) -> None:
    done = querist("simulate", "reviews.csv", "--text", "text")
    assert done.exit_code == 2
    assert "0 labels; a comparison needs two" in done.output and "--label COLUMN" in done.output


# ---------------------------------------------------------------- bench


def test_bench_compares_and_goes_on_and_replays(home: Path) -> None:
    words = ("--models", "naive_bayes", "--strategies", "margin", "--budget", "30", "--workers", "1")
    done = querist("bench", "iris", "wine", *words, "--seeds", "2")
    assert done.exit_code == 0, done.output
    assert "margin" in done.output and "wine" in done.output
    lines = Path("bench.jsonl").read_text(encoding="utf-8").splitlines()
    assert len(lines) == 2 * 2 * 2
    more = querist("bench", "iris", "wine", *words, "--seeds", "0-2")
    assert more.exit_code == 0, more.output
    again = Path("bench.jsonl").read_text(encoding="utf-8").splitlines()
    assert again[:8] == lines and len(again) == 12
    replayed = querist("bench", "--replay", json.loads(lines[3])["id"])
    assert "The same picks as in the file." in replayed.output
    assert querist("bench", "--replay", "zzz").exit_code == 2


def test_bench_takes_annotators_who_err_and_cost(home: Path) -> None:
    words = (
        "--models",
        "naive_bayes",
        "--strategies",
        "margin",
        "--budget",
        "20",
        "--workers",
        "1",
        "--seeds",
        "1",
    )
    told = ("--noise", "0:1:0.2,1:0.1", "--annotator", "expert:5", "--annotator", "crowd:1:0.2:3")
    done = querist("bench", "iris", *words, *told)
    assert done.exit_code == 0, done.output
    protocol = json.loads(Path("bench.jsonl").read_text(encoding="utf-8").splitlines()[0])["plan"]["protocol"]
    assert protocol["noise"] == {"0": {"1": 0.2}, "1": 0.1}
    assert protocol["annotators"] == {
        "crowd": {"cost": 1.0, "noise": 0.2, "share": 3.0},
        "expert": {"cost": 5.0},
    }
    for wrong in (("--noise", "often"), ("--annotator", "expert"), ("--noise", "9:0.1")):
        assert querist("bench", "iris", *words, *wrong).exit_code == 2


def test_bench_reports_what_a_file_holds(home: Path) -> None:
    pytest.importorskip("matplotlib")
    spec = '{"name": "default", "patience": 3}'
    querist("bench", "iris", "--strategies", "margin", "--strategy", spec, "--seeds", "2", "--budget", "20")
    done = querist("bench", "--report", "page.html", "-o", "out", "--pictures", "png")
    assert done.exit_code == 0, done.output
    assert "<!doctype html>" in Path("page.html").read_text(encoding="utf-8")
    assert {"out.csv", "out.md", "out-curves.png", "out-ranks.png", "out-saving.png"} <= set(os.listdir())
    assert "| default(patience=3) |" in Path("out.md").read_text(encoding="utf-8")


def test_strategies_with_parameters_stand_in_the_list(home: Path) -> None:
    two = 'margin, {"name": "default", "patience": 3, "radius": 1}, {"name": "default", "radius": 3}@logistic'
    words = ("--strategies", two, "--seeds", "1", "--budget", "10", "--start", "5")
    names = {"random", "margin", "default(patience=3, radius=1)", "default(radius=3)@logistic"}
    done = querist("bench", "iris", *words, "--workers", "1")
    assert done.exit_code == 0, done.output
    lines = Path("bench.jsonl").read_text(encoding="utf-8").splitlines()
    assert {json.loads(line)["strategy"] for line in lines} == names
    rows = ["a,b,label", *(f"{i % 7},{i % 5},{'x' if i % 7 > 3 else 'y'}" for i in range(40))]
    (home / "points.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    table = ("simulate", "points.csv", "--label", "label", "--kind", "row")
    done = querist(*table, *words, "-o", "out")
    assert done.exit_code == 0, done.output
    assert all(f"| {name} |" in Path("out.md").read_text(encoding="utf-8") for name in names)
    done = querist(*table, "--strategies", '{"name": "margin", "a": 1}')
    assert done.exit_code == 2 and "'margin' has no parameter 'a'" in done.output


def test_bench_of_numbers_needs_no_strategy_named(home: Path) -> None:
    words = ("--seeds", "1", "--budget", "20", "--workers", "1")
    done = querist("bench", "diabetes", "iris", *words)
    assert done.exit_code == 0, done.output
    lines = [json.loads(line) for line in Path("bench.jsonl").read_text(encoding="utf-8").splitlines()]
    assert [one["strategy"] for one in lines] == [
        *("random", "igs", "lcmd", "default"),
        *("random", "margin", "entropy", "default"),
    ]


def test_bench_tells_the_labels_to_a_target(home: Path) -> None:
    pytest.importorskip("matplotlib")
    words = ("--strategies", "margin", "--seeds", "2", "--budget", "30", "--start", "5", "--workers", "1")
    done = querist("bench", "wine", *words, "--target", "0.9", "-o", "out", "--report", "page.html")
    assert done.exit_code == 0 and "to 0.9" in done.output
    curves = Curves.read("bench.jsonl")
    wanted = [math.ceil(curves.labels_to_reach(one, 0.9)) for one in ("random", "margin")]
    lines = Path("out.md").read_text(encoding="utf-8").splitlines()
    assert [line.split("|")[-2].strip() for line in lines[-3:]] == ["---", *map(str, wanted)]
    assert "labels<br>to 0.9" in Path("page.html").read_text(encoding="utf-8")
    assert querist("bench", "--target", "1.1").output.count("never") >= 2


def test_bench_of_classes_and_numbers_measures_each_its_way(home: Path) -> None:
    words = ("--strategies", "k_center", "--seeds", "2", "--budget", "20", "--metrics", "auc,rmse,r2")
    done = querist("bench", "iris", "diabetes", *words, "--workers", "1", "-o", "out")
    assert done.exit_code == 0, done.output
    first = Path("out.md").read_text(encoding="utf-8").splitlines()[2:4]
    assert all(line.split("|")[4].strip() == "" for line in first), "no mean of different measures"
    told = querist("bench", "--metrics", "r2", "-o", "out")
    assert told.exit_code == 0 and "diabetes" not in told.output, "the only one, so it is not named"
    first = Path("out.md").read_text(encoding="utf-8").splitlines()[2:4]
    assert any(line.split("|")[4].strip() for line in first)
    assert "was not measured" in querist("bench", "--metrics", "brier").output


def test_bench_takes_a_campaign(campaign: Path) -> None:
    words = ("--strategies", "margin", "--seeds", "1", "--budget", "8", "--batches", "4", "--workers", "1")
    done = querist("bench", str(campaign), *words)
    assert done.exit_code == 0, done.output
    assert json.loads(Path("bench.jsonl").read_text(encoding="utf-8").splitlines()[0])["dataset"] == "reviews"


def test_bench_counts_the_seconds_of_a_campaign(campaign: Path) -> None:
    from querist.evaluation.files import read_campaign

    with Workspace.open(campaign) as workspace:
        for seconds in (2.0, 6.0, 7.0):
            workspace.campaign.tell(workspace.campaign.ask(to="ann")[0], "praise", seconds=seconds)
    data = read_campaign(campaign)
    assert data.unit == "seconds" and sorted(data.costs)[:1] == [2.0]
    assert sorted(data.costs).count(6.0) == 21, "the median where no time is known"


def test_bench_keeps_going_where_it_is_told_to(home: Path) -> None:
    words = ("iris", "--models", "svm", "--strategies", "margin,boundary", "--seeds", "1", "--budget", "20")
    stopped = querist("bench", *words, "--workers", "1")
    assert stopped.exit_code == 2 and "needs model.proba" in stopped.output
    done = querist("bench", *words, "--workers", "1", "--keep-going")
    assert done.exit_code == 0 and "boundary" in done.output and "needs model.proba" in done.output


def test_bench_lists_its_data_sets() -> None:
    assert "breast_cancer" in querist("bench", "--list").output


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("digts",), "Did you mean 'digits'"),
        (("iris", "--strategies", "margn"), "Did you mean 'margin'"),
        (("iris", "--models", "swm"), "Choose among default, logistic"),
        (("iris", "--metrics", "acc"), "Choose among accuracy"),
        (("iris", "--seeds", "many"), "more than whole numbers"),
        (("iris", "--seeds", "5-3"), "holds no seed"),
        (("iris", "iris"), "Two data sets are called 'iris'. Name it once"),
        (("iris", "--strategies", "margin", "--strategy", '{"name": "margin"}'), "'margin'. Name it once"),
        (("iris", "--start", "105"), "has 105 rows, all of them first labels"),
        (("three.csv", "--label", "b", "--seeds", "2"), "no number of labels in common"),
        (("three.csv", "--label", "c"), "3 labels, each of them 'z'; a comparison needs two"),
        (("two.csv", "--label", "b", "--seeds", "9"), "0 to measure and 2 to choose from"),
        (("holes.npz", "--strategies", "margin"), "'holes' has features that are missing or infinite"),
        (("iris", "--strategy", "{margin"), "is no JSON"),
        (("x*",), "No data set fits 'x*'"),
        (("--results", "none.jsonl"), "There is no results file none.jsonl"),
        (("--results", "empty.jsonl"), "empty.jsonl holds no measurement yet"),
        (("--results", "broken.jsonl"), "Line 1 of broken.jsonl is no run"),
        (("iris", "--results", "broken.jsonl"), "delete the line"),
    ],
)
def test_bench_tells_what_is_wrong_with_the_mend(home: Path, words: tuple[str, ...], told: str) -> None:
    (home / "broken.jsonl").write_text('{"id": 3}\n', encoding="utf-8")
    (home / "empty.jsonl").write_text("", encoding="utf-8")
    (home / "three.csv").write_text("a,b,c\n1,x,z\n2,y,z\n3,x,z\n", encoding="utf-8")
    (home / "two.csv").write_text("a,b\n1,x\n2,y\n", encoding="utf-8")
    x = np.arange(40.0)[:, None]
    np.savez(home / "holes.npz", x=np.where(x == 3, np.nan, x), y=np.arange(40) % 2)
    done = querist("bench", *words)
    assert done.exit_code == 2
    assert told in " ".join(done.output.split()) and "Traceback" not in done.output


def test_a_network_is_trained_aside_and_one_that_cannot_read_the_items_is_refused(home: Path) -> None:
    pytest.importorskip("torch")
    done = CliRunner().invoke(main, ["label", "reviews.csv", "--model", "torch:cnn", "--no-browser"])
    assert done.exit_code and "'pixels' reads pictures; these are texts" in str(done.output or done.exception)
    assert not (home / "reviews.querist").exists()
    with create(Path("reviews.csv"), home / "here", {"label": "topic", "model": "torch:text"}) as workspace:
        assert workspace.manifest.model == "torch:text" and workspace.manifest.slow


@pytest.mark.parametrize("how", [("--model", "torch:setfit"), ("--encoder", "minilm")])
def test_a_missing_extra_is_told_before_anything_is_made(
    home: Path, how: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("torch")
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    done = CliRunner().invoke(main, ["label", "reviews.csv", *how, "--no-browser"])
    assert done.exit_code and "pip install 'querist[text]'" in str(done.output or done.exception)
    assert not (home / "reviews.querist").exists()
