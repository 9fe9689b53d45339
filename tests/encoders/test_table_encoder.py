"""Rows of mixed type: scaled numbers, categories, missing values."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from querist.data import open_source
from querist.encoders import TableEncoder
from querist.errors import InvalidInput, NotFitted


def rows(**columns):
    names = list(columns)
    return [
        {"kind": "row", "fields": dict(zip(names, values, strict=True)), "meta": {}}
        for values in zip(*columns.values(), strict=True)
    ]


def encoded(**columns):
    contents = rows(**columns)
    return TableEncoder().fitted(contents).encode(contents)


def test_numbers_are_centred_scaled_and_filled_in_where_missing():
    values = [f"{value:.3f}" for value in np.random.default_rng(0).normal(50, 10, 200)]
    values[3] = ""
    values[4] = "NA"
    x = encoded(size=values)
    assert x.shape == (200, 2)
    held = np.array([float(value) for value in values if value not in ("", "NA")])
    spread = np.subtract(*np.quantile(held, [0.75, 0.25])) / 1.349
    expected = (held - np.median(held)) / spread
    assert np.allclose(np.delete(x[:, 0], [3, 4]), expected, atol=1e-4)
    assert x[3, 0] == 0 and x[:, 1].tolist() == [0, 0, 0, 1, 1] + [0] * 195


def test_an_outlier_does_not_rule():
    for far in ("-1e250", "1e90"):
        x = encoded(size=[str(i - 50.5) for i in range(100)] + [far])
        assert np.abs(x).max() <= 6 and x[:100, 0].std() > 0.5


def test_long_tails_are_taken_by_their_logarithm():
    values = np.exp(np.random.default_rng(0).normal(3, 2, 500))
    x = encoded(price=[repr(float(value)) for value in values])
    assert np.corrcoef(x[:, 0], np.log1p(values))[0, 1] > 0.999


def test_decimal_commas_and_signs_are_numbers():
    x = encoded(size=["1,5", "-2,5", "+3", "1e2", "0,25", "7", "8", "9", "10", "11", "12"])
    assert x.shape[1] == 1 and x[1, 0] < x[4, 0] < x[0, 0] < x[2, 0]


def test_categories_have_a_feature_each_and_a_missing_one_a_mark():
    x = encoded(colour=["red", "blue", "red", "", "green"])
    assert x.shape == (5, 4)
    assert (x.sum(axis=1) == 1).all() and np.array_equal(x[0], x[2])
    assert x[3, 3] == 1


def test_many_categories_are_bounded():
    names = [f"name {i % 90}" for i in range(400)]
    contents = rows(who=names)
    assert TableEncoder(categories=12).fitted(contents).encode(contents).shape[1] == 12
    assert encoded(who=[f"name {i}" for i in range(100)]).shape[1] == 1  # nothing is shared: zeros


def test_small_whole_numbers_are_both():
    x = encoded(grade=["1", "2", "3", "2", "1"])
    assert x.shape == (5, 4)
    assert encoded(flag=["0", "1", "0", "1", "1"]).shape == (5, 1)


def test_constant_and_empty_columns_say_nothing():
    x = encoded(one=["7"] * 4, two=["same"] * 4, three=[""] * 4, four=["1.5", "2.5", "3.5", "4.5"])
    assert x.shape == (4, 1)
    assert encoded(one=["7"] * 4).tolist() == [[0.0]] * 4


def test_what_was_not_seen_when_fitted():
    encoder = TableEncoder().fitted(rows(colour=["red", "blue", "red"], size=["1.5", "2.5", "9.25"]))
    x = encoder.encode(rows(colour=["pink", "red"], size=["words", ""]))
    assert np.isfinite(x).all() and not x[0, :2].any() and (x[:, 2] == 0).all()
    assert encoder.encode([{"kind": "row", "fields": {}, "meta": {}}]).shape == (1, 3)


def test_vectors_are_scaled_column_by_column():
    vectors = np.random.default_rng(0).normal([0, 100], [1, 20], (50, 2)).astype(np.float32)
    vectors[7, 1] = np.nan
    contents = [{"kind": "row", "fields": {}, "vector": one, "meta": {}} for one in vectors]
    x = TableEncoder().fitted(contents).encode(contents)
    assert x.shape == (50, 3) and np.isfinite(x).all() and x[7].tolist()[1:] == [0.0, 1.0]
    assert x[:, 1].std() == pytest.approx(1, abs=0.3)


def test_alone_as_in_company_and_carried_by_its_state():
    contents = rows(colour=["red", "blue", "", "red"], size=["1", "2.5", "", "80"])
    encoder = TableEncoder().fitted(contents)
    x = encoder.encode(contents)
    assert np.array_equal(encoder.encode(contents[2:3])[0], x[2])
    assert np.array_equal(TableEncoder().restored(dict(encoder.state())).encode(contents), x)


def test_progress_and_errors():
    told = []
    contents = rows(size=["1", "2"])
    TableEncoder().fitted(contents).encode(contents, progress=lambda *one: told.append(one))
    assert told == [(2, 2)]
    with pytest.raises(NotFitted):
        TableEncoder().encode(contents)
    with pytest.raises(InvalidInput, match="got 0"):
        TableEncoder(categories=0)


@pytest.mark.skipif("QUERIST_DATA" not in os.environ, reason="QUERIST_DATA names no folder of data sets")
@pytest.mark.parametrize(
    ("name", "label", "least"),
    [("tab_modeldata/penguins", "species", 0.95), ("tab_modeldata/credit_data", "Status", 0.74)],
)
def test_real_tables_of_mixed_type(name, label, least):
    source = open_source(Path(os.environ["QUERIST_DATA"]) / f"{name}.csv.gz", label=label)
    y = np.array([source.labels[item] for item in source.ids])
    x = TableEncoder().fitted(source.content).encode(source.content)
    order = np.random.default_rng(0).permutation(len(y))
    model = LogisticRegression(max_iter=1000).fit(x[order[:200]], y[order[:200]])
    assert model.score(x[order[200:]], y[order[200:]]) > least
