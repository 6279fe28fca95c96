"""Which environment variables a script's process inherits: those on this list, nothing else."""

from __future__ import annotations

import os
import site
from collections.abc import Mapping
from pathlib import Path

_NAMES = frozenset(
    {
        "PATH",
        "LANG",
        "LANGUAGE",
        "TZ",
        "VIRTUAL_ENV",
        "PYTHONPATH",
        "PYTHONHOME",
        "PYTHONHASHSEED",
        "LD_LIBRARY_PATH",
        "SSL_CERT_FILE",
        "SSL_CERT_DIR",
        "OMP_NUM_THREADS",
        "OPENBLAS_NUM_THREADS",
        "MKL_NUM_THREADS",
        "BLIS_NUM_THREADS",
        "NUMEXPR_NUM_THREADS",
        "NUMEXPR_MAX_THREADS",
        "POLARS_MAX_THREADS",
        "ARROW_NUM_THREADS",
        "TF_NUM_INTRAOP_THREADS",
        "TF_NUM_INTEROP_THREADS",
        "TF_CPP_MIN_LOG_LEVEL",
        "CUDA_VISIBLE_DEVICES",
        "CUDA_DEVICE_ORDER",
        "NVIDIA_VISIBLE_DEVICES",
        "KERAS_BACKEND",
        "XLA_FLAGS",
    }
)
_PREFIXES = ("LC_",)
_DEFAULTS = {"PATH": os.defpath, "LANG": "C.UTF-8", "PYTHONHASHSEED": "0"}
"""One hash seed for all: the order of a set of texts is then the same in each run."""


def allowed(environ: Mapping[str, str]) -> dict[str, str]:
    """What of this environment scripts get to see. No credential has a name on the list."""
    kept = {name: value for name, value in environ.items() if name in _NAMES or name.startswith(_PREFIXES)}
    return {**_DEFAULTS, **kept}


def with_own_package(environ: Mapping[str, str]) -> dict[str, str]:
    """The environment with this package importable where it is not installed, as in a source tree."""
    root = str(Path(__file__).resolve().parents[2])
    paths = [path for path in environ.get("PYTHONPATH", "").split(os.pathsep) if path]
    if root in paths or root in {str(Path(path).resolve()) for path in site.getsitepackages()}:
        return dict(environ)
    return {**environ, "PYTHONPATH": os.pathsep.join([*paths, root])}
