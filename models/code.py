"""The version of the code behind a result: one hash over the sources of the game and the models.

Belongs here: identifying what produced a result. Does not belong here: versions of models (`models.bundle`) and of the
wire contract (`game.messages`).
"""

import hashlib
from functools import cache
from importlib.metadata import version
from pathlib import Path

_ROOT = Path(__file__).resolve().parent.parent
_PACKAGES = ("game", "models")
LIBRARIES = ("lightgbm", "msgspec", "numpy", "scipy")
"""Libraries that fitted weights depend on, besides our code."""


@cache
def code_version() -> str:
    """Twelve hexadecimal digits. Equal sources give equal versions on any machine."""
    sha = hashlib.sha256()
    for package in _PACKAGES:
        for path in sorted((_ROOT / package).rglob("*.py")):
            sha.update(path.relative_to(_ROOT).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return sha.hexdigest()[:12]


def training_version() -> str:
    """A version of all that fitted weights depend on: the distribution's version, our
    sources, the libraries' versions."""
    libraries = " ".join(f"{name}={version(name)}" for name in LIBRARIES)
    digest = hashlib.sha256(f"{code_version()} {libraries}".encode()).hexdigest()
    return f"{version('midround')}+{digest[:12]}"
