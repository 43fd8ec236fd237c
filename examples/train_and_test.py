"""Train and test with the classes an analyst reuses: F1 of every model on test rows that no model learned from."""

import sys

import numpy as np

from segmint import CustomerFeatures, DenseNetworkClassifier, ModelComparison, TensorBoardLog, check, sample_path
from segmint.splits.folds import inner_split
from segmint.splits.groups import row_groups, row_keys

# with two tables of your own: train, test = (check(name, "my-bank.toml") for name in ("train.csv", "test.csv"))
table = check(sample_path(), "bank-marketing")
_, kept = inner_split(table.outcome, row_groups(table), share=0.2, seed=7, keys=row_keys(table))
apart = np.isin(np.arange(len(table)), kept)
train, test = table.rows(~apart), table.rows(apart)

features = CustomerFeatures(table.features).fit(train.inputs)
log = TensorBoardLog(sys.argv[1] if len(sys.argv) > 1 else "runs/example")
network = DenseNetworkClassifier((64, 32), log=log, random_state=7).fit(features.transform(train.inputs), train.outcome)
print(f"accuracy on rows kept apart: {network.score(features.transform(test.inputs), test.outcome):.3f}")

models = ModelComparison(["dense_network", "knn_5", "gradient_boosting", "base_rate"], folds=3, random_state=7)
tested = models.run(train, test=test).tested
print(tested.frame().filter(metric="f1").select("model", "value", "low", "high"))
print("\n".join(tested.conclusion))
