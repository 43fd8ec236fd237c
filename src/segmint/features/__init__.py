"""Here, a feature is a number that a model can learn from, made from one column by a learned rule.

What was learned is plain JSON (`CustomerFeatures.state_`); using it needs only NumPy and Polars
(`apply_features`).
"""

from segmint.features.apply import apply_features, feature_blocks, feature_names
from segmint.features.customer_features import CustomerFeatures
from segmint.features.natural import NaturalFeatures

__all__ = ["CustomerFeatures", "NaturalFeatures", "apply_features", "feature_blocks", "feature_names"]
