"""Logistic regressions for the numbers that the product keeps: small, and none with a weight of the wrong sign."""

import numpy as np
from numpy.typing import NDArray


def logistic(features: NDArray[np.float64], labels: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Logistic regression with an L2 penalty of 1 on standardised features, by Newton's method; the bias comes first.

    `features` are (cases, features), `labels` (cases,); the weights are (1 + features,).
    """
    mean, spread = features.mean(axis=0), features.std(axis=0) + 1e-12
    inputs = np.hstack([np.ones((len(features), 1)), (features - mean) / spread])
    weights = np.zeros(inputs.shape[1])
    penalty = np.diag([0.0] + [1.0] * features.shape[1])
    for _ in range(30):
        probability = 1 / (1 + np.exp(-inputs @ weights))
        gradient = inputs.T @ (probability - labels) + penalty @ weights
        curvature = (inputs * (probability * (1 - probability))[:, None]).T @ inputs + penalty
        weights -= np.linalg.solve(curvature, gradient)
    plain_weights = weights[1:] / spread
    return np.concatenate([[weights[0] - plain_weights @ mean], plain_weights])


def signed(features: NDArray[np.float64], labels: NDArray[np.bool_], signs: NDArray[np.float64]) -> NDArray[np.float64]:
    """The regression with no weight of the wrong sign: features that say the same are not played off against each other.

    `signs` are 1 or -1 for each feature. The feature whose weight is furthest on the wrong side gets none, and the others are fitted
    anew, until there is no such feature.
    """
    kept = np.arange(features.shape[1])
    while True:
        found = logistic(features[:, kept], labels)
        wrong = found[1:] * signs[kept] * features[:, kept].std(axis=0)
        if not len(kept) or wrong.min() >= 0:
            break
        kept = np.delete(kept, wrong.argmin())
    weights = np.zeros(features.shape[1] + 1)
    weights[0], weights[kept + 1] = found[0], found[1:]
    return weights
