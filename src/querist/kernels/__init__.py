"""The numeric core: pure functions of arrays, in blocks that fit the cache; no model, no pool, no file."""

from querist.kernels.active_testing import (
    expected_losses,
    loss_terms,
    lure,
    lure_weights,
    neyman_allocation,
    stratified_mean,
    surrogate_mean,
    weighted_disagreement,
)
from querist.kernels.agreement import cohen_kappa, f_between
from querist.kernels.around import around
from querist.kernels.balls import ball_radii, mixed_coverage
from querist.kernels.bandits import (
    entropy_gain,
    exp4_weights,
    exp4p_chances,
    exp4p_weights,
    importance_weighted_accuracy,
    thompson_chances,
)
from querist.kernels.bayesian import batch_bald, epig
from querist.kernels.betting import asymptotic_interval, bernstein_interval, betting_interval
from querist.kernels.boundary import boundary
from querist.kernels.capped import capped_quadratic
from querist.kernels.chains import bisected, thresholds
from querist.kernels.chance import keys_of, uniform
from querist.kernels.cluster_tree import ClusterTree, cluster_tree, pruning
from querist.kernels.clustering import Clusters, kmeans, representatives, typicality
from querist.kernels.confidence import interval_at_any_look
from querist.kernels.contrast import contrast
from querist.kernels.coresets import frank_wolfe, graph_cut, lightweight_coreset
from querist.kernels.cost_embedding import class_places, cost_embedding
from querist.kernels.coverage import greedy_sampling, k_center
from querist.kernels.covering import Covering
from querist.kernels.decision_gain import expected_decision_gain
from querist.kernels.density import cosine_density, euclidean_density
from querist.kernels.density_weighted import density_weighted
from querist.kernels.determinant import max_det
from querist.kernels.disagreement import (
    bald,
    consensus_entropy,
    max_kl,
    mean_std,
    variance_of_draws,
    variation_ratio,
    vote_entropy,
)
from querist.kernels.discriminative import discriminative
from querist.kernels.epistemic import epistemic
from querist.kernels.expected_change import expected_gradient_length, expected_model_change, lengths
from querist.kernels.expected_cost import cost_margin, expected_cost
from querist.kernels.expected_error import expected_error_reduction, mean_error
from querist.kernels.expected_output_change import expected_output_change
from querist.kernels.falling import Falling
from querist.kernels.fisher import bait
from querist.kernels.forest import Forest
from querist.kernels.future_models import (
    GaussianBayes,
    NearestLabels,
    ParzenWindow,
    mean_criterion,
)
from querist.kernels.gaussian import (
    expected_improvement,
    gaussian_information,
    improvement_chance,
    straddle,
    variance_removed,
)
from querist.kernels.graph import NeighbourGraph, graph_density, neighbour_graph
from querist.kernels.greedy_coverage import greedy_coverage, pure_radius, reach
from querist.kernels.gumbel import gumbel_top
from querist.kernels.hinted import hinted
from querist.kernels.label_sets import (
    adaptive,
    audi,
    cardinality_inconsistency,
    cvirs,
    max_loss_reduction,
)
from querist.kernels.last_layer import (
    LastLayer,
    error_change,
    last_layer,
    possible_gains,
    prior_precision,
)
from querist.kernels.lcmd import lcmd
from querist.kernels.least_squares import LeastSquares, PosteriorVariance, expected_variance_reduction
from querist.kernels.leaves import leaf_turns
from querist.kernels.linkage import average_linkage, round_robin
from querist.kernels.logistic_step import LogisticStep
from querist.kernels.matching import matching_batch
from querist.kernels.medoids import kmedoids
from querist.kernels.mixing import flip_strength
from querist.kernels.mixture import Mixture, mixture
from querist.kernels.multilabel import (
    average_confidence,
    average_score,
    binary_minimum,
    max_loss,
    max_score,
    mean_max_loss,
    min_confidence,
)
from querist.kernels.nearness import Measured, Nearness, nearness
from querist.kernels.neighbours import Points, nearest
from querist.kernels.on_device import is_on_device
from querist.kernels.outer import OuterProducts
from querist.kernels.plus_plus import kmeans_plus_plus
from querist.kernels.precision import expected_average_precision
from querist.kernels.probabilistic import probabilistic_gain
from querist.kernels.pseudo import pseudo_labels
from querist.kernels.quire import quire
from querist.kernels.relevance import falcun, ranked_batch
from querist.kernels.sampling import priority_sample
from querist.kernels.targeted import query_information
from querist.kernels.top import top
from querist.kernels.typical import typical_of_clusters
from querist.kernels.uncertainty import confidence_ratio, entropy, least_confidence, margin
from querist.kernels.variance_reduction import variance_reduction

__all__ = [
    "ClusterTree",
    "Clusters",
    "Covering",
    "Falling",
    "Forest",
    "GaussianBayes",
    "LastLayer",
    "LeastSquares",
    "LogisticStep",
    "Measured",
    "Mixture",
    "NearestLabels",
    "Nearness",
    "NeighbourGraph",
    "OuterProducts",
    "ParzenWindow",
    "Points",
    "PosteriorVariance",
    "adaptive",
    "around",
    "asymptotic_interval",
    "audi",
    "average_confidence",
    "average_linkage",
    "average_score",
    "bait",
    "bald",
    "ball_radii",
    "batch_bald",
    "bernstein_interval",
    "betting_interval",
    "binary_minimum",
    "bisected",
    "boundary",
    "capped_quadratic",
    "cardinality_inconsistency",
    "class_places",
    "cluster_tree",
    "cohen_kappa",
    "confidence_ratio",
    "consensus_entropy",
    "contrast",
    "cosine_density",
    "cost_embedding",
    "cost_margin",
    "cvirs",
    "density_weighted",
    "discriminative",
    "entropy",
    "entropy_gain",
    "epig",
    "epistemic",
    "error_change",
    "euclidean_density",
    "exp4_weights",
    "exp4p_chances",
    "exp4p_weights",
    "expected_average_precision",
    "expected_cost",
    "expected_decision_gain",
    "expected_error_reduction",
    "expected_gradient_length",
    "expected_improvement",
    "expected_losses",
    "expected_model_change",
    "expected_output_change",
    "expected_variance_reduction",
    "f_between",
    "falcun",
    "flip_strength",
    "frank_wolfe",
    "gaussian_information",
    "graph_cut",
    "graph_density",
    "greedy_coverage",
    "greedy_sampling",
    "gumbel_top",
    "hinted",
    "importance_weighted_accuracy",
    "improvement_chance",
    "interval_at_any_look",
    "is_on_device",
    "k_center",
    "keys_of",
    "kmeans",
    "kmeans_plus_plus",
    "kmedoids",
    "last_layer",
    "lcmd",
    "leaf_turns",
    "least_confidence",
    "lengths",
    "lightweight_coreset",
    "loss_terms",
    "lure",
    "lure_weights",
    "margin",
    "matching_batch",
    "max_det",
    "max_kl",
    "max_loss",
    "max_loss_reduction",
    "max_score",
    "mean_criterion",
    "mean_error",
    "mean_max_loss",
    "mean_std",
    "min_confidence",
    "mixed_coverage",
    "mixture",
    "nearest",
    "nearness",
    "neighbour_graph",
    "neyman_allocation",
    "possible_gains",
    "prior_precision",
    "priority_sample",
    "probabilistic_gain",
    "pruning",
    "pseudo_labels",
    "pure_radius",
    "query_information",
    "quire",
    "ranked_batch",
    "reach",
    "representatives",
    "round_robin",
    "straddle",
    "stratified_mean",
    "surrogate_mean",
    "thompson_chances",
    "thresholds",
    "top",
    "typical_of_clusters",
    "typicality",
    "uniform",
    "variance_of_draws",
    "variance_reduction",
    "variance_removed",
    "variation_ratio",
    "vote_entropy",
    "weighted_disagreement",
]
