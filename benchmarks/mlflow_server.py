"""MLflow's scoring server with boosted trees of the embedded sample: what `service.py --mlflow PYTHON` measures beside ours.

PYTHON is the interpreter of an environment of its own (`pip install mlflow`, 3.17 was measured)::

    PYTHON benchmarks/mlflow_server.py TABLE PORT        trains, saves, then serves until it is ended
"""

import os
import sys
import tempfile
from pathlib import Path

import mlflow.sklearn
import pandas as pd
from sklearn.compose import make_column_transformer
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OrdinalEncoder

frame = pd.read_csv(sys.argv[1], sep=";")
inputs, outcome = frame.drop(columns="y"), frame["y"]
texts = list(inputs.select_dtypes(exclude="number").columns)
codes = OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1)
model = make_pipeline(
    make_column_transformer((codes, texts), remainder="passthrough"), HistGradientBoostingClassifier()
)
folder = Path(tempfile.mkdtemp(), "model")
os.environ["PATH"] = (
    f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"  # the server looks for uvicorn there
)
mlflow.sklearn.save_model(
    model.fit(inputs, outcome), folder, pyfunc_predict_fn="predict_proba", serialization_format="cloudpickle"
)
os.execv(
    sys.executable,
    [sys.executable, "-m", "mlflow", "models", "serve", "-m", str(folder), "--env-manager", "local", "-p", sys.argv[2]],
)
