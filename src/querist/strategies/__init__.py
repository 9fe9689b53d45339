"""Strategies: a snapshot in, a proposal out; the one point at which worth and search meet."""

from querist.strategies.active_testing import ActiveTesting
from querist.strategies.albl import Albl
from querist.strategies.alce import Alce
from querist.strategies.alfa_mix import AlfaMix
from querist.strategies.audi import Audi
from querist.strategies.badge import Badge
from querist.strategies.bait import Bait
from querist.strategies.balanced import Balanced
from querist.strategies.batch_bald import BatchBald
from querist.strategies.bmdr import Bmdr, Spal
from querist.strategies.ceal import Ceal
from querist.strategies.choose import choose
from querist.strategies.cluster_margin import ClusterMargin
from querist.strategies.comb import Comb
from querist.strategies.contract import MadeItem, MadeItems, Proposal, Snapshot, Strategy
from querist.strategies.dcom import DCoM
from querist.strategies.default import Default
from querist.strategies.doubt import Clue, Falcun, RankedBatch
from querist.strategies.drop_query import DropQuery
from querist.strategies.dwus import Dwus
from querist.strategies.expected_error import ExpectedErrorReduction, ValueOfInformation
from querist.strategies.explore import Explore
from querist.strategies.four_ds import FourDS
from querist.strategies.galaxy import Direct, Galaxy
from querist.strategies.greedy_sampling import IGS, GSx, GSy
from querist.strategies.hierarchical import Hierarchical
from querist.strategies.hint_svm import HintSvm
from querist.strategies.lal import LAL
from querist.strategies.mcpal import McPal
from querist.strategies.narrowing import AnchorAL, Fass, Seals, Subpool, narrowed
from querist.strategies.output_change import ExpectedOutputChange
from querist.strategies.policy import LearnedPolicy
from querist.strategies.quire import Quire
from querist.strategies.regime import RegimeTest
from querist.strategies.registry import as_strategy, names
from querist.strategies.regression_tree import RegressionTree
from querist.strategies.scored import Scored, predicted, proposed
from querist.strategies.tailor import Tailor
from querist.strategies.targeted import Targeted
from querist.strategies.thompson import Thompson
from querist.strategies.uherding import UHerding
from querist.strategies.variance_reduction import VarianceReduction
from querist.strategies.xpal import XPal

__all__ = [
    "ActiveTesting",
    "Albl",
    "Alce",
    "AlfaMix",
    "AnchorAL",
    "Audi",
    "Badge",
    "Bait",
    "Balanced",
    "BatchBald",
    "Bmdr",
    "Ceal",
    "Clue",
    "ClusterMargin",
    "Comb",
    "DCoM",
    "Default",
    "Direct",
    "DropQuery",
    "Dwus",
    "ExpectedErrorReduction",
    "ExpectedOutputChange",
    "Explore",
    "Falcun",
    "Fass",
    "FourDS",
    "GSx",
    "GSy",
    "Galaxy",
    "Hierarchical",
    "HintSvm",
    "IGS",
    "LAL",
    "LearnedPolicy",
    "MadeItem",
    "MadeItems",
    "McPal",
    "Proposal",
    "Quire",
    "RankedBatch",
    "RegimeTest",
    "RegressionTree",
    "Scored",
    "Seals",
    "Snapshot",
    "Spal",
    "Strategy",
    "Subpool",
    "Tailor",
    "Targeted",
    "Thompson",
    "UHerding",
    "ValueOfInformation",
    "VarianceReduction",
    "XPal",
    "as_strategy",
    "choose",
    "names",
    "narrowed",
    "predicted",
    "proposed",
]
