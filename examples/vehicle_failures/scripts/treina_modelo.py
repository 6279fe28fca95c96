"""Train the main model: will this vehicle have a fault?"""

from pathlib import Path

import skops.io
from sklearn.ensemble import GradientBoostingClassifier
from sklearn.metrics import accuracy_score, f1_score, precision_score, recall_score
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler

ARQUIVO = Path("pipeline/models/principal/model.skops")


def execute(df_merged, test_size=0.2):
    """Takes one row a vehicle: KNR, features, FALHA. Gives the model's name and its metrics on held-out vehicles.

    The scaler is part of the model, so a prediction cannot forget it. The file is skops, not pickle: loading it runs
    no foreign code.
    """
    X = df_merged.drop(columns=["KNR", "FALHA"]).astype("float64")
    y = df_merged["FALHA"]
    X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=test_size, random_state=42, stratify=y)
    model = make_pipeline(MinMaxScaler(), GradientBoostingClassifier(n_estimators=80, random_state=42))
    model.fit(X_train, y_train)
    y_pred = model.predict(X_test)

    ARQUIVO.parent.mkdir(parents=True, exist_ok=True)
    skops.io.dump(model, ARQUIVO)

    metrics = {
        "accuracy": float(accuracy_score(y_test, y_pred)),
        "recall": float(recall_score(y_test, y_pred)),
        "f1_score": float(f1_score(y_test, y_pred)),
        "precision": float(precision_score(y_test, y_pred)),
    }
    print(f"trained on {len(X_train)} vehicles, tested on {len(X_test)}: accuracy {metrics['accuracy']:.3f}")
    return {"model_name": "GradientBoosting", "type_model": "Main Model", "metrics": metrics}
