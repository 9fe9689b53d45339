"""Texts by their words: against scikit-learn's own, in any script, alone as in company."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.feature_extraction.text import TfidfVectorizer

from querist.encoders import TfidfEncoder
from querist.encoders.directions import leading_directions
from querist.errors import InvalidInput, NotFitted

WORDS = [f"w{i}" for i in range(40)]


def contents(*texts):
    return [{"kind": "text", "text": text, "meta": {}} for text in texts]


@pytest.fixture
def many():
    rng = np.random.default_rng(0)
    topics = [WORDS[:20], WORDS[20:]]
    return contents(*(" ".join(rng.choice(topics[i % 2], size=12)) for i in range(120)))


def test_full_rank_keeps_the_angles_of_scikit_learn_s_tfidf(many):
    reference = (
        TfidfVectorizer(sublinear_tf=True, min_df=2).fit_transform([one["text"] for one in many]).toarray()
    )
    x = TfidfEncoder(dim=256).fitted(many).encode(many)
    assert x.shape == (120, 40)
    assert np.allclose(x @ x.T, reference @ reference.T, atol=1e-4)


def test_few_directions_keep_the_topics_apart(many):
    x = TfidfEncoder(dim=2).fitted(many).encode(many)
    same, other = x[0::2] @ x[0::2].T, x[0::2] @ x[1::2].T
    assert same.min() > other.max()


def test_rows_have_length_one_and_an_item_is_the_same_alone(many):
    encoder = TfidfEncoder(dim=8).fitted(many)
    x = encoder.encode(many)
    assert x.dtype == np.float32 and np.allclose(np.linalg.norm(x, axis=1), 1, atol=1e-5)
    for i in (0, 7, 119):
        assert np.allclose(encoder.encode([many[i]])[0], x[i], atol=1e-6)


def test_the_same_texts_give_the_same_features_and_state_carries_them(many):
    first = TfidfEncoder(dim=8).fitted(many)
    again = TfidfEncoder(dim=8).fitted(many)
    assert np.array_equal(first.encode(many), again.encode(many))
    restored = TfidfEncoder(dim=8).restored({name: np.array(one) for name, one in first.state().items()})
    assert np.array_equal(restored.encode(many), first.encode(many))


def test_texts_without_known_words_are_zeros(many):
    x = TfidfEncoder(dim=4).fitted(many).encode(contents("", "!!!", "unheard of"))
    assert not x.any() and np.isfinite(x).all()


@pytest.mark.parametrize(
    "texts", [["", ""], ["!!"], ["one"], ["a b c"], ["same same", "same same", "same same"]]
)
def test_hardly_any_words(texts):
    x = TfidfEncoder().fitted(contents(*texts)).encode(contents(*texts))
    assert x.shape[0] == len(texts) and x.shape[1] >= 1 and np.isfinite(x).all()


def test_scripts_without_blanks_and_emoji_count():
    texts = [
        "この映画は素晴らしい",
        "この映画はひどい",
        "这部电影很好",
        "这部电影很差",
        "nice 😀",
        "bad 😡",
        "good 😀",
        "sad 😡",
    ]
    x = TfidfEncoder(dim=16).fitted(contents(*texts)).encode(contents(*texts))
    assert x[0] @ x[1] > 0.2 > abs(x[0] @ x[4])
    assert x[4] @ x[6] > 0.5 > x[4] @ x[5]


def test_words_are_bounded(many):
    assert TfidfEncoder(words=5).fitted(many).encode(many).shape[1] == 5


def test_progress_and_errors(many):
    told = []
    encoder = TfidfEncoder(dim=4).fitted(many)
    encoder.encode(many, progress=lambda done, total: told.append((done, total)))
    assert told == [(120, 120)]
    with pytest.raises(NotFitted, match="fitted"):
        TfidfEncoder().encode(many)
    with pytest.raises(InvalidInput, match="0 and 50000"):
        TfidfEncoder(dim=0)


def test_leading_directions_are_those_of_the_exact_svd():
    rng = np.random.default_rng(1)
    matrix = (rng.normal(size=(60, 5)) * [10, 5, 3, 2, 1]) @ rng.normal(size=(5, 30))
    found = leading_directions(matrix.astype(np.float32), 3)
    _, _, exact = np.linalg.svd(matrix, full_matrices=False)
    assert np.allclose(np.abs((found * exact[:3].T).sum(axis=0)), 1, atol=1e-3)
    assert leading_directions(np.zeros((4, 3), dtype=np.float32), 2).shape == (3, 1)
    assert leading_directions(np.zeros((0, 3), dtype=np.float32), 2).shape == (3, 1)
