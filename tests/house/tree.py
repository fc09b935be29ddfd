"""The tree as the house tests see it: files that git keeps or would keep, and their syntax. Not a test."""

import ast
import subprocess
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("adapters", "api", "game", "midround", "models", "orchestration", "streaming")


@cache
def kept_files() -> tuple[Path, ...]:
    """Every file that git tracks and that is still there, relative to the root."""
    listing = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True, text=True)
    names = (Path(name) for name in listing.stdout.split("\0") if name)
    return tuple(name for name in names if (ROOT / name).is_file())


def modules() -> list[Path]:
    """Python modules of the packages, without the tests."""
    return [name for name in kept_files() if name.suffix == ".py" and name.parts[0] in PACKAGES]


def text(name: Path) -> str | None:
    """The text of a kept file, or None if it is not UTF-8 text."""
    try:
        return (ROOT / name).read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return None


def syntax(name: Path) -> ast.Module:
    return ast.parse((ROOT / name).read_text(encoding="utf-8"))
