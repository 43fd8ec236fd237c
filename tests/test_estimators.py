"""Every estimator through scikit-learn's own checks, with nothing expected to fail."""

from __future__ import annotations

import warnings
from typing import Any

import pytest
from sklearn.utils.estimator_checks import check_estimator

from segmint.features.customer_features import CustomerFeatures
from segmint.features.natural import NaturalFeatures
from segmint.models.network import DenseNetworkClassifier
from segmint.models.rivals import CatBoost, LightGBM, TunedKNN, XGBoost

LIGHT = [CustomerFeatures(rare=1), NaturalFeatures(), LightGBM(rounds=20, min_leaf=1), TunedKNN()]
OPTIONAL = [XGBoost(rounds=5), CatBoost(rounds=5)]


def passes(estimator: Any) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        check_estimator(estimator, on_skip=None)


@pytest.mark.parametrize("estimator", [*LIGHT, *OPTIONAL], ids=lambda estimator: type(estimator).__name__)
def test_est_01_features_and_rivals_pass(estimator: Any) -> None:
    passes(estimator)


@pytest.mark.slow
@pytest.mark.network
def test_est_01_the_network_passes() -> None:
    passes(DenseNetworkClassifier((16,), epochs=40, learning_rate=2e-2, random_state=0))
