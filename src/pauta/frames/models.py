"""Fitted models in their library's own safe format: XGBoost UBJ, skops for scikit-learn, Keras v3.

Which library made a value is told from its classes, so nothing is imported that the script did not import.
A model that only a pickle could hold is refused.
"""

from __future__ import annotations

import io
import json
import sys
import tempfile
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pauta.frames.faults import fault

_FIRST_DAY = (1980, 1, 1, 0, 0, 0)
# Parts of fitted scikit-learn and XGBoost models that skops leaves to its user to judge: numbers, trees, kernels and
# splitters, found by fitting every estimator. None of them runs code of the file's choice when it is loaded.
_KNOWN = frozenset({"numpy.dtype", "numpy.mean", "scipy.interpolate._bsplines.BSpline", "sklearn.tree._tree.Tree",
                    "xgboost.core.Booster"})  # fmt: skip
_KNOWN_MODULES = (
    "sklearn._loss.loss.",
    "sklearn.calibration._",
    "sklearn.ensemble._hist_gradient_boosting.predictor.",
    "sklearn.feature_selection._univariate_selection.",
    "sklearn.gaussian_process._gpc.",
    "sklearn.gaussian_process.kernels.",
    "sklearn.metrics._dist_metrics.",
    "sklearn.metrics._scorer.",
    "sklearn.model_selection._split.",
    "sklearn.neighbors._ball_tree.",
    "sklearn.neighbors._kd_tree.",
    "sklearn.neural_network._stochastic_optimizers.",
    "xgboost.sklearn.",
)


@dataclass(frozen=True, slots=True)
class ModelBytes:
    """A model as bytes. `library` names library and class, as ``sklearn.ensemble.RandomForestClassifier``."""

    format: str
    library: str
    data: bytes


def model_bytes(value: Any, *, output: str) -> ModelBytes | None:
    """The model's bytes, or None when the value is no model that we know.

    Raises:
        StepFault: SCR-022 when it is a model that no safe format holds.
    """
    for name, base, encode in _KINDS:
        module = sys.modules.get(name)
        known = getattr(module, base, None)
        if known is not None and isinstance(value, known):
            return encode(value, output)
    return None


def open_model(path: Path, *, format: str, library: str) -> Any:
    """The model in the file.

    Raises:
        ValueError: The format is unknown, or the file asks for types that are not known to be safe.
        ImportError: Its library is not installed.
    """
    opened = {"xgboost-ubj": _open_xgboost, "skops": _open_skops, "keras": _open_keras}.get(format)
    if opened is None:
        raise ValueError(f"unknown model format {format!r}")
    return opened(path, library)


def _name_of(value: Any) -> str:
    return f"{type(value).__module__}.{type(value).__qualname__}"


def _refuse(value: Any, output: str, reason: str) -> Exception:
    return fault("SCR-022", "model", output=output, found=type(value).__name__, reason=reason)


# ---- XGBoost ----------------------------------------------------------------------------------


def _xgboost_bytes(value: Any, output: str) -> ModelBytes:
    name = type(value).__name__
    if type(value).__module__.partition(".")[0] != "xgboost":
        raise _refuse(value, output, "it is a class of its own on top of XGBoost")
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "model.ubj"
        try:
            value.save_model(file)
        except Exception as error:
            raise _refuse(value, output, str(error)) from error
        return ModelBytes("xgboost-ubj", f"xgboost.{name}", file.read_bytes())


def _open_xgboost(path: Path, library: str) -> Any:
    import xgboost

    name = library.rpartition(".")[2]
    kind = getattr(xgboost, name, None)
    if not (isinstance(kind, type) and issubclass(kind, xgboost.Booster | xgboost.XGBModel)):
        raise ValueError(f"xgboost has no model class {name!r}")
    model = kind()
    model.load_model(bytearray(path.read_bytes()))
    return model


# ---- scikit-learn -----------------------------------------------------------------------------


def _skops_bytes(value: Any, output: str) -> ModelBytes:
    try:
        import skops.io
    except ImportError:
        raise _refuse(value, output, "skops is needed for scikit-learn models: pip install 'pauta[ml]'") from None
    try:
        data = skops.io.dumps(value)
        unknown, _ = _judged(skops.io.get_untrusted_types(data=data))
    except Exception as error:
        raise _refuse(value, output, str(error)) from error
    if unknown:
        raise _refuse(value, output, f"it holds {unknown[0]}, which is not known to be safe")
    return ModelBytes("skops", _name_of(value), _settled(data))


def _open_skops(path: Path, library: str) -> Any:
    import skops.io

    data = path.read_bytes()
    unknown, known = _judged(skops.io.get_untrusted_types(data=data))
    if unknown:
        raise ValueError(f"the file asks for {', '.join(unknown)}")
    return skops.io.loads(data, trusted=known)


def _judged(names: list[str]) -> tuple[list[str], list[str]]:
    """Types that skops does not vouch for: those that we do not know, and those that we do."""
    known = [name for name in names if name in _KNOWN or name.startswith(_KNOWN_MODULES)]
    return [name for name in names if name not in known], known


def _settled(data: bytes) -> bytes:
    """The same archive without its time and without memory addresses: the same model has the same bytes."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        members = {info.filename: archive.read(info) for info in archive.infolist()}
    schema = json.loads(members["schema.json"])
    numbers: dict[int, int] = {}
    files: dict[str, str] = {}
    _renumber(schema, numbers, files, frozenset(members))
    members["schema.json"] = json.dumps(schema).encode()
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
        for name in sorted(members, key=lambda n: files.get(n, n)):
            archive.writestr(zipfile.ZipInfo(files.get(name, name), _FIRST_DAY), members[name])
    return out.getvalue()


def _renumber(node: Any, numbers: dict[int, int], files: dict[str, str], members: frozenset[str]) -> None:
    """Replace each ``__id__`` and each name of a member by its number in the order of the schema."""
    if isinstance(node, list):
        for item in node:
            _renumber(item, numbers, files, members)
        return
    if not isinstance(node, dict):
        return
    for key, item in node.items():
        if key == "__id__" and isinstance(item, int):
            node[key] = numbers.setdefault(item, len(numbers) + 1)
        elif key == "file" and item in members:
            node[key] = files.setdefault(item, f"{len(files) + 1}{Path(item).suffix}")
        else:
            _renumber(item, numbers, files, members)


# ---- Keras ------------------------------------------------------------------------------------


def _keras_bytes(value: Any, output: str) -> ModelBytes:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "model.keras"
        try:
            value.save(file)
        except Exception as error:
            raise _refuse(value, output, str(error)) from error
        return ModelBytes("keras", _name_of(value), file.read_bytes())


def _open_keras(path: Path, library: str) -> Any:
    import keras

    with tempfile.TemporaryDirectory() as folder:
        # Keras goes by the suffix, which stored objects do not have.
        named = Path(folder) / "model.keras"
        named.symlink_to(path.absolute())
        return keras.saving.load_model(named, safe_mode=True)


_KINDS: tuple[tuple[str, str, Callable[[Any, str], ModelBytes]], ...] = (
    ("xgboost", "Booster", _xgboost_bytes),
    ("xgboost", "XGBModel", _xgboost_bytes),
    ("keras", "Model", _keras_bytes),
    ("sklearn.base", "BaseEstimator", _skops_bytes),
)
