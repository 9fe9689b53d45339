"""querist's side of the selection benchmark: for each work a call of the public kernels, to be timed."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import ours_ahead
import ours_of_sets
from inputs import Inputs

from querist import kernels as k

Query = Callable[[], Any]


def query(work: str, given: Inputs) -> Query:
    """What is timed: everything that one query needs, from arrays to row numbers or scores."""
    return QUERIES[work](given)


def _best_by(score: Callable[..., Any], *parts: str) -> Callable[[Inputs], Query]:
    """The batch of the largest scores: one pass, one partition."""

    def prepared(given: Inputs) -> Query:
        arrays = [getattr(given, part) for part in parts]
        return lambda: k.top(score(*arrays), given.shape.batch)

    return prepared


def _spread(select: Callable[..., Any], **options: Any) -> Callable[[Inputs], Query]:
    """A batch unlike the labelled rows and unlike itself."""

    def prepared(given: Inputs) -> Query:
        x, n = given.x, given.shape.batch
        return lambda: select(x, n, taken=given.known, rows=given.rows, **options)

    return prepared


def _plain(select: Callable[..., Any], **options: Any) -> Callable[[Inputs], Query]:
    """A batch out of all rows, labels unread."""

    def prepared(given: Inputs) -> Query:
        x, n = given.x, given.shape.batch
        return lambda: select(x, n, **options)

    return prepared


def _epig(given: Inputs) -> Query:
    targets = given.draws[:, given.known].copy()
    draws = given.draws
    return lambda: k.top(k.epig(draws, targets), given.shape.batch)


def _batch_bald(given: Inputs) -> Query:
    draws = given.draws
    return lambda: k.batch_bald(draws, given.shape.batch, rng=given.rng())


def _gradient_length(given: Inputs) -> Query:
    proba, x = given.proba, given.x
    return lambda: k.top(k.expected_gradient_length(proba, x), given.shape.batch)


def _model_change(given: Inputs) -> Query:
    guesses, x = given.guesses, given.x
    return lambda: k.top(k.expected_model_change(guesses, x), given.shape.batch)


def _top(given: Inputs) -> Query:
    scores = given.lots
    return lambda: k.top(scores, given.shape.batch)


def _gumbel(given: Inputs) -> Query:
    logs, lots = np.log(given.doubt + 1e-9), given.lots
    return lambda: k.gumbel_top(logs, given.shape.batch, lots)


def _uniform(given: Inputs) -> Query:
    ids = list(range(given.n))
    return lambda: k.uniform(k.keys_of(ids), 0)


def _priority(given: Inputs) -> Query:
    lots, weights = given.lots, given.doubt
    return lambda: k.priority_sample(lots, min(10_000, given.n // 2), weights=weights)


def _falcun(given: Inputs) -> Query:
    proba, doubt = given.proba, given.doubt
    return lambda: k.falcun(proba, doubt, given.shape.batch, rng=given.rng())


def _k_means_plus_plus(given: Inputs) -> Query:
    x = given.x
    return lambda: k.kmeans_plus_plus(
        x, given.shape.batch, taken=given.known, rows=given.rows, rng=given.rng()
    )


def _badge(given: Inputs) -> Query:
    x, proba = given.x, given.proba

    def picked() -> Any:
        slope = proba.copy()
        slope[np.arange(len(slope)), slope.argmax(axis=1)] -= 1
        measured = k.Measured(x)
        first = k.top(measured.squares * np.einsum("ij,ij->i", slope, slope), 1)
        near = k.nearness(measured, first)
        return k.kmeans_plus_plus(near, given.shape.batch - 1, factors=slope, rng=given.rng())

    return picked


def _lightweight(given: Inputs) -> Query:
    x, lots = given.x, given.lots
    return lambda: k.lightweight_coreset(x, given.shape.batch, chance=lots)


def _radius(given: Inputs) -> float:
    """What lies within it of the median row is a two-hundredth of the pool."""
    return k.reach(given.x, 0.005)


def _covering(similarity: str, *, weighted: bool = False) -> Callable[[Inputs], Query]:
    def prepared(given: Inputs) -> Query:
        return partial(
            k.greedy_coverage,
            given.x,
            given.shape.batch,
            similarity=similarity,
            radius=1.0 if similarity == "cosine" else _radius(given),
            taken=given.known,
            rows=given.rows,
            weights=given.doubt if weighted else None,
        )

    return prepared


def _covering_again(
    similarity: str, *, narrower: float = 1.0, weighted: bool = False
) -> Callable[[Inputs], Query]:
    """What was worked out for the question before is there already, by other doubts and a wider radius."""

    def prepared(given: Inputs) -> Query:
        radius = 1.0 if similarity == "cosine" else _radius(given)
        before, now = (given.doubt, given.lots) if weighted else (None, None)
        covering = k.Covering(given.x, similarity=similarity, radius=radius)
        named = {"rows": given.rows, "n": given.shape.batch}
        picks, _ = k.greedy_coverage(covering, taken=given.known, weights=before, **named)
        known, taken = covering.known, np.concatenate([given.known, picks])

        def picked() -> Any:
            next_one = covering if narrower == 1 else covering.with_radius(radius * narrower)
            next_one.known = known
            return k.greedy_coverage(next_one, taken=taken, weights=now, **named)

        return picked

    return prepared


def _pure_radius(given: Inputs) -> Query:
    return partial(k.pure_radius, given.x, given.group)


def _query_information(given: Inputs) -> Query:
    return partial(k.query_information, given.x, given.shape.batch, given.known, rows=given.rows)


def _ranked(given: Inputs) -> Query:
    return partial(
        k.ranked_batch, given.x, given.doubt, given.shape.batch, taken=given.known, rows=given.rows
    )


def _greedy_sampling(given: Inputs) -> Query:
    outputs = given.numbers[:, None]
    return partial(k.greedy_sampling, given.x, outputs, given.shape.batch, taken=given.known, rows=given.rows)


def _dcom(given: Inputs) -> Query:
    x, said = given.x, given.group
    most = k.pure_radius(x[:1_000], said[:1_000])

    def picked() -> Any:
        radii, covered = k.ball_radii(x, said, x[given.known], said[given.known], purity=0.5, most=most)
        radius = float(radii.mean()) or most
        return k.mixed_coverage(
            x, given.shape.batch, radius=radius, worth=given.doubt, share=0.5, covered=covered
        )

    return picked


def _k_means(given: Inputs) -> Query:
    x, clusters = given.x, given.shape.batch + given.shape.labelled
    return lambda: k.kmeans(x, clusters, given.rng(), rounds=20, tolerance=0.0)


def _k_medoids(given: Inputs) -> Query:
    x = given.x
    return lambda: k.kmedoids(x, given.shape.batch, given.rng())


def _typiclust(given: Inputs) -> Query:
    x, n = given.x, given.shape.batch

    def picked() -> Any:
        clusters = k.kmeans(x, min(n + len(given.known), 500), given.rng())
        return k.typical_of_clusters(x, clusters.of, n, taken=given.known, rows=given.rows)

    return picked


def _clue(given: Inputs) -> Query:
    x, proba = given.x, given.proba

    def picked() -> Any:
        clusters = k.kmeans(x, given.shape.batch, given.rng(), weights=k.entropy(proba))
        return k.representatives(clusters)

    return picked


def _drop_query(given: Inputs) -> Query:
    """Three looks with three quarters of the features withheld, and groups of what changes."""
    x = given.x
    weights = given.rng(20).standard_normal((given.shape.d, given.shape.classes), dtype=np.float32)

    def picked() -> Any:
        guess, changes = (x @ weights).argmax(axis=1), np.zeros(len(x), dtype=np.intp)
        rng = given.rng(21)
        for start in range(0, len(x), 4_096):
            part = x[start : start + 4_096]
            for _ in range(3):
                seen = np.where(rng.random(part.shape, dtype=np.float32) >= 0.75, part, np.float32(0))
                changes[start : start + 4_096] += (seen @ weights).argmax(axis=1) != guess[
                    start : start + 4_096
                ]
        torn = np.flatnonzero(changes > 1.5)
        groups = k.kmeans(x[torn], min(given.shape.batch, len(torn)), rng)
        return torn[k.representatives(groups)]

    return picked


def _typicality(given: Inputs) -> Query:
    return partial(k.typicality, given.x)


def _nearest(given: Inputs) -> Query:
    return partial(k.nearest, given.x, 10)


def _around(given: Inputs) -> Query:
    return partial(k.around, given.x, 10, of=given.known, rows=given.rows)


def _contrast(given: Inputs) -> Query:
    x, proba = given.x, given.proba[given.rows]
    said = given.proba[given.known]
    return lambda: k.top(k.contrast(x, proba, said, known=given.known, rows=given.rows), given.shape.batch)


def _cosine_density(given: Inputs) -> Query:
    return partial(k.cosine_density, given.x)


def _euclidean_density(given: Inputs) -> Query:
    return partial(k.euclidean_density, given.x)


def _matching_batch(given: Inputs) -> Query:
    x, rows = given.x, given.rows[given.rng(22).permutation(len(given.rows))[:2048]]
    targets = 2 * np.eye(given.shape.classes)[given.labels[given.known]] - 1
    radius = k.reach(given.x[:2048], 0.5)
    return lambda: k.matching_batch(
        x, given.shape.batch, labelled=given.known, targets=targets, rows=rows, radius=radius
    )


def _mixture(given: Inputs) -> Query:
    x = given.x
    return lambda: k.mixture(x, 20, given.rng(23))


def _average_linkage(given: Inputs) -> Query:
    x = given.x
    return lambda: k.average_linkage(x, given.shape.batch, given.rng())


def _round_robin(given: Inputs) -> Query:
    groups, lots = given.group, given.lots
    return lambda: k.round_robin(groups, given.shape.batch, lots)


def _cluster_tree(given: Inputs) -> Query:
    x, of = given.x, np.full(given.n, -1)
    of[given.known] = given.labels[given.known]
    return lambda: k.pruning(k.cluster_tree(x), of)


def _reach(given: Inputs) -> Query:
    return partial(k.reach, given.x, 0.5)


QUERIES: dict[str, Callable[[Inputs], Query]] = {
    "least-confidence": _best_by(k.least_confidence, "proba"),
    "margin": _best_by(k.margin, "proba"),
    "entropy": _best_by(k.entropy, "proba"),
    "confidence-ratio": _best_by(k.confidence_ratio, "proba"),
    "margin-100": _best_by(k.margin, "proba"),
    "entropy-100": _best_by(k.entropy, "proba"),
    "expected-cost": _best_by(k.expected_cost, "proba", "costs"),
    "cost-margin": _best_by(k.cost_margin, "proba", "costs"),
    "boundary": _best_by(k.boundary, "logits"),
    "epistemic": _best_by(k.epistemic, "frequencies"),
    "vote-entropy": _best_by(k.vote_entropy, "draws"),
    "variation-ratio": _best_by(k.variation_ratio, "draws"),
    "consensus-entropy": _best_by(k.consensus_entropy, "draws"),
    "max-kl": _best_by(k.max_kl, "draws"),
    "mean-kl": _best_by(k.bald, "draws"),
    "mean-std": _best_by(k.mean_std, "draws"),
    "variance-of-draws": _best_by(k.variance_of_draws, "guesses"),
    "bald": _best_by(k.bald, "draws"),
    "epig": _epig,
    "batch-bald": _batch_bald,
    "expected-gradient-length": _gradient_length,
    "expected-model-change": _model_change,
    "top": _top,
    "gumbel-top": _gumbel,
    "uniform": _uniform,
    "priority-sample": _priority,
    "falcun": _falcun,
    "core-set": _spread(k.k_center),
    "core-set-1000": _spread(k.k_center),
    "k-means-plus-plus": _k_means_plus_plus,
    "badge": _badge,
    "badge-100": _badge,
    "lcmd": _spread(k.lcmd),
    "max-det": _spread(k.max_det),
    "bait": _spread(k.bait),
    "frank-wolfe": _plain(k.frank_wolfe),
    "lightweight-core-set": _lightweight,
    "graph-cut": _plain(k.graph_cut),
    "facility-location": _covering("cosine"),
    "facility-location-10": _covering("cosine"),
    "facility-location-again": _covering_again("cosine"),
    "max-herding": _covering("gaussian"),
    "max-herding-again": _covering_again("gaussian", narrower=0.98),
    "uncertainty-herding": _covering("gaussian", weighted=True),
    "uncertainty-herding-again": _covering_again("gaussian", weighted=True),
    "prob-cover": _covering("ball"),
    "pure-radius": _pure_radius,
    "query-information": _query_information,
    "ranked-batch": _ranked,
    "discriminative": _spread(k.discriminative),
    "gsx": _spread(k.k_center),
    "igs": _greedy_sampling,
    "mixed-coverage": _dcom,
    "k-means": _k_means,
    "k-medoids": _k_medoids,
    "typiclust": _typiclust,
    "clue": _clue,
    "drop-query": _drop_query,
    "typicality": _typicality,
    "nearest": _nearest,
    "around": _around,
    "contrast": _contrast,
    "cosine-density": _cosine_density,
    "euclidean-density": _euclidean_density,
    "matching-batch": _matching_batch,
    "mixture": _mixture,
    "graph-density": _spread(k.graph_density),
    "average-linkage": _average_linkage,
    "round-robin": _round_robin,
    "cluster-tree": _cluster_tree,
    "reach": _reach,
    **ours_ahead.QUERIES,
    **ours_of_sets.QUERIES,
}
