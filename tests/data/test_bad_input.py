"""Every fault of the data becomes one error that says where it is and what to do."""

from __future__ import annotations

import gzip

import numpy as np
import pyarrow as pa
import pyarrow.parquet as parquet
import pytest

from querist.data import open_source
from querist.errors import SourceError


def write(path, raw):
    path.write_bytes(raw if isinstance(raw, bytes) else raw.encode("utf-8"))
    return path


def refusal(path, **options):
    with pytest.raises(SourceError) as caught:
        open_source(path, **options)
    assert caught.value.mend, "an error must say what to do"
    return str(caught.value)


GOOD = "id,text\na,the words of this one\nb,the words of that one\n"


@pytest.mark.parametrize("role", ["text", "id", "label", "image"])
def test_a_csv_without_the_named_column(tmp_path, role):
    told = refusal(write(tmp_path / "a.csv", GOOD), **{role: "texd"})
    assert "no column 'texd'; its columns are 'id', 'text'" in told
    assert "Did you mean 'text'?" in told


def test_a_column_number_out_of_range(tmp_path):
    assert "no column '3'" in refusal(write(tmp_path / "a.csv", GOOD), text=3)


def test_mixed_encodings(tmp_path):
    raw = "text,n\nc'est très bon, ça\n".encode().replace(b", ", b" ") + "voilà un café,2\n".encode("cp1252")
    path = write(tmp_path / "a.csv", raw.replace("ça\n".encode(), "ça,1\n".encode()))
    told = refusal(path)
    assert (
        "Line 3" in told and "byte 0xe0" in told and "mixes encodings" in told and "encoding='mixed'" in told
    )
    source = open_source(path, encoding="mixed", text="text")
    assert [one["text"] for one in source.content] == ["c'est très bon ça", "voilà un café"]


def test_another_encoding_throughout(tmp_path):
    path = write(tmp_path / "a.csv", "text,n\nun café très noir,1\nun thé bien vert,2\n".encode("cp1252"))
    told = refusal(path)
    assert "Line 2" in told and "encoding='cp1252'" in told and "café" in told
    assert open_source(path, encoding="cp1252", text="text").content[0]["text"] == "un café très noir"


def test_an_encoding_that_does_not_exist_and_one_that_does_not_fit(tmp_path):
    path = write(tmp_path / "a.csv", "text,n\nun café très noir,1\n")
    assert "No encoding is named 'utf-9'" in refusal(path, encoding="utf-9")
    assert "not ascii throughout" in refusal(path, encoding="ascii")


@pytest.mark.parametrize(
    "name", ["a.csv", "a.tsv", "a.jsonl", "a.json", "a.txt", "a.csv.gz", "a.parquet", "a.npy"]
)
def test_an_empty_file(tmp_path, name):
    told = refusal(write(tmp_path / name, b""))
    assert str(tmp_path / name) in told


def test_blank_lines_only_and_a_header_only(tmp_path):
    assert "blank lines" in refusal(write(tmp_path / "a.csv", "\n\n \n"))
    assert "a header (text, n) and no rows" in refusal(write(tmp_path / "b.csv", "text,n\n"))
    assert "holds no items" in refusal(write(tmp_path / "c.jsonl", "\n\n"))


@pytest.mark.parametrize(("name", "size"), [("a.csv", 200), ("a.tsv", 20), ("a.jsonl", 20), ("a.txt", 20)])
def test_a_line_of_200_megabytes(tmp_path, name, size):
    path = tmp_path / name
    with path.open("wb") as file:
        file.write(
            b'{"text": "' if name.endswith("jsonl") else b"text,n\n" if name.endswith("csv") else b"words\n"
        )
        for _ in range(size):
            file.write(b"x" * 2**20)
    told = refusal(path)
    assert "longer than 16,777,216 characters" in told and "one item a line" in told
    assert f"Line {1 if name.endswith('jsonl') else 2} " in told


def test_a_quote_that_never_closes(tmp_path):
    rows = "".join(f"{i},some words of number {i}\n" for i in range(50))
    told = refusal(
        write(tmp_path / "a.csv", f'id,text\n{rows}x,"it opens here and\n{rows.replace("0,", "y,")}')
    )
    assert "Line 52" in told and "still open at the end" in told and 'double it ("")' in told


def test_two_equal_ids(tmp_path):
    told = refusal(
        write(tmp_path / "a.csv", "id,text\na,words of the one\nb,words of the two\na,words of the three\n")
    )
    assert "'a'" in told and "line 2" in told and "line 4" in told and "another id column" in told


def test_an_empty_id(tmp_path):
    assert "empty at line 3" in refusal(
        write(tmp_path / "a.csv", "id,text\na,words of the one\n,words of the two\n")
    )


def test_a_broken_line_of_json(tmp_path):
    told = refusal(
        write(tmp_path / "a.jsonl", '{"text": "fine words"}\n{"text": "broken\n{"text": "fine again"}\n')
    )
    assert "Line 2" in told and "not valid JSON" in told and '{"text": "broken' in told


def test_json_with_names_without_end(tmp_path):
    body = "".join(f'{{"text": "words of it", "votes": {{"user {i}": 1}}}}\n' for i in range(1200))
    told = refusal(write(tmp_path / "a.jsonl", body))
    assert "more than 1,000 different names" in told and "line 1000" in told


def test_json_nested_beyond_reason(tmp_path):
    assert "not valid JSON" in refusal(write(tmp_path / "a.jsonl", "[" * 100_000))


@pytest.mark.parametrize(
    ("head", "what"),
    [(b"PK\x03\x04", "zip archive"), (b"PAR1", "Parquet"), (b"%PDF-1.4", "PDF"), (b"\x89PNG\r\n", "picture")],
)
def test_another_kind_of_file_by_the_name_of_a_csv(tmp_path, head, what):
    assert what in refusal(write(tmp_path / "a.csv", head + b"\x00" * 100))


def test_a_damaged_gzip(tmp_path):
    whole = gzip.compress(GOOD.encode() * 5000)
    assert "a.csv.gz" in refusal(write(tmp_path / "a.csv.gz", whole[: len(whole) // 2]))
    assert "gzip" in refusal(write(tmp_path / "b.csv.gz", b"no gzip at all"))


def test_a_damaged_parquet_and_one_without_rows(tmp_path):
    parquet.write_table(pa.table({"text": ["a b c d e"] * 1000}), tmp_path / "a.parquet")
    raw = (tmp_path / "a.parquet").read_bytes()
    assert "no readable Parquet" in refusal(write(tmp_path / "b.parquet", raw[: len(raw) // 2]))
    parquet.write_table(pa.table({"text": pa.array([], pa.string())}), tmp_path / "c.parquet")
    assert "no rows" in refusal(tmp_path / "c.parquet")


def test_no_such_path_and_no_such_suffix(tmp_path):
    assert "does not exist" in refusal(tmp_path / "nothing.csv")
    assert "does not exist" in refusal(tmp_path / "nothing.npy")
    told = refusal(write(tmp_path / "a.xlsx", b"PK\x03\x04"))
    assert ".csv" in told and "suffix" in told


def test_a_kind_that_does_not_exist_or_does_not_fit(tmp_path):
    path = write(tmp_path / "a.csv", "size,n\n1,2\n3,4\n")
    assert "No kind of item is named 'video'" in refusal(path, kind="video")
    assert "holds text" in refusal(path, kind="text")
    assert "names of pictures" in refusal(path, kind="image")


def test_only_empty_texts(tmp_path):
    assert "None of the 2 items" in refusal(write(tmp_path / "a.csv", "text,n\n ,1\n ,2\n"), text="text")


def test_arrays_of_the_wrong_shape_type_or_name(tmp_path):
    np.save(tmp_path / "a.npy", np.arange(5))
    assert "shape (5,)" in refusal(tmp_path / "a.npy")
    np.save(tmp_path / "b.npy", np.array([["a", "b"]]))
    assert "not numbers" in refusal(tmp_path / "b.npy")
    np.savez(tmp_path / "c.npz", p=np.ones((3, 2)), q=np.ones((4, 2)), y=np.arange(4))
    assert "p (3, 2), q (4, 2)" in refusal(tmp_path / "c.npz")
    assert "no array 'z'" in refusal(tmp_path / "c.npz", columns=["z"])
    assert "4 items need (4,)" in refusal(tmp_path / "c.npz", columns=["q"], label="p")
    np.save(tmp_path / "d.npy", np.array([{"code": 1}], dtype=object), allow_pickle=True)
    assert "Python objects" in refusal(tmp_path / "d.npy")
    assert "a.npz" in refusal(write(tmp_path / "a.npz", b"PK\x03\x04 broken"))
