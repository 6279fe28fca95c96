"""Train a model that says, before a flight leaves, whether it will come late."""

from pathlib import Path

import pandas as pd
import skops.io
from sklearn.compose import make_column_transformer
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.metrics import accuracy_score, f1_score, precision_score, recall_score, roc_auc_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OrdinalEncoder

CATEGORIES = ["carrier", "origin", "dest", "maker"]


def execute(flights_joined, test_from="2013-10-01"):
    """Takes the joined flights; trains on those before ``test_from`` and is measured on those after.

    A random split would let the model look at the same storm from both sides.
    """
    later = flights_joined["time_hour"] >= pd.Timestamp(test_from, tz="UTC")
    features = flights_joined.drop(columns=["late", "time_hour"])
    late = flights_joined["late"]
    model = _model()
    model.fit(features[~later], late[~later])
    likely = model.predict_proba(features[later])[:, 1]

    Path("models").mkdir(exist_ok=True)
    skops.io.dump(model, "models/delay.skops")

    metrics = _metrics(late[later], likely)
    print(f"trained on {(~later).sum():,} flights, tested on {later.sum():,}: ROC AUC {metrics['roc_auc']:.3f}")
    return {"model_name": "delay", "type_model": "HistGradientBoosting", "metrics": metrics}


def _model():
    encoder = OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1, encoded_missing_value=-1)
    encode = make_column_transformer((encoder, CATEGORIES), remainder="passthrough")
    boosting = HistGradientBoostingClassifier(class_weight="balanced", learning_rate=0.15, max_iter=60, random_state=0)
    return make_pipeline(encode, boosting)


def _metrics(late, likely):
    said = likely > 0.5
    return {
        "roc_auc": float(roc_auc_score(late, likely)),
        "accuracy": float(accuracy_score(late, said)),
        "recall": float(recall_score(late, said)),
        "precision": float(precision_score(late, said)),
        "f1_score": float(f1_score(late, said)),
    }
