"""The version of the code that results follow from: one hash over the sources of the game and the models.

Belongs here: naming what a result was made with. Does not belong here: versions of models (`models.bundle`), of
the wire contract (`game.messages`).
"""

import hashlib
from functools import cache
from importlib.metadata import version
from pathlib import Path

_ROOT = Path(__file__).resolve().parent.parent
_PACKAGES = ("game", "models")
LIBRARIES = ("lightgbm", "msgspec", "numpy", "scipy")
"""Those that weights follow from, beside our code."""


@cache
def code_version() -> str:
    """Twelve hexadecimal digits; equal sources give the same, on any machine."""
    sha = hashlib.sha256()
    for package in _PACKAGES:
        for path in sorted((_ROOT / package).rglob("*.py")):
            sha.update(path.relative_to(_ROOT).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return sha.hexdigest()[:12]


def training_version() -> str:
    """What weights follow from: the distribution's version, our sources, the versions of the libraries."""
    libraries = " ".join(f"{name}={version(name)}" for name in LIBRARIES)
    digest = hashlib.sha256(f"{code_version()} {libraries}".encode()).hexdigest()
    return f"{version('midround')}+{digest[:12]}"
