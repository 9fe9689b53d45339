"""Texts as the numbers of their words: by hash, or by the tokenizer of a folder."""

import importlib.util
import sys

import numpy as np
import pytest

from querist.data import FeatureStore
from querist.encoders import NO_TOKEN, TfidfEncoder, TokensEncoder, check_kind, encoder_for
from querist.errors import InvalidInput, MissingExtra

needs_tokenizers = pytest.mark.skipif(
    importlib.util.find_spec("tokenizers") is None, reason="tokenizers is not installed"
)
needs_transformers = pytest.mark.skipif(
    importlib.util.find_spec("transformers") is None, reason="the extra 'transformers' is not installed"
)
WORDS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "good", "film", "bad", "play", "##s"]


def contents(*texts):
    return [{"kind": "text", "text": text, "meta": {}} for text in texts]


def test_words_by_their_hash():
    x = TokensEncoder(length=4).encode(contents("Good film", "a film, GOOD!", "", "one two three four five"))
    assert x.shape == (4, 4) and x.dtype == np.float32 and np.array_equal(x, np.floor(x))
    assert x[0, 0] == x[1, 1] and x[0, 1] == x[1, 0]
    assert (x[0, 2:] == NO_TOKEN).all() and (x[2] == NO_TOKEN).all() and (x[3] >= 0).all()
    assert x.max() < 20_000
    few = TokensEncoder(numbers=7).encode(contents("many different words in one text"))
    assert few.max() < 7


def test_the_same_tomorrow_and_in_the_store(tmp_path):
    assert TokensEncoder(length=2).encode(contents("good film")).tolist() == [[10194.0, 3202.0]]
    texts = contents(*(f"text number {i}" for i in range(9)))
    held = FeatureStore(tmp_path, chunk=4).encode(texts, TokensEncoder(length=5))
    assert isinstance(held, np.memmap)
    assert np.array_equal(held, TokensEncoder(length=5).encode(texts))
    done = []
    TokensEncoder().encode(texts, progress=lambda *one: done.append(one))
    assert done == [(9, 9)]


@pytest.fixture
def folder(tmp_path):
    """A folder with the tokenizer of a very small language."""
    from tokenizers import Tokenizer, models, pre_tokenizers, processors

    held = Tokenizer(models.WordPiece({word: i for i, word in enumerate(WORDS)}, unk_token="[UNK]"))
    held.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    held.post_processor = processors.BertProcessing(("[SEP]", 3), ("[CLS]", 2))
    held.save(str(tmp_path / "tokenizer.json"))
    return tmp_path


@needs_tokenizers
def test_words_by_the_tokenizer_of_a_folder(folder):
    encoder = TokensEncoder(folder=str(folder), length=5).fitted([])
    x = encoder.encode(contents("good films", "bad", "good good good good good"))
    assert x.tolist() == [[2, 4, 5, 8, 3], [2, 6, 3, -1, -1], [2, 4, 4, 4, 3]]


@needs_transformers
def test_a_folder_with_a_vocabulary_alone(tmp_path):
    (tmp_path / "vocab.txt").write_text("\n".join(WORDS) + "\n")
    (tmp_path / "tokenizer_config.json").write_text('{"tokenizer_class": "BertTokenizer"}')
    encoder = TokensEncoder(folder=str(tmp_path), length=4)
    assert encoder.encode(contents("Good film", "play")).tolist() == [[2, 4, 5, 3], [2, 7, 3, -1]]


@needs_transformers
def test_a_folder_without_a_tokenizer(tmp_path):
    with pytest.raises(InvalidInput, match="holds no tokenizer"):
        TokensEncoder(folder=str(tmp_path)).fitted([])


@needs_tokenizers
def test_a_file_that_is_no_tokenizer(tmp_path):
    (tmp_path / "tokenizer.json").write_text("{}")
    with pytest.raises(InvalidInput, match="save_pretrained"):
        TokensEncoder(folder=str(tmp_path)).fitted([])


def test_what_is_missing_is_told_before_any_work(tmp_path, monkeypatch):
    with pytest.raises(InvalidInput, match="nothing is downloaded"):
        TokensEncoder(folder=str(tmp_path / "none")).fitted([])
    monkeypatch.setitem(sys.modules, "transformers", None)
    with pytest.raises(MissingExtra, match=r"querist\[transformers\]"):
        TokensEncoder(folder=str(tmp_path)).fitted([])
    (tmp_path / "tokenizer.json").write_text("{}")
    monkeypatch.setitem(sys.modules, "tokenizers", None)
    with pytest.raises(MissingExtra, match=r"querist\[transformers\]"):
        TokensEncoder(folder=str(tmp_path), length=9).fitted([])


def test_bounds():
    with pytest.raises(InvalidInput, match="got 0"):
        TokensEncoder(length=0)
    with pytest.raises(InvalidInput, match="numbers"):
        TokensEncoder(numbers=2**30)


def test_an_encoder_says_what_it_reads():
    with pytest.raises(InvalidInput, match="'tokens' reads texts; these are pictures"):
        check_kind(TokensEncoder(), "image")
    check_kind(TfidfEncoder(), "text")
    check_kind(encoder_for("row", lambda contents: contents), "row")
