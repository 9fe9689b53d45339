"""Tables as sources: CSV, TSV, JSON lines, JSON and Parquet, and what is guessed of their columns."""

from __future__ import annotations

import csv
import gzip
import json
import random
import subprocess
import sys

import pyarrow as pa
import pyarrow.parquet as parquet
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from querist.data import open_source
from querist.errors import SourceError

NEWS = [
    ("3", "Fears for pension after talks", "Unions say they are disappointed, after talks."),
    ("4", "The race is on for space", "A second team has announced its first launch date."),
    ("1", "Leaders meet in Geneva today", 'They said "no" to the plan, once more.'),
]


def write(path, text, encoding="utf-8"):
    path.write_bytes(text.encode(encoding))
    return path


def texts(source):
    return [content["text"] for content in source.content]


def test_a_plain_csv(tmp_path):
    path = write(
        tmp_path / "a.csv", "review,stars\nA fine film from start to end,5\nI left before it was over,1\n"
    )
    source = open_source(path)
    assert source.kind == "text"
    assert texts(source) == ["A fine film from start to end", "I left before it was over"]
    assert [dict(one["meta"]) for one in source.content] == [{"stars": "5"}, {"stars": "1"}]
    assert source.labels == {} and not source.problems


def test_a_csv_without_a_header_keeps_its_first_row_and_both_texts(tmp_path):
    rows = "".join(",".join('"' + cell.replace('"', '""') + '"' for cell in row) + "\r\n" for row in NEWS)
    source = open_source(write(tmp_path / "news.csv", rows))
    assert len(source) == 3
    assert source.content[0]["text"] == f"{NEWS[0][1]}\n\n{NEWS[0][2]}"
    assert source.content[2]["text"].endswith('They said "no" to the plan, once more.')
    assert source.content[0]["meta"] == {}, "a column without a heading may be the answer"
    named = open_source(tmp_path / "news.csv", text=["2", "3"], columns=["1"])
    assert named.content[0]["meta"] == {"column 1": "3"}


def test_a_column_that_holds_the_classes_is_not_shown(tmp_path):
    path = write(
        tmp_path / "a.csv",
        "tweet,irony,lang\nwhat a fine day to be outside,ironic,en\nI like this one very much,Sincere,en\n",
    )
    source = open_source(path, classes=["ironic", "sincere", "unclear"])
    assert source.content[0]["meta"] == {"lang": "en"}
    assert "column 'irony': it holds the classes" in str(source.problems[0])
    assert not source.problems[0].left_out and len(source) == 2
    assert open_source(path, classes=["a", "b"]).content[0]["meta"]["irony"] == "ironic"
    named = open_source(path, text="tweet", columns=["irony"], classes=["ironic", "sincere"])
    assert named.content[0]["meta"] == {"irony": "ironic"} and not named.problems
    assert open_source(path, label="irony", classes=["ironic", "sincere"]).labels.popitem()[1] == "Sincere"
    again = open_source(path, **source.options)
    assert again.content[0]["meta"] == source.content[0]["meta"]


def test_a_column_of_classes_is_no_field_of_a_row(tmp_path):
    path = write(tmp_path / "a.csv", "species,mass\nAdelie,3750\nGentoo,5000\nAdelie,3800\n")
    assert open_source(path, classes=["Adelie", "Gentoo"]).content[0]["fields"] == {"mass": "3750"}
    assert open_source(path).content[0]["fields"] == {"species": "Adelie", "mass": "3750"}


def test_a_long_or_varied_column_without_a_heading_is_small_print(tmp_path):
    rows = [
        (f"2024-01-{i % 28 + 1:02d} {i}:00", i % 3, f"The words of the text number {i} are here.")
        for i in range(90)
    ]
    path = tmp_path / "a.csv"
    with path.open("w", newline="") as file:
        csv.writer(file).writerows(rows)
    assert open_source(path).content[0]["meta"] == {"column 1": "2024-01-01 0:00"}


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-32"])
def test_delimiters_line_ends_and_encodings_are_found_out(tmp_path, delimiter, end, encoding):
    rows = [
        ["text", "stars"],
        ["Une très bonne histoire, vraiment", "5"],
        ["Eine schöne Überraschung; ja | nein", "4"],
    ]
    lines = [delimiter.join(f'"{cell}"' for cell in row) for row in rows]
    source = open_source(write(tmp_path / "a.csv", end.join(lines) + end, encoding))
    assert texts(source) == [rows[1][0], rows[2][0]]


def test_quoted_line_breaks_stay_in_the_text_and_lines_are_still_counted(tmp_path):
    body = 'id,text\na,"one line and then\nanother line of it"\nb,"a second text, quoted"\nc,x,y\n'
    body += 'd,"last one of them"\n'
    body += "".join(f'e{i},"filler text number {i}"\n' for i in range(30))
    source = open_source(write(tmp_path / "a.csv", body))
    assert source.content[0]["text"] == "one line and then\nanother line of it"
    assert [problem.place for problem in source.problems] == ["line 5"]
    assert "3 columns where 2 were expected" in source.problems[0].reason
    assert list(source.ids[:3]) == ["a", "b", "d"]


def test_ragged_rows_are_left_out_and_many_of_them_refused(tmp_path):
    rows = [f"{i},this is text number {i}" for i in range(40)]
    few = write(tmp_path / "few.csv", "\n".join(["id,text", *rows, "40", "41,a,b"]))
    source = open_source(few)
    assert len(source) == 40
    assert [problem.place for problem in source.problems] == ["line 42", "line 43"]
    many = write(tmp_path / "many.csv", "\n".join(["id,text", *rows, *["a,b,c"] * 10]))
    with pytest.raises(SourceError, match=r"10 of 50 rows .* line 42 has 3.*delimiter"):
        open_source(many)


def test_nul_bytes_are_taken_out_and_told(tmp_path):
    path = write(
        tmp_path / "a.csv", "text,n\nsome words with a\x00 hole in it,1\nother words without any,2\n"
    )
    source = open_source(path)
    assert source.content[0]["text"] == "some words with a hole in it"
    (problem,) = source.problems
    assert problem.place == "line 2" and not problem.left_out and "NUL" in problem.reason


def test_one_column_of_text_with_commas_needs_no_quotes(tmp_path):
    body = "text\nWell, hello there, you\nA short one\nAnd, so, it, goes, on\nPlain words only here\n"
    assert texts(open_source(write(tmp_path / "a.csv", body))) == body.splitlines()[1:]


def test_a_text_in_the_first_row_of_a_single_column_is_no_header(tmp_path):
    body = "I really loved this film.\nIt was far too long for me.\n"
    assert len(open_source(write(tmp_path / "a.csv", body))) == 2


def test_header_can_be_told(tmp_path):
    path = write(tmp_path / "a.csv", "good old film,bad new play\nfine words in here,other words in there\n")
    assert len(open_source(path, header=False)) == 2
    assert len(open_source(path, header=True)) == 1


def test_a_tsv_with_stray_quotes_loses_no_line(tmp_path):
    lines = [f"the words of number {i}\t{i % 2}" for i in range(20)]
    lines[5] = 'he said "never again and left\t1'
    source = open_source(write(tmp_path / "a.tsv", "\n".join(lines)))
    assert len(source) == 20
    assert source.content[5]["text"] == 'he said "never again and left'


def test_one_comma_inside_every_quoted_text_does_not_mislead(tmp_path):
    body = "".join(f'"hello there, world {i}",pos\n' for i in range(10))
    source = open_source(write(tmp_path / "a.csv", body))
    assert source.content[0]["text"] == "hello there, world 0"


def test_gz_is_unpacked(tmp_path):
    path = tmp_path / "a.csv.gz"
    path.write_bytes(gzip.compress(b"text,n\nthe words of this one,1\nthe words of that one,2\n"))
    assert len(open_source(path)) == 2


def test_ids_come_from_the_id_column(tmp_path):
    path = write(tmp_path / "a.csv", "ID,text\n007,the first of these texts\n7,the second of these texts\n")
    assert list(open_source(path).ids) == ["007", "7"]
    assert "007" not in open_source(path, id="").ids


def test_ids_are_the_same_again_and_under_added_and_moved_rows(tmp_path):
    rows = [f"these are the words of {i % 17},{i}" for i in range(60)]
    first = open_source(write(tmp_path / "a.csv", "\n".join(["text,n", *rows])))
    again = open_source(tmp_path / "a.csv")
    assert list(first.ids) == list(again.ids) and first.fingerprint == again.fingerprint
    assert len(set(first.ids)) == 60  # though texts repeat
    longer = open_source(
        write(tmp_path / "a.csv", "\n".join(["text,n", *rows, "and some more words here,99"]))
    )
    assert list(longer.ids[:60]) == list(first.ids) and longer.fingerprint != first.fingerprint
    random.Random(0).shuffle(rows)
    moved = open_source(write(tmp_path / "a.csv", "\n".join(["text,n", *rows])))
    assert set(moved.ids) == set(first.ids)


def test_labels_are_taken_only_when_told_and_never_become_fields(tmp_path):
    path = write(tmp_path / "a.csv", "size,colour,class\n1,red,yes\n2,blue,no\n3,red,\n")
    source = open_source(path)
    assert source.kind == "row" and source.labels == {}
    assert source.content[0]["fields"] == {"size": "1", "colour": "red"}
    told = open_source(path, label="class")
    assert list(told.labels.values()) == ["yes", "no"]
    assert "class" not in told.content[0]["meta"]


def test_columns_named_like_labels_are_not_shown(tmp_path):
    path = write(
        tmp_path / "a.csv",
        "text,label,category\nthe words of this one,pos,film\nthe words of that one,neg,play\n",
    )
    assert open_source(path).content[0]["meta"] == {"category": "film"}
    assert open_source(path, text="text", columns=["label"]).content[0]["meta"] == {"label": "pos"}


def test_texts_without_blanks_between_words_are_found(tmp_path):
    path = write(
        tmp_path / "a.csv", "n,review\n1,この映画は素晴らしいと思います\n2,もう一度見たいとは思わない\n"
    )
    assert open_source(path).options["text"] == ["review"]


def test_a_mark_is_no_part_of_the_first_name_whatever_encoding_is_told(tmp_path):
    path = write(tmp_path / "a.csv", "text,n\nthe words of this one,1\n", "utf-8-sig")
    for encoding in (None, "utf-8", "UTF8", "mixed"):
        assert open_source(path, encoding=encoding, text="text").options["text"] == ["text"]


def test_the_delimiter_line_of_excel(tmp_path):
    path = write(
        tmp_path / "a.csv", 'sep=;\r\ntext;n\r\nthe words, of this one;1\r\n"the words; of that one";2\r\n'
    )
    assert texts(open_source(path)) == ["the words, of this one", "the words; of that one"]


CELLS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=30)


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    rows=st.lists(st.lists(CELLS, min_size=3, max_size=3), min_size=1, max_size=12),
    delimiter=st.sampled_from(",;\t|"),
)
def test_whatever_the_csv_module_writes_comes_back(tmp_path, rows, delimiter):
    """Told which column is which, every cell survives: quotes, delimiters, line breaks, any script."""
    with (tmp_path / "a.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, delimiter=delimiter, quoting=csv.QUOTE_ALL)
        writer.writerow(["number", "words", "more"])
        writer.writerows([f"{i}.", *row[1:]] for i, row in enumerate(rows))
    source = open_source(tmp_path / "a.csv", kind="row", columns=["number", "words", "more"])
    assert [list(one["fields"].values()) for one in source.content] == [
        [f"{i}.", *row[1:]] for i, row in enumerate(rows)
    ]
    assert not source.problems


def test_row_numbers_without_a_heading_are_no_field(tmp_path):
    path = write(tmp_path / "a.csv", ",size,colour\n0,1,red\n1,2,blue\n2,2,red\n")
    assert open_source(path).content[1]["fields"] == {"size": "2", "colour": "blue"}


def test_columns_by_number_and_by_any_case(tmp_path):
    path = write(tmp_path / "a.csv", "Kind,Words\nx,some words in a row\ny,other words in a row\n")
    assert texts(open_source(path, text="words")) == texts(open_source(path, text="2"))
    assert open_source(path, text="Words", label=1).labels != {}


def test_options_open_it_again_in_the_same_way(tmp_path):
    path = write(tmp_path / "a.csv", "\n".join(f"{i % 3},the words of number {i},{i}" for i in range(20)))
    source = open_source(path, label="column 1")
    json.dumps(source.options)
    again = open_source(path, **source.options)
    assert list(again.ids) == list(source.ids) and again.labels == source.labels
    assert again.content[3] == source.content[3]


def test_empty_texts_are_left_out(tmp_path):
    path = write(tmp_path / "a.csv", "text,n\nthe words of this one,1\n  ,2\nthe words of that one,3\n")
    source = open_source(path)
    assert len(source) == 2
    assert str(source.problems[0]) == "line 3: the text is empty"


def test_jsonl_flattens_nested_values_and_keeps_rows_apart(tmp_path):
    records = [
        {"id": 1, "text": "the first of the texts", "meta": {"by": {"name": "A"}, "tags": ["x", "y"]}},
        {"id": 2, "text": "the second of the texts", "late": True},
        {"id": 3, "text": "the third of the texts", "meta": {"by": {"name": None}}},
    ]
    body = "\n\n".join(json.dumps(one) for one in records)
    source = open_source(write(tmp_path / "a.jsonl", body))
    assert list(source.ids) == ["1", "2", "3"]
    assert source.content[0]["meta"] == {"meta.by.name": "A", "meta.tags": '["x", "y"]', "late": ""}
    assert source.content[1]["meta"] == {"meta.by.name": "", "meta.tags": "", "late": "true"}


def test_jsonl_of_bare_strings_and_a_line_of_something_else(tmp_path):
    source = open_source(write(tmp_path / "a.jsonl", '"a text of some words"\n42\n"another text of words"\n'))
    assert len(source) == 2
    assert str(source.problems[0]) == "line 2: holds a JSON int, not an object"


def test_jsonl_with_lone_surrogates_can_be_stored(tmp_path):
    path = write(
        tmp_path / "a.jsonl", '{"text": "some words \\ud83d and more"}\n{"text": "other words as well"}\n'
    )
    assert source_bytes(open_source(path)).decode("utf-8").startswith("some words ?")


def source_bytes(source):
    return source.content[0]["text"].encode("utf-8")


def test_a_json_array(tmp_path):
    path = write(
        tmp_path / "a.json", json.dumps([{"text": "one text of many words"}, {"text": "another one of them"}])
    )
    assert len(open_source(path)) == 2
    with pytest.raises(SourceError, match="one JSON dict, not an array"):
        open_source(write(tmp_path / "b.json", '{"text": "x"}'))
    with pytest.raises(SourceError, match=r"suffix .jsonl"):
        open_source(write(tmp_path / "c.json", '{"text": "x"}\n{"text": "y"}'))


def test_parquet_with_nulls_nested_and_dictionary_columns(tmp_path):
    table = pa.table(
        {
            "id": [10, 11, 12],
            "text": ["the words of this one", None, "the words of that one"],
            "score": [0.5, None, float("nan")],
            "kind": pa.array(["a", "b", None]).dictionary_encode(),
            "who": [{"name": "x", "age": 3}, None, {"name": None, "age": 4}],
        }
    )
    parquet.write_table(table, tmp_path / "a.parquet")
    source = open_source(tmp_path / "a.parquet")
    assert list(source.ids) == ["10", "12"]
    assert source.content[0]["meta"] == {"score": "0.5", "kind": "a", "who.name": "x", "who.age": "3"}
    assert source.content[1]["meta"] == {"score": "", "kind": "", "who.name": "", "who.age": "4"}
    assert str(source.problems[0]) == "row 2: the text is empty"


def test_a_text_file_is_one_item_a_line(tmp_path):
    source = open_source(write(tmp_path / "a.txt", "the first of them\n\nthe second of them\r\n"))
    assert texts(source) == ["the first of them", "the second of them"]


def test_importing_the_data_room_is_light():
    code = (
        "import sys, querist.data\n"
        "heavy = {'pyarrow', 'pandas', 'PIL', 'sklearn', 'scipy'} & set(sys.modules)\n"
        "assert not heavy, heavy"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
