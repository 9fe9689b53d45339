"""The works of the selection benchmark: what is done, at which sizes, who else does it, the least cost."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from inputs import Shape
from limits import (
    all_pairs,
    fisher,
    future_of_each_pair,
    information_of_pairs,
    joint_entropies,
    kernel_of_labelled,
    logarithms_of_draws,
    logarithms_of_proba,
    one_reading_of_draws,
    one_reading_of_numbers,
    one_reading_of_proba,
    one_reading_of_x,
    pairs_with_labelled,
    reading_of_proba_for_each_pick,
    reading_of_x_for_each_pick,
    rounds_and_pairs_within,
    twenty_rounds,
)
from machine import Rates

Limit = Callable[[Rates, int, Shape], float]
SKA, MOD, ST, BAAL = "scikit-activeml", "modAL", "small-text", "baal"
ALI, BBR, BMD, APR, SKL, FAISS = "ALiPy", "batchbald_redux", "bmdal_reg", "apricot", "scikit-learn", "faiss"
K10, K100, M1 = 10_000, 100_000, 1_000_000


@dataclass(frozen=True)
class Work:
    """One row of the table at each of its sizes; a limit of None is one that nobody wrote down."""

    name: str
    what: str
    sizes: tuple[int, ...]
    peers: tuple[str, ...] = ()
    limit: Limit | None = None
    shape: Shape = field(default_factory=Shape)
    kernels: tuple[str, ...] = ()  # what it runs, beside the kernel of its own name


# ------------------------------------------------------------ the works

_C100, _K20 = Shape(classes=100), Shape(members=20)
_FUTURE = Shape(d=50, batch=1, labelled=50)
_NUMBERS = Shape(d=50)
_BIG, _MID, _SMALL, _ALL = (K100, M1), (K10, K100), (2_000, K10), (K10, K100, M1)
_PAIRS = (K10, 2 * K10, K100)

_SCORES = (
    Work(
        "least-confidence", "least confidence, C = 10", _BIG, (SKA, MOD, ST, BAAL, ALI), one_reading_of_proba
    ),
    Work("margin", "margin, C = 10", _BIG, (SKA, MOD, ST, BAAL, ALI), one_reading_of_proba),
    Work("entropy", "entropy, C = 10", _BIG, (SKA, MOD, ST, BAAL, ALI), logarithms_of_proba),
    Work("confidence-ratio", "confidence ratio, C = 10", _BIG, (), one_reading_of_proba),
    Work("margin-100", "margin, C = 100", _BIG, (SKA, MOD), one_reading_of_proba, _C100, ("margin",)),
    Work("entropy-100", "entropy, C = 100", _BIG, (SKA, MOD), logarithms_of_proba, _C100, ("entropy",)),
    Work("expected-cost", "least expected cost, C = 10", _BIG, (SKA,), one_reading_of_proba),
    Work("cost-margin", "margin of expected costs, C = 10", _BIG, (SKA,), one_reading_of_proba),
    Work("boundary", "distance to the boundary, C = 10", _BIG, (), one_reading_of_proba),
    Work("epistemic", "epistemic uncertainty, two classes", _MID, (SKA,), one_reading_of_numbers),
    Work("vote-entropy", "committee of 10: vote entropy", _BIG, (SKA, MOD, ALI), one_reading_of_draws),
    Work("variation-ratio", "committee of 10: variation ratio", _BIG, (SKA,), one_reading_of_draws),
    Work("consensus-entropy", "committee of 10: consensus entropy", _BIG, (MOD,), one_reading_of_draws),
    Work("max-kl", "committee of 10: largest KL", _BIG, (MOD,), logarithms_of_draws),
    Work("mean-kl", "committee of 10: mean KL", _BIG, (SKA, ALI), logarithms_of_draws, kernels=("bald",)),
    Work("mean-std", "committee of 10: mean deviation", _BIG, (), one_reading_of_draws),
    Work("variance-of-draws", "20 members: variance of numbers", _BIG, (), one_reading_of_numbers, _K20),
    Work("bald", "BALD, K = 20", _MID, (SKA, ST, BAAL, BBR), logarithms_of_draws, _K20),
    Work(
        "epig",
        "EPIG, K = 20, 1,000 targets",
        _MID,
        (BAAL,),
        information_of_pairs,
        Shape(members=20, labelled=1_000),
    ),
    Work(
        "batch-bald",
        "BatchBALD, K = 20, b = 10",
        (2_000, K10),
        (SKA, BBR, BAAL),
        joint_entropies,
        Shape(members=20, batch=10),
    ),
    Work(
        "expected-gradient-length",
        "expected gradient length, C = 10",
        _BIG,
        (),
        one_reading_of_x,
        kernels=("lengths",),
    ),
    Work(
        "expected-model-change",
        "expected model change, 10 members, d = 50",
        (2_000, K100),
        (SKA,),
        one_reading_of_x,
        _NUMBERS,
    ),
    Work("top", "the 100 best of n scores", _BIG, (SKA,), one_reading_of_numbers),
    Work("gumbel-top", "100 drawn by exp(score)", _BIG, (), one_reading_of_numbers),
    Work("uniform", "a lot for each id", _BIG, (), one_reading_of_numbers, kernels=("keys_of",)),
    Work("priority-sample", "10,000 drawn by weight", _BIG, (), one_reading_of_numbers),
    Work("falcun", "FALCUN, C = 10", _ALL, (SKA,), reading_of_proba_for_each_pick),
)

_SPREAD = (
    Work(
        "core-set",
        "core-set",
        (K10, K100, M1),
        (SKA, BMD, ALI, ST),
        reading_of_x_for_each_pick,
        kernels=("k_center", "Points"),
    ),
    Work(
        "core-set-1000",
        "core-set, b = 1,000",
        (K100,),
        (SKA,),
        reading_of_x_for_each_pick,
        Shape(batch=1_000),
        ("k_center",),
    ),
    Work("k-means-plus-plus", "k-means++ sampling", _BIG, (BMD,), reading_of_x_for_each_pick),
    Work(
        "badge",
        "BADGE, C = 10",
        (K10, K100, M1),
        (SKA,),
        reading_of_x_for_each_pick,
        Shape(labelled=0),
        ("kmeans_plus_plus", "OuterProducts"),
    ),
    Work(
        "badge-100",
        "BADGE, C = 100",
        _MID,
        (SKA,),
        reading_of_x_for_each_pick,
        Shape(classes=100, labelled=0),
        ("kmeans_plus_plus",),
    ),
    Work("lcmd", "LCMD", _BIG, (BMD,), reading_of_x_for_each_pick),
    Work("max-det", "MaxDet", _ALL, (BMD,), reading_of_x_for_each_pick),
    Work("bait", "BAIT", _ALL, (BMD,), fisher),
    Work("frank-wolfe", "Frank-Wolfe core-set", _MID, (BMD,), reading_of_x_for_each_pick),
    Work(
        "lightweight-core-set",
        "lightweight core-set",
        _BIG,
        (ST,),
        one_reading_of_x,
        kernels=("lightweight_coreset",),
    ),
    Work("graph-cut", "graph cut", (5_000, K10), (APR,), all_pairs),
    Work(
        "facility-location",
        "facility location",
        _PAIRS,
        (APR,),
        all_pairs,
        kernels=("greedy_coverage",),
    ),
    Work(
        "facility-location-10",
        "facility location, b = 10",
        (K10, 2 * K10),
        (),
        all_pairs,
        Shape(batch=10),
        ("greedy_coverage",),
    ),
    Work(
        "facility-location-again",
        "facility location, b = 10, the next question",
        (K10, 2 * K10),
        (),
        None,
        Shape(batch=10),
        ("Covering", "greedy_coverage"),
    ),
    Work("max-herding", "MaxHerding", _PAIRS, (SKA,), all_pairs, kernels=("greedy_coverage",)),
    Work(
        "max-herding-again",
        "MaxHerding, b = 10, the next question, a narrower radius",
        (K10, 2 * K10),
        (),
        None,
        Shape(batch=10),
        ("Covering", "greedy_coverage"),
    ),
    Work("uncertainty-herding", "UHerding", _PAIRS, (), all_pairs, kernels=("greedy_coverage",)),
    Work(
        "uncertainty-herding-again",
        "UHerding, b = 10, the next question, other doubts",
        (K10, 2 * K10),
        (),
        None,
        Shape(batch=10),
        ("Covering", "greedy_coverage"),
    ),
    Work("prob-cover", "ProbCover, radius given", _PAIRS, (SKA,), all_pairs, kernels=("greedy_coverage",)),
    Work("pure-radius", "the radius of ProbCover", _PAIRS, (), all_pairs),
    Work("query-information", "more of a kind: 100 examples", _MID, (), pairs_with_labelled),
    Work("ranked-batch", "ranked batch mode", _MID, (MOD,), reading_of_x_for_each_pick),
    Work("discriminative", "discriminative, b = 10", _MID, (SKA,), None, Shape(batch=10)),
    Work("gsx", "GSx, d = 50", _ALL, (SKA,), reading_of_x_for_each_pick, _NUMBERS, ("k_center",)),
    Work("igs", "iGS, d = 50", _ALL, (SKA,), reading_of_x_for_each_pick, _NUMBERS, ("greedy_sampling",)),
    Work("mixed-coverage", "DCoM, given the radii", (5_000, K10), (), all_pairs, kernels=("ball_radii",)),
)

_GROUPS = (
    Work("k-means", "k-means, K = 200, 20 rounds", _ALL, (SKL, FAISS), twenty_rounds, kernels=("kmeans",)),
    Work("k-medoids", "k-medoids, K = 100", (K10,), (), None, Shape(labelled=0), ("kmedoids",)),
    Work(
        "typiclust",
        "TypiClust",
        _ALL,
        (SKA,),
        rounds_and_pairs_within,
        kernels=("kmeans", "typical_of_clusters"),
    ),
    Work("clue", "CLUE", _ALL, (SKA,), twenty_rounds, Shape(labelled=0), ("kmeans", "representatives")),
    Work("drop-query", "DropQuery", _ALL, (SKA,), None, kernels=("kmeans", "representatives")),
    Work("typicality", "typicality of all rows", (5_000, K10), (), all_pairs),
    Work("nearest", "10 nearest of each row", (K10,), (SKL,), all_pairs),
    Work("around", "10 nearest to each label", _MID, (SKL,), pairs_with_labelled),
    Work("contrast", "contrastive (CAL)", _BIG, (SKA, ST), pairs_with_labelled),
    Work("cosine-density", "density by cosine", (K10, M1), (MOD,), one_reading_of_x),
    Work("euclidean-density", "density by distance", _PAIRS, (MOD,), all_pairs),
    Work("matching-batch", "BMDR: resembling the pool, 2,048 candidates", _MID, (), one_reading_of_x),
    Work("mixture", "mixture of 20 Gaussians (4DS), d = 50", _MID, (), one_reading_of_x, _NUMBERS),
    Work("graph-density", "graph density", (1_000, K10), (ALI,), all_pairs, kernels=("neighbour_graph",)),
    Work("average-linkage", "average linkage, 100 groups", (2_000, K100), (SKL,), None),
    Work("round-robin", "100 of many groups in turn", _BIG, (), one_reading_of_numbers),
    Work(
        "cluster-tree",
        "tree of clusters and its pruning",
        _MID,
        (),
        None,
        kernels=("cluster_tree", "pruning"),
    ),
    Work("reach", "how far an answer speaks", _MID, (), None),
)

_FUTURES = (
    Work(
        "mcpal",
        "probabilistic (McPAL)",
        (1_000, K10, K100),
        (SKA,),
        all_pairs,
        _FUTURE,
        ("ParzenWindow", "probabilistic_gain", "mean_criterion"),
    ),
    Work(
        "eer-bayes",
        "expected error reduction, naive Bayes",
        (300, 1_000, 5_000),
        (SKA, MOD),
        future_of_each_pair,
        _FUTURE,
        ("GaussianBayes", "expected_error_reduction"),
    ),
    Work(
        "eer-parzen",
        "expected error reduction, Parzen",
        (300, 1_000, 5_000),
        (SKA,),
        future_of_each_pair,
        _FUTURE,
        ("ParzenWindow", "expected_error_reduction"),
    ),
    Work(
        "eer-neighbours",
        "expected error reduction, neighbours",
        (300, 1_000, 5_000),
        (),
        future_of_each_pair,
        _FUTURE,
        ("NearestLabels", "expected_error_reduction"),
    ),
    Work(
        "eer-logistic",
        "expected error reduction, logistic",
        (300, 1_000, 5_000),
        (SKA, MOD),
        future_of_each_pair,
        _FUTURE,
        ("LogisticStep", "expected_error_reduction"),
    ),
    Work(
        "voi",
        "value of information, Parzen",
        (300, 1_000),
        (SKA,),
        future_of_each_pair,
        _FUTURE,
        ("expected_error_reduction",),
    ),
    Work(
        "xpal",
        "xPAL: decisions corrected",
        (1_000, 5_000),
        (),
        future_of_each_pair,
        _FUTURE,
        ("expected_decision_gain",),
    ),
    Work(
        "output-change",
        "expected output change, KL",
        (1_000, 5_000),
        (),
        future_of_each_pair,
        _FUTURE,
        ("expected_output_change",),
    ),
    Work(
        "variance-reduction",
        "variance reduction, C d = 100",
        (1_000, 5_000),
        (),
        None,
        Shape(d=10, labelled=50),
    ),
    Work("quire", "QUIRE", (1_000, K100), (SKA, ALI), kernel_of_labelled, Shape(classes=2, batch=1)),
)

_LATER = (
    Work("expected-average-precision", "expected average precision, C = 10", (300, K10), (SKA,)),
    Work("expected-improvement", "expected improvement", _BIG, (), one_reading_of_numbers),
    Work("improvement-chance", "probability of improvement", _BIG, (), one_reading_of_numbers),
    Work("gaussian-information", "BALD of numbers", _BIG, (), one_reading_of_numbers),
    Work("pseudo-labels", "labels that a model believes, C = 10", _BIG, (), logarithms_of_proba),
    Work("bisected", "GALAXY, C = 10", _MID, (), None),
    Work("thresholds", "DIRECT, C = 10", _MID, (), None),
    Work("flip-strength", "ALFA-Mix, C = 10", _MID, (), one_reading_of_x),
    Work(
        "cost-embedding",
        "cost embedding (ALCE), C = 10",
        _ALL,
        (SKA,),
        one_reading_of_x,
        kernels=("class_places",),
    ),
    Work("density-weighted", "DWUS, 20 clusters", _MID, (), one_reading_of_x),
    Work("hinted", "hinted support vectors, 100 hints", _MID, (), kernel_of_labelled, Shape(classes=2)),
    Work(
        "core-set-again",
        "core-set, the next question of a round",
        _BIG,
        (SKA,),
        one_reading_of_x,
        Shape(batch=1),
        ("nearness", "k_center"),
    ),
    Work(
        "expected-variance-reduction",
        "expected variance reduction, d = 50",
        (300, 5_000),
        (SKA,),
        all_pairs,
        _FUTURE,
        ("PosteriorVariance",),
    ),
    Work(
        "eer-least-squares",
        "expected error reduction, least squares",
        (1_000, 5_000),
        (),
        future_of_each_pair,
        _FUTURE,
        ("LeastSquares", "expected_error_reduction"),
    ),
)

_SETS = (
    Work("binary-minimum", "several classes an item: binary minimum", _BIG, (), one_reading_of_proba),
    Work("max-loss", "... largest loss", _BIG, (), one_reading_of_proba),
    Work("mean-max-loss", "... mean largest loss", _BIG, (), one_reading_of_proba),
    Work("max-loss-reduction", "... MMC", _BIG, (), one_reading_of_proba),
    Work("min-confidence", "... least confidence of a class", _BIG, (), one_reading_of_proba),
    Work("average-confidence", "... mean confidence", _BIG, (), one_reading_of_proba),
    Work("max-score", "... largest score", _BIG, (), one_reading_of_proba),
    Work("average-score", "... mean score", _BIG, (), one_reading_of_proba),
    Work("cardinality-inconsistency", "... odd size (LCI)", _BIG, (), one_reading_of_proba),
    Work("adaptive", "... adaptive", _BIG, (), one_reading_of_proba),
    Work("cvirs", "... CVIRS", _MID, (), one_reading_of_proba),
    Work("audi", "... item and class (AUDI)", _BIG, (), one_reading_of_proba),
)

WORKS: dict[str, Work] = {
    work.name: work for work in (*_SCORES, *_SPREAD, *_GROUPS, *_FUTURES, *_LATER, *_SETS)
}

# Kernels that are no step of a query over a pool, or only a name for one that is timed.
UNTIMED = {
    "ClusterTree": "what cluster_tree returns",
    "Clusters": "what kmeans returns",
    "Falling": "the search inside the greedy kernels",
    "Measured": "a table whose lengths are known, for what is timed as core-set-again",
    "Nearness": "what nearness returns",
    "NeighbourGraph": "what neighbour_graph returns",
    "Forest": "trees as arrays, of a model that LAL ships",
    "Mixture": "what mixture returns",
    "capped_quadratic": "the programme inside matching_batch",
    "leaf_turns": "of the leaves of a tree, not of a pool",
    "mean_error": "a mean of entropies, which are timed",
    "interval_at_any_look": "of two counts, not of a pool",
}


def kernels_timed() -> set[str]:
    """The names in querist.kernels that some work runs."""
    named = {name for work in WORKS.values() for name in work.kernels}
    return named | {work.name.replace("-", "_") for work in WORKS.values()}
