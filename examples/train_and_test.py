"""The classes an analyst reuses for training and testing, on the embedded sample."""

import sys

from segmint import CustomerFeatures, DenseNetworkClassifier, ModelComparison, TensorBoardLog, check, sample_path
from segmint.splits.folds import inner_split
from segmint.splits.groups import row_groups, row_keys

table = check(sample_path(), "bank-marketing")
X, y = table.inputs, table.outcome
fit, test = inner_split(y, row_groups(table), share=0.2, seed=7, keys=row_keys(table))

features = CustomerFeatures(table.features).fit(X[fit])
log = TensorBoardLog(sys.argv[1] if len(sys.argv) > 1 else "runs/example")
network = DenseNetworkClassifier((64, 32), log=log, random_state=7).fit(features.transform(X[fit]), y[fit])
print(f"accuracy on rows kept apart: {network.score(features.transform(X[test]), y[test]):.3f}")

comparison = ModelComparison(["dense_network", "knn_5", "gradient_boosting"], folds=3, random_state=7).run(table)
print(comparison.frame().filter(metric="f1"))
print("\n".join(comparison.conclusion))
