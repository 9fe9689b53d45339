"""Streams: items that come one at a time and do not come back, asked about within a budget or never."""

from querist.streams.budgets import (
    FixedUncertainty,
    ImportanceWeighted,
    QuantileFilter,
    RandomisedUncertainty,
    RandomRate,
    SelectiveSampling,
    SplitUncertainty,
    VariableUncertainty,
)
from querist.streams.contract import BudgetManager, CompiledGate, Gate
from querist.streams.decision import Decision, Decisions
from querist.streams.density import Cognition, Density
from querist.streams.drift import DriftWatch
from querist.streams.edge import EdgeGate, onnx_model
from querist.streams.frozen import FrozenSoftmax
from querist.streams.keeping import load_learner, save_learner
from querist.streams.learner import StreamLearner
from querist.streams.strategy import StreamStrategy, as_stream_strategy, stream_strategies

__all__ = [
    "BudgetManager",
    "Cognition",
    "CompiledGate",
    "Decision",
    "Decisions",
    "Density",
    "DriftWatch",
    "EdgeGate",
    "FixedUncertainty",
    "FrozenSoftmax",
    "Gate",
    "ImportanceWeighted",
    "QuantileFilter",
    "RandomRate",
    "RandomisedUncertainty",
    "SelectiveSampling",
    "SplitUncertainty",
    "StreamLearner",
    "StreamStrategy",
    "VariableUncertainty",
    "as_stream_strategy",
    "load_learner",
    "onnx_model",
    "save_learner",
    "stream_strategies",
]
