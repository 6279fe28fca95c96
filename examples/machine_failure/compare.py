import pandas as pd
from features import execute as add_features
from prepare import execute as prepare
from sklearn.ensemble import RandomForestClassifier
from sklearn.model_selection import cross_val_score

from pauta import flow, task, unmapped


@task
def load(csv: str) -> pd.DataFrame:
    return add_features(prepare(pd.read_csv(csv)))


@task(retries=1)
def score(features: pd.DataFrame, trees: int) -> float:
    model = RandomForestClassifier(trees, class_weight="balanced_subsample", min_samples_leaf=3, random_state=0)
    scores = cross_val_score(model, features.drop(columns="failure"), features["failure"], cv=3, scoring="f1")
    return float(scores.mean())


@flow
def compare(csv: str, forests: list[int] = [10, 20, 40], enough: float = 0.01) -> int:
    features = load(csv)
    scores = score.map(unmapped(features), forests).result()
    chosen = next(trees for trees, one in zip(forests, scores, strict=True) if one > max(scores) - enough)
    print(f"{chosen} trees are enough")
    return chosen
