"""Encoders: content in, features out; built in for text, pictures and rows, or your own function."""

from querist.encoders.encoder import Encoder, FunctionEncoder, check_kind, encoder_for
from querist.encoders.pixels import PixelsEncoder
from querist.encoders.pretrained import PretrainedImageEncoder
from querist.encoders.sentence import SentenceEncoder
from querist.encoders.shapes import ShapesEncoder
from querist.encoders.table import TableEncoder
from querist.encoders.tfidf import TfidfEncoder
from querist.encoders.tokens import NO_TOKEN, TokensEncoder

__all__ = [
    "Encoder",
    "FunctionEncoder",
    "NO_TOKEN",
    "PixelsEncoder",
    "PretrainedImageEncoder",
    "SentenceEncoder",
    "ShapesEncoder",
    "TableEncoder",
    "TfidfEncoder",
    "TokensEncoder",
    "check_kind",
    "encoder_for",
]
