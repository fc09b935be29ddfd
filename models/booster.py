"""LightGBM's single-row prediction, called through its shared library.

Belongs here: finding the library, loading a model text, one raw score for one row. Does not belong here: training, or
the `lightgbm` package, whose import takes seconds: stream and API never import it.

The C API is that of `LightGBM/c_api.h`: `LGBM_BoosterLoadModelFromString`, `LGBM_BoosterPredictForMatSingleRowFast`.
"""

import ctypes
from functools import cache
from importlib.util import find_spec
from pathlib import Path

FLOAT64 = 1
RAW_SCORE = 1
PARAMETERS = b"num_threads=1 verbosity=-1"


class BoosterError(RuntimeError):
    """The library is missing, or it rejected a model or a row."""


@cache
def library() -> ctypes.CDLL:
    """LightGBM's shared library from the installed wheel. Raises `BoosterError` if there is none."""
    spec = find_spec("lightgbm")
    for folder in (spec.submodule_search_locations or ()) if spec else ():
        for path in sorted(Path(folder).glob("**/lib_lightgbm.*")):
            return _declared(ctypes.CDLL(str(path)))
    raise BoosterError("no lib_lightgbm found: install the extra 'stream'")


def _declared(lib: ctypes.CDLL) -> ctypes.CDLL:
    lib.LGBM_GetLastError.restype = ctypes.c_char_p
    return lib


def _checked(lib: ctypes.CDLL, code: int) -> None:
    if code:
        raise BoosterError(lib.LGBM_GetLastError().decode(errors="replace"))


class Booster:
    """A model for rows of `columns` floats. It holds one row buffer, so two threads must not use it at once."""

    def __init__(self, model_text: str, columns: int) -> None:
        self._library = library()
        self._handle = ctypes.c_void_p()
        self._fast = ctypes.c_void_p()
        self._row = (ctypes.c_double * columns)()
        self._score = ctypes.c_double()
        self._length = ctypes.c_int64()
        self._load(model_text, columns)
        self._call = self._library.LGBM_BoosterPredictForMatSingleRowFast
        self._arguments = (self._fast, self._row, ctypes.byref(self._length), ctypes.byref(self._score))

    def _load(self, model_text: str, columns: int) -> None:
        lib, iterations, features = self._library, ctypes.c_int(), ctypes.c_int()
        text = ctypes.c_char_p(model_text.encode())
        _checked(
            lib,
            lib.LGBM_BoosterLoadModelFromString(text, ctypes.byref(iterations), ctypes.byref(self._handle)),
        )
        _checked(lib, lib.LGBM_BoosterGetNumFeature(self._handle, ctypes.byref(features)))
        if features.value != columns:
            raise BoosterError(f"the model takes {features.value} columns, not {columns}")
        kind, first, every, parameters = (
            ctypes.c_int(RAW_SCORE),
            ctypes.c_int(0),
            ctypes.c_int(-1),
            PARAMETERS,
        )
        code = lib.LGBM_BoosterPredictForMatSingleRowFastInit(
            self._handle, kind, first, every, ctypes.c_int(FLOAT64), ctypes.c_int32(columns), parameters,
            ctypes.byref(self._fast),
        )  # fmt: skip
        _checked(lib, code)

    def raw(self, row: list[float]) -> float:
        """The sum of the trees' leaf values in log odds, without the margin that training started from."""
        self._row[:] = row  # type: ignore[assignment]
        code = self._call(*self._arguments)
        if code:
            _checked(self._library, code)
        return self._score.value

    def __del__(self) -> None:
        fast, handle = getattr(self, "_fast", None), getattr(self, "_handle", None)
        if fast:
            self._library.LGBM_FastConfigFree(fast)
        if handle:
            self._library.LGBM_BoosterFree(handle)
