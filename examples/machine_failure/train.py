from pathlib import Path

import skops.io
from sklearn.ensemble import RandomForestClassifier
from sklearn.metrics import f1_score, precision_score, recall_score
from sklearn.model_selection import train_test_split


def execute(features, trees=100):
    X, y = features.drop(columns="failure"), features["failure"]
    X_train, X_test, y_train, y_test = train_test_split(X, y, stratify=y, random_state=0)
    model = RandomForestClassifier(trees, class_weight="balanced_subsample", min_samples_leaf=3, random_state=0)
    said = model.fit(X_train, y_train).predict(X_test)

    Path("models").mkdir(exist_ok=True)
    skops.io.dump(model, "models/machine_failure.skops")

    metrics = {
        "recall": recall_score(y_test, said),
        "precision": precision_score(y_test, said),
        "f1_score": f1_score(y_test, said),
    }
    return {"model_name": "machine_failure", "metrics": metrics}
