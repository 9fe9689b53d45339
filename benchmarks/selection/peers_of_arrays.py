"""Peers whose selection takes arrays: committees, points, kernels; each imported when it is called."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from inputs import Inputs

Query = Callable[[], Any]


# ------------------------------------------------------------ scikit-activeml, its functions of arrays


def _ska_committee(name: str) -> Callable[[Inputs], Query]:
    def prepared(given: Inputs) -> Query:
        from skactiveml import pool
        from skactiveml.utils import simple_batch

        draws, n, classes = given.draws, given.shape.batch, np.arange(given.shape.classes)
        scores: dict[str, Callable[[], Any]] = {
            "mean-kl": lambda: pool.average_kl_divergence(draws),
            "vote-entropy": lambda: pool.vote_entropy(draws.argmax(axis=2).T, classes=classes),
            "variation-ratio": lambda: pool.variation_ratios(draws.argmax(axis=2).T),
        }
        return lambda: simple_batch(scores[name](), batch_size=n, random_state=0)

    return prepared


def _ska_batch_bald(given: Inputs) -> Query:
    from skactiveml import pool

    draws = given.draws  # 20 joint answers, one a member, would be drawn if nothing were said
    return lambda: pool.batch_bald(draws, given.shape.batch, n_MC_samples=10_000, random_state=0)


def _ska_top(given: Inputs) -> Query:
    from skactiveml.utils import simple_batch

    scores = given.lots
    return lambda: simple_batch(scores, batch_size=given.shape.batch, random_state=0)


# ------------------------------------------------------------ torch: baal, batchbald_redux, bmdal_reg


def _baal(heuristic: str, **options: Any) -> Callable[[Inputs], Query]:
    """Its heuristics take (n, C) or (n, C, K) and rank all rows."""

    def prepared(given: Inputs) -> Query:
        from baal.active import heuristics

        one = getattr(heuristics, heuristic)(**options)
        of_members = heuristic in ("BALD", "BatchBALD", "EPIG")
        table = np.ascontiguousarray(given.draws.transpose(1, 2, 0)) if of_members else given.proba
        return lambda: one(table)[: given.shape.batch]

    return prepared


def _baal_batch_bald(given: Inputs) -> Query:
    return _baal("BatchBALD", num_samples=given.shape.batch)(given)


def _baal_epig(given: Inputs) -> Query:
    from baal.active.heuristics import EPIG

    draws = np.ascontiguousarray(given.draws.transpose(1, 2, 0))
    targets = np.ascontiguousarray(given.draws[:, given.known].transpose(1, 2, 0))
    heuristic = EPIG()
    return lambda: heuristic.compute_score(draws, targets)


def _redux(batch: str) -> Callable[[Inputs], Query]:
    def prepared(given: Inputs) -> Query:
        import torch
        from batchbald_redux import batchbald

        logs = torch.from_numpy(np.log(given.draws.transpose(1, 0, 2) + 1e-12).astype(np.float64))
        if batch == "bald":
            return lambda: batchbald.get_bald_batch(logs, given.shape.batch)
        return lambda: batchbald.get_batchbald_batch(logs, given.shape.batch, 10_000)

    return prepared


def _bmdal(method: str) -> Callable[[Inputs], Query]:
    """Linear kernel on the features as they are, the labelled rows as its training set."""

    def prepared(given: Inputs) -> Query:
        import torch
        from bmdal_reg.bmdal.algorithms import select_batch
        from bmdal_reg.bmdal.feature_data import TensorFeatureData

        x = torch.from_numpy(given.x)
        data = {
            "train": TensorFeatureData(x[: len(given.known)]),
            "pool": TensorFeatureData(x[len(given.known) :]),
        }
        numbers = torch.from_numpy(given.numbers[given.known])[:, None]
        with_train = method not in ("bait", "fw")
        transforms = [] if with_train else [("train", [0.1, None])]
        return lambda: select_batch(
            batch_size=given.shape.batch,
            models=[torch.nn.Linear(x.shape[1], 1)],
            data=data,
            y_train=numbers,
            base_kernel="linear",
            kernel_transforms=transforms,
            selection_method=method,
            sel_with_train=with_train,
            overselection_factor=2.0 if method == "bait" else 1.0,
            bait_sigma=0.1,
            maxdet_sigma=0.1,
        )

    return prepared


# ------------------------------------------------------------ apricot, scikit-learn, faiss


def _apricot(name: str, metric: str) -> Callable[[Inputs], Query]:
    def prepared(given: Inputs) -> Query:
        import apricot

        x = given.x.astype(np.float64)
        selection = getattr(apricot, name)
        return lambda: selection(given.shape.batch, metric=metric, random_state=0).fit(x).ranking

    return prepared


def _sklearn_k_means(given: Inputs) -> Query:
    from sklearn.cluster import KMeans

    x, clusters = given.x, given.shape.batch + given.shape.labelled
    return lambda: KMeans(clusters, n_init=1, max_iter=20, tol=0.0, random_state=0).fit(x)


def _sklearn_nearest(given: Inputs) -> Query:
    from sklearn.neighbors import NearestNeighbors

    x = given.x
    return lambda: NearestNeighbors(n_neighbors=10, algorithm="brute").fit(x).kneighbors()


def _sklearn_around(given: Inputs) -> Query:
    from sklearn.neighbors import NearestNeighbors

    x, some = given.x[given.rows], given.x[given.known]
    return lambda: NearestNeighbors(n_neighbors=10, algorithm="brute").fit(x).kneighbors(some)


def _sklearn_linkage(given: Inputs) -> Query:
    from sklearn.cluster import AgglomerativeClustering

    x = given.x
    return lambda: AgglomerativeClustering(given.shape.batch, linkage="average").fit(x)


def _faiss_k_means(given: Inputs) -> Query:
    import faiss

    x, clusters = given.x, given.shape.batch + given.shape.labelled
    every = given.n // clusters + 1  # faiss would take a sample otherwise

    def trained() -> Any:
        return faiss.Kmeans(x.shape[1], clusters, niter=20, max_points_per_centroid=every).train(x)

    return trained


# ------------------------------------------------------------ modAL and small-text, their functions of arrays


def _modal_density(metric: str) -> Callable[[Inputs], Query]:
    def prepared(given: Inputs) -> Query:
        from modAL.density import information_density

        x = given.x
        return lambda: information_density(x, metric)

    return prepared


def _small_core_set(given: Inputs) -> Query:
    from small_text.query_strategies import greedy_coreset

    x = given.x
    return lambda: greedy_coreset(x, given.rows, given.known, given.shape.batch, distance_metric="euclidean")


def _small_lightweight(given: Inputs) -> Query:
    from small_text.query_strategies import lightweight_coreset

    x = given.x
    return lambda: lightweight_coreset(x, x.mean(axis=0), given.shape.batch)


# ------------------------------------------------------------ ALiPy, told what the model says


def _alipy_uncertainty(measure: str) -> Callable[[Inputs], Query]:
    def prepared(given: Inputs) -> Query:
        from alipy.query_strategy import QueryInstanceUncertainty

        proba = given.proba.astype(np.float64)
        strategy = QueryInstanceUncertainty(measure=measure)
        rows = np.arange(given.n)
        return lambda: strategy.select_by_prediction_mat(rows, proba, batch_size=given.shape.batch)

    return prepared


def _alipy_committee(disagreement: str) -> Callable[[Inputs], Query]:
    def prepared(given: Inputs) -> Query:
        from alipy.query_strategy import QueryInstanceQBC

        members = [member.astype(np.float64) for member in given.draws]
        if disagreement == "vote_entropy":
            members = [member.argmax(axis=1) for member in members]
        strategy = QueryInstanceQBC(disagreement=disagreement)
        rows = np.arange(given.n)
        return lambda: strategy.select_by_prediction_mat(rows, members, batch_size=given.shape.batch)

    return prepared


def _alipy(name: str, **options: Any) -> Callable[[Inputs], Query]:
    def prepared(given: Inputs) -> Query:
        from alipy import query_strategy

        made = getattr(query_strategy, name)
        x, labels, every = given.x, given.labels, np.arange(given.n)
        if name == "QueryInstanceQUIRE":
            labels = np.where(labels == 1, 1, -1)

        def picked() -> Any:
            strategy = made(x, labels, every, **options)
            if name == "QueryInstanceQUIRE":
                return strategy.select(given.known, given.rows)
            return strategy.select(given.known, given.rows, batch_size=given.shape.batch)

        return picked

    return prepared


QUERIES: dict[str, dict[str, Callable[[Inputs], Query]]] = {
    "scikit-activeml": {
        **{name: _ska_committee(name) for name in ("mean-kl", "vote-entropy", "variation-ratio")},
        "bald": _ska_committee("mean-kl"),
        "batch-bald": _ska_batch_bald,
        "top": _ska_top,
    },
    "baal": {
        "least-confidence": _baal("Certainty"),
        "margin": _baal("Margin"),
        "entropy": _baal("Entropy"),
        "bald": _baal("BALD"),
        "batch-bald": _baal_batch_bald,
        "epig": _baal_epig,
    },
    "batchbald_redux": {"bald": _redux("bald"), "batch-bald": _redux("batchbald")},
    "bmdal_reg": {
        "core-set": _bmdal("maxdist"),
        "k-means-plus-plus": _bmdal("kmeanspp"),
        "lcmd": _bmdal("lcmd"),
        "max-det": _bmdal("maxdet"),
        "bait": _bmdal("bait"),
        "frank-wolfe": _bmdal("fw"),
    },
    "apricot": {
        "facility-location": _apricot("FacilityLocationSelection", "cosine"),
        "graph-cut": _apricot("GraphCutSelection", "cosine"),
    },
    "scikit-learn": {
        "k-means": _sklearn_k_means,
        "nearest": _sklearn_nearest,
        "around": _sklearn_around,
        "average-linkage": _sklearn_linkage,
    },
    "faiss": {"k-means": _faiss_k_means},
    "modAL": {
        "cosine-density": _modal_density("cosine"),
        "euclidean-density": _modal_density("euclidean"),
    },
    "small-text": {"core-set": _small_core_set, "lightweight-core-set": _small_lightweight},
    "ALiPy": {
        "least-confidence": _alipy_uncertainty("least_confident"),
        "margin": _alipy_uncertainty("margin"),
        "entropy": _alipy_uncertainty("entropy"),
        "vote-entropy": _alipy_committee("vote_entropy"),
        "mean-kl": _alipy_committee("KL_divergence"),
        "core-set": _alipy("QueryInstanceCoresetGreedy"),
        "graph-density": _alipy("QueryInstanceGraphDensity"),
        "quire": _alipy("QueryInstanceQUIRE"),
    },
}
