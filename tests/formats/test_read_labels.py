"""Labels that come in: what was exported reads back, and bad files are told the mend."""

from __future__ import annotations

from pathlib import Path

import pytest

from querist.data import Pool, open_source
from querist.errors import InvalidInput, SourceError
from querist.events import Answered, Skipped, fold
from querist.formats import FORMATS, read_labels, write_labels


@pytest.mark.parametrize("format", FORMATS)
def test_an_export_reads_back(tmp_path: Path, format: str) -> None:
    said = {"a": "yes", "b": 'no, "never"', "c": " ünïcode", "d": "007"}
    events = [Answered(item=item, value=value, by="ada") for item, value in said.items()]
    state = fold(enumerate([*events, Skipped(item="e", because="broken")], start=1))
    path = tmp_path / f"labels.{format}"
    write_labels(path, state, Pool(ids=list("abcde"), content=[{"text": "t"}] * 5))
    assert read_labels(path) == {item: value.strip() for item, value in said.items()}


def test_the_items_own_file_needs_no_ids(tmp_path: Path) -> None:
    path = tmp_path / "reviews.csv"
    path.write_text("text,stars\nA fine film from the start,5\nI left before the end of it,1\n")
    source = open_source(path, text="text")
    path.write_text(
        "text,stars,topic\nI left before the end of it,1,bad\nA fine film from the start,5,good\n"
    )
    labels = read_labels(path, label="topic", like=source.options)
    assert labels == {source.ids[0]: "good", source.ids[1]: "bad"}


@pytest.mark.parametrize("column", ["text", "tweet"])
def test_an_export_of_items_without_ids_reads_back(tmp_path: Path, column: str) -> None:
    path = tmp_path / "items.csv"
    path.write_text(f"{column}\nA fine film from the start\nI left before the end of it\n")
    source = open_source(path, text=column)
    state = fold([(1, Answered(item=source.ids[1], value="bad", by="ada"))])
    write_labels(tmp_path / "labels.csv", state, Pool(ids=source.ids, content=source.content))
    assert read_labels(tmp_path / "labels.csv", like=source.options) == {source.ids[1]: "bad"}
    path.write_text("word\nanother file\n")
    with pytest.raises(SourceError, match="no column"):
        read_labels(path, like=source.options)


def test_bad_files_are_told_the_mend(tmp_path: Path) -> None:
    path = tmp_path / "labels.csv"
    path.write_text("id,label\na,yes\na,no\n")
    with pytest.raises(SourceError, match="line 2 and at line 3"):
        read_labels(path)
    path.write_text("id,label\na,\nb,\n")
    with pytest.raises(InvalidInput, match="--label"):
        read_labels(path)
    path.write_text("id,lable\na,yes\n")
    with pytest.raises(SourceError, match="Did you mean 'lable'"):
        read_labels(path)
    with pytest.raises(SourceError, match="does not exist"):
        read_labels(tmp_path / "none.csv")
