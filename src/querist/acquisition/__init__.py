"""Acquisitions: what a label would be worth, one number an item, and the algebra that combines them."""

from querist.acquisition.algebra import Acquisition, Constant, Power, Product, Rank, Ratio, Sum
from querist.acquisition.boundary import Boundary
from querist.acquisition.chance import Random
from querist.acquisition.committee import (
    Bald,
    ConsensusEntropy,
    MaxKL,
    MeanKL,
    MeanStd,
    PredictiveVariance,
    VariationRatio,
    VoteEntropy,
)
from querist.acquisition.contrast import Cal
from querist.acquisition.cost import Cost
from querist.acquisition.density import Density
from querist.acquisition.epistemic import Epistemic
from querist.acquisition.expected_change import ExpectedGradientLength, ExpectedModelChange
from querist.acquisition.expected_cost import CostMargin, ExpectedCost
from querist.acquisition.improvement import (
    ExpectedImprovement,
    ProbabilityOfImprovement,
    RegressionBald,
    UpperConfidenceBound,
)
from querist.acquisition.information import Epig
from querist.acquisition.label_sets import Adaptive, CardinalityInconsistency, Cvirs, MaxLossReduction
from querist.acquisition.level import Straddle, VarianceRemoved
from querist.acquisition.multilabel import (
    AverageConfidence,
    AverageScore,
    BinaryMinimum,
    MaxLoss,
    MaxScore,
    MeanMaxLoss,
    MinConfidence,
)
from querist.acquisition.precision import ExpectedAveragePrecision
from querist.acquisition.uncertainty import ConfidenceRatio, Entropy, LeastConfidence, Margin

__all__ = [
    "Acquisition",
    "Adaptive",
    "AverageConfidence",
    "AverageScore",
    "Bald",
    "BinaryMinimum",
    "Boundary",
    "Cal",
    "CardinalityInconsistency",
    "ConfidenceRatio",
    "ConsensusEntropy",
    "Constant",
    "Cost",
    "CostMargin",
    "Cvirs",
    "Density",
    "Entropy",
    "Epig",
    "Epistemic",
    "ExpectedAveragePrecision",
    "ExpectedCost",
    "ExpectedGradientLength",
    "ExpectedImprovement",
    "ExpectedModelChange",
    "LeastConfidence",
    "Margin",
    "MaxKL",
    "MaxLoss",
    "MaxLossReduction",
    "MaxScore",
    "MeanKL",
    "MeanMaxLoss",
    "MeanStd",
    "MinConfidence",
    "Power",
    "PredictiveVariance",
    "ProbabilityOfImprovement",
    "Product",
    "Random",
    "Rank",
    "Ratio",
    "RegressionBald",
    "Straddle",
    "Sum",
    "UpperConfidenceBound",
    "VarianceRemoved",
    "VariationRatio",
    "VoteEntropy",
]
