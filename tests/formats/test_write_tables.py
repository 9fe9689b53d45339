"""Tables that leave: every format reads back as what was written, and a failed write leaves nothing."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest

from querist.data import Pool
from querist.errors import DiskFull, InvalidInput
from querist.events import Answered, Asked, Created, Event, Flagged, Retracted, Skipped, State, fold
from querist.formats import FORMATS, format_of, write_annotations, write_labels, write_predictions

IDS = ["a", "b", "c", "d", "e"]
TEXTS = ["late, again", 'he said "no"', "=1+1", "two\nlines", "ünïcode ☃"]


def a_pool() -> Pool:
    content = [{"kind": "text", "text": text, "meta": {"label": f"old {i}"}} for i, text in enumerate(TEXTS)]
    return Pool(ids=IDS, content=content)


def a_state(*more: Event) -> State:
    events = [
        Created(at=1.0, task={"name": "classification", "classes": ["no", "yes"]}),
        Asked(
            at=2.0, query="q1", item="b", to="ada", arm="random", probability=0.2, model="m1",
            suggestion={"value": "yes", "proba": 0.7}, hidden=True, why="drawn at random", rank=3, score=0.5,
        ),
        Answered(at=3.0, query="q1", item="b", value="no", by="ada", seconds=1.5),
        Answered(at=4.0, item="b", value="yes", by="bob"),
        Answered(at=5.0, item="b", value="no", by="cem"),
        Answered(at=6.0, item="a", value="yes", by="ada"),
        Skipped(at=7.0, item="c", because="broken", by="bob"),
        Flagged(at=8.0, item="d", comment="look, twice", by="ada"),
        Answered(at=9.0, item="e", value="no", by="ada"),
        Retracted(at=10.0, item="e", by="ada"),
        Answered(at=11.0, item="gone", value="no", by="ada"),
        *more,
    ]  # fmt: skip
    return fold(enumerate(events, start=1))


def read(path: Path) -> list[dict[str, Any]]:
    if path.suffix == ".csv":
        with path.open(encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file))
    if path.suffix == ".jsonl":
        return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    return pq.read_table(path).to_pylist()


@pytest.mark.parametrize("format", FORMATS)
def test_labels_come_back_as_they_were(tmp_path: Path, format: str) -> None:
    path = tmp_path / f"labels.{format}"
    assert write_labels(path, a_state(), a_pool()) == 5
    rows = read(path)
    assert [row["id"] for row in rows] == ["a", "b", "c", "d", "gone"]  # e was taken back, gone left the pool
    assert [row["label"] or None for row in rows] == ["yes", "no", None, None, "no"]
    assert [row["state"] for row in rows] == ["labelled", "labelled", "skipped", "flagged", "labelled"]
    assert [row["text"] or None for row in rows] == [*TEXTS[:4], None]
    assert rows[0]["item_label"] == "old 0"  # the data's own column of that name is kept beside ours
    b = rows[1]
    assert (int(b["answers"]), float(b["agreement"]), b["by"], float(b["seconds"])) == (3, 2 / 3, "ada", 1.5)
    assert b["at"] == "1970-01-01T00:00:03.000+00:00"
    assert rows[2]["because"] == "broken"
    assert rows[3]["comment"] == "look, twice"
    assert [str(row["flagged"]) for row in rows] == ["False", "False", "False", "True", "False"]


@pytest.mark.parametrize("format", FORMATS)
def test_every_answer_keeps_how_it_came_to_be(tmp_path: Path, format: str) -> None:
    path = tmp_path / f"answers.{format}"
    assert write_annotations(path, a_state(), a_pool()) == 6
    rows = read(path)
    assert [(row["id"], row["by"], row["value"] or None) for row in rows] == [
        ("a", "ada", "yes"), ("b", "ada", "no"), ("b", "bob", "yes"), ("b", "cem", "no"), ("c", "bob", None),
        ("gone", "ada", "no"),
    ]  # fmt: skip
    asked = rows[1]
    assert (asked["query"], asked["arm"], asked["model"], asked["suggested"]) == ("q1", "random", "m1", "yes")
    assert (float(asked["probability"]), int(asked["rank"]), float(asked["score"])) == (0.2, 3, 0.5)
    assert str(asked["hidden"]) == "True"
    assert rows[4]["because"] == "broken" and rows[4]["state"] == "skipped"


@pytest.mark.parametrize("format", FORMATS)
def test_predictions_hold_the_whole_pool(tmp_path: Path, format: str) -> None:
    path = tmp_path / f"predictions.{format}"
    proba = np.array([[0.9, 0.1], [0.2, 0.8], [0.5, 0.5], [0.0, 1.0], [1.0, 0.0]], dtype=np.float32)
    assert write_predictions(path, a_pool(), ["no", "yes"], proba, state=a_state(), model="m7") == 5
    rows = read(path)
    assert [row["id"] for row in rows] == IDS
    assert [row["predicted"] for row in rows] == ["no", "yes", "no", "yes", "no"]
    assert [float(row["proba_yes"]) for row in rows] == pytest.approx([0.1, 0.8, 0.5, 1.0, 0.0])
    assert [row["label"] or None for row in rows] == ["yes", "no", None, None, None]
    assert [row["state"] for row in rows] == ["labelled", "labelled", "skipped", "flagged", "free"]
    assert {row["model"] for row in rows} == {"m7"}


def test_predictions_of_another_pool_are_refused() -> None:
    with pytest.raises(InvalidInput, match=r"\(2, 2\).*5 items"):
        write_predictions(io.BytesIO(), a_pool(), ["no", "yes"], [[1, 0], [0, 1]], format="csv")


def test_whole_number_ids_stay_numbers(tmp_path: Path) -> None:
    pool = Pool([[0.0], [1.0]])
    state = fold([(1, Answered(item=1, value="x"))])
    write_labels(tmp_path / "a.parquet", state, pool)
    write_labels(tmp_path / "a.jsonl", state, pool)
    assert read(tmp_path / "a.parquet")[0]["id"] == read(tmp_path / "a.jsonl")[0]["id"] == 1


def test_numbers_stay_numbers(tmp_path: Path) -> None:
    state = fold([(1, Created(task={"name": "number"})), (2, Answered(item=0, value=2.5))])
    write_labels(tmp_path / "a.parquet", state, Pool([[0.0]]))
    assert read(tmp_path / "a.parquet")[0]["label"] == 2.5


def test_a_ragged_row_loses_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("querist.formats.columns.CHUNK", 2)
    content = [{"fields": {"x": str(i)}} for i in range(4)]
    content[3] = {"fields": {"x": "3", "late": "here"}}
    state = fold(enumerate([Answered(item=i, value="v") for i in range(4)], start=1))
    write_labels(tmp_path / "a.jsonl", state, Pool(content=content))
    rows = read(tmp_path / "a.jsonl")
    assert [row["x"] for row in rows] == ["0", "1", "2", "3"]
    assert json.loads(rows[3]["more"]) == {"late": "here"}
    assert rows[0]["more"] is None


def test_formulas_are_disarmed_on_request_only(tmp_path: Path) -> None:
    write_labels(tmp_path / "plain.csv", a_state(), a_pool())
    write_labels(tmp_path / "safe.csv", a_state(), a_pool(), spreadsheet_safe=True)
    assert read(tmp_path / "plain.csv")[2]["text"] == "=1+1"
    assert read(tmp_path / "safe.csv")[2]["text"] == "'=1+1"
    named = Pool(ids=["a"], content=[{"kind": "row", "fields": {"=2+2": "x"}}])
    state = fold([(1, Answered(item="a", value="b"))])
    write_labels(tmp_path / "named.csv", state, named, spreadsheet_safe=True)
    assert read(tmp_path / "named.csv")[0]["'=2+2"] == "x"


def test_an_empty_campaign_is_an_empty_table(tmp_path: Path) -> None:
    for format in FORMATS:
        path = tmp_path / f"labels.{format}"
        assert write_labels(path, State(), a_pool()) == 0
        assert read(path) == []


def test_a_full_disk_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "labels.csv"
    path.write_text("old")

    def full(fd: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(DiskFull, match="Free some space"):
        write_labels(path, a_state(), a_pool())
    assert path.read_text() == "old"
    assert [one.name for one in tmp_path.iterdir()] == ["labels.csv"]


def test_wrong_targets_are_told_the_mend(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match=r"End it with \.csv"):
        write_labels(tmp_path / "labels.xls", State(), a_pool())
    with pytest.raises(InvalidInput, match="csv, jsonl, parquet"):
        write_labels(tmp_path / "labels.csv", State(), a_pool(), format="xml")
    with pytest.raises(InvalidInput, match="no folder"):
        write_labels(tmp_path / "no" / "labels.csv", State(), a_pool())
    assert format_of("A.NDJSON") == "jsonl"
