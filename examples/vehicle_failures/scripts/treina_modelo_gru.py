"""Train the main model as a recurrent network (GRU) with Keras: pip install 'pauta[keras]'."""

from pathlib import Path

import keras
import numpy as np
from sklearn.metrics import accuracy_score, f1_score, precision_score, recall_score
from sklearn.model_selection import train_test_split

ARQUIVO = Path("pipeline/models/principal/model.keras")


def execute(df_merged, epochs=15):
    """Takes one row a vehicle: KNR, features, FALHA. Gives the model's name and its metrics on held-out vehicles.

    The network reads the features as a sequence, one number at a time. Scaling is its first layer, so the file holds
    all that a prediction needs.
    """
    keras.utils.set_random_seed(42)
    X = df_merged.drop(columns=["KNR", "FALHA"]).to_numpy(dtype="float32")
    y = df_merged["FALHA"].to_numpy()
    X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=0.2, random_state=42, stratify=y)
    model = _rede(X_train)
    for epoca in range(epochs):
        perda = model.fit(X_train, y_train, batch_size=32, verbose=0).history["loss"][-1]
        print(f"epoch {epoca + 1} of {epochs}: loss {perda:.4f}")
    y_pred = (model.predict(X_test, verbose=0) > 0.5).astype(int).flatten()

    ARQUIVO.parent.mkdir(parents=True, exist_ok=True)
    model.save(ARQUIVO)

    metrics = {
        "accuracy": float(accuracy_score(y_test, y_pred)),
        "recall": float(recall_score(y_test, y_pred)),
        "f1_score": float(f1_score(y_test, y_pred)),
        "precision": float(precision_score(y_test, y_pred)),
    }
    return {"model_name": "GRU", "type_model": "Main Model", "metrics": metrics}


def _rede(X_train):
    menor, maior = X_train.min(axis=0), X_train.max(axis=0)
    amplitude = np.where(maior > menor, maior - menor, 1.0)
    model = keras.Sequential(
        [
            keras.Input(shape=(X_train.shape[1],)),
            keras.layers.Normalization(mean=menor, variance=amplitude**2),
            keras.layers.Reshape((X_train.shape[1], 1)),
            keras.layers.GRU(50, return_sequences=True),
            keras.layers.GRU(50),
            keras.layers.Dense(1, activation="sigmoid"),
        ]
    )
    model.compile(optimizer=keras.optimizers.Adam(0.005), loss="binary_crossentropy")
    return model
