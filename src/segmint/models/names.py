"""What models are called, in settings and files and to people. Nothing is loaded for it."""

from __future__ import annotations

OURS = "dense_network"

MODEL_LABELS: dict[str, str] = {
    OURS: "Dense network (ours)",
    "lightgbm": "LightGBM",
    "catboost": "CatBoost",
    "xgboost": "XGBoost",
    "gradient_boosting": "Gradient boosting (scikit-learn)",
    "random_forest": "Random forest",
    "logistic": "Logistic regression",
    "knn": "KNN, tuned",
    "knn_5": "KNN, 5 neighbours",
    "base_rate": "Base rate (knows nothing)",
}
MODELS: tuple[str, ...] = tuple(MODEL_LABELS)
