"""NumPy arrays as ``.npy`` files, aligned to 64 bytes; never with Python objects in them."""

from __future__ import annotations

import io
import mmap
from typing import Any

import numpy as np

from pauta.frames.faults import fault
from pauta.frames.ipc import Pieces

_KEPT = "biufcmMSU"


def array_pieces(array: np.ndarray[Any, Any], *, output: str) -> Pieces:
    """The bytes of the file; the array's own memory where it is contiguous.

    Raises:
        StepFault: SCR-022 for dtypes that hold Python objects or fields.
    """
    if array.dtype.kind not in _KEPT:
        raise fault("SCR-022", "array", output=output, found=str(array.dtype))
    in_order = array if array.flags.c_contiguous or array.flags.f_contiguous else np.ascontiguousarray(array)
    header = io.BytesIO()
    np.lib.format.write_array_header_2_0(header, np.lib.format.header_data_from_array_1_0(in_order))
    flat = in_order.reshape(-1, order="A")
    body: Any = flat.view(np.uint8).data if flat.size else b""
    return Pieces(header.tell() + in_order.nbytes, (header.getvalue(), body))


def open_array(memory: mmap.mmap) -> np.ndarray[Any, Any]:
    """The array on the mapped file; written to, it changes its private pages only.

    Raises:
        ValueError: The bytes are no ``.npy`` file, or hold Python objects.
    """
    head = io.BytesIO(memory[: min(len(memory), 1 << 16)])
    version = np.lib.format.read_magic(head)
    if version != (2, 0):
        raise ValueError(f"version {version} of .npy")
    shape, fortran, dtype = np.lib.format.read_array_header_2_0(head)
    if dtype.hasobject:
        raise ValueError("the array holds Python objects")
    return np.ndarray(shape, dtype, memory, head.tell(), order="F" if fortran else "C")
