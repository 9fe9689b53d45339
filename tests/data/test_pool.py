"""The pool: columns in one order, ids compared exactly, nothing copied."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse import csr_array

from querist.data import Pool
from querist.errors import InvalidInput, UnknownItem


def test_rows_and_ids():
    pool = Pool(np.eye(3), ids=["a", "b", 7])
    assert len(pool) == 3 and list(pool.ids) == ["a", "b", 7]
    assert pool.row("b") == 1 and pool.rows([7, "a"]).tolist() == [2, 0]
    assert "a" in pool and "7" not in pool and 7 in pool
    assert repr(pool) == "Pool(3 items, features (3, 3))"


def test_without_ids_the_row_numbers_are_the_ids():
    pool = Pool(np.eye(4))
    assert list(pool.ids) == [0, 1, 2, 3] and pool.row(np.int64(2)) == 2
    assert 4 not in pool and -1 not in pool and "0" not in pool
    with pytest.raises(UnknownItem, match=r"id 4; the pool holds 4 items such as 0"):
        pool.row(4)


def test_an_unknown_id_is_told_with_the_likely_cause():
    with pytest.raises(UnknownItem, match=r"1 is not '1'"):
        Pool(ids=["1", "2"]).row(1)


def test_features_are_never_copied(tmp_path):
    dense = np.zeros((3, 2), dtype=np.float32)
    sparse = csr_array(np.eye(3))
    np.save(tmp_path / "x.npy", dense)
    mapped = np.load(tmp_path / "x.npy", mmap_mode="r")
    for features in (dense, sparse, mapped):
        assert Pool(features).features is features


def test_raw_values_stay_raw_and_lists_of_numbers_become_arrays():
    texts = Pool(["one", "two"]).features
    assert texts.dtype == object and texts.tolist() == ["one", "two"]
    ragged = Pool([[1, 2], [3]]).features
    assert ragged.dtype == object and ragged[1] == [3]
    assert Pool([[1, 2], [3, 4]]).features.dtype == np.float64


def test_columns_must_agree():
    with pytest.raises(InvalidInput, match=r"features has 3, ids has 2"):
        Pool(np.eye(3), ids=["a", "b"])
    with pytest.raises(InvalidInput, match="at least one column"):
        Pool()
    assert len(Pool(content=[{"kind": "text", "text": "x"}])) == 1


def test_ids_are_distinct():
    with pytest.raises(InvalidInput, match=r"2 ids repeat, 'a' among them"):
        Pool(ids=["a", "b", "a", "a"])


@pytest.mark.parametrize("costs", [[1, 0], [1, -1], [1, np.inf], [1, np.nan]])
def test_costs_are_positive(costs):
    with pytest.raises(InvalidInput, match="positive and finite"):
        Pool(np.eye(2), costs=costs)
    assert Pool(np.eye(2), costs=[1, 2.5]).costs.tolist() == [1.0, 2.5]


@pytest.mark.parametrize(
    "told", ["nothing", "--5", "-1", "²", "٣", "1_0", " 3", "03", "9" * 5000, 12, -1, ""]
)
def test_text_that_is_no_id_finds_nothing(told):
    assert Pool(ids=range(9)).find(told) is None
    assert Pool([[0.0]] * 9).find(told) is None


def test_ids_are_found_through_text_as_they_are():
    assert Pool(ids=[7, "b", "8"]).find("7") == 7 and Pool(ids=[7, "7"]).find("7") == "7"
    assert Pool(ids=["8"]).find(8) == "8" and Pool(ids=[-3]).find("-3") == -3
